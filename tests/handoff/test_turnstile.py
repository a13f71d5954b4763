"""One message of a conversation at a time: whatever happens in whatever order, exactly one has its turn."""

from __future__ import annotations

import asyncio
import random
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from handoff_testing import rows, write

from handoff import dead_letters, events, outbox, ownership, saying, store
from handoff.clock import now
from handoff.conversations import Refused
from handoff.messages import Said
from handoff.models import deliveries
from handoff.outbox import Due
from handoff.services import Services


async def say(services: Services, conversation_id: str, *texts: str, author: Any = "bot") -> None:
    """These, in one transaction that has told of something before, as a transfer with a note does."""
    async with services.database.write() as tx:
        conversation = await ownership.locked(tx, conversation_id)
        await events.append(tx, "status", conversation_id, {}, now())
        for text in texts:
            conversation, _ = await saying.add(tx, services, conversation, author, Said(text), now())
        await store.save(tx, conversation)


async def lines(services: Services) -> dict[str, list[dict[str, Any]]]:
    """The deliveries of each conversation, in order."""
    found: dict[str, list[dict[str, Any]]] = {}
    for row in await rows(services.database, "deliveries", "conversation_id", "seq"):
        found.setdefault(row["conversation_id"], []).append(row)
    return found


async def in_order(services: Services) -> None:
    """What `handoff.turnstile` promises of every conversation."""
    for line in (await lines(services)).values():
        waiting = [row for row in line if row["status"] == "pending"]
        going = [row for row in line if row["status"] == "sending"]
        turns = [row for row in line if row["next_at"] is not None]
        assert turns == (going or waiting[:1]), line


class Chance:
    """Somebody who does anything that can be done with an outbox."""

    def __init__(self, services: Services, conversations: list[str], seed: int) -> None:
        self.services = services
        self.conversations = conversations
        self.random = random.Random(seed)
        self.taken: list[Due] = []
        self.spoken = 0

    async def step(self) -> None:
        does = self.random.choices([self.speak, self.take, self.settle, self.resend, self.give_up], [3, 4, 6, 2, 1])[0]
        await does()

    async def speak(self) -> None:
        self.spoken += 1
        texts = [f"{self.spoken}.{place}" for place in range(self.random.randint(1, 3))]
        author = self.random.choice(["bot", "agent"])
        await say(self.services, self.random.choice(self.conversations), *texts, author=author)

    async def take(self) -> None:
        self.taken += (await outbox.take_due(self.services.database, "fake", self.random.randint(1, 4))).due

    async def settle(self) -> None:
        if not self.taken:
            return
        due = self.taken.pop(self.random.randrange(len(self.taken)))
        fate = self.random.choice(["sent", "sent", "failed", "unknown", "again"])
        if fate == "again":
            await outbox.retry(self.services.database, due, now() - timedelta(seconds=1))
        else:
            await outbox.settle(self.services.database, due, fate, "why")

    async def resend(self) -> None:
        lost = [
            row for row in await rows(self.services.database, "deliveries") if row["status"] in ("failed", "unknown")
        ]
        if lost:
            row = self.random.choice(lost)
            with suppress(Refused):  # somebody else was faster
                await dead_letters.resend(self.services.database, row["conversation_id"], row["message_id"])

    async def give_up(self) -> None:
        await dead_letters.give_up_stopped(self.services.database)


async def drain(services: Services, *others: Chance) -> None:
    """Everything that still waits is sent, in order within each conversation."""
    for one in others:
        while one.taken:
            await outbox.settle(services.database, one.taken.pop(), "sent")
    sent: dict[str, list[int]] = {}
    while due := (await outbox.take_due(services.database, "fake", 10)).due:
        for one in due:
            sent.setdefault(one.message.conversation_id, []).append(one.message.seq)
            await outbox.settle(services.database, one, "sent")
    assert all(seqs == sorted(seqs) for seqs in sent.values())
    assert {row["status"] for line in (await lines(services)).values() for row in line} <= {"sent", "failed", "unknown"}


@pytest.mark.parametrize("seed", range(3))
async def test_after_any_step_exactly_the_earliest_has_its_turn(
    services: Services, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dead_letters, "STALE", timedelta(0))
    conversations = [(await write(services, "hello", f"v{number}")).conversation_id for number in range(2)]
    chance = Chance(services, conversations, seed)
    for _ in range(60):
        await chance.step()
        await in_order(services)
    await drain(services, chance)


async def test_many_at_once_neither_break_the_order_nor_wait_for_each_other_for_ever(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dead_letters, "STALE", timedelta(0))
    conversations = [(await write(services, "hello", f"v{number}")).conversation_id for number in range(3)]
    everybody = [Chance(services, conversations, seed) for seed in range(6)]

    async def act(one: Chance) -> None:
        for _ in range(30):
            await one.step()

    await asyncio.gather(*(act(one) for one in everybody))
    await in_order(services)
    await drain(services, *everybody)


async def test_the_database_itself_refuses_a_second_turn(services: Services) -> None:
    conversation_id = (await write(services)).conversation_id
    await say(services, conversation_id, "one", "two")
    with pytest.raises(sa.exc.IntegrityError):
        async with services.database.write() as tx:
            await tx.execute(sa.update(deliveries).values(next_at=now()))


async def test_speaking_while_the_last_message_is_settled_leaves_nobody_waiting(services: Services) -> None:
    conversation_id = (await write(services)).conversation_id
    await say(services, conversation_id, "0")
    for number in range(1, 16):
        (due,) = (await outbox.take_due(services.database, "fake")).due
        await asyncio.gather(
            outbox.settle(services.database, due, "failed", "why"), say(services, conversation_id, str(number))
        )
        await in_order(services)


async def test_what_is_to_be_tried_again_stands_behind_what_an_agent_has_meanwhile_sent_again(
    services: Services,
) -> None:
    conversation_id = (await write(services)).conversation_id
    await say(services, conversation_id, "one", "two")
    (one,) = (await outbox.take_due(services.database, "fake")).due
    await outbox.settle(services.database, one, "failed", "why")
    (two,) = (await outbox.take_due(services.database, "fake")).due
    await dead_letters.resend(services.database, conversation_id, one.message.id)
    at = now() + timedelta(minutes=1)
    await outbox.retry(services.database, two, at)
    await in_order(services)
    first, second = (await lines(services))[conversation_id]
    # the chat was told to wait, whichever message it was
    assert (first["next_at"], second["next_at"]) == (at, None)
