"""The same two databases as everywhere, migrated once and emptied between tests: there are many small tests here.

Their engines live as long as the process, since each remembers what it has compiled; the connections do not.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from running import POSTGRES, missing

from app import schema
from handoff.database import Database, DatabaseAway
from handoff.models import metadata
from handoff.signals import Signals

SCHEMA = f"shohay_handoff_{os.getpid()}"


class Databases:
    """One database of each engine, made when it is first asked for."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._made: dict[str, Database] = {}

    async def empty(self, engine: str) -> Database:
        if engine not in self._made:
            self._made[engine] = await self._make(engine)
        database = self._made[engine]
        database.signals = Signals()
        async with database.write() as tx:
            for table in reversed(metadata.sorted_tables):
                await tx.execute(sa.delete(table))
        return database

    def drop(self) -> None:
        if "postgresql" in self._made:
            asyncio.run(administer(f"drop schema {SCHEMA} cascade"))

    async def _make(self, engine: str) -> Database:
        if engine == "sqlite":
            database = Database(f"sqlite+aiosqlite:///{self._folder / 'test.db'}")
        else:
            try:
                await administer(f"drop schema if exists {SCHEMA} cascade", f"create schema {SCHEMA}")
            except DatabaseAway:
                missing(f"no PostgreSQL answers at {POSTGRES}")
            database = in_schema()
        await schema.upgrade(database)
        return database


@pytest.fixture(scope="session")
def databases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Databases]:
    made = Databases(tmp_path_factory.mktemp("handoff"))
    yield made
    made.drop()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
async def database(request: pytest.FixtureRequest, databases: Databases) -> AsyncIterator[Database]:
    """An empty, migrated database."""
    opened = await databases.empty(request.param)
    yield opened
    await opened.close()


async def administer(*statements: str) -> None:
    opened = Database(POSTGRES)
    try:
        async with opened.write() as tx:
            for statement in statements:
                await tx.execute(sa.text(statement))
    finally:
        await opened.close()


def in_schema() -> Database:
    """The PostgreSQL database, its tables in this process's schema."""
    opened = Database(POSTGRES)

    @sa.event.listens_for(opened.engine.sync_engine, "connect")
    def choose(connection: object, _: object) -> None:
        cursor = connection.cursor()  # type: ignore[attr-defined]
        cursor.execute(f"set search_path to {SCHEMA}")
        cursor.close()
        connection.commit()  # type: ignore[attr-defined]

    return opened
