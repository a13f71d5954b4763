"""What happened, in order, for pages that watch: an append-only table with ids, read after the last one seen.

A page that has read up to an id never asks for a lower one again, so none may become visible later. What a customer may
see of one conversation keeps that by itself: whoever appends it holds the conversation's row. Over all conversations,
on PostgreSQL, transactions take ids in one order and commit in another. None waits for another because of that: each
says while it runs, by a shared advisory lock, above which id its own are, and who reads stops at the lowest of these.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from handoff.database import Transaction, UtcDateTime
from handoff.models import events

# the highest id that any engine has room for
MOST = 2**63 - 1
_APPEND = sa.insert(events)
# The lock comes first, then the id, which is above what the lock says. A lock has room for the table and 31 bits.
_APPEND_MARKED = sa.text("""
    with marked as materialized (
        select pg_advisory_xact_lock_shared('events'::regclass::oid::int, (last_value & 2147483647)::int)
        from events_id_seq
    )
    insert into events (kind, conversation_id, public, payload, created_at)
    select :kind, :conversation_id, :public, :payload, :created_at from marked
""").bindparams(
    sa.bindparam("kind", type_=sa.String),
    sa.bindparam("conversation_id", type_=sa.String),
    sa.bindparam("public", type_=sa.Boolean),
    sa.bindparam("payload", type_=events.c.payload.type),
    sa.bindparam("created_at", type_=UtcDateTime),
)
# The highest id below which nothing can appear any more: the last one taken, or as far before it as the furthest mark.
# The inner select names `taken`, so it looks at the locks after the sequence: who has taken an id by then and has no
# mark any more is committed, or never will be.
_SETTLED = sa.text("""
    select taken.last_value - coalesce((
        select max((taken.last_value - mark.objid::bigint) & 2147483647)
        from pg_locks mark
        where mark.locktype = 'advisory' and mark.objsubid = 2 and mark.classid = 'events'::regclass::oid
          and mark.database = (select oid from pg_database where datname = current_database())
          and (taken.last_value - mark.objid::bigint) & 2147483647 < 1073741824
    ), 0)
    from events_id_seq taken
""")


@dataclass(frozen=True)
class Event:
    """`kind` is message, status, deadline, delivery or contact; a public event may be shown to the customer."""

    id: int
    kind: str
    conversation_id: str
    public: bool
    payload: dict[str, Any]


async def append(
    tx: Transaction, kind: str, conversation_id: str, payload: dict[str, Any], now: datetime, public: bool = True
) -> None:
    """Adds an event under the transaction of the change it tells of, and wakes its watchers on commit.

    Whoever appends a public one holds the conversation's row.
    """
    values = {
        "kind": kind,
        "conversation_id": conversation_id,
        "public": public,
        "payload": payload,
        "created_at": now,
    }
    await tx.execute(_APPEND_MARKED if tx.dialect == "postgresql" else _APPEND, values)
    tx.wake("events")
    tx.wake(topic(conversation_id))


async def after(tx: Transaction, last_id: int, conversation_id: str | None = None, limit: int = 200) -> list[Event]:
    """Events above `last_id`: a conversation's public ones, or everything for the desk when none is named.

    Everything is to be read in `Database.watch`: the rows must not be older than the look at who is writing.
    """
    columns = [events.c.id, events.c.kind, events.c.conversation_id, events.c.public, events.c.payload]
    query = sa.select(*columns).where(events.c.id > last_id).order_by(events.c.id).limit(limit)
    if conversation_id is not None:
        query = query.where(events.c.conversation_id == conversation_id, events.c.public.is_(True))
    elif tx.dialect == "postgresql":
        query = query.where(events.c.id <= await tx.scalar(_SETTLED))
    return [Event(**row) for row in await tx.rows(query)]


async def latest_id(tx: Transaction, conversation_id: str | None = None) -> int:
    """The id of the newest event, 0 when there is none: of a conversation's public ones, or of all, as `after` says."""
    query = sa.select(sa.func.max(events.c.id))
    if conversation_id is not None:
        query = query.where(events.c.conversation_id == conversation_id, events.c.public.is_(True))
    elif tx.dialect == "postgresql":
        query = query.where(events.c.id <= await tx.scalar(_SETTLED))
    return int(await tx.scalar(query) or 0)


def topic(conversation_id: str) -> str:
    """The wake-up topic of one conversation."""
    return f"conversation:{conversation_id}"
