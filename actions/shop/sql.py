"""A shop whose orders are in SQL tables (`actions.shop.tables`), on SQLite or PostgreSQL."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from functools import partial
from typing import Any

from sqlalchemy import BindParameter, Column, Select, Table, bindparam, select
from sqlalchemy.engine import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from actions.shop import sql_address, sql_cancel, sql_claims, sql_delivery, sql_items, sql_returns
from actions.shop import tables as t
from actions.shop.backend import Address, DeliveryWindow, Order, Return
from actions.shop.changes import Change, ChangeKind, ClaimWish, Doing, Refusal, Refused, ReturnWish
from actions.shop.policy import Policy
from actions.shop.rows import OrderParts, refund_of, return_of
from actions.shop.sql_changes import done_before

Writing = Callable[[], AbstractAsyncContextManager[AsyncConnection]]
Making = Callable[[AsyncConnection, Order, Policy, Doing], Awaitable[Change]]

_CAN = frozenset(ChangeKind)

# No row has the nil UUID: asking for it takes the same queries as asking for an order that is there.
NO_ORDER = "00000000-0000-0000-0000-000000000000"

_ORDERS = select(
    t.orders,
    t.customers.c.name.label("customer_name"),
    t.customers.c.email.label("customer_email"),
    t.customers.c.phone.label("customer_phone"),
    t.customers.c.language.label("customer_language"),
    t.customers.c.country.label("customer_country"),
    t.customers.c.created_at.label("customer_created_at"),
).join_from(t.orders, t.customers)

_IDS: BindParameter[Any] = bindparam("ids", expanding=True)


def _hanging_on(table: Table, by: Table | None = None, *, oldest_first: Column[Any]) -> Select[Any]:
    """The rows of a table that hang on the orders `ids`, by their own order id or by that of another table."""
    rows = select(table) if by is None else select(table).join_from(table, by)
    order_id = (table if by is None else by).c.order_id
    return rows.where(order_id.in_(_IDS)).order_by(oldest_first, table.c.id)


# Built once: putting a query together anew costs more than running it.
_ORDER = _ORDERS.where(t.orders.c.number == bindparam("number"))
_PARTS = {
    t.order_items: _hanging_on(t.order_items, oldest_first=t.order_items.c.position),
    t.shipments: _hanging_on(t.shipments, oldest_first=t.shipments.c.announced_at),
    t.tracking_events: _hanging_on(t.tracking_events, t.shipments, oldest_first=t.tracking_events.c.at),
    t.payments: _hanging_on(t.payments, oldest_first=t.payments.c.created_at),
    t.returns: _hanging_on(t.returns, oldest_first=t.returns.c.requested_at),
    t.return_items: _hanging_on(t.return_items, t.returns, oldest_first=t.return_items.c.id),
    t.refunds: _hanging_on(t.refunds, oldest_first=t.refunds.c.created_at),
    t.claims: _hanging_on(t.claims, oldest_first=t.claims.c.opened_at),
}


class SqlShop:
    """A `ShopBackend` over an async engine, which stays the caller's to dispose of.

    `policy` says what may be changed; without one nothing may. `writing` opens a transaction that commits at its end,
    where writing is not for everybody's own connection; by default one of the engine's.
    """

    def __init__(self, engine: AsyncEngine, policy: Policy | None = None, writing: Writing | None = None) -> None:
        self._engine = engine
        self._policy = policy
        self._writing = writing or engine.begin

    async def find_order(self, number: str) -> Order | None:
        """The order with this number, or None, by the same nine queries."""
        async with self._engine.connect() as connection:
            rows = (await connection.execute(_ORDER, {"number": number})).mappings().all()
            orders = await _whole(connection, rows)
        return orders[0] if orders else None

    async def find_return(self, order_number: str, return_number: str | None) -> Return | None:
        """This return of the order, or without a return number its newest one; None where there is none."""
        newest = (
            select(t.returns)
            .join_from(t.returns, t.orders)
            .where(t.orders.c.number == order_number)
            .order_by(t.returns.c.requested_at.desc(), t.returns.c.id.desc())
            .limit(1)
        )
        if return_number is not None:
            newest = newest.where(t.returns.c.number == return_number)
        async with self._engine.connect() as connection:
            row = (await connection.execute(newest)).mappings().one_or_none()
            if row is None:
                return None
            of_return = select(t.return_items).where(t.return_items.c.return_id == row["id"])
            items = (await connection.execute(of_return.order_by(t.return_items.c.id))).mappings().all()
            refunds = (await connection.execute(select(t.refunds).where(t.refunds.c.return_id == row["id"]))).mappings()
            return return_of(row, items, (refund_of(refund) for refund in refunds))

    async def orders_of(self, customer_id: str, limit: int) -> tuple[Order, ...]:
        """The newest orders of a customer, newest first, at most `limit`."""
        newest = _ORDERS.where(t.orders.c.customer_id == customer_id).order_by(
            t.orders.c.placed_at.desc(), t.orders.c.number.desc()
        )
        async with self._engine.connect() as connection:
            rows = (await connection.execute(newest.limit(limit))).mappings().all()
            return await _whole(connection, rows)

    @property
    def can(self) -> frozenset[ChangeKind]:
        """See `ShopBackend`. Without a policy, nothing."""
        return _CAN if self._policy else frozenset()

    async def cancel(self, order_id: str, doing: Doing) -> Change:
        """See `ShopBackend`."""
        return await self._change(order_id, doing, sql_cancel.cancel)

    async def change_items(self, order_id: str, quantities: Mapping[str, int], doing: Doing) -> Change:
        """See `ShopBackend`."""
        return await self._change(order_id, doing, partial(sql_items.change_items, quantities=quantities))

    async def change_address(
        self, order_id: str, address: Address, city: Mapping[str, str], country: str, doing: Doing
    ) -> Change:
        """See `ShopBackend`."""
        there = partial(sql_address.change_address, address=address, city=city, country=country)
        return await self._change(order_id, doing, there)

    async def delivery_windows(self, order_id: str) -> tuple[DeliveryWindow, ...]:
        """See `ShopBackend`."""
        if self._policy is None:
            return ()
        async with self._engine.connect() as connection:
            order = await _order(connection, order_id)
            return await sql_delivery.delivery_windows(connection, order, self._policy)

    async def move_delivery(self, order_id: str, window: DeliveryWindow, doing: Doing) -> Change:
        """See `ShopBackend`."""
        return await self._change(order_id, doing, partial(sql_delivery.move_delivery, window=window))

    async def open_return(self, order_id: str, wish: ReturnWish, doing: Doing) -> Change:
        """See `ShopBackend`."""
        return await self._change(order_id, doing, partial(sql_returns.open_return, wish=wish))

    async def label_sent(self, order_id: str, number: str) -> None:
        """See `KeepsLabels`."""
        async with self._writing() as connection:
            await sql_returns.label_sent(connection, order_id, number)

    async def open_claim(self, order_id: str, wish: ClaimWish, doing: Doing) -> Change:
        """See `ShopBackend`."""

        async def make(connection: AsyncConnection, order: Order, policy: Policy, doing: Doing) -> Change:
            return await sql_claims.open_claim(connection, order, policy, doing, wish)

        return await self._change(order_id, doing, make)

    async def _change(self, order_id: str, doing: Doing, make: Making) -> Change:
        """One change in one transaction, once for each message; nobody else changes the order meanwhile."""
        if self._policy is None:
            raise Refused(Refusal.NOT_SUPPORTED)
        async with self._writing() as connection:
            await _lock(connection, order_id)
            done = await done_before(connection, order_id, doing)
            if done is not None:
                return done
            return await make(connection, await _order(connection, order_id), self._policy, doing)


async def _lock(connection: AsyncConnection, order_id: str) -> None:
    """No other transaction changes the order until this one ends; what the ones before it did is seen from here on."""
    await connection.execute(select(t.orders.c.id).where(t.orders.c.id == order_id).with_for_update())


async def _order(connection: AsyncConnection, order_id: str) -> Order:
    rows = (await connection.execute(_ORDERS.where(t.orders.c.id == order_id))).mappings().all()
    if not rows:
        raise Refused(Refusal.NOT_SUPPORTED)
    (order,) = await _whole(connection, rows)
    return order


async def _whole(connection: AsyncConnection, rows: Sequence[RowMapping]) -> tuple[Order, ...]:
    """The orders of these rows with all that hangs on them; no rows cost the same queries as some."""
    ids = [row["id"] for row in rows] or [NO_ORDER]
    found: dict[Table, Sequence[RowMapping]] = {}
    for table, query in _PARTS.items():
        found[table] = (await connection.execute(query, {"ids": ids})).mappings().all()
    parts = OrderParts(found)
    return tuple(parts.order(row) for row in rows)
