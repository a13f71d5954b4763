"""What customers change of their messages where they wrote them: agents see it, the bot does not answer it again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from handoff import events, privacy, store, turn_store
from handoff.channel_models import files, message_edits, provider_messages
from handoff.clock import iso
from handoff.clock import now as clock_now
from handoff.database import Transaction
from handoff.inbox import MAX_TEXT
from handoff.incoming import Changed
from handoff.messages import Message
from handoff.models import messages
from handoff.plain_text import plain
from handoff.services import Services

# so many earlier texts of a message, the first ones; who goes on changing it leaves no more behind
MOST_KEPT = 20


@dataclass(frozen=True)
class Earlier:
    """What a message said before it was changed, and since when it had said so."""

    text: str
    since: datetime

    def as_json(self) -> dict[str, str | None]:
        return {"text": self.text, "since": iso(self.since)}


async def earlier(tx: Transaction, conversation_id: str) -> dict[str, list[Earlier]]:
    """What the changed messages of a conversation said before, the oldest first, by the messages' ids."""
    e = message_edits.c
    query = sa.select(e.message_id, e.text, e.created_at).where(e.conversation_id == conversation_id)
    found: dict[str, list[Earlier]] = {}
    for row in await tx.rows(query.order_by(e.message_id, e.position)):
        found.setdefault(row["message_id"], []).append(Earlier(row["text"], row["created_at"]))
    return found


async def take(services: Services, change: Changed) -> Message | None:
    """Writes the change over the message and keeps what it said before, unless it was taken back; None when there is
    no such message of a customer, it says the same already, or this change or a later one was here before. What says
    nothing any more before the bot has answered it is not answered.

    Raises:
        DatabaseAway: nothing was changed.
    """
    now = clock_now()
    async with services.database.write() as tx:
        conversation = await store.of_identity(tx, change.channel, change.address, lock=True)
        if conversation is None:
            return None
        p = provider_messages.c
        mine = sa.and_(p.channel == change.channel, p.address == change.address, p.provider_id == change.provider_id)
        query = sa.select(messages).join(provider_messages, p.message_id == messages.c.id).where(mine)
        row = await tx.row(query.where(messages.c.author == "customer"))
        if row is None or row["deleted"]:
            return None
        if change.key is not None:
            if await store.receipt(tx, change.channel, change.key) is not None:
                return None
            await store.add_receipt(tx, change.channel, change.key, store.as_message(row))
        message_id, e = row["id"], message_edits.c
        if change.text is None:
            await tx.execute(sa.delete(message_edits).where(e.message_id == message_id))
            await tx.execute(sa.delete(files).where(files.c.message_id == message_id))
            values: dict[str, Any] = {"text": "", "files": [], "deleted": True, "edited_at": now}
        else:
            at = min(change.at or now, now)
            if row["edited_at"] is not None and at < row["edited_at"]:
                return None
            text = privacy.redact(plain(change.text[: 2 * MAX_TEXT]).strip()[:MAX_TEXT])
            if text == row["text"]:
                return None
            before = await tx.scalar(sa.select(sa.func.count()).where(e.message_id == message_id))
            if before < MOST_KEPT:
                await tx.execute(
                    sa.insert(message_edits).values(
                        message_id=message_id,
                        position=before,
                        conversation_id=conversation.id,
                        text=row["text"],
                        created_at=row["edited_at"] or row["created_at"],
                    )
                )
            values = {"text": text, "edited_at": at}
        await tx.execute(sa.update(messages).where(messages.c.id == message_id).values(**values))
        if not privacy.has_content(values["text"]):
            await store.save(tx, await turn_store.drop(tx, conversation, message_id))
        await events.append(tx, "message", conversation.id, {"message_id": message_id}, now)
        row = await tx.row(sa.select(messages).where(messages.c.id == message_id))
        assert row is not None
        return store.as_message(row)
