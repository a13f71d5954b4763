"""Erasures that were asked for in the chat: not before the answer was read, once, and never half."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from handoff_testing import RAHIM, WORKER, answer, count, hire, lease, rows, said, state, write
from news_testing import follow

from handoff import due_erasures, erasure, inbox, ownership, turns
from handoff.clock import new_id, now
from handoff.database import Database, DatabaseAway, Transaction
from handoff.incoming import Incoming
from handoff.messages import Said
from handoff.models import due_erasures as table
from handoff.services import Services
from handoff.turns import Outcome


async def asked(services: Services, address: str = "amina") -> str:
    """A customer whose yes was answered; the conversation's id."""
    message = await write(services, "yes, erase it all", address)
    await answer(services, "In 2 minutes all of it goes.", erase=True)
    return message.conversation_id


async def is_due(services: Services) -> None:
    """The time has come, for whoever asked."""
    async with services.database.write() as tx:
        await tx.execute(sa.update(table).values(due_at=now() - timedelta(seconds=1)))


async def test_it_happens_when_it_is_due_and_not_before(services: Services) -> None:
    conversation_id = await asked(services)
    other = await write(services, "hello", "jonas")
    assert await due_erasures.carry_out(services.database) == []
    assert (await said(services, conversation_id))[-1] == ("bot", "In 2 minutes all of it goes.")
    (row,) = await rows(services.database, "due_erasures")
    assert row["due_at"] - row["asked_at"] == due_erasures.GRACE
    await is_due(services)
    (erased,) = await due_erasures.carry_out(services.database)
    assert erased.unswept is None
    assert erased.counts["conversations"] == erased.counts["due_erasures"] == 1
    assert await count(services.database, "due_erasures") == 0
    assert [row["id"] for row in await rows(services.database, "conversations")] == [other.conversation_id]
    assert await due_erasures.carry_out(services.database) == []


async def test_the_channel_hears_that_the_chat_is_over_and_a_new_message_begins_a_new_one(services: Services) -> None:
    conversation_id = await asked(services)
    await is_due(services)
    await due_erasures.carry_out(services.database)
    last = (await rows(services.database, "events", "id"))[-1]
    assert (last["conversation_id"], last["payload"], last["public"]) == (conversation_id, {"status": "erased"}, True)
    message = await write(services, "hello again")
    assert message.conversation_id != conversation_id and message.seq == 1


async def test_a_late_copy_of_the_yes_brings_nothing_back(services: Services) -> None:
    incoming = Incoming("fake", new_id(), "amina", "yes, erase it all")
    await inbox.receive(services, incoming)
    await answer(services, "well", erase=True)
    await is_due(services)
    await due_erasures.carry_out(services.database)
    with pytest.raises(inbox.Erased):
        await inbox.receive(services, incoming)
    assert await count(services.database, "conversations") == await count(services.database, "due_erasures") == 0


async def test_a_turn_that_does_not_stand_asks_for_nothing(services: Services) -> None:
    message = await write(services)
    turn = await lease(services)
    await hire(services.database, RAHIM)
    await ownership.take_over(services, message.conversation_id, RAHIM)
    assert not await turns.finish(services, turn, Outcome([Said("gone")], "en", erase=True), WORKER, None)
    assert await count(services.database, "due_erasures") == 0


async def test_asked_twice_is_asked_once_and_not_put_off(services: Services) -> None:
    conversation_id = await asked(services)
    (first,) = await rows(services.database, "due_erasures")
    await asked(services)
    assert await rows(services.database, "due_erasures") == [first]
    assert len(await said(services, conversation_id)) == 4


async def test_all_chats_of_the_contact_go_and_those_of_others_stay(services: Services) -> None:
    await follow(services, "jonas", {"10003": "a hash"})
    for address in ("amina", "lucia"):
        await asked(services, address)
    await is_due(services)
    assert len(await due_erasures.carry_out(services.database)) == 2
    assert len(await rows(services.database, "contacts")) == 1
    assert await count(services.database, "followed_orders") == 1


async def test_a_person_who_has_it_by_then_keeps_nothing_of_it(services: Services) -> None:
    conversation_id = await asked(services)
    await hire(services.database, replace(RAHIM, role="supervisor"))
    await ownership.take_over(services, conversation_id, RAHIM)
    await is_due(services)
    await due_erasures.carry_out(services.database)
    assert await count(services.database, "conversations") == await count(services.database, "handoffs") == 0


async def test_many_workers_erase_each_contact_once(services: Services) -> None:
    for place in range(5):
        await asked(services, f"customer {place}")
    await is_due(services)
    done = await asyncio.gather(*(due_erasures.carry_out(services.database) for _ in range(4)))
    assert sum(len(one) for one in done) == 5
    assert await count(services.database, "contacts") == 0


class Elsewhere:
    """A neighbour that remembers what it was asked; the first time, it breaks."""

    tables = ("contacts",)

    def __init__(self, broken: bool = False) -> None:
        self.broken = broken
        self.asked: list[list[str]] = []

    async def blot_out(self, tx: Transaction, conversations: Sequence[str]) -> Mapping[str, int]:
        """See `erasure.Elsewhere`."""
        if self.broken:
            raise DatabaseAway("gone")
        self.asked.append(list(conversations))
        return {"elsewhere": len(conversations)}


async def test_a_worker_that_dies_over_it_leaves_it_whole_and_to_another(services: Services) -> None:
    conversation_id = await asked(services)
    await is_due(services)
    neighbour = Elsewhere(broken=True)
    with pytest.raises(DatabaseAway):
        await due_erasures.carry_out(services.database, neighbour)
    assert (await state(services, conversation_id)).id == conversation_id
    assert await due_erasures.carry_out(services.database, Elsewhere()) == []  # somebody may still be at it
    await is_due(services)
    neighbour.broken = False
    (erased,) = await due_erasures.carry_out(services.database, neighbour)
    assert neighbour.asked == [[conversation_id]]
    assert erased.counts["elsewhere"] == 1


async def test_where_nobody_asked_nobody_waits_for_the_writers_place(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    await asked(services)

    def refuse(self: Database) -> Any:
        raise AssertionError("it wrote")

    monkeypatch.setattr(Database, "write", refuse)
    assert await due_erasures.carry_out(services.database) == []


async def test_what_was_wiped_can_be_wiped_again(services: Services) -> None:
    assert await erasure.sweep(services.database, Elsewhere()) is None
