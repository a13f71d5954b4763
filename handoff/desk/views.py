"""What the desk is shown, as JSON-ready values; the API and the pages read the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from handoff import queue, store
from handoff.clock import iso
from handoff.conversations import Conversation
from handoff.database import Transaction
from handoff.messages import Message
from handoff.models import contacts, conversations, deliveries, handoffs, messages, people

PAGE = 50
STATUSES = ("queued", "assigned", "bot", "resolved")


@dataclass(frozen=True)
class Filter:
    """Which conversations are looked for; each field narrows it.

    Attributes:
        status: one of STATUSES.
        agent_id: only those that this agent owns.
        search: words of a message, or a conversation's id.
        begun: only those in which somebody wrote something.
    """

    status: str | None = None
    agent_id: str | None = None
    search: str = ""
    begun: bool = False


@dataclass(frozen=True)
class Glimpse:
    """What a row of the list tells of a conversation besides its state: who writes, and the newest words of theirs,
    the bot's or an agent's. Notices and private notes are passed over."""

    contact_name: str | None
    author: str | None = None
    author_name: str | None = None
    text: str = ""
    said_at: datetime | None = None


async def conversation_list(
    tx: Transaction, wanted: Filter, after: str | None = None, limit: int = PAGE
) -> dict[str, Any]:
    """One page of conversations: the queue by priority then age, the others by last change; `next` asks for more."""
    c = conversations.c
    query = _matching(_with_agent(), wanted).limit(limit + 1)
    if wanted.status == "queued":
        query = query.order_by(c.priority.desc(), c.waiting_since, c.id)
    else:
        query = query.order_by(c.updated_at.desc(), c.id.desc())
    skipped = int(after) if after and after.isdecimal() else 0
    rows = await tx.rows(query.offset(skipped))
    return {
        "conversations": [_row(row) for row in rows[:limit]],
        "next": str(skipped + limit) if len(rows) > limit else None,
    }


async def glimpses(tx: Transaction, ids: Sequence[str]) -> dict[str, Glimpse]:
    """A glimpse of each of these conversations."""
    m = messages.c
    newest = (
        sa.select(m.conversation_id, sa.func.max(m.seq).label("seq"))
        .where(m.conversation_id.in_(ids), m.author != "system", m.private.is_(False))
        .group_by(m.conversation_id)
        .subquery()
    )
    query = (
        sa.select(conversations.c.id, contacts.c.name, m.author, m.author_name, m.text, m.created_at)
        .join(contacts, contacts.c.id == conversations.c.contact_id)
        .outerjoin(newest, newest.c.conversation_id == conversations.c.id)
        .outerjoin(messages, sa.and_(m.conversation_id == newest.c.conversation_id, m.seq == newest.c.seq))
        .where(conversations.c.id.in_(ids))
    )
    return {
        row["id"]: Glimpse(row["name"], row["author"], row["author_name"], row["text"] or "", row["created_at"])
        for row in await tx.rows(query)
    }


async def matches(tx: Transaction, ids: Sequence[str], search: str) -> dict[str, str]:
    """Of each of these conversations, the newest message in which the words occur."""
    m = messages.c
    newest = (
        sa.select(m.conversation_id, sa.func.max(m.seq).label("seq"))
        .where(m.conversation_id.in_(ids), m.text.ilike(_like(search)))
        .group_by(m.conversation_id)
        .subquery()
    )
    at = sa.and_(m.conversation_id == newest.c.conversation_id, m.seq == newest.c.seq)
    rows = await tx.rows(sa.select(m.conversation_id, m.text).join(newest, at))
    return {row["conversation_id"]: row["text"] for row in rows}


async def conversation_detail(tx: Transaction, conversation: Conversation, now: datetime) -> dict[str, Any]:
    """The conversation with its brief and everything that was said since it began."""
    row = await tx.row(_with_agent().where(conversations.c.id == conversation.id))
    assert row is not None
    said = await store.transcript(tx, conversation.id, private=True)
    statuses = {
        row["message_id"]: row["status"]
        for row in await tx.rows(
            sa.select(deliveries.c.message_id, deliveries.c.status).where(
                deliveries.c.conversation_id == conversation.id
            )
        )
    }
    return {
        **_row(row),
        "queue_position": await queue.position(tx, conversation) if conversation.status == "queued" else None,
        "brief": await _brief(tx, conversation, said, now),
        "messages": [{**message_json(one), "delivery": statuses.get(one.id, "sent")} for one in said],
    }


async def counts(tx: Transaction, wanted: Filter | None = None, agent_id: str | None = None) -> dict[str, int]:
    """How many conversations there are in each status, and under `mine` how many of them are this agent's."""
    c = conversations.c
    own = sa.func.sum(sa.case((c.agent_id == (agent_id or ""), 1), else_=0)).label("own")
    query = sa.select(c.status, sa.func.count().label("n"), own).group_by(c.status)
    rows = await tx.rows(_matching(query, wanted or Filter()))
    found = {row["status"]: int(row["n"]) for row in rows}
    return {status: 0 for status in STATUSES} | found | {"mine": sum(int(row["own"]) for row in rows)}


def message_json(message: Message) -> dict[str, Any]:
    """A message as the desk sees it; what the bot understood stands on the customer's message and its replies."""
    return {
        "id": message.id,
        "seq": message.seq,
        "author": message.author,
        "author_name": message.author_name,
        "text": message.text,
        "payload": message.payload,
        "buttons": [button.as_json() for button in message.buttons],
        "private": message.private,
        "language": message.language,
        "intent": message.intent,
        "confidence": message.confidence,
        "created_at": iso(message.created_at),
    }


async def _brief(tx: Transaction, conversation: Conversation, said: list[Message], now: datetime) -> dict[str, Any]:
    """What an agent wants to know before reading on: why, in which language, what was collected, what the bot tried."""
    noted = await store.brief(tx, conversation.id) or {}
    waited = await _waited(tx, conversation, now)
    return {
        "reason": conversation.reason or noted.get("reason"),
        "language": conversation.language,
        "known": noted.get("known", {}),
        "waited_seconds": round(waited) if waited is not None else None,
        "understood": [
            {"text": one.text, "intent": one.intent, "confidence": one.confidence}
            for one in said
            if one.author == "customer" and one.intent
        ][-5:],
        "messages": len(said),
        "since": iso(conversation.created_at),
    }


async def _waited(tx: Transaction, conversation: Conversation, now: datetime) -> float | None:
    """Seconds that the customer has waited for a person, or waited until one came; None while they want none."""
    if conversation.waiting_since is None:
        return None
    if conversation.status == "assigned":
        claimed = await tx.scalar(
            sa.select(handoffs.c.claimed_at)
            .where(handoffs.c.conversation_id == conversation.id, handoffs.c.closed_at.is_(None))
            .order_by(handoffs.c.requested_at.desc())
            .limit(1)
        )
        now = claimed or now
    return max(0.0, (now - conversation.waiting_since).total_seconds())


def _matching(query: sa.Select[Any], wanted: Filter) -> sa.Select[Any]:
    c = conversations.c
    if wanted.status:
        query = query.where(c.status == wanted.status)
    if wanted.agent_id:
        query = query.where(c.agent_id == wanted.agent_id)
    if wanted.begun:
        query = query.where(c.last_seq > 0)
    if wanted.search:
        found = sa.select(messages.c.conversation_id).where(messages.c.text.ilike(_like(wanted.search)))
        query = query.where(sa.or_(c.id == wanted.search, c.id.in_(found)))
    return query


def _like(search: str) -> str:
    return f"%{search.replace('%', '').replace('_', '')}%"


def _with_agent() -> sa.Select[Any]:
    return sa.select(conversations, people.c.display_name.label("agent_name")).outerjoin(
        people, people.c.id == conversations.c.agent_id
    )


def _row(row: sa.RowMapping) -> dict[str, Any]:
    owner = {"bot": "bot", "resolved": "bot", "queued": "queue"}.get(row["status"], row["agent_name"])
    return {
        "id": row["id"],
        "status": row["status"],
        "owner": owner,
        "agent_id": row["agent_id"],
        "epoch": row["epoch"],
        "channel": row["channel"],
        "language": row["language"],
        "reason": row["reason"],
        "priority": row["priority"],
        "waiting_since": iso(row["waiting_since"]),
        "deadline": iso(row["deadline"]),
        "updated_at": iso(row["updated_at"]),
    }
