"""What the tests of claims share: a demo whose parcels came lately whenever the tests run, and forms talked through."""

from datetime import UTC, datetime
from typing import Any

from form_testing import Talk
from shop_testing import NOW, OwnShop, differences
from sqlalchemy import bindparam, insert, update

from actions.shop import tables
from actions.shop.backend import Order
from actions.slots import APPROVED_ORDER, CONFIRMATION, ONE_TIME_CODE

# delivered, one line of it left to claim, worth little: 10010 has another that is worth more
SMALL, OWNER = "10002", "amina@example.com"
TWO, TWO_OWNER = "10010", "shakil@example.com"
CHEAP, DEAR = "NS-203", "NS-205"


async def freshen(own: OwnShop) -> OwnShop:
    """The demo's deliveries and promised days, counted back from now."""
    later = datetime.now(UTC) - NOW
    came = [
        {"one": row["id"], "at": row["delivered_at"] + later}
        for row in await own.rows(tables.shipments)
        if row["delivered_at"]
    ]
    promised = [
        {"one": row["id"], "on": row["expected_on"] + later}
        for row in await own.rows(tables.orders)
        if row["expected_on"]
    ]
    async with own.writing() as connection:
        parcels = update(tables.shipments).where(tables.shipments.c.id == bindparam("one"))
        await connection.execute(parcels.values(delivered_at=bindparam("at")), came)
        orders = update(tables.orders).where(tables.orders.c.id == bindparam("one"))
        await connection.execute(orders.values(expected_on=bindparam("on")), promised)
    return own


async def set_order(own: OwnShop, number: str, **values: Any) -> None:
    """What somebody else does to an order."""
    await own.change(update(tables.orders).where(tables.orders.c.number == number).values(**values))


async def pay_again(own: OwnShop, order: Order, state: str = "captured", amount: int | None = None) -> None:
    """A further payment of an order, newer than those there are."""
    rows = [row for row in await own.rows(tables.payments) if row["order_id"] == order.id]
    values = {"id": f"further {len(rows)}", "state": state, "created_at": datetime.now(UTC)}
    money = {"amount_minor": amount if amount is not None else order.total.minor}
    await own.change(insert(tables.payments).values(rows[-1] | values | money))


async def code_typed(own: OwnShop, one: Talk, said: list[str]) -> list[str]:
    """What is said once the code that was just asked for is typed."""
    assert said == ["ask_one_time_code"], said
    return await one.says(own.letters.sent[-1].code)


def item_of(order: Order, sku: str) -> str:
    """The id of the line with this product."""
    return next(item.id for item in order.items if item.sku == sku)


def chosen(detail: str, value: str) -> dict[str, str]:
    """What a pressed button says."""
    return {"intent": "choose", "choice": f"{detail}:{value}"}


def over(one: Talk) -> bool:
    """Whether the form is over and keeps nothing that could change an order later."""
    return not one.on and all(one.slots.get(name) is None for name in (ONE_TIME_CODE, CONFIRMATION, APPROVED_ORDER))


def new_rows(before: Any, after: Any) -> dict[str, int]:
    """How many rows are new or another, by table, the codes left out."""
    return {table: len(rows) for table, rows in differences(before, after).items() if table != "shop_codes"}
