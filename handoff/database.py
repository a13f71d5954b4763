"""The database: one code path for SQLite and PostgreSQL, read and write transactions, wake-ups after a commit."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import CursorResult, make_url
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool

from handoff import inline_sqlite
from handoff.signals import Signals

# PostgreSQL's codes for a server that cannot serve us now: no connection, not let in, no such database, out of
# connections or space, starting up or shutting down (its manual, appendix A)
_AWAY = ("08", "28", "3D", "53", "57P")


BUSY_SECONDS = 5.0


class DatabaseAway(Exception):
    """The database cannot be reached, or did not take the transaction; nothing was stored."""


class UtcDateTime(sa.TypeDecorator[datetime]):
    """An aware UTC datetime on both engines; SQLite keeps it without its zone, so it is put back on reading."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone; use handoff.clock.now()")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


Json = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


@dataclass
class Transaction:
    """An open transaction. `wake` names a topic whose waiters are woken once, and only if, it commits."""

    connection: AsyncConnection
    dialect: str
    topics: set[str] = field(default_factory=set)

    async def execute(self, statement: sa.Executable, values: Any = None) -> CursorResult[Any]:
        return await self.connection.execute(statement, values)

    async def rows(self, statement: sa.Executable) -> Sequence[sa.RowMapping]:
        return (await self.connection.execute(statement)).mappings().all()

    async def row(self, statement: sa.Executable) -> sa.RowMapping | None:
        return (await self.connection.execute(statement)).mappings().first()

    async def scalar(self, statement: sa.Executable) -> Any:
        return (await self.connection.execute(statement)).scalar()

    async def alone(self, section: str) -> None:
        """Waits until no other transaction is in this section, and stays in it to the end of this one. On SQLite
        there is only ever one writer."""
        if self.dialect == "postgresql":
            key = sa.func.hashtextextended(f"shohay:{section}", 0)
            await self.connection.execute(sa.select(sa.func.pg_advisory_xact_lock(key)))

    def wake(self, topic: str) -> None:
        self.topics.add(topic)


class Database:
    """Opens transactions on `url`, `sqlite+aiosqlite:///file` or `postgresql+asyncpg://…`.

    On SQLite all writes of this process go through one connection, in the order they asked for it: that is fair
    and never waits in SQLite's own busy loop. Other processes are waited for up to five seconds.
    """

    def __init__(self, url: str, signals: Signals | None = None) -> None:
        self.url = make_url(url)
        self.signals = signals or Signals()
        self.dialect = self.url.get_backend_name()
        if self.dialect == "sqlite":
            self.engine = _sqlite_engine(url, begin="BEGIN", pool_size=4)
            self._writer = _sqlite_engine(url, begin="BEGIN IMMEDIATE", pool_size=1)
        else:
            # Short timeouts: a database that went away must be noticed, not waited for (promise 1).
            self.engine = create_async_engine(
                url, pool_size=10, max_overflow=10, pool_pre_ping=True, pool_timeout=5, connect_args={"timeout": 5}
            )
            self._writer = self.engine

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Transaction]:
        """A consistent view; what is written in it is rolled back.

        Raises:
            DatabaseAway: the database cannot be reached.
        """
        async with translated(), self.engine.connect() as connection:
            yield Transaction(connection, self.dialect)

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Transaction]:
        """A transaction that commits when the block ends well and leaves nothing behind when it does not.

        Raises:
            DatabaseAway: the database cannot be reached or did not take the commit.
        """
        async with translated():
            async with self._writer.begin() as connection:
                transaction = Transaction(connection, self.dialect)
                yield transaction
                if self.dialect == "postgresql":
                    for topic in sorted(transaction.topics):
                        await connection.execute(sa.select(sa.func.pg_notify("shohay", topic)))
            for topic in transaction.topics:
                self.signals.notify(topic)

    async def close(self) -> None:
        await self.engine.dispose()
        await self._writer.dispose()


@asynccontextmanager
async def translated() -> AsyncIterator[None]:
    """Turns every way in which a database can be away into `DatabaseAway`."""
    try:
        yield
    except sa.exc.IntegrityError:
        raise
    except (sa.exc.OperationalError, sa.exc.InterfaceError, sa.exc.TimeoutError, OSError, TimeoutError) as error:
        raise DatabaseAway(str(error).splitlines()[0]) from error
    except sa.exc.DBAPIError as error:
        if error.connection_invalidated or str(getattr(error.orig, "sqlstate", "")).startswith(_AWAY):
            raise DatabaseAway(str(error).splitlines()[0]) from error
        raise


def _sqlite_engine(url: str, begin: str, pool_size: int) -> AsyncEngine:
    path = inline_sqlite.location(make_url(url).database)
    engine = create_async_engine(
        url,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=10,
        poolclass=AsyncAdaptedQueuePool,
        async_creator=lambda: inline_sqlite.connect(path, BUSY_SECONDS),
    )

    @sa.event.listens_for(engine.sync_engine, "begin")
    def start(connection: sa.Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine
