"""How it was: the customer is asked once for each time that a person helped, and may say why."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from handoff import saying
from handoff.conversations import Conversation
from handoff.database import Transaction
from handoff.models import ratings
from handoff.services import Services

PREFIX = "rating:"
COMMENT = f"{PREFIX}comment"
SCORES = (5, 4, 3, 2, 1)


async def ask(
    tx: Transaction, services: Services, conversation: Conversation, ticket: sa.RowMapping, now: datetime
) -> Conversation:
    """Asks the customer to rate the help they had under this ticket; the caller saves the conversation."""
    row = {"handoff_id": ticket["id"], "conversation_id": conversation.id, "agent_id": ticket["agent_id"]}
    await tx.execute(sa.insert(ratings).values(**row, asked_at=now))
    buttons = [{"phrase": f"rating_{score}", "payload": f"{PREFIX}{score}"} for score in SCORES]
    return await saying.notice(tx, services, conversation, "rating_ask", now, buttons=buttons)


async def take(
    tx: Transaction, services: Services, conversation: Conversation, payload: str, now: datetime
) -> Conversation:
    """The customer pressed a score, or wants to say why; the caller saves the conversation."""
    row = await _latest(tx, conversation.id)
    if payload == COMMENT:
        if conversation.status != "resolved" or row is None or row["comment"] is not None:
            return await saying.notice(tx, services, conversation, "choice_passed", now)
        conversation = await saying.notice(tx, services, conversation, "comment_ask", now)
        return replace(conversation, expects="comment")
    score = payload.removeprefix(PREFIX)
    if row is None or row["score"] is not None or score not in map(str, SCORES):
        return await saying.notice(tx, services, conversation, "rating_known", now)
    await _save(tx, row, score=int(score), rated_at=now)
    await saying.status_changed(tx, conversation, now)
    if conversation.status != "resolved":
        return await saying.notice(tx, services, conversation, "comment_thanks", now)
    buttons = [{"phrase": "comment_button", "payload": COMMENT}]
    return await saying.notice(tx, services, conversation, "rating_thanks", now, buttons=buttons)


async def take_comment(
    tx: Transaction, services: Services, conversation: Conversation, text: str, now: datetime
) -> Conversation:
    """What the customer says about it; the caller saves the conversation."""
    row = await _latest(tx, conversation.id)
    if row is not None:
        await _save(tx, row, comment=text)
        await saying.status_changed(tx, conversation, now)
    conversation = await saying.notice(tx, services, conversation, "comment_thanks", now)
    return replace(conversation, expects=None)


async def of_conversation(tx: Transaction, conversation_id: str) -> dict[str, dict[str, Any]]:
    """What the customer said of each time that a person helped, by the ticket's id."""
    r = ratings.c
    rows = await tx.rows(sa.select(r.handoff_id, r.score, r.comment).where(r.conversation_id == conversation_id))
    return {row["handoff_id"]: {"score": row["score"], "comment": row["comment"]} for row in rows}


async def _latest(tx: Transaction, conversation_id: str) -> sa.RowMapping | None:
    query = sa.select(ratings).where(ratings.c.conversation_id == conversation_id)
    return await tx.row(query.order_by(ratings.c.asked_at.desc()).limit(1))


async def _save(tx: Transaction, row: sa.RowMapping, **values: Any) -> None:
    await tx.execute(sa.update(ratings).where(ratings.c.handoff_id == row["handoff_id"]).values(**values))
