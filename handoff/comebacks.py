"""What comes back by itself: conversations put aside, tickets that waited for somebody to be there, and what agents
had who have vanished."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from handoff import absence, conversations, presence, relay_threads, saying, store, tickets, turn_store
from handoff.clock import now as clock_now
from handoff.conversations import Conversation, Refused
from handoff.database import Transaction
from handoff.models import conversations as table
from handoff.services import Services
from handoff.walking import AT_ONCE, each


async def wake(services: Services) -> int:
    """Conversations whose time has come; returns how many."""
    now = clock_now()
    c = table.c
    query = sa.select(c.id).where(c.agent_id.is_not(None), c.snoozed_until <= now).limit(AT_ONCE)
    async with services.database.read() as tx:
        rows = await tx.rows(query)

    async def step(tx: Transaction, conversation: Conversation, now: datetime) -> Conversation:
        reply_by = now + services.queue_rules.target(conversation.priority).next_response
        conversation = conversations.wake(conversation, reply_by, now)
        await saying.status_changed(tx, conversation, now)
        return conversation

    return await each(services, [row["id"] for row in rows], step)


async def call_back(services: Services) -> int:
    """Parked tickets of teams that are there again go back into the queue, where their age puts them first; returns how
    many. Being there is what it is when a ticket is parked, so that none goes to and fro."""
    now = clock_now()
    rules = services.queue_rules
    async with services.database.read() as tx:
        parked = await tickets.parked_teams(tx)
        # a team that is no more has nobody; its tickets come back to whose they are now
        moved = [team for team in parked if team not in rules.teams]
        back = await absence.there(tx, services, [team for team in parked if team in rules.teams], now)
        found = [one for teams in (back, moved) if teams for one in await tickets.all_parked(tx, teams, AT_ONCE)]

    async def step(tx: Transaction, conversation: Conversation, now: datetime) -> Conversation:
        ticket = await tickets.parked(tx, conversation.id)
        if ticket is None:
            raise Refused("not_parked", "Somebody was faster.")
        again = tickets.of_parked(rules, ticket, now)
        if not (await absence.look(tx, services, again.team, now)).there:
            raise Refused("gone_again", "Nobody is there any more.")
        conversation = conversations.request_handoff(conversation, again, now)
        await turn_store.drop_waiting(tx, conversation.id)
        await tickets.unpark(tx, conversation.id, again)
        conversation = await absence.welcome(tx, services, conversation, now, key="called_back")
        await saying.status_changed(tx, conversation, now)
        return conversation

    return await each(services, found, step)


async def requeue_vanished(services: Services) -> int:
    """Takes back what people have whose desk has not been heard of for a while, or who work there no more, and tells
    their customers; returns how many conversations. Who works outside the desk's pages has no desk to be heard of, and
    keeps what they have until they are late with it."""
    now = clock_now()
    c = table.c
    async with services.database.read() as tx:
        everyone = await presence.agents(tx, now)
        online = [agent.person.id for agent in everyone if agent.online]
        outside = [agent.person.id for agent in everyone if agent.outside]
        kept = sa.or_(c.agent_id.in_(outside), relay_threads.kept_outside())
        theirs = sa.and_(
            c.agent_id.is_not(None),
            c.agent_id.not_in(online),
            c.snoozed_until.is_(None),
            # who was given it just now, by a colleague, has as long to come
            c.agent_since <= presence.online_since(now),
            sa.or_(~kept, c.deadline_state == "breached"),
        )
        rows = await tx.rows(sa.select(c.id).where(theirs).order_by(c.agent_since).limit(AT_ONCE))

    async def step(tx: Transaction, conversation: Conversation, now: datetime) -> Conversation:
        agent_id, since = conversation.agent_id, conversation.agent_since
        agent = await presence.agent(tx, agent_id, now) if agent_id else None
        if agent_id is None or since is None or since > presence.online_since(now) or (agent and agent.online):
            raise Refused("here_again", "Somebody has it.")
        if conversation.snoozed_until is not None:
            raise Refused("put_aside", "It is put aside.")
        outside = (agent is not None and agent.outside) or await relay_threads.is_kept_outside(tx, conversation)
        if outside and conversation.deadline_state != "breached":
            raise Refused("outside", "Its agent works on it outside the desk's pages.")
        await presence.silent_outside(tx, agent_id, now)
        name = await store.agent_name(tx, conversation)
        ticket = tickets.again(services.queue_rules, conversation, now)
        conversation = conversations.requeue(conversation, agent_id, ticket, now)
        conversation = await saying.notice(tx, services, conversation, "agent_gone", now, agent=name or "")
        conversation = await absence.welcome(tx, services, conversation, now, key="requeued")
        await saying.status_changed(tx, conversation, now)
        return conversation

    return await each(services, [row["id"] for row in rows], step)
