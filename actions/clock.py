"""Which day it is, and which moment."""

import time
from datetime import UTC, date, datetime


def now() -> float:
    """Seconds since 1970, as Rasa's events have them."""
    return time.time()


def today() -> date:
    """By the calendar that the shop's rows are kept in."""
    return datetime.now(UTC).date()
