"""What pages are told: resumed at any id it equals a fresh fetch, and nothing private reaches a customer."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import sqlalchemy as sa
from handoff_testing import RAHIM, answer, ask_for_person, write

from handoff import events, ownership, store
from handoff.clock import new_id
from handoff.clock import now as clock_now
from handoff.database import Database
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
    async with services.database.watch() as tx:
        return await events.after(tx, last, conversation_id, limit)


async def latest(services: Services, conversation_id: str | None = None) -> int:
    async with services.database.watch() as tx:
        return await events.latest_id(tx, conversation_id)


async def append(database: Database, conversation_id: str, **payload: int) -> None:
    async with database.write() as tx:
        await events.append(tx, "status", conversation_id, payload, clock_now())


class TakenBack(Exception):
    pass


@asynccontextmanager
async def unfinished(database: Database, conversation_id: str, kept: bool = True) -> AsyncIterator[None]:
    """A transaction that has written an event and ends only when this does."""
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def slow() -> None:
        async with database.write() as tx:
            await events.append(tx, "status", conversation_id, {}, clock_now())
            begun.set()
            await go_on.wait()
            if not kept:
                raise TakenBack

    task = asyncio.create_task(slow())
    await begun.wait()
    try:
        yield
    finally:
        go_on.set()
        await asyncio.gather(task, return_exceptions=not kept)


only_postgres = pytest.mark.parametrize(
    "database", [pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True
)


async def test_resumed_at_any_id_a_page_has_what_a_fresh_one_has(services: Services) -> None:
    conversations = await a_day(services)
    for watched in (None, *conversations):
        everything = await read(services, 0, watched)
        assert [event.id for event in everything] == sorted(event.id for event in everything)
        for cut in range(len(everything) + 1):
            last = everything[cut - 1].id if cut else 0
            assert everything[:cut] + await read(services, last, watched) == everything
    assert await latest(services) == (await read(services, 0))[-1].id


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
    async with unfinished(services.database, "slow"):
        fast = asyncio.create_task(append(services.database, "fast"))
        await asyncio.wait([fast], timeout=0.3)
        found = await read(services, 0)
    await fast
    found += await read(services, found[-1].id if found else 0)
    assert [event.conversation_id for event in found] == ["slow", "fast"]


@only_postgres
@pytest.mark.parametrize("last_taken", [None, 2**31 - 3, 2**31 - 2, 2**31 - 1, 2**40])
async def test_nobody_waits_to_write_and_the_page_waits_for_the_earlier_ones(
    services: Services, last_taken: int | None
) -> None:
    """At whichever id; a mark of who is writing has room for 31 bits of one."""
    database = services.database
    async with database.write() as tx:
        if last_taken is not None:
            await tx.execute(sa.text(f"select setval('events_id_seq', {last_taken})"))
    await append(database, "before")
    first = await latest(services)
    async with unfinished(database, "slow"):
        await asyncio.wait_for(append(database, "fast"), 10)
        async with unfinished(database, "also slow"):
            assert await read(services, first) == []
            assert await latest(services) == first
            assert [event.conversation_id for event in await read(services, 0, "fast")] == ["fast"]
            assert await latest(services, "fast") > first
        assert await read(services, first) == []
    assert [event.conversation_id for event in await read(services, first)] == ["slow", "fast", "also slow"]
    async with database.write() as tx:
        await tx.execute(sa.text("select setval('events_id_seq', 1, false)"))


@only_postgres
async def test_a_change_that_is_taken_back_holds_up_nobody(services: Services) -> None:
    async with unfinished(services.database, "slow", kept=False):
        await append(services.database, "fast")
        assert await read(services, 0) == []
    assert [event.conversation_id for event in await read(services, 0)] == ["fast"]


@only_postgres
async def test_locks_that_are_not_of_this_table_hold_up_nobody(services: Services) -> None:
    await append(services.database, "one")
    await append(services.database, "two")
    async with services.database.write() as tx:
        await tx.execute(sa.text("select pg_advisory_xact_lock_shared(1, 0), pg_advisory_xact_lock_shared(1)"))
        assert [event.conversation_id for event in await read(services, 0)] == ["one", "two"]


async def test_a_page_that_reads_while_many_write_misses_nothing(services: Services) -> None:
    chance = random.Random(7)
    # on SQLite there is one writer, and nobody can overtake
    longest = 0.2 if services.database.dialect == "postgresql" else 0.005

    async def writer(number: int) -> None:
        for step in range(6):
            try:
                async with services.database.write() as tx:
                    await events.append(tx, "status", f"{number}", {"step": step}, clock_now())
                    await asyncio.sleep(chance.random() * longest)
                    if step % 2:
                        raise TakenBack
            except TakenBack:
                pass

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
        assert [one.payload["step"] for one in found if one.conversation_id == f"{number}"] == [0, 2, 4]


async def test_a_customers_page_starts_at_its_own_conversations_newest_event(services: Services) -> None:
    """What another conversation's transaction has not committed yet has no part in it."""
    await append(services.database, "amina")
    own = await latest(services, "amina")
    await append(services.database, "jonas")
    assert own < await latest(services) == await latest(services, "jonas")
    async with services.database.write() as tx:  # not under the conversation's row, so nothing to go by
        await events.append(tx, "delivery", "amina", {}, clock_now(), public=False)
    assert await latest(services, "amina") == own
    assert await latest(services, "nobody") == 0


async def test_a_rolled_back_change_leaves_no_event(services: Services) -> None:
    try:
        async with services.database.write() as tx:
            await events.append(tx, "status", new_id(), {}, clock_now())
            raise LookupError
    except LookupError:
        pass
    assert await read(services, 0) == []
    assert await latest(services) == 0
