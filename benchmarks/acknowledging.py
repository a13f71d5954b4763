"""How long a customer's message takes to its 201 while 50 a second come in, over HTTP from a real `shohay web`.

Sent at set moments whether or not the ones before are answered, in turn to /hooks/fake and to the website's API; a
message's time runs from its moment, so a server that falls behind is seen.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import httpx

from benchmarks.servers import Server, shohay_web

PER_SECOND = 50
SECONDS = 20
VISITORS = 40
FAKE_SECRET = "benchmark"


async def acknowledge(database_url: str, folder: Path) -> dict[str, dict[str, float]]:
    """p50 and p99 in milliseconds for each of the two doors, and how many messages were not taken."""
    with shohay_web(folder, database_url, FAKE_SECRET) as server:
        return {name: {**_spread(door.times), "failed": door.failed} for name, door in (await _send(server)).items()}


@dataclass
class _Door:
    times: list[float] = field(default_factory=list)
    failed: int = 0


async def _send(server: Server) -> dict[str, _Door]:
    doors = {"/hooks/fake": _Door(), "/api/website/messages": _Door()}
    # as many connections as it takes: a message must not wait for another one's answer
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=VISITORS)
    async with httpx.AsyncClient(base_url=server.url, timeout=30, limits=limits) as client:
        tokens = [
            (await client.post("/api/website/sessions", json={"language": "en"})).json()["token"]
            for _ in range(VISITORS)
        ]

        async def send(number: int, moment: float, kept: bool) -> None:
            await asyncio.sleep(max(0.0, moment - time.perf_counter()))
            text, visitor = f"Where is my order 10001? {number}", number // 2 % VISITORS
            if number % 2:
                path, headers = "/hooks/fake", {"X-Fake-Secret": FAKE_SECRET}
                body = {"key": str(uuid4()), "from": f"writer-{visitor}", "text": text}
            else:
                path, headers = "/api/website/messages", {"Authorization": f"Bearer {tokens[visitor]}"}
                body = {"client_id": str(uuid4()), "text": text}
            try:
                (await client.post(path, json=body, headers=headers)).raise_for_status()
            except httpx.HTTPError:
                doors[path].failed += kept
            else:
                doors[path].times += [(time.perf_counter() - moment) * 1000] * kept

        for seconds, kept in ((2, False), (SECONDS, True)):  # the first two open connections and compile statements
            start = time.perf_counter() + 0.2
            count = seconds * PER_SECOND
            await asyncio.gather(*(send(number, start + number / PER_SECOND, kept) for number in range(count)))
    return doors


def _spread(times: list[float]) -> dict[str, float]:
    percentiles = statistics.quantiles(times, n=100, method="inclusive")
    return {f"p{percent}": round(percentiles[percent - 1], 1) for percent in (50, 95, 99)}
