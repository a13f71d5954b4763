"""What every change in the SQL shop leaves behind: the audit's row, and money on its way back."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import insert, or_, select, update
from sqlalchemy.engine import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils import uuid7

from actions.shop import tables as t
from actions.shop.backend import Money, Order, Payment, PaymentState, RefundState
from actions.shop.changes import Change, ChangeKind, Doing, Refusal, Refused
from actions.shop.policy import Policy
from actions.shop.rows import change_of, refund_of


async def asked_before(connection: AsyncConnection, doing: Doing) -> RowMapping | None:
    """The row of the change that one of these messages has asked for already, alone or with others."""
    asked = or_(t.changes.c.key.in_(doing.messages), t.changes.c.who == doing.who)
    rows = (await connection.execute(select(t.changes).where(asked).order_by(t.changes.c.id))).mappings().all()
    return next((row for row in rows if not {row["key"], *(row["also"] or ())}.isdisjoint(doing.messages)), None)


async def done_before(connection: AsyncConnection, order_id: str, doing: Doing) -> Change | None:
    """The change that one of these messages has asked for already.

    Raises:
        Refused: it was one of another order.
    """
    row = await asked_before(connection, doing)
    if row is None:
        return None
    if row["order_id"] not in (order_id, None):  # None: the order has been deleted since
        raise Refused(Refusal.NOT_SUPPORTED)
    return await _whole(connection, row)


async def record(
    connection: AsyncConnection,
    order: Order,
    kind: ChangeKind,
    doing: Doing,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
) -> Change:
    """Writes the audit's row: `before` and `after` are made of what JSON has; `after["refunds"]` are ids."""
    change = {
        "id": str(uuid7()),
        "order_id": order.id,
        "order_number": order.number,
        "reference": await _reference(connection, order.number),
        "kind": kind.value,
        "key": doing.key,
        "also": list(doing.also) or None,
        "who": doing.who,
        "level": doing.level,
        "before": dict(before),
        "after": dict(after),
        "at": datetime.now(UTC),
    }
    await connection.execute(insert(t.changes), change)
    done = await done_before(connection, order.id, doing)
    assert done is not None
    return done


async def still(connection: AsyncConnection, order: Order, **values: Any) -> None:
    """Writes `values` to the order's row if its state is as it was read: what a warehouse did since then counts.

    Raises:
        Refused: it is not.
    """
    same = update(t.orders).where(t.orders.c.id == order.id, t.orders.c.state == order.state.value)
    moved = await connection.execute(same.values(**(values or {"state": order.state.value})))
    if moved.rowcount != 1:
        raise Refused(Refusal.TOO_LATE)


def captured(order: Order) -> list[tuple[Payment, int]]:
    """The payments that the shop has the money of, oldest first, each with what of it has not gone back yet."""
    back = sum(refund.amount.minor for refund in order.refunds if refund.state is not RefundState.FAILED)
    left = []
    for payment in order.payments:
        if payment.state is PaymentState.CAPTURED:
            left.append((payment, max(0, payment.amount.minor - back)))
            back = max(0, back - payment.amount.minor)
    return left


async def refund(
    connection: AsyncConnection,
    order: Order,
    policy: Policy,
    amount: Money,
    return_id: str | None = None,
    claim_id: str | None = None,
) -> list[str]:
    """Notes that up to this much goes back, the way it was paid, taken off the oldest payment first; the ids."""
    rows, rest, now = [], amount.minor, datetime.now(UTC)
    for payment, left in captured(order):
        part = min(rest, left)
        if part:
            rest -= part
            rows.append(
                {
                    "id": str(uuid7()),
                    "order_id": order.id,
                    "return_id": return_id,
                    "claim_id": claim_id,
                    "method": payment.method.value,
                    "state": RefundState.PENDING.value,
                    "amount_minor": part,
                    "currency": payment.amount.currency,
                    "created_at": now,
                    "expected_on": (now + timedelta(days=policy.refund_days[payment.method])).date(),
                    "sent_at": None,
                }
            )
    if rows:
        await connection.execute(insert(t.refunds), rows)
    return [str(row["id"]) for row in rows]


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
