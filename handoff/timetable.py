"""When a team is at work: its week, its days off, and what a change of the clocks does to them."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Container, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

DAY_MINUTES = 24 * 60
YEAR = timedelta(days=366)


@dataclass(frozen=True, order=True)
class Shift:
    """Hours of one day, in minutes by the clock since the day's midnight; an `end` over 1440 is on the next day."""

    begin: int
    end: int


@dataclass(frozen=True)
class Timetable:
    """
    Attributes:
        zone: whose clocks the shifts are read from.
        week: the shifts that begin on each day, Monday first, in their order; none of the week overlap.
        holidays: public holidays, on which no shift begins.
        closed: further days on which no shift begins.
        open: days on which work goes on although they are public holidays.
    """

    zone: ZoneInfo
    week: tuple[tuple[Shift, ...], ...]
    holidays: Container[date] = frozenset()
    closed: frozenset[date] = frozenset()
    open: frozenset[date] = frozenset()

    def is_open(self, at: datetime) -> bool:
        """Whether somebody works at this moment; a shift's first moment belongs to it, its end does not."""
        # tomorrow too: where clocks are put back over midnight, a day begins, and then its eve once more
        return any(begin <= at < end for begin, end in self._periods(at, 3))

    def opens(self, after: datetime) -> datetime | None:
        """`after` itself when open, else the next opening, in UTC; None when there is none within a year."""
        after = after.astimezone(UTC)
        if self.is_open(after):
            return after
        opening = next((begin for begin, _ in self._periods(after, YEAR.days + 2) if begin > after), None)
        return opening if opening and opening - after <= YEAR else None

    def _periods(self, at: datetime, days: int) -> Iterator[tuple[datetime, datetime]]:
        """The shifts of so many days from the day before `at`, as moments in UTC, in their order."""
        today = at.astimezone(self.zone).date()
        for number in range(days):
            day = today + timedelta(days=number - 1)
            shifts = self.week[day.weekday()]
            if shifts and not self._day_off(day):
                for shift in shifts:
                    begin, end = (_moment(day, minutes, self.zone) for minutes in (shift.begin, shift.end))
                    if begin < end:  # not so when the clocks jump over the whole shift
                        yield begin, end

    def _day_off(self, day: date) -> bool:
        return day in self.closed or (day in self.holidays and day not in self.open)


def _moment(day: date, minutes: int, zone: ZoneInfo) -> datetime:
    """The first moment, in UTC, at which the zone's clocks show this time or have jumped past it.

    So each time has exactly one moment and later times never have earlier ones: shifts that touch still touch on the
    days when clocks are changed, and no shift begins twice.
    """
    days, minutes = divmod(minutes, DAY_MINUTES)
    wall = datetime.combine(day + timedelta(days=days), time(*divmod(minutes, 60)))
    moment = wall.replace(tzinfo=zone).astimezone(UTC)
    # read by the offset after a change of the clocks; this is earlier only for a time that they jump over
    early = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    if moment <= early:
        return moment

    def reached(seconds: int) -> bool:
        return (early + timedelta(seconds=seconds)).astimezone(zone).replace(tzinfo=None) >= wall

    return early + timedelta(seconds=bisect_left(range(int((moment - early).total_seconds())), True, key=reached))
