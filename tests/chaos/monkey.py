"""Faults by chance, from a seed: processes killed and frozen, the database restarted, the provider gone."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from backlog import Backlog
from crew import Crew
from customers import Chat, Visitor
from line import Line
from provider import Provider
from server import Server

from handoff.clock import now

# longer than a lease, and shorter than what a send may take until it counts as given up
FROZEN_SECONDS = 36.0
# what takes its time, and other things happen meanwhile
BESIDE = frozenset({"freeze_worker", "provider_gone"})


@dataclass(frozen=True)
class Restart:
    """One restart of the database.

    Attributes:
        began: when it was stopped.
        back: when it let people in again.
        stored_after: seconds from `began` until a new customer's first message was acknowledged.
    """

    began: datetime
    back: datetime
    stored_after: float


@dataclass
class Monkey:
    """Makes trouble.

    Attributes:
        deeds: counts what is no kill; the crew counts those.
        restarts: those of the database.
    """

    chance: random.Random
    crew: Crew
    server: Server
    provider: Provider
    line: Line
    backlog: Backlog
    deeds: Counter[str] = field(default_factory=Counter)
    restarts: list[Restart] = field(default_factory=list)

    async def kill_web(self) -> None:
        """Kill -9 of a web that serves, when another does too: without any there would be nothing to lose."""
        url = self.chance.choice(await self.line.serving(2))
        self.crew.kill(next(web for web in self.crew.webs if web.url == url))

    async def kill_worker(self) -> None:
        """Kill -9 of a worker that answers, when another is there to take up its work; else of a web."""
        worker = self.crew.a_worker(self.chance)
        if worker is None:
            await self.kill_web()
        else:
            await self.backlog.interrupt("worker killed")
            self.crew.kill(worker)

    async def lose_worker(self) -> None:
        """Kill -9 of a worker that is not started again: the other has to do all the work."""
        worker = self.crew.a_worker(self.chance)
        assert worker is not None
        await self.backlog.interrupt("worker killed")
        self.crew.kill(worker, again=False)

    async def freeze_worker(self) -> None:
        """A worker is suspended until its leases have run out, and then goes on as if nothing had been."""
        worker = self.crew.a_worker(self.chance)
        if worker is None:
            return
        await self.backlog.interrupt("worker frozen")
        self.crew.freeze(worker)
        self.deeds["worker frozen"] += 1
        try:
            await asyncio.sleep(FROZEN_SECONDS)
        finally:
            self.crew.thaw(worker)

    async def restart_database(self) -> None:
        """`pg_ctl restart -m immediate`, felt by every web, and a new customer who writes right after it."""
        await self.line.all_serve()
        await self.backlog.interrupt("database restarted")
        began, clock = now(), time.monotonic()
        await asyncio.to_thread(self.server.restart_immediately)
        back = now()
        visitor = Visitor(f"probe{len(self.restarts)}", self.line)
        self.line.ledger.plain.add(visitor.name)
        await visitor.open()
        await Chat(visitor, self.chance).say()
        self.restarts.append(Restart(began, back, time.monotonic() - clock))

    async def provider_gone(self) -> None:
        """The provider refuses connections for some seconds."""
        self.provider.down()
        self.deeds["provider gone"] += 1
        try:
            await asyncio.sleep(self.chance.uniform(2, 6))
        finally:
            await self.provider.up()

    async def rage(self, deeds: Sequence[str], pause: float) -> None:
        """Does these things, named by the methods above, each after about `pause` seconds, until time is up."""
        async with asyncio.TaskGroup() as beside:
            for name in deeds:
                await asyncio.sleep(self.chance.uniform(0, 2 * pause))
                if self.backlog.closing:
                    return
                deed = getattr(self, name)()
                if name in BESIDE:
                    beside.create_task(deed)
                else:
                    await deed
