"""Adding something to a locked conversation: the one place where a message gets its seq."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from handoff import events, store
from handoff.clock import new_id
from handoff.conversations import Conversation
from handoff.database import Transaction
from handoff.messages import Author, Message, Said
from handoff.services import Services


async def add(
    tx: Transaction,
    services: Services,
    conversation: Conversation,
    author: Author,
    said: Said,
    now: datetime,
    **details: Any,
) -> tuple[Conversation, Message]:
    """Stores a message under the next seq; returns the conversation with that seq (the caller saves it) and the
    message. `details` are further fields of `Message`."""
    conversation = replace(conversation, last_seq=conversation.last_seq + 1, updated_at=now)
    message = Message(
        id=new_id(),
        conversation_id=conversation.id,
        seq=conversation.last_seq,
        author=author,
        text=said.text,
        buttons=said.buttons,
        card=said.card,
        created_at=now,
        **{"language": conversation.language, **details},
    )
    await store.add_message(tx, message, push=conversation.channel in services.push_channels)
    return conversation, message


async def notice(
    tx: Transaction, services: Services, conversation: Conversation, key: str, now: datetime, **values: Any
) -> Conversation:
    """A system message from the phrases, in the conversation's language."""
    said = services.phrases.say(key, conversation.language, **values)
    conversation, _ = await add(tx, services, conversation, "system", said, now)
    return conversation


async def status_changed(tx: Transaction, conversation: Conversation, now: datetime) -> None:
    """Tells watchers that the conversation's owner changed. Pages read its state anew; who tells of each change in its
    turn finds here what it was then."""
    payload = {
        "status": conversation.status,
        "agent_id": conversation.agent_id,
        "epoch": conversation.epoch,
        "seq": conversation.last_seq,
    }
    await events.append(tx, "status", conversation.id, payload, now)
    tx.wake("queue")
