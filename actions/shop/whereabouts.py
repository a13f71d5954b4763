"""Where an order's parcels are, as far as somebody who misses them is concerned."""

from datetime import date, timedelta
from enum import StrEnum

from actions.shop.backend import Order, OrderState, ShipmentState

_NOT_SENT = {
    OrderState.PLACED,
    OrderState.PAYMENT_PENDING,
    OrderState.PAYMENT_FAILED,
    OrderState.PROCESSING,
    OrderState.PACKED,
}
_GONE = {OrderState.CANCELLED, OrderState.RETURNED}
_ARRIVED = {OrderState.DELIVERED, OrderState.PARTIALLY_REFUNDED}


class Whereabouts(StrEnum):
    """`OVERDUE`: on its way for longer than one has to wait. `LOST`: the carrier says so. `GONE`: cancelled, or back
    with the shop."""

    NOT_SENT = "not_sent"
    ON_ITS_WAY = "on_its_way"
    AT_PICKUP = "at_pickup"
    MISSED = "missed"
    OVERDUE = "overdue"
    DELIVERED = "delivered"
    LOST = "lost"
    GONE = "gone"


def whereabouts(order: Order, today: date, patience: int) -> Whereabouts:
    """Where the whole order is; after its promised day one waits `patience` days before it is missed."""
    simple = {OrderState.LOST: Whereabouts.LOST, OrderState.READY_FOR_PICKUP: Whereabouts.AT_PICKUP}
    if order.state in simple:
        return simple[order.state]
    if order.state in _GONE:
        return Whereabouts.GONE
    if order.state in _NOT_SENT:
        return Whereabouts.NOT_SENT
    if order.state in _ARRIVED:
        return Whereabouts.DELIVERED
    # one parcel of several, or a courier's word that has not reached the order yet
    until = wait_until(order, patience)
    if any(shipment.state is ShipmentState.LOST for shipment in order.shipments) or (until and until < today):
        return Whereabouts.OVERDUE
    return Whereabouts.MISSED if order.state is OrderState.DELIVERY_FAILED else Whereabouts.ON_ITS_WAY


def wait_until(order: Order, patience: int) -> date | None:
    """Until when one has to wait; None where no day was promised."""
    return order.expected_on + timedelta(days=patience) if order.expected_on else None


def arrived_on(order: Order) -> date | None:
    """When the last of it that has come came; None where nothing has."""
    came = [one.delivered_at for one in order.shipments if one.state is ShipmentState.DELIVERED and one.delivered_at]
    if came:
        return max(came).date()
    # delivered without a parcel of its own, such as by the shop's own people: on the promised day at the latest
    return (order.expected_on or order.placed_at.date()) if order.state in _ARRIVED else None
