"""Lines that several answers about an order share."""

from collections.abc import Iterable
from datetime import date

from actions.shop.backend import (
    DeliveryWindow,
    Money,
    Order,
    OrderItem,
    PaymentMethod,
    PaymentState,
    Refund,
    RefundState,
    Return,
    ReturnState,
    Shipment,
)
from actions.shop.policy import refund_time
from actions.values import Params, Value, clock, day, ident, listed, moment, money, names, phrase

# what is said of money to come, by the fact that says how long it takes
_EXPECTED = {
    "refund_time_card": "refund_expected_card",
    "refund_time_bank": "refund_expected_bank",
    "refund_time_wallet": "refund_expected_wallet",
}


def items_line(pieces: Iterable[tuple[OrderItem, int]]) -> Value:
    """Products by name, with how many where they are several."""
    return phrase("order_line_items", items=listed(item_name(item, quantity) for item, quantity in pieces))


def parcel_lines(shipment: Shipment) -> list[Value]:
    """Who carries a parcel under which number, and what was last reported of it."""
    told = [carrier_line(shipment)]
    if shipment.events:
        last = shipment.events[-1]
        place: Params = {"place": names(last.place)} if last.place else {}
        told.append(phrase("order_line_last_event", at=moment(last.at), event=phrase(f"tracking_{last.code}", **place)))
    return told


def carrier_line(shipment: Shipment) -> Value:
    """Who carries a parcel, under which number."""
    carrier, tracking = names(shipment.carrier), ident(shipment.tracking_number)
    return phrase("order_line_carrier", carrier=carrier, tracking=tracking)


def expected_line(on: date) -> Value:
    """The day on which it should come."""
    return phrase("order_line_expected", date=day(on))


def when(window: DeliveryWindow) -> Params:
    """When a courier comes, as texts are filled with it."""
    return {"day": day(window.on), "start": clock(window.start), "end": clock(window.end)}


def refund_line(refund: Refund) -> Value:
    """How much goes back, where to, and when."""
    params: Params = {"amount": money(refund.amount), "to": phrase(f"refund_to_{refund.method}")}
    if refund.state is RefundState.SENT and refund.sent_at:
        params |= {"sent": day(refund.sent_at.date())}
    params |= {"date": day(refund.expected_on)}
    return phrase(f"refund_line_{refund.state}", **params)


def refund_to_come(order: Order, amount: Money) -> Value:
    """How much will go back once what comes back was looked at, where to, and how long that takes."""
    paid = [payment for payment in order.payments if payment.state is PaymentState.CAPTURED] or order.payments
    method = paid[-1].method if paid else PaymentMethod.BANK_TRANSFER
    return phrase(_EXPECTED[refund_time(method)], amount=money(amount), to=phrase(f"refund_to_{method}"))


def return_line(order: Order, found: Return) -> Value:
    """What the customer gets for a return: money, or what they want in its place."""
    if found.exchange_for is None:
        return refund_line(found.refund) if found.refund else refund_to_come(order, found.amount)
    said = {ReturnState.INSPECTED: "exchange_line_instead", ReturnState.REFUNDED: "exchange_line_done"}
    return phrase(said.get(found.state, "exchange_line_to_come"), wish=ident(found.exchange_for))


def item_name(item: OrderItem, quantity: int) -> Value:
    """A product by name, with how many."""
    if quantity == 1:
        return names(item.names)
    return phrase("order_item_several", quantity=quantity, name=names(item.names))
