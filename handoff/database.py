"""The database: one code path for SQLite and PostgreSQL, read and write transactions, wake-ups after a commit."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import asyncpg
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import CursorResult, make_url
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool, ConnectionPoolEntry

from handoff import inline_sqlite
from handoff.postgres_signals import Announcer
from handoff.signals import Signals
from handoff.sqlite_writer import SqliteWriter

# PostgreSQL's codes for a server that cannot serve us now: no connection, not let in, no such database, rolled back for
# another's sake, out of connections or space, starting up or shutting down, or has hung up on us for idling (its
# manual, appendix A)
_AWAY = ("08", "25P03", "28", "3D", "40", "53", "57P")


BUSY_SECONDS = 5.0
BELIEVED_SECONDS = 0.05
CONNECT_SECONDS = 5.0
# A process that is suspended, or whose machine is cut off, in the middle of a transaction keeps its locks, and with
# some of them nobody else can write. PostgreSQL ends such a transaction after so long.
IDLE_SECONDS = 5.0


class DatabaseAway(Exception):
    """The database cannot be reached, or did not take the transaction; nothing was stored, unless the connection died
    between a commit and its answer. Who tries again does so under the same key. The message is one line of the
    driver's, and holds nothing of what was to be stored."""


class BrokenReferences(Exception):
    """A change of the tables would leave rows that refer to rows that are not there."""


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


# None is NULL, not the JSON text `null`
Json = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")


@dataclass
class Transaction:
    """An open transaction. `wake` names a topic whose waiters are woken once, and only if, it commits.

    A statement that is made once and given its values here costs a fraction of one that is put together each time; so
    are those made that every message needs.
    """

    connection: AsyncConnection
    dialect: str
    topics: set[str] = field(default_factory=set)

    async def execute(self, statement: sa.Executable, values: Any = None) -> CursorResult[Any]:
        return await self.connection.execute(statement, values)

    async def rows(self, statement: sa.Executable, values: Any = None) -> Sequence[sa.RowMapping]:
        return (await self.connection.execute(statement, values)).mappings().all()

    async def row(self, statement: sa.Executable, values: Any = None) -> sa.RowMapping | None:
        return (await self.connection.execute(statement, values)).mappings().first()

    async def scalar(self, statement: sa.Executable, values: Any = None) -> Any:
        return (await self.connection.execute(statement, values)).scalar()

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

    On SQLite all writes of this process go through one connection, in the order they asked for it, and those that
    wait together share a commit. Other processes are waited for up to five seconds.
    """

    def __init__(self, url: str, signals: Signals | None = None) -> None:
        self.url = make_url(url)
        self.signals = signals or Signals()
        self.dialect = self.url.get_backend_name()
        if self.dialect == "sqlite":
            self.engine = self._reader = _sqlite_engine(url, begin="BEGIN", pool_size=4)
            self._writer = _sqlite_engine(url, begin="BEGIN IMMEDIATE", pool_size=1)
            self._turns: SqliteWriter | None = SqliteWriter(self._writer)
            self._announcer: Announcer | None = None
        else:
            # Short timeouts: a database that went away must be noticed, not waited for (promise 1).
            self.engine = create_async_engine(
                url,
                # none beyond the pool: those are opened and closed each time, and opening one costs more than a message
                pool_size=20,
                max_overflow=0,
                pool_use_lifo=True,
                pool_timeout=5,
                connect_args={
                    "timeout": CONNECT_SECONDS,
                    "prepared_statement_cache_size": 500,  # all of ours; one that falls out costs two round trips
                    "server_settings": {"idle_in_transaction_session_timeout": str(int(IDLE_SECONDS * 1000))},
                },
                hide_parameters=True,  # errors are logged, and what customers write is not (promise 26)
            )
            _replace_the_dead(self.engine)
            self._writer = self.engine
            # all queries of a read see the same moment, as they do on SQLite by themselves
            self._reader = self.engine.execution_options(isolation_level="REPEATABLE READ")
            self._turns = None
            self._announcer = Announcer(self.engine)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Transaction]:
        """A consistent view; what is written in it is rolled back.

        Raises:
            DatabaseAway: the database cannot be reached.
        """
        async with translated(), self._reader.connect() as connection:
            yield Transaction(connection, self.dialect)

    @asynccontextmanager
    async def watch(self) -> AsyncIterator[Transaction]:
        """A read whose every statement sees what is committed when it begins, for `events.after`.

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
            async with (self._turns or self._writer).begin() as connection:
                transaction = Transaction(connection, self.dialect)
                yield transaction
            for topic in transaction.topics:
                self.signals.notify(topic)
            if self._announcer is not None:
                self._announcer.tell(transaction.topics)

    @asynccontextmanager
    async def rebuild(self) -> AsyncIterator[Transaction]:
        """A write transaction for changing tables. On SQLite a changed table is made anew and the old one dropped, so
        foreign keys are looked at only at its end.

        Raises:
            DatabaseAway: the database cannot be reached or did not take the commit.
            BrokenReferences: rows refer to what is not there; nothing was changed.
        """
        if self.dialect != "sqlite":
            async with self.write() as tx:
                yield tx
            return
        async with translated(), self._writer.connect() as connection:
            raw = (await connection.get_raw_connection()).driver_connection
            assert raw is not None
            raw.raw.execute("PRAGMA foreign_keys=OFF")  # SQLite takes this only outside a transaction
            try:
                async with connection.begin():
                    yield Transaction(connection, self.dialect)
                    broken = (await connection.execute(sa.text("PRAGMA foreign_key_check"))).all()
                    if broken:
                        raise BrokenReferences(f"{len(broken)} rows of {broken[0][0]} and others refer to nothing")
            finally:
                raw.raw.execute("PRAGMA foreign_keys=ON")

    async def close(self) -> None:
        if self._turns is not None:
            await self._turns.close()
        if self._announcer is not None:
            await self._announcer.close()
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
        raise DatabaseAway(_first_line(error)) from error
    except sa.exc.DBAPIError as error:
        if error.connection_invalidated or str(getattr(error.orig, "sqlstate", "")).startswith(_AWAY):
            raise DatabaseAway(_first_line(error)) from error
        raise


def _first_line(error: Exception) -> str:
    """What it says, or its name: a time that ran out says nothing."""
    return next(iter(str(error).splitlines()), type(error).__name__)


def _replace_the_dead(engine: AsyncEngine) -> None:
    """A connection that the server has closed is replaced before it is used, and with it all that are older. One that
    has just worked, as all have under load, is believed; another is asked, which takes a round trip."""

    @sa.event.listens_for(engine.sync_engine, "checkin")
    def worked(_: Any, record: ConnectionPoolEntry) -> None:
        record.info["worked"] = time.monotonic()

    @sa.event.listens_for(engine.sync_engine, "checkout")
    def look(connection: Any, record: ConnectionPoolEntry, _: Any) -> None:
        worked = record.info.get("worked")
        if worked is None:
            return  # it is new
        try:
            if connection.driver_connection.is_closed() or time.monotonic() - worked > BELIEVED_SECONDS:
                connection.run_async(lambda driver: driver.execute("select 1"))
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
            raise sa.exc.InvalidatePoolError from error


def _sqlite_engine(url: str, begin: str, pool_size: int) -> AsyncEngine:
    path = inline_sqlite.location(make_url(url).database)
    engine = create_async_engine(
        url,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=10,
        poolclass=AsyncAdaptedQueuePool,
        hide_parameters=True,
        async_creator=lambda: inline_sqlite.connect(path, BUSY_SECONDS),
    )

    @sa.event.listens_for(engine.sync_engine, "begin")
    def start(connection: sa.Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine
