"""Sending an order elsewhere in the SQL shop: the order's row and the audit's."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from actions.shop.backend import Address, Order
from actions.shop.changes import Change, ChangeKind, Doing, Refusal, Refused
from actions.shop.policy import Policy
from actions.shop.sql_changes import record, still


async def change_address(
    connection: AsyncConnection,
    order: Order,
    policy: Policy,
    doing: Doing,
    address: Address,
    city: Mapping[str, str],
    country: str,
) -> Change:
    """Sends an order elsewhere in its country; the caller holds the transaction.

    Raises:
        Refused: its state does not allow it, or delivery costs something else there.
    """
    refusal = policy.changing.address(order)
    if refusal is not None:
        raise Refused(refusal)
    if country != order.country or not city or not policy.changing.costs_the_same(order, city):
        raise Refused(Refusal.NOT_POSSIBLE)
    before, after = _known(order.address, order.city), _known(address, city)
    if before == after:
        raise Refused(Refusal.NOT_POSSIBLE)
    await still(connection, order, **after)
    return await record(connection, order, ChangeKind.ADDRESS, doing, before, after)


def _known(address: Address | None, city: Mapping[str, str]) -> dict[str, Any]:
    return {
        "recipient": address.recipient if address else None,
        "street": address.street if address else None,
        "postcode": address.postcode if address else None,
        "city": dict(city),
    }
