"""Cancelling an order in the SQL shop: the order, its payments, the money on its way back and the audit, or nothing."""

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection

from actions.shop import tables as t
from actions.shop.backend import Money, Order, OrderState, PaymentState
from actions.shop.changes import Change, ChangeKind, Doing, Refused
from actions.shop.policy import Policy
from actions.shop.sql_changes import captured, record, refund, still


async def cancel(connection: AsyncConnection, order: Order, policy: Policy, doing: Doing) -> Change:
    """Cancels an order that nobody else changes meanwhile; the caller holds the transaction.

    Raises:
        Refused: its state does not allow it.
    """
    refusal = policy.cancellation(order)
    if refusal is not None:
        raise Refused(refusal)
    await still(connection, order, state=OrderState.CANCELLED.value)
    await connection.execute(
        update(t.payments)
        .where(t.payments.c.order_id == order.id, t.payments.c.state == PaymentState.PENDING.value)
        .values(state=PaymentState.VOIDED.value)
    )
    everything = Money(sum(left for _, left in captured(order)), order.total.currency)
    refunds = await refund(connection, order, policy, everything)
    after = {"state": OrderState.CANCELLED.value, "refunds": refunds}
    return await record(connection, order, ChangeKind.CANCEL, doing, {"state": order.state.value}, after)
