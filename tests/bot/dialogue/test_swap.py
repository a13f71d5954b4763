"""The model in use follows the models folder; one that cannot be loaded leaves the old one in use."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from shutil import copy

import pytest
import sqlalchemy as sa
from dialogue_testing import Customer, running, texts, until
from rasa_sdk import Action

from bot import models
from bot.content.live import LiveWords
from bot.dialogue.swap import ModelInUse
from handoff import workers
from handoff.database import Database
from handoff.models import workers as workers_table

pytestmark = pytest.mark.model


@pytest.fixture
def folder(tmp_path: Path, archive: Path) -> Path:
    """A models folder with the trained model in use."""
    made = tmp_path / "models"
    made.mkdir()
    add(made, archive, archive.name.removesuffix(".tar.gz"))
    return made


def add(folder: Path, archive: Path, name: str) -> None:
    """Publishes the trained model under a name, as a training does."""
    manifest = models.manifest(archive)
    assert manifest is not None
    copy(archive, folder / f"{name}.tar.gz")
    models.publish(folder, replace(manifest, name=name))


@pytest.fixture
def in_use(folder: Path, actions: Callable[[], list[Action]], words: LiveWords) -> ModelInUse:
    return ModelInUse(folder, actions, words, Database(f"sqlite+aiosqlite:///{folder / 'unused.db'}"))


async def test_a_new_model_takes_over_and_a_broken_one_does_not(
    in_use: ModelInUse, folder: Path, archive: Path, words: LiveWords
) -> None:
    woken = in_use._database.signals.subscribe("turns")
    assert in_use.current is None
    assert await in_use.refresh()
    assert await woken.wait(0)
    old = in_use.current
    assert old is not None
    assert old.model == archive.name
    assert not await in_use.refresh()

    customer = Customer(old)
    await customer.says("Where is my order?")

    (folder / "broken.tar.gz").write_bytes(b"no model at all")
    (folder / models.CURRENT).write_text("broken", encoding="utf-8")
    assert not await in_use.refresh()
    assert not await in_use.refresh()
    assert in_use.current is old

    add(folder, archive, "newer")
    assert await in_use.refresh()
    new = in_use.current
    assert new is not None
    assert new.model == "newer.tar.gz"
    assert not new.holds(customer.id, (0, 0))
    assert texts(await customer.says("10001")) == [words.say("ask_order_contact", "en").text]
    customer.moves_to(new)
    assert texts(await customer.says("amina@example.com"))[0].startswith("Your order 10001")


async def test_without_a_model_there_is_nothing_to_use(in_use: ModelInUse, folder: Path) -> None:
    (folder / models.CURRENT).unlink()
    assert not await in_use.refresh()
    assert in_use.current is None


async def test_a_worker_is_alive_with_its_model_until_it_leaves(
    database: Database, folder: Path, actions: Callable[[], list[Action]], words: LiveWords
) -> None:
    in_use = ModelInUse(folder, actions, words, database)

    async def alive() -> bool:
        async with database.read() as tx:
            return await workers.alive(tx) == 1

    async with running(in_use.watch()):
        await until(alive)
        async with database.read() as tx:
            row = await tx.row(sa.select(workers_table))
        assert row is not None
        assert in_use.current is not None
        assert row["model"] == in_use.current.model
    assert not await alive()
