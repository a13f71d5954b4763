"""The shop in SQL tables: finds what is there, tells nothing by its work, and refuses what cannot be."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import delete, event, insert, select, update
from sqlalchemy.exc import IntegrityError, StatementError
from sqlalchemy.ext.asyncio import AsyncEngine

from actions.shop import tables
from actions.shop.backend import Order
from actions.shop.sql import SqlShop

Orders = dict[str, Order]


@contextmanager
def statements(engine: AsyncEngine) -> Iterator[list[str]]:
    """The SQL that an engine runs meanwhile."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    event.listen(engine.sync_engine, "before_cursor_execute", note)
    yield seen
    event.remove(engine.sync_engine, "before_cursor_execute", note)


async def test_a_missing_order_is_none(engine: AsyncEngine) -> None:
    assert await SqlShop(engine).find_order("99999") is None
    assert await SqlShop(engine).find_order("") is None
    assert await SqlShop(engine).find_order("10001' OR '1'='1") is None


async def test_missing_and_present_orders_take_the_same_queries(engine: AsyncEngine) -> None:
    shop = SqlShop(engine)
    runs = []
    for number in ("10001", "10002", "10150", "99999"):
        with statements(engine) as seen:
            await shop.find_order(number)
        runs.append(seen)
    assert len(runs[0]) == 9
    assert all(run == runs[0] for run in runs)


async def test_a_return_is_found_by_its_number_and_without_one(engine: AsyncEngine, orders: Orders) -> None:
    shop = SqlShop(engine)
    for order in orders.values():
        if order.returns and int(order.number) % 4 == 2:
            assert await shop.find_return(order.number, order.returns[0].number) == order.returns[0]
            assert await shop.find_return(order.number, None) == order.returns[-1]


async def test_a_return_of_another_order_is_not_found(engine: AsyncEngine) -> None:
    shop = SqlShop(engine)
    assert await shop.find_return("10001", None) is None
    assert await shop.find_return("10001", "R10002-1") is None
    assert await shop.find_return("99999", "R10002-1") is None


async def test_a_customers_orders_come_newest_first_and_no_more_than_asked(engine: AsyncEngine, orders: Orders) -> None:
    shop = SqlShop(engine)
    customer = orders["10004"].customer
    own = sorted((o for o in orders.values() if o.customer == customer), key=lambda o: o.placed_at, reverse=True)
    assert len(own) > 2
    assert await shop.orders_of(customer.id, 10) == tuple(own)
    assert await shop.orders_of(customer.id, 2) == tuple(own[:2])
    assert await shop.orders_of("nobody", 10) == ()


async def test_times_come_back_aware_and_in_utc_whatever_zone_went_in(engine: AsyncEngine) -> None:
    dhaka = timezone(timedelta(hours=6))
    at = datetime(2026, 11, 22, 4, 30, 15, 123456, tzinfo=dhaka)
    column = tables.payments.c.created_at
    async with engine.connect() as connection:
        await connection.execute(update(tables.payments).values(created_at=at))
        read = (await connection.execute(select(column).limit(1))).scalar_one()
        earlier = await connection.execute(select(column).where(column < at - timedelta(microseconds=1)))
        assert earlier.first() is None
        await connection.rollback()
    assert read == at
    assert read.utcoffset() == timedelta(0)


async def test_a_time_without_a_zone_is_refused(engine: AsyncEngine) -> None:
    async with engine.connect() as connection:
        with pytest.raises(StatementError, match="without a zone"):
            await connection.execute(update(tables.payments).values(created_at=datetime(2026, 1, 1)))


@pytest.mark.parametrize(
    ("table", "values"),
    [
        (tables.orders, {"state": "teleported"}),
        (tables.orders, {"total_minor": -1}),
        (tables.orders, {"currency": "EU"}),
        (tables.order_items, {"quantity": 0}),
        (tables.shipments, {"state": "flying"}),
        (tables.tracking_events, {"code": "eaten"}),
        (tables.returns, {"rejection": "used", "state": "approved"}),
        (tables.returns, {"rejection": None, "state": "rejected"}),
        (tables.refunds, {"state": "sent", "sent_at": None}),
        (tables.payments, {"method": "shells"}),
        (tables.customers, {"email": "Amina@example.com"}),
        (tables.customers, {"phone": "01712345678"}),
    ],
)
async def test_what_cannot_be_is_refused(engine: AsyncEngine, table: Any, values: dict[str, Any]) -> None:
    async with engine.connect() as connection:
        one = (await connection.execute(select(table.c.id).limit(1))).scalar_one()
        with pytest.raises(IntegrityError):
            await connection.execute(update(table).where(table.c.id == one).values(**values))
        await connection.rollback()


async def test_a_number_belongs_to_one_order(engine: AsyncEngine) -> None:
    async with engine.connect() as connection:
        row = dict((await connection.execute(select(tables.orders).limit(1))).mappings().one())
        with pytest.raises(IntegrityError):
            await connection.execute(insert(tables.orders).values({**row, "id": "0" * 36}))
        await connection.rollback()


async def test_deleting_an_order_deletes_what_hangs_on_it_and_a_customer_with_orders_stays(engine: AsyncEngine) -> None:
    async with engine.connect() as connection:
        await connection.execute(delete(tables.orders).where(tables.orders.c.number == "10002"))
        left = await connection.execute(select(tables.returns.c.id).where(tables.returns.c.number == "R10002-1"))
        assert left.first() is None
        with pytest.raises(IntegrityError):
            await connection.execute(delete(tables.customers).where(tables.customers.c.email == "jonas@example.com"))
        await connection.rollback()


def test_every_table_has_the_shops_prefix() -> None:
    assert all(name.startswith("shop_") for name in tables.metadata.tables)
