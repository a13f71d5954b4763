"""A line to PostgreSQL that breaks at the worst moment: a COMMIT was carried out, and its answer is on the way."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass
class Cutter:
    """Passes everything on between `port` and the server. Set `armed`, and the next COMMIT's answer never arrives."""

    server_port: int
    port: int = 0
    armed: bool = False
    cuts: int = 0
    _lines: set[asyncio.Task[None]] = field(default_factory=set)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, until either end hangs up or it is cut."""
        line = asyncio.current_task()
        assert line is not None
        self._lines.add(line)
        line.add_done_callback(self._lines.discard)
        from_server, to_server = await asyncio.open_connection("127.0.0.1", self.server_port)
        committing = asyncio.Event()

        async def forward() -> None:
            while data := await reader.read(65536):
                if self.armed and b"COMMIT;" in data:
                    self.armed = False
                    committing.set()
                to_server.write(data)

        async def back() -> None:
            while data := await from_server.read(65536):
                if committing.is_set():
                    self.cuts += 1
                    return
                writer.write(data)

        ways = [asyncio.create_task(forward()), asyncio.create_task(back())]
        with contextlib.suppress(ConnectionError):
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)
        writer.transport.abort()
        to_server.close()

    async def end(self) -> None:
        for line in list(self._lines):
            line.cancel()
        await asyncio.gather(*self._lines, return_exceptions=True)


@asynccontextmanager
async def cutter(server_port: int) -> AsyncIterator[Cutter]:
    """A cutter before the server on `server_port`."""
    made = Cutter(server_port)
    listening = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.port = listening.sockets[0].getsockname()[1]
    yield made
    listening.close()
    await made.end()
