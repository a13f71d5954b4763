"""By when somebody must have answered: a warning before, and what follows when nobody has. All of it in the database,
so that it survives any restart (promise 13)."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from handoff import absence, conversations, events, queue, saying, store, tickets
from handoff.clock import now as clock_now
from handoff.conversations import Conversation, Refused
from handoff.database import Transaction
from handoff.models import conversations as table
from handoff.services import Services
from handoff.walking import AT_ONCE, each

MOST_DOUBLINGS = 4


async def warn_near(services: Services) -> int:
    """Tells the desk of every deadline that is near; returns how many."""
    now = clock_now()
    rules = services.queue_rules
    c = table.c
    longest = max(max(target.first_response, target.next_response) for target in rules.targets.values())
    near = sa.and_(c.deadline > now, c.deadline <= now + longest, c.deadline_state.is_(None))
    columns = (c.id, c.deadline, c.deadline_kind, c.priority)
    async with services.database.read() as tx:
        rows = await tx.rows(sa.select(*columns).where(near).order_by(c.deadline).limit(500))
    due = [r["id"] for r in rows if rules.warn_from(r["deadline_kind"], r["priority"], r["deadline"]) <= now]

    async def step(tx: Transaction, conversation: Conversation, now: datetime) -> Conversation:
        if conversation.deadline is None or conversation.deadline_state is not None:
            raise Refused("not_due", "This conversation is not near a deadline.")
        await events.append(tx, "deadline", conversation.id, {"state": "warned"}, now, public=False)
        return conversations.warn(conversation)

    return await each(services, due[:AT_ONCE], step)


async def deal_with_passed(services: Services) -> int:
    """Acts on every deadline that has passed, once; returns how many."""
    now = clock_now()
    c = table.c
    # an agent is told once; the queue, where each deadline is followed by another, each time
    untold = sa.or_(c.status == "queued", c.deadline_state.is_(None), c.deadline_state == "warned")
    passed = sa.and_(c.deadline <= now, untold)
    async with services.database.read() as tx:
        rows = await tx.rows(sa.select(c.id).where(passed).order_by(c.deadline).limit(AT_ONCE))

    async def step(tx: Transaction, conversation: Conversation, now: datetime) -> Conversation:
        conversation = conversations.breach(conversation, now)
        times = await tickets.breached(tx, conversation.id)
        await events.append(tx, "deadline", conversation.id, {"state": "breached"}, now, public=False)
        if conversation.status == "queued":
            return await _nobody_came(tx, services, conversation, times, now)
        return await _excuse(tx, services, conversation, now)

    return await each(services, [row["id"] for row in rows], step)


async def _excuse(tx: Transaction, services: Services, conversation: Conversation, now: datetime) -> Conversation:
    """Its agent is late; outside of the team's hours the customer hears when they begin again."""
    found = await absence.look(tx, services, conversation.team, now)
    if found.open or found.opens is None:
        name = await store.agent_name(tx, conversation)
        return await saying.notice(tx, services, conversation, "answer_late", now, agent=name or "")
    opens = absence.moment(services, conversation.team, found.opens)
    return await saying.notice(tx, services, conversation, "answer_closed", now, opens=opens)


async def _nobody_came(
    tx: Transaction, services: Services, conversation: Conversation, times: int, now: datetime
) -> Conversation:
    """The first answer is late. If somebody is there, it becomes more urgent and anybody may take it; if nobody is, the
    bot is back with a customer who has not chosen to wait, and the ticket stays.

    Who goes on waiting has a new deadline, each a little longer than the one before: to be seen to, not to be told the
    same every few minutes.
    """
    found = await absence.look(tx, services, conversation.team, now)
    waits = conversation.choice is not None or conversation.reason == tickets.BOT_AWAY
    if not found.there and not waits:
        conversation = await tickets.park(tx, conversation, now)
        conversation = await saying.notice(tx, services, conversation, "nobody_came", now)
        await saying.status_changed(tx, conversation, now)
        return conversation
    rules = services.queue_rules
    priority = conversation.priority + 1
    rank = rules.rank(priority, conversation.waiting_since or now)
    conversation = conversations.escalate(conversation, priority, rank)
    pause = rules.target(priority).first_response * 2 ** min(times - 1, MOST_DOUBLINGS)
    conversation = conversations.look_again_at(conversation, (found.opens or now) + pause)
    place = await queue.position(tx, conversation)
    await saying.status_changed(tx, conversation, now)
    buttons = absence.choices(conversation, absence.WAIT, absence.CONTACT, absence.BOT)
    return await saying.notice(tx, services, conversation, "still_waiting", now, position=place, buttons=buttons)
