"""Sending through Slack's own client: once, in order, at its rate; what it answers decides what becomes of it."""

from __future__ import annotations

import asyncio
import itertools
import socket
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace

import httpx
import pytest
from delivery_testing import deliver, fates, on_sqlite, pauses_end, speak
from slack_events import SIGNING_SECRET, Sender
from slack_server import BOT_TOKEN, CUT, DROP, GARBAGE, HANG, SlackServer, Throttled
from slack_testing import connected, message

from connectors.base import Fetched, NotFetched, Rejected, RetryAfter, Sent, Unknown
from connectors.delivery import Delivery
from connectors.slack.connector import Slack
from connectors.slack.workspaces import Workspaces
from handoff import outbox
from handoff.database import Database
from handoff.services import Services

POST = "chat.postMessage"


@pytest.fixture
async def slack(slack_there: SlackServer) -> AsyncIterator[Slack]:
    async with connected(slack_there) as opened:
        yield opened


@pytest.fixture
def services(database: Database, services_over: Callable[[Database], Services]) -> Services:
    return replace(services_over(database), push_channels=frozenset({"slack"}))


async def test_what_slack_took_is_sent_and_known_by_its_moment(slack: Slack, slack_there: SlackServer) -> None:
    result = await slack.send(message("hello"))
    (posted,) = slack_there.posted("D0AMINA")
    assert result == Sent(posted.ts) and posted.shown == "hello" and posted.thread_ts is None
    await slack.send(message("in the thread", "T0NODI:C1:1.1:U0AMINA"))
    assert [one.shown for one in slack_there.posted("C1", "1.1")] == ["in the thread"]


@pytest.mark.parametrize(
    ("answer", "result"),
    [
        (Throttled(7), RetryAfter(7.0)),
        ("ratelimited", RetryAfter(5.0)),
        ("request_timeout", RetryAfter(1.0)),
        ("invalid_auth", RetryAfter(60.0)),
        ("channel_not_found", Rejected("channel_not_found", gone=True)),
        ("is_archived", Rejected("is_archived", gone=True)),
        ("not_in_channel", Rejected("not_in_channel", gone=True)),
        ("account_inactive", Rejected("account_inactive", gone=True)),
        ("token_revoked", Rejected("token_revoked", gone=True)),
        ("missing_scope", Rejected("missing_scope")),
        ("something_new", Rejected("something_new")),
        ("fatal_error", Unknown("fatal_error")),
        (500, Unknown("HTTP 500")),
        (503, Unknown("HTTP 503")),
        (DROP, Unknown("ServerDisconnectedError")),
        (CUT, Unknown("ServerDisconnectedError")),
        (GARBAGE, Unknown("HTTP 200")),
        (HANG, Unknown("TimeoutError")),
    ],
)
async def test_slacks_answer_decides(slack: Slack, slack_there: SlackServer, answer: object, result: object) -> None:
    slack_there.plan(POST, answer)  # type: ignore[arg-type]
    assert await slack.send(message("hello")) == result
    assert len(slack_there.called(POST)) == 1  # whatever came of it, it was asked once


async def test_where_nobody_listens_it_was_not_taken() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        base = f"http://127.0.0.1:{free.getsockname()[1]}/api/"
        async with httpx.AsyncClient() as client:
            assert await Slack("x", Workspaces("xoxb-x"), client, base).send(message("x")) == RetryAfter(1.0)
            unknown = Slack("x", Workspaces("xoxb-x"), client, "http://nowhere.invalid/api/")
            assert await unknown.send(message("x")) == RetryAfter(1.0)


async def test_where_we_are_not_installed_nothing_is_sent(slack_there: SlackServer) -> None:
    async with connected(slack_there, token="") as slack:
        assert await slack.send(message("x")) == Rejected("the app is not installed in this workspace", gone=True)
    assert slack_there.calls == []


async def test_of_a_long_message_the_parts_that_were_taken_are_not_sent_again(
    slack: Slack, slack_there: SlackServer
) -> None:
    text = " ".join(f"Sentence {number} of many." for number in range(1500))
    sent = message(text)
    assert isinstance(await slack.send(sent), Sent)
    whole = [one.shown for one in slack_there.posted()]
    assert len(whole) >= 3
    slack_there.messages.clear()
    slack_there.plan(POST, Throttled(1))
    assert await slack.send(replace(sent, parts=2)) == RetryAfter(1.0, parts=2)
    assert isinstance(await slack.send(replace(sent, parts=2)), Sent)
    assert [one.shown for one in slack_there.posted()] == whole[2:]


@on_sqlite
async def test_a_message_that_slack_took_before_it_hung_up_is_there_once_and_the_desk_knows(
    slack: Slack, slack_there: SlackServer, services: Services
) -> None:
    """Promise 8."""
    await speak(services, "T0NODI:D0AMINA", "first", "second", channel="slack")
    slack_there.plan(POST, DROP)
    delivery = Delivery(services.database, {"slack": slack})
    for _ in range(3):
        await deliver(delivery)
        await pauses_end(services)
    assert [one.shown for one in slack_there.posted()] == ["first", "second"]
    told = await fates(services)
    assert told["first"] == ("unknown", 1, "ServerDisconnectedError") and told["second"][0] == "sent"


async def test_a_refused_connection_and_a_429_are_tried_again_until_it_is_taken_once(
    slack_there: SlackServer, services: Services
) -> None:
    """Promise 8."""
    await speak(services, "T0NODI:D0AMINA", "hello", channel="slack")
    async with httpx.AsyncClient() as client:
        away = Slack(SIGNING_SECRET, Workspaces(BOT_TOKEN), client, "http://127.0.0.1:9/api/")
        await deliver(Delivery(services.database, {"slack": away}))
    assert (await fates(services))["hello"][:2] == ("pending", 1)
    async with connected(slack_there) as slack:
        slack_there.plan(POST, Throttled(3))
        delivery = Delivery(services.database, {"slack": slack})
        for _ in range(2):
            await pauses_end(services)
            await deliver(delivery)
    assert (await fates(services))["hello"] == ("sent", 3, None)
    assert [one.shown for one in slack_there.posted()] == ["hello"]


@on_sqlite
async def test_a_chat_that_must_wait_delays_no_other(
    slack: Slack, slack_there: SlackServer, services: Services
) -> None:
    """Promise 9."""
    slack_there.plan(POST, Throttled(30), channel="D0SLOW")
    await speak(services, "T0NODI:D0SLOW", "slow", channel="slack")
    for number in range(8):
        await speak(services, f"T0NODI:D{number}", f"quick {number}", channel="slack")
    started = time.monotonic()
    delivery = Delivery(services.database, {"slack": slack})
    while len(slack_there.posted()) < 8:
        await delivery.step()
        await asyncio.sleep(0.02)
    assert time.monotonic() - started < 5
    told = await fates(services)
    assert told["slow"][:2] == ("pending", 1) and {told[f"quick {one}"][0] for one in range(8)} == {"sent"}


@on_sqlite
async def test_a_chat_gets_a_message_a_second_and_slack_never_has_to_say_no(
    slack: Slack, slack_there: SlackServer, services: Services
) -> None:
    """Promise 9."""
    slack_there.per_second = 1
    await speak(services, "T0NODI:D0AMINA", "one", "two", "three", channel="slack")
    delivery = Delivery(services.database, {"slack": slack})
    working = asyncio.create_task(delivery.run())
    while len(slack_there.posted()) < 3:  # noqa: ASYNC110 (no event tells)
        await asyncio.sleep(0.02)
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)
    assert [one.shown for one in slack_there.posted()] == ["one", "two", "three"]
    assert len(slack_there.called(POST)) == 3
    times = [one.at for one in slack_there.posted()]
    assert min(later - earlier for earlier, later in itertools.pairwise(times)) >= 0.95


@on_sqlite
async def test_in_an_archived_channel_what_waits_is_given_up_and_shown(
    slack: Slack, slack_there: SlackServer, services: Services
) -> None:
    slack_there.gone["C1"] = "is_archived"
    await speak(services, "T0NODI:C1:1.1:U0AMINA", "one", "two", channel="slack")
    await deliver(Delivery(services.database, {"slack": slack}))
    assert {status for status, _, _ in (await fates(services)).values()} == {"failed"}
    assert (await outbox.take_due(services.database, "slack")).due == []


# --- files


def reference(slack_there: SlackServer, content: bytes) -> str:
    shared = Sender(slack_there).shared("look", ("F1", "photo.png", content))
    return f"T0NODI F1 {shared['event']['files'][0]['url_private']}"


async def test_a_file_is_fetched_with_the_workspaces_token_and_no_more_of_it_than_asked(
    slack: Slack, slack_there: SlackServer
) -> None:
    content = bytes(range(256)) * 4000
    asked = reference(slack_there, content)
    assert await slack.fetch(asked, len(content) + 1) == Fetched(content)
    assert await slack.fetch(asked, 1000) == Fetched(content[:1000])
    assert slack_there.downloads == [("F1", BOT_TOKEN)] * 2
    # of a file from another workspace the event tells only its id
    assert await slack.fetch("T0NODI F1", len(content) + 1) == Fetched(content)


async def test_what_slack_does_not_give_is_told_apart(slack: Slack, slack_there: SlackServer) -> None:
    asked = reference(slack_there, b"x")
    slack_there.plan("download", 500, 404)
    assert await slack.fetch(asked, 10) == NotFetched("HTTP 500", final=False)
    assert await slack.fetch(asked, 10) == NotFetched("HTTP 404", final=True)
    assert await slack.fetch("T0NODI F9", 10) == NotFetched("file_not_found", final=True)
    slack_there.workspaces.clear()
    found = await slack.fetch(asked, 10)
    assert isinstance(found, NotFetched) and "sign in" in found.why and not found.final


async def test_the_token_goes_to_nobody_but_slack(slack: Slack, slack_there: SlackServer) -> None:
    asked = reference(slack_there, b"x")
    slack_there.plan("download", f"{slack_there.url}/files-pri/T0NODI-F1/download/F1")
    assert await slack.fetch(asked, 10) == NotFetched("HTTP 302", final=False)
    assert len(slack_there.downloads) == 1
    for url in (
        "http://127.0.0.1:9/x",
        "https://evil.example/x",
        "file:///etc/passwd",
        "http://[",
        slack_there.url[:-1],
    ):
        assert await slack.fetch(f"T0NODI F1 {url}", 10) == NotFetched("it does not lie at Slack", final=True)
    async with httpx.AsyncClient() as client:
        real = Slack(SIGNING_SECRET, Workspaces(BOT_TOKEN), client)
        for url in (
            "http://files.slack.com/x",
            "https://slack.com.evil.example/x",
            "https://evilslack.com/x",
            "https://files.slack.com@evil.example/x",
            f"{slack_there.url}/x",
        ):
            assert await real.fetch(f"T0NODI F1 {url}", 10) == NotFetched("it does not lie at Slack", final=True)


async def test_a_token_is_not_shown_by_what_holds_it(slack: Slack, slack_there: SlackServer) -> None:
    await slack.workspaces.introduce(slack.web)
    bot = await slack.workspaces.bot("T0NODI")
    assert bot is not None and bot.user_id == "U0SHOHAY" and bot.token == BOT_TOKEN
    assert BOT_TOKEN not in repr(bot)
    assert await slack.workspaces.bot("T0OTHER") is None
