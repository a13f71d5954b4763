"""Changing what is in an order at Shopify: an edit of the order, and the money for what was taken out."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from babel.numbers import get_currency_precision

from actions.shop.backend import PaymentMethod, RefundState
from actions.shop.changes import ChangeKind, Refusal
from actions.shop.items_change import ItemsChange
from actions.shop.policy import Policy
from actions.shop.shopify import queries
from actions.shop.shopify.changing import Declined, payload
from actions.shop.shopify.client import AdminApi
from actions.shop.shopify.intents import Intent
from actions.shop.shopify.reader import Reader
from actions.shop.shopify.reading import Read
from actions.shop.trouble import ShopTrouble


class Quantities:
    """Other quantities of some lines, by their ids; 0 takes a line out."""

    kind = ChangeKind.ITEMS

    def __init__(self, policy: Policy, reader: Reader, quantities: Mapping[str, int]) -> None:
        self._policy = policy
        self._reader = reader
        self._quantities = quantities

    def refusal(self, read: Read, intent: Intent | None = None) -> Refusal | None:
        """See `Making`."""
        if intent is not None and self._edited(read):
            return None  # all but the money is done
        wanted = ItemsChange(read.order, self._quantities)
        allowed = self._policy.changing
        refusal = allowed.items(read.order, datetime.now(UTC)) or wanted.refusal(allowed.most)
        if refusal is not None:
            return refusal
        if wanted.more < 0 and any(source.manual for source in read.sources):
            return Refusal.NOT_SUPPORTED  # somebody has to send the money
        # what is held on a card does not grow; somebody has to ask for the rest
        held = any(payment.method is not PaymentMethod.CASH_ON_DELIVERY for payment in read.order.payments)
        return Refusal.NOT_SUPPORTED if wanted.more > 0 and held else None

    def before(self, read: Read) -> Mapping[str, Any]:
        """See `Making`."""
        now = {item.id: item.quantity for item in read.order.items if item.id in self._quantities}
        return {"items": now, "total": read.order.total.minor}

    def done(self, read: Read, intent: Intent) -> bool:
        """See `Making`."""
        return self._edited(read) and _to_give_back(read, intent) == 0

    async def make(self, api: AdminApi, read: Read, intent: Intent) -> None:
        """See `Making`."""
        if not self._edited(read):
            await self._edit(api, read, intent)
            now = await self._reader.read(read.order.id)
            if now is None or not self._edited(now):
                raise ShopTrouble("an order was edited and is as it was")
            read = now
        amount = _to_give_back(read, intent)
        if amount:
            try:
                await _give_back(api, read, intent, amount)
            except Declined as declined:
                # the order is another already, so this is no plain no
                raise ShopTrouble("an order was edited, and its money could not be sent back") from declined

    def after(self, read: Read, intent: Intent) -> Mapping[str, Any]:
        """See `Making`."""
        return {
            "items": dict(self._quantities),
            "total": read.current.minor,
            "currency": read.current.currency,
        }

    def _edited(self, read: Read) -> bool:
        now = {item.id: item.quantity for item in read.order.items}
        return all(now.get(id_, 0) == quantity for id_, quantity in self._quantities.items())

    async def _edit(self, api: AdminApi, read: Read, intent: Intent) -> None:
        """An edit of the order counts once it is committed; one that is not is as if it had never been begun."""
        answer = await api.ask(queries.EDIT_BEGIN, True, id=read.order.id)
        edit = payload(answer, "orderEditBegin").one("calculatedOrder")
        # a line of the edit has the number of the order's line
        lines = {_number(line.text("id")): line for line in edit.page("lineItems")}
        now = {item.id: item.quantity for item in read.order.items}
        for id_, quantity in self._quantities.items():
            line = lines.get(_number(id_))
            if line is None or line.whole("quantity") != now[id_]:
                raise ShopTrouble("the edit of an order has other lines than the order")
            said = {"id": edit.text("id"), "line": line.text("id"), "quantity": quantity}
            payload(await api.ask(queries.EDIT_QUANTITY, True, **said), "orderEditSetQuantity")
        answer = await api.ask(queries.EDIT_COMMIT, False, id=edit.text("id"), note=intent.reference)
        payload(answer, "orderEditCommit")


def _to_give_back(read: Read, intent: Intent) -> int:
    """What was paid more than the order costs now, as far as it is by this change."""
    left = sum(source.left for source in read.sources)
    back = sum(
        refund.amount.minor
        for refund in read.order.refunds
        if refund.id not in intent.refunds and refund.state is not RefundState.FAILED
    )
    return max(0, min(left - read.current.minor, intent.total - read.current.minor - back))


async def _give_back(api: AdminApi, read: Read, intent: Intent, amount: int) -> None:
    """Gives money back the way it came, off the oldest payment first."""
    transactions, rest = [], amount
    for source in read.sources:
        part = min(rest, source.left)
        if part:
            rest -= part
            transactions.append(
                {
                    "orderId": read.order.id,
                    "parentId": source.id,
                    "gateway": source.gateway,
                    "kind": "REFUND",
                    "amount": _decimal(part, read.current.currency),
                }
            )
    wanted = {
        "orderId": read.order.id,
        "currency": read.current.currency,
        "note": intent.reference,
        "notify": True,
        "transactions": transactions,
    }
    key = str(uuid5(NAMESPACE_URL, f"{read.order.id} {intent.key}"))
    payload(await api.ask(queries.REFUND, True, input=wanted, key=key), "refundCreate")


def _decimal(minor: int, currency: str) -> str:
    return format(Decimal(minor).scaleb(-get_currency_precision(currency)), "f")


def _number(gid: str) -> str:
    return gid.rpartition("/")[2]
