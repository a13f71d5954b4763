"""When a parcel can be brought, by the shop's own clock, and how often it is tried."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from actions.shop.backend import DeliveryWindow, Order, OrderState, TrackingCode, TrackingEvent
from actions.shop.changes import Refusal
from actions.shop.policy_values import BadPolicy, named, number, states

_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_LIKE = (
    "{time_zone: Asia/Dhaka, countries: [BD], windows: [['09:00', '13:00'], ['14:00', '18:00']], days_ahead: [1, 7], "
    "not_on: [fri]}"
)
_UNPAID = (OrderState.PAYMENT_PENDING, OrderState.PAYMENT_FAILED)


@dataclass(frozen=True)
class DeliveryPolicy:
    """`move_while`: the states in which a delivery's day can be chosen, in one of `countries`. `windows`: from when to
    when the courier comes, by the clock of `zone`, on every weekday but those `not_on` (Monday is 0). `ahead`: how many
    days from now the first and the last of them are. `attempts`: how often a parcel is brought; `kept`: how long
    it then waits.
    """

    move_while: frozenset[OrderState]
    countries: frozenset[str]
    zone: ZoneInfo
    windows: tuple[tuple[time, time], ...]
    ahead: tuple[int, int]
    not_on: frozenset[int]
    attempts: int
    kept: timedelta

    @classmethod
    def load(cls, policies: Mapping[str, Any], facts: Mapping[str, Any], path: Path) -> DeliveryPolicy:
        """Reads its part of the shop's file.

        Raises:
            BadPolicy: something is missing or not what it should be.
        """
        raw = named(policies.get("delivery"))
        try:
            first, last = (int(days) for days in raw["days_ahead"])
            read = cls(
                move_while=states(policies, "move_delivery_while", path),
                countries=frozenset(str(country) for country in _listed(raw["countries"])),
                zone=ZoneInfo(str(raw["time_zone"])),
                windows=tuple(_window(window) for window in _listed(raw["windows"])),
                ahead=(first, last),
                not_on=frozenset(_WEEKDAYS.index(str(day)) for day in _listed(raw["not_on"])),
                attempts=number(facts, "delivery_attempts", "number", path),
                kept=timedelta(days=number(facts, "pickup_keep", "days", path)),
            )
        except (KeyError, TypeError, ValueError, ZoneInfoNotFoundError) as error:
            raise BadPolicy(f"{path}: policies.delivery must be written as {_LIKE}.") from error
        if not 0 <= first <= last or not read.windows or any(start >= end for start, end in read.windows):
            raise BadPolicy(f"{path}: policies.delivery must be written as {_LIKE}, each span from early to late.")
        return read

    def moving(self, order: Order) -> Refusal | None:
        """Why the delivery's day cannot be chosen; None where it can."""
        if order.state is OrderState.CANCELLED:
            return Refusal.ALREADY_DONE
        if order.state in _UNPAID and order.state not in self.move_while:
            return Refusal.TOO_EARLY
        if order.state not in self.move_while:
            return Refusal.TOO_LATE
        if order.country not in self.countries or not self.left(order):
            return Refusal.NOT_POSSIBLE
        return None

    def left(self, order: Order) -> int:
        """How often it will still be tried."""
        return max(0, self.attempts - tries(order))

    def kept_until(self, order: Order) -> date | None:
        """Until when a parcel that could not be handed over is kept; None where none was tried."""
        failed = [event.at for event in _failed(order)]
        return (max(failed).astimezone(self.zone) + self.kept).date() if failed else None

    def today(self, now: datetime) -> date:
        """The day that it is where the courier is."""
        return now.astimezone(self.zone).date()

    def choose_from(self, order: Order, promised: date | None, now: datetime) -> tuple[DeliveryWindow, ...]:
        """The windows in which an order can be brought, earliest first: not before the day that was `promised` in the
        beginning, unless it has been tried already."""
        if self.moving(order) is not None:
            return ()
        first = self.today(now) + timedelta(days=self.ahead[0])
        if promised is not None and order.state is not OrderState.DELIVERY_FAILED:
            first = max(first, promised)
        days = (first + timedelta(days=after) for after in range(self.ahead[1] - self.ahead[0] + 1))
        return tuple(
            DeliveryWindow(day, start, end)
            for day in days
            if day.weekday() not in self.not_on
            for start, end in self.windows
        )


def tries(order: Order) -> int:
    """How often a courier could not hand over an order, of several parcels the one that was tried most."""
    return max(
        (sum(event.code is TrackingCode.ATTEMPT_FAILED for event in parcel.events) for parcel in order.shipments),
        default=0,
    )


def _failed(order: Order) -> list[TrackingEvent]:
    return [event for parcel in order.shipments for event in parcel.events if event.code is TrackingCode.ATTEMPT_FAILED]


def _listed(found: object) -> Sequence[Any]:
    if not isinstance(found, list):
        raise TypeError
    return found


def _window(found: object) -> tuple[time, time]:
    start, end = _listed(found)
    return time.fromisoformat(str(start)), time.fromisoformat(str(end))
