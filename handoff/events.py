"""What happened, in order, for pages that watch: an append-only table with ids, read after the last one seen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from handoff.database import Transaction
from handoff.models import events


@dataclass(frozen=True)
class Event:
    """`kind` is message or status; a public event may be shown to the customer."""

    id: int
    kind: str
    conversation_id: str
    public: bool
    payload: dict[str, Any]


async def append(
    tx: Transaction, kind: str, conversation_id: str, payload: dict[str, Any], now: datetime, public: bool = True
) -> None:
    """Adds an event under the transaction of the change it tells of, and wakes its watchers on commit.

    Ids become visible in their order: a lower id that commits after a higher one would never be read.
    """
    await tx.alone("events")
    await tx.execute(
        sa.insert(events).values(
            kind=kind, conversation_id=conversation_id, public=public, payload=payload, created_at=now
        )
    )
    tx.wake("events")
    tx.wake(topic(conversation_id))


async def after(tx: Transaction, last_id: int, conversation_id: str | None = None, limit: int = 200) -> list[Event]:
    """Events above `last_id`: a conversation's public ones, or everything for the desk when none is named."""
    columns = [events.c.id, events.c.kind, events.c.conversation_id, events.c.public, events.c.payload]
    query = sa.select(*columns).where(events.c.id > last_id).order_by(events.c.id).limit(limit)
    if conversation_id is not None:
        query = query.where(events.c.conversation_id == conversation_id, events.c.public.is_(True))
    return [Event(**row) for row in await tx.rows(query)]


async def latest_id(tx: Transaction) -> int:
    """The id of the newest event, 0 when there is none."""
    return int(await tx.scalar(sa.select(sa.func.max(events.c.id))) or 0)


def topic(conversation_id: str) -> str:
    """The wake-up topic of one conversation."""
    return f"conversation:{conversation_id}"
