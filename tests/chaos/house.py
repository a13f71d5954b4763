"""All that a chaos run stands on, opened and closed together: server, provider, processes, ledger, customers."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from backlog import Backlog
from crew import Crew
from customers import Chat, Chatter, Visitor
from ledger import Ledger
from line import Line
from monkey import Monkey
from provider import Provider
from running import demo_settings
from server import Server

SUPERVISOR_SECONDS = 0.5


@dataclass
class House:
    """A running house. Customers made by it are plain ones unless said otherwise."""

    chance: random.Random
    server: Server
    provider: Provider
    crew: Crew
    ledger: Ledger
    line: Line
    backlog: Backlog
    monkey: Monkey
    chats: list[Chat] = field(default_factory=list)

    def chatter(self, name: str, plain: bool = True) -> Chat:
        """A customer on the fake channel."""
        return self._chat(Chatter(name, self.line), plain)

    async def visitor(self, name: str, plain: bool = True) -> Chat:
        """A customer on the website."""
        visitor = Visitor(name, self.line)
        await visitor.open()
        return self._chat(visitor, plain)

    def _chat(self, customer: Chatter | Visitor, plain: bool) -> Chat:
        if plain:
            self.ledger.plain.add(customer.name)
        # a chance of their own, so that what one does hangs on the seed alone and not on who was faster
        self.chats.append(Chat(customer, random.Random(f"{self.chance.random()}")))
        return self.chats[-1]

    async def workers_answer(self) -> None:
        """Waits until every worker has its model."""
        crew = self.crew
        await self.backlog.until(lambda: all(map(crew.loaded, crew.workers)), 300, "every worker has its model")

    async def look_after(self) -> None:
        """Starts again what ended by itself, until cancelled."""
        while True:
            await asyncio.sleep(SUPERVISOR_SECONDS)
            self.crew.look_after()


@asynccontextmanager
async def house(
    seed: int, server: Server, folder: Path, models_dir: Path, webs: int, workers: int
) -> AsyncIterator[House]:
    """A house whose processes were started all at once on an empty database: its webs serve, its workers soon will."""
    chance = random.Random(seed)
    provider = Provider(random.Random(chance.random()))
    await provider.up()
    settings = demo_settings(folder, models_dir) | {
        "DATABASE_URL": server.url,
        "FAKE_SEND_URL": provider.url,
        "MESSAGES_PER_MINUTE": "100000",
    }
    crew = Crew(settings, folder)
    crew.start(webs, workers)
    ledger, backlog = Ledger(), Backlog(server.url)
    line = Line(crew.urls, random.Random(chance.random()), ledger)
    monkey = Monkey(random.Random(chance.random()), crew, server, provider, line, backlog)
    opened = House(chance, server, provider, crew, ledger, line, backlog, monkey)
    try:
        await line.all_serve()
        async with asyncio.TaskGroup() as beside:
            watching = [beside.create_task(backlog.watch()), beside.create_task(opened.look_after())]
            yield opened
            for task in watching:
                task.cancel()
    finally:
        crew.stop()
        provider.down()
        await line.close()
