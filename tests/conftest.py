"""What the whole suite stands on: databases of both engines, the services over them, the trained model."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from running import POSTGRES, ROOT, Shohay, demo_settings, missing

from app import schema
from bot import models
from bot.content.live import LiveWords
from handoff.database import Database, DatabaseAway
from handoff.queue import QueueRules
from handoff.services import Services


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    """An empty, migrated database; on PostgreSQL in a schema of its own."""
    if request.param == "sqlite":
        opened = Database(f"sqlite+aiosqlite:///{tmp_path / 'test.db'}")
        await schema.upgrade(opened)
        yield opened
        await opened.close()
        return
    async for opened in postgres_database():
        yield opened


async def postgres_database() -> AsyncIterator[Database]:
    """A migrated PostgreSQL database in a schema of this process's own, dropped afterwards."""
    admin = Database(POSTGRES)
    name = f"shohay_test_{os.getpid()}"
    try:
        async with admin.write() as tx:
            await tx.execute(sa.text(f"drop schema if exists {name} cascade"))
            await tx.execute(sa.text(f"create schema {name}"))
    except DatabaseAway:
        missing(f"no PostgreSQL answers at {POSTGRES}")
    opened = Database(POSTGRES)

    @sa.event.listens_for(opened.engine.sync_engine, "connect")
    def choose(connection: object, _: object) -> None:
        cursor = connection.cursor()  # type: ignore[attr-defined]
        cursor.execute(f"set search_path to {name}")
        cursor.close()
        connection.commit()  # type: ignore[attr-defined]

    await schema.upgrade(opened)
    yield opened
    await opened.close()
    async with admin.write() as tx:
        await tx.execute(sa.text(f"drop schema {name} cascade"))
    await admin.close()


@pytest.fixture(scope="session")
def words() -> LiveWords:
    """The shop's real words."""
    return LiveWords(ROOT / "data")


@pytest.fixture
def services(database: Database, words: LiveWords) -> Services:
    """The services over an empty database, with the shop's real rules."""
    return Services(
        database=database,
        phrases=words,
        queue_rules=QueueRules.load(ROOT / "data" / "handoff.yml"),
        push_channels=frozenset({"fake"}),
        languages=tuple(words.current.library.languages),
        messages_per_minute=1000,
    )


@pytest.fixture(scope="session")
def models_dir() -> Path:
    """A folder with a model trained on the present content; trained once and kept until the content changes."""
    folder = ROOT / "build" / "test-models"
    if not models.fresh(ROOT, folder):
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run(
            [sys.executable, "-m", "bot.training", str(folder)], cwd=ROOT, check=True, capture_output=True, timeout=400
        )
    return folder


@pytest.fixture(scope="session")
def chromium() -> Iterator[str]:
    """Chromium's path."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        missing("Chromium is not installed")
    assert path is not None
    yield path


@pytest.fixture(scope="session")
def shohay(tmp_path_factory: pytest.TempPathFactory, models_dir: Path) -> Iterator[Shohay]:
    """One running demo for all scenarios; each takes its own customers."""
    folder = tmp_path_factory.mktemp("shohay")
    running = Shohay(demo_settings(folder, models_dir), folder / "log").start().ready()
    yield running
    running.stop()
