"""Opening a return at Shopify, of pieces that were sent and are not in a return already."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from babel.numbers import get_currency_precision

from actions.shop.backend import Return
from actions.shop.changes import ChangeKind, Refusal, ReturnWish
from actions.shop.policy import Policy
from actions.shop.shopify import queries
from actions.shop.shopify.changing import Declined, payload
from actions.shop.shopify.client import AdminApi
from actions.shop.shopify.intents import Intent
from actions.shop.shopify.reading import Read
from actions.shop.shopify.states import THEIR_REASON
from actions.shop.trouble import ShopTrouble


class OpenReturn:
    """A return for money, as the policy allows. What is wanted in exchange, a person has to look up."""

    kind = ChangeKind.RETURN

    def __init__(self, policy: Policy, wish: ReturnWish) -> None:
        self._policy = policy
        self._wish = wish

    def refusal(self, read: Read, intent: Intent | None = None) -> Refusal | None:
        """See `Making`."""
        if self._wish.exchange_for is not None:
            return Refusal.NOT_SUPPORTED
        return self._policy.returns.refuses(read.order, self._wish, datetime.now(UTC).date())

    def before(self, read: Read) -> Mapping[str, Any]:
        """See `Making`."""
        return {"number": None}

    def done(self, read: Read, intent: Intent) -> bool:
        """See `Making`."""
        return _opened(read, intent) is not None

    async def make(self, api: AdminApi, read: Read, intent: Intent) -> None:
        """See `Making`. The reference in the lines' notes tells this return from any other."""
        note = f"{intent.reference} {self._wish.reason.value}"
        lines = [
            {
                "fulfillmentLineItemId": sent,
                "quantity": count,
                "returnReason": THEIR_REASON[self._wish.reason],
                "returnReasonNote": note,
                **self._restocking(),
            }
            for sent, count in await self._sent(api, read)
        ]
        wanted = {"orderId": read.order.id, "returnLineItems": lines, **self._fee(read)}
        payload(await api.ask(queries.RETURN, False, input=wanted), "returnCreate")

    def after(self, read: Read, intent: Intent) -> Mapping[str, Any]:
        """See `Making`."""
        opened = _opened(read, intent)
        if opened is None:
            raise ShopTrouble("a return was opened and is gone")
        return {
            "number": opened.number,
            "state": opened.state.value,
            "amount_minor": opened.amount.minor,
            "reason": self._wish.reason.value,
            "items": dict(self._wish.items),
        }

    async def _sent(self, api: AdminApi, read: Read) -> list[tuple[str, int]]:
        """Which sent lines the pieces come from, and how many from each.

        Raises:
            Declined: Shopify has not so many that can come back.
        """
        left, found = dict(self._wish.items), []
        answer = await api.ask(queries.RETURNABLE, True, id=read.order.id)
        for parcel in answer.page("returnableFulfillments"):
            for line in parcel.page("returnableFulfillmentLineItems"):
                sent = line.one("fulfillmentLineItem")
                id_ = sent.one("lineItem").text("id")
                count = min(line.whole("quantity"), left.get(id_, 0))
                if count:
                    left[id_] -= count
                    found.append((sent.text("id"), count))
        if any(left.values()):
            raise Declined("returnableFulfillments")
        return found

    def _restocking(self) -> Mapping[str, Any]:
        percent = self._policy.returns.restocking_percent
        if not percent or self._wish.reason in self._policy.returns.shop_pays_for:
            return {}
        return {"restockingFee": {"percentage": float(percent)}}

    def _fee(self, read: Read) -> Mapping[str, Any]:
        fee = self._policy.returns.estimate(read.order, self._wish.items, self._wish.reason).fee
        if not fee.minor:
            return {}
        amount = format(Decimal(fee.minor).scaleb(-get_currency_precision(fee.currency)), "f")
        return {"returnShippingFee": {"amount": {"amount": amount, "currencyCode": fee.currency}}}


def _opened(read: Read, intent: Intent) -> Return | None:
    return next((one for one in read.order.returns if intent.reference in read.notes[one.id].split()), None)
