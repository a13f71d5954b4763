"""Choosing when an order is delivered in the SQL shop: the order's row and the audit's."""

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from actions.shop import tables as t
from actions.shop.backend import DeliveryWindow, Order
from actions.shop.changes import Change, ChangeKind, Doing, Refusal, Refused
from actions.shop.policy import Policy
from actions.shop.sql_changes import record, still


async def delivery_windows(connection: AsyncConnection, order: Order, policy: Policy) -> tuple[DeliveryWindow, ...]:
    """When the order can be delivered, earliest first."""
    return policy.delivery.choose_from(order, await _promised(connection, order), datetime.now(UTC))


async def move_delivery(
    connection: AsyncConnection, order: Order, policy: Policy, doing: Doing, window: DeliveryWindow
) -> Change:
    """Agrees on a window; the caller holds the transaction.

    Raises:
        Refused: the order's state does not allow it, or the window is none of those to choose from.
    """
    refusal = policy.delivery.moving(order)
    if refusal is not None:
        raise Refused(refusal)
    if window not in await delivery_windows(connection, order, policy):
        raise Refused(Refusal.NOT_POSSIBLE)
    values = {"expected_on": window.on, "window_start": window.start, "window_end": window.end}
    await still(connection, order, **values)
    before = _known(order.expected_on, order.delivery)
    return await record(connection, order, ChangeKind.DELIVERY, doing, before, _known(window.on, window))


async def _promised(connection: AsyncConnection, order: Order) -> date | None:
    """The day that was promised before the customer chose any."""
    moved = t.changes.c.order_id == order.id, t.changes.c.kind == ChangeKind.DELIVERY.value
    first = select(t.changes.c.before).where(*moved).order_by(t.changes.c.at, t.changes.c.id).limit(1)
    before = (await connection.execute(first)).scalar()
    if before is None:
        return order.expected_on
    return date.fromisoformat(before["expected_on"]) if before["expected_on"] else None


def _known(day: date | None, window: DeliveryWindow | None) -> dict[str, Any]:
    return {
        "expected_on": day.isoformat() if day else None,
        "window": [window.start.isoformat("minutes"), window.end.isoformat("minutes")] if window else None,
    }
