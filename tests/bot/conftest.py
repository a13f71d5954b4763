"""The trained model with the real actions over a demo shop, and customers who talk to it."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from content_testing import make_content
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from actions.registry import all_actions
from actions.services import Services
from actions.shop import tables
from actions.shop.demo import load_demo
from actions.shop.policy import Policy
from actions.shop.sql import SqlShop
from bot import models
from bot.content.live import LiveWords
from handoff.clock import now

ROOT = Path(__file__).parents[2]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The folder of a small project whose content has no mistake."""
    make_content(tmp_path)
    return tmp_path


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> SqlShop:
    """The demo shop's orders, in SQLite."""
    engine = create_async_engine(
        f"sqlite+aiosqlite:///{tmp_path_factory.mktemp('shop') / 'shop.db'}", poolclass=NullPool
    )

    async def fill() -> None:
        async with engine.begin() as connection:
            await connection.run_sync(tables.metadata.create_all)
            await connection.execute(sa.text("pragma journal_mode=wal"))
        await load_demo(engine, now(), ROOT / "data" / "demo")

    asyncio.run(fill())
    return SqlShop(engine)


@pytest.fixture(scope="session")
def actions(shop: SqlShop, words: LiveWords) -> Callable[[], list]:
    """What makes the real actions over the demo shop."""
    library = words.current.library
    policy = Policy.load(ROOT / "data" / "shop.yml")
    return lambda: all_actions(Services(shop, library.phone_regions, tuple(library.languages), policy))


@pytest.fixture(scope="session")
def archive(models_dir: Path) -> Path:
    """The trained model's file."""
    found = models.current(models_dir)
    assert found is not None
    return found


@pytest.fixture(scope="session")
def dialogue(archive: Path, actions: Callable[[], list], words: LiveWords):
    """The trained model with the real actions and words, loaded once."""
    from bot.dialogue.dialogue import Dialogue

    return Dialogue.load(archive, actions(), words)
