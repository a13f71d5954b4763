"""When no bot answers: the customer is told and queued, and the bot takes back by itself what nobody has claimed."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa

from handoff import conversations, ownership, saying, store, turn_store, workers
from handoff.clock import now as clock_now
from handoff.conversations import Conversation
from handoff.database import Transaction
from handoff.models import conversations as table
from handoff.services import Services

# longer than a lease: what a killed worker left is first of all another worker's to answer
STRANDED = timedelta(seconds=45)
REASON = "bot_unavailable"


async def queue_stranded(services: Services) -> int:
    """Passes on every conversation whose message has waited too long for a turn; returns how many."""
    now = clock_now()
    c = table.c
    free = sa.or_(c.lease_until.is_(None), c.lease_until < now)
    stranded = sa.and_(c.status == "bot", c.turn_waiting_since < now - STRANDED, free)
    async with services.database.read() as tx:
        found = [row["id"] for row in await tx.rows(sa.select(c.id).where(stranded).limit(50))]
    passed = 0
    for conversation_id in found:
        async with services.database.write() as tx:
            row = await tx.row(sa.select(c.id).where(c.id == conversation_id, stranded).with_for_update())
            conversation = await store.get(tx, conversation_id) if row else None
            if conversation is None:
                continue  # answered just now
            conversation = await saying.notice(tx, services, conversation, "bot_unavailable", now)
            await store.save(tx, await ownership.hand_over(tx, services, conversation, REASON, {}, now))
            passed += 1
    return passed


async def take_back(services: Services) -> int:
    """Once a worker answers again, gives the bot what it was missing for and nobody has claimed; returns how many.

    What the customer wrote meanwhile is answered then.
    """
    now = clock_now()
    c = table.c
    waiting = sa.and_(c.status == "queued", c.reason == REASON)
    async with services.database.read() as tx:
        found = [row["id"] for row in await tx.rows(sa.select(c.id).where(waiting).limit(50))]
        if not found or not await workers.alive(tx):
            return 0
    taken = 0
    for conversation_id in found:
        async with services.database.write() as tx:
            row = await tx.row(sa.select(c.id).where(c.id == conversation_id, waiting).with_for_update())
            conversation = await store.get(tx, conversation_id) if row else None
            if conversation is None:
                continue  # claimed just now
            await store.save(tx, await _take_back(tx, services, conversation, now))
            taken += 1
    return taken


async def _take_back(tx: Transaction, services: Services, conversation: Conversation, now: datetime) -> Conversation:
    said = await store.transcript(tx, conversation.id)
    answered = max((one.seq for one in said if one.author in ("bot", "agent")), default=0)
    conversation = conversations.recover(conversation, now)
    await store.close_handoff(tx, conversation.id, "bot_recovered", now)
    conversation = await saying.notice(tx, services, conversation, "bot_recovered", now)
    for message in said:
        if message.author == "customer" and message.seq > answered:
            conversation = await turn_store.enqueue(tx, conversation, message)
    await saying.status_changed(tx, conversation, now)
    return conversation
