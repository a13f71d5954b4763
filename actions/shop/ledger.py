"""Changes of a shop whose orders are in another system, as rows of `shop_changes`.

No transaction holds that system and this table together. So a row is written before the shop is asked, with nothing in
`after`, and completed when the shop has done it. A row that stays incomplete says: this was begun, look how it stands.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from weakref import WeakValueDictionary

from sqlalchemy import delete, insert, select, update
from sqlalchemy.engine import RowMapping
from uuid_utils import uuid7

from actions.shop import tables as t
from actions.shop.backend import Refund
from actions.shop.changes import Change, ChangeKind, Doing, Refusal, Refused
from actions.shop.sql import Writing
from actions.shop.sql_changes import asked_before
from actions.shop.trouble import ShopTrouble

# as long as this a change of somebody else's that is incomplete counts as still being made
UNDER_WAY = timedelta(minutes=1)


@dataclass(frozen=True)
class Entry:
    """A change that was begun; `done` once the shop has made it."""

    id: str
    reference: str
    kind: ChangeKind
    order_number: str
    key: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    at: datetime

    @property
    def done(self) -> bool:
        return bool(self.after)

    def change(self, refunds: Sequence[Refund] = ()) -> Change:
        """As the shop's interface gives it back."""
        return Change(
            self.id, self.reference, self.kind, self.order_number, self.before, self.after, self.at, tuple(refunds)
        )


class Ledger:
    """Writes the rows. `writing` opens a transaction that commits at its end."""

    def __init__(self, writing: Writing) -> None:
        self._writing = writing
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    @asynccontextmanager
    async def alone(self, order_id: str) -> AsyncIterator[None]:
        """One change of an order after the other within this process; `begin` sees to other processes."""
        lock = self._locks.setdefault(order_id, asyncio.Lock())
        async with lock:
            yield

    async def find(self, number: str, doing: Doing) -> Entry | None:
        """What one of these messages has begun or done already.

        Raises:
            Refused: it was about another order.
        """
        async with self._writing() as connection:
            row = await asked_before(connection, doing)
        if row is None:
            return None
        if row["order_id"] is not None or row["order_number"] != number:
            raise Refused(Refusal.NOT_SUPPORTED)
        return _entry(row)

    async def begin(self, number: str, kind: ChangeKind, doing: Doing, before: Mapping[str, Any]) -> Entry:
        """Writes that a change is about to be made.

        Raises:
            ShopTrouble: another one of this order is being made.
        """
        now = datetime.now(UTC)
        async with self._writing() as connection:
            made = select(t.changes).where(t.changes.c.order_number == number)
            rows = (await connection.execute(made)).mappings().all()
            if any(not row["after"] and now - row["at"] < UNDER_WAY for row in rows):
                raise ShopTrouble("another change of this order is being made")
            values = {
                "id": str(uuid7()),
                "order_id": None,
                "order_number": number,
                # two processes that begin at once count alike, and the second is refused by the database
                "reference": f"C{number}-{len(rows) + 1}",
                "kind": kind.value,
                "key": doing.key,
                "also": list(doing.also) or None,
                "who": doing.who,
                "level": doing.level,
                "before": dict(before),
                "after": {},
                "at": now,
            }
            await connection.execute(insert(t.changes), values)
            row = (await connection.execute(select(t.changes).where(t.changes.c.id == values["id"]))).mappings().one()
        return _entry(row)

    async def finish(self, entry: Entry, after: Mapping[str, Any]) -> Entry:
        """Writes what the shop has made of it."""
        async with self._writing() as connection:
            await connection.execute(update(t.changes).where(t.changes.c.id == entry.id).values(after=dict(after)))
            row = (await connection.execute(select(t.changes).where(t.changes.c.id == entry.id))).mappings().one()
        return _entry(row)

    @asynccontextmanager
    async def dropping(self, entry: Entry) -> AsyncIterator[None]:
        """What is refused in here was not begun: its row goes."""
        try:
            yield
        except Refused:
            await self.drop(entry)
            raise

    async def drop(self, entry: Entry) -> None:
        """Nothing was changed after all."""
        async with self._writing() as connection:
            await connection.execute(delete(t.changes).where(t.changes.c.id == entry.id))


def _entry(row: RowMapping) -> Entry:
    return Entry(
        id=row["id"],
        reference=row["reference"],
        kind=ChangeKind(row["kind"]),
        order_number=row["order_number"],
        key=row["key"],
        before=row["before"],
        after=row["after"],
        at=row["at"],
    )
