"""Customers whom the shop knows: signed in there, and vouched for to us.

A conversation belongs to one of the shop's customers at most, and stays theirs; somebody else on the same device gets a
conversation of their own. Nobody is ever joined with anybody by what they type.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy.dialects import postgresql, sqlite

from handoff import store
from handoff.conversations import Conversation, Refused
from handoff.database import Transaction
from handoff.models import vouchers
from handoff.services import Services


async def vouch(
    services: Services, channel: str, address: str, customer_id: str, email: str, nonce: str, expires: datetime
) -> Conversation:
    """Notes for whom the shop has vouched; its word, known by `nonce`, is good once.

    Raises:
        Refused: `used_voucher`, `other_customer` or `unknown_session`; nothing was stored.
    """
    async with services.database.write() as tx:
        conversation = await store.of_identity(tx, channel, address, lock=True)
        if conversation is None:
            raise Refused("unknown_session", "This chat is unknown; please start a new one.")
        await _use(tx, nonce, expires)
        known = (conversation.customer_id, conversation.customer_email)
        if known != (None, None) and known != (customer_id or None, email or None):
            raise Refused("other_customer", "This chat is another customer's; please start a new one.")
        conversation = replace(conversation, customer_id=customer_id or None, customer_email=email or None)
        await store.save(tx, conversation)
        return conversation


async def _use(tx: Transaction, nonce: str, expires: datetime) -> None:
    insert = postgresql.insert if tx.dialect == "postgresql" else sqlite.insert
    noted = insert(vouchers).values(nonce=nonce, expires_at=expires).on_conflict_do_nothing()
    if (await tx.execute(noted)).rowcount == 0:
        raise Refused("used_voucher", "This sign-in was used before; please ask the shop for another.")
