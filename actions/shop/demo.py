"""The demo shop: invented customers and orders to try everything with."""

from datetime import datetime
from pathlib import Path

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from actions.shop import tables
from actions.shop.demo_chance import Chance
from actions.shop.demo_content import read_content
from actions.shop.demo_orders import make_customers, make_orders
from actions.shop.rows import Rows, customer_row, order_rows


async def load_demo(engine: AsyncEngine, now: datetime, folder: Path) -> int:
    """Put the demo shop of a folder (`data/demo`) into the tables, with dates counted back from `now` (aware).

    Returns how many orders were made: none where the tables already hold any order, the demo's or a real one, or
    where another process was loading the demo at the same time.
    """
    async with engine.connect() as connection:
        if await _has_orders(connection):
            return 0
    content = read_content(folder)
    chance = Chance(content.seed)
    customers = make_customers(content, now, chance)
    orders = make_orders(content, customers, now, chance)
    rows: Rows = {tables.customers: [customer_row(customer) for customer in customers.values()]}
    for order in orders:
        for table, some in order_rows(order).items():
            rows.setdefault(table, []).extend(some)
    try:
        async with engine.begin() as connection:
            for table, some in rows.items():
                if some:
                    await connection.execute(insert(table), some)
    except IntegrityError:
        async with engine.connect() as connection:
            if await _has_orders(connection):
                return 0
        raise
    return len(orders)


async def _has_orders(connection: AsyncConnection) -> bool:
    return (await connection.execute(select(tables.orders.c.id).limit(1))).first() is not None
