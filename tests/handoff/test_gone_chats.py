"""A chat that is no more: what waits for it is given up at once, the desk sees it, and neighbours notice nothing."""

from __future__ import annotations

import asyncio

from handoff_testing import RAHIM, answer, ask_for_person, hire, rows, write

from handoff import dead_letters, events, outbox, ownership
from handoff.clock import now as clock_now
from handoff.outbox import Due
from handoff.services import Services

WHY = "the customer has blocked us"


async def speak(services: Services, address: str, *replies: str) -> str:
    message = await write(services, "hello", address)
    await answer(services, *replies)
    return message.conversation_id


async def take(services: Services) -> Due:
    (due,) = (await outbox.take_due(services.database, "fake")).due
    return due


async def fates(services: Services) -> dict[str, tuple[str, str | None]]:
    texts = {row["id"]: row["text"] for row in await rows(services.database, "messages")}
    return {
        texts[row["message_id"]]: (row["status"], row["error"]) for row in await rows(services.database, "deliveries")
    }


async def test_what_waits_behind_is_given_up_with_the_reason_and_others_are_sent(services: Services) -> None:
    conversation_id = await speak(services, "amina", "one", "two", "three")
    await speak(services, "jonas", "four")
    await outbox.settle(services.database, await take(services), "failed", WHY)
    await outbox.give_up_chat(services.database, conversation_id, WHY)
    assert await fates(services) == {
        "one": ("failed", WHY),
        "two": ("failed", WHY),
        "three": ("failed", WHY),
        "four": ("pending", None),
    }
    due = await take(services)
    assert due.message.text == "four"
    assert not (await outbox.take_due(services.database, "fake")).due


async def test_the_desk_hears_of_each_message(services: Services) -> None:
    conversation_id = await speak(services, "amina", "one", "two", "three")
    await outbox.settle(services.database, await take(services), "failed", WHY)
    async with services.database.watch() as tx:
        last = await events.latest_id(tx)
    await outbox.give_up_chat(services.database, conversation_id, WHY)
    async with services.database.watch() as tx:
        told = await events.after(tx, last)
    assert [(one.kind, one.payload["status"], one.public) for one in told] == [("delivery", "failed", False)] * 2


async def test_what_is_on_its_way_is_its_own_senders_to_settle(services: Services) -> None:
    conversation_id = await speak(services, "amina", "one", "two")
    first = await take(services)
    await outbox.give_up_chat(services.database, conversation_id, WHY)
    assert await fates(services) == {"one": ("sending", None), "two": ("failed", WHY)}
    assert await outbox.settle(services.database, first, "sent")
    assert not (await outbox.take_due(services.database, "fake")).due


async def test_what_is_said_later_is_tried_and_what_was_given_up_may_be_sent_again(services: Services) -> None:
    await hire(services.database, RAHIM)
    conversation = await ask_for_person(services)
    await outbox.give_up_chat(services.database, conversation.id, WHY)
    await ownership.claim(services, conversation.id, RAHIM)
    message, _ = await ownership.reply(services, conversation.id, RAHIM, "Are you there?", private=False)
    while (due := await take(services)).message.id != message.id:
        await outbox.settle(services.database, due, "sent")
    await outbox.settle(services.database, due, "failed", WHY)
    await outbox.give_up_chat(services.database, conversation.id, WHY)
    await dead_letters.resend(services.database, conversation.id, message.id)
    assert (await take(services)).message.id == message.id


async def test_given_up_by_several_at_once_it_is_told_once(services: Services) -> None:
    conversation_id = await speak(services, "amina", "one", "two", "three")
    async with services.database.watch() as tx:
        last = await events.latest_id(tx)
    await asyncio.gather(*(outbox.give_up_chat(services.database, conversation_id, WHY) for _ in range(5)))
    async with services.database.watch() as tx:
        told = [one.payload["message_id"] for one in await events.after(tx, last)]
    assert len(told) == len({*told}) == 3


async def test_parts_that_were_taken_are_kept_over_tries_and_sending_again(services: Services) -> None:
    conversation_id = await speak(services, "amina", "a long one")
    for parts in (1, 2):
        due = await take(services)
        assert due.parts == parts - 1
        await outbox.retry(services.database, due, clock_now(), parts)
    due = await take(services)
    await outbox.settle(services.database, due, "failed", "not taken after many tries")
    await dead_letters.resend(services.database, conversation_id, due.message.id)
    assert (await take(services)).parts == 2
