"""Quiet hours: when nobody is to be disturbed by what they have not asked for just now."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from handoff.timetable import DAY_MINUTES, Shift, Timetable

_TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")


@dataclass(frozen=True)
class Quiet:
    """From when to when, in minutes since midnight by the clock of whoever is to be left alone."""

    begins: int
    ends: int

    @classmethod
    def of(cls, raw: Any) -> Quiet | None:
        """What `data/handoff.yml` says under `quiet`; None where it says nothing, and no hour is quiet.

        Raises:
            ValueError: it cannot be used; the message says why, and the mend.
        """
        if raw is None:
            return None
        if not isinstance(raw, Mapping) or set(raw) != {"from", "to"}:
            raise ValueError('quiet must be of the form {from: "21:00", to: "08:00"}.')
        begins, ends = (_minutes(name, raw[name]) for name in ("from", "to"))
        if begins == ends:
            raise ValueError("quiet ends when it begins; leave it out for no quiet hours.")
        return cls(begins, ends)

    def over(self, at: datetime, zone: ZoneInfo) -> datetime:
        """`at` itself outside the quiet hours of this zone, else when they end."""
        awake = Shift(self.ends, self.begins + (DAY_MINUTES if self.begins < self.ends else 0))
        return Timetable(zone, ((awake,),) * 7).opens(at) or at


def _minutes(name: str, value: Any) -> int:
    # YAML takes an unquoted 21:00 for the number 1260
    found = _TIME.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise ValueError(f'quiet: {name} must be a time by the 24-hour clock, in quotes, such as "21:00".')
    return int(found[1]) * 60 + int(found[2])
