"""Which day it is."""

from datetime import UTC, date, datetime


def today() -> date:
    """By the calendar that the shop's rows are kept in."""
    return datetime.now(UTC).date()
