"""The web application over real services, reached by HTTP without a network."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from shutil import copy

import httpx
import pytest

from app import schema, web
from app.readiness import Readiness
from app.settings import Settings
from bot.content.live import LiveWords
from connectors.fake import Fake
from connectors.website.connector import Website
from handoff.database import Database
from handoff.services import Services

SECRET = "a secret for tests"


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty, migrated SQLite file to copy."""
    path = tmp_path_factory.mktemp("migrated") / "empty.db"

    async def migrate() -> None:
        database = Database(f"sqlite+aiosqlite:///{path}")
        await schema.upgrade(database)
        await database.close()

    asyncio.run(migrate())
    return path


@pytest.fixture
async def quick_database(migrated: Path, tmp_path: Path) -> AsyncIterator[Database]:
    """An empty database in SQLite, for what does not hang on the engine."""
    copy(migrated, tmp_path / "quick.db")
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'quick.db'}")
    yield database
    await database.close()


@pytest.fixture
def settings() -> Settings:
    return Settings(_env_file=None, allowed_origins="https://shop.example", demo=True)


@pytest.fixture
def readiness(services: Services) -> Readiness:
    return Readiness(services.database)


@pytest.fixture
async def client(
    settings: Settings, services: Services, words: LiveWords, readiness: Readiness
) -> AsyncIterator[httpx.AsyncClient]:
    """Speaks to the application as a browser or a provider does."""
    async with httpx.AsyncClient() as outbound:
        fake = Fake("fake secret", "http://127.0.0.1:9/", outbound)
        app = web.build(settings, services, words, readiness, Website(SECRET), [fake])
        # errors that nobody expected are answered, as a server does, not raised into the test
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://shohay.test") as opened:
            yield opened


@pytest.fixture
async def visitor(client: httpx.AsyncClient) -> dict[str, str]:
    """A website visitor's headers."""
    response = await client.post("/api/website/sessions", json={"language": "en"})
    assert response.status_code == 201
    return {"Authorization": f"Bearer {response.json()['token']}"}
