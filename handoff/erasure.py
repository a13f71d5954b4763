"""What is stored about a person: given to them when they ask for it, or erased so that nothing of it is found again
(promise 25)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

import sqlalchemy as sa

from handoff import changes, events, relay_removals, sweeping, turnstile
from handoff.channel_models import (
    chat_signs,
    contact_proofs,
    desk_posts,
    desk_threads,
    files,
    message_edits,
    provider_messages,
)
from handoff.clock import iso
from handoff.clock import now as clock_now
from handoff.conversations import Conversation
from handoff.database import Database, Transaction
from handoff.models import (
    contacts,
    conversations,
    deliveries,
    due_erasures,
    followed_orders,
    handoffs,
    identities,
    messages,
    order_news,
    ratings,
    receipts,
    tracker_events,
    turns,
)
from handoff.models import events as event_table

# what hangs on a conversation, in an order in which it may go
HANGING = (
    deliveries,
    turns,
    ratings,
    desk_posts,
    desk_threads,
    handoffs,
    tracker_events,
    event_table,
    followed_orders,
    order_news,
    files,
    message_edits,
    provider_messages,
    chat_signs,
    messages,
)
TABLE_NAMES = [table.name for table in (*HANGING, conversations, identities, due_erasures, contact_proofs, contacts)]
# of a conversation's row, and of an identity's, what is of use to the program alone
_MACHINERY = {"identity_id", "contact_id", "rank", "turn_waiting_since", "lease_owner", "lease_until"}
_IDENTITY_MACHINERY = {"contact_id", "name_due_at", "name_attempts"}
_HASHES = {"key", "digest"}


class Elsewhere(Protocol):
    """What a neighbour's tables have of conversations. The rows that are the neighbour's own stay, nameless."""

    @property
    def tables(self) -> Sequence[str]:
        """Their names."""
        ...

    async def blot_out(self, tx: Transaction, conversations: Sequence[str]) -> Mapping[str, int]:
        """Leaves nothing in them that leads to these conversations; returns in how many rows of which table."""
        ...


@dataclass(frozen=True)
class Erased:
    """How many rows of each table went, and why traces may be left in the database's files: None when none are."""

    counts: Mapping[str, int]
    unswept: str | None


async def find(tx: Transaction, who: str) -> str | None:
    """The id of the contact that `who` names: its own id, a conversation's id, or `channel:address`."""
    if not _storable(who):
        return None
    channel, colon, address = who.partition(":")
    if colon:
        of_address = sa.and_(identities.c.channel == channel, identities.c.address == address)
        found = await tx.scalar(sa.select(identities.c.contact_id).where(of_address))
    else:
        own = sa.select(contacts.c.id).where(contacts.c.id == who)
        found = await tx.scalar(own.union(sa.select(conversations.c.contact_id).where(conversations.c.id == who)))
    return str(found) if found else None


async def export(database: Database, contact_id: str) -> dict[str, Any] | None:
    """All that is stored about a contact, ready for JSON; None when there is no such contact.

    Agents' private notes are in it, marked `private`: they are about the contact, and may be about others too.
    """
    async with database.read() as tx:
        contact = await tx.row(sa.select(contacts).where(contacts.c.id == contact_id))
        if contact is None:
            return None
        reached = sa.select(identities).where(identities.c.contact_id == contact_id)
        talks = sa.select(conversations).where(conversations.c.contact_id == contact_id)
        return {
            "exported_at": iso(clock_now()),
            "contact": _plain(contact),
            "identities": [
                _plain(row, without=_IDENTITY_MACHINERY) for row in await tx.rows(reached.order_by(identities.c.id))
            ],
            "conversations": [
                await _conversation(tx, row) for row in await tx.rows(talks.order_by(conversations.c.id))
            ],
        }


async def erase(database: Database, contact_id: str, elsewhere: Elsewhere | None = None) -> Erased:
    """Erases a contact with all that was ever said to and by them, and what is `elsewhere` of them; safe to
    repeat.

    What a channel called their messages stays for its week as a hash, so that a late copy brings nothing back. A turn
    or a delivery that is under way finds nothing any more and ends. Open pages hear that the conversation is gone. What
    was posted to agents outside the desk's pages is taken away there a little later.

    Raises:
        DatabaseAway: nothing was erased.
    """
    now = clock_now()
    counts: dict[str, int] = {}
    async with database.write() as tx:
        ids = await _held(tx, contact_id)
        said = sa.select(messages.c.id).where(messages.c.conversation_id.in_(ids))
        await tx.execute(sa.update(receipts).where(receipts.c.message_id.in_(said)).values(message_id=None))
        await relay_removals.ask(tx, ids, now)
        for table in HANGING:
            counts[table.name] = await _delete(tx, table, table.c.conversation_id.in_(ids))
        if elsewhere is not None:
            counts |= await elsewhere.blot_out(tx, ids)
        counts[conversations.name] = await _delete(tx, conversations, conversations.c.id.in_(ids))
        counts[identities.name] = await _delete(tx, identities, identities.c.contact_id == contact_id)
        counts[due_erasures.name] = await _delete(tx, due_erasures, due_erasures.c.contact_id == contact_id)
        counts[contact_proofs.name] = await _delete(tx, contact_proofs, contact_proofs.c.contact_id == contact_id)
        counts[contacts.name] = await _delete(tx, contacts, contacts.c.id == contact_id)
        for conversation_id in ids:
            await events.append(tx, "status", conversation_id, {"status": "erased"}, now)
        tx.wake("queue")
    return Erased(counts, await sweep(database, elsewhere))


async def discard(tx: Transaction, conversation: Conversation, now: datetime) -> None:
    """Takes away a conversation in which nothing was ever said, with its address, and with the contact where it has no
    other; the caller holds the rows of all of the contact's. A page that has it open hears that it is gone."""
    for table in HANGING:
        await _delete(tx, table, table.c.conversation_id == conversation.id)
    await _delete(tx, conversations, conversations.c.id == conversation.id)
    await _delete(tx, identities, identities.c.id == conversation.identity_id)
    others = sa.select(conversations.c.id).where(conversations.c.contact_id == conversation.contact_id).limit(1)
    if await tx.scalar(others) is None:
        for table, column in (
            (due_erasures, due_erasures.c.contact_id),
            (contact_proofs, contact_proofs.c.contact_id),
            (contacts, contacts.c.id),
        ):
            await _delete(tx, table, column == conversation.contact_id)
    await events.append(tx, "status", conversation.id, {"status": "erased"}, now)


async def sweep(database: Database, elsewhere: Elsewhere | None = None) -> str | None:
    """Wipes what deleted rows have left; why it could not be done now, None when it was."""
    return await sweeping.sweep(database, [*TABLE_NAMES, *(elsewhere.tables if elsewhere else ())])


async def _held(tx: Transaction, contact_id: str) -> list[str]:
    """The contact's conversations, locked, with what is to be sent in them; their identities before them, so that no
    new one begins meanwhile."""
    addresses = sa.select(identities.c.id).where(identities.c.contact_id == contact_id)
    await tx.rows(addresses.order_by(identities.c.id).with_for_update())
    talks = sa.select(conversations.c.id).where(conversations.c.contact_id == contact_id)
    ids = [row["id"] for row in await tx.rows(talks.order_by(conversations.c.id).with_for_update())]
    for conversation_id in ids:
        await turnstile.hold(tx, conversation_id)
    return ids


async def _delete(tx: Transaction, table: sa.Table, which: sa.ColumnElement[bool]) -> int:
    return (await tx.execute(sa.delete(table).where(which))).rowcount


async def _conversation(tx: Transaction, conversation: sa.RowMapping) -> dict[str, Any]:
    async def of_it(table: sa.Table, *order: sa.ColumnElement[Any]) -> Sequence[sa.RowMapping]:
        mine = table.c.conversation_id == conversation["id"]
        return await tx.rows(sa.select(table).where(mine).order_by(*order))

    sent = {row["message_id"]: row["status"] for row in await of_it(deliveries)}
    rated = {row["handoff_id"]: row for row in await of_it(ratings)}
    edits = await changes.earlier(tx, conversation["id"])
    tracked = await of_it(tracker_events, tracker_events.c.generation, tracker_events.c.position)
    of_conversation = {"conversation_id"}
    return {
        **_plain(conversation, without=_MACHINERY),
        "messages": [
            {
                **_plain(row, without=of_conversation),
                "delivery": sent.get(row["id"]),
                "edits": [before.as_json() for before in edits.get(row["id"], ())],
            }
            for row in await of_it(messages, messages.c.seq)
        ],
        "handoffs": [
            {
                **_plain(row, without=of_conversation),
                "rating": _plain(rated[row["id"]], without={"handoff_id", *of_conversation})
                if row["id"] in rated
                else None,
            }
            for row in await of_it(handoffs, handoffs.c.id)
        ],
        "followed_orders": [
            _plain(row, without=of_conversation) for row in await of_it(followed_orders, followed_orders.c.order_number)
        ],
        "order_news": [
            _plain(row, without=_HASHES | of_conversation) for row in await of_it(order_news, order_news.c.id)
        ],
        "slots": [slot for row in tracked for slot in _slots(row["events"])],
    }


def _slots(stored: str) -> list[dict[str, Any]]:
    """What the bot noted down in a turn, of Rasa's events."""
    return [
        {
            "name": event["name"],
            "value": event["value"],
            "noted_at": iso(datetime.fromtimestamp(event["timestamp"], UTC)),
        }
        for event in json.loads(stored)
        if event.get("event") == "slot"
    ]


def _storable(text: str) -> bool:
    """Whether it could be in the database at all: a command line may carry bytes that are no text."""
    return "\x00" not in text and text.encode(errors="ignore").decode() == text


def _plain(row: sa.RowMapping, without: set[str] | frozenset[str] = frozenset()) -> dict[str, Any]:
    return {
        name: iso(value) if isinstance(value, datetime) else value for name, value in row.items() if name not in without
    }
