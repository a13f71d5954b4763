"""How long to wait before the next try with a provider."""

from __future__ import annotations

import random
from datetime import timedelta

LONGEST_SECONDS = 300.0


def pause(attempts: int, asked: float = 0.0, longest: float = LONGEST_SECONDS) -> timedelta:
    """What the provider asked for, in seconds, and longer each time, with jitter so that not all come back at once:
    eight tries take some eleven minutes.

    Args:
        attempts: how often it was tried, at least once.
        longest: what it grows to, in seconds.
    """
    # beyond that the power is no number of seconds any more
    seconds = max(asked, min(3.0 ** min(attempts - 1, 20), longest))
    return timedelta(seconds=seconds * random.uniform(1.0, 1.25))  # noqa: S311 (no secret hangs on it)
