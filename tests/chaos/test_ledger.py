"""The judge is judged: a world in order has no violations, and each way to break it is seen and named."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
import sqlalchemy as sa
from ledger import Acknowledged, Ledger
from provider import TAKEN, Attempt, Provider
from stored import Stored

from handoff import inbox, ownership, turns
from handoff.clock import new_id
from handoff.incoming import Incoming
from handoff.messages import Said
from handoff.models import conversations, deliveries, events, messages, metadata, receipts
from handoff.models import turns as turn_table
from handoff.people import Person
from handoff.services import Services
from handoff.turns import Outcome

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

INTENTS = ("shipping_cost", "mobile_wallet")


class World:
    """Amina has two answers from the bot, Jonas is with an agent; all of it acknowledged, stored and sent."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self.ledger = Ledger(plain={"amina"})
        self.provider = Provider(random.Random(1))

    async def make(self) -> None:
        for number, intent in enumerate(INTENTS):
            await self.writes("amina", number)
            await self.answers(Outcome([Said(f"answer {number}")], "en", intent=intent))
        conversation_id = await self.writes("jonas", 0)
        await self.answers(Outcome([], "en", intent="human_agent", handoff_reason="human_agent"))
        rahim = Person(new_id(), "rahim", "Rahim", "agent")
        await ownership.claim(self.services, conversation_id, rahim)
        await ownership.reply(self.services, conversation_id, rahim, "I am here", False, "reply")
        await self.change(sa.update(deliveries).values(status="sent", attempts=1))
        stored = await self.stored()
        for message_id in stored.deliveries:
            row = stored.messages[message_id]
            chat = stored.conversations[row["conversation_id"]]["address"]
            self.provider.attempts.append(Attempt(row["seq"], message_id, chat, row["seq"], row["text"], TAKEN))
        self.provider.attempts.sort(key=lambda one: (one.chat, one.seq))

    async def writes(self, name: str, number: int) -> str:
        key, text = f"{name}-{number}", f"hello [{name}m{number}]"
        message, _ = await inbox.receive(self.services, Incoming("fake", key, name, text))
        self.ledger.acknowledge(Acknowledged("fake", key, name, text, message.id))
        return message.conversation_id

    async def answers(self, outcome: Outcome) -> None:
        turn = await turns.lease_next(self.services, "w")
        assert turn is not None
        await turns.finish(self.services, turn, outcome, "w", None)

    async def change(self, statement: sa.Executable) -> None:
        async with self.services.database.write() as tx:
            await tx.execute(statement)

    async def stored(self) -> Stored:
        async with self.services.database.read() as tx:
            return await Stored.of(tx)

    async def violations(self) -> set[str]:
        found = self.ledger.check(await self.stored(), self.provider)
        return {name for name, some in found.items() if some}


@pytest.fixture
async def world(services: Services) -> World:
    made = World(services)
    await made.make()
    return made


async def test_a_world_in_order_has_no_violations(world: World) -> None:
    assert world.ledger.check(await world.stored(), world.provider) == {
        name: [] for name in ("wrong", "kept", "ordered", "answered", "numbered", "one_voice", "sent")
    }


SECOND = sa.and_(messages.c.text == "hello [aminam1]")
SECOND_ID = sa.select(messages.c.id).where(SECOND).scalar_subquery()
JONAS = sa.select(messages.c.conversation_id).where(messages.c.text == "hello [jonasm0]").scalar_subquery()


@pytest.mark.parametrize(
    ("damage", "seen"),
    [
        (sa.update(messages).where(SECOND).values(text="hello"), "kept"),
        (sa.update(messages).where(SECOND).values(text="hello [aminam0]"), "kept"),
        (sa.delete(receipts).where(receipts.c.message_id == SECOND_ID), "kept"),
        (sa.update(messages).where(SECOND).values(seq=9), "numbered"),
        (sa.update(messages).where(SECOND).values(seq=0), "ordered"),
        (sa.delete(events).where(events.c.payload["message_id"].as_string() == SECOND_ID), "numbered"),
        (sa.update(turn_table).where(turn_table.c.message_id == SECOND_ID).values(status="waiting"), "answered"),
        (sa.update(turn_table).where(turn_table.c.message_id == SECOND_ID).values(status="failed"), "answered"),
        (sa.delete(turn_table).where(turn_table.c.message_id == SECOND_ID), "answered"),
        (sa.update(messages).where(messages.c.text == "answer 1").values(intent="shipping_cost"), "answered"),
        (sa.update(messages).where(messages.c.text == "answer 1").values(author="system"), "answered"),
        (sa.update(messages).where(messages.c.text == "I am here").values(author="bot"), "one_voice"),
        (sa.update(messages).where(messages.c.text == "answer 1").values(author="agent"), "one_voice"),
        (sa.update(conversations).where(conversations.c.id == JONAS).values(status="bot", agent_id=None), "one_voice"),
        (sa.update(deliveries).values(status="pending"), "sent"),
        (sa.update(deliveries).values(status="failed"), "sent"),
        (sa.update(deliveries).values(attempts=0), "sent"),
        (sa.delete(deliveries).where(deliveries.c.conversation_id == JONAS), "sent"),
    ],
)
async def test_what_is_wrong_in_the_tables_is_seen(world: World, damage: sa.Executable, seen: str) -> None:
    await world.change(damage)
    assert seen in await world.violations()


async def test_a_message_that_is_gone_is_seen(world: World) -> None:
    async with world.services.database.write() as tx:
        for table in reversed(metadata.sorted_tables):
            if table.name in ("messages", "receipts", "turns", "deliveries"):
                await tx.execute(sa.delete(table))
    assert "kept" in await world.violations()


async def test_what_the_provider_got_wrongly_is_seen(world: World) -> None:
    attempts = world.provider.attempts
    wrongs = [
        [*attempts, attempts[-1]],  # twice
        attempts[1:],  # "sent", and never taken
        [attempts[1], attempts[0], *attempts[2:]],  # in another order
        [replace(attempts[0], text="something else"), *attempts[1:]],
        [replace(attempts[0], message_id="never stored"), *attempts],
        [replace(attempts[0], chat="jonas"), *attempts[1:]],
    ]
    for wrong in wrongs:
        world.provider.attempts = wrong
        assert await world.violations() == {"sent"}


async def test_an_acknowledgement_that_changes_is_seen(world: World) -> None:
    known = world.ledger.acknowledged["fake", "amina-1"]
    world.ledger.acknowledge(known)
    assert await world.violations() == set()
    world.ledger.acknowledge(replace(known, message_id="another"))
    assert await world.violations() == {"wrong"}
