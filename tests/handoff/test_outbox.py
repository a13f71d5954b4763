"""What is to be sent: in order within a conversation, each once, and an attempt cut off is not made again."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import sqlalchemy as sa
from handoff_testing import RAHIM, answer, ask_for_person, change, count, rows, write

from handoff import inbox, outbox, ownership
from handoff.clock import now as clock_now
from handoff.inbox import Incoming
from handoff.models import deliveries
from handoff.outbox import Due
from handoff.services import Services


async def speak(services: Services, address: str, *replies: str) -> None:
    await write(services, "hello", address)
    await answer(services, *replies)


async def take(services: Services) -> Due:
    due = await outbox.take_due(services.database)
    assert due is not None
    return due


async def statuses(services: Services) -> dict[str, str]:
    texts = {row["id"]: row["text"] for row in await rows(services.database, "messages")}
    return {texts[row["message_id"]]: row["status"] for row in await rows(services.database, "deliveries")}


async def test_a_later_message_waits_until_the_earlier_one_is_settled(services: Services) -> None:
    await speak(services, "amina", "one", "two")
    first = await take(services)
    assert (first.message.text, first.channel, first.address, first.attempts) == ("one", "fake", "amina", 1)
    assert await outbox.take_due(services.database) is None
    await outbox.settle(services.database, first.message.id, "sent")
    assert (await take(services)).message.text == "two"


async def test_one_conversation_that_must_wait_holds_up_no_other(services: Services) -> None:
    await speak(services, "amina", "one", "two")
    await speak(services, "jonas", "three")
    first = await take(services)
    await outbox.retry(services.database, first.message.id, clock_now() + timedelta(hours=1))
    assert (await take(services)).message.text == "three"
    assert await outbox.take_due(services.database) is None
    await change(services.database, "deliveries", next_at=clock_now() - timedelta(seconds=1))
    again = await take(services)
    assert (again.message.text, again.attempts) == ("one", 2)


async def test_a_failed_or_unknown_message_lets_the_next_one_pass(services: Services) -> None:
    await speak(services, "amina", "one", "two", "three")
    for status in ("failed", "unknown", "sent"):
        await outbox.settle(services.database, (await take(services)).message.id, status, "why")
    assert await outbox.take_due(services.database) is None
    assert await statuses(services) == {"one": "failed", "two": "unknown", "three": "sent"}


async def test_an_attempt_whose_process_died_becomes_unknown_and_is_not_made_again(services: Services) -> None:
    await speak(services, "amina", "one", "two")
    await take(services)
    assert await outbox.take_due(services.database) is None
    async with services.database.write() as tx:
        await tx.execute(
            sa.update(deliveries)
            .where(deliveries.c.status == "sending")
            .values(updated_at=clock_now() - outbox.STALE - timedelta(seconds=1))
        )
    assert (await take(services)).message.text == "two"
    assert await statuses(services) == {"one": "unknown", "two": "sending"}
    assert "stopped while sending" in {row["error"] for row in await rows(services.database, "deliveries")}
    assert await outbox.take_due(services.database) is None


async def test_of_many_senders_each_message_is_taken_by_one(services: Services) -> None:
    for number in range(4):
        await speak(services, f"v{number}", f"a{number}", f"b{number}")
    sent: list[str] = []

    async def sender() -> None:
        idle = 0
        while idle < 3:
            due = await outbox.take_due(services.database)
            if due is None:
                idle += 1
                await asyncio.sleep(0.01)
                continue
            sent.append(due.message.text)
            await outbox.settle(services.database, due.message.id, "sent")

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
    assert await outbox.take_due(services.database) is None
    await write(services)
    assert await outbox.take_due(services.database) is None
    assert await count(services.database, "deliveries") == 0
