"""Web and workers as processes of their own, on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from running import POSTGRES, Agent, Customer, Shohay, demo_settings, eventually, missing

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(180)]


@pytest.fixture
def shared(tmp_path: Path, models_dir: Path) -> Iterator[dict[str, str]]:
    """Settings that several processes share, with a database of their own."""
    settings = demo_settings(tmp_path, models_dir)
    name = "shohay_roles_test"
    admin = sa.create_engine(POSTGRES.replace("+asyncpg", "+psycopg2"), isolation_level="AUTOCOMMIT")
    try:
        with admin.connect() as connection:
            connection.execute(sa.text(f"drop database if exists {name} with (force)"))
            connection.execute(sa.text(f"create database {name}"))
    except sa.exc.OperationalError:
        missing(f"no PostgreSQL answers at {POSTGRES}")
    yield {**settings, "DATABASE_URL": POSTGRES.rsplit("/", 1)[0] + f"/{name}"}
    with admin.connect() as connection:
        connection.execute(sa.text(f"drop database {name} with (force)"))
    admin.dispose()


def test_a_web_and_two_workers_serve_one_customer_and_a_killed_worker_is_not_missed(
    shared: dict[str, str], tmp_path: Path
) -> None:
    web = Shohay(shared, tmp_path / "web", role="web").start().ready(path="/healthz")
    workers = [Shohay(shared, tmp_path / f"worker{number}", role="worker").start() for number in (1, 2)]
    try:
        customer = Customer(web.url)
        customer.write("How much is delivery?")  # stored while no worker is there yet
        web.ready()
        assert "$2" in customer.heard(1, author="bot")[0]["text"]  # a slow start is told before
        customer.ask("where is my order 10001")
        workers[0].kill()
        # whichever worker knew the conversation, the other goes on with it
        asked = customer.write("amina@example.com")
        told = eventually(lambda: [m for m in customer.page(asked)["messages"] if m["author"] == "bot"], 60)
        assert "on its way" in told[0]["text"]
        customer.ask("I want to talk to a person")
        agent = Agent(web.url)
        assert agent.queue() == [customer.conversation_id]
        agent.do(customer.conversation_id, "claim")
        agent.do(customer.conversation_id, "messages", {"text": "I am here."})
        assert customer.page()["messages"][-1]["text"] == "I am here."
    finally:
        for running in (workers[1], web):
            running.stop()
