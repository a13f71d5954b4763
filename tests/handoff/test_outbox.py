"""What is to be sent: in order within a conversation, each taken once, each attempt settled once."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import sqlalchemy as sa
from handoff_testing import RAHIM, answer, ask_for_person, count, rows, write

from handoff import dead_letters, inbox, outbox, ownership
from handoff.clock import now as clock_now
from handoff.incoming import Incoming
from handoff.models import deliveries
from handoff.outbox import Due
from handoff.services import Services


async def speak(services: Services, address: str, *replies: str) -> None:
    await write(services, "hello", address)
    await answer(services, *replies)


async def take(services: Services) -> Due:
    (due,) = await due_now(services)
    return due


async def due_now(services: Services, limit: int = 1) -> Sequence[Due]:
    return (await outbox.take_due(services.database, "fake", limit)).due


async def let_pauses_end(services: Services) -> None:
    async with services.database.write() as tx:
        in_turn = sa.update(deliveries).where(deliveries.c.next_at.is_not(None))
        await tx.execute(in_turn.values(next_at=clock_now() - timedelta(seconds=1)))


async def statuses(services: Services) -> dict[str, str]:
    texts = {row["id"]: row["text"] for row in await rows(services.database, "messages")}
    return {texts[row["message_id"]]: row["status"] for row in await rows(services.database, "deliveries")}


async def test_a_later_message_waits_until_the_earlier_one_is_settled(services: Services) -> None:
    await speak(services, "amina", "one", "two")
    first = await take(services)
    assert (first.message.text, first.channel, first.address, first.attempts) == ("one", "fake", "amina", 1)
    assert not await due_now(services)
    await outbox.settle(services.database, first, "sent")
    assert (await take(services)).message.text == "two"


async def test_one_conversation_that_must_wait_holds_up_no_other(services: Services) -> None:
    await speak(services, "amina", "one", "two")
    await speak(services, "jonas", "three")
    first = await take(services)
    await outbox.retry(services.database, first, clock_now() + timedelta(hours=1))
    assert (await take(services)).message.text == "three"
    assert not await due_now(services)
    await let_pauses_end(services)
    again = await take(services)
    assert (again.message.text, again.attempts) == ("one", 2)


async def test_a_failed_or_unknown_message_lets_the_next_one_pass(services: Services) -> None:
    await speak(services, "amina", "one", "two", "three")
    for status in ("failed", "unknown", "sent"):
        await outbox.settle(services.database, await take(services), status, "why")
    assert not await due_now(services)
    assert await statuses(services) == {"one": "failed", "two": "unknown", "three": "sent"}


async def test_of_many_senders_each_message_is_taken_by_one(services: Services) -> None:
    for number in range(4):
        await speak(services, f"v{number}", f"a{number}", f"b{number}")
    sent: list[str] = []

    async def sender() -> None:
        idle = 0
        while idle < 3:
            taken = await due_now(services, limit=2)
            idle = 0 if taken else idle + 1
            await asyncio.sleep(0.01)
            for due in taken:
                sent.append(due.message.text)
                await outbox.settle(services.database, due, "sent")

    await asyncio.gather(*(sender() for _ in range(4)))
    assert sorted(sent) == sorted(f"{letter}{number}" for letter in "ab" for number in range(4))
    for number in range(4):
        assert sent.index(f"a{number}") < sent.index(f"b{number}")


async def test_only_what_a_customer_may_see_goes_out_and_only_on_channels_that_push(services: Services) -> None:
    conversation = await ask_for_person(services)
    await ownership.claim(services, conversation.id, RAHIM)
    await ownership.reply(services, conversation.id, RAHIM, "a note", private=True)
    await ownership.reply(services, conversation.id, RAHIM, "a reply", private=False)
    await inbox.receive(services, Incoming("website", "k", "visitor", "hello"))
    await answer(services, "fetched by the widget")
    authors = {row["id"]: row["author"] for row in await rows(services.database, "messages")}
    going = [authors[row["message_id"]] for row in await rows(services.database, "deliveries", "seq")]
    assert going == ["system", "system", "agent"]
    assert "fetched by the widget" not in await statuses(services)


async def test_nothing_is_due_before_anything_was_said(services: Services) -> None:
    assert not await due_now(services)
    await write(services)
    assert not await due_now(services)
    assert await count(services.database, "deliveries") == 0


async def test_a_message_that_vanished_meanwhile_is_no_error(services: Services) -> None:
    await speak(services, "amina", "one")
    due = await take(services)
    async with services.database.write() as tx:
        await tx.execute(sa.delete(deliveries))
    assert not await outbox.settle(services.database, due, "failed", "why")
    await outbox.retry(services.database, due, clock_now())
    assert await count(services.database, "deliveries") == 0


async def test_whatever_a_provider_gives_as_its_reason_is_kept_as_far_as_it_can_be(services: Services) -> None:
    await speak(services, "amina", "one")
    await outbox.settle(services.database, await take(services), "failed", "no \x00 \ud800 " + "x" * 300)
    (row,) = await rows(services.database, "deliveries")
    assert row["error"] == "no  ? " + "x" * 194


async def test_the_desk_hears_of_agents_messages_and_of_what_went_wrong_and_of_nothing_else(
    services: Services,
) -> None:
    conversation = await ask_for_person(services)
    await ownership.claim(services, conversation.id, RAHIM)
    reply, _ = await ownership.reply(services, conversation.id, RAHIM, "a reply", private=False)
    while taken := await due_now(services):
        await outbox.settle(services.database, taken[0], "sent")
    await write(services, "hello", "jonas")
    await answer(services, "fails")
    lost = await take(services)
    await outbox.settle(services.database, lost, "failed", "why")
    heard = [row["payload"] for row in await rows(services.database, "events", "id") if row["kind"] == "delivery"]
    assert heard == [
        {"message_id": reply.id, "status": "sent"},
        {"message_id": lost.message.id, "status": "failed"},
    ]


async def test_who_finds_nothing_due_learns_when_to_look_again(services: Services) -> None:
    assert (await outbox.take_due(services.database, "fake")).look_at is None
    await speak(services, "amina", "one", "two")
    due = await take(services)
    at = clock_now() + timedelta(minutes=5)
    await outbox.retry(services.database, due, at)
    assert (await outbox.take_due(services.database, "fake")).look_at == at
    assert (await outbox.take_due(services.database, "another")).look_at is None


async def test_work_is_found_by_indexes_over_what_is_not_sent_yet(services: Services) -> None:
    """On both engines the planner takes the partial indexes, so that what was sent costs nothing."""
    await speak(services, "amina", *map(str, range(30)))
    for _ in range(28):
        await outbox.settle(services.database, await take(services), "sent")
    async with services.database.write() as tx:  # the same numbers for the planner each time
        await tx.execute(sa.text("analyze deliveries"))
    plans = await explained(services)
    used = {name for plan in plans for name in INDEXES if name in plan}
    assert used == INDEXES, plans


INDEXES = {"ix_deliveries_due", "ix_deliveries_open", "ix_deliveries_sending", "uq_deliveries_turn"}


async def explained(services: Services) -> list[str]:
    """The plans of everything that is asked of the deliveries from taking to giving up, with a big table in mind."""
    asked: list[tuple[str, object]] = []
    database = services.database

    def note(_c: object, _cursor: object, statement: str, parameters: object, *_: object) -> None:
        if statement.startswith("SELECT") and "deliveries" in statement:
            asked.append((statement, parameters))

    engines = {database.engine.sync_engine, database._writer.sync_engine}
    for engine in engines:
        sa.event.listen(engine, "before_cursor_execute", note)
    try:
        await outbox.settle(database, await take(services), "sent")
        await dead_letters.give_up_stopped(database)
        await dead_letters.channels_off(database, ())
    finally:
        for engine in engines:
            sa.event.remove(engine, "before_cursor_execute", note)
    plans = []
    async with database.read() as tx:
        if database.dialect == "postgresql":
            await tx.execute(sa.text("set local enable_seqscan = off"))  # a small table is read whole
        explain = "EXPLAIN " if database.dialect == "postgresql" else "EXPLAIN QUERY PLAN "
        for statement, parameters in asked:
            found = await tx.connection.exec_driver_sql(explain + statement, parameters)  # type: ignore[arg-type]
            plans.append("\n".join(str(row[-1]) for row in found))
    return plans
