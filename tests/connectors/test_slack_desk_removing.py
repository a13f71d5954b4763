"""What was posted to agents in Slack of a customer who was erased is deleted there, whatever comes in between."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from delivery_testing import on_sqlite
from relay_testing import CHANNEL, OUTSIDE, linked
from slack_events import Sender
from slack_sdk.web.async_client import AsyncWebClient
from slack_server import BOT_TOKEN, DROP, GARBAGE, SlackServer, Throttled, slack_server
from structlog.testing import capture_logs

from connectors.relaying import Relay
from connectors.removing import Removing
from connectors.slack import desk_deeds, desk_removing
from connectors.slack.desk import SlackDesk
from connectors.slack.desk_removing import SlackRemover
from handoff import erasure, housekeeping, inbox, relay, relay_feed, relay_outbox, relay_removals, turns
from handoff.channel_models import desk_removals, desk_threads
from handoff.clock import new_id, now
from handoff.incoming import Incoming
from handoff.messages import Said
from handoff.people import add
from handoff.services import Services
from handoff.turns import Outcome

PLACE = "C0DESK"


@pytest.fixture
def slack() -> Iterator[SlackServer]:
    with slack_server() as opened:
        yield opened


def web(slack: SlackServer) -> AsyncWebClient:
    return AsyncWebClient(base_url=slack.api, timeout=3, retry_handlers=[])


@pytest.fixture
async def posts(services: Services, slack: SlackServer) -> Relay:
    """What posts, begun before anybody waits."""
    made = Relay(services, OUTSIDE, SlackDesk(BOT_TOKEN, web(slack)))
    await until_quiet(made)
    return made


async def until_quiet(relaying: Relay) -> None:
    while await relaying.step():
        pass


def removing(services: Services, slack: SlackServer) -> Removing:
    return Removing(services.database, CHANNEL, SlackRemover(BOT_TOKEN, web(slack)))


async def remove(services: Services, slack: SlackServer, later: timedelta = timedelta()) -> None:
    """All that is due after so long."""
    r = desk_removals.c
    async with services.database.write() as tx:
        for row in await tx.rows(sa.select(desk_removals)):
            older = {name: row[name] - later for name in ("begun_at", "asked_at", "next_at")}
            await tx.execute(sa.update(desk_removals).where(r.thread_id == row["thread_id"]).values(**older))
    while await removing(services, slack).step():
        pass


async def waiting(services: Services) -> list[dict[str, Any]]:
    async with services.database.read() as tx:
        return [dict(row) for row in await tx.rows(sa.select(desk_removals))]


async def ask_for_person(services: Services, address: str) -> None:
    await inbox.receive(services, Incoming("fake", new_id(), address, "a person, please", name=f"{address} K"))
    turn = await turns.lease_next(services, "w")
    assert turn is not None
    outcome = Outcome([Said("one moment")], "en", handoff_reason="human_agent")
    assert await turns.finish(services, turn, outcome, "w", None)


async def write(services: Services, text: str, address: str = "amina") -> None:
    await inbox.receive(services, Incoming("fake", new_id(), address, text))


async def erase(services: Services, address: str = "amina") -> None:
    async with services.database.read() as tx:
        contact_id = await erasure.find(tx, f"fake:{address}")
    assert contact_id is not None
    await erasure.erase(services.database, contact_id)


async def ticket(services: Services, posts: Relay, address: str = "amina") -> None:
    """Somebody waits, has written more, and all of it is posted."""
    await ask_for_person(services, address)
    for number in range(3):
        await write(services, f"{address} says {number}", address)
    await until_quiet(posts)


async def test_all_that_we_posted_of_an_erased_customer_is_deleted_and_nothing_else(
    services: Services, slack: SlackServer, posts: Relay
) -> None:
    rahim = await add(services.database, "rahim", "Rahim", "agent", "only-for-tests")
    await linked(services.database, rahim)
    await ticket(services, posts)
    await ticket(services, posts, "jonas")
    root = next(one for one in slack.posted(PLACE) if "amina" in one.shown and one.thread_ts is None)
    sends = Sender(slack, user="U0RAHIM", channel=PLACE)
    claimed = desk_deeds.pressed(sends.pressed(root, root.buttons[0]))
    assert claimed is not None
    await relay.take(services, OUTSIDE, claimed)
    await until_quiet(posts)
    own = slack.write(PLACE, "It comes tomorrow.", root.ts, by="U0RAHIM")
    foreign = slack.write(PLACE, "rain", root.ts, by="B0WEATHER")
    of_jonas = [one for one in slack.posted(PLACE) if "jonas" in one.shown]

    await erase(services)
    assert slack.called("chat.delete") == []  # it needs no Slack to be erased here
    await remove(services, slack)
    assert slack.posted(PLACE) == [*of_jonas, own, foreign] and len(of_jonas) == 4
    assert len(await waiting(services)) == 1
    await remove(services, slack, relay_removals.SETTLED)
    assert await waiting(services) == []
    assert slack.posted(PLACE) == [*of_jonas, own, foreign]


async def test_what_is_kept_to_delete_it_by_is_ids_alone_and_no_log_has_more(
    services: Services, slack: SlackServer, posts: Relay, caplog: pytest.LogCaptureFixture, capsys: Any
) -> None:
    await ticket(services, posts)
    (root,) = (one for one in slack.posted(PLACE) if one.thread_ts is None)
    async with services.database.read() as tx:
        (thread,) = await tx.rows(sa.select(desk_threads))
    capsys.readouterr()
    await erase(services)
    (kept,) = await waiting(services)
    known = {"thread_id": thread["id"], "channel": "slack", "place": PLACE, "thread": root.ts}
    moments = {name: kept[name] for name in ("begun_at", "asked_at", "next_at")}
    assert kept == {**known, **moments, "attempts": 0, "error": None}
    slack.plan("chat.delete", "internal_error")
    await remove(services, slack)
    await remove(services, slack, relay_removals.SETTLED)
    printed = capsys.readouterr()
    assert "amina" not in printed.out + printed.err + caplog.text


async def test_a_killed_workers_deleting_is_finished_by_another(
    services: Services, slack: SlackServer, posts: Relay
) -> None:
    await ticket(services, posts)
    await erase(services)
    assert await relay_removals.take(services.database, CHANNEL) is not None
    slack.messages[-1].deleted = True  # so far it came, and the process dies
    await remove(services, slack)
    assert len(slack.posted(PLACE)) == 3
    await remove(services, slack, relay_removals.TAKEN_FOR)
    assert slack.posted(PLACE) == [] and await waiting(services) == []


@on_sqlite
@pytest.mark.parametrize("method", ["conversations.replies", "chat.delete"])
@pytest.mark.parametrize(
    "trouble",
    [Throttled(1), DROP, GARBAGE, 500, "internal_error", "not_in_channel", "channel_not_found", "invalid_auth"],
)
async def test_what_is_in_the_way_puts_it_off_and_no_other(
    services: Services, slack: SlackServer, posts: Relay, method: str, trouble: Any
) -> None:
    await ticket(services, posts)
    await erase(services)
    slack.plan(method, trouble)
    await remove(services, slack)
    await remove(services, slack, timedelta(hours=2))
    await remove(services, slack, timedelta(hours=2))
    assert slack.posted(PLACE) == [] and await waiting(services) == []


@on_sqlite
async def test_what_somebody_deleted_by_hand_or_with_its_channel_is_done_with(
    services: Services, slack: SlackServer, posts: Relay
) -> None:
    await ticket(services, posts)
    await erase(services)
    for message in slack.messages[1:]:
        message.deleted = True
    await remove(services, slack, relay_removals.SETTLED)
    assert slack.posted(PLACE) == [] and await waiting(services) == []
    await ticket(services, posts, "jonas")
    await erase(services, "jonas")
    for message in slack.messages:
        message.deleted = True
    await remove(services, slack, relay_removals.SETTLED)
    assert await waiting(services) == []


@on_sqlite
async def test_where_we_cannot_delete_for_a_month_it_is_given_up_and_said_so(
    services: Services, slack: SlackServer, posts: Relay
) -> None:
    await ticket(services, posts)
    await erase(services)
    slack.gone[PLACE] = "channel_not_found"
    for _ in range(3):
        await remove(services, slack, timedelta(days=9))
    (kept,) = await waiting(services)
    assert kept["error"] == "channel_not_found"
    await housekeeping.clear(services.database)
    assert len(await waiting(services)) == 1
    await remove(services, slack, timedelta(days=9))
    with capture_logs() as logs:
        await housekeeping.clear(services.database)
    assert await waiting(services) == []
    (said,) = [one for one in logs if one["event"] == "desk_removal_given_up"]
    assert PLACE in str(said) and "channel_not_found" in str(said)


async def test_what_nobody_deletes_since_slack_is_off_is_given_up_too_and_by_one_alone(
    services: Services, slack: SlackServer, posts: Relay
) -> None:
    for address in ("amina", "jonas"):
        await ticket(services, posts, address)
        await erase(services, address)
    asked = await waiting(services)
    async with services.database.write() as tx:
        long_ago = now() - relay_removals.MOST - timedelta(minutes=1)
        mine = desk_removals.c.thread_id == asked[0]["thread_id"]
        await tx.execute(sa.update(desk_removals).where(mine).values(asked_at=long_ago))
    with capture_logs() as logs:
        await asyncio.gather(*(housekeeping.clear(services.database) for _ in range(4)))
    assert await waiting(services) == asked[1:]
    (said,) = [one for one in logs if one["event"] == "desk_removal_given_up"]
    assert asked[0]["thread"] in str(said) and asked[1]["thread"] not in str(said)


async def test_a_post_that_was_on_its_way_when_its_customer_was_erased_is_deleted_too(
    services: Services, slack: SlackServer, posts: Relay
) -> None:
    await ticket(services, posts)
    await write(services, "amina once more")
    await relay_feed.follow(services, OUTSIDE)
    (post,) = await relay_outbox.take(services.database, CHANNEL, 8)
    there = await posts._attempt(post)
    late = slack.messages.pop()  # Slack shows it later
    await erase(services)
    await remove(services, slack)
    assert slack.posted(PLACE) == []
    slack.messages.append(late)
    await relay_outbox.sent(services.database, post, getattr(there, "provider_id", None))
    await remove(services, slack, relay_removals.SETTLED)
    assert late.deleted and await waiting(services) == []


async def test_a_first_post_of_which_nobody_knows_is_looked_for(
    services: Services, slack: SlackServer, posts: Relay
) -> None:
    slack.plan("chat.postMessage", DROP)
    await ask_for_person(services, "amina")
    await until_quiet(posts)
    assert len(slack.posted(PLACE)) == 1
    await erase(services)
    assert (await waiting(services))[0]["thread"] is None
    slack.plan("conversations.history", 500)
    await remove(services, slack)
    assert len(slack.posted(PLACE)) == 1
    await remove(services, slack, timedelta(hours=2))
    assert slack.posted(PLACE) == [] and await waiting(services) == []


async def test_what_was_never_posted_leaves_nothing_to_delete(
    services: Services, slack: SlackServer, posts: Relay
) -> None:
    await ask_for_person(services, "amina")
    await relay_feed.follow(services, OUTSIDE)
    await erase(services)
    await remove(services, slack, relay_removals.SETTLED)
    assert await waiting(services) == [] and slack.called("chat.delete") == []
    slack.plan("chat.postMessage", "msg_too_long")
    await ask_for_person(services, "jonas")
    await until_quiet(posts)
    await erase(services, "jonas")
    assert await waiting(services) == []


@on_sqlite
async def test_a_long_thread_is_deleted_page_by_page(
    services: Services, slack: SlackServer, posts: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk_removing, "PAGE", 2)
    for number in range(5):
        await ask_for_person(services, "amina") if number == 0 else await write(services, f"more {number}")
    await until_quiet(posts)
    await erase(services)
    await remove(services, slack)
    assert slack.posted(PLACE) == [] and len(slack.called("chat.delete")) == 5


@on_sqlite
async def test_what_was_found_before_slack_had_enough_is_deleted_before_it_is_asked_again(
    services: Services, slack: SlackServer, posts: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk_removing, "PAGE", 3)
    for number in range(7):
        await ask_for_person(services, "amina") if number == 0 else await write(services, f"more {number}")
    await until_quiet(posts)
    await erase(services)
    left = []
    for _ in range(3):
        slack.plan("conversations.replies", None, Throttled(1))
        await remove(services, slack, timedelta(hours=2))
        left.append(len(slack.posted(PLACE)))
    # the first post is the last to go
    assert left == [5, 3, 0] and await waiting(services) == []


async def test_many_that_delete_at_once_do_no_harm(services: Services, slack: SlackServer, posts: Relay) -> None:
    for address in ("amina", "jonas", "lucia"):
        await ticket(services, posts, address)
        await erase(services, address)
    crew = [removing(services, slack) for _ in range(4)]
    while any(await asyncio.gather(*(one.step() for one in crew))):
        pass
    assert slack.posted(PLACE) == []
    assert len(slack.called("chat.delete")) == 12


async def test_who_was_never_posted_to_slack_is_erased_without_a_word_to_it(services: Services) -> None:
    await write(services, "hello")
    await erase(services)
    assert await waiting(services) == []
