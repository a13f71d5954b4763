"""The whole program at its most talkative, with everything going wrong: its output holds no word, token or secret."""

from __future__ import annotations

import json
import os
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa
from running import POSTGRES, Agent, Customer, Shohay, demo_settings, eventually, missing

pytestmark = [pytest.mark.model, pytest.mark.timeout(240)]

MARK = "zq-hollow-lantern"
# what a broken database does to whoever stores a message or a turn with these words in it
REFUSE_MESSAGE, REFUSE_TURN = f"{MARK} breaks", f"{MARK} stumbles"
SETTINGS = {
    "SECRET_KEY": f"{MARK}-key",
    "DEMO_PASSWORD": f"{MARK}-password",
    "FAKE_SECRET": f"{MARK}-hook",
    "FAKE_SEND_URL": f"http://127.0.0.1:9/bot{MARK}-token/send",
    "LOG_LEVEL": "DEBUG",
}
SQLITE_BREAKS = f"""
create trigger break_messages before insert on messages when new.text like '{REFUSE_MESSAGE}%'
begin select raise(abort, 'it breaks'); end;
create trigger break_turns before insert on tracker_events when new.events like '%{REFUSE_TURN}%'
begin select raise(abort, 'it stumbles'); end;
"""
POSTGRES_BREAKS = f"""
create function break() returns trigger as $$
begin raise exception 'cannot store %', new using detail = new::text; end $$ language plpgsql;
create trigger break_messages before insert on messages for each row
when (new.text like '{REFUSE_MESSAGE}%') execute function break();
create trigger break_turns before insert on tracker_events for each row
when (new.events like '%{REFUSE_TURN}%') execute function break();
"""


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def talkative(
    request: pytest.FixtureRequest, tmp_path: Path, models_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Shohay]:
    """A running demo whose libraries are asked to tell everything as well; its database breaks on some words."""
    monkeypatch.setenv("LOG_LEVEL", "DEBUG")
    monkeypatch.setenv("LOG_LEVEL_LIBRARIES", "DEBUG")
    settings = {**demo_settings(tmp_path, models_dir), **SETTINGS}
    if request.param == "sqlite":
        running = Shohay(settings, tmp_path / "log").start().ready()
        with sqlite3.connect(tmp_path / "shohay.db", timeout=10) as raw:
            raw.executescript(SQLITE_BREAKS)
        yield running
        running.stop()
        return
    name = f"shohay_logs_{os.getpid()}"
    admin = sa.create_engine(POSTGRES.replace("+asyncpg", "+psycopg2"), isolation_level="AUTOCOMMIT")
    try:
        with admin.connect() as connection:
            connection.execute(sa.text(f"drop database if exists {name} with (force)"))
            connection.execute(sa.text(f"create database {name}"))
    except sa.exc.OperationalError:
        missing(f"no PostgreSQL answers at {POSTGRES}")
    own = POSTGRES.rsplit("/", 1)[0] + f"/{name}"
    running = Shohay({**settings, "DATABASE_URL": own}, tmp_path / "log").start().ready()
    breaking = sa.create_engine(own.replace("+asyncpg", "+psycopg2"), isolation_level="AUTOCOMMIT")
    with breaking.connect() as connection:
        connection.exec_driver_sql(POSTGRES_BREAKS.replace("%", "%%"))
    breaking.dispose()
    yield running
    running.stop()
    with admin.connect() as connection:
        connection.execute(sa.text(f"drop database {name} with (force)"))
    admin.dispose()


def test_at_any_level_and_whatever_breaks_no_words_tokens_or_secrets_are_in_the_output(talkative: Shohay) -> None:
    url = talkative.url
    customer = Customer(url)
    customer.ask(f"How much is delivery, {MARK}?")
    customer.ask("where is my order 10001")
    customer.ask(f"{MARK}@example.com")
    customer.ask("I want to talk to a person")
    agent = Agent(url, password=SETTINGS["DEMO_PASSWORD"])
    good = {"name": "agent2", "password": SETTINGS["DEMO_PASSWORD"]}
    signed_in = httpx.post(f"{url}/api/desk/login", json=good).json()
    agent.do(customer.conversation_id, "claim")
    agent.do(customer.conversation_id, "messages", {"text": f"{MARK}, I know", "private": True})
    agent.do(customer.conversation_id, "messages", {"text": f"Hello {MARK}"})
    agent.do(customer.conversation_id, "transfer", {"note": f"{MARK} is yours"})
    agent.do(customer.conversation_id, "claim")
    agent.do(customer.conversation_id, "resolve")
    customer.press("rating:1")
    customer.press("rating:comment")
    customer.write(f"bad, {MARK}")
    assert agent.get("/conversations", q=MARK).json()["conversations"]

    # strangers, nonsense and too much
    bearer = {"Authorization": f"Bearer {MARK}"}
    messages = f"{url}/api/website/messages"
    assert httpx.get(messages, headers=bearer).status_code == 401
    assert httpx.get(f"{url}/{MARK}?{MARK}={MARK}").status_code == 404
    login = {"name": MARK, "password": MARK}
    assert httpx.post(f"{url}/api/desk/login", json=login).status_code == 401
    assert httpx.post(f"{url}/api/desk/login", json={"name": [MARK]}).status_code == 422
    assert httpx.post(messages, content=f'{{"text": "{MARK}', headers=customer.headers).status_code == 400
    assert customer.post({"client_id": MARK, "text": MARK * 300}).status_code == 400
    assert customer.post({"client_id": MARK, "payload": MARK}).status_code == 400

    # a channel that cannot be reached, and hooks
    hook = {"x-fake-secret": SETTINGS["FAKE_SECRET"]}
    body = {"key": MARK, "from": MARK, "text": f"{MARK} asks"}
    assert httpx.post(f"{url}/hooks/fake", json=body, headers=hook).status_code == 200
    assert httpx.post(f"{url}/hooks/fake", json=body, headers={"x-fake-secret": MARK}).status_code == 401
    assert httpx.post(f"{url}/hooks/fake", content=MARK, headers=hook).status_code == 400

    # what cannot be stored: a message, and a turn
    broken = Customer(url)
    broken.write(REFUSE_TURN)
    assert broken.post({"client_id": MARK, "text": REFUSE_MESSAGE}).status_code == 500

    def seen() -> set[str]:
        lines = [json.loads(line) for line in talkative.log.read_text().splitlines() if line.startswith("{")]
        return {line["event"] for line in lines}

    eventually(lambda: {"turn", "delivery", "unexpected", "turn_failed", "model_in_use"} <= seen(), 60)
    time.sleep(1)
    talkative.stop()
    output = talkative.log.read_text()
    tokens = [one.headers["Authorization"].removeprefix("Bearer ") for one in (customer, broken)]
    secrets = (MARK, *tokens, signed_in["token"], signed_in["csrf_token"])
    assert not [line for line in output.splitlines() for secret in secrets if secret in line]
