"""When no bot answers: the customer is told and queued, and the bot takes back by itself what nobody has claimed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import sqlalchemy as sa

from handoff import conversations, ownership, saying, store, tickets, turn_store, workers
from handoff.choices import PRESSED
from handoff.clock import now as clock_now
from handoff.conversations import Conversation, Refused
from handoff.database import Transaction
from handoff.messages import Message
from handoff.models import conversations as table
from handoff.models import messages, turns
from handoff.services import Services
from handoff.walking import AT_ONCE, each

# longer than a lease: what a killed worker left is first of all another worker's to answer
STRANDED = timedelta(seconds=45)
RECOVERED = "bot_recovered"


async def queue_stranded(services: Services) -> int:
    """While no worker is alive, passes on every conversation whose message has waited too long for a turn; returns how
    many. A live worker that has much to do is late, not away, and would be given them back at once."""
    now = clock_now()
    c = table.c
    free = sa.or_(c.lease_until.is_(None), c.lease_until < now)
    stranded = sa.and_(c.status == "bot", c.turn_waiting_since < now - STRANDED, free)
    async with services.database.read() as tx:
        found = [row["id"] for row in await tx.rows(sa.select(c.id).where(stranded).limit(AT_ONCE))]
        if not found or await workers.alive(tx):
            return 0

    async def step(tx: Transaction, conversation: Conversation, now: datetime) -> Conversation:
        since, leased = conversation.turn_waiting_since, conversation.lease_until
        if since is None or since >= now - STRANDED or (leased is not None and leased >= now):
            raise Refused("answered", "The bot has answered meanwhile.")
        conversation = await saying.notice(tx, services, conversation, "bot_unavailable", now)
        conversation = await ownership.hand_over(tx, services, conversation, tickets.BOT_AWAY, {}, now)
        await tickets.note_unanswered(tx, conversation.id, since)
        return conversation

    return await each(services, found, step)


async def take_back(services: Services) -> int:
    """Once a worker answers again, gives the bot what it was missing for and nobody has claimed; returns how many.

    What the customer wrote meanwhile is answered then. Who has asked for a person before still waits for one.
    """
    c = table.c
    waiting = sa.and_(c.rank.is_not(None), c.reason == tickets.BOT_AWAY)
    async with services.database.read() as tx:
        found = [row["id"] for row in await tx.rows(sa.select(c.id).where(waiting).limit(AT_ONCE))]
        if not found or not await workers.alive(tx):
            return 0

    async def step(tx: Transaction, conversation: Conversation, now: datetime) -> Conversation:
        ticket = await tickets.open_one(tx, conversation.id)
        if conversation.reason != tickets.BOT_AWAY or ticket is None:
            raise Refused("not_waiting", "It is not the bot that this conversation waits for.")
        if ticket["reason"] == tickets.BOT_AWAY:
            conversation = conversations.leave_queue(conversation, now)
            await store.close_handoff(tx, conversation.id, RECOVERED, now)
            key = "bot_recovered"
        else:
            conversation = await tickets.park(tx, conversation, now)
            key = "bot_recovered_meanwhile"
        conversation = await saying.notice(tx, services, conversation, key, now)
        conversation = await _wait_anew(tx, conversation, await _unanswered(tx, ticket), now)
        await saying.status_changed(tx, conversation, now)
        return conversation

    return await each(services, found, step)


async def _unanswered(tx: Transaction, ticket: sa.RowMapping) -> list[Message]:
    """What the customer wrote to a bot that was not there: dropped when they were queued, or written since. Buttons of
    the house were for the house."""
    noted = ticket["brief"].get("unanswered_since")
    since = datetime.fromisoformat(noted) if noted else ticket["requested_at"]
    query = (
        sa.select(messages)
        .outerjoin(turns, turns.c.message_id == messages.c.id)
        .where(messages.c.conversation_id == ticket["conversation_id"], messages.c.author == "customer")
        .where(sa.or_(turns.c.message_id.is_(None), turns.c.status == "dropped"))
        # a turn that was given back once waits since then
        .where(sa.func.coalesce(turns.c.created_at, messages.c.created_at) >= since)
        .order_by(messages.c.seq)
    )
    found = [store.as_message(row) for row in await tx.rows(query)]
    return [message for message in found if not (message.payload or "").startswith(PRESSED)]


async def _wait_anew(
    tx: Transaction, conversation: Conversation, unanswered: Sequence[Message], now: datetime
) -> Conversation:
    """They wait from now on; how long they did is known, and is no reason to say again that the bot is away."""
    for message in unanswered:
        conversation = await turn_store.enqueue(tx, conversation, message)
    waiting = sa.and_(turns.c.conversation_id == conversation.id, turns.c.status == "waiting")
    await tx.execute(sa.update(turns).where(waiting).values(created_at=now))
    return replace(conversation, turn_waiting_since=now if unanswered else None)
