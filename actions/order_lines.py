"""Lines that several answers about an order share."""

from collections.abc import Iterable

from actions.shop.backend import OrderItem, Refund, RefundState, Shipment
from actions.values import Params, Value, day, ident, listed, moment, money, names, phrase


def items_line(pieces: Iterable[tuple[OrderItem, int]]) -> Value:
    """Products by name, with how many where they are several."""
    return phrase("order_line_items", items=listed(_item(item, quantity) for item, quantity in pieces))


def parcel_lines(shipment: Shipment) -> list[Value]:
    """Who carries a parcel under which number, and what was last reported of it."""
    carrier, tracking = names(shipment.carrier), ident(shipment.tracking_number)
    told = [phrase("order_line_carrier", carrier=carrier, tracking=tracking)]
    if shipment.events:
        last = shipment.events[-1]
        place: Params = {"place": names(last.place)} if last.place else {}
        told.append(phrase("order_line_last_event", at=moment(last.at), event=phrase(f"tracking_{last.code}", **place)))
    return told


def refund_line(refund: Refund) -> Value:
    """How much goes back, where to, and when."""
    params: Params = {"amount": money(refund.amount), "to": phrase(f"refund_to_{refund.method}")}
    if refund.state is RefundState.SENT and refund.sent_at:
        params |= {"sent": day(refund.sent_at.date())}
    params |= {"date": day(refund.expected_on)}
    return phrase(f"refund_line_{refund.state}", **params)


def _item(item: OrderItem, quantity: int) -> Value:
    if quantity == 1:
        return names(item.names)
    return phrase("order_item_several", quantity=quantity, name=names(item.names))
