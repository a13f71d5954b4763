"""The line to the webs, as providers, browsers and desks have it: any of them may answer, or none."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
from ledger import Ledger

START_SECONDS = 240.0
SHORTEST_PAUSE, LONGEST_PAUSE = 0.1, 1.5


@dataclass(frozen=True)
class Answer:
    """A whole answer that arrived."""

    status: int
    body: Any


@dataclass
class Line:
    """Asks one of `urls` by chance. A web that is down, dies or has no database gives no answer: None."""

    urls: list[str]
    chance: random.Random
    ledger: Ledger
    away: int = 0  # answers of 503
    cut: int = 0  # no answer at all
    _http: httpx.AsyncClient = field(
        default_factory=lambda: httpx.AsyncClient(timeout=15, limits=httpx.Limits(max_connections=200))
    )

    async def send(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None,
        headers: Mapping[str, str],
        *,
        url: str | None = None,
        conflict: bool = False,
    ) -> Answer | None:
        """One request. What is neither a 2xx nor a 503 for want of a database is noted in the ledger as wrong.

        Args:
            conflict: 409 is an answer too.
        """
        url = url or self.chance.choice(self.urls)
        try:
            response = await self._http.request(method, url + path, json=body, headers=headers)
        except httpx.HTTPError:
            self.cut += 1
            return None
        answer = Answer(response.status_code, response.json())
        if answer.status in (200, 201) or (conflict and answer.status == 409):
            return answer
        if answer.status == 503 and answer.body["error"]["code"] == "database_away":
            self.away += 1
        else:
            self.ledger.wrong.append(f"{method} {path} was answered {answer.status}: {answer.body}")
        return None

    async def until_answered(self, send: Callable[[], Awaitable[Answer | None]]) -> Answer:
        """Tries again and again, as providers do, after pauses that grow."""
        pause = SHORTEST_PAUSE
        while (answer := await send()) is None:
            await asyncio.sleep(self.chance.uniform(pause / 2, pause))
            pause = min(2 * pause, LONGEST_PAUSE)
        return answer

    async def serving(self, at_least: int) -> list[str]:
        """Waits until so many webs answer; returns those that do.

        Raises:
            TimeoutError: they never do.
        """
        async with asyncio.timeout(START_SECONDS):
            while True:
                answers = await asyncio.gather(*(self.send("GET", "/healthz", None, {}, url=url) for url in self.urls))
                found = [url for url, answer in zip(self.urls, answers, strict=True) if answer is not None]
                if len(found) >= at_least:
                    return found
                await asyncio.sleep(SHORTEST_PAUSE)

    async def all_serve(self) -> None:
        """Waits until every web answers."""
        await self.serving(len(self.urls))

    async def close(self) -> None:
        await self._http.aclose()
