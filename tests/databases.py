"""The databases of both engines, migrated once and emptied between tests: there are many small tests here.

Their engines live as long as the process, since each remembers what it has compiled; the connections do not.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import sqlalchemy as sa
from running import POSTGRES, missing

from actions.shop.tables import metadata as shop_metadata
from app import schema
from handoff.database import Database, DatabaseAway
from handoff.schema import metadata
from handoff.signals import Signals

SCHEMA = f"shohay_test_{os.getpid()}"
# of tests that change the tables themselves
CHANGING = f"shohay_changing_{os.getpid()}"
TABLES = (*reversed(metadata.sorted_tables), *reversed(shop_metadata.sorted_tables))
EMPTYING = tuple(f"delete from {table.name}" for table in TABLES)


class Databases:
    """One database of each engine, made when it is first asked for."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._made: dict[str, Database] = {}

    async def empty(self, engine: str) -> Database:
        """The engine's database, migrated, with nothing in it."""
        if engine not in self._made:
            self._made[engine] = await self._make(engine)
        database = self._made[engine]
        database.signals = Signals()
        async with database.write() as tx:
            driver = (await tx.connection.get_raw_connection()).driver_connection
            assert driver is not None
            if engine == "postgresql":
                await driver.execute(";".join(EMPTYING))  # in one trip, since it is done thousands of times
            else:
                for statement in EMPTYING:
                    driver.raw.execute(statement)
        return database

    def drop(self) -> None:
        if "postgresql" in self._made:
            asyncio.run(administer(f"drop schema {SCHEMA} cascade"))

    async def _make(self, engine: str) -> Database:
        if engine == "sqlite":
            database = Database(f"sqlite+aiosqlite:///{self._folder / 'test.db'}")
        else:
            await _make_schema(SCHEMA)
            database = in_schema()
        await schema.upgrade(database)
        return database


async def fresh(engine: str, folder: Path) -> AsyncIterator[Database]:
    """A migrated database that nobody else uses; on PostgreSQL in a schema of its own, dropped afterwards."""
    if engine == "sqlite":
        database = Database(f"sqlite+aiosqlite:///{folder / 'fresh.db'}")
    else:
        await _make_schema(CHANGING)
        database = in_schema(CHANGING)
    await schema.upgrade(database)
    yield database
    await database.close()
    if engine == "postgresql":
        await administer(f"drop schema {CHANGING} cascade")


async def administer(*statements: str) -> None:
    opened = Database(POSTGRES)
    try:
        async with opened.write() as tx:
            for statement in statements:
                await tx.execute(sa.text(statement))
    finally:
        await opened.close()


def in_schema(name: str = SCHEMA) -> Database:
    """The PostgreSQL database, its tables in this process's schema."""
    opened = Database(POSTGRES)

    @sa.event.listens_for(opened.engine.sync_engine, "connect")
    def choose(connection: object, _: object) -> None:
        cursor = connection.cursor()  # type: ignore[attr-defined]
        cursor.execute(f"set search_path to {name}")
        cursor.close()
        connection.commit()  # type: ignore[attr-defined]

    return opened


async def _make_schema(name: str) -> None:
    try:
        await administer(f"drop schema if exists {name} cascade", f"create schema {name}")
    except DatabaseAway:
        missing(f"no PostgreSQL answers at {POSTGRES}")
