"""Who wants to be told what: a customer's consent to news of their orders, and the orders it is for."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

import sqlalchemy as sa

from handoff.conversations import Conversation
from handoff.database import Transaction
from handoff.models import conversations, followed_orders, messages

Wanted = Literal["asked", "yes", "no"]


@dataclass(frozen=True)
class Wish:
    """What the bot and its customer have agreed on.

    Attributes:
        orders: the orders' numbers, each with `hashed` of its e-mail address: who found it by a phone number does not
            learn the address from what is stored. They count while news are wanted.
    """

    wanted: Wanted
    orders: Mapping[str, str]


def hashed(email: str) -> str:
    """What stands for an e-mail address: a SHA-256 in hexadecimal, the same in any case."""
    return hashlib.sha256(email.casefold().encode()).hexdigest()


async def keep(tx: Transaction, conversation: Conversation, wish: Wish, now: datetime) -> Conversation:
    """Writes the wish over the one before; the caller saves the conversation."""
    f = followed_orders.c
    orders = wish.orders if wish.wanted == "yes" else {}
    mine = f.conversation_id == conversation.id
    known = {row["order_number"] for row in await tx.rows(sa.select(f.order_number).where(mine))}
    if known - orders.keys():
        await tx.execute(sa.delete(followed_orders).where(mine, f.order_number.not_in(orders)))
    new = [
        {"conversation_id": conversation.id, "order_number": number, "email_hash": email_hash, "since": now}
        for number, email_hash in orders.items()
        if number not in known
    ]
    if new:
        await tx.execute(sa.insert(followed_orders), new)
    return replace(conversation, news=wish.wanted)


async def follower(tx: Transaction, order_number: str, email: str) -> str | None:
    """The conversation in which news of this order are wanted; of several, that in which the customer wrote last.

    Where the order had another e-mail address when it was found, it is not known whose it is now, and nobody is told.
    """
    c, f = conversations.c, followed_orders.c
    wrote = sa.select(sa.func.max(messages.c.created_at)).where(
        messages.c.conversation_id == c.id, messages.c.author == "customer"
    )
    query = (
        sa.select(c.id)
        .join(followed_orders, f.conversation_id == c.id)
        .where(f.order_number == order_number, f.email_hash == hashed(email), c.news == "yes")
        .order_by(wrote.scalar_subquery().desc(), c.id)
        .limit(1)
    )
    found = await tx.scalar(query)
    return str(found) if found else None
