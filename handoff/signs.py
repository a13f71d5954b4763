"""Who is typing, and how far who has read.

These signs change nothing of a conversation, so what matters never waits for them: they are written without its row,
and without an event. Whoever watches is woken and reads them where they stand. Only the first of a conversation looks
at its row for a moment, lest it outlive one that is being erased.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from handoff import events
from handoff.channel_models import chat_signs
from handoff.clock import now as clock_now
from handoff.database import Database, Transaction
from handoff.models import conversations, identities, messages

Side = Literal["customer", "agent"]
# who is typing says so again before that is over
TYPING = timedelta(seconds=6)
# one who says so more often than this is heard no oftener
FRESH = timedelta(seconds=2)
_OTHER: dict[Side, Side] = {"customer": "agent", "agent": "customer"}


@dataclass(frozen=True)
class Signs:
    """The signs of one conversation.

    Attributes:
        customer_typing_until, agent_typing_until: until when they are taken to be typing.
        customer_seen: the seq of the newest message of an agent that the customer has had before their eyes.
        agent_seen: the seq of the newest message of the customer that their agent has had before theirs.
    """

    customer_typing_until: datetime | None = None
    agent_typing_until: datetime | None = None
    customer_seen: int = 0
    agent_seen: int = 0

    def typing_for(self, side: Side, now: datetime) -> float:
        """For how many seconds from now they are taken to be typing, 0 when they are not."""
        until = self.customer_typing_until if side == "customer" else self.agent_typing_until
        return max(0.0, (until - now).total_seconds()) if until else 0.0


NONE = Signs()
_C = chat_signs.c
_TYPING = {"customer": _C.customer_typing_until, "agent": _C.agent_typing_until}
_SEEN = {"customer": _C.customer_seen, "agent": _C.agent_seen}
_SIGNS = [_C.customer_typing_until, _C.agent_typing_until, _C.customer_seen, _C.agent_seen]
_OF = sa.select(*_SIGNS).where(_C.conversation_id == sa.bindparam("conversation_id"))


async def of(tx: Transaction, conversation_id: str) -> Signs:
    """How they stand."""
    row = await tx.row(_OF, {"conversation_id": conversation_id})
    return Signs(**row) if row else NONE


async def changed_since(tx: Transaction, since: datetime) -> dict[str, Signs]:
    """The signs of all conversations in which there were any since then, by the conversations' ids."""
    rows = await tx.rows(sa.select(_C.conversation_id, *_SIGNS).where(_C.changed_at > since))
    return {row["conversation_id"]: Signs(**{name: row[name] for name in vars(NONE)}) for row in rows}


async def typing(database: Database, conversation_id: str, side: Side) -> None:
    """They are typing, now and for some seconds.

    A customer with whom the bot speaks types for nobody's eyes: that is not kept.

    Raises:
        DatabaseAway: nobody hears of it.
    """
    now = clock_now()
    async with database.read() as tx:
        status = await tx.scalar(sa.select(conversations.c.status).where(conversations.c.id == conversation_id))
        if status not in ("queued", "assigned"):
            return
        if (await of(tx, conversation_id)).typing_for(side, now) > (TYPING - FRESH).total_seconds():
            return
    async with database.write() as tx:
        if await _has_row(tx, conversation_id):
            until = {_TYPING[side]: now + TYPING, _C.changed_at: now}
            await tx.execute(sa.update(chat_signs).where(_C.conversation_id == conversation_id).values(until))
            _wake(tx, conversation_id)


async def seen(database: Database, conversation_id: str, side: Side, seq: int) -> None:
    """They have read everything up to `seq`; kept is the newest of the other side's messages among that.

    Raises:
        DatabaseAway: nobody hears of it.
    """
    m = messages.c
    theirs = sa.and_(m.conversation_id == conversation_id, m.author == _OTHER[side], m.private.is_(False))
    async with database.read() as tx:
        newest = int(await tx.scalar(sa.select(sa.func.max(m.seq)).where(theirs, m.seq <= seq)) or 0)
        known = await of(tx, conversation_id)
    if newest <= (known.customer_seen if side == "customer" else known.agent_seen):
        return
    async with database.write() as tx:
        if await _has_row(tx, conversation_id):
            further = sa.and_(_C.conversation_id == conversation_id, _SEEN[side] < newest)
            await tx.execute(
                sa.update(chat_signs).where(further).values({_SEEN[side]: newest, _C.changed_at: clock_now()})
            )
            _wake(tx, conversation_id)


async def wrote(tx: Transaction, conversation_id: str, side: Side) -> None:
    """What they were typing is there now; their watchers hear so with the message."""
    was_typing = sa.and_(_C.conversation_id == conversation_id, _TYPING[side].is_not(None))
    await tx.execute(sa.update(chat_signs).where(was_typing).values({_TYPING[side]: None, _C.changed_at: clock_now()}))


async def address(tx: Transaction, conversation_id: str) -> tuple[str, str] | None:
    """Channel and address of the conversation's customer, to show them there that somebody is typing."""
    i = identities.c
    query = sa.select(i.channel, i.address).join(conversations, conversations.c.identity_id == i.id)
    row = await tx.row(query.where(conversations.c.id == conversation_id))
    return (row["channel"], row["address"]) if row else None


async def _has_row(tx: Transaction, conversation_id: str) -> bool:
    """Makes sure that there are signs of this conversation; False when there is no such conversation."""
    if await tx.scalar(sa.select(_C.conversation_id).where(_C.conversation_id == conversation_id)) is not None:
        return True
    # looked at before the insert does it by itself: whoever has the row may be about to write signs too
    there = sa.select(conversations.c.id).where(conversations.c.id == conversation_id)
    if await tx.scalar(there.with_for_update(read=True, key_share=True)) is None:
        return False
    insert = postgresql.insert if tx.dialect == "postgresql" else sqlite.insert
    fresh = insert(chat_signs).values(conversation_id=conversation_id, changed_at=clock_now())
    await tx.execute(fresh.on_conflict_do_nothing())
    return True


def _wake(tx: Transaction, conversation_id: str) -> None:
    tx.wake("events")
    tx.wake(events.topic(conversation_id))
