"""SQLite without a thread: SQLAlchemy's aiosqlite dialect over a connection that works where it is called.

A statement of ours takes SQLite some 30 µs, and handing it to a thread and back four times as the driver does takes ten
times as long. So the statements run in the event loop; what can hold them up is another process that writes at that
moment, for as long as its transaction takes. Only a commit, which waits for the disk, has a thread.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any


class InlineCursor:
    """What SQLAlchemy asks of an async driver's cursor, done at once."""

    def __init__(self, raw: sqlite3.Cursor) -> None:
        self._raw = raw

    async def __aenter__(self) -> InlineCursor:
        return self

    async def __aexit__(self, *_: object) -> None:
        self._raw.close()

    @property
    def description(self) -> Any:
        return self._raw.description

    @property
    def rowcount(self) -> int:
        return self._raw.rowcount

    @property
    def lastrowid(self) -> int | None:
        return self._raw.lastrowid

    @property
    def arraysize(self) -> int:
        return self._raw.arraysize

    async def execute(self, operation: str, parameters: Sequence[Any] = ()) -> InlineCursor:
        self._raw.execute(operation, parameters)
        return self

    async def executemany(self, operation: str, parameters: Sequence[Sequence[Any]]) -> InlineCursor:
        self._raw.executemany(operation, parameters)
        return self

    async def fetchone(self) -> Any:
        return self._raw.fetchone()

    async def fetchmany(self, size: int | None = None) -> list[Any]:
        return self._raw.fetchmany(size or self._raw.arraysize)

    async def fetchall(self) -> list[Any]:
        return self._raw.fetchall()

    async def close(self) -> None:
        self._raw.close()


class InlineConnection:
    """What SQLAlchemy asks of aiosqlite's connection, done at once."""

    def __init__(self, raw: sqlite3.Connection) -> None:
        self._connection: sqlite3.Connection | None = raw
        self._thread = ThreadPoolExecutor(1, "sqlite-commit")  # starts at the first commit

    @property
    def raw(self) -> sqlite3.Connection:
        """The open connection.

        Raises:
            ValueError: it is closed, in the words that SQLAlchemy looks for.
        """
        if self._connection is None:
            raise ValueError("no active connection")
        return self._connection

    def cursor(self) -> InlineCursor:
        return InlineCursor(self.raw.cursor())

    async def create_function(self, name: str, count: int, function: Callable[..., Any], **kwargs: Any) -> None:
        self.raw.create_function(name, count, function, **kwargs)

    async def commit(self) -> None:
        # by its words: sqlite3's own commit is silent when SQLite has taken the transaction back by itself
        await asyncio.get_running_loop().run_in_executor(self._thread, self.raw.execute, "COMMIT")

    async def rollback(self) -> None:
        self.raw.rollback()

    async def close(self) -> None:
        self.stop()

    def stop(self) -> None:
        if self._connection is not None:
            self._thread.shutdown(wait=True)
            self._connection.close()
            self._connection = None


async def connect(path: str, busy_seconds: float) -> InlineConnection:
    """Opens the file, waiting for another process's writing for at most `busy_seconds` at a time.

    Raises:
        sqlite3.OperationalError: it cannot be opened.
    """
    # no transaction handling of sqlite3's own: it begins late and upgrades locks; we begin by hand
    raw = sqlite3.connect(path, timeout=busy_seconds, isolation_level=None, check_same_thread=False)
    # secure_delete: what is deleted is overwritten, by whomever (promise 25; `sweeping` says what that leaves)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
        raw.execute(f"PRAGMA {pragma}")
    return InlineConnection(raw)


def location(path: str | None) -> str:
    """Where a database URL's path lies; an empty one is in memory."""
    return str(Path(path)) if path else ":memory:"
