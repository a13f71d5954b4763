"""What pages are told: resumed at any id it equals a fresh fetch, and nothing private reaches a customer."""

from __future__ import annotations

import asyncio

from handoff_testing import RAHIM, answer, ask_for_person, write

from handoff import events, ownership, store
from handoff.clock import new_id
from handoff.clock import now as clock_now
from handoff.events import Event
from handoff.services import Services


async def a_day(services: Services) -> list[str]:
    """Two conversations with everything in them that makes events; their ids."""
    first = await ask_for_person(services, "amina", language="bn")
    await write(services, "hello", "jonas")
    await ownership.claim(services, first.id, RAHIM)
    await ownership.reply(services, first.id, RAHIM, "a note", private=True)
    await ownership.reply(services, first.id, RAHIM, "hello Amina", private=False)
    turn = await answer(services, "hello Jonas", "how can I help?")
    await ownership.return_to_bot(services, first.id, RAHIM)
    return [first.id, turn.conversation.id]


async def read(services: Services, last: int, conversation_id: str | None = None, limit: int = 200) -> list[Event]:
    async with services.database.read() as tx:
        return await events.after(tx, last, conversation_id, limit)


async def test_resumed_at_any_id_a_page_has_what_a_fresh_one_has(services: Services) -> None:
    conversations = await a_day(services)
    for watched in (None, *conversations):
        everything = await read(services, 0, watched)
        assert [event.id for event in everything] == sorted(event.id for event in everything)
        for cut in range(len(everything) + 1):
            last = everything[cut - 1].id if cut else 0
            assert everything[:cut] + await read(services, last, watched) == everything
    async with services.database.read() as tx:
        assert await events.latest_id(tx) == (await read(services, 0))[-1].id


async def test_page_by_page_nothing_is_left_out(services: Services) -> None:
    await a_day(services)
    found: list[Event] = []
    while page := await read(services, found[-1].id if found else 0, limit=2):
        assert len(page) <= 2
        found += page
    assert found == await read(services, 0)


async def test_the_events_of_a_conversation_name_its_whole_public_transcript(services: Services) -> None:
    for conversation_id in await a_day(services):
        seen = await read(services, 0, conversation_id)
        async with services.database.read() as tx:
            transcript = await store.transcript(tx, conversation_id)
            named = await store.messages_by_id(tx, [message.id for message in transcript])
            conversation = await store.get(tx, conversation_id)
        ids = [event.payload["message_id"] for event in seen if event.kind == "message"]
        assert ids == [message.id for message in transcript]
        assert [named[one] for one in ids] == transcript
        assert {event.conversation_id for event in seen} == {conversation_id}
        assert all(event.public for event in seen)
        assert conversation is not None
        statuses = [event.payload["status"] for event in seen if event.kind == "status"]
        assert (statuses or ["bot"])[-1] == conversation.status


async def test_an_event_is_not_overtaken_by_one_that_committed_earlier(services: Services) -> None:
    """A page that read up to the later id would never see the earlier one."""
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def slow() -> None:
        async with services.database.write() as tx:
            await events.append(tx, "status", "slow", {}, clock_now())
            begun.set()
            await go_on.wait()

    async def fast() -> None:
        await begun.wait()
        async with services.database.write() as tx:
            await events.append(tx, "status", "fast", {}, clock_now())

    writers = [asyncio.create_task(slow()), asyncio.create_task(fast())]
    await asyncio.wait(writers, timeout=0.3)
    found = await read(services, 0)
    go_on.set()
    await asyncio.gather(*writers)
    found += await read(services, found[-1].id if found else 0)
    assert sorted(event.conversation_id for event in found) == ["fast", "slow"]


async def test_a_page_that_reads_while_many_write_misses_nothing(services: Services) -> None:
    async def writer(number: int) -> None:
        for step in range(4):
            async with services.database.write() as tx:
                await events.append(tx, "status", f"{number}", {"step": step}, clock_now())

    writing = asyncio.gather(*(writer(number) for number in range(8)))
    found: list[Event] = []
    while True:
        finished = writing.done()
        found += await read(services, found[-1].id if found else 0, limit=3)
        if finished and found == await read(services, 0):
            break
        if finished:
            assert await read(services, found[-1].id), "an event was passed over"
    await writing
    for number in range(8):
        assert [one.payload["step"] for one in found if one.conversation_id == f"{number}"] == [0, 1, 2, 3]


async def test_a_rolled_back_change_leaves_no_event(services: Services) -> None:
    try:
        async with services.database.write() as tx:
            await events.append(tx, "status", new_id(), {}, clock_now())
            raise LookupError
    except LookupError:
        pass
    assert await read(services, 0) == []
    async with services.database.read() as tx:
        assert await events.latest_id(tx) == 0
