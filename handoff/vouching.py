"""Customers whom the shop knows: signed in there, and vouched for to us.

A conversation belongs to one of the shop's customers at most, and stays theirs; somebody else on the same device gets a
conversation of their own. A customer who is vouched for in several is one contact, and on a new device goes on where
they were. Nobody is ever joined with anybody by what they type.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from handoff import erasure, joining, store
from handoff.clock import now as clock_now
from handoff.conversations import Conversation, Refused
from handoff.database import Transaction
from handoff.models import conversations, identities, vouchers
from handoff.services import Services


@dataclass(frozen=True)
class Vouched:
    """
    Attributes:
        conversation: in which the customer goes on.
        moved_to: its address, when it is an older one of theirs and not the one that they have just begun.
    """

    conversation: Conversation
    moved_to: str | None = None


async def vouch(
    services: Services, channel: str, address: str, customer_id: str, email: str, nonce: str, expires: datetime
) -> Vouched:
    """Notes for whom the shop has vouched; its word, known by `nonce`, is good once.

    Who has said nothing yet in this conversation, and something in an older one of this channel for which the shop
    vouched for them too, goes on in the newest of those; this one is taken away.

    Raises:
        Refused: `used_voucher`, `other_customer` or `unknown_session`; nothing was stored.
    """
    now = clock_now()
    proofs = [*([joining.customer(customer_id)] if customer_id else []), *([joining.email(email)] if email else [])]
    async with services.database.write() as tx:
        found = await store.of_identity(tx, channel, address)
        if found is None:
            raise Refused("unknown_session", "This chat is unknown; please start a new one.")
        if found.last_seq == 0:
            await joining.hold(tx, found.id, proofs)  # it may be taken away
        await joining.prove(tx, found.id, proofs, now)
        conversation = await store.of_identity(tx, channel, address, lock=True)
        if conversation is None:
            raise Refused("unknown_session", "This chat is unknown; please start a new one.")
        await _use(tx, nonce, expires)
        if not _is_theirs(conversation, customer_id, email):
            raise Refused("other_customer", "This chat is another customer's; please start a new one.")
        older = await _older(tx, conversation, customer_id, email) if conversation.last_seq == 0 else None
        if older is not None:
            await erasure.discard(tx, conversation, now)
            conversation = older
        conversation = replace(conversation, customer_id=customer_id or None, customer_email=email or None)
        await store.save(tx, conversation)
        moved_to = None
        if older is not None:
            moved_to = await tx.scalar(sa.select(identities.c.address).where(identities.c.id == older.identity_id))
        return Vouched(conversation, moved_to)


def _is_theirs(conversation: Conversation, customer_id: str, email: str) -> bool:
    """Whether the conversation is nobody's yet, or this customer's, by the shop's id where it has told one."""
    known = (conversation.customer_id, conversation.customer_email)
    if known == (None, None) or (customer_id and known[0] == customer_id):
        return True
    return known == (customer_id or None, email or None)


async def _older(tx: Transaction, conversation: Conversation, customer_id: str, email: str) -> Conversation | None:
    """The newest other conversation of this contact and channel that the shop has vouched for, and in which something
    was said. Its row is held: all of the contact's are."""
    c = conversations.c
    theirs = c.customer_id == customer_id
    if not customer_id:
        theirs = sa.and_(c.customer_id.is_(None), c.customer_email == email)
    query = (
        sa.select(conversations)
        .where(c.contact_id == conversation.contact_id, c.channel == conversation.channel, c.id != conversation.id)
        .where(c.last_seq > 0, theirs)
        .order_by(c.updated_at.desc(), c.id.desc())
        .limit(1)
    )
    row = await tx.row(query)
    return Conversation(**row) if row else None


async def _use(tx: Transaction, nonce: str, expires: datetime) -> None:
    insert = postgresql.insert if tx.dialect == "postgresql" else sqlite.insert
    noted = insert(vouchers).values(nonce=nonce, expires_at=expires).on_conflict_do_nothing()
    if (await tx.execute(noted)).rowcount == 0:
        raise Refused("used_voucher", "This sign-in was used before; please ask the shop for another.")
