"""What there is to say to who waits for an order: how late it is, where its parcels are, how old their news is."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from actions.order_lines import parcel_lines
from actions.shop.backend import Order, OrderState, Shipment, ShipmentState
from actions.values import Value, lines, phrase

# the order is being got ready, or is on its way; in any other state there is nothing to wait for
NOT_SENT = (OrderState.PLACED, OrderState.PROCESSING, OrderState.PACKED)
UNDER_WAY = (
    OrderState.PARTIALLY_SHIPPED,
    OrderState.SHIPPED,
    OrderState.OUT_FOR_DELIVERY,
    OrderState.DELIVERY_FAILED,
)
# a parcel that is none of the courier's any more, or lies where it can be fetched
_ENDED = (ShipmentState.DELIVERED, ShipmentState.LOST, ShipmentState.READY_FOR_PICKUP)
_HOURS_TOLD = timedelta(days=2)


def is_lost(order: Order) -> bool:
    """Whether the courier has lost the order or one of its parcels."""
    return order.state is OrderState.LOST or (
        order.state in UNDER_WAY and any(shipment.state is ShipmentState.LOST for shipment in order.shipments)
    )


def awaited(order: Order) -> list[Shipment]:
    """The parcels that are still to come."""
    return [shipment for shipment in order.shipments if shipment.state not in _ENDED]


def news(shipments: Iterable[Shipment]) -> Value:
    """Who carries the parcels, under which numbers, and what was last heard of each; one line where there are none."""
    told = [line for shipment in shipments for line in parcel_lines(shipment)]
    return lines(told or [phrase("delay_no_parcel")])


def heard_at(shipment: Shipment) -> datetime:
    """When something was last heard of a parcel."""
    return shipment.events[-1].at if shipment.events else shipment.announced_at


def span(length: timedelta) -> Value:
    """A length of time as one says it: within two days in hours, then in days; never none."""
    if length < _HOURS_TOLD:
        return {"hours": max(1, int(length.total_seconds() // 3600))}
    return {"days": length.days}
