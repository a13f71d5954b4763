"""The queue for a person: who is next, which place a customer has, and how long it will take."""

from __future__ import annotations

import math
import statistics
from datetime import datetime, timedelta

import sqlalchemy as sa

from handoff import presence
from handoff.conversations import Conversation
from handoff.database import Transaction
from handoff.models import conversations, handoffs
from handoff.presence import Agent
from handoff.queue_rules import QueueRules

RECENT = 50
# what is expected before there is anything to go by
USUAL_PICKUP = timedelta(minutes=2)
USUAL_HANDLING = timedelta(minutes=10)
# who waited longer waited for people to be back, and who was helped for longer was put aside: neither tells how long it
# takes while they are there
LONGEST_PICKUP = timedelta(hours=1)
LONGEST_HANDLING = timedelta(hours=4)


async def position(tx: Transaction, conversation: Conversation) -> int:
    """The conversation's place in its team's queue, from 1."""
    c = conversations.c
    # compared as a pair, the line's index is counted from its beginning up to here, and nothing else is read
    here = sa.literal(conversation.rank, c.rank.type), sa.literal(conversation.id, c.id.type)
    ahead = sa.tuple_(c.rank, c.id) < sa.tuple_(*here)
    query = sa.select(sa.func.count()).where(c.rank.is_not(None), c.team == conversation.team, ahead)
    return int(await tx.scalar(query) or 0) + 1


async def expected_wait(tx: Transaction, conversation: Conversation, place: int, now: datetime) -> int:
    """Minutes until somebody will probably come, from how long it took lately and who is here; at least 1."""
    here = presence.of_team(await presence.agents(tx, now), conversation.team)
    h = handoffs.c
    query = sa.select(h.requested_at, h.claimed_at, h.closed_at).where(h.claimed_at.is_not(None), h.parked_at.is_(None))
    rows = await tx.rows(query.order_by(h.id.desc()).limit(RECENT))
    picked_up = [row["claimed_at"] - row["requested_at"] for row in rows]
    handled = [row["closed_at"] - row["claimed_at"] for row in rows if row["closed_at"]]
    pickup = _median([span for span in picked_up if span <= LONGEST_PICKUP], USUAL_PICKUP)
    handling = _median([span for span in handled if span <= LONGEST_HANDLING], USUAL_HANDLING)
    rounds = max(0, place - sum(agent.room for agent in here)) / max(1, sum(agent.capacity for agent in here))
    return max(1, math.ceil((pickup + math.ceil(rounds) * handling) / timedelta(minutes=1)))


def suiting(agent: Agent, rules: QueueRules, now: datetime) -> sa.ColumnElement[bool]:
    """Queued conversations that this agent is to take: of their team, in a language they know and needing no skill
    that they lack; or such that have waited long enough for anybody of the team, or are overdue."""
    c = conversations.c
    theirs: list[sa.ColumnElement[bool]] = []
    if agent.languages:
        theirs.append(c.language.in_(_variants(agent.languages)))
    lacking = [reason for reason, skill in rules.skills.items() if agent.skills and skill not in agent.skills]
    if lacking:
        theirs.append(c.reason.not_in(lacking))
    long_enough = sa.or_(c.waiting_since <= now - rules.any_agent_after, c.deadline_state == "breached")
    found = c.status == "queued"
    if agent.teams:
        found = sa.and_(found, c.team.in_(agent.teams))
    return sa.and_(found, sa.or_(sa.and_(*theirs), long_enough)) if theirs else found


def suits(agent: Agent, conversation: Conversation, rules: QueueRules, now: datetime) -> bool:
    """The same for one queued conversation."""
    if not agent.on_team(conversation.team):
        return False
    since = conversation.waiting_since
    if (since is not None and since <= now - rules.any_agent_after) or conversation.deadline_state == "breached":
        return True
    return matches(agent, conversation, rules)


def matches(agent: Agent, conversation: Conversation, rules: QueueRules) -> bool:
    """Whether the agent knows the language and has the skill."""
    skill = rules.skills.get(conversation.reason or "")
    knows = not agent.languages or conversation.language in _variants(agent.languages)
    return knows and (skill is None or not agent.skills or skill in agent.skills)


async def next_for(tx: Transaction, agent: Agent, rules: QueueRules, now: datetime) -> Conversation | None:
    """The conversation that this agent takes next, its row locked; who asks at the same time gets the one after. When
    all that suits is held by somebody, be it by its customer who is writing, they are waited for."""
    c = conversations.c
    query = sa.select(conversations).where(suiting(agent, rules, now)).order_by(c.rank, c.id).limit(1)
    for free in (True, False):
        row = await tx.row(query.with_for_update(skip_locked=free))
        if row is not None:
            return Conversation(**row)
    return None


def _variants(languages: frozenset[str]) -> list[str]:
    """Who knows Bengali knows it in Latin letters too."""
    return sorted({variant for language in languages for variant in (language, f"{language}-Latn")})


def _median(spans: list[timedelta], usual: timedelta) -> timedelta:
    return timedelta(seconds=statistics.median(one.total_seconds() for one in spans)) if spans else usual
