"""Erased is erased: nothing of a contact is found in any table or file, and nothing of it comes back (promise 25)."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress

import pytest
import sqlalchemy as sa
from erasure_testing import MARKED, erase, found, ids, live
from handoff_testing import (
    RAHIM,
    SADIA,
    WORKER,
    answer,
    ask_for_person,
    count,
    hire,
    lease,
    rows,
    said,
    state,
    tracked,
    write,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from handoff import absence, erasure, events, inbox, outbox, ownership, ratings, store, turns, turnstile
from handoff.clock import new_id, now
from handoff.conversations import Refused
from handoff.incoming import Incoming
from handoff.messages import Said
from handoff.models import conversations, metadata
from handoff.ownership import NotFound
from handoff.services import Services
from handoff.turns import Outcome

NOBODY = new_id()


async def export(services: Services, who: str) -> dict:
    async with services.database.read() as tx:
        contact_id = await erasure.find(tx, who)
    assert contact_id is not None
    exported = await erasure.export(services.database, contact_id)
    assert exported is not None
    return exported


@pytest.fixture
async def desk(services: Services) -> None:
    """The people at the desk, gone for today."""
    for person in (RAHIM, SADIA):
        await hire(services.database, person)


@pytest.mark.parametrize("mark", ["zq-plum-lantern", "গোপন-চিহ্ন"])
async def test_of_an_erased_contact_nothing_is_found_in_any_table_or_file(
    services: Services, desk: None, mark: str
) -> None:
    mark = f"{mark}-{new_id()[-6:]}"
    other = f"jonas-{new_id()[-6:]}"
    conversation = await state(services, await live(services, RAHIM, mark))
    await live(services, RAHIM, other)
    for table in MARKED:
        assert mark in str(await rows(services.database, table)), table
    before = await export(services, f"fake:{other}")
    receipts = await count(services.database, "receipts")

    erased = await erase(services, f"fake:{mark}")

    assert await found(services.database, mark) == 0
    assert erased.unswept is None
    assert erased.counts["contacts"] == erased.counts["identities"] == erased.counts["conversations"] == 1
    assert erased.counts["handoffs"] == 2
    assert erased.counts["ratings"] == 1
    assert erased.counts["messages"] > 15
    everything = {name: await rows(services.database, name) for name in metadata.tables}
    for name, kept in everything.items():
        if name != "events":  # the word that it is gone
            assert not [row for row in kept if ids(conversation) & {str(value) for value in row.values()}], name
    # what the channel called their messages stays, so that late copies bring nothing back
    assert len(everything["receipts"]) == receipts
    after = await export(services, f"fake:{other}")
    assert {**after, "exported_at": None} == {**before, "exported_at": None}


STEPS = ("write", "press", "turn", "person", "claim", "reply", "note", "transfer", "requeue", "return", "resolve")
STEPS += ("rate", "comment", "contact", "send", "lose")


async def take(services: Services, step: str, mark: str, conversation_id: str) -> None:
    """One thing that may happen to a conversation; the steps that do not fit its state change nothing."""
    match step:
        case "write":
            await write(services, f"{mark} " * 20, mark)
        case "press":
            await write(services, address=mark, payload=absence.WAIT)
        case "turn" | "person":
            turn = await turns.lease_next(services, WORKER)
            if turn is not None:
                place = (turn.events_at[1] + 1) if turn.events_at else 0
                reason = "human_agent" if step == "person" else None
                outcome = Outcome([Said(f"well, {mark}")], "en", handoff_reason=reason, known={"name": mark})
                kept = tracked(0, place, json.dumps([{"event": "user", "text": mark}]))
                await turns.finish(services, turn, outcome, WORKER, kept)
        case "claim":
            await ownership.claim(services, conversation_id, RAHIM)
        case "reply" | "note":
            await ownership.reply(services, conversation_id, RAHIM, f"{mark}!", private=step == "note")
        case "transfer":
            await ownership.transfer(services, conversation_id, RAHIM, SADIA, note=mark)
        case "requeue":
            await ownership.transfer(services, conversation_id, RAHIM)
        case "return":
            await ownership.return_to_bot(services, conversation_id, RAHIM)
        case "resolve":
            await ownership.resolve(services, conversation_id, RAHIM)
        case "rate":
            await write(services, address=mark, payload=f"{ratings.PREFIX}1")
        case "comment":
            await write(services, address=mark, payload=ratings.COMMENT)
        case "contact":
            await write(services, address=mark, payload=absence.CONTACT)
        case "send" | "lose":
            for due in (await outbox.take_due(services.database, "fake")).due:
                if step == "lose":
                    await outbox.settle(services.database, due, "unknown", mark)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=st.lists(st.sampled_from(STEPS), max_size=25))
async def test_whatever_happened_before_nothing_is_found_after(services: Services, history: list[str]) -> None:
    mark = f"zq-{new_id()}"
    for person in (RAHIM, SADIA):
        with suppress(sa.exc.IntegrityError):  # hired in an earlier example
            await hire(services.database, person)
    first = await write(services, mark, mark)
    for step in history:
        with suppress(Refused):
            await take(services, step, mark, first.conversation_id)
    await erase(services, first.conversation_id)
    assert await found(services.database, mark) == 0
    for table in (*MARKED, "conversations", "turns"):
        assert await count(services.database, table) == 0, table


async def test_a_late_copy_of_an_erased_message_brings_nothing_back_and_a_new_one_begins_anew(
    services: Services, desk: None
) -> None:
    await live(services, RAHIM, "amina")
    late = Incoming("fake", "the-key", "amina", "my secret", name="Amina")
    old, _ = await inbox.receive(services, late)
    await erase(services, "fake:amina")
    for _ in range(3):
        with pytest.raises(inbox.Erased):
            await inbox.receive(services, late)
    for table in ("contacts", "identities", "conversations", "messages", "turns"):
        assert await count(services.database, table) == 0

    fresh, new = await inbox.receive(services, Incoming("fake", "another", "amina", "hello"))
    assert (new, fresh.seq) == (True, 1)
    assert not ids(await state(services, fresh.conversation_id)) & {old.conversation_id}
    assert await said(services, fresh.conversation_id) == [("customer", "hello")]
    with pytest.raises(inbox.Erased):
        await inbox.receive(services, late)
    exported = await export(services, "fake:amina")
    assert exported["contact"]["name"] is None
    assert [len(one["handoffs"]) for one in exported["conversations"]] == [0]


async def test_a_turn_that_runs_meanwhile_leaves_nothing(services: Services) -> None:
    message = await write(services, "secret")
    turn = await lease(services)
    await erase(services, message.conversation_id)
    outcome = Outcome([Said("your secret")], "en", handoff_reason="human_agent", known={"what": "secret"})
    assert not await turns.finish(services, turn, outcome, WORKER, tracked(0, 0, '["secret"]'))
    await turns.fail(services, turn, WORKER, "Error", final=True)
    assert await found(services.database, "secret") == 0
    assert await turns.lease_next(services, WORKER) is None


async def test_a_message_that_is_being_sent_meanwhile_is_settled_without_a_word(services: Services) -> None:
    message = await write(services, "secret")
    await answer(services, "your secret", "and more of it")
    (due,) = (await outbox.take_due(services.database, "fake")).due
    await erase(services, message.conversation_id)
    await outbox.settle(services.database, due, "sent")
    await outbox.settle(services.database, due, "failed", "gone")
    await outbox.retry(services.database, due, now())
    assert not (await outbox.take_due(services.database, "fake")).due
    assert await count(services.database, "deliveries") == 0


async def test_an_erasure_and_a_worker_at_the_same_line_of_messages_do_not_wait_for_each_other(
    services: Services,
) -> None:
    message = await write(services, "secret")
    await answer(services, "first", "second")
    first, second = await rows(services.database, "deliveries", "seq")
    table = metadata.tables["deliveries"]
    async with services.database.write() as tx:  # as a worker that settles the second and lets the first have its turn
        await turnstile.hold(tx, message.conversation_id)
        for row in (second, first):
            await tx.execute(sa.update(table).where(table.c.message_id == row["message_id"]).values(error="seen"))
            if row is second:
                erasing = asyncio.create_task(erase(services, message.conversation_id))
                await asyncio.sleep(0.3)
    assert (await erasing).counts["deliveries"] == 2


async def test_an_agent_who_has_it_open_is_told_that_there_is_no_such_conversation(
    services: Services, desk: None
) -> None:
    conversation = await ask_for_person(services)
    await ownership.claim(services, conversation.id, RAHIM)
    async with services.database.read() as tx:
        last = await events.latest_id(tx)
    watching = services.database.signals.subscribe("events", events.topic(conversation.id))
    await erase(services, conversation.id)
    assert await watching.wait(5)
    watching.close()
    async with services.database.read() as tx:
        told = await events.after(tx, last)
    assert [(one.kind, one.conversation_id, one.payload) for one in told] == [
        ("status", conversation.id, {"status": "erased"})
    ]
    for late in (
        ownership.reply(services, conversation.id, RAHIM, "are you there?", private=False, key="k"),
        ownership.reply(services, conversation.id, RAHIM, "gone", private=True),
        ownership.resolve(services, conversation.id, RAHIM),
    ):
        with pytest.raises(NotFound):
            await late


async def test_while_messages_keep_coming_no_half_of_a_contact_is_left(services: Services) -> None:
    async def keep_writing(worker: int) -> None:
        for number in range(8):
            await inbox.receive(services, Incoming("fake", f"{worker}-{number}", "amina", "secret"))

    async def keep_erasing() -> None:
        for _ in range(6):
            await asyncio.sleep(0.01)
            async with services.database.read() as tx:
                contact_id = await erasure.find(tx, "fake:amina")
            if contact_id is not None:
                await erasure.erase(services.database, contact_id)

    await asyncio.gather(*(keep_writing(worker) for worker in range(4)), keep_erasing())
    stored = await rows(services.database, "messages", "seq")
    assert [row["seq"] for row in stored] == list(range(1, len(stored) + 1))
    assert {row["conversation_id"] for row in stored} == {
        row["id"] for row in await rows(services.database, "conversations")
    }
    await write(services, "hello")
    await erase(services, "fake:amina")
    assert await found(services.database, "secret") == 0


async def test_all_conversations_of_a_contact_go_and_erasing_again_is_harmless(services: Services) -> None:
    first = await write(services, "secret", "amina")
    second = await write(services, "secret", "amina-at-work")
    one = await state(services, first.conversation_id)
    async with services.database.write() as tx:  # two addresses of one person, as a shop may vouch
        for table in (metadata.tables["identities"], conversations):
            await tx.execute(sa.update(table).values(contact_id=one.contact_id))
    exported = await export(services, "fake:amina-at-work")
    assert {each["id"] for each in exported["conversations"]} == {first.conversation_id, second.conversation_id}
    assert [each["address"] for each in exported["identities"]] == ["amina", "amina-at-work"]
    erased = await erasure.erase(services.database, one.contact_id)
    assert (erased.counts["conversations"], erased.counts["identities"]) == (2, 2)
    assert await count(services.database, "messages") == 0
    again = await erasure.erase(services.database, one.contact_id)
    assert set(again.counts.values()) == {0}


async def test_a_contact_is_found_by_its_id_a_conversation_or_an_address(services: Services) -> None:
    message = await write(services, "hello", "team:C1:U7")
    contact_id = (await state(services, message.conversation_id)).contact_id
    await write(services, "hello", "jonas")
    async with services.database.read() as tx:
        for who in (contact_id, message.conversation_id, "fake:team:C1:U7"):
            assert await erasure.find(tx, who) == contact_id
        for who in (
            "",
            ":",
            "fake:",
            "fake:team",
            "website:team:C1:U7",
            NOBODY,
            message.id,
            "\udcff",
            "fake:\udcff",
            "\x00",
        ):
            assert await erasure.find(tx, who) is None, who
    assert await erasure.export(services.database, NOBODY) is None


async def test_the_export_holds_every_word_of_and_about_the_contact_and_of_nobody_else(
    services: Services, desk: None
) -> None:
    conversation_id = await live(services, RAHIM, "amina-k")
    await live(services, RAHIM, "jonas-k")
    exported = json.loads(json.dumps(await export(services, conversation_id)))
    assert "jonas-k" not in json.dumps(exported)
    assert exported["contact"]["name"] == "amina-k K"
    assert [(one["channel"], one["address"]) for one in exported["identities"]] == [("fake", "amina-k")]
    (conversation,) = exported["conversations"]
    assert (conversation["id"], conversation["status"], conversation["reason"]) == (
        conversation_id,
        "queued",
        "complaint",
    )
    async with services.database.read() as tx:
        transcript = await store.transcript(tx, conversation_id, private=True)
    for message, told in zip(transcript, conversation["messages"], strict=True):
        assert (message.seq, message.author, message.text, message.payload, message.private) == (
            told["seq"],
            told["author"],
            told["text"],
            told["payload"],
            told["private"],
        )
        assert [button.as_json() for button in message.buttons] == told["buttons"]
    notes = [one["text"] for one in conversation["messages"] if one["private"]]
    assert notes[:2] == ["amina-k is rude", "yours: amina-k"]
    assert "Your order amina-k is on its way." in notes[2]
    (followed,), (piece,) = conversation["followed_orders"], conversation["order_news"]
    assert followed["order_number"] == "amina-k"
    assert (piece["kind"], piece["status"], piece["details"]["carrier"]) == ("shipped", "noted", "amina-k")
    assert not {"key", "digest", "conversation_id"} & piece.keys()
    assert {one["delivery"] for one in conversation["messages"]} == {None, "failed", "pending"}
    first, second = conversation["handoffs"]
    assert (first["brief"]["known"], first["outcome"], first["rating"]["score"]) == (
        {"order": "amina-k"},
        "resolved",
        2,
    )
    assert first["rating"]["comment"] == "too slow, amina-k"
    assert (second["brief"]["known"], second["contact"]) == ({"item": {"name": "amina-k"}}, "amina-k@example.com")
    assert (
        conversation["slots"]
        == [{"name": "order_contact", "value": "amina-k", "noted_at": "2025-11-24T16:00:00.500Z"}] * 2
    )


def test_every_table_that_hangs_on_a_contact_is_erased() -> None:
    """Whoever adds a table says here what becomes of it."""
    reached = {"contacts"}
    names = {"contact_id", "identity_id", "conversation_id", "message_id", "handoff_id"}
    for table in metadata.sorted_tables:
        refers = {key.column.table.name for key in table.foreign_keys} & reached
        if refers or names & set(table.c.keys()):
            reached.add(table.name)
    assert reached - {"receipts"} == set(erasure.TABLE_NAMES)
