"""Contacts, conversations, messages and handoffs in the database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from handoff import events
from handoff.clock import new_id
from handoff.conversations import Conversation
from handoff.database import Transaction, UtcDateTime
from handoff.messages import Button, Message
from handoff.models import contacts, conversations, deliveries, handoffs, identities, messages, people, receipts

_FIXED = {"id", "contact_id", "identity_id", "channel", "created_at"}


async def get(tx: Transaction, conversation_id: str, lock: bool = False) -> Conversation | None:
    """The conversation, its row locked until the end of the transaction when `lock`."""
    query = sa.select(conversations).where(conversations.c.id == conversation_id)
    row = await tx.row(query.with_for_update() if lock else query)
    return Conversation(**row) if row else None


async def save(tx: Transaction, conversation: Conversation) -> None:
    """Writes the conversation's state over the stored one; the caller holds its row."""
    values = {name: value for name, value in asdict(conversation).items() if name not in _FIXED}
    await tx.execute(sa.update(conversations).where(conversations.c.id == conversation.id).values(**values))


async def open_conversation(
    tx: Transaction, channel: str, address: str, language: str, now: datetime, name: str | None = None
) -> Conversation:
    """The conversation of this address, made with its contact and identity when it is the first time; row locked."""
    row = await tx.row(_of_identity(channel, address).with_for_update(of=conversations))
    if row is not None:
        return Conversation(**row)
    insert = postgresql.insert if tx.dialect == "postgresql" else sqlite.insert
    find = sa.select(identities).where(identities.c.channel == channel, identities.c.address == address)
    identity = await tx.row(find)
    if identity is None:
        contact_id = new_id()
        await tx.execute(sa.insert(contacts).values(id=contact_id, name=name, created_at=now))
        made = await tx.execute(
            insert(identities)
            .values(id=new_id(), contact_id=contact_id, channel=channel, address=address, created_at=now)
            .on_conflict_do_nothing()
        )
        if made.rowcount == 0:  # somebody else's first message was faster
            await tx.execute(sa.delete(contacts).where(contacts.c.id == contact_id))
        identity = await tx.row(find)
        assert identity is not None
    fresh = Conversation(
        id=new_id(),
        contact_id=identity["contact_id"],
        identity_id=identity["id"],
        channel=channel,
        status="bot",
        epoch=0,
        language=language,
        created_at=now,
        updated_at=now,
    )
    await tx.execute(insert(conversations).values(**asdict(fresh)).on_conflict_do_nothing())
    row = await tx.row(sa.select(conversations).where(conversations.c.identity_id == identity["id"]).with_for_update())
    assert row is not None
    return Conversation(**row)


async def of_identity(tx: Transaction, channel: str, address: str) -> Conversation | None:
    """The conversation of this address, if it ever wrote."""
    row = await tx.row(_of_identity(channel, address))
    return Conversation(**row) if row else None


async def add_message(tx: Transaction, message: Message, push: bool = False) -> None:
    """Stores a message whose seq the caller took from the locked conversation, and tells everyone who watches.

    Args:
        push: also queue it for delivery by its conversation's channel.
    """
    values = asdict(message)
    values["buttons"] = [button.as_json() for button in message.buttons]
    await tx.execute(sa.insert(messages).values(**values))
    if push and not message.private and message.author != "customer":
        channel = (
            sa.select(conversations.c.channel).where(conversations.c.id == message.conversation_id).scalar_subquery()
        )
        await tx.execute(
            sa.insert(deliveries).values(
                message_id=message.id,
                conversation_id=message.conversation_id,
                seq=message.seq,
                channel=channel,
                status="pending",
                attempts=0,
                next_at=message.created_at,
                updated_at=message.created_at,
            )
        )
        tx.wake("deliveries")
    await events.append(
        tx, "message", message.conversation_id, {"message_id": message.id}, message.created_at, not message.private
    )


async def receipt(tx: Transaction, channel: str, key: str) -> Message | None:
    """The message that this channel already delivered under `key`."""
    row = await tx.row(
        sa.select(messages)
        .join(receipts, receipts.c.message_id == messages.c.id)
        .where(receipts.c.channel == channel, receipts.c.key == key)
    )
    return as_message(row) if row else None


async def add_receipt(tx: Transaction, channel: str, key: str, message: Message) -> None:
    await tx.execute(
        sa.insert(receipts).values(channel=channel, key=key, message_id=message.id, created_at=message.created_at)
    )


async def transcript(
    tx: Transaction, conversation_id: str, after: int = 0, private: bool = False, limit: int | None = None
) -> list[Message]:
    """Messages with a seq above `after`, oldest first; private notes only when asked for."""
    query = sa.select(messages).where(messages.c.conversation_id == conversation_id, messages.c.seq > after)
    if not private:
        query = query.where(messages.c.private.is_(False))
    return [as_message(row) for row in await tx.rows(query.order_by(messages.c.seq).limit(limit))]


async def messages_by_id(tx: Transaction, ids: Sequence[str]) -> dict[str, Message]:
    rows = await tx.rows(sa.select(messages).where(messages.c.id.in_(ids)))
    return {row["id"]: as_message(row) for row in rows}


async def offered_button(tx: Transaction, conversation_id: str, payload: str, depth: int = 40) -> Button | None:
    """The button with this payload among the last `depth` messages; only what we offered may be pressed."""
    rows = await tx.rows(
        sa.select(messages.c.buttons)
        .where(messages.c.conversation_id == conversation_id)
        .order_by(messages.c.seq.desc())
        .limit(depth)
    )
    for row in rows:
        for button in row["buttons"]:
            if button["payload"] == payload:
                return Button(**button)
    return None


async def count_customer_messages(tx: Transaction, conversation_id: str, since: datetime) -> int:
    query = sa.select(sa.func.count()).where(
        messages.c.conversation_id == conversation_id,
        messages.c.author == "customer",
        messages.c.created_at > since,
    )
    return int(await tx.scalar(query) or 0)


async def open_handoff(tx: Transaction, conversation: Conversation, brief: dict[str, object], now: datetime) -> None:
    await tx.execute(
        sa.insert(handoffs).values(
            id=new_id(),
            conversation_id=conversation.id,
            reason=conversation.reason,
            brief=brief,
            requested_at=now,
            deadline=conversation.deadline,
        )
    )


async def claim_handoff(tx: Transaction, conversation_id: str, agent_id: str, now: datetime) -> None:
    """The agent who has it now; when somebody first came stays."""
    first = sa.func.coalesce(handoffs.c.claimed_at, sa.literal(now, UtcDateTime))
    await tx.execute(_open_handoffs(conversation_id).values(claimed_at=first, agent_id=agent_id))


async def close_handoff(tx: Transaction, conversation_id: str, outcome: str, now: datetime) -> None:
    await tx.execute(_open_handoffs(conversation_id).values(closed_at=now, outcome=outcome))


async def brief(tx: Transaction, conversation_id: str) -> dict[str, object] | None:
    """What the bot knew when it last passed this conversation on."""
    row = await tx.row(
        sa.select(handoffs.c.brief)
        .where(handoffs.c.conversation_id == conversation_id)
        .order_by(handoffs.c.requested_at.desc())
        .limit(1)
    )
    return dict(row["brief"]) if row else None


def _of_identity(channel: str, address: str) -> sa.Select[Any]:
    return (
        sa.select(conversations)
        .join(identities, identities.c.id == conversations.c.identity_id)
        .where(identities.c.channel == channel, identities.c.address == address)
    )


def _open_handoffs(conversation_id: str) -> sa.Update:
    return sa.update(handoffs).where(handoffs.c.conversation_id == conversation_id, handoffs.c.closed_at.is_(None))


def as_message(row: sa.RowMapping) -> Message:
    values = {column.name: row[column.name] for column in messages.c}
    values["buttons"] = tuple(Button(**button) for button in values["buttons"])
    return Message(**values)


async def agent_name(tx: Transaction, conversation: Conversation) -> str | None:
    """The name that the customer knows the conversation's agent by."""
    if conversation.agent_id is None:
        return None
    query = sa.select(people.c.display_name).where(people.c.id == conversation.agent_id)
    return str(await tx.scalar(query))
