"""Bringing the database's schema up to date, and telling whether it is."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from handoff.database import Database, DatabaseAway


def config() -> Config:
    """Alembic's configuration; `alembic.ini` is not needed."""
    settings = Config()
    settings.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    settings.set_main_option("path_separator", "os")
    return settings


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Database]:
    """The database at this address with its schema up to date, for as long as a command needs it.

    Raises:
        DatabaseAway: it cannot be reached.
    """
    database = Database(url)
    try:
        await upgrade(database)
        yield database
    finally:
        await database.close()


async def upgrade(database: Database) -> None:
    """Runs every migration that is still missing, in one transaction.

    Raises:
        DatabaseAway: the database cannot be reached.
    """
    path = database.url.database

    def run(connection: sa.Connection) -> None:
        settings = config()
        settings.attributes["connection"] = connection
        command.upgrade(settings, "head")

    if database.dialect == "sqlite" and path:
        try:
            Path(path).parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise DatabaseAway(str(error)) from error
    # of several processes that start at once one runs them and the others wait, on SQLite too, where this is a write
    # from its beginning
    async with database.rebuild() as tx:
        await tx.alone("schema")
        await tx.connection.run_sync(run)
