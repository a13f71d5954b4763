"""Fetching what customers sent on channels whose providers keep the files: several at a time, and again after a while
when a provider does not give one."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import structlog

from connectors.backoff import pause
from connectors.base import Connector, Fetched, FileSource, NotFetched
from handoff import fetches
from handoff.clock import now as clock_now
from handoff.database import DatabaseAway
from handoff.fetches import DueFile
from handoff.files import MOST_BYTES, TOO_BIG, TOPIC
from handoff.services import Services
from handoff.sniffing import sniff

log = structlog.get_logger(__name__)

SIDE_BY_SIDE = 4
# less than whoever takes a file has it for
FETCH_SECONDS = 30.0
# the largest of each kind takes a fraction of a second
SNIFF_SECONDS = 10.0
LOOK_AGAIN_SECONDS = 1.0
# nothing was taken although something is due: another worker has it in hand
CALM_SECONDS = 0.05


class Fetching:
    """Fetches for all channels; what one of them gives slowly takes places from the others, but never all for long."""

    def __init__(self, services: Services, connectors: Mapping[str, Connector]) -> None:
        self._services = services
        self._sources = {name: one for name, one in connectors.items() if isinstance(one, FileSource)}
        self._fetches: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Works until cancelled; what is being fetched then is due again a little later."""
        signals = self._services.database.signals.subscribe(TOPIC)
        try:
            async with asyncio.TaskGroup() as group:
                while True:
                    try:
                        seconds = await self._take(group)
                    except DatabaseAway as error:
                        log.warning("database_away", error=str(error))
                        seconds = LOOK_AGAIN_SECONDS
                    await signals.wait(seconds)
        finally:
            signals.close()

    async def step(self) -> bool:
        """Fetches what is due now and waits for it; False when nothing was due."""
        async with asyncio.TaskGroup() as group:
            await self._take(group)
            return bool(self._fetches)

    async def _take(self, group: asyncio.TaskGroup) -> float:
        """Begins to fetch what is due, as far as there is room; returns the seconds until there may be more."""
        room = SIDE_BY_SIDE - len(self._fetches)
        if room == 0:
            return LOOK_AGAIN_SECONDS
        taken, look_at = await fetches.take_due(self._services, room)
        for due in taken:
            one = group.create_task(self._fetch(due))
            self._fetches.add(one)
            one.add_done_callback(self._done)
        if look_at is None:
            return LOOK_AGAIN_SECONDS
        soonest = 0.0 if taken else CALM_SECONDS
        return min(max((look_at - clock_now()).total_seconds(), soonest), LOOK_AGAIN_SECONDS)

    def _done(self, one: asyncio.Task[None]) -> None:
        self._fetches.discard(one)
        self._services.database.signals.notify(TOPIC)  # there is room again

    async def _fetch(self, due: DueFile) -> None:
        # one that ended its worker each time is not taken up for ever
        spent = due.attempts > fetches.MAX_ATTEMPTS
        got = NotFetched("its worker stopped", final=True) if spent else await self._ask(due)
        try:
            await self._settle(due, got)
        except DatabaseAway as error:  # it is due again by itself
            log.warning("database_away", error=str(error))
        except Exception as error:  # likewise, and no other file waits for it; its words may quote the name
            log.error("file_broke", file=due.id, channel=due.channel, error=type(error).__name__)
        size = len(got.content) if isinstance(got, Fetched) else None
        log.info("fetched", file=due.id, channel=due.channel, result=type(got).__name__, size=size)

    async def _ask(self, due: DueFile) -> Fetched | NotFetched:
        source = self._sources.get(due.channel)
        if source is None:
            return NotFetched(f"channel {due.channel} is off", final=True)
        try:
            async with asyncio.timeout(FETCH_SECONDS):
                # one byte more tells what is too big from what just fits
                return await source.fetch(due.reference, MOST_BYTES + 1)
        except TimeoutError:
            return NotFetched(f"no answer within {FETCH_SECONDS:g} seconds", final=False)
        except Exception as error:  # neither its words nor its traceback, which may quote the address
            log.error("fetch_broke", file=due.id, channel=due.channel, error=type(error).__name__)
            return NotFetched(type(error).__name__, final=False)

    async def _settle(self, due: DueFile, got: Fetched | NotFetched) -> None:
        if isinstance(got, Fetched):
            if len(got.content) > MOST_BYTES:
                await fetches.given_up(self._services, due, "refused", TOO_BIG, len(got.content))
                return
            try:
                async with asyncio.timeout(SNIFF_SECONDS):
                    sniffed = await asyncio.to_thread(sniff, got.content)
            except TimeoutError:
                sniffed = None
            if sniffed is None:
                await fetches.given_up(self._services, due, "refused", "neither a photo nor a PDF", len(got.content))
            else:
                await fetches.arrived(self._services, due, sniffed)
        elif got.too_big:
            await fetches.given_up(self._services, due, "refused", TOO_BIG)
        elif got.final or due.attempts >= fetches.MAX_ATTEMPTS:
            await fetches.given_up(self._services, due, "failed", got.why)
        else:
            await fetches.try_again(self._services, due, clock_now() + pause(due.attempts))
