"""The queue with 1,000, 10,000 and 100,000 open conversations, on both engines: claiming, taking in, the queue's page.

Rounds go over the sizes in turn, so that the machine's moods meet all of them. `make bench-queue`.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import sqlalchemy as sa
import uvloop
from fastapi import FastAPI

from benchmarks import crowd, receiving
from benchmarks.acknowledging import acknowledge
from benchmarks.house import services_on
from benchmarks.turns import machine
from handoff import assignment, caretaker, ownership, people, queue
from handoff.conversations import Conversation
from handoff.database import Database
from handoff.desk import pages as desk_pages
from handoff.models import conversations
from handoff.people import Person
from handoff.services import Services

POSTGRES = os.environ.get("SHOHAY_TEST_POSTGRES_URL", "postgresql+asyncpg://postgres@127.0.0.1:5432/test")
ENGINES = ("sqlite", "postgresql")
SIZES = (1_000, 10_000, 100_000)
ROUNDS = 5
STEPS = 40  # claims, and conversations taken, in a round
DELIVERIES = 640  # in a round
LOOKS = 8  # at each page, and of the caretaker, in a round
PROCESSES = 2

Step = Callable[[], Awaitable[object]]


@dataclass
class Desk:
    """One crowd and those who work on it; `times` in milliseconds and `rates` per second, by what was measured."""

    url: str
    size: int
    services: Services
    agents: list[Person]
    page: httpx.AsyncClient
    times: dict[str, list[float]] = field(default_factory=dict)
    rates: dict[str, list[float]] = field(default_factory=dict)

    async def timed(self, name: str, step: Step) -> None:
        began = time.perf_counter()
        await step()
        self.times.setdefault(name, []).append((time.perf_counter() - began) * 1000)


@asynccontextmanager
async def desk(url: str, size: int) -> AsyncIterator[Desk]:
    """A full house on the database, and an agent signed in to its pages."""
    database = Database(url)
    services = services_on(database)
    agents = await crowd.fill(database, size, services.queue_rules)
    signed_in = await people.sign_in(database, agents[0].name, crowd.PASSWORD)
    assert signed_in is not None
    app = FastAPI()
    app.include_router(desk_pages.router(services))
    headers = {"Authorization": f"Bearer {signed_in[0]}"}
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://desk", headers=headers) as page:
        yield Desk(url, size, services, agents, page)
    await database.close()


async def work(desk: Desk, chance: random.Random, processes: receiving.Processes | None) -> None:
    """One round of everything."""
    database, services = desk.services.database, desk.services
    for conversation in await _queued(database, STEPS):
        person = chance.choice(desk.agents)
        await desk.timed("claim", lambda one=conversation, who=person: ownership.claim(services, one.id, who))
    for _ in range(STEPS):
        person = chance.choice(desk.agents)
        await desk.timed("next", lambda who=person: assignment.take_next(services, who))
    for conversation in await _queued(database, LOOKS):
        await desk.timed("position", lambda one=conversation: _position(database, one))
    for _ in range(LOOKS):
        await desk.timed("page", lambda: _look(desk.page, {"tab": "queued"}))
        await desk.timed("search", lambda: _look(desk.page, {"tab": "queued", "q": "parcel"}))
        await desk.timed("caretaker", lambda: caretaker.look(services))
    waiting = receiving.deliveries(DELIVERIES, crowd.people_in(desk.size), chance)
    rate, times = receiving.together([await receiving.receive(services, waiting)])
    desk.rates.setdefault("receive", []).append(rate)
    desk.times.setdefault("receive", []).extend(times)
    if processes:
        shares = await processes.receive(desk.url, DELIVERIES, crowd.people_in(desk.size), chance.randrange(2**30))
        desk.rates.setdefault("receive, 2 processes", []).append(receiving.together(shares)[0])


async def measure(engine: str, sizes: Sequence[int], rounds: int, server: str) -> dict[str, Any]:
    """All sizes of one engine."""
    processes = receiving.Processes(PROCESSES) if engine == "postgresql" else None
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        desks = []
        for size in sizes:
            name = f"shohay_bench_{os.getpid()}_{size}"
            place = crowd.sqlite_database(folder, name) if engine == "sqlite" else crowd.postgres_database(server, name)
            desks.append(await stack.enter_async_context(desk(await stack.enter_async_context(place), size)))
        chance = random.Random(1)
        flushes: list[float] = []
        for one in desks:  # connections open, statements compiled
            await work(one, chance, None)
            one.times.clear(), one.rates.clear()
        for _ in range(rounds):
            flushes += _flushes(folder)
            for one in desks:
                await work(one, chance, processes)
        found = {str(one.size): _summary(one) for one in desks}
        for one in desks:
            found[str(one.size)]["acknowledged"] = await acknowledge(one.url, folder)
    if processes:
        processes.close()
    return {"sizes": found, "flush_ms": _spread(flushes), "load": [round(one, 1) for one in os.getloadavg()]}


def _summary(desk: Desk) -> dict[str, Any]:
    return {
        "ms": {name: _spread(times) for name, times in desk.times.items()},
        "per_second": {name: round(statistics.median(rates)) for name, rates in desk.rates.items()},
    }


def _spread(times: list[float]) -> dict[str, float]:
    percentiles = statistics.quantiles(times, n=100, method="inclusive")
    return {f"p{percent}": round(percentiles[percent - 1], 1) for percent in (50, 95, 99)}


async def _queued(database: Database, count: int) -> list[Conversation]:
    """Some that wait, from anywhere in the queue."""
    query = sa.select(conversations).where(conversations.c.status == "queued").order_by(sa.func.random())
    async with database.read() as tx:
        return [Conversation(**row) for row in await tx.rows(query.limit(count))]


async def _position(database: Database, conversation: Conversation) -> int:
    async with database.read() as tx:
        return await queue.position(tx, conversation)


async def _look(page: httpx.AsyncClient, query: dict[str, str]) -> None:
    (await page.get("/desk/list", params=query)).raise_for_status()


def _flushes(folder: Path, count: int = 40) -> list[float]:
    """Milliseconds that the disk takes to keep 4 KB: below that no commit can be."""
    took = []
    with (folder / "flush").open("wb") as file:
        for _ in range(count):
            file.write(bytes(4096))
            file.flush()
            began = time.perf_counter()
            os.fsync(file.fileno())
            took.append((time.perf_counter() - began) * 1000)
    return took


def table(results: dict[str, Any]) -> str:
    """The results in Markdown."""
    lines = []
    for engine, found in results.items():
        sizes = found["sizes"]
        flush, load = found["flush_ms"], ", ".join(str(one) for one in found["load"])
        lines += [
            f"**{engine}** (disk flush: {flush['p50']} / {flush['p95']} ms; load: {load})",
            "",
            "| N | " + " | ".join(f"{int(size):,}" for size in sizes) + " | largest ÷ smallest |",
            "|---|" + "---|" * (len(sizes) + 1),
        ]
        first, *_, last = [*sizes.values(), *sizes.values()]
        for name in first["ms"]:
            cells = [f"{one['ms'][name]['p50']} / {one['ms'][name]['p95']}" for one in sizes.values()]
            growth = last["ms"][name]["p95"] / max(first["ms"][name]["p95"], 0.1)
            lines.append(f"| {name}: p50 / p95 ms | " + " | ".join(cells) + f" | {growth:.2f} |")
        for name in first["per_second"]:
            rates = [one["per_second"][name] for one in sizes.values()]
            lines.append(
                f"| {name}: a second | " + " | ".join(str(one) for one in rates) + f" | {rates[-1] / rates[0]:.2f} |"
            )
        for name in first["acknowledged"]:
            doors = [one["acknowledged"][name] for one in sizes.values()]
            cells = [
                f"{one['p50']} / {one['p99']}" + (f", {one['failed']} failed" if one["failed"] else "") for one in doors
            ]
            lines.append(f"| 201 of {name} at 50/s: p50 / p99 ms | " + " | ".join(cells) + " | |")
        lines.append("")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--engines", nargs="+", choices=ENGINES, default=ENGINES)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--postgres-url", default=POSTGRES, help="any database of a server that lets us make more")
    parser.add_argument("--json", type=Path, help="also write the numbers there")
    arguments = parser.parse_args()
    results = {
        engine: uvloop.run(measure(engine, arguments.sizes, arguments.rounds, arguments.postgres_url))
        for engine in arguments.engines
    }
    print(table(results))
    kept = {"machine": machine(), "date": date.today().isoformat(), "queue": results}
    if arguments.json:
        arguments.json.write_text(json.dumps(kept, indent=2), encoding="utf-8")


if __name__ == "__main__":
    main()
