"""A provider's end of the line: a real HTTP server on 127.0.0.1 that answers, or does not, as it is told."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

SECRET = "between us"
DROP = "takes the message and hangs up without an answer"
HANG = "takes the message and never answers"
GARBAGE = "answers something that is not HTTP"


@dataclass
class Receiver:
    """Keeps what it got, and when. `answers` maps a message's text to what its attempts get in turn: a status, a status
    with headers, or one of the words above; anything further gets 200. Each answer takes `seconds`.

    It gives out `files` by their paths; who asks for one gets what `answers` has for the path first.

    Attributes:
        most_at_once: how many messages it had in hand at the same time.
        crowded: chats of which it had two in hand at the same time.
        asked: the paths that were asked for.
    """

    url: str = ""
    got: list[dict[str, Any]] = field(default_factory=list)
    at: list[float] = field(default_factory=list)
    answers: dict[str, list[Any]] = field(default_factory=dict)
    seconds: float = 0.0
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    most_at_once: int = 0
    crowded: set[str] = field(default_factory=set)
    files: dict[str, bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    _in_hand: list[str] = field(default_factory=list)

    def texts(self, to: str | None = None) -> list[str]:
        return [one["text"] for one in self.got if to in (None, one["to"])]

    def times(self, text: str | None = None, to: str | None = None) -> list[float]:
        """When messages came, in seconds of a clock that only goes forward."""
        return [
            at
            for at, one in zip(self.at, self.got, strict=True)
            if text in (None, one["text"]) and to in (None, one["to"])
        ]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                if head.startswith(b"GET "):
                    if not await self._give(head.split()[1].decode(), writer):
                        break
                    continue
                length = next(
                    int(line.split(b":")[1])
                    for line in head.lower().split(b"\r\n")
                    if line.startswith(b"content-length")
                )
                message = json.loads(await reader.readexactly(length))
                self.at.append(time.monotonic())
                self.got.append(message)
                self.arrived.set()
                answer = await self._consider(message)
                if answer == DROP:
                    break
                writer.write(b"nonsense\r\n\r\n" if answer == GARBAGE else _response(answer))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    def at_path(self, path: str) -> str:
        """The address of a file."""
        return self.url.removesuffix("/send") + path

    async def _give(self, path: str, writer: asyncio.StreamWriter) -> bool:
        """Whether the line stays open."""
        self.asked.append(path)
        self.arrived.set()
        waiting = self.answers.get(path)
        answer = waiting.pop(0) if waiting else 200 if path in self.files else 404
        await asyncio.sleep(60 if answer == HANG else self.seconds)
        if answer == DROP:
            return False
        content = self.files[path] if answer == 200 else b""
        writer.write(_response(answer, len(content)) + content)
        await writer.drain()
        return True

    async def _consider(self, message: dict[str, Any]) -> Any:
        if message["to"] in self._in_hand:
            self.crowded.add(message["to"])
        self._in_hand.append(message["to"])
        self.most_at_once = max(self.most_at_once, len(self._in_hand))
        try:
            waiting = self.answers.get(message["text"])
            answer = waiting.pop(0) if waiting else 200
            await asyncio.sleep(60 if answer == HANG else self.seconds)
            return answer
        finally:
            self._in_hand.remove(message["to"])


def _response(answer: Any, length: int = 0) -> bytes:
    status, headers = answer if isinstance(answer, tuple) else (answer, {})
    lines = [
        f"HTTP/1.1 {status} Whatever",
        f"Content-Length: {length}",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    lines: set[asyncio.Task[Any]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = asyncio.current_task()
        assert line is not None
        lines.add(line)
        await receiver.serve(reader, writer)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    receiver.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/send"
    yield receiver
    server.close()
    for line in lines:
        line.cancel()
    await asyncio.gather(*lines, return_exceptions=True)
