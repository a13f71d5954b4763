"""Wiping what a database keeps of deleted rows, for erasure.

On SQLite a deleted row may live on in the write-ahead log, in pages that the log has not brought back yet, and in the
file's free space: `secure_delete` overwrites the row itself, yet not the copies that stay behind when a page is split.
Writing the whole file anew and emptying the log leaves nothing.

On PostgreSQL the row's versions stay until VACUUM, and the planner's statistics, which quote common values, until
ANALYZE.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Sequence
from contextlib import closing

import sqlalchemy as sa

from handoff import inline_sqlite
from handoff.database import Database, DatabaseAway, translated

PATIENCE_SECONDS = 20.0


async def sweep(database: Database, tables: Sequence[str]) -> str | None:
    """Wipes what is left of deleted rows of these tables; safe to repeat. On SQLite of all tables: it takes some
    15 seconds a gigabyte, during which nobody else writes, and for a while twice the room on the disk.

    Returns:
        Why it could not be done now, in one sentence; None when it was done.
    """
    try:
        if database.dialect == "sqlite":
            return await asyncio.to_thread(_rewrite, inline_sqlite.location(database.url.database))
        async with translated(), database.engine.connect() as connection:
            # outside any transaction, as VACUUM must be
            connection = await connection.execution_options(isolation_level="AUTOCOMMIT")
            for table in tables:
                await connection.execute(sa.text(f"VACUUM (ANALYZE) {table}"))
    except (DatabaseAway, sqlite3.Error) as error:
        return f"The database says: {error}."
    return None


def _rewrite(path: str) -> str | None:
    with closing(sqlite3.connect(path, timeout=PATIENCE_SECONDS, isolation_level=None)) as raw:
        raw.execute("VACUUM")
        (busy, *_) = raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    return "Another program is reading the database and does not end." if busy else None
