"""All that the product's tables hold at the end, as the oracle reads it: by conversation, in order."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from handoff.database import Database, Transaction
from handoff.models import conversations, deliveries, events, handoffs, identities, messages, receipts, turns

Row = sa.RowMapping


@dataclass(frozen=True)
class Stored:
    """The tables' rows.

    Attributes:
        conversations: by id, each with its customer's address.
        messages: by id.
        said: messages of each conversation by seq.
        receipts: message ids by channel and hashed key.
        turns, deliveries: by message id.
        events: of each conversation by id, which is the order of their commits.
        open_handoffs: how many each conversation has.
    """

    conversations: Mapping[str, Row]
    messages: Mapping[str, Row]
    said: Mapping[str, Sequence[Row]]
    receipts: Mapping[tuple[str, str], str]
    turns: Mapping[str, Row]
    deliveries: Mapping[str, Row]
    events: Mapping[str, Sequence[Row]]
    open_handoffs: Mapping[str, int]

    @classmethod
    async def read(cls, url: str) -> Stored:
        """Reads everything in one view."""
        database = Database(url)
        try:
            async with database.read() as tx:
                return await cls.of(tx)
        finally:
            await database.close()

    @classmethod
    async def of(cls, tx: Transaction) -> Stored:
        """What this transaction sees."""
        found = sa.select(conversations, identities.c.address).join(
            identities, identities.c.id == conversations.c.identity_id
        )
        still_open = (
            sa.select(handoffs.c.conversation_id, sa.func.count().label("number"))
            .where(handoffs.c.closed_at.is_(None))
            .group_by(handoffs.c.conversation_id)
        )
        said = await tx.rows(sa.select(messages).order_by(messages.c.conversation_id, messages.c.seq))
        happened = await tx.rows(sa.select(events).order_by(events.c.id))
        return cls(
            conversations={row["id"]: row for row in await tx.rows(found)},
            messages={row["id"]: row for row in said},
            said=_grouped(said),
            receipts={(row["channel"], row["key"]): row["message_id"] for row in await tx.rows(sa.select(receipts))},
            turns={row["message_id"]: row for row in await tx.rows(sa.select(turns))},
            deliveries={row["message_id"]: row for row in await tx.rows(sa.select(deliveries))},
            events=_grouped(happened),
            open_handoffs={row["conversation_id"]: row["number"] for row in await tx.rows(still_open)},
        )


def hashed(key: str) -> str:
    """A receipt's key as it is stored."""
    return hashlib.sha256(key.encode()).hexdigest()


def _grouped(rows: Sequence[Row]) -> dict[str, list[Row]]:
    grouped: defaultdict[str, list[Row]] = defaultdict(list)
    for row in rows:
        grouped[row["conversation_id"]].append(row)
    return grouped
