"""Whether the bot can answer now, as programs and pages are told."""

from datetime import timedelta

import httpx
import pytest
import sqlalchemy as sa

from handoff import workers
from handoff.clock import now
from handoff.database import Database
from handoff.models import workers as workers_table
from handoff.services import Services


@pytest.fixture
def database(quick_database: Database) -> Database:
    return quick_database


async def test_the_bot_is_ready_while_a_worker_lives_and_pages_hear_of_it(
    client: httpx.AsyncClient, services: Services
) -> None:
    heard = services.database.signals.subscribe("ready")
    assert (await client.get("/readyz")).json()["error"]["message"] == "The bot is starting, or no worker is running."
    await workers.beat(services.database, "w", "model")
    assert (await client.get("/readyz")).json() == {"status": "ready"}
    assert await heard.wait(5)
    async with services.database.write() as tx:
        await tx.execute(sa.update(workers_table).values(seen_at=now() - timedelta(minutes=1)))
    assert (await client.get("/readyz")).status_code == 503
    assert await heard.wait(5)
    await workers.beat(services.database, "w", "model")
    await workers.gone(services.database, "w")
    assert (await client.get("/readyz")).status_code == 503


async def test_the_process_is_alive_whatever_else(client: httpx.AsyncClient) -> None:
    assert (await client.get("/healthz")).json() == {"status": "alive"}
