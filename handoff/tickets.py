"""A request for a person from asking to closing: its place in the queue, and where it waits when nobody is there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from handoff import conversations
from handoff.conversations import Conversation, Ticket
from handoff.database import Transaction, UtcDateTime
from handoff.models import conversations as conversation_table
from handoff.models import handoffs
from handoff.queue_rules import QueueRules

ASKED = "human_agent"
TAKEN_OVER = "taken_over"
BOT_AWAY = "bot_unavailable"
BOT_FAILED = "bot_failed"
# the house passes the customer on for these; they have not asked for a person
_NOT_ASKED = frozenset({BOT_AWAY, BOT_FAILED})


def ticket(rules: QueueRules, reason: str, since: datetime, now: datetime, team: str | None = None) -> Ticket:
    """A request for this reason, by a customer who has asked since then.

    Args:
        team: whose it is, when that is not the reason's own; one that is no more is passed over.
    """
    priority = rules.priority(reason)
    deadline = now + rules.target(priority).first_response
    whose = team if team is not None and team in rules.teams else rules.team(reason)
    return Ticket(reason, priority, whose, since, rules.rank(priority, since), deadline)


def again(rules: QueueRules, conversation: Conversation, now: datetime, team: str | None = None) -> Ticket:
    """The ticket of a conversation that goes back into the queue: the time it has waited counts, and who had a person
    waits for a person, no longer for the bot."""
    since = conversation.waiting_since or now
    reason = conversation.reason or TAKEN_OVER
    return Ticket(
        ASKED if reason == BOT_AWAY else reason,
        conversation.priority,
        team or conversation.team,
        since,
        rules.rank(conversation.priority, since),
        now + rules.target(conversation.priority).first_response,
    )


def of_parked(rules: QueueRules, row: sa.RowMapping, now: datetime, reason: str | None = None) -> Ticket:
    """The ticket of a parked request that goes back into the queue, with its age.

    Args:
        reason: why the bot passes the customer on anew, if it does; a wish of theirs takes the place of the old one, a
            fault of ours does not.
    """
    if reason is not None and reason not in _NOT_ASKED:
        return ticket(rules, reason, row["requested_at"], now)
    kept = ticket(rules, row["reason"], row["requested_at"], now, row["team"])
    return replace(kept, reason=BOT_AWAY) if reason == BOT_AWAY else kept


async def open_one(tx: Transaction, conversation_id: str) -> sa.RowMapping | None:
    """The open ticket of a conversation, parked or not."""
    return await tx.row(sa.select(handoffs).where(*_open(conversation_id)).order_by(handoffs.c.id.desc()).limit(1))


async def parked(tx: Transaction, conversation_id: str) -> sa.RowMapping | None:
    """The ticket that waits for somebody to be there, if there is one."""
    query = sa.select(handoffs).where(*_open(conversation_id), handoffs.c.parked_at.is_not(None))
    return await tx.row(query.order_by(handoffs.c.id.desc()).limit(1))


async def parked_teams(tx: Transaction) -> list[str]:
    """The teams for which a ticket waits."""
    h = handoffs.c
    query = sa.select(h.team).where(h.parked_at.is_not(None), h.closed_at.is_(None)).distinct()
    return [row["team"] for row in await tx.rows(query)]


async def all_parked(tx: Transaction, teams: Sequence[str], limit: int) -> list[str]:
    """The conversations whose tickets wait for one of these teams, the oldest first."""
    h, c = handoffs.c, conversation_table.c
    query = (
        sa.select(h.conversation_id)
        .join(conversation_table, c.id == h.conversation_id)
        .where(h.parked_at.is_not(None), h.closed_at.is_(None), h.team.in_(teams), c.status == "bot")
    )
    return [row["conversation_id"] for row in await tx.rows(query.order_by(h.requested_at).limit(limit))]


async def park(tx: Transaction, conversation: Conversation, now: datetime) -> Conversation:
    """The bot goes on with the customer; the ticket comes back when somebody is there. The caller saves it.

    Raises:
        Refused: the conversation is not queued (any more).
    """
    team = conversation.team
    conversation = conversations.leave_queue(conversation, now)
    await tx.execute(sa.update(handoffs).where(*_open(conversation.id)).values(parked_at=now, team=team))
    return conversation


async def unpark(tx: Transaction, conversation_id: str, again: Ticket, brief: dict[str, Any] | None = None) -> None:
    """The ticket is in the queue again.

    Args:
        brief: what is known now, when the bot passes it on anew; that of a wish takes the place of the old one.
    """
    values: dict[str, Any] = {"parked_at": None, "deadline": again.deadline, "team": again.team}
    if brief is not None and brief["reason"] not in _NOT_ASKED:
        values |= {"brief": brief, "reason": again.reason}
    await tx.execute(sa.update(handoffs).where(*_open(conversation_id)).values(**values))


async def to_team(tx: Transaction, conversation_id: str, team: str) -> None:
    """Another team's from now on."""
    await tx.execute(sa.update(handoffs).where(*_open(conversation_id)).values(team=team))


async def wanted(tx: Transaction, conversation_id: str) -> str:
    """The customer, queued because no bot answered, wants a person; returns why: their wish of before, or this one."""
    away = sa.update(handoffs).where(*_open(conversation_id), handoffs.c.reason == BOT_AWAY)
    await tx.execute(away.values(reason=ASKED))
    row = await open_one(tx, conversation_id)
    return str(row["reason"]) if row else ASKED


async def note_unanswered(tx: Transaction, conversation_id: str, since: datetime) -> None:
    """No bot has answered what the customer wrote since then."""
    row = await open_one(tx, conversation_id)
    if row is not None:
        brief = {**row["brief"], "unanswered_since": since.isoformat()}
        await tx.execute(sa.update(handoffs).where(handoffs.c.id == row["id"]).values(brief=brief))


async def keep_contact(tx: Transaction, conversation_id: str, contact: str) -> None:
    """Where the customer wants to be written to."""
    await tx.execute(sa.update(handoffs).where(*_open(conversation_id)).values(contact=contact))


async def replied(tx: Transaction, conversation_id: str, now: datetime) -> None:
    """Somebody answered the customer; the first time counts."""
    first = sa.func.coalesce(handoffs.c.replied_at, sa.literal(now, UtcDateTime))
    await tx.execute(sa.update(handoffs).where(*_open(conversation_id)).values(replied_at=first))


async def breached(tx: Transaction, conversation_id: str) -> int:
    """A deadline has passed; returns how many have under this ticket."""
    await tx.execute(sa.update(handoffs).where(*_open(conversation_id)).values(breaches=handoffs.c.breaches + 1))
    return int(await tx.scalar(sa.select(sa.func.max(handoffs.c.breaches)).where(*_open(conversation_id))) or 0)


def _open(conversation_id: str) -> tuple[sa.ColumnElement[bool], ...]:
    return handoffs.c.conversation_id == conversation_id, handoffs.c.closed_at.is_(None)
