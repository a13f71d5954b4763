"""Slack's requests over HTTP through Bolt to the database: genuine, once, stored before they are acknowledged."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from delivery_testing import deliver, on_sqlite, pauses_end, until
from file_samples import saved
from slack_events import SIGNING_SECRET, Sender, Signed, as_form, as_json
from slack_server import SlackServer
from slack_testing import House, listening, payload

from connectors.base import Forged, Request
from connectors.delivery import Delivery
from connectors.fetching import Fetching
from connectors.slack.connector import Slack
from connectors.slack.routes import ACTIONS, EVENTS
from connectors.slack.workspaces import Workspaces
from handoff import turns
from handoff.channel_models import files, message_edits
from handoff.database import Database
from handoff.messages import Button, Said
from handoff.models import contacts, conversations, identities, messages
from handoff.models import turns as turn_table
from handoff.services import Services
from handoff.turns import Outcome


@pytest.fixture
async def house(slack_there: SlackServer, services: Services) -> AsyncIterator[House]:
    async with listening(slack_there, services) as opened:
        yield opened


async def stored(services: Services, *columns: Any) -> list[tuple[Any, ...]]:
    async with services.database.read() as tx:
        chosen = columns or (messages.c.text,)
        query = sa.select(*chosen).where(messages.c.author == "customer").order_by(messages.c.created_at)
        return [tuple(row.values()) for row in await tx.rows(query)]


async def count(services: Services, table: sa.Table) -> int:
    async with services.database.read() as tx:
        return int(await tx.scalar(sa.select(sa.func.count()).select_from(table)) or 0)


async def answered(house: House, *said: Said) -> None:
    """The bot answers what waits, and it is delivered."""
    turn = await turns.lease_next(house.services, "w")
    assert turn is not None
    assert await turns.finish(house.services, turn, Outcome(list(said), "en"), "w", None)
    await deliver(Delivery(house.services.database, {"slack": house.slack}))


# --- genuine


async def test_what_is_not_signed_by_slack_now_is_refused_and_leaves_nothing(house: House) -> None:
    """Promise 18."""
    body = house.sender.message("hello")
    good = as_json(body)
    cases = [
        as_json(body, secret="guess"),
        as_json(body, at=time.time() - 310),
        as_json(body, at=time.time() + 310),
        Signed(good.body + b" ", good.headers),
        Signed(good.body, {**good.headers, "x-slack-request-timestamp": str(int(time.time()) - 1)}),
        Signed(good.body, {"content-type": "application/json"}),
        *(
            Signed(good.body, {**good.headers, "x-slack-request-timestamp": moment})
            for moment in ("", "now", "-1", "1e9", "9" * 30, "nan")
        ),
        *(
            Signed(good.body, {**good.headers, "x-slack-signature": signature})
            for signature in ("", "v0=", "v0=é", good.headers["x-slack-signature"][:-1], "v0=" + "0" * 64)
        ),
    ]
    for path in (EVENTS, ACTIONS):
        for case in cases:
            headers = {name: value.encode() for name, value in case.headers.items()}
            answer = await house.client.post(path, content=case.body, headers=headers)
            assert answer.status_code == 401 and answer.json()["error"]["code"] == "unknown_session"
    assert await stored(house.services) == []
    assert await house.post(as_json(body, at=time.time() - 290)) == 200
    assert await stored(house.services) == [("hello",)]


async def test_without_a_signing_secret_every_request_is_forged() -> None:
    async with httpx.AsyncClient() as client:
        for secret in ("", "  "):
            slack = Slack(secret, Workspaces("xoxb-x"), client)
            for signed in (as_json({}, secret=secret or "x"), as_json({}, secret=SIGNING_SECRET)):
                with pytest.raises(Forged):
                    slack.verify(Request(signed.body, signed.headers))


async def test_the_address_of_the_hook_can_be_verified(house: House) -> None:
    signed = as_json(house.sender.verification("what"))
    answer = await house.client.post(EVENTS, content=signed.body, headers=signed.headers)
    assert (answer.status_code, answer.json()) == (200, {"challenge": "what"})


async def test_what_is_signed_but_not_as_documented_is_a_bad_request(house: House) -> None:
    # the last is read by Bolt alone
    for body in ([], {}, {"type": "event_callback", "event": 7}, {"type": "url_verification", "authorizations": 7}):
        for signed in (as_json(body), as_form(body)):
            answer = await house.client.post(EVENTS, content=signed.body, headers=signed.headers)
            assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid")


# --- once


async def test_one_message_delivered_eleven_times_under_different_event_ids_is_one_message_and_one_turn(
    house: House,
) -> None:
    """Promise 2."""
    first = house.sender.message("where is my parcel")
    copies = [as_json(house.sender.event(first["event"])) for _ in range(10)]
    again = [one.again(number) for number, one in enumerate(copies[5:], 1)]
    assert await asyncio.gather(*(house.post(one) for one in [as_json(first), *copies[:5], *again])) == [200] * 11
    for one in copies:  # and spaced
        assert await house.post(one) == 200
    assert await stored(house.services) == [("where is my parcel",)]
    assert await count(house.services, turn_table) == 1


async def test_a_mention_and_the_message_of_it_are_one_in_either_order(house: House) -> None:
    """Promise 2."""
    for place, order in enumerate(((0, 1), (1, 0))):
        sender = replace(house.sender, channel=f"C{place}")
        words = f"<@{sender.workspace.bot_user}> question {place}"
        message = sender.message(words)
        pair = [as_json(message), as_json(sender.mention(words, ts=message["event"]["ts"]))]
        assert [await house.post(pair[one]) for one in order] == [200, 200]
    assert await stored(house.services) == [("question 0",), ("question 1",)]
    assert await count(house.services, turn_table) == 2


async def test_a_retry_of_what_we_never_saw_is_taken(house: House) -> None:
    """Promise 3."""
    for number in (1, 2, 3):
        signed = as_json(house.sender.message(f"hello {number}"))
        assert await house.post(signed.again(number, "http_error")) == 200
    assert await stored(house.services) == [("hello 1",), ("hello 2",), ("hello 3",)]


async def test_messages_that_come_out_of_order_are_all_taken(house: House) -> None:
    """Promise 3: a moment is a key, never a high-water mark."""
    sent = [as_json(house.sender.message(f"message {number}")) for number in range(8)]
    random.Random(3).shuffle(sent)
    assert [await house.post(one) for one in sent] == [200] * 8
    assert sorted(await stored(house.services)) == [(f"message {number}",) for number in range(8)]


async def test_what_could_not_be_stored_is_not_acknowledged_and_taken_when_it_comes_again(
    slack_there: SlackServer, services: Services, tmp_path: Any
) -> None:
    """Promise 1."""
    gone = Database(f"sqlite+aiosqlite:///{tmp_path}/no/such/folder/x.db")
    async with listening(slack_there, replace(services, database=gone)) as away:
        signed = as_json(away.sender.message("hello"))
        answer = await away.client.post(EVENTS, content=signed.body, headers=signed.headers)
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "database_away")
        assert answer.headers["retry-after"] == "5"
        button = {"text": {"type": "plain_text", "text": "Yes"}, "action_id": "choice:0", "value": "1:0"}
        pressed = payload("block_actions")
        pressed["actions"][0] |= button
        assert await away.post(as_form(pressed), ACTIONS) == 503
        await asyncio.sleep(0.1)
        assert slack_there.calls == []  # no button was taken away for a press that is not stored
    await gone.close()
    async with listening(slack_there, services) as back:
        assert await back.post(signed.again(1, "http_error")) == 200
    assert await stored(services) == [("hello",)]


# --- what is said to whom


async def test_in_a_channel_only_a_mention_and_its_thread_are_for_us_and_answers_go_there(
    house: House, slack_there: SlackServer
) -> None:
    amina = replace(house.sender, channel="C1")
    await house.post(as_json(amina.message("lunch?")))
    mention = amina.mention("{me} where is my parcel")
    thread = mention["event"]["ts"]
    await house.post(as_json(amina.message("before you are here", thread_ts=thread)))
    await house.post(as_json(mention))
    await house.post(as_json(amina.message("it is 10001", thread_ts=thread)))
    await house.post(as_json(amina.message("elsewhere", thread_ts="1600000000.000001")))
    assert await stored(house.services) == [("where is my parcel",), ("it is 10001",)]
    assert await count(house.services, conversations) == 1
    await answered(house, Said("On its way."))
    assert [one.shown for one in slack_there.posted("C1", thread)] == ["On its way."]


async def test_nobody_else_in_a_thread_asks_in_the_name_of_its_customer(house: House) -> None:
    """Promise 20: what is told in a thread is about the orders of who began it."""
    amina = replace(house.sender, channel="C1")
    mention = amina.mention("{me} where is my order")
    thread = mention["event"]["ts"]
    jonas = replace(amina, user="U0JONAS")
    await house.post(as_json(mention))
    await house.post(as_json(jonas.message("cancel it", thread_ts=thread)))
    assert await stored(house.services) == [("where is my order",)]
    await house.post(as_json(jonas.mention("{me} cancel it", thread_ts=thread)))
    assert await count(house.services, conversations) == await count(house.services, contacts) == 2
    async with house.services.database.read() as tx:
        people = [row["person"] for row in await tx.rows(sa.select(identities.c.person))]
    assert sorted(people) == ["T0NODI:U0AMINA", "T0NODI:U0JONAS"]


async def test_the_same_person_in_a_chat_and_in_a_thread_is_one_contact_with_two_conversations(house: House) -> None:
    await house.post(as_json(house.sender.message("hello")))
    await house.post(as_json(house.sender.message("in a thread", thread_ts="1600000000.000001")))
    await house.post(as_json(replace(house.sender, channel="C1").mention("{me} hello")))
    assert await count(house.services, conversations) == 3
    assert await count(house.services, contacts) == 1


async def test_we_never_hear_ourselves_or_another_app(house: House) -> None:
    await house.slack.workspaces.introduce(house.slack.web)
    for own in (True, False):
        assert await house.post(as_json(house.sender.said_by_a_bot("hello", own))) == 200
    assert await stored(house.services) == [] and await count(house.services, conversations) == 0


async def test_a_message_that_is_too_long_is_told_in_the_chat_once(house: House, slack_there: SlackServer) -> None:
    signed = as_json(house.sender.message("x" * 4001))
    for number in range(3):
        assert await house.post(signed.again(number)) == 200
    await deliver(Delivery(house.services.database, {"slack": house.slack}))
    (told,) = slack_there.posted()
    assert "too long" in told.shown and await stored(house.services) == []


# --- changes


async def test_an_edit_is_seen_and_not_answered_again_and_what_is_taken_back_is_gone(house: House) -> None:
    first = house.sender.message("where is order 10001")
    ts = first["event"]["ts"]
    await house.post(as_json(first))
    edit = as_json(house.sender.changed(ts, "where is order 10002", "where is order 10001"))
    for _ in range(2):
        assert await house.post(edit) == 200
    assert await stored(house.services) == [("where is order 10002",)]
    assert await count(house.services, turn_table) == await count(house.services, message_edits) == 1
    assert await house.post(as_json(house.sender.deleted(ts))) == 200
    assert await stored(house.services, messages.c.text, messages.c.deleted) == [("", True)]


async def test_a_late_copy_of_an_edit_under_another_event_id_does_not_undo_a_later_one(house: House) -> None:
    """Promise 2."""
    first = house.sender.message("where is order 10001")
    ts = first["event"]["ts"]
    await house.post(as_json(first))
    edits = [house.sender.changed(ts, f"where is order {number}") for number in (10002, 10003)]
    copy = house.sender.event(edits[0]["event"])
    unfolded = house.sender.changed(ts, "where is order 10002", edited=edits[0]["event"]["message"]["edited"])
    assert len({one["event_id"] for one in (*edits, copy, unfolded)}) == 4
    for one in (*edits, copy, unfolded):
        assert await house.post(as_json(one)) == 200
    assert await stored(house.services) == [("where is order 10003",)]
    assert await count(house.services, message_edits) == 2


async def test_nobody_changes_what_somebody_else_wrote(house: House) -> None:
    amina = replace(house.sender, channel="C1")
    mention = amina.mention("{me} where is my order")
    await house.post(as_json(mention))
    jonas = replace(amina, user="U0JONAS")
    await house.post(as_json(jonas.changed(mention["event"]["ts"], "cancel it")))
    assert await stored(house.services) == [("where is my order",)]


async def test_files_wait_to_be_fetched(house: House) -> None:
    await house.post(as_json(house.sender.shared("broken", ("F1", "cup.png", b"\x89PNG"))))
    async with house.services.database.read() as tx:
        (row,) = await tx.rows(sa.select(files.c.name, files.c.status, files.c.size))
    assert dict(row) == {"name": "cup.png", "status": "waiting", "size": 4}


@on_sqlite
async def test_a_photo_is_fetched_from_slack_and_kept(house: House, slack_there: SlackServer) -> None:
    photo = saved("PNG")
    shared = house.sender.shared("broken", ("F1", "cup.png", photo), ("F2", "virus.exe", b"MZ" + bytes(100)))
    await house.post(as_json(shared))
    while await Fetching(house.services, {"slack": house.slack}).step():
        pass
    async with house.services.database.read() as tx:
        rows = await tx.rows(sa.select(files.c.status, files.c.type, files.c.content).order_by(files.c.created_at))
    assert sorted((row["status"], row["type"]) for row in rows) == [("here", "image/png"), ("refused", "")]
    assert len(slack_there.downloads) == 2


# --- buttons


async def test_a_pressed_button_is_its_customers_message_once_and_gives_way_to_what_was_chosen(
    house: House, slack_there: SlackServer
) -> None:
    await house.post(as_json(house.sender.message("cancel my order")))
    await answered(house, Said("Shall I?", (Button("Yes & now", "/affirm"), Button("No", "/deny"))))
    (asked,) = slack_there.posted()
    press = as_form(house.sender.pressed(asked, asked.buttons[0]))
    assert [await house.post(press, ACTIONS) for _ in range(2)] == [200, 200]
    assert (await stored(house.services, messages.c.text, messages.c.payload))[1:] == [("Yes & now", "/affirm")]
    await until(lambda: not asked.buttons)
    assert asked.shown == "Shall I?\n✓ Yes & now" and asked.edits >= 1


async def test_a_button_of_somebody_elses_thread_does_nothing(house: House, slack_there: SlackServer) -> None:
    amina = replace(house.sender, channel="C1")
    await house.post(as_json(amina.mention("{me} cancel my order")))
    await answered(house, Said("Shall I?", (Button("Yes", "/affirm"),)))
    (asked,) = slack_there.posted()
    # who has a conversation of their own in that thread, too
    jonas = replace(amina, user="U0JONAS")
    await house.post(as_json(jonas.mention("{me} hi", thread_ts=asked.thread_ts)))
    await answered(house, Said("Shall I?", (Button("No", "/deny"),)))
    before = await stored(house.services)
    assert await house.post(as_form(jonas.pressed(asked, asked.buttons[0])), ACTIONS) == 200
    await asyncio.sleep(0.1)
    assert await stored(house.services) == before and asked.buttons


async def test_an_old_button_is_told_in_the_chat(house: House, slack_there: SlackServer) -> None:
    await house.post(as_json(house.sender.message("hi")))
    await answered(house, Said("Hello", (Button("Track", "/track"),)))
    (old,) = slack_there.posted()
    press = house.sender.pressed(old, old.buttons[0])
    press["actions"][0]["value"] = "2:7"
    assert await house.post(as_form(press), ACTIONS) == 200
    await pauses_end(house.services)
    await deliver(Delivery(house.services.database, {"slack": house.slack}))
    assert "no longer offered" in slack_there.posted()[-1].shown


@on_sqlite
async def test_a_press_is_acknowledged_although_slack_cannot_be_asked(house: House, slack_there: SlackServer) -> None:
    await house.post(as_json(house.sender.message("cancel my order")))
    await answered(house, Said("Shall I?", (Button("Yes", "/affirm"),)))
    (asked,) = slack_there.posted()
    slack_there.seconds = 1.0
    slack_there.plan("chat.update", 500)
    started = time.monotonic()
    assert await house.post(as_form(house.sender.pressed(asked, asked.buttons[0])), ACTIONS) == 200
    assert time.monotonic() - started < 0.9
    assert (await stored(house.services))[1:] == [("Yes",)]


# --- where we are


@on_sqlite
async def test_of_a_workspace_where_we_are_not_nothing_is_kept(house: House) -> None:
    await house.slack.workspaces.introduce(house.slack.web)
    elsewhere = Sender(house.sender.slack, replace(house.sender.workspace, team="T0OTHER"))
    assert await house.post(as_json(elsewhere.message("hello"))) == 200
    assert await stored(house.services) == []


@on_sqlite
async def test_messages_are_taken_while_slack_answers_nothing(house: House, slack_there: SlackServer) -> None:
    slack_there.plan("auth.test", *["fatal_error"] * 50)
    assert await house.post(as_json(house.sender.message("hello"))) == 200
    assert await stored(house.services) == [("hello",)] and slack_there.calls == []
