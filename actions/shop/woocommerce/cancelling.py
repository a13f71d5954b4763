"""Cancelling an order in WooCommerce: its status first, so that nobody packs it, then the money.

The two are requests of their own. What lies between them is repaired when the same message comes again: the mark on the
order tells that it is cancelled by us, a refund with our reference as its reason that the money is on its way.
"""

import re
from typing import Any

from actions.shop.backend import Order, PaymentState
from actions.shop.changes import Change, ChangeKind, Doing, Refusal, Refused
from actions.shop.ledger import Entry, Ledger
from actions.shop.trouble import ShopTrouble
from actions.shop.woocommerce.fields import Raw, amount, ident, record, text, yes
from actions.shop.woocommerce.marks import marked, with_mark
from actions.shop.woocommerce.orders import paid, refunded
from actions.shop.woocommerce.reader import OrderReader

CANCELLED = "cancelled"
_NO_GATEWAY = "woocommerce_rest_payment_gateway_invalid"


async def cancel(reader: OrderReader, ledger: Ledger, order_id: str, doing: Doing) -> Change:
    """Cancels an order that nobody else changes through us meanwhile; what was paid goes back the way it came.

    Raises:
        Refused: its state does not allow it, or its money cannot go back by itself.
        ShopTrouble: it is not known how it stands; the same message repeated goes on where this one was.
    """
    raw = await reader.raw(order_id)
    if raw is None:
        raise Refused(Refusal.NOT_SUPPORTED)
    entry = await ledger.find(text(raw, "number"), doing)
    if entry is None:
        before = {"state": (await _allowed(reader, raw)).state.value}
        entry = await ledger.begin(text(raw, "number"), ChangeKind.CANCEL, doing, before)
        async with ledger.dropping(entry):
            # only from here on nobody else changes it through us
            raw = await _set_cancelled(reader, await reader.still(raw), entry)
    elif not entry.done and not marked(raw, entry):
        async with ledger.dropping(entry):
            await _allowed(reader, raw)
        raw = await _set_cancelled(reader, raw, entry)
    if not entry.done:
        ids = await _give_back(reader, raw, entry)
        entry = await ledger.finish(entry, {"state": CANCELLED, "refunds": ids})
    return await _told(reader, raw, entry)


async def _allowed(reader: OrderReader, raw: Raw) -> Order:
    order = await reader.whole(raw)
    refusal = reader.reading.policy.cancellation(order) or await _cannot_give_back(reader, raw, order)
    if refusal is not None:
        raise Refused(refusal)
    return order


async def _cannot_give_back(reader: OrderReader, raw: Raw, order: Order) -> Refusal | None:
    """A person has to see to money that the payment provider does not send back when it is asked to."""
    left = amount(raw, "total") - refunded(await reader.refunds(order.id))
    if left <= 0 or not any(payment.state is PaymentState.CAPTURED for payment in order.payments):
        return None
    id_ = text(raw, "payment_method", required=False)
    if not re.fullmatch(r"[A-Za-z0-9_-]+", id_):  # it becomes part of a path
        return Refusal.NOT_SUPPORTED
    gateway = await reader.client.get(f"wc/v3/payment_gateways/{id_}", _NO_GATEWAY)
    supports = None if gateway is None else record(gateway, "payment gateway").get("method_supports")
    return None if isinstance(supports, list) and "refunds" in supports else Refusal.NOT_SUPPORTED


async def _set_cancelled(reader: OrderReader, raw: Raw, entry: Entry) -> Raw:
    """WooCommerce puts the pieces back in stock by itself where it had taken them out."""
    body: dict[str, Any] = {"status": CANCELLED, "meta_data": with_mark(raw, entry)}
    now = record(await reader.client.put(f"wc/v3/orders/{ident(raw)}", body), "order")
    if ident(now) != ident(raw) or text(now, "status") != CANCELLED or not marked(now, entry):
        raise ShopTrouble("an order was to be cancelled, and is not")
    return now


async def _give_back(reader: OrderReader, raw: Raw, entry: Entry) -> list[str]:
    """Sends back what has not gone back yet, once; the ids of the refund."""
    refunds = await reader.refunds(ident(raw))
    ours = [refund for refund in refunds if text(refund, "reason", required=False) == entry.reference]
    left = amount(raw, "total") - refunded(refunds)
    if not ours and paid(raw) and left > 0:
        body = {
            "amount": str(left),
            "reason": entry.reference,
            "api_refund": True,
            # cancelling has put everything back already
            "api_restock": False,
        }
        ours = [record(await reader.client.post(f"wc/v3/orders/{ident(raw)}/refunds", body), "refund")]
    if not all(yes(refund, "refunded_payment") for refund in ours):
        # noted before the payment provider is asked, and taken away where it says no
        raise ShopTrouble("a refund is noted, but the payment provider has not taken it on")
    return [ident(refund) for refund in ours]


async def _told(reader: OrderReader, raw: Raw, entry: Entry) -> Change:
    order = await reader.whole(raw)
    return entry.change([refund for refund in order.refunds if refund.id in entry.after["refunds"]])
