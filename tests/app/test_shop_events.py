"""The shop's events over HTTP: only what it signed just now, stored once, and every mistake named."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import re
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from app import shop_events, web
from app.readiness import Readiness
from app.settings import Settings
from app.shop_events import HEADER, BadSignature, check
from bot.content.live import LiveWords
from connectors.website.connector import Website
from handoff import caretaker, inbox, store, turns
from handoff.clock import iso, new_id, now
from handoff.database import DatabaseAway
from handoff.following import Wish, hashed
from handoff.incoming import Incoming
from handoff.models import messages, order_news
from handoff.services import Services
from handoff.turns import Outcome

SECRET = "a secret that the shop and we share"
PATH = "/api/shop/events"
ROOT = Path(__file__).parents[2]
NUMBER, EMAIL = "10001", "amina@example.com"


@pytest.fixture
def settings() -> Settings:
    return Settings(_env_file=None, shop_events_secret=SECRET)


@pytest.fixture
def day(services: Services) -> Services:
    """The services at an hour that is not quiet."""
    return replace(services, queue_rules=replace(services.queue_rules, quiet=None))


@pytest.fixture
async def shop(settings: Settings, day: Services, words: LiveWords) -> AsyncIterator[httpx.AsyncClient]:
    """Speaks to the application as the shop does."""
    app = web.build(settings, day, words, Readiness(day.database), Website("a secret for tests"), [])
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://shohay.test") as opened:
        yield opened


async def follow(services: Services) -> str:
    """A customer who agreed an hour ago to be told of the order; the conversation's id."""
    message, _ = await inbox.receive(services, Incoming("fake", new_id(), "amina", "yes, tell me"))
    turn = await turns.lease_next(services, "worker")
    assert turn is not None
    outcome = Outcome([], "en", news=Wish("yes", {NUMBER: hashed(EMAIL)}))
    assert await turns.finish(services, turn, outcome, "worker", None)
    async with services.database.write() as tx:
        await tx.execute(sa.update(messages).values(created_at=now() - timedelta(hours=1)))
    return message.conversation_id


async def stored(services: Services) -> list[dict[str, Any]]:
    """All events that were taken in."""
    async with services.database.read() as tx:
        return [dict(row) for row in await tx.rows(sa.select(order_news).order_by(order_news.c.id))]


def event(**values: Any) -> dict[str, Any]:
    return {
        "id": "e-1",
        "kind": "shipped",
        "order_number": NUMBER,
        "customer": {"id": "7", "email": EMAIL},
        "at": iso(now()),
        "params": {"carrier": "RedX", "tracking_number": "BD1", "expected_on": "2026-11-25"},
        **values,
    }


def signed(body: bytes, secret: str = SECRET, at: float | None = None) -> dict[str, str]:
    moment = str(int(time.time() if at is None else at))
    digest = hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    return {HEADER: f"t={moment},v1={digest}"}


async def post(shop: httpx.AsyncClient, content: Any, headers: dict[str, str] | None = None) -> httpx.Response:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    return await shop.post(PATH, content=body, headers=signed(body) if headers is None else headers)


async def test_an_event_is_stored_and_told_and_a_copy_gets_the_same_answer(
    shop: httpx.AsyncClient, day: Services
) -> None:
    conversation_id = await follow(day)
    content = event()
    first = await post(shop, content)
    assert (first.status_code, first.json()) == (201, {"id": "e-1", "will_tell": True})
    await caretaker.look(day)
    again = await post(shop, content)
    assert (again.status_code, again.json()) == (200, first.json())
    await caretaker.look(day)
    async with day.database.read() as tx:
        said = await store.transcript(tx, conversation_id)
    assert [message.text for message in said[1:]] == [
        "Your order 10001 is on its way.\nCarrier: RedX\nTracking number: BD1\nExpected on: November 25, 2026"
    ]


async def test_copies_that_come_at_once_are_one(shop: httpx.AsyncClient, day: Services) -> None:
    await follow(day)
    content = event()
    answers = await asyncio.gather(*(post(shop, content) for _ in range(11)))
    assert sorted(answer.status_code for answer in answers) == [200] * 10 + [201]
    assert {answer.text for answer in answers} == {answers[0].text}
    assert len(await stored(day)) == 1


async def test_nobody_wants_it_and_that_is_said(shop: httpx.AsyncClient, day: Services) -> None:
    answer = await post(shop, event())
    assert (answer.status_code, answer.json()["will_tell"]) == (201, False)
    assert [(row["kind"], row["status"]) for row in await stored(day)] == [("shipped", "nobody")]


async def test_something_else_under_the_same_id_is_a_conflict(shop: httpx.AsyncClient) -> None:
    at = iso(now())
    await post(shop, event(at=at))
    answer = await post(shop, event(at=at, kind="delivered"))
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "other_event")


async def test_money_and_a_time_zone_are_taken(shop: httpx.AsyncClient, day: Services) -> None:
    customer = {"email": EMAIL, "time_zone": "Europe/Berlin"}
    params = {"amount": {"minor": 7200, "currency": "EUR"}, "what we do not know": [1]}
    assert (await post(shop, event(kind="refunded", customer=customer, params=params))).status_code == 201
    (row,) = await stored(day)
    assert (row["zone"], row["details"]) == ("Europe/Berlin", {"amount": 7200, "currency": "EUR"})


BODY = json.dumps(event()).encode()


@pytest.mark.parametrize(
    "headers",
    [
        lambda: {},
        lambda: {HEADER: ""},
        lambda: {HEADER: "v1=" + "0" * 64},
        lambda: {HEADER: f"t={int(time.time())}"},
        lambda: {HEADER: f"t={int(time.time())},v1="},
        lambda: {HEADER: f"t={int(time.time())},v1={'0' * 64}"},
        lambda: {HEADER: f"t=now,v1={'0' * 64}"},
        lambda: {HEADER: f"t={'9' * 40},v1={'0' * 64}"},
        lambda: {HEADER: f"t=1,t=2,v1={'0' * 64}"},
        lambda: signed(BODY, "another secret of another shop...."),
        lambda: signed(BODY + b" "),
        lambda: signed(BODY, at=time.time() - 301 - 60),
        lambda: signed(BODY, at=time.time() + 301 + 60),
        lambda: {HEADER: signed(BODY)[HEADER].replace("v1=", "v0=")},
        lambda: {HEADER: signed(BODY)[HEADER].upper()},
    ],
)
async def test_what_is_not_signed_by_the_shop_just_now_is_refused(
    shop: httpx.AsyncClient, day: Services, headers: Callable[[], dict[str, str]]
) -> None:
    answer = await post(shop, BODY, headers())
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "bad_signature")
    assert SECRET not in answer.text
    assert await stored(day) == []


def test_the_signature_holds_for_five_minutes_either_way() -> None:
    at = now().replace(microsecond=0)
    for seconds in (-300, 0, 300):
        check(SECRET, signed(BODY, at=at.timestamp())[HEADER], BODY, at + timedelta(seconds=seconds))
    for seconds in (-302, 302):
        with pytest.raises(BadSignature, match="seconds off"):
            check(SECRET, signed(BODY, at=at.timestamp())[HEADER], BODY, at + timedelta(seconds=seconds))


def test_while_a_secret_is_changed_both_may_sign() -> None:
    other = signed(BODY, "the one before")[HEADER].partition("v1=")[2]
    check(SECRET, f"{signed(BODY)[HEADER]},v1={other}", BODY, now())
    check(SECRET, signed(BODY)[HEADER].replace("v1=", f"v1={other},v1="), BODY, now())


@pytest.mark.parametrize(
    ("content", "said_of"),
    [
        (b"", "not valid JSON"),
        (b"{", "not valid JSON"),
        (b"\xff\xfe", "not valid JSON"),
        (b"[" * 5000, "not valid JSON"),
        (b"[]", "object"),
        ({}, "id"),
        (event(id=""), "id"),
        (event(id="x" * 201), "id"),
        (event(id="\ud800"), ""),
        (event(id="a\x00b"), "id"),
        (event(kind="lost"), "kind"),
        (event(order_number=""), "order_number"),
        (event(order_number=10001), "order_number"),
        (event(customer={}), "customer.email"),
        (event(customer={"email": "amina"}), "customer.email"),
        (event(customer={"email": EMAIL, "time_zone": "Mars/Base"}), "customer.time_zone"),
        (event(at="yesterday"), "at"),
        (event(at="2026-11-22T10:00:00"), "at"),
        (event(at=iso(now() + timedelta(days=1))), "has not happened yet"),
        (event(at=iso(now() - timedelta(days=8))), "older than 7 days"),
        (event(params={"expected_on": "soon"}), "params.expected_on"),
        (event(params={"carrier": ""}), "params.carrier"),
        (event(params={"carrier": "x" * 61}), "params.carrier"),
        (event(params={"amount": {"minor": 0, "currency": "EUR"}}), "params.amount.minor"),
        (event(params={"amount": {"minor": 72.5, "currency": "EUR"}}), "params.amount.minor"),
        (event(params={"amount": {"minor": 72, "currency": "euro"}}), "params.amount.currency"),
        (event(params=[]), "params"),
    ],
)
async def test_nonsense_is_named_and_stores_nothing(
    shop: httpx.AsyncClient, day: Services, content: Any, said_of: str
) -> None:
    answer = await post(shop, content)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) in ((400, "invalid"), (400, "too_old"))
    assert said_of in error["message"]
    assert await stored(day) == []


async def test_a_body_that_is_too_large_is_not_even_read(shop: httpx.AsyncClient) -> None:
    answer = await post(shop, b" " * (64 * 1024 + 1), {})
    assert answer.status_code == 413


async def test_without_the_secret_there_is_no_such_address(
    client: httpx.AsyncClient, shop: httpx.AsyncClient, words: LiveWords, day: Services
) -> None:
    app = web.build(Settings(_env_file=None), day, words, Readiness(day.database), Website("s"), [])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://shohay.test") as closed:
        assert (await post(closed, event())).status_code == 404
        assert PATH not in (await closed.get("/openapi.json")).json()["paths"]
    assert PATH in (await shop.get("/openapi.json")).json()["paths"]


async def test_a_database_that_is_away_is_told_so_that_the_shop_tries_again(
    shop: httpx.AsyncClient, day: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away() -> None:
        raise DatabaseAway("gone")

    monkeypatch.setattr(day.database, "write", away)
    answer = await post(shop, event())
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "database_away")


def test_the_page_shows_a_signature_that_fits() -> None:
    """What stands in docs/proactive.md can be typed as it is."""
    text = (ROOT / "docs" / "proactive.md").read_text(encoding="utf-8")
    (python,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    names: dict[str, Any] = {}
    exec(python, names)
    header = names["signature"](SECRET, BODY)
    check(SECRET, header, BODY, now())
    for kind in shop_events.ShopEvent.model_json_schema()["properties"]["kind"]["enum"]:
        assert f"`{kind}`" in text
