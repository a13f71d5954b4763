"""Contacts, conversations, messages and handoffs in the database."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from handoff import events, turnstile
from handoff.channel_models import provider_messages
from handoff.clock import new_id
from handoff.conversations import Conversation
from handoff.database import Transaction, UtcDateTime
from handoff.messages import Button, Card, File, Message, alike
from handoff.models import contacts, conversations, handoffs, identities, messages, people, receipts

MAX_SEQ = 2**31 - 1
LONGEST_PROVIDER_ID = 100
_FIXED = {"id", "contact_id", "identity_id", "channel", "created_at"}

_BY_ID = sa.select(conversations).where(conversations.c.id == sa.bindparam("conversation_id"))
_BY_ADDRESS = (
    sa.select(conversations)
    .join(identities, identities.c.id == conversations.c.identity_id)
    .where(identities.c.channel == sa.bindparam("channel"), identities.c.address == sa.bindparam("address"))
)
_HELD_BY_ID = _BY_ID.with_for_update()
_HELD_BY_ADDRESS = _BY_ADDRESS.with_for_update(of=conversations)
_SAVE = sa.update(conversations).where(conversations.c.id == sa.bindparam("conversation_id"))
_ADD_MESSAGE = sa.insert(messages)
_ADD_RECEIPT = sa.insert(receipts)
_RECEIPT = (
    sa.select(messages, receipts.c.message_id.label("received"))
    .select_from(receipts.outerjoin(messages, receipts.c.message_id == messages.c.id))
    .where(receipts.c.channel == sa.bindparam("channel"), receipts.c.key == sa.bindparam("key"))
)
_nth_newest = (
    sa.select(messages.c.created_at)
    .where(messages.c.conversation_id == sa.bindparam("conversation_id"), messages.c.author == "customer")
    .order_by(messages.c.seq.desc())
    .offset(sa.bindparam("skipped"))
    .limit(1)
)
_ARRIVAL = sa.select(
    messages,
    receipts.c.channel.label("known"),
    receipts.c.message_id.label("received"),
    _nth_newest.scalar_subquery().label("full_since"),
).select_from(
    sa.select(sa.literal(1).label("one"))
    .subquery()
    .outerjoin(receipts, sa.and_(receipts.c.channel == sa.bindparam("channel"), receipts.c.key == sa.bindparam("key")))
    .outerjoin(messages, messages.c.id == receipts.c.message_id)
)


async def get(tx: Transaction, conversation_id: str, lock: bool = False) -> Conversation | None:
    """The conversation, its row locked until the end of the transaction when `lock`."""
    row = await tx.row(_HELD_BY_ID if lock else _BY_ID, {"conversation_id": conversation_id})
    return Conversation(**row) if row else None


async def save(tx: Transaction, conversation: Conversation) -> None:
    """Writes the conversation's state over the stored one; the caller holds its row."""
    values = {name: value for name, value in vars(conversation).items() if name not in _FIXED}
    await tx.execute(_SAVE, {**values, "conversation_id": conversation.id})


async def open_conversation(
    tx: Transaction,
    channel: str,
    address: str,
    language: str,
    now: datetime,
    name: str | None = None,
    person: str | None = None,
    ask_name: bool = False,
) -> Conversation:
    """The conversation of this address, made with its contact and identity when it is the first time; row locked.

    Args:
        person: the channel's own id of who writes there; whoever wrote from another address before is the same contact.
        ask_name: a new contact's name is to be asked for.
    """
    while True:
        found = await _open(tx, channel, address, language, now, name, person, ask_name)
        if found is not None:
            return found


async def of_identity(tx: Transaction, channel: str, address: str, lock: bool = False) -> Conversation | None:
    """The conversation of this address, if it ever wrote; its row locked when `lock`."""
    row = await tx.row(_HELD_BY_ADDRESS if lock else _BY_ADDRESS, {"channel": channel, "address": address})
    return Conversation(**row) if row else None


async def _open(
    tx: Transaction,
    channel: str,
    address: str,
    language: str,
    now: datetime,
    name: str | None,
    person: str | None,
    ask_name: bool,
) -> Conversation | None:
    """None when what was found was erased before it was held; there is nothing of it now, so the next time makes it."""
    known = await of_identity(tx, channel, address, lock=True)
    if known is not None:
        return known
    insert = postgresql.insert if tx.dialect == "postgresql" else sqlite.insert
    find = sa.select(identities).where(identities.c.channel == channel, identities.c.address == address)
    find = find.with_for_update(read=True, key_share=True)  # an erasure waits until the conversation is there too
    identity = await tx.row(find)
    if identity is None:
        known_as = await _contact_of(tx, channel, person)
        contact_id = known_as or new_id()
        if known_as is None:
            await tx.execute(sa.insert(contacts).values(id=contact_id, name=name, created_at=now))
        values = {"contact_id": contact_id, "channel": channel, "address": address, "person": person, "created_at": now}
        if ask_name and person is not None and known_as is None and name is None:
            values["name_due_at"] = now
            tx.wake("names")
        made = await tx.execute(insert(identities).values(id=new_id(), **values).on_conflict_do_nothing())
        if made.rowcount == 0 and known_as is None:  # somebody else's first message was faster
            await tx.execute(sa.delete(contacts).where(contacts.c.id == contact_id))
        identity = await tx.row(find)
        if identity is None:
            return None
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
    await tx.execute(insert(conversations).values(**vars(fresh)).on_conflict_do_nothing())
    row = await tx.row(sa.select(conversations).where(conversations.c.identity_id == identity["id"]).with_for_update())
    return Conversation(**row) if row else None


async def _contact_of(tx: Transaction, channel: str, person: str | None) -> str | None:
    """The contact that writes from another address of this channel already; held, so that no erasure comes between.
    Of a person's first messages from several addresses at once, one comes before the others."""
    if person is None:
        return None
    await tx.alone(f"person:{channel}:{person}")
    query = sa.select(identities.c.contact_id).where(identities.c.channel == channel, identities.c.person == person)
    found = await tx.scalar(query.order_by(identities.c.id).limit(1).with_for_update(read=True, key_share=True))
    return str(found) if found else None


async def add_message(tx: Transaction, message: Message, push: bool = False) -> None:
    """Stores a message whose seq the caller took from the locked conversation, and tells everyone who watches.

    Args:
        push: also queue it for delivery by its conversation's channel.
    """
    values = {
        **vars(message),
        "buttons": [button.as_json() for button in message.buttons],
        "files": [file.as_json() for file in message.files],
        "card": message.card.as_json() if message.card else None,
    }
    await tx.execute(_ADD_MESSAGE, values)
    if push and not message.private and message.author != "customer":
        await turnstile.enter(tx, message)
    await events.append(
        tx, "message", message.conversation_id, {"message_id": message.id}, message.created_at, not message.private
    )


@dataclass(frozen=True)
class Receipt:
    """This delivery was here before; its message, unless it was erased since."""

    message: Message | None


async def receipt(tx: Transaction, channel: str, key: str) -> Receipt | None:
    """What became of the message that this channel already delivered under `key`."""
    row = await tx.row(_RECEIPT, {"channel": channel, "key": _hashed(key)})
    return Receipt(as_message(row) if row["received"] else None) if row else None


async def arrival(
    tx: Transaction, conversation_id: str, channel: str, key: str, most: int
) -> tuple[Receipt | None, datetime | None]:
    """What is to be known of a delivery to a conversation before it is stored: what became of it when it was here
    before, and since when its customer has written `most` messages (None when they have not)."""
    values = {"conversation_id": conversation_id, "channel": channel, "key": _hashed(key), "skipped": most - 1}
    row = await tx.row(_ARRIVAL, values)
    assert row is not None
    seen = Receipt(as_message(row) if row["received"] else None) if row["known"] else None
    return seen, row["full_since"]


async def add_receipt(tx: Transaction, channel: str, key: str, message: Message) -> None:
    values = {"channel": channel, "key": _hashed(key), "message_id": message.id, "created_at": message.created_at}
    await tx.execute(_ADD_RECEIPT, values)


async def transcript(
    tx: Transaction, conversation_id: str, after: int = 0, private: bool = False, limit: int | None = None
) -> list[Message]:
    """Messages with a seq above `after`, oldest first; private notes only when asked for."""
    query = sa.select(messages).where(messages.c.conversation_id == conversation_id, messages.c.seq > after)
    if not private:
        query = query.where(messages.c.private.is_(False))
    return [as_message(row) for row in await tx.rows(query.order_by(messages.c.seq).limit(limit))]


async def newest(tx: Transaction, conversation_id: str) -> Message | None:
    """The conversation's last message."""
    query = sa.select(messages).where(messages.c.conversation_id == conversation_id, messages.c.private.is_(False))
    row = await tx.row(query.order_by(messages.c.seq.desc()).limit(1))
    return as_message(row) if row else None


async def told_since(tx: Transaction, conversation_id: str, text: str) -> Message | None:
    """The notice of the house in these words, if there is one after all that the customer has said."""
    m = messages.c
    mine = m.conversation_id == conversation_id
    said = sa.select(sa.func.coalesce(sa.func.max(m.seq), 0)).where(mine, m.author == "customer").scalar_subquery()
    query = sa.select(messages).where(mine, m.author == "system", m.seq > said, m.text == text)
    row = await tx.row(query.order_by(m.seq.desc()).limit(1))
    return as_message(row) if row else None


async def told_at(tx: Transaction, conversation_id: str, text: str, since: datetime) -> bool:
    """Whether the house has said this in these words after `since`."""
    m = messages.c
    said = sa.and_(m.conversation_id == conversation_id, m.author == "system", m.text == text, m.created_at > since)
    return await tx.scalar(sa.select(m.id).where(said).limit(1)) is not None


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


async def titled_button(tx: Transaction, conversation_id: str, text: str) -> Button | None:
    """The button whose title the customer typed instead of pressing it, of the newest message if that offers any."""
    last = await newest(tx, conversation_id)
    titled = [button for button in last.buttons if alike(button.title, text)] if last else []
    return titled[0] if len(titled) == 1 else None


async def button_at(tx: Transaction, conversation_id: str, seq: int, place: int) -> Button | None:
    """The button at this place, from 0, of the message with this seq; of numbers that no column holds there is none."""
    if not 0 < seq <= MAX_SEQ:
        return None
    of_message = sa.and_(messages.c.conversation_id == conversation_id, messages.c.seq == seq)
    buttons = await tx.scalar(sa.select(messages.c.buttons).where(of_message)) or []
    return Button(**buttons[place]) if 0 <= place < len(buttons) else None


async def add_provider_id(tx: Transaction, channel: str, address: str, provider_id: str, message: Message) -> None:
    """Keeps what the provider calls a message within a chat; the first message that it was said of keeps it. A name
    that no column holds is let go: then nobody can change the message later, and nothing else is lost."""
    if len(provider_id) > LONGEST_PROVIDER_ID or "\x00" in provider_id:
        return
    insert = postgresql.insert if tx.dialect == "postgresql" else sqlite.insert
    values = {
        "channel": channel,
        "address": address,
        "provider_id": provider_id,
        "conversation_id": message.conversation_id,
        "message_id": message.id,
    }
    await tx.execute(insert(provider_messages).values(values).on_conflict_do_nothing())


async def open_handoff(tx: Transaction, conversation: Conversation, brief: dict[str, object], now: datetime) -> None:
    await tx.execute(
        sa.insert(handoffs).values(
            id=new_id(),
            conversation_id=conversation.id,
            reason=conversation.reason or brief["reason"],
            team=conversation.team,
            brief=brief,
            requested_at=now,
            deadline=conversation.deadline,
        )
    )


async def claim_handoff(tx: Transaction, conversation_id: str, agent_id: str, now: datetime) -> None:
    """The agent who has it now; when somebody first came stays, and a parked ticket is no longer."""
    first = sa.func.coalesce(handoffs.c.claimed_at, sa.literal(now, UtcDateTime))
    await tx.execute(_open_handoffs(conversation_id).values(claimed_at=first, agent_id=agent_id, parked_at=None))


async def close_handoff(tx: Transaction, conversation_id: str, outcome: str, now: datetime) -> None:
    await tx.execute(_open_handoffs(conversation_id).values(closed_at=now, outcome=outcome))


async def brief(tx: Transaction, conversation_id: str) -> dict[str, Any] | None:
    """What the bot knew when it last passed this conversation on."""
    row = await tx.row(
        sa.select(handoffs.c.brief)
        .where(handoffs.c.conversation_id == conversation_id)
        .order_by(handoffs.c.requested_at.desc())
        .limit(1)
    )
    return dict(row["brief"]) if row else None


def _hashed(key: str) -> str:
    """Keys are kept after their message is erased, and may name whom it was from."""
    return hashlib.sha256(key.encode()).hexdigest()


def _open_handoffs(conversation_id: str) -> sa.Update:
    return sa.update(handoffs).where(handoffs.c.conversation_id == conversation_id, handoffs.c.closed_at.is_(None))


def as_message(row: sa.RowMapping) -> Message:
    values = {column.name: row[column.name] for column in messages.c}
    values["buttons"] = tuple(Button(**button) for button in values["buttons"])
    values["files"] = tuple(File(**file) for file in values["files"])
    values["card"] = Card.from_json(values["card"]) if values["card"] else None
    return Message(**values)


async def agent_name(tx: Transaction, conversation: Conversation) -> str | None:
    """The name that the customer knows the conversation's agent by."""
    if conversation.agent_id is None:
        return None
    name = await tx.scalar(sa.select(people.c.display_name).where(people.c.id == conversation.agent_id))
    return str(name) if name is not None else None
