"""What the desk shows of an order: the shop's values in the words of the house's first language."""

from __future__ import annotations

from collections.abc import Mapping

from actions.shop.backend import Order, ShopBackend
from actions.shop.goodwill_policy import GoodwillPolicy
from bot.content.live import LiveWords
from bot.content.render import Formatter


class ShopOrders:
    """Looks orders up in the shop, for an agent's brief."""

    def __init__(self, shop: ShopBackend, goodwill: GoodwillPolicy, words: LiveWords, zone: str) -> None:
        self._shop = shop
        self._goodwill = goodwill
        self._words = words
        self._zone = zone

    async def glimpse(self, number: str) -> Mapping[str, str] | None:
        """State, items, total, customer and days of an order, None when there is no such order.

        Raises:
            Exception: whatever the shop's driver raises when it cannot be reached.
        """
        order = await self._shop.find_order(number)
        if order is None:
            return None
        language = next(iter(self._words.current.library.languages.values()))
        formatter = Formatter(language, self._zone)
        return {**_lines(order, formatter), "goodwill": self._may_give(order, formatter)}

    def _may_give(self, order: Order, formatter: Formatter) -> str:
        """What an agent may give for this order without asking anybody."""
        back = self._goodwill.refund(order.total)
        amount = formatter.text({"money": back.minor, "currency": back.currency})
        percent = formatter.text({"percent": self._goodwill.discount_percent})
        return f"up to {amount} back, or {percent} off the next order"


def _lines(order: Order, formatter: Formatter) -> dict[str, str]:
    lines = {
        "number": order.number,
        "state": order.state.replace("_", " "),
        "customer": order.customer.name,
        "items": ", ".join(f"{item.quantity} × {formatter.text({'names': item.names})}" for item in order.items),
        "total": formatter.text({"money": order.total.minor, "currency": order.total.currency}),
        "placed": formatter.text({"date": order.placed_at.isoformat()}),
        "to": formatter.text({"names": order.city}),
    }
    if order.expected_on:
        lines["expected"] = formatter.text({"date": order.expected_on.isoformat()})
    for shipment in order.shipments:
        carrier = formatter.text({"names": shipment.carrier})
        lines["parcel"] = f"{carrier} {shipment.tracking_number}, {shipment.state.replace('_', ' ')}"
    if order.payments:
        paid = order.payments[-1]
        lines["payment"] = f"{paid.method.replace('_', ' ')}, {paid.state}"
    for back in order.returns:
        lines["return"] = f"{back.number}, {back.state.replace('_', ' ')}"
    for claim in order.claims:
        lines["claim"] = f"{claim.number}, {claim.kind.replace('_', ' ')}: {claim.state}"
    return lines
