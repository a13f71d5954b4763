"""Wake-ups: who waits for a topic is told when something was committed under it.

A wake-up is only a hint that there may be something to read; the truth is in the tables. A waiter that missed one
looks again after its own interval, so a lost wake-up costs time, never work.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict


class Signals:
    """In-process wake-ups. `listen` in `handoff.postgres_signals` feeds it from other processes."""

    def __init__(self) -> None:
        self._waiters: dict[str, set[asyncio.Event]] = defaultdict(set)

    def notify(self, topic: str) -> None:
        """Wakes everyone who waits for `topic` now."""
        for event in self._waiters.get(topic, ()):
            event.set()

    def subscribe(self, *topics: str) -> Subscription:
        """A subscription that remembers wake-ups from now on; close it when done."""
        return Subscription(self, topics)


class Subscription:
    """Wake-ups of some topics, folded into one: however many came, `wait` returns once."""

    def __init__(self, signals: Signals, topics: tuple[str, ...]) -> None:
        self._signals = signals
        self._topics = topics
        self._event = asyncio.Event()
        for topic in topics:
            signals._waiters[topic].add(self._event)

    async def wait(self, seconds: float) -> bool:
        """Waits for a wake-up, at most `seconds`; True when one came."""
        try:
            async with asyncio.timeout(seconds):
                await self._event.wait()
        except TimeoutError:
            return False
        self._event.clear()
        return True

    def close(self) -> None:
        for topic in self._topics:
            waiters = self._signals._waiters[topic]
            waiters.discard(self._event)
            if not waiters:
                del self._signals._waiters[topic]
