"""What deleted rows leave in a database's files and statistics is wiped; where it cannot be, somebody is told."""

from __future__ import annotations

import random
import sqlite3
from pathlib import Path

import pytest
import sqlalchemy as sa
from erasure_testing import erase, found, live
from handoff_testing import RAHIM, SADIA, count, hire, write

from handoff import erasure, inline_sqlite, sweeping
from handoff.clock import new_id
from handoff.database import Database
from handoff.services import Services

only_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
only_postgres = pytest.mark.parametrize(
    "database", [pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True
)


def marked(folder: Path, mark: str) -> int:
    return sum(path.read_bytes().count(mark.encode()) for path in folder.iterdir())


async def test_the_copies_that_stay_behind_when_pages_are_split_are_wiped(tmp_path: Path) -> None:
    """SQLite overwrites what is deleted, but not the copies that a split leaves in the older page."""
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'split.db'}")
    mark = "zq-copper-kite"
    chance = random.Random(7)
    async with database.write() as tx:
        await tx.execute(sa.text("create table said (id integer primary key, text text, more text)"))
    raw = (await inline_sqlite.connect(str(tmp_path / "split.db"), 5)).raw
    raw.execute("pragma synchronous = off")
    raw.execute("begin")
    for row in range(8000):
        if row % 50 == 0:
            raw.execute("commit")
            raw.execute("begin")
        text = (mark if row % 5 == 0 else "somebody else") * chance.choice([1, 3, 10, 50])
        raw.execute("insert into said values (?, ?, null)", (row, text))
        more = "x" * chance.choice([1, 20, 300])
        raw.execute("update said set more = ? where id = ?", (more, chance.randrange(row + 1)))
    raw.execute("commit")
    raw.execute("delete from said where text like ?", (f"{mark}%",))
    raw.execute("pragma wal_checkpoint(truncate)")
    raw.close()
    assert marked(tmp_path, mark) > 0  # or this tests nothing

    assert await sweeping.sweep(database, ["said"]) is None
    assert marked(tmp_path, mark) == 0
    async with database.read() as tx:
        assert await tx.scalar(sa.text("select count(*) from said")) == 6400
    await database.close()


@pytest.fixture
async def desk(services: Services) -> None:
    """The people at the desk, gone for today."""
    for person in (RAHIM, SADIA):
        await hire(services.database, person)


@only_sqlite
async def test_while_somebody_reads_on_the_erasure_says_that_traces_are_left_and_a_sweep_wipes_them(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweeping, "PATIENCE_SECONDS", 0.2)
    mark = f"zq-{new_id()[-12:]}"
    message = await write(services, mark, mark)
    reader = sqlite3.connect(Path(str(services.database.url.database)), isolation_level=None)
    reader.execute("begin")
    assert reader.execute("select count(*) from messages").fetchone() == (1,)
    erased = await erase(services, message.conversation_id)
    assert erased.unswept == "Another program is reading the database and does not end."
    assert await found(services.database, mark) > 0
    assert await count(services.database, "messages") == 0
    reader.execute("commit")
    assert await sweeping.sweep(services.database, erasure.TABLE_NAMES) is None
    assert await found(services.database, mark) == 0

    reader.execute("begin immediate")
    assert await sweeping.sweep(services.database, erasure.TABLE_NAMES) == "The database says: database is locked."
    reader.close()


@only_postgres
async def test_nor_do_the_planners_statistics_quote_an_erased_contact(services: Services, desk: None) -> None:
    mark = f"zq-{new_id()[-12:]}"
    await live(services, RAHIM, mark)
    await live(services, RAHIM, "jonas")
    query = sa.text(
        "select tablename, attname from pg_stats where schemaname = current_schema()"
        " and (most_common_vals::text like :like or histogram_bounds::text like :like)"
    )

    async def quoted() -> set[tuple[str, str]]:
        async with services.database.read() as tx:
            return {(row["tablename"], row["attname"]) for row in await tx.rows(query.bindparams(like=f"%{mark}%"))}

    async with services.database.write() as tx:
        await tx.execute(sa.text("analyze"))
    assert ("messages", "text") in await quoted()
    await erase(services, f"fake:{mark}")
    assert await quoted() == set()
