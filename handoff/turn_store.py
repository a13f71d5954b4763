"""The rows behind the bot's turns: which messages wait for it, and Rasa's events."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from handoff.conversations import Conversation
from handoff.database import Transaction
from handoff.messages import Message
from handoff.models import conversations, handoffs, messages, tracker_events, turns

_ENQUEUE = {
    name: insert(turns).on_conflict_do_update(index_elements=["message_id"], set_={"status": "waiting", "attempts": 0})
    for name, insert in (("postgresql", postgresql.insert), ("sqlite", sqlite.insert))
}


@dataclass(frozen=True)
class StoredEvents:
    """Rasa's events of one turn as JSON. A generation is one tracker session; its first row, position 0, replaces all
    older generations."""

    generation: int
    position: int
    events: str


async def enqueue(tx: Transaction, conversation: Conversation, message: Message) -> Conversation:
    """Marks a stored message as waiting for the bot, anew if it was dropped; the caller saves the returned
    conversation."""
    values = {
        "message_id": message.id,
        "conversation_id": message.conversation_id,
        "seq": message.seq,
        "status": "waiting",
        "attempts": 0,
        "created_at": message.created_at,
    }
    await tx.execute(_ENQUEUE[tx.dialect], values)
    tx.wake("turns")
    return replace(conversation, turn_waiting_since=conversation.turn_waiting_since or message.created_at)


async def drop_waiting(tx: Transaction, conversation_id: str) -> None:
    """A person has taken over: what the bot had not answered yet, it no longer will."""
    await tx.execute(
        sa.update(turns)
        .where(turns.c.conversation_id == conversation_id, turns.c.status == "waiting")
        .values(status="dropped")
    )


async def drop(tx: Transaction, conversation: Conversation, message_id: str) -> Conversation:
    """This message is not to be answered any more, if it still waited; the caller saves the returned conversation."""
    waits = sa.and_(turns.c.message_id == message_id, turns.c.status == "waiting")
    done = await tx.execute(sa.update(turns).where(waits).values(status="dropped"))
    if done.rowcount == 0:
        return conversation
    return replace(conversation, turn_waiting_since=await waiting_since(tx, conversation.id))


async def waiting_since(tx: Transaction, conversation_id: str) -> datetime | None:
    """When the oldest message came that waits for the bot; None when none does."""
    waits = sa.and_(turns.c.conversation_id == conversation_id, turns.c.status == "waiting")
    found = await tx.scalar(sa.select(sa.func.min(turns.c.created_at)).where(waits))
    return found if isinstance(found, datetime) else None


async def count_try(tx: Transaction, message_ids: Sequence[str], by: int = 1) -> None:
    """Adds to how often these messages have been tried."""
    await tx.execute(sa.update(turns).where(turns.c.message_id.in_(message_ids)).values(attempts=turns.c.attempts + by))


async def annotate(
    tx: Transaction, message_ids: Sequence[str], intent: str | None, confidence: float | None, language: str
) -> None:
    """The customer's messages carry what the bot understood, so that the desk shows it where it was said."""
    await tx.execute(
        sa.update(messages)
        .where(messages.c.id.in_(message_ids))
        .values(intent=intent, confidence=confidence, language=language)
    )


async def mark(
    tx: Transaction,
    message_ids: Sequence[str],
    status: str,
    milliseconds: float | None = None,
    error: str | None = None,
) -> None:
    """What became of messages that one turn was about, and how long that turn took."""
    await tx.execute(
        sa.update(turns)
        .where(turns.c.message_id.in_(message_ids))
        .values(status=status, milliseconds=milliseconds, error=error)
    )


async def add_events(tx: Transaction, conversation_id: str, stored: StoredEvents) -> None:
    table = tracker_events.c
    if stored.position == 0:
        await tx.execute(
            sa.delete(tracker_events).where(
                table.conversation_id == conversation_id, table.generation < stored.generation
            )
        )
    await tx.execute(
        sa.insert(tracker_events).values(
            conversation_id=conversation_id,
            generation=stored.generation,
            position=stored.position,
            events=stored.events,
        )
    )


async def newest_events(tx: Transaction, conversation_id: str) -> tuple[int, int] | None:
    """Generation and position of the newest row, None when there is none; tells whether a memory of them is stale."""
    table = tracker_events.c
    row = await tx.row(
        sa.select(table.generation, table.position)
        .where(table.conversation_id == conversation_id)
        .order_by(table.generation.desc(), table.position.desc())
        .limit(1)
    )
    return (row["generation"], row["position"]) if row else None


async def person_since_last(tx: Transaction, conversation_id: str) -> bool:
    """Whether a person has had the conversation since the message that the bot answered last."""
    mine = sa.and_(turns.c.conversation_id == conversation_id, turns.c.status == "done")
    answered = await tx.scalar(sa.select(sa.func.max(turns.c.created_at)).where(mine))
    # a ticket that went back into the queue and waits for somebody to be there is not closed
    left = sa.func.coalesce(handoffs.c.closed_at, handoffs.c.parked_at)
    theirs = sa.and_(handoffs.c.conversation_id == conversation_id, handoffs.c.claimed_at.is_not(None))
    since = sa.true() if answered is None else left > answered
    return await tx.scalar(sa.select(handoffs.c.id).where(theirs, since).limit(1)) is not None


async def erased(tx: Transaction, conversation_ids: Sequence[str]) -> set[str]:
    """Which of these conversations are there no longer."""
    rows = await tx.rows(sa.select(conversations.c.id).where(conversations.c.id.in_(conversation_ids)))
    return {*conversation_ids} - {row["id"] for row in rows}


async def load_events(tx: Transaction, conversation_id: str) -> list[StoredEvents]:
    """The newest generation's rows, oldest first; empty for a conversation that the bot has not answered yet."""
    table = tracker_events.c
    newest = sa.select(sa.func.max(table.generation)).where(table.conversation_id == conversation_id).scalar_subquery()
    rows = await tx.rows(
        sa.select(table.generation, table.position, table.events)
        .where(table.conversation_id == conversation_id, table.generation == newest)
        .order_by(table.position)
    )
    return [StoredEvents(**row) for row in rows]
