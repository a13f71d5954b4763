"""An order on paper: what was bought, what was paid, what went back. Paid it is an invoice, before that an overview."""

from __future__ import annotations

from collections.abc import Iterator

from actions.shop.backend import Money, Order, PaymentState, RefundState
from actions.values import day, ident, money, names
from app.documents.sheet import Sheet
from app.documents.speech import Speech


def title(order: Order, speech: Speech, invoice: bool) -> str:
    """What the document is called."""
    return speech.say("invoice_title" if invoice else "overview_title", number=ident(order.number))


def write(order: Order, speech: Speech, sheet: Sheet, invoice: bool) -> None:
    """The whole document. It says the same whenever it is printed, unless the order has changed."""
    sheet.text(speech.say("shop"), grey=True)
    sheet.gap(8)
    sheet.text(title(order, speech, invoice), size=20, bold=True)
    if not invoice:
        sheet.text(speech.say("no_invoice"))
    sheet.gap(4)
    sheet.side_by_side(
        f"{speech.say('customer')}\n{speech.address(order)}\n{order.customer.email}",
        f"{speech.say('dates')}\n" + "\n".join(_dates(order, speech, invoice)),
    )
    sheet.gap(8)
    rows = [tuple(speech.say(head) for head in ("item", "quantity", "price", "amount"))]
    rows += [*_lines(order, speech), *_sums(order, speech)]
    # the total stands last
    sheet.table(rows, (55, 13, 16, 16), bold=[len(rows) - 1])
    sheet.gap(1)
    sheet.text(
        speech.say("vat", vat=money(vat(order.total, speech.percent("vat_rate")))), size=9, grey=True, right=True
    )
    sheet.gap(8)
    sheet.text(speech.say("payments"), bold=True)
    for line in [*_payments(order, speech)] or [speech.say("unpaid")]:
        sheet.text(line)
    sheet.gap(8)
    sheet.text(speech.say("questions"), size=9, grey=True)


def vat(total: Money, percent: float) -> Money:
    """The tax that a total includes, to the nearest minor unit."""
    return Money(round(total.minor * percent / (100 + percent)), total.currency)


def _dates(order: Order, speech: Speech, invoice: bool) -> Iterator[str]:
    yield speech.say("ordered_on", date=day(order.placed_at.date()))
    paid = [payment.created_at for payment in order.payments if payment.state is PaymentState.CAPTURED]
    if invoice and paid:
        yield speech.say("invoiced_on", date=day(max(paid).date()))


def _lines(order: Order, speech: Speech) -> Iterator[tuple[str, ...]]:
    for item in order.items:
        whole = Money(item.price.minor * item.quantity, item.price.currency)
        yield (
            f"{speech.value(names(item.names))}\n{item.sku}",
            speech.value(item.quantity),
            speech.value(money(item.price)),
            speech.value(money(whole)),
        )


def _sums(order: Order, speech: Speech) -> Iterator[tuple[str, ...]]:
    yield speech.say("shipping"), "", "", speech.value(money(order.shipping))
    named = sum(item.price.minor * item.quantity for item in order.items) + order.shipping.minor
    if named != order.total.minor:
        rest = Money(order.total.minor - named, order.total.currency)
        yield speech.say("discounts"), "", "", speech.value(money(rest))
    yield speech.say("total"), "", "", speech.value(money(order.total))


def _payments(order: Order, speech: Speech) -> Iterator[str]:
    for payment in order.payments:
        if payment.state is PaymentState.CAPTURED:
            yield speech.say(
                "paid",
                date=day(payment.created_at.date()),
                method={"phrase": f"document_method_{payment.method}", "params": {}},
                amount=money(payment.amount),
            )
    for refund in order.refunds:
        if refund.state is not RefundState.FAILED:
            sent = refund.sent_at.date() if refund.state is RefundState.SENT and refund.sent_at else None
            yield speech.say(
                "refunded" if sent else "refund_to_come",
                date=day(sent or refund.expected_on),
                method={"phrase": f"document_method_{refund.method}", "params": {}},
                amount=money(refund.amount),
            )
