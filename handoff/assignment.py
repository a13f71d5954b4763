"""Which agent gets a waiting conversation: the one who asks for the next, or, in teams that assign by themselves, the
one who suits best and has room."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa

from handoff import ownership, presence, queue, saying, store
from handoff.clock import now as clock_now
from handoff.conversations import Conversation, Refused
from handoff.database import Transaction
from handoff.models import conversations as table
from handoff.people import Person
from handoff.presence import Agent
from handoff.queue_rules import QueueRules
from handoff.services import Services
from handoff.walking import AT_ONCE


async def take_next(services: Services, person: Person) -> Conversation | None:
    """The agent takes the conversation that is first in the queue among those that suit them; None when none does."""
    now = clock_now()
    async with services.database.write() as tx:
        agent = await presence.agent(tx, person.id, now)
        found = await queue.next_for(tx, agent, services.queue_rules, now) if agent else None
        return await _give(tx, services, found, person, now) if found else None


async def assign_waiting(services: Services) -> int:
    """In teams that assign by themselves, gives each waiting conversation to an agent who is here, suits and has room,
    as far as there are such; returns how many."""
    now = clock_now()
    # outside of the hours a page may be open with nobody before it; who works then can still take the next
    auto = [team.name for team in services.queue_rules.teams.values() if team.assign == "auto"]
    teams = [team for team in auto if services.hours.is_open(team, now)]
    if not teams:
        return 0
    c = table.c
    async with services.database.read() as tx:
        everyone = await presence.agents(tx, now)
        # a team that nobody has room for must not keep the others from being looked at
        served = [team for team in teams if any(one.room for one in presence.of_team(everyone, team))]
        query = sa.select(table).where(c.status == "queued", c.team.in_(served)).order_by(c.rank, c.id).limit(AT_ONCE)
        waiting = [Conversation(**row) for row in await tx.rows(query)] if served else []
    given = 0
    for conversation in waiting:
        agent = choose(everyone, conversation, services.queue_rules, now)
        if agent is None:
            continue
        try:
            async with services.database.write() as tx:
                await tx.alone("assign")  # two processes must not fill the same place twice
                fresh = await presence.agent(tx, agent.person.id, now)
                found = await ownership.locked(tx, conversation.id)
                if fresh is None or choose([fresh], found, services.queue_rules, now) is None:
                    continue
                await _give(tx, services, found, agent.person, now)
        except Refused:
            continue  # claimed just now
        given += 1
        everyone = [replace(one, load=one.load + 1) if one is agent else one for one in everyone]
    return given


def choose(agents: Sequence[Agent], conversation: Conversation, rules: QueueRules, now: datetime) -> Agent | None:
    """The agent with room who suits: first who knows language and skill, then who has least in hand."""
    able = [one for one in agents if one.here and one.room > 0 and queue.suits(one, conversation, rules, now)]
    return min(
        able,
        key=lambda one: (not queue.matches(one, conversation, rules), one.load / one.capacity, one.person.name),
        default=None,
    )


async def _give(
    tx: Transaction, services: Services, conversation: Conversation, person: Person, now: datetime
) -> Conversation:
    conversation = await ownership.give(tx, services, conversation, person, now)
    await store.save(tx, conversation)
    await saying.status_changed(tx, conversation, now)
    return conversation
