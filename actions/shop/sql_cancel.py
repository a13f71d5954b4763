"""Cancelling an order in the SQL shop: the order, its payments, the money on its way back and the audit, or nothing."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.engine import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils import uuid7

from actions.shop import tables as t
from actions.shop.backend import Order, OrderState, PaymentState, RefundState
from actions.shop.changes import Change, ChangeKind, Doing, Refusal, Refused
from actions.shop.policy import Policy
from actions.shop.rows import change_of, refund_of


async def done_before(connection: AsyncConnection, order_id: str, key: str) -> Change | None:
    """The change that this message has asked for already.

    Raises:
        Refused: it was one of another order.
    """
    row = (await connection.execute(select(t.changes).where(t.changes.c.key == key))).mappings().first()
    if row is None:
        return None
    if row["order_id"] not in (order_id, None):  # None: the order has been deleted since
        raise Refused(Refusal.NOT_SUPPORTED)
    return await _whole(connection, row)


async def cancel(connection: AsyncConnection, order: Order, policy: Policy, doing: Doing) -> Change:
    """Cancels an order that nobody else changes meanwhile; the caller holds the transaction.

    Raises:
        Refused: its state does not allow it.
    """
    refusal = policy.cancellation(order)
    if refusal is not None:
        raise Refused(refusal)
    # the state is asked for once more: what a warehouse did since the order was read counts
    moved = await connection.execute(
        update(t.orders)
        .where(t.orders.c.id == order.id, t.orders.c.state == order.state.value)
        .values(state=OrderState.CANCELLED.value)
    )
    if moved.rowcount != 1:
        raise Refused(Refusal.TOO_LATE)
    now = datetime.now(UTC)
    await connection.execute(
        update(t.payments)
        .where(t.payments.c.order_id == order.id, t.payments.c.state == PaymentState.PENDING.value)
        .values(state=PaymentState.VOIDED.value)
    )
    refunds = _refunds(order, policy, now)
    if refunds:
        await connection.execute(insert(t.refunds), refunds)
    change = {
        "id": str(uuid7()),
        "order_id": order.id,
        "order_number": order.number,
        "reference": await _reference(connection, order.number),
        "kind": ChangeKind.CANCEL.value,
        "key": doing.key,
        "who": doing.who,
        "level": doing.level,
        "before": {"state": order.state.value},
        "after": {"state": OrderState.CANCELLED.value, "refunds": [row["id"] for row in refunds]},
        "at": now,
    }
    await connection.execute(insert(t.changes), change)
    done = await done_before(connection, order.id, doing.key)
    assert done is not None
    return done


def _refunds(order: Order, policy: Policy, now: datetime) -> list[dict[str, Any]]:
    """A refund for each payment that was captured, less what has gone back already, taken off the oldest first."""
    back = sum(refund.amount.minor for refund in order.refunds if refund.state is not RefundState.FAILED)
    rows = []
    for payment in order.payments:
        if payment.state is not PaymentState.CAPTURED:
            continue
        amount = max(0, payment.amount.minor - back)
        back = max(0, back - payment.amount.minor)
        if amount:
            rows.append(
                {
                    "id": str(uuid7()),
                    "order_id": order.id,
                    "return_id": None,
                    "method": payment.method.value,
                    "state": RefundState.PENDING.value,
                    "amount_minor": amount,
                    "currency": payment.amount.currency,
                    "created_at": now,
                    "expected_on": (now + timedelta(days=policy.refund_days[payment.method])).date(),
                    "sent_at": None,
                }
            )
    return rows


async def _reference(connection: AsyncConnection, number: str) -> str:
    """C, the order's number, and how many changes it has had with this one."""
    made: Sequence[str] = (
        (await connection.execute(select(t.changes.c.id).where(t.changes.c.order_number == number))).scalars().all()
    )
    return f"C{number}-{len(made) + 1}"


async def _whole(connection: AsyncConnection, row: RowMapping) -> Change:
    ids = row["after"].get("refunds", [])
    refunds = (await connection.execute(select(t.refunds).where(t.refunds.c.id.in_(ids)))).mappings().all()
    return change_of(row, [refund_of(refund) for refund in refunds])
