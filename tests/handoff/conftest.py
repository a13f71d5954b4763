"""The same two databases as everywhere, migrated once and emptied between tests: there are many small tests here."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy as sa
from handoff_testing import POSTGRES

from app import schema
from handoff.database import Database, DatabaseAway
from handoff.models import metadata

SCHEMA = f"shohay_handoff_{os.getpid()}"


@dataclass
class Migrated:
    """What this process has migrated so far: a file to copy, a schema to empty."""

    file: Path
    schema: bool = False

    async def sqlite(self, path: Path) -> Database:
        if not self.file.exists():
            fresh = Database(f"sqlite+aiosqlite:///{self.file}")
            await schema.upgrade(fresh)
            await fresh.close()
        shutil.copy(self.file, path)
        return Database(f"sqlite+aiosqlite:///{path}")

    async def postgresql(self) -> Database:
        if not self.schema:
            try:
                await administer(f"drop schema if exists {SCHEMA} cascade", f"create schema {SCHEMA}")
            except DatabaseAway:
                if os.environ.get("SHOHAY_CI"):
                    raise
                pytest.skip(f"no PostgreSQL answers at {POSTGRES}")
            self.schema = True
            await schema.upgrade(opened := in_schema())
        else:
            opened = in_schema()
            async with opened.write() as tx:
                for table in reversed(metadata.sorted_tables):
                    await tx.execute(sa.delete(table))
        return opened


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Migrated]:
    made = Migrated(tmp_path_factory.mktemp("migrated") / "empty.db")
    yield made
    if made.schema:
        asyncio.run(administer(f"drop schema {SCHEMA} cascade"))


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
async def database(request: pytest.FixtureRequest, migrated: Migrated, tmp_path: Path) -> AsyncIterator[Database]:
    """An empty, migrated database."""
    opened = await (migrated.sqlite(tmp_path / "test.db") if request.param == "sqlite" else migrated.postgresql())
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
