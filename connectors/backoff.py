"""How long to wait before the next try with a provider."""

from __future__ import annotations

import random
from datetime import timedelta

LONGEST_SECONDS = 300.0


def pause(attempts: int, asked: float = 0.0) -> timedelta:
    """What the provider asked for, in seconds, and longer each time, with jitter so that not all come back at once:
    eight tries take some eleven minutes.

    Args:
        attempts: how often it was tried, at least once.
    """
    seconds = max(asked, min(3.0 ** (attempts - 1), LONGEST_SECONDS))
    return timedelta(seconds=seconds * random.uniform(1.0, 1.25))  # noqa: S311 (no secret hangs on it)
