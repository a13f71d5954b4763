"""Business hours for tests: read from a text, and asked every quarter of an hour."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import dedent

from handoff.hours import Hours

QUARTER = timedelta(minutes=15)


def load(text: str) -> Hours:
    """Hours from a file with this text."""
    with TemporaryDirectory() as folder:
        path = Path(folder, "hours.yml")
        path.write_text(dedent(text), encoding="utf-8")
        return Hours.load(path)


def moment(text: str) -> datetime:
    """A moment in UTC, written "2026-11-20 09:00"."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def open_periods(hours: Hours, first: str, days: int, team: str = "any") -> list[str]:
    """The open times of so many days from this midnight (UTC), each as "20 09:00 - 20 21:00"."""
    found: list[list[datetime]] = []
    for number in range(days * 96):
        at = moment(first) + number * QUARTER
        if hours.is_open(team, at):
            if not found or found[-1][1] != at:
                found.append([at, at])
            found[-1][1] = at + QUARTER
    return [" - ".join(f"{at:%d %H:%M}" for at in period) for period in found]
