"""Signs of typing and reading: heard by whoever watches, over by themselves, and in nobody's way."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import timedelta

import pytest
import sqlalchemy as sa
from erasure_testing import erase
from handoff_testing import RAHIM, SADIA, arrive, ask_for_person, change, count, rows, state, write

from handoff import ownership, signs, store
from handoff.clock import new_id, now
from handoff.conversations import Conversation, Refused
from handoff.events import topic
from handoff.models import conversations
from handoff.services import Services
from handoff.signs import Signs


async def of(services: Services, conversation_id: str) -> Signs:
    async with services.database.read() as tx:
        return await signs.of(tx, conversation_id)


async def claimed(services: Services) -> Conversation:
    await arrive(services.database, RAHIM)
    return await ownership.claim(services, (await ask_for_person(services)).id, RAHIM)


async def test_who_types_is_heard_of_at_once_and_it_is_over_by_itself(services: Services) -> None:
    conversation = await claimed(services)
    watching = services.database.signals.subscribe(topic(conversation.id), "events")
    await signs.typing(services.database, conversation.id, "customer")
    assert await watching.wait(1)
    known = await of(services, conversation.id)
    assert 5 < known.typing_for("customer", now()) <= 6
    assert known.typing_for("agent", now()) == 0
    assert known.typing_for("customer", now() + timedelta(seconds=6)) == 0


async def test_a_sign_leaves_no_event_and_does_not_change_the_conversation(services: Services) -> None:
    conversation = await claimed(services)
    events = await rows(services.database, "events")
    await signs.typing(services.database, conversation.id, "customer")
    await ownership.typing(services, conversation.id, RAHIM)
    await ownership.seen(services, conversation.id, RAHIM, 1)
    assert await rows(services.database, "events") == events
    assert await state(services, conversation.id) == conversation


async def test_the_same_sign_over_and_over_is_written_once_in_a_while(services: Services) -> None:
    conversation = await claimed(services)
    await signs.typing(services.database, conversation.id, "customer")
    first = await rows(services.database, "chat_signs")
    await asyncio.gather(*(signs.typing(services.database, conversation.id, "customer") for _ in range(20)))
    assert await rows(services.database, "chat_signs") == first
    await change(services.database, "chat_signs", customer_typing_until=now() + signs.TYPING - signs.FRESH)
    await signs.typing(services.database, conversation.id, "customer")
    assert (await of(services, conversation.id)).typing_for("customer", now()) > 5


async def test_who_types_to_the_bot_is_watched_by_nobody(services: Services) -> None:
    message = await write(services)
    await signs.typing(services.database, message.conversation_id, "customer")
    await signs.typing(services.database, new_id(), "customer")
    assert await count(services.database, "chat_signs") == 0


async def test_what_was_typed_is_there_and_nobody_types_any_more(services: Services) -> None:
    conversation = await claimed(services)
    await signs.typing(services.database, conversation.id, "customer")
    await ownership.typing(services, conversation.id, RAHIM)
    await write(services, "and it is broken")
    known = await of(services, conversation.id)
    assert (known.typing_for("customer", now()), known.typing_for("agent", now()) > 0) == (0, True)
    await ownership.reply(services, conversation.id, RAHIM, "a note meanwhile", private=True)
    assert (await of(services, conversation.id)).typing_for("agent", now()) > 0
    await ownership.reply(services, conversation.id, RAHIM, "I see", private=False)
    assert (await of(services, conversation.id)).typing_for("agent", now()) == 0


async def test_reading_goes_only_forward_and_no_further_than_there_is_something(services: Services) -> None:
    conversation = await claimed(services)
    last = await write(services, "are you there?")
    await ownership.seen(services, conversation.id, RAHIM, 2**31 - 1)
    assert (await of(services, conversation.id)).agent_seen == last.seq
    await ownership.seen(services, conversation.id, RAHIM, 1)
    assert (await of(services, conversation.id)).agent_seen == last.seq
    reply, _ = await ownership.reply(services, conversation.id, RAHIM, "yes", private=False)
    await ownership.reply(services, conversation.id, RAHIM, "patience!", private=True)
    await signs.seen(services.database, conversation.id, "customer", reply.seq - 1)
    assert (await of(services, conversation.id)).customer_seen == 0
    await signs.seen(services.database, conversation.id, "customer", reply.seq + 1)
    assert (await of(services, conversation.id)).customer_seen == reply.seq


async def test_many_who_read_at_once_leave_the_furthest(services: Services) -> None:
    conversation = await claimed(services)
    seqs = [(await write(services, f"line {number}")).seq for number in range(8)]
    await asyncio.gather(*(ownership.seen(services, conversation.id, RAHIM, seq) for seq in seqs))
    assert (await of(services, conversation.id)).agent_seen == seqs[-1]


async def test_only_the_owner_gives_signs_to_the_customer(services: Services) -> None:
    conversation = await claimed(services)
    await arrive(services.database, SADIA)
    for step in (
        ownership.typing(services, conversation.id, SADIA),
        ownership.seen(services, conversation.id, SADIA, 1),
    ):
        with pytest.raises(Refused) as refused:
            await step
        assert refused.value.code == "not_yours"
    with pytest.raises(ownership.NotFound):
        await ownership.typing(services, new_id(), RAHIM)
    assert await of(services, conversation.id) == signs.NONE


@pytest.mark.parametrize("database", [pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True)
async def test_a_sign_waits_for_nobody_who_has_the_conversation(services: Services) -> None:
    """Once there were any: a turn, or a slow step at the desk, holds no sign up. SQLite has one writer anyway."""
    conversation = await claimed(services)
    await signs.typing(services.database, conversation.id, "customer")
    async with services.database.write() as tx:
        assert await store.get(tx, conversation.id, lock=True)
        async with asyncio.timeout(3):
            await ownership.typing(services, conversation.id, RAHIM)
            await ownership.seen(services, conversation.id, RAHIM, 1)
    assert (await of(services, conversation.id)).agent_seen == 1


async def test_signs_messages_and_erasures_at_once_neither_block_each_other_nor_leave_anything(
    services: Services,
) -> None:
    conversation = await claimed(services)
    database = services.database

    async def sign(number: int) -> None:
        side: signs.Side = "customer" if number % 2 else "agent"
        await signs.typing(database, conversation.id, side)
        await signs.seen(database, conversation.id, side, number)

    async def talk(number: int) -> None:
        with suppress(ownership.NotFound):
            await ownership.reply(services, conversation.id, RAHIM, f"{number}", private=False)

    async with asyncio.timeout(30):
        await asyncio.gather(*(sign(n) for n in range(12)), *(talk(n) for n in range(6)))
        await asyncio.gather(*(sign(n) for n in range(12)), erase(services, "fake:amina"), *(talk(n) for n in range(6)))
    assert await count(database, "chat_signs") == 0
    async with database.read() as tx:
        assert await tx.scalar(sa.select(sa.func.count()).select_from(conversations)) == 0
