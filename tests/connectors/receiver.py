"""A provider's end of the line: a real HTTP server on 127.0.0.1 that answers, or does not, as it is told."""

from __future__ import annotations

import asyncio
import json
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
    """Keeps what it got. `answers` maps a message's text to what its attempts get in turn: a status, a status with
    headers, or one of the words above; anything further gets 200."""

    url: str = ""
    got: list[dict[str, Any]] = field(default_factory=list)
    answers: dict[str, list[Any]] = field(default_factory=dict)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)

    def texts(self, to: str | None = None) -> list[str]:
        return [one["text"] for one in self.got if to in (None, one["to"])]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = next(
                    int(line.split(b":")[1])
                    for line in head.lower().split(b"\r\n")
                    if line.startswith(b"content-length")
                )
                message = json.loads(await reader.readexactly(length))
                self.got.append(message)
                self.arrived.set()
                waiting = self.answers.get(message["text"])
                answer = waiting.pop(0) if waiting else 200
                if answer == HANG:
                    await asyncio.sleep(60)
                if answer == DROP:
                    break
                writer.write(b"nonsense\r\n\r\n" if answer == GARBAGE else _response(answer))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


def _response(answer: Any) -> bytes:
    status, headers = answer if isinstance(answer, tuple) else (answer, {})
    lines = [
        f"HTTP/1.1 {status} Whatever",
        "Content-Length: 0",
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
