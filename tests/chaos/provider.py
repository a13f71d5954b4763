"""The provider behind the `fake` channel: a real HTTP server that takes messages, or makes trouble, and keeps a log."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

TAKEN = "taken"
BUSY = "429"
AWAY = "503"
BROKEN = "500, and not taken"
BROKEN_AFTER = "500, although taken"
SLOW = "taken slowly"
DROPPED = "taken, and the connection dropped without an answer"

TAKING = frozenset({TAKEN, BROKEN_AFTER, SLOW, DROPPED})

# how often each trouble happens to a message by chance
TROUBLES: Mapping[str, float] = {BUSY: 0.05, AWAY: 0.03, BROKEN: 0.01, BROKEN_AFTER: 0.01, SLOW: 0.03, DROPPED: 0.02}
SLOWEST_SECONDS = 1.5


@dataclass(frozen=True)
class Attempt:
    """One request for a message, and what became of it; `at` is this process's monotonic clock."""

    at: float
    message_id: str
    chat: str
    seq: int
    text: str
    outcome: str

    @property
    def taken(self) -> bool:
        """Whether the customer has it now."""
        return self.outcome in TAKING


@dataclass
class Provider:
    """Serves `url` until stopped. `planned` gives a chat its next troubles in turn, `busy` chats get 429 until then;
    others have trouble by chance."""

    chance: random.Random
    troubles: Mapping[str, float] = field(default_factory=lambda: TROUBLES)
    planned: dict[str, list[str]] = field(default_factory=dict)
    attempts: list[Attempt] = field(default_factory=list)
    _busy_for: dict[str, int] = field(default_factory=dict)
    _busy_until: dict[str, float] = field(default_factory=dict)
    _port: int = 0
    _server: asyncio.Server | None = None
    _lines: set[asyncio.StreamWriter] = field(default_factory=set)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}/send"

    def taken(self, chat: str | None = None) -> list[Attempt]:
        """What customers have got, in order."""
        return [one for one in self.attempts if one.taken and chat in (None, one.chat)]

    def busy(self, chat: str, seconds: int) -> None:
        """From its next message on the chat gets 429 for so long, with the seconds left as Retry-After."""
        self._busy_for[chat] = seconds

    async def up(self) -> None:
        """Listens, again on the same port after `down`."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self._port)
        self._port = self._server.sockets[0].getsockname()[1]

    def down(self) -> None:
        """Refuses connections, and cuts those that are open."""
        assert self._server is not None
        self._server.close()
        for line in self._lines:
            line.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._lines.add(writer)
        try:
            while True:
                message = json.loads(await _body(reader))
                outcome, retry_after = self._outcome(message["to"])
                self.attempts.append(
                    Attempt(time.monotonic(), message["id"], message["to"], message["seq"], message["text"], outcome)
                )
                if outcome == DROPPED:
                    return
                if outcome == SLOW:
                    await asyncio.sleep(self.chance.uniform(0.2, SLOWEST_SECONDS))
                status = int(outcome[:3]) if outcome[:3].isdecimal() else 200
                writer.write(
                    f"HTTP/1.1 {status} .\r\nContent-Length: 0\r\n"
                    f"{f'Retry-After: {retry_after}' if retry_after else 'X-None: 0'}\r\n\r\n".encode()
                )
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self._lines.discard(writer)
            writer.close()

    def _outcome(self, chat: str) -> tuple[str, int]:
        if chat in self._busy_for:
            self._busy_until[chat] = time.monotonic() + self._busy_for.pop(chat)
        left = self._busy_until.get(chat, 0.0) - time.monotonic()
        if left > 0:
            return BUSY, int(left) + 1
        if self.planned.get(chat):
            return self.planned[chat].pop(0), 0
        drawn = self.chance.random()
        for trouble, share in self.troubles.items():
            drawn -= share
            if drawn < 0:
                return trouble, 1 if trouble == BUSY else 0
        return TAKEN, 0


async def _body(reader: asyncio.StreamReader) -> bytes:
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    length = next(int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.startswith(b"content-length"))
    return await reader.readexactly(length)
