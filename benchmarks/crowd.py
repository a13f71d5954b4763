"""A house full of customers, written straight into the tables: what the queue is measured with.

Of a size N there are N conversations in the queue, N with the bot and N/20 with twenty agents; each has what its state
leaves behind: contact, identity, messages, receipts, turns, tickets, events. Nothing of it is due while it is measured.
"""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine

from app import schema
from handoff import people
from handoff.clock import new_id
from handoff.clock import now as clock_now
from handoff.database import Database
from handoff.people import Person
from handoff.queue_rules import QueueRules
from handoff.schema import metadata

AGENTS = 20
PASSWORD = "for-the-benchmark"
CHANNEL = "fake"
AT_ONCE = 2000
REASONS = ("human_agent", "not_understood", "complaint", "wrong_item", "payment_failed")
LANGUAGES = ("en", "en", "bn", "bn-Latn")
WORDS = (
    "Where is my order 10001?",
    "আমার টাকা এখনো ফেরত আসেনি",
    "I want to talk to a person, please.",
    "parcel e vul jinish",
)

Row = dict[str, Any]


def address(visitor: int) -> str:
    """Who the customer with this number is on CHANNEL; those below N wait for a person, those below 2N have the bot."""
    return f"visitor-{visitor}"


def people_in(size: int) -> int:
    """How many customers there are, numbered from 0."""
    return 2 * size + size // 20


@asynccontextmanager
async def sqlite_database(folder: Path, name: str) -> AsyncIterator[str]:
    """The URL of a migrated file."""
    url = f"sqlite+aiosqlite:///{folder / name}.db"
    await _migrate(url)
    yield url


@asynccontextmanager
async def postgres_database(server: str, name: str) -> AsyncIterator[str]:
    """The URL of a migrated database on the server, dropped afterwards.

    Args:
        server: URL of any database there, with the right to make another.
    """
    admin = create_async_engine(server, isolation_level="AUTOCOMMIT")
    async with admin.connect() as connection:
        await connection.execute(sa.text(f"create database {name}"))
    try:
        url = make_url(server).set(database=name).render_as_string(hide_password=False)
        await _migrate(url)
        yield url
    finally:
        async with admin.connect() as connection:
            await connection.execute(sa.text(f"drop database {name} with (force)"))
        await admin.dispose()


async def fill(database: Database, size: int, rules: QueueRules) -> list[Person]:
    """Writes the crowd of this size; returns the agents."""
    agents = [await people.add(database, f"agent{n}", f"Agent {n}", "agent", PASSWORD) for n in range(AGENTS)]
    now = clock_now()
    async with database.write() as tx:
        # somebody is at the desk all the time: otherwise every waiting customer would be told that nobody is
        await tx.execute(sa.update(metadata.tables["people"]).values(seen_at=now + timedelta(hours=6)))
    chance = random.Random(size)
    visitors = range(people_in(size))
    for first in visitors[::AT_ONCE]:
        rows: dict[str, list[Row]] = {}
        for visitor in visitors[first : first + AT_ONCE]:
            for table, row in _visitor(visitor, size, agents, rules, now, chance):
                rows.setdefault(table, []).append(row)
        async with database.write() as tx:
            for table in metadata.sorted_tables:
                if table.name in rows:
                    await tx.execute(sa.insert(table), rows[table.name])
    await _settle(database)
    return agents


def _visitor(
    visitor: int, size: int, agents: list[Person], rules: QueueRules, now: datetime, chance: random.Random
) -> Iterator[tuple[str, Row]]:
    """Everything that one customer has left behind, as (table, row)."""
    status = "queued" if visitor < size else "bot" if visitor < 2 * size else "assigned"
    agent = agents[visitor % len(agents)] if status == "assigned" else None
    begun = now - timedelta(seconds=chance.randrange(120, 7200))
    asked = begun + timedelta(seconds=30)
    contact, identity, conversation = new_id(), new_id(), new_id()
    language = chance.choice(LANGUAGES)
    reason = None if status == "bot" else chance.choice(REASONS)
    priority = rules.priority(reason) if reason else 0
    common = {"conversation_id": conversation, "created_at": begun}
    said = [("customer", chance.choice(WORDS)), ("bot" if status == "bot" else "system", "A word of the house.")]
    if agent:
        said.append(("agent", "I am looking into it."))

    yield "contacts", {"id": contact, "name": None, "created_at": begun}
    made = {"contact_id": contact, "channel": CHANNEL, "created_at": begun}
    yield "identities", {"id": identity, "address": address(visitor), **made}
    yield (
        "conversations",
        {
            **made,
            "id": conversation,
            "identity_id": identity,
            "status": status,
            "agent_id": agent.id if agent else None,
            "epoch": ("bot", "queued", "assigned").index(status),
            "language": language,
            "language_chosen": False,
            "reason": reason,
            "priority": priority,
            "team": rules.team(reason) if reason else "support",
            "waiting_since": asked if reason else None,
            "rank": rules.rank(priority, asked) if status == "queued" else None,
            "deadline": now + timedelta(days=1) if status == "queued" else None,
            "deadline_kind": "first" if status == "queued" else None,
            "agent_since": asked if agent else None,
            "absence_told": False,
            "last_seq": len(said),
            "updated_at": asked,
        },
    )
    for seq, (author, text) in enumerate(said, 1):
        message = new_id()
        extra = {"author": author, "text": text, "buttons": [], "private": False, "language": language}
        yield "messages", {"id": message, "seq": seq, **common, **extra}
        yield "events", {"kind": "message", "public": True, "payload": {"message_id": message}, **common}
        if author == "customer":
            yield (
                "receipts",
                {"channel": CHANNEL, "key": f"seeded-{visitor}", "message_id": message, "created_at": begun},
            )
            yield "turns", {"message_id": message, "seq": seq, "status": "done", "attempts": 1, **common}
    if reason:
        yield (
            "handoffs",
            {
                "id": new_id(),
                "conversation_id": conversation,
                "reason": reason,
                "team": rules.team(reason),
                "brief": {"reason": reason, "known": {}},
                "requested_at": asked,
                "deadline": now + timedelta(days=1),
                "claimed_at": asked + timedelta(seconds=90) if agent else None,
                "agent_id": agent.id if agent else None,
            },
        )
        yield "events", {"kind": "status", "public": True, "payload": {"status": status}, **common}


async def _migrate(url: str) -> None:
    database = Database(url)
    await schema.upgrade(database)
    await database.close()


async def _settle(database: Database) -> None:
    """What a database that has run for a while has done: looked at its rows, written its log into its tables."""
    if database.dialect == "sqlite":
        async with database.write() as tx:
            await tx.execute(sa.text("analyze"))
        return
    async with database.engine.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        await connection.execute(sa.text("vacuum (analyze)"))
        await connection.execute(sa.text("checkpoint"))
