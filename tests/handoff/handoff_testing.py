"""What the handoff's tests do over and over, all of it through public functions, and how they look into the tables."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from argon2 import PasswordHasher

from handoff import inbox, store, turns
from handoff.clock import new_id, now
from handoff.conversations import Conversation
from handoff.database import Database
from handoff.inbox import Incoming
from handoff.messages import Message, Said
from handoff.models import conversations, metadata, people
from handoff.people import Person
from handoff.services import Services
from handoff.turn_store import StoredEvents
from handoff.turns import Outcome, Turn

RAHIM = Person(new_id(), "rahim", "Rahim", "agent")
SADIA = Person(new_id(), "sadia", "Sadia", "agent")
WORKER = new_id()


PASSWORD = "নদীর-তীরে-7"
# made once: a password's hash is meant to cost time
PASSWORD_HASH = PasswordHasher().hash(PASSWORD)


async def hire(database: Database, person: Person) -> Person:
    """An account with PASSWORD, as `people.add` makes it."""
    async with database.write() as tx:
        await tx.execute(
            sa.insert(people).values(**asdict(person), password_hash=PASSWORD_HASH, demo=False, created_at=now())
        )
    return person


async def write(services: Services, text: str = "hello", address: str = "amina", **details: Any) -> Message:
    """A customer's message over the fake channel."""
    incoming = Incoming("fake", details.pop("key", new_id()), address, text, **details)
    message, new = await inbox.receive(services, incoming)
    assert new
    return message


async def lease(services: Services, worker: str = WORKER) -> Turn:
    """The turn that is due, and there must be one."""
    turn = await turns.lease_next(services, worker)
    assert turn is not None
    return turn


async def answer(services: Services, *replies: str, worker: str = WORKER, **outcome: Any) -> Turn:
    """One turn of the bot from lease to stored replies."""
    turn = await lease(services, worker)
    events = outcome.pop("events", None)
    said = outcome.pop("said", [Said(text) for text in replies])
    done = Outcome(said, outcome.pop("language", turn.conversation.language), **outcome)
    assert await turns.finish(services, turn, done, worker, events)
    return turn


async def ask_for_person(
    services: Services, address: str = "amina", reason: str = "human_agent", language: str = "en", **outcome: Any
) -> Conversation:
    """A conversation in the queue."""
    message = await write(services, "a person, please", address)
    await answer(services, language=language, handoff_reason=reason, **outcome)
    return await state(services, message.conversation_id)


async def state(services: Services, conversation_id: str) -> Conversation:
    async with services.database.read() as tx:
        conversation = await store.get(tx, conversation_id)
    assert conversation is not None
    return conversation


async def said(services: Services, conversation_id: str, private: bool = False) -> list[tuple[str, str]]:
    """Author and text of each message, as its customer sees them."""
    async with services.database.read() as tx:
        return [(one.author, one.text) for one in await store.transcript(tx, conversation_id, private=private)]


async def rows(database: Database, table: str, *order: str) -> list[dict[str, Any]]:
    """A whole table."""
    found = metadata.tables[table]
    async with database.read() as tx:
        return [dict(row) for row in await tx.rows(sa.select(found).order_by(*(found.c[name] for name in order)))]


async def dump(database: Database) -> str:
    """Everything that is stored."""
    return "\n".join([str(row) for name in metadata.tables for row in sorted(await rows(database, name), key=str)])


async def count(database: Database, table: str) -> int:
    return len(await rows(database, table))


async def change(database: Database, table: str, **values: Any) -> None:
    """Writes into every row of a table: how these tests let time pass."""
    async with database.write() as tx:
        await tx.execute(sa.update(metadata.tables[table]).values(**values))


async def end_leases(database: Database, conversation_id: str | None = None) -> None:
    """Lets leases and pauses before a new try run out: all, or one conversation's."""
    query = sa.update(conversations).where(conversations.c.lease_until.is_not(None))
    if conversation_id is not None:
        query = query.where(conversations.c.id == conversation_id)
    async with database.write() as tx:
        await tx.execute(query.values(lease_until=now() - timedelta(seconds=1)))


def tracked(generation: int, position: int, events: str = "[]") -> StoredEvents:
    return StoredEvents(generation, position, events)
