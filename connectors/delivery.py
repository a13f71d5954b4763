"""Sending what is due on every channel: retried only when it was provably not taken, given up after a while."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import structlog

from connectors.base import Connector
from connectors.lane import Lane
from handoff import dead_letters, outbox
from handoff.database import Database, DatabaseAway

log = structlog.get_logger(__name__)

LOOK_AFTER_SECONDS = 5.0


class Delivery:
    """Hands due messages to their channels, each channel in a lane of its own."""

    def __init__(self, database: Database, connectors: Mapping[str, Connector]) -> None:
        self._database = database
        self._lanes = {name: Lane(database, one) for name, one in connectors.items() if one.capabilities.push}

    async def run(self) -> None:
        """Works until cancelled."""
        async with asyncio.TaskGroup() as group:
            for lane in self._lanes.values():
                group.create_task(lane.run())
            group.create_task(self._look_after())

    async def step(self) -> bool:
        """Sends what is due now and waits for the results; False when nothing was due."""
        await dead_letters.give_up_stopped(self._database)
        found = await self._fail_what_is_off()
        for lane in self._lanes.values():
            await lane.take()
        return found + sum([await lane.settled() for lane in self._lanes.values()]) > 0

    async def _look_after(self) -> None:
        while True:
            try:
                await dead_letters.give_up_stopped(self._database)
                while await self._fail_what_is_off():
                    pass
            except DatabaseAway as error:
                log.warning("database_away", error=str(error))
            await asyncio.sleep(LOOK_AFTER_SECONDS)

    async def _fail_what_is_off(self) -> int:
        """A message on a channel that was turned off is not kept waiting for it: somebody must know."""
        failed = 0
        for channel in await dead_letters.channels_off(self._database, self._lanes):
            taken = await outbox.take_due(self._database, channel, limit=100)
            for due in taken.due:
                await outbox.settle(self._database, due, "failed", f"channel {channel} is off")
            failed += len(taken.due)
        return failed
