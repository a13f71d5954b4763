"""One message of a conversation at a time: which of those that are to be sent has its turn.

Of a conversation's deliveries at most one has a `next_at`: the one being sent, or else the earliest pending one. Who
looks for work therefore meets one row for each conversation, however long the line behind it is, and a unique index
makes the database itself refuse a second one. Who changes the line holds it to the end of the transaction: not by the
conversation's row, which others skip when they find it locked, and never while waiting for `events`.

On the conversation's newest delivery stands `chat_opens_at`: a channel with a rate is not to send to it before.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from handoff.database import Transaction
from handoff.messages import Message
from handoff.models import conversations, deliveries

TOPIC = "deliveries"


def status_is(*names: str) -> sa.ColumnElement[bool]:
    """A condition on a delivery's status with its words written out: with parameters, the partial indexes that are
    made for these words would not be used."""
    words = [sa.literal_column(f"'{name}'", sa.String()) for name in names]
    return deliveries.c.status == words[0] if len(words) == 1 else deliveries.c.status.in_(words)


async def hold(tx: Transaction, conversation_id: str) -> None:
    """Nobody else changes this conversation's line until the end of the transaction."""
    await tx.alone(f"line:{conversation_id}")


async def enter(tx: Transaction, message: Message) -> None:
    """Puts a message at the end of its conversation's line."""
    await hold(tx, message.conversation_id)
    d = deliveries.c
    line = sa.select(d.message_id).where(d.conversation_id == message.conversation_id, status_is("pending", "sending"))
    channel = sa.select(conversations.c.channel).where(conversations.c.id == message.conversation_id)
    waits = await tx.scalar(line.limit(1)) is not None
    opens_at = None if waits else await _chat_opens_at(tx, message.conversation_id)
    await tx.execute(
        sa.insert(deliveries).values(
            message_id=message.id,
            conversation_id=message.conversation_id,
            seq=message.seq,
            channel=channel.scalar_subquery(),
            status="pending",
            attempts=0,
            next_at=None if waits else max(message.created_at, opens_at or message.created_at),
            updated_at=message.created_at,
        )
    )
    if not waits:
        tx.wake(TOPIC)


async def first_waiting(tx: Transaction, conversation_id: str) -> sa.RowMapping | None:
    """The `message_id` and `seq` of the earliest pending delivery; the caller holds the line."""
    d = deliveries.c
    # both conditions, or SQLite does not see that the index over the open ones serves
    waiting = sa.and_(d.conversation_id == conversation_id, status_is("pending", "sending"), status_is("pending"))
    return await tx.row(sa.select(d.message_id, d.seq).where(waiting).order_by(d.seq).limit(1))


async def let_next(tx: Transaction, conversation_id: str, now: datetime, not_before: datetime | None = None) -> None:
    """Gives the turn to the earliest pending delivery, unless one is being sent; the caller holds the line.

    Args:
        not_before: where the chat was told to wait, whichever message it was.
    """
    found = await first_waiting(tx, conversation_id)
    if found is None:
        return
    d = deliveries.c
    mine, first = d.conversation_id == conversation_id, found["message_id"]
    in_turn = sa.select(d.message_id, d.status, d.next_at).where(mine, d.next_at.is_not(None))
    # a worker may be taking it in this moment; then it is being sent once we have its row
    row = await tx.row(in_turn.with_for_update())
    if row is not None and (row["status"] == "sending" or row["message_id"] == first):
        return
    at = max(now, not_before or now, await _chat_opens_at(tx, conversation_id) or now)
    if row is not None:
        at = max(at, row["next_at"])  # the chat was told to wait, whichever message it was
        await _set(tx, row["message_id"], next_at=None)
    await _set(tx, first, next_at=at)
    if at <= now:
        tx.wake(TOPIC)


async def shut_until(tx: Transaction, conversation_id: str, opens_at: datetime) -> None:
    """Nothing is sent to this conversation before then, neither what waits nor what is yet to be said; the caller holds
    the line."""
    d = deliveries.c
    newest = sa.select(sa.func.max(d.seq)).where(d.conversation_id == conversation_id).scalar_subquery()
    await tx.execute(
        sa.update(deliveries)
        .where(d.conversation_id == conversation_id, d.seq == newest)
        .values(chat_opens_at=opens_at)
    )


async def _chat_opens_at(tx: Transaction, conversation_id: str) -> datetime | None:
    d = deliveries.c
    query = sa.select(d.chat_opens_at).where(d.conversation_id == conversation_id).order_by(d.seq.desc()).limit(1)
    found = await tx.scalar(query)
    return found if isinstance(found, datetime) else None


async def _set(tx: Transaction, message_id: str, **values: Any) -> None:
    await tx.execute(sa.update(deliveries).where(deliveries.c.message_id == message_id).values(**values))
