"""What an agent wants to know before reading on, put together from what is stored: above the transcript, never instead
of it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
import structlog

from handoff import ratings, store
from handoff.clock import iso
from handoff.conversations import Conversation
from handoff.database import Transaction
from handoff.messages import Message
from handoff.models import conversations, handoffs, messages, people
from handoff.services import Services

log = structlog.get_logger(__name__)

TRIED = 5
EARLIER = 10
ORDER_SECONDS = 2.0
ORDER = "order_number"
# the order whose number and contact fitted, and the one for which a one-time code was typed
VERIFIED_ORDER = "verified_order"
STEPPED_UP_ORDER = "stepped_up_order"


async def brief(tx: Transaction, conversation: Conversation, said: Sequence[Message], now: datetime) -> dict[str, Any]:
    """Why, in which language, what was collected and how surely, what the bot tried, how long it took, what was
    before."""
    noted = await store.brief(tx, conversation.id) or {}
    known: dict[str, Any] = noted.get("known", {})
    earlier = await _tickets(tx, conversation)
    here = [one for one in earlier if one["conversation_id"] == conversation.id]
    current = next((one for one in here if one["closed_at"] is None), None)
    waited = _waited(conversation, current, now)
    return {
        "reason": conversation.reason or noted.get("reason"),
        "language": conversation.language,
        "verification": _level(known),
        "known": {name: value for name, value in known.items() if name not in (VERIFIED_ORDER, STEPPED_UP_ORDER)},
        "customer": conversation.customer_email or conversation.customer_id,
        "contact": current["contact"] if current else None,
        "waited_seconds": round(waited) if waited is not None else None,
        "understood": [
            {"text": one.text, "intent": one.intent, "confidence": one.confidence}
            for one in said
            if one.author == "customer" and one.intent
        ][-TRIED:],
        "earlier": [_row(one) for one in earlier if one is not current][:EARLIER],
        "also_on": await _elsewhere(tx, conversation),
        "messages": len(said),
        "files": sum(one.status == "here" for message in said if message.author == "customer" for one in message.files),
        "since": iso(conversation.created_at),
    }


async def order(services: Services, known: Mapping[str, Any]) -> Mapping[str, str] | None:
    """How the order stands that the brief names; `error` instead when the shop cannot be asked."""
    number = known.get(ORDER)
    if services.orders is None or not number:
        return None
    try:
        async with asyncio.timeout(ORDER_SECONDS):
            return await services.orders.glimpse(str(number))
    except Exception as error:  # the shop is somebody else's; an agent must see the conversation all the same
        log.warning("order_not_looked_up", error=type(error).__name__)
        return {"error": "The shop does not answer now; open the conversation again to try once more."}


async def _tickets(tx: Transaction, conversation: Conversation) -> list[dict[str, Any]]:
    """Every time that this contact asked for a person, in any of their conversations, the newest first."""
    query = (
        sa.select(handoffs, people.c.display_name)
        .join(conversations, conversations.c.id == handoffs.c.conversation_id)
        .outerjoin(people, people.c.id == handoffs.c.agent_id)
        .where(conversations.c.contact_id == conversation.contact_id)
        .order_by(handoffs.c.id.desc())
        .limit(EARLIER + 1)
    )
    rows = await tx.rows(query)
    rated: dict[str, Any] = {}
    for conversation_id in {row["conversation_id"] for row in rows}:
        rated |= await ratings.of_conversation(tx, conversation_id)
    return [{**row, "rating": rated.get(row["id"])} for row in rows]


async def _elsewhere(tx: Transaction, conversation: Conversation) -> list[dict[str, Any]]:
    """The contact's other conversations in which something was said, on whatever channel, the newest first."""
    c, m = conversations.c, messages.c
    last = sa.select(sa.func.max(m.created_at)).where(m.conversation_id == c.id, m.private.is_(False)).scalar_subquery()
    query = (
        sa.select(c.id, c.channel, c.status, last.label("last"))
        .where(c.contact_id == conversation.contact_id, c.id != conversation.id, c.last_seq > 0)
        .order_by(last.desc(), c.id.desc())
        .limit(EARLIER)
    )
    return [
        {
            "conversation_id": row["id"],
            "channel": row["channel"],
            "status": row["status"],
            "last_message_at": iso(row["last"]),
        }
        for row in await tx.rows(query)
    ]


def _level(known: Mapping[str, Any]) -> str:
    """How surely the order that is spoken of is the customer's."""
    order = known.get(VERIFIED_ORDER)
    if not order:
        return "none"
    return "verified" if known.get(STEPPED_UP_ORDER) == order else "matched"


def _row(ticket: dict[str, Any]) -> dict[str, Any]:
    return {
        "conversation_id": ticket["conversation_id"],
        "reason": ticket["reason"],
        "requested_at": iso(ticket["requested_at"]),
        "agent": ticket["display_name"],
        "outcome": ticket["outcome"],
        "rating": ticket["rating"],
    }


def _waited(conversation: Conversation, current: dict[str, Any] | None, now: datetime) -> float | None:
    """Seconds that the customer has waited for a person, or waited until one came; None while they want none."""
    if conversation.waiting_since is None:
        return None
    until = now
    if conversation.status == "assigned" and current is not None:
        until = current["claimed_at"] or now
    return max(0.0, (until - conversation.waiting_since).total_seconds())
