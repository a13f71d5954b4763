"""Opening a claim in the SQL shop: the claim, what is granted at once, the audit, or nothing."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils import uuid7

from actions.shop import tables as t
from actions.shop.backend import ClaimState, Order, Remedy
from actions.shop.changes import Change, ChangeKind, ClaimWish, Doing, Refusal, Refused
from actions.shop.claims_policy import FAULTS, GOODWILL, claimable
from actions.shop.policy import Policy
from actions.shop.sql_changes import record, refund, still


async def open_claim(
    connection: AsyncConnection, order: Order, policy: Policy, doing: Doing, wish: ClaimWish
) -> Change:
    """Opens a claim on an order that nobody else changes meanwhile; the caller holds the transaction.

    Raises:
        Refused: the order's state or the policy does not allow it, or the pieces are not there to be claimed.
    """
    now = datetime.now(UTC)
    why = policy.claims.refusal(order, wish.kind, now.date()) or _not_there(order, wish)
    if why is not None:
        raise Refused(why)
    await still(connection, order)
    granted = policy.claims.grants(order, wish, await _granted_lately(connection, order, policy, now))
    claim: dict[str, Any] = {
        "number": f"K{order.number}-{len(order.claims) + 1}",
        "kind": wish.kind.value,
        "state": (ClaimState.GRANTED if granted else ClaimState.OPEN).value,
        "items": dict(wish.items),
        "remedy": wish.remedy.value,
    }
    row = claim | {
        "id": str(uuid7()),
        "order_id": order.id,
        "description": wish.description,
        "opened_at": now,
    }
    await connection.execute(insert(t.claims), row)
    refunds = []
    if granted and wish.remedy is Remedy.REFUND:
        refunds = await refund(connection, order, policy, policy.claims.worth(order, wish), claim_id=row["id"])
    # the customer's own words stay with the claim: the audit's row outlives the order
    after: Mapping[str, Any] = claim | {"refunds": refunds}
    return await record(connection, order, ChangeKind.CLAIM, doing, {}, after)


def _not_there(order: Order, wish: ClaimWish) -> Refusal | None:
    """A fault is one of pieces that can be claimed; nothing else is about pieces."""
    if wish.kind not in FAULTS:
        return Refusal.NOT_POSSIBLE if wish.items else None
    there = {item.id: claimable(order, item) for item in order.items}
    fits = all(0 < count <= there.get(line, 0) for line, count in wish.items.items())
    return None if wish.items and fits else Refusal.NOT_POSSIBLE


async def _granted_lately(connection: AsyncConnection, order: Order, policy: Policy, now: datetime) -> int:
    """How many claims were granted to this customer within the policy's days, on any of their orders."""
    # their other orders' claims wait for this one, so that the last one is not granted twice
    await connection.execute(select(t.customers.c.id).where(t.customers.c.id == order.customer.id).with_for_update())
    since = now - timedelta(days=policy.claims.within_days)
    granted = (
        select(func.count())
        .select_from(t.claims.join(t.orders))
        .where(
            t.orders.c.customer_id == order.customer.id,
            t.claims.c.state == ClaimState.GRANTED.value,
            t.claims.c.kind.in_([kind.value for kind in GOODWILL]),
            t.claims.c.opened_at > since,
        )
    )
    return int((await connection.execute(granted)).scalar_one())
