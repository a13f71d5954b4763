"""What is to be sent: messages waiting for their channel, in order within each conversation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from handoff import store
from handoff.clock import now as clock_now
from handoff.database import Database
from handoff.messages import Message
from handoff.models import conversations, deliveries, identities, messages

STALE = timedelta(seconds=60)
MAX_ATTEMPTS = 8


@dataclass(frozen=True)
class Due:
    """A message to send now to `address` on `channel`; this is attempt number `attempts`."""

    message: Message
    channel: str
    address: str
    attempts: int


async def take_due(database: Database) -> Due | None:
    """Marks the next due delivery as being sent and returns it.

    A delivery waits for every earlier one of its conversation. One that was being sent when its process died is
    `unknown`: it may have arrived, so it is not sent again by itself (promise 8).
    """
    now = clock_now()
    d = deliveries.c
    earlier = deliveries.alias()
    blocked = sa.exists().where(
        earlier.c.conversation_id == d.conversation_id,
        earlier.c.seq < d.seq,
        earlier.c.status.in_(("pending", "sending")),
    )
    due = sa.and_(d.status == "pending", d.next_at <= now, ~blocked)
    async with database.read() as reading:
        if await reading.scalar(sa.select(d.message_id).where(d.status.in_(("pending", "sending"))).limit(1)) is None:
            return None
    async with database.write() as tx:
        await tx.execute(
            sa.update(deliveries)
            .where(d.status == "sending", d.updated_at < now - STALE)
            .values(status="unknown", error="stopped while sending", updated_at=now)
        )
        query = sa.select(d.message_id).where(due).order_by(d.next_at).limit(1).with_for_update(skip_locked=True)
        message_id = await tx.scalar(query)
        if message_id is None:
            return None
        await tx.execute(
            sa.update(deliveries)
            .where(d.message_id == message_id)
            .values(status="sending", attempts=d.attempts + 1, updated_at=now)
        )
        row = await tx.row(
            sa.select(messages, d.channel, d.attempts, identities.c.address)
            .join(deliveries, d.message_id == messages.c.id)
            .join(conversations, conversations.c.id == messages.c.conversation_id)
            .join(identities, identities.c.id == conversations.c.identity_id)
            .where(messages.c.id == message_id)
        )
        assert row is not None
        return Due(store.as_message(row), row["channel"], row["address"], row["attempts"])


async def settle(database: Database, message_id: str, status: str, error: str | None = None) -> None:
    """The attempt is over: sent, failed or unknown."""
    await _update(database, message_id, status=status, error=error, updated_at=clock_now())


async def retry(database: Database, message_id: str, at: datetime) -> None:
    """It was provably not taken; try again then."""
    await _update(database, message_id, status="pending", next_at=at, updated_at=clock_now())


async def _update(database: Database, message_id: str, **values: object) -> None:
    async with database.write() as tx:
        await tx.execute(sa.update(deliveries).where(deliveries.c.message_id == message_id).values(**values))
        tx.wake("deliveries")
