"""What the desk is shown, as JSON-ready values; the API and the pages read the same."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from handoff import queue, store
from handoff.clock import iso
from handoff.conversations import Conversation
from handoff.database import Transaction
from handoff.messages import Message
from handoff.models import conversations, deliveries, messages, people

PAGE = 50
STATUSES = ("queued", "assigned", "bot", "resolved")


async def conversation_list(
    tx: Transaction, status: str | None, search: str, after: str | None, limit: int = PAGE
) -> dict[str, Any]:
    """One page of conversations: the queue by priority then age, the others by last change; `next` asks for more."""
    c = conversations.c
    query = _with_agent().limit(limit + 1)
    if status:
        query = query.where(c.status == status)
    if search:
        like = f"%{search.replace('%', '').replace('_', '')}%"
        found = sa.select(messages.c.conversation_id).where(messages.c.text.ilike(like))
        query = query.where(sa.or_(c.id == search, c.id.in_(found)))
    if status == "queued":
        query = query.order_by(c.priority.desc(), c.waiting_since, c.id)
    else:
        query = query.order_by(c.updated_at.desc(), c.id.desc())
    skipped = int(after) if after and after.isdecimal() else 0
    rows = await tx.rows(query.offset(skipped))
    return {
        "conversations": [_row(row) for row in rows[:limit]],
        "next": str(skipped + limit) if len(rows) > limit else None,
    }


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


async def counts(tx: Transaction) -> dict[str, int]:
    """How many conversations there are in each status."""
    rows = await tx.rows(sa.select(conversations.c.status, sa.func.count().label("n")).group_by(conversations.c.status))
    return {status: 0 for status in STATUSES} | {row["status"]: row["n"] for row in rows}


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
    waited = (now - conversation.waiting_since).total_seconds() if conversation.waiting_since else None
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
