"""Our own record of what was changed at Shopify: rows of `shop_changes`, without an order's id, which is none of ours."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.engine import RowMapping
from sqlalchemy.exc import IntegrityError
from uuid_utils import uuid7

from actions.shop import tables as t
from actions.shop.changes import Doing
from actions.shop.shopify.intents import Intent
from actions.shop.sql import Writing


class Ledger:
    """Reads and writes the rows. `writing` opens a transaction that commits at its end."""

    def __init__(self, writing: Writing) -> None:
        self._writing = writing

    async def row(self, key: str) -> RowMapping | None:
        """The change that this message asked for, if it is written down."""
        async with self._writing() as connection:
            return (await connection.execute(select(t.changes).where(t.changes.c.key == key))).mappings().first()

    async def keys(self, order_number: str) -> frozenset[str]:
        """The messages whose changes of this order are written down."""
        of_order = select(t.changes.c.key).where(t.changes.c.order_number == order_number)
        async with self._writing() as connection:
            return frozenset((await connection.execute(of_order)).scalars().all())

    async def write(self, number: str, intent: Intent, doing: Doing, after: Mapping[str, Any]) -> RowMapping:
        """Writes down what was done; done twice, there is one row."""
        change = {
            "id": str(uuid7()),
            "order_id": None,
            "order_number": number,
            "reference": intent.reference,
            "kind": intent.kind.value,
            "key": intent.key,
            "who": doing.who,
            "level": doing.level,
            "before": dict(intent.before),
            "after": dict(after),
            "at": datetime.now(UTC),
        }
        try:
            async with self._writing() as connection:
                await connection.execute(insert(t.changes), change)
        except IntegrityError:
            found = await self.row(intent.key)
            if found is None:
                raise
            return found
        written = await self.row(intent.key)
        assert written is not None
        return written
