"""Changing what is in an order in the SQL shop: its lines, its total, its payment or refund, and the audit's row."""

from collections.abc import Mapping
from datetime import UTC, datetime

from sqlalchemy import delete, update
from sqlalchemy.ext.asyncio import AsyncConnection

from actions.shop import tables as t
from actions.shop.backend import Money, Order, PaymentState
from actions.shop.changes import Change, ChangeKind, Doing, Refused
from actions.shop.items_change import ItemsChange
from actions.shop.policy import Policy
from actions.shop.sql_changes import record, refund, still


async def change_items(
    connection: AsyncConnection, order: Order, policy: Policy, doing: Doing, quantities: Mapping[str, int]
) -> Change:
    """Changes how many pieces of some lines are ordered; the caller holds the transaction.

    Raises:
        Refused: its state, its age or its payment does not allow it.
    """
    wanted = ItemsChange(order, quantities)
    refusal = policy.changing.items(order, datetime.now(UTC)) or wanted.refusal(policy.changing.most)
    if refusal is not None:
        raise Refused(refusal)
    await still(connection, order, total_minor=wanted.total.minor)
    for id_, quantity in quantities.items():
        line = t.order_items.c.id == id_
        if quantity:
            await connection.execute(update(t.order_items).where(line).values(quantity=quantity))
        else:
            await connection.execute(delete(t.order_items).where(line))
    refunds: list[str] = []
    if wanted.paid:
        refunds = await refund(connection, order, policy, Money(max(0, -wanted.more), order.total.currency))
    else:
        await connection.execute(
            update(t.payments)
            .where(t.payments.c.order_id == order.id, t.payments.c.state == PaymentState.PENDING.value)
            .values(amount_minor=wanted.total.minor)
        )
    return await record(
        connection,
        order,
        ChangeKind.ITEMS,
        doing,
        {
            "items": {item.id: item.quantity for item in order.items if item.id in quantities},
            "total": order.total.minor,
        },
        {"items": dict(quantities), "total": wanted.total.minor, "currency": order.total.currency, "refunds": refunds},
    )
