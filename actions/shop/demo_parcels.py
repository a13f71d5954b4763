"""The demo shop's parcels: which way each went, and how far it came."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from actions.shop.backend import OrderState, Shipment, ShipmentState, TrackingCode, TrackingEvent
from actions.shop.demo_chance import Chance
from actions.shop.demo_content import HOME, Carrier

_Code = TrackingCode

_WAY_HOME = (_Code.ANNOUNCED, _Code.PICKED_UP, _Code.DEPARTED, _Code.ARRIVED)
_WAY_ABROAD = (_Code.ANNOUNCED, _Code.PICKED_UP, _Code.DEPARTED, _Code.CUSTOMS, _Code.ARRIVED)
_AT_ORIGIN = {_Code.ANNOUNCED, _Code.PICKED_UP, _Code.DEPARTED}
_DELIVERED = (_Code.OUT_FOR_DELIVERY, _Code.DELIVERED)

# What follows the way to the customer's city.
_ENDS: Mapping[OrderState, tuple[TrackingCode, ...]] = {
    OrderState.OUT_FOR_DELIVERY: (_Code.OUT_FOR_DELIVERY,),
    OrderState.READY_FOR_PICKUP: (_Code.READY_FOR_PICKUP,),
    OrderState.DELIVERY_FAILED: (_Code.OUT_FOR_DELIVERY, _Code.ATTEMPT_FAILED),
    OrderState.DELIVERED: _DELIVERED,
    OrderState.RETURNED: _DELIVERED,
    OrderState.PARTIALLY_REFUNDED: _DELIVERED,
}

_STATES: Mapping[TrackingCode, ShipmentState] = {
    _Code.ANNOUNCED: ShipmentState.ANNOUNCED,
    _Code.OUT_FOR_DELIVERY: ShipmentState.OUT_FOR_DELIVERY,
    _Code.READY_FOR_PICKUP: ShipmentState.READY_FOR_PICKUP,
    _Code.ATTEMPT_FAILED: ShipmentState.DELIVERY_FAILED,
    _Code.DELIVERED: ShipmentState.DELIVERED,
    _Code.LOST: ShipmentState.LOST,
}

# Hours from the report before.
_HOURS_HOME = (3, 16)
_HOURS_ABROAD = (12, 40)
_HOURS_TO_DOOR = (2, 8)
_HOURS_TO_LOST = (240, 400)
_PACKING_HOURS = (8, 30)


@dataclass(frozen=True)
class Way:
    """A parcel's reports, each with the time since the one before; the first counts from the order."""

    steps: tuple[tuple[TrackingCode, timedelta], ...]

    @property
    def length(self) -> timedelta:
        """From the order to the last report."""
        return sum((gap for _, gap in self.steps), timedelta())


def ways_of(state: OrderState, country: str, chance: Chance) -> tuple[Way, ...]:
    """The ways of an order's parcels; none where it has not been packed."""
    full = _WAY_HOME if country == HOME else _WAY_ABROAD
    if state is OrderState.PACKED:
        return (_way((_Code.ANNOUNCED,), country, chance),)
    if state is OrderState.SHIPPED:
        return (_way(full[: chance.number(2, len(full))], country, chance),)
    if state is OrderState.PARTIALLY_SHIPPED:
        first = _way(full[: chance.number(2, len(full))], country, chance)
        return first, Way(((_Code.ANNOUNCED, first.steps[0][1] + chance.span((0.1, 2))),))
    if state is OrderState.LOST:
        return (_way((*full[: chance.number(2, 3)], _Code.LOST), country, chance),)
    if state in _ENDS:
        return (_way((*full, *_ENDS[state]), country, chance),)
    return ()


def _way(codes: tuple[TrackingCode, ...], country: str, chance: Chance) -> Way:
    between = _HOURS_HOME if country == HOME else _HOURS_ABROAD
    special = {
        _Code.ANNOUNCED: _PACKING_HOURS,
        _Code.DELIVERED: _HOURS_TO_DOOR,
        _Code.ATTEMPT_FAILED: _HOURS_TO_DOOR,
        _Code.LOST: _HOURS_TO_LOST,
    }
    return Way(tuple((code, chance.span(special.get(code, between))) for code in codes))


def parcel(
    way: Way,
    placed_at: datetime,
    expected_on: date | None,
    carrier: Carrier,
    origin: Mapping[str, str],
    city: Mapping[str, str],
    chance: Chance,
) -> Shipment:
    """The parcel that went this way after the order was placed."""
    events = []
    at = placed_at
    for code, gap in way.steps:
        at += gap
        place = None if code is _Code.LOST else origin if code in _AT_ORIGIN else city
        events.append(TrackingEvent(chance.uuid(at), code, place, at))
    last = events[-1]
    return Shipment(
        id=chance.uuid(events[0].at),
        carrier=carrier.name,
        tracking_number=carrier.prefix + chance.digits(carrier.digits),
        state=_STATES.get(last.code, ShipmentState.IN_TRANSIT),
        announced_at=events[0].at,
        expected_on=expected_on,
        delivered_at=last.at if last.code is _Code.DELIVERED else None,
        events=tuple(events),
    )
