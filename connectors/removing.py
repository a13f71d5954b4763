"""Taking away what was posted to agents of a customer who was erased: one thread after the other, until nothing of ours
is left of it."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Protocol

import structlog

from connectors.backoff import pause
from connectors.base import Rejected, RetryAfter, SendResult, Sent, Unknown
from handoff import relay_removals
from handoff.clock import now as clock_now
from handoff.database import Database, DatabaseAway
from handoff.relay_removals import TOPIC, Removal

log = structlog.get_logger(__name__)

# less than whoever takes one has it for; what was taken away by then stays away
REMOVE_SECONDS = 120.0
LOOK_AGAIN_SECONDS = 5.0
LONGEST_SECONDS = 3600.0


class Remover(Protocol):
    """A channel in which tickets are posted, and from which what was posted can be taken away again."""

    async def remove(self, place: str, thread: str | None, key: str, since: datetime) -> SendResult:
        """Takes away all that we have posted in the thread; the same again does no harm.

        Args:
            thread: none when it is not known; then it begins with the post that has this key, if there is one.
            key: the first post's.
            since: when the thread was begun.

        Returns: `Sent` when nothing of ours is there.
        """
        ...


class Removing:
    """Works beside others of its kind."""

    def __init__(self, database: Database, channel: str, remover: Remover) -> None:
        self._database = database
        self._channel = channel
        self._remover = remover

    async def run(self) -> None:
        """Works until cancelled; what is being taken away then is due again a little later."""
        signals = self._database.signals.subscribe(TOPIC)
        try:
            while True:
                try:
                    while await self.step():
                        pass
                except DatabaseAway as error:
                    log.warning("database_away", error=str(error))
                except Exception as error:  # due again by itself, and nothing else waits for it
                    log.error("removal_broke", error=type(error).__name__)
                await signals.wait(LOOK_AGAIN_SECONDS)
        finally:
            signals.close()

    async def step(self) -> bool:
        """Sees to one thread; False when none was due, or the provider wants to be left alone for a while."""
        removal = await relay_removals.take(self._database, self._channel)
        if removal is None:
            return False
        result = await self._attempt(removal)
        log.info("desk_removal", place=removal.place, thread=removal.thread, result=type(result).__name__)
        if isinstance(result, Sent):
            await relay_removals.nothing_left(self._database, removal)
            return True
        asked = result.seconds if isinstance(result, RetryAfter) else 0.0
        why = "not taken" if isinstance(result, RetryAfter) else result.why
        if isinstance(result, Rejected):
            log.warning("desk_removal_refused", place=removal.place, thread=removal.thread, why=why)
        again_at = clock_now() + pause(removal.attempts, asked, LONGEST_SECONDS)
        await relay_removals.try_again(self._database, removal, again_at, why)
        return not isinstance(result, RetryAfter)

    async def _attempt(self, removal: Removal) -> SendResult:
        try:
            async with asyncio.timeout(REMOVE_SECONDS):
                return await self._remover.remove(removal.place, removal.thread, removal.key, removal.begun_at)
        except TimeoutError:
            return Unknown(f"not done within {REMOVE_SECONDS:g} seconds")
        except Exception as error:  # neither its words nor its traceback: they may quote a message
            log.error("removal_broke", place=removal.place, error=type(error).__name__)
            return Unknown(type(error).__name__)
