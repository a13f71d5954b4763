"""The demo shop and its people are there in demo mode, and of no use outside it."""

from pathlib import Path

import pytest
import sqlalchemy as sa

from actions.shop import tables
from app import settings as settings_module
from app.demo import demo_password, load_demo
from app.settings import Settings
from handoff import people
from handoff.clock import now
from handoff.database import Database


def demo(**values: object) -> Settings:
    return Settings(_env_file=None, demo=True, **values)


async def signs_in(database: Database, name: str, password: str) -> str | None:
    """The session's token, None when name and password do not fit."""
    found = await people.sign_in(database, name, password)
    return found[0] if found else None


async def is_in(database: Database, token: str) -> bool:
    async with database.read() as tx:
        return await people.session_of(tx, token, now()) is not None


async def test_demo_orders_and_people_are_loaded_once_and_are_useless_outside_demo_mode(
    quick_database: Database,
) -> None:
    database, password = quick_database, "a password for all"
    await people.add(database, "admin", "The owner", "admin", "the owner's own")
    await load_demo(demo(demo_password=password), database)
    token = await signs_in(database, "agent", password)
    assert token is not None
    await load_demo(demo(demo_password=password), database)
    assert await is_in(database, token), "a restart signed everybody out"
    async with database.read() as tx:
        assert await tx.scalar(sa.select(sa.func.count()).select_from(tables.orders)) == 200
        found = {person.name: person.role for person in await people.everyone(tx)}
    assert found == {name: name.rstrip("2") for name in ("agent", "agent2", "supervisor", "editor", "admin")}
    assert await signs_in(database, "admin", password) is None, "a real account was taken over"

    await load_demo(Settings(_env_file=None), database)
    assert not await is_in(database, token)
    assert await signs_in(database, "agent", password) is None
    assert await signs_in(database, "admin", "the owner's own") is not None


def test_a_password_that_is_not_set_is_random_and_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(settings_module, "ROOT", tmp_path)
    made = demo_password(demo())
    assert len(made) >= 8
    assert demo_password(demo()) == made
    assert demo_password(demo(demo_password="set")) == "set"
