"""Messages that did not arrive, or perhaps not: how they are found, and how an agent sends one again."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

import sqlalchemy as sa

from handoff import ownership, store, turnstile
from handoff.clock import now as clock_now
from handoff.conversations import Refused
from handoff.database import Database
from handoff.messages import Message
from handoff.models import deliveries, messages
from handoff.outbox import tell
from handoff.turnstile import status_is

# longer than any attempt takes, and short enough that a killed worker's work goes on within a minute (promise 7)
STALE = timedelta(seconds=45)
STOPPED = "stopped while sending"


async def resend(database: Database, conversation_id: str, message_id: str) -> Message:
    """An agent wants a message to be sent again: at once, as if for the first time; returns it.

    Raises:
        NotFound: there is no such message in this conversation.
        Refused: it is on its way or has arrived.
    """
    now = clock_now()
    async with database.write() as tx:
        await ownership.locked(tx, conversation_id)
        await turnstile.hold(tx, conversation_id)
        asked = sa.and_(messages.c.id == message_id, messages.c.conversation_id == conversation_id)
        row = await tx.row(sa.select(messages).where(asked))
        if row is None:
            raise ownership.NotFound()
        done = await tx.execute(
            sa.update(deliveries)
            .where(deliveries.c.message_id == message_id, status_is("failed", "unknown"))
            .values(status="pending", attempts=0, error=None, updated_at=now)
        )
        if done.rowcount == 0:
            raise Refused("not_undelivered", "This message has arrived or is on its way; it is not sent again.")
        await turnstile.let_next(tx, conversation_id, now)
        await tell(tx, conversation_id, message_id, "pending", now)
        return store.as_message(row)


async def give_up_stopped(database: Database) -> None:
    """What was being sent when its process died is unknown: it may have arrived, so it is not sent again by itself
    (promise 8)."""
    now = clock_now()
    d = deliveries.c
    stopped = sa.and_(status_is("sending"), d.updated_at < now - STALE)
    async with database.read() as reading:
        found = await reading.rows(sa.select(d.message_id, d.conversation_id).where(stopped))
    for row in found:
        async with database.write() as tx:
            await turnstile.hold(tx, row["conversation_id"])
            # updated_at stays the attempt's beginning: is its worker alive after all, it may still say what happened
            done = await tx.execute(
                sa.update(deliveries)
                .where(d.message_id == row["message_id"], stopped)
                .values(status="unknown", error=STOPPED, next_at=None)
            )
            if done.rowcount == 0:
                continue
            await turnstile.let_next(tx, row["conversation_id"], now)
        async with database.write() as tx:
            await tell(tx, row["conversation_id"], row["message_id"], "unknown", now)


async def channels_off(database: Database, on: Collection[str]) -> list[str]:
    """Channels that something is to be sent on although they are none of these."""
    query = sa.select(deliveries.c.channel).distinct().where(status_is("pending"), deliveries.c.next_at.is_not(None))
    async with database.read() as reading:
        return [row["channel"] for row in await reading.rows(query) if row["channel"] not in on]
