"""What the handoff's tests do over and over, all of it through public functions, and how they look into the tables."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from argon2 import PasswordHasher

from handoff import inbox, store, turns
from handoff.clock import new_id, now
from handoff.conversations import Conversation
from handoff.database import Database, UtcDateTime
from handoff.hours import Hours
from handoff.incoming import Incoming
from handoff.messages import Message, Said
from handoff.models import conversations, messages, metadata, people
from handoff.people import Person
from handoff.services import Services
from handoff.timetable import Shift, Timetable
from handoff.turn_store import StoredEvents
from handoff.turns import Outcome, Turn

RAHIM = Person(new_id(), "rahim", "Rahim", "agent")
SADIA = Person(new_id(), "sadia", "Sadia", "agent")
NASREEN = Person(new_id(), "nasreen", "Nasreen", "supervisor")
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


async def arrive(database: Database, *persons: Person, **profile: Any) -> Person:
    """They are at the desk now, hired if they are new; `profile` are columns such as `languages`. Returns the first."""
    for person in persons:
        if person.id not in {row["id"] for row in await rows(database, "people")}:
            await hire(database, person)
        await update(database, "people", person.id, seen_at=now(), **profile)
    return persons[0]


async def vanish(database: Database, *persons: Person) -> None:
    """Nothing has been heard of them for a minute, nor have they been given anything since."""
    long_ago = now() - timedelta(minutes=1)
    for person in persons:
        await update(database, "people", person.id, seen_at=long_ago)
        theirs = sa.update(conversations).where(conversations.c.agent_id == person.id)
        async with database.write() as tx:
            await tx.execute(theirs.values(agent_since=long_ago))


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


async def write_burst(services: Services, *texts: str, apart: float = 0.5, **details: Any) -> list[Message]:
    """A customer's messages, `apart` seconds between neighbours."""
    written = [await write(services, text, **details) for text in texts]
    async with services.database.write() as tx:
        for number, message in enumerate(written):
            at = written[0].created_at + timedelta(seconds=number * apart)
            await tx.execute(sa.update(messages).where(messages.c.id == message.id).values(created_at=at))
    return written


async def answer(services: Services, *replies: str, worker: str = WORKER, together: int = 1, **outcome: Any) -> Turn:
    """One turn of the bot from lease to stored replies; it answers so many of a burst `together`."""
    turn = (await lease(services, worker)).only(together)
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


async def press(services: Services, payload: str, address: str = "amina") -> Message:
    """The customer presses a button that was offered to them."""
    return await write(services, "", address, payload=payload)


async def overdue(services: Services, *ids: str) -> None:
    """The deadlines of these conversations have just passed."""
    for conversation_id in ids:
        await update(services.database, "conversations", conversation_id, deadline=now() - timedelta(seconds=1))


async def state(services: Services, conversation_id: str) -> Conversation:
    async with services.database.read() as tx:
        conversation = await store.get(tx, conversation_id)
    assert conversation is not None
    return conversation


async def said(services: Services, conversation_id: str, private: bool = False) -> list[tuple[str, str]]:
    """Author and text of each message, as its customer sees them."""
    async with services.database.read() as tx:
        return [(one.author, one.text) for one in await store.transcript(tx, conversation_id, private=private)]


async def notices(services: Services, conversation_id: str) -> list[str]:
    """What the house has told the customer."""
    return [text for author, text in await said(services, conversation_id) if author == "system"]


def phrase(services: Services, key: str, language: str = "en", **values: Any) -> str:
    """The shop's words for this key."""
    return services.phrases.say(key, language, **values).text


async def offered(services: Services, conversation_id: str) -> list[str]:
    """The payloads of the buttons under the newest message."""
    async with services.database.read() as tx:
        return [button.payload for button in (await store.transcript(tx, conversation_id))[-1].buttons]


async def ticket(services: Services, conversation_id: str) -> dict[str, Any]:
    """The newest request for a person."""
    found = await rows(services.database, "handoffs", "id")
    return [row for row in found if row["conversation_id"] == conversation_id][-1]


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


async def update(database: Database, table: str, row_id: str, **values: Any) -> None:
    """Writes into one row."""
    found = metadata.tables[table]
    async with database.write() as tx:
        await tx.execute(sa.update(found).where(found.c.id == row_id).values(**values))


async def grow_older(database: Database, by: timedelta) -> None:
    """Everything that is stored becomes so much older."""
    async with database.write() as tx:
        for table in metadata.sorted_tables:
            times = [column for column in table.columns if isinstance(column.type, UtcDateTime)]
            for row in await tx.rows(sa.select(table)):
                older = {column.name: row[column.name] - by for column in times if row[column.name]}
                if older:
                    key = [column == row[column.name] for column in table.primary_key.columns]
                    await tx.execute(sa.update(table).where(*key).values(**older))


async def end_leases(database: Database, conversation_id: str | None = None) -> None:
    """Lets leases and pauses before a new try run out: all, or one conversation's."""
    query = sa.update(conversations).where(conversations.c.lease_until.is_not(None))
    if conversation_id is not None:
        query = query.where(conversations.c.id == conversation_id)
    async with database.write() as tx:
        await tx.execute(query.values(lease_until=now() - timedelta(seconds=1)))


def tracked(generation: int, position: int, events: str = "[]") -> StoredEvents:
    return StoredEvents(generation, position, events)


CLOSED_ZONE = ZoneInfo("Asia/Dhaka")


def closed(services: Services, opens_in: timedelta = timedelta(hours=8)) -> Services:
    """The same services outside of everybody's hours, which begin again then."""
    local = (now() + opens_in).astimezone(CLOSED_ZONE)
    begin = local.hour * 60 + local.minute
    week = [()] * 7
    week[local.weekday()] = (Shift(begin, begin + 1),)
    return replace(services, hours=Hours(Timetable(CLOSED_ZONE, tuple(week)), {}))


def never_open(services: Services) -> Services:
    """The same services with hours that never come."""
    return replace(services, hours=Hours(Timetable(CLOSED_ZONE, ((),) * 7), {}))
