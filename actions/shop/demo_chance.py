"""The demo shop's dice: the same seed and moment give the same shop."""

import random
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from uuid_utils import UUID

T = TypeVar("T")


class Chance:
    """Seeded choices, spans of time and ids."""

    def __init__(self, seed: int) -> None:
        # Made-up orders need no secrecy, but the same ones each time.
        self._random = random.Random(seed)  # noqa: S311

    def span(self, hours: tuple[float, float]) -> timedelta:
        """A span between two numbers of hours, in whole seconds."""
        return timedelta(seconds=int(self._random.uniform(*hours) * 3600))

    def number(self, low: int, high: int) -> int:
        """A whole number from `low` to `high`, both included."""
        return self._random.randint(low, high)

    def happens(self, probability: float) -> bool:
        """True this often."""
        return self._random.random() < probability

    def one(self, choices: Sequence[T]) -> T:
        """One of them."""
        return self._random.choice(choices)

    def some(self, choices: Sequence[T], count: int) -> list[T]:
        """Several different ones of them."""
        return self._random.sample(choices, count)

    def deal(self, counts: Mapping[T, int]) -> list[T]:
        """Each key as often as it says, shuffled."""
        dealt = [key for key, count in counts.items() for _ in range(count)]
        self._random.shuffle(dealt)
        return dealt

    def digits(self, count: int) -> str:
        """So many digits, the first of which is not zero."""
        return str(self._random.randrange(10 ** (count - 1), 10**count))

    def uuid(self, at: datetime) -> str:
        """A version 7 UUID of that moment (RFC 9562)."""
        milliseconds = int(at.timestamp() * 1000)
        value = milliseconds << 80 | 0x7 << 76 | self._random.getrandbits(12) << 64
        return str(UUID(int=value | 0b10 << 62 | self._random.getrandbits(62)))
