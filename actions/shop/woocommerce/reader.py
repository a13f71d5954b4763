"""Reading orders from WooCommerce: which requests it takes."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from actions.shop.backend import Order
from actions.shop.changes import Refusal, Refused
from actions.shop.trouble import ShopTrouble
from actions.shop.woocommerce.client import NO_ROUTE, WooClient
from actions.shop.woocommerce.fields import Raw, ident, record, records, text
from actions.shop.woocommerce.marks import marks
from actions.shop.woocommerce.orders import GUEST, UNSEEN, Reading, customer_id, digits, order_of

_LONGEST_NUMBER = 18
_SEARCHED = 20
# of refunds and parcels of one order, all that it is going to have
_PAGE = 100
# WooCommerce counts from 1: asking for this order's parts takes the same requests as asking for those of one
_NO_ORDER = "0"


@dataclass(frozen=True)
class OrderReader:
    """Finds orders, whole: with their refunds and parcels."""

    client: WooClient
    reading: Reading

    async def by_number(self, number: str) -> Order | None:
        """The order with this number, or None, by the same four requests."""
        if not _is_number(number):
            return None
        one, several = await asyncio.gather(
            self.client.get(f"wc/v3/orders/{int(number)}"),
            # plugins give orders numbers of their own, which are no ids
            self.client.get("wc/v3/orders", search=number, per_page=_SEARCHED),
        )
        seen = [*([] if one is None else [record(one, "order")]), *records(several, "orders")]
        raw = _with_number(number, seen)
        if raw is not None:
            return await self.whole(raw)
        with suppress(ShopTrouble):  # whatever is said of the parts of no order
            await self._parts(_NO_ORDER)
        return None

    async def raw(self, order_id: str) -> Raw | None:
        """What WooCommerce says of an order; None where there is none."""
        if not _is_number(order_id):
            return None
        found = await self.client.get(f"wc/v3/orders/{int(order_id)}")
        raw = None if found is None else record(found, "order")
        return None if raw is None or text(raw, "status") in UNSEEN else raw

    async def still(self, raw: Raw) -> Raw:
        """The order once more, as it is a moment later.

        Raises:
            Refused: something has happened to it since then.
        """
        now = await self.raw(ident(raw))
        if now is None or text(now, "status") != text(raw, "status") or marks(now) != marks(raw):
            raise Refused(Refusal.TOO_LATE)
        return now

    async def of(self, whose: str, limit: int) -> tuple[Order, ...]:
        """The newest orders of a customer, newest first, at most `limit`; a guest is known by the e-mail address."""
        guest = whose.startswith(GUEST)
        if whose == GUEST or limit < 1 or not (guest or _is_number(whose)):
            return ()
        asked: Mapping[str, str | int] = {"search": whose.removeprefix(GUEST)} if guest else {"customer": whose}
        # a search finds more than this customer's
        count = _PAGE if guest else min(limit, _PAGE)
        found = await self.client.get("wc/v3/orders", per_page=count, orderby="date", order="desc", **asked)
        raws = [raw for raw in records(found, "orders") if text(raw, "status") not in UNSEEN]
        own = [raw for raw in raws if customer_id(raw) == whose]
        return tuple(await asyncio.gather(*(self.whole(raw) for raw in own[:limit])))

    async def whole(self, raw: Raw) -> Order:
        """The order with all that hangs on it."""
        refunds, parcels = await self._parts(ident(raw))
        return order_of(raw, refunds, parcels, self.reading)

    async def refunds(self, order_id: str) -> Sequence[Raw]:
        """The refunds of an order."""
        found = await self.client.get(f"wc/v3/orders/{order_id}/refunds", per_page=_PAGE)
        return records(found, "refunds")

    async def _parts(self, order_id: str) -> tuple[Sequence[Raw], Sequence[Raw]]:
        path = f"wc-shipment-tracking/v3/orders/{order_id}/shipment-trackings"
        refunds, parcels = await asyncio.gather(self.refunds(order_id), self.client.get(path, NO_ROUTE))
        # without the plugin nobody knows of parcels
        return refunds, [] if parcels is None else records(parcels, "shipment-trackings")


def _is_number(text_of: str) -> bool:
    """Whether it can be one of WooCommerce's ids: it becomes part of a request."""
    return text_of.isascii() and text_of.isdecimal() and len(text_of) <= _LONGEST_NUMBER


def _with_number(number: str, raws: Sequence[Raw]) -> Raw | None:
    """The one that has this number, or as the only one these digits in it."""
    seen = {ident(raw): raw for raw in raws if text(raw, "status") not in UNSEEN}.values()
    for same in (
        [raw for raw in seen if text(raw, "number") == number],
        [raw for raw in seen if digits(text(raw, "number")) == number],
    ):
        if len(same) == 1:
            return same[0]
    return None
