"""Opening a return or an exchange in the SQL shop: its row, its pieces and the audit's row, or nothing."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import insert, update
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils import uuid7

from actions.shop import tables as t
from actions.shop.backend import Order, ReturnState
from actions.shop.changes import Change, ChangeKind, Doing, Refused, ReturnWish
from actions.shop.policy import Policy
from actions.shop.sql_changes import record, still


async def open_return(
    connection: AsyncConnection, order: Order, policy: Policy, doing: Doing, wish: ReturnWish
) -> Change:
    """Opens a return of an order that nobody else changes meanwhile; the caller holds the transaction.

    Money goes back once somebody has looked at what came, so none is noted here.

    Raises:
        Refused: the policy does not allow just this.
    """
    now = datetime.now(UTC)
    refusal = policy.returns.refuses(order, wish, now.date())
    if refusal is not None:
        raise Refused(refusal)
    await still(connection, order)
    exchange = wish.exchange_for is not None
    amount = 0 if exchange else policy.returns.estimate(order, wish.items, wish.reason).amount.minor
    returned = {
        "id": str(uuid7()),
        "order_id": order.id,
        "number": _next_number(order),
        "state": ReturnState.APPROVED.value,
        "amount_minor": amount,
        "currency": order.total.currency,
        "requested_at": now,
        "changed_at": now,
        "label_valid_until": now.date() + timedelta(days=policy.returns.label_days),
        "rejection": None,
        "reason": wish.reason.value,
        "exchange_for": wish.exchange_for,
    }
    await connection.execute(insert(t.returns), returned)
    pieces = [
        {"id": str(uuid7()), "return_id": returned["id"], "order_item_id": item, "quantity": count}
        for item, count in wish.items.items()
    ]
    await connection.execute(insert(t.return_items), pieces)
    after = {name: returned[name] for name in ("number", "state", "amount_minor", "reason")} | {"items": {**wish.items}}
    kind = ChangeKind.EXCHANGE if exchange else ChangeKind.RETURN
    # what is wanted instead stays in its own row: this one outlives the order, and customers write what they like
    return await record(connection, order, kind, doing, {"number": None}, after)


async def label_sent(connection: AsyncConnection, order_id: str, number: str) -> None:
    """Notes that the customer has the label of an approved return; of any other there is nothing to note."""
    await connection.execute(
        update(t.returns)
        .where(
            t.returns.c.order_id == order_id,
            t.returns.c.number == number,
            t.returns.c.state == ReturnState.APPROVED.value,
        )
        .values(state=ReturnState.LABEL_SENT.value, changed_at=datetime.now(UTC))
    )


def _next_number(order: Order) -> str:
    """R, the order's number, and one more than the highest that it had."""
    ends = [one.number.rpartition("-")[2] for one in order.returns]
    return f"R{order.number}-{max((int(end) for end in ends if end.isdigit()), default=0) + 1}"
