"""Asking for updates: confirmed only when they are stored, by one process at a time, whatever breaks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from delivery_testing import on_sqlite, until
from structlog.testing import capture_logs
from telegram_server import BROKEN, DROPPED, UNAUTHORIZED, Person, TelegramServer, Trouble, flood

from connectors import inbound
from connectors.telegram import polling, registering
from connectors.telegram.client import Client
from connectors.telegram.connector import Telegram
from connectors.telegram.polling import Poller
from connectors.telegram.registering import Webhook, register
from handoff import leases
from handoff.channel_models import polling_leases
from handoff.clock import now as clock_now
from handoff.database import Database
from handoff.incoming import COMMANDS
from handoff.models import messages
from handoff.services import Services


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """What pauses here, pauses shortly."""
    monkeypatch.setattr(polling, "LOOK_SECONDS", 0.05)
    monkeypatch.setattr(polling, "LONGEST_PAUSE", 0.05)
    monkeypatch.setattr(polling, "TOKEN_PAUSE", 0.05)
    monkeypatch.setattr(registering, "FIRST_PAUSE", 0.02)
    monkeypatch.setattr(registering, "LONGEST_PAUSE", 0.05)


@asynccontextmanager
async def at_work(*pollers: Poller) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(one.run()) for one in pollers]
    try:
        async with asyncio.timeout(100):
            yield
    finally:
        for task in tasks:
            task.cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
        assert all(isinstance(one, asyncio.CancelledError) for one in ended), ended


async def stored(services: Services) -> list[str]:
    async with services.database.read() as tx:
        return [row["text"] for row in await tx.rows(sa.select(messages.c.text).order_by(messages.c.seq))]


async def all_stored(services: Services, *texts: str) -> None:
    while await stored(services) != list(texts):  # noqa: ASYNC110 (no event tells)
        await asyncio.sleep(0.02)


@contextmanager
def commits_fail(database: Database) -> Iterator[None]:
    engine = database._writer.sync_engine

    def refuse(_: sa.Connection) -> None:
        raise sa.exc.OperationalError("COMMIT", None, Exception("the disk is full"))

    sa.event.listen(engine, "commit", refuse)
    try:
        yield
    finally:
        sa.event.remove(engine, "commit", refuse)


async def test_what_waits_is_stored_in_order_and_then_confirmed_once(
    services: Services, telegram: Telegram, provider: TelegramServer
) -> None:
    amina = Person(provider)
    last = [amina.write(text) for text in ("one", "two", "three")][-1]
    async with at_work(Poller(services, telegram, wait=0)):
        await all_stored(services, "one", "two", "three")
        await until(lambda: len(provider.of("getUpdates")) >= 4)
    assert not provider.waiting
    offsets = [call.parameters.get("offset") for call in provider.of("getUpdates")]
    assert offsets[:2] == [None, str(last + 1)]
    # a number that is kept would, after a silent week, confirm lower ones unseen
    assert set(offsets[2:]) <= {None}
    assert provider.of("getUpdates")[0].parameters["allowed_updates"] == ["message", "edited_message", "callback_query"]


async def test_after_a_silent_week_lower_numbers_are_taken_too(
    services: Services, telegram: Telegram, provider: TelegramServer
) -> None:
    amina = Person(provider)
    async with at_work(Poller(services, telegram, wait=1)):
        provider.tell(update_id=900, message=amina.message(text="before"))
        await all_stored(services, "before")
        await until(lambda: not provider.waiting and len(provider.of("getUpdates")) > 2)
        provider.tell(update_id=5, message=amina.message(text="after"))
        await all_stored(services, "before", "after")
        await until(lambda: not provider.waiting)


@on_sqlite
async def test_what_could_not_be_stored_is_not_confirmed_and_comes_again(
    services: Services, telegram: Telegram, provider: TelegramServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leases, "hold", _held)
    amina = Person(provider)
    numbers = [amina.write(text) for text in ("one", "two")]
    poller = Poller(services, telegram, wait=0)
    with commits_fail(services.database):
        async with at_work(poller):
            await until(lambda: len(provider.of("getUpdates")) >= 2)
    assert provider.waiting == numbers and await stored(services) == []
    async with at_work(poller):
        await all_stored(services, "one", "two")
        await until(lambda: not provider.waiting)


async def _held(*_: Any) -> bool:
    return True


@on_sqlite
async def test_what_was_stored_but_not_confirmed_before_a_kill_is_not_stored_twice(
    services: Services, telegram: Telegram, provider: TelegramServer
) -> None:
    amina = Person(provider)
    amina.write("one")
    provider.plan("getUpdates", *[Trouble(200, taken=True)] + [BROKEN] * 3)
    async with at_work(Poller(services, telegram, wait=0)):
        await all_stored(services, "one")
    assert provider.waiting
    amina.write("two")
    async with at_work(Poller(services, telegram, wait=0)):
        await all_stored(services, "one", "two")
        await until(lambda: not provider.waiting)


@on_sqlite
async def test_an_update_that_nobody_can_read_or_store_keeps_none_behind_it_away(
    services: Services, telegram: Telegram, provider: TelegramServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep, tries = inbound.keep, []

    async def breaks(given: Services, brought: Any) -> Any:
        if any(getattr(one, "text", "") == "poison" for one in brought):
            tries.append(1)
            raise ValueError("poison")
        return await keep(given, brought)

    monkeypatch.setattr(inbound, "keep", breaks)
    real_sleep = asyncio.sleep
    monkeypatch.setattr(polling.asyncio, "sleep", lambda seconds: real_sleep(min(seconds, 0.01)))
    amina = Person(provider)
    provider.tell(message={"text": 7})
    provider.tell(message=amina.message(text="poison"))
    amina.write("after it")
    with capture_logs() as logs:
        async with at_work(Poller(services, telegram, wait=0)):
            await all_stored(services, "after it")
            await until(lambda: not provider.waiting)
    assert len(tries) == polling.MOST_TRIES
    assert [one["event"] for one in logs].count("update_not_stored") == polling.MOST_TRIES
    assert "update_not_understood" in {one["event"] for one in logs}
    assert "poison" not in str([{**one, "exc_info": None} for one in logs])


@pytest.mark.parametrize(
    ("trouble", "event"),
    [
        (BROKEN, "telegram_away"),
        (DROPPED, "telegram_away"),
        (Trouble(409, "Conflict: terminated by other getUpdates request"), "telegram_conflict"),
        (UNAUTHORIZED, "telegram_refuses_the_token"),
        (flood(1), None),
    ],
    ids=["broken", "dropped", "conflict", "token", "flood"],
)
@on_sqlite
async def test_after_any_trouble_it_goes_on_and_says_what_is_wrong(
    services: Services, telegram: Telegram, provider: TelegramServer, trouble: Trouble, event: str | None
) -> None:
    provider.plan("getUpdates", trouble)
    Person(provider).write("one")
    with capture_logs() as logs:
        async with at_work(Poller(services, telegram, wait=0)):
            await all_stored(services, "one")
    assert {one["event"] for one in logs} - {"courtesy_failed"} == ({event} if event else set())
    assert provider.token not in str(logs)


async def test_of_many_pollers_one_asks_and_when_it_ends_another_does(
    services: Services, telegram: Telegram, provider: TelegramServer
) -> None:
    amina = Person(provider)
    first, *others = (Poller(services, telegram, wait=0) for _ in range(3))
    async with at_work(first):
        await until(lambda: provider.of("getUpdates"))
        async with at_work(*others):
            amina.write("one")
            await all_stored(services, "one")
            async with services.database.read() as tx:
                assert await tx.scalar(sa.select(polling_leases.c.holder)) == first._holder
    async with at_work(*others):
        amina.write("two")
        await all_stored(services, "one", "two")
    assert {call.status for call in provider.of("getUpdates")} == {200}


async def test_a_lease_is_taken_when_its_time_is_over_and_not_before(database: Database) -> None:
    assert await leases.hold(database, "telegram:1", "a", 30)
    assert await leases.hold(database, "telegram:1", "a", 30)
    assert await leases.hold(database, "telegram:2", "b", 30)
    assert not await leases.hold(database, "telegram:1", "b", 30)
    await leases.let_go(database, "telegram:1", "b")
    assert not await leases.hold(database, "telegram:1", "b", 30)
    async with database.write() as tx:
        await tx.execute(sa.update(polling_leases).values(held_until=clock_now() - timedelta(seconds=1)))
    assert await leases.hold(database, "telegram:1", "b", 30)
    assert not await leases.hold(database, "telegram:1", "a", 30)
    await leases.let_go(database, "telegram:1")
    assert await leases.hold(database, "telegram:1", "a", 30)


MENU = {language: {name: f"{name} in {language}" for name in COMMANDS} for language in ("en", "bn")}


async def test_telegram_is_told_where_to_bring_updates_and_drops_none_that_wait(
    telegram: Telegram, provider: TelegramServer
) -> None:
    provider.plan("getMe", BROKEN, DROPPED, flood(0))
    await register(telegram.client, Webhook("https://help.shop.example/hooks/telegram", "s3cret"), MENU)
    assert provider.webhook == {
        "url": "https://help.shop.example/hooks/telegram",
        "secret_token": "s3cret",
        "allowed_updates": ["message", "edited_message", "callback_query"],
        "drop_pending_updates": "false",
    }
    assert set(provider.menus) == {"", "en", "bn"}
    assert provider.menus[""] == provider.menus["en"]
    assert [one["command"] for one in provider.menus["bn"]] == ["start", "help", "language", "human"]
    provider.webhook = {}
    number = Person(provider).write("waits")
    await register(telegram.client, None, MENU)
    assert provider.webhook == {} and provider.waiting == [number]


@pytest.mark.parametrize(
    ("method", "trouble", "event"),
    [
        ("getMe", UNAUTHORIZED, "telegram_refuses_the_token"),
        ("setWebhook", Trouble(400, "Bad Request: bad webhook"), "telegram_refuses_the_webhook"),
        ("setMyCommands", BROKEN, "telegram_menu_not_set"),
    ],
)
async def test_a_wrong_token_or_address_is_told_in_one_line_without_it_and_tried_again(
    telegram: Telegram, provider: TelegramServer, method: str, trouble: Trouble, event: str
) -> None:
    provider.plan(method, trouble)
    with capture_logs() as logs:
        await register(telegram.client, Webhook("https://help.shop.example/hooks/telegram", "s3cret"), MENU)
    (told,) = [one for one in logs if one["event"] == event]
    assert provider.webhook
    assert provider.token not in str(logs) and "s3cret" not in str(logs)
    if method != "setMyCommands":
        assert "SHOHAY_" in told["mend"]


async def test_a_token_of_nobody_is_refused_and_nothing_is_set(provider: TelegramServer) -> None:
    stranger = Client("1:wrong", provider.url)
    with pytest.raises(TimeoutError), capture_logs() as logs:
        async with asyncio.timeout(0.5):
            await register(stranger, None, MENU)
    assert {one["event"] for one in logs} == {"telegram_refuses_the_token"}
    assert provider.menus == {}
    await stranger.close()
