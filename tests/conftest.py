"""What the whole suite stands on: databases of both engines, the services over them, the trained model."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
from databases import Databases, fresh
from hypothesis import settings
from running import ROOT, Shohay, demo_settings, missing

from actions.typed import parse_contact
from bot import models
from bot.content.live import LiveWords
from handoff.database import Database
from handoff.hours import Hours
from handoff.queue_rules import QueueRules
from handoff.services import Services

# how long a first call takes, with models to load, is no property of what is tested
settings.register_profile("shohay", deadline=None)
settings.load_profile("shohay")

MODELS = ROOT / "build" / "test-models"
TRAIN = [sys.executable, "-m", "bot.training", str(MODELS), "--if-stale"]
ENGINES = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Files that need the trained model come last, and one process trains meanwhile: that takes minutes at first."""
    needing = {item.path for item in items if "models_dir" in getattr(item, "fixturenames", ())}
    items.sort(key=lambda item: item.path in needing)
    first = os.environ.get("PYTEST_XDIST_WORKER", "gw0") == "gw0"
    if needing and first and not config.option.collectonly and not models.fresh(ROOT, MODELS):
        training = subprocess.Popen(TRAIN, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        config.add_cleanup(training.terminate)


@pytest.fixture(scope="session")
def databases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Databases]:
    """One migrated database of each engine."""
    made = Databases(tmp_path_factory.mktemp("databases"))
    yield made
    made.drop()


@pytest.fixture(params=ENGINES)
async def database(request: pytest.FixtureRequest, databases: Databases) -> AsyncIterator[Database]:
    """An empty, migrated database."""
    opened = await databases.empty(request.param)
    yield opened
    await opened.close()


@pytest.fixture(params=ENGINES)
async def fresh_database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    """A migrated database of the test's own, whose tables it may change."""
    async for opened in fresh(request.param, tmp_path):
        yield opened


@pytest.fixture(scope="session")
def words() -> LiveWords:
    """The shop's real words."""
    return LiveWords(ROOT / "data")


@pytest.fixture(scope="session")
def services_over(words: LiveWords) -> Callable[[Database], Services]:
    """Makes the services over a database, with the shop's real rules."""
    rules = QueueRules.load(ROOT / "data" / "handoff.yml")

    def make(database: Database) -> Services:
        return Services(
            database=database,
            phrases=words,
            queue_rules=rules,
            push_channels=frozenset({"fake"}),
            file_channels=frozenset({"fake", "website"}),
            languages=tuple(words.current.library.languages),
            messages_per_minute=1000,
            hours=Hours.always(),
            find_contact=lambda text: found.text if (found := parse_contact(text, ("BD",))) else None,
        )

    return make


@pytest.fixture
def services(database: Database, services_over: Callable[[Database], Services]) -> Services:
    """The services over an empty database."""
    return services_over(database)


@pytest.fixture(scope="session")
def models_dir() -> Path:
    """A folder with a model trained on the present content; trained once and kept until the content changes. Of several
    processes that test side by side one trains, and the others wait for it."""
    if not models.fresh(ROOT, MODELS):
        subprocess.run(TRAIN, cwd=ROOT, check=True, capture_output=True, timeout=600)
    return MODELS


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
