"""Small courtesies done beside the work: nobody waits for them, and nothing hangs on how they end."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import structlog

log = structlog.get_logger(__name__)

# half of the client's connections: what is to be said never waits for a courtesy
MOST = 16
# above the client's own limits: a request that is cut off from outside may keep its connection for ever
# (https://github.com/encode/httpcore/issues/1093)
SECONDS = 60.0


class Errands:
    """At most `MOST` at a time, each for at most `SECONDS`; under more than that they are left undone."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[None]] = set()

    def start(self, errand: Coroutine[Any, Any, object]) -> None:
        if len(self._running) >= MOST:
            errand.close()
            return
        task = asyncio.create_task(_bounded(errand))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def close(self) -> None:
        """Ends those that are still on their way."""
        running = list(self._running)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


async def _bounded(errand: Coroutine[Any, Any, object]) -> None:
    try:
        async with asyncio.timeout(SECONDS):
            await errand
    except Exception as error:  # its words may hold the token
        log.info("courtesy_failed", channel="telegram", error=type(error).__name__)
