"""Many channels handing in messages at once: how many are taken in a second.

Sixteen senders, each waiting for its answer before the next; every fifth delivery is a copy of one shortly before it,
as providers send them. What is counted is answers, and an answer comes only after the commit.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import random
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

import uvloop

from benchmarks.crowd import CHANNEL, WORDS, address
from benchmarks.house import services_on
from handoff import inbox
from handoff.clock import new_id
from handoff.database import Database
from handoff.incoming import Incoming
from handoff.services import Services

SENDERS = 16
EVERY_COPY = 5
BACK = 8


@dataclass(frozen=True)
class Received:
    """Deliveries answered between two moments of the machine's monotonic clock, and each one's milliseconds."""

    began: float
    ended: float
    times: list[float]


def deliveries(count: int, visitors: int, chance: random.Random) -> list[Incoming]:
    """Messages of as many different customers, every fifth delivery a copy."""
    fresh = [
        Incoming(CHANNEL, new_id(), address(visitor), chance.choice(WORDS))
        for visitor in chance.sample(range(visitors), min(visitors, count))
    ]
    found: list[Incoming] = []
    for place in range(count):
        copy = place % EVERY_COPY == EVERY_COPY - 1
        found.append(chance.choice(found[-BACK:]) if copy else fresh[place % len(fresh)])
    return found


async def receive(services: Services, waiting: Sequence[Incoming]) -> Received:
    """Hands all of it in."""
    left = iter(waiting)
    times: list[float] = []

    async def sender() -> None:
        for incoming in left:
            began = time.perf_counter()
            await inbox.receive(services, incoming)
            times.append((time.perf_counter() - began) * 1000)

    began = time.monotonic()
    await asyncio.gather(*(sender() for _ in range(SENDERS)))
    return Received(began, time.monotonic(), times)


def together(received: Sequence[Received]) -> tuple[float, list[float]]:
    """Answers per second over all processes, from the first one's start to the last one's end; and all times."""
    times = [one for each in received for one in each.times]
    return len(times) / (max(one.ended for one in received) - min(one.began for one in received)), times


class Processes:
    """Several processes that take in at once, each with connections of its own; started once, used often."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._pool = ProcessPoolExecutor(count, mp_context=multiprocessing.get_context("spawn"))

    async def receive(self, url: str, count: int, visitors: int, seed: int) -> list[Received]:
        """Each takes in its share of `count` deliveries."""
        loop = asyncio.get_running_loop()
        start = time.monotonic() + 3.0  # by then all have opened their connections
        shares = [
            loop.run_in_executor(self._pool, _share, url, count // self._count, visitors, seed + number, start)
            for number in range(self._count)
        ]
        return list(await asyncio.gather(*shares))

    def close(self) -> None:
        self._pool.shutdown()


def _share(url: str, count: int, visitors: int, seed: int, start: float) -> Received:
    async def work() -> Received:
        database = Database(url)
        services = services_on(database)
        chance = random.Random(seed)
        await receive(services, deliveries(4 * SENDERS, visitors, chance))
        waiting = deliveries(count, visitors, chance)
        await asyncio.sleep(max(0.0, start - time.monotonic()))
        received = await receive(services, waiting)
        await database.close()
        return received

    return uvloop.run(work())
