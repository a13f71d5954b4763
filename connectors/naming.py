"""Asking providers what customers are called, where they tell it only then: one after the other, and again after a
while when they do not say."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import structlog

from connectors.backoff import pause
from connectors.base import Acquainted, Connector, Named, Rejected, RetryAfter, Unknown
from handoff import names
from handoff.clock import now as clock_now
from handoff.database import Database, DatabaseAway
from handoff.names import DueName

log = structlog.get_logger(__name__)

# less than whoever takes one has it for
ASK_SECONDS = 20.0
LOOK_AGAIN_SECONDS = 2.0
# what is in the way when so much was tried is perhaps mended within a day
LONGEST_SECONDS = 86_400.0
# Slack takes a hundred such questions a minute, and nobody waits for the answers
BETWEEN_SECONDS = 0.7
# where it wants to be asked by nobody for a while
MOST_SECONDS = 60.0


class Naming:
    """Asks for all channels."""

    def __init__(self, database: Database, connectors: Mapping[str, Connector]) -> None:
        self._database = database
        self._acquainted = {name: one for name, one in connectors.items() if isinstance(one, Acquainted)}

    async def run(self) -> None:
        """Works until cancelled; who is being asked for then is due again a little later."""
        signals = self._database.signals.subscribe("names")
        try:
            while True:
                try:
                    seconds = await self.step()
                except DatabaseAway as error:
                    log.warning("database_away", error=str(error))
                    seconds = None
                except Exception as error:  # due again by itself, and nobody else waits for it
                    log.error("name_broke", error=type(error).__name__)
                    seconds = None
                if seconds is None:
                    await signals.wait(LOOK_AGAIN_SECONDS)
                else:
                    await asyncio.sleep(seconds)
        finally:
            signals.close()

    async def step(self) -> float | None:
        """Asks for one who is due; returns the seconds until the next may be asked for, None when nobody was due."""
        due = await names.take_due(self._database)
        if due is None:
            return None
        result = await self._ask(due)
        log.info("name_asked_for", channel=due.channel, result=type(result).__name__)
        if isinstance(result, Named):
            await names.told(self._database, due, result.name)
        elif isinstance(result, Rejected) or due.attempts >= names.MAX_ATTEMPTS:
            await names.not_told(self._database, due, None)
        else:
            asked = result.seconds if isinstance(result, RetryAfter) else 0.0
            await names.not_told(self._database, due, clock_now() + pause(due.attempts, asked, LONGEST_SECONDS))
        if isinstance(result, RetryAfter) and result.everyone:
            return min(result.seconds, MOST_SECONDS)
        return BETWEEN_SECONDS

    async def _ask(self, due: DueName) -> Named | Rejected | RetryAfter | Unknown:
        acquainted = self._acquainted.get(due.channel)
        if acquainted is None:
            return Unknown(f"channel {due.channel} is off")
        try:
            async with asyncio.timeout(ASK_SECONDS):
                return await acquainted.name_of(due.person)
        except DatabaseAway:
            raise
        except TimeoutError:
            return Unknown(f"no answer within {ASK_SECONDS:g} seconds")
        except Exception as error:  # neither its words nor its traceback, which may quote the name
            log.error("name_broke", channel=due.channel, error=type(error).__name__)
            return Unknown(type(error).__name__)
