"""What it comes to when an order has other quantities than before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from actions.shop.backend import Money, Order, PaymentState
from actions.shop.changes import Refusal


@dataclass(frozen=True)
class ItemsChange:
    """New quantities of some of an order's lines, by their ids; 0 takes the line out.

    What delivery costs stays as it is, so fewer pieces never make it dearer.
    """

    order: Order
    quantities: Mapping[str, int]

    @property
    def paid(self) -> bool:
        """Whether the shop has any money for the order."""
        return any(payment.state is PaymentState.CAPTURED for payment in self.order.payments)

    @property
    def more(self) -> int:
        """By how much the total rises, in minor units; below 0 it falls."""
        return sum(
            (self.quantities[item.id] - item.quantity) * item.price.minor
            for item in self.order.items
            if item.id in self.quantities
        )

    @property
    def total(self) -> Money:
        """What the order then costs."""
        return Money(self.order.total.minor + self.more, self.order.total.currency)

    @property
    def empties(self) -> bool:
        """Whether nothing would be left."""
        return all(self.quantities.get(item.id) == 0 for item in self.order.items)

    def refusal(self, most: int) -> Refusal | None:
        """Why it cannot be done, whatever state the order is in; up to `most` pieces of a line can be ordered."""
        now = {item.id: item.quantity for item in self.order.items}
        if not self.quantities.keys() <= now.keys() or self.empties:
            return Refusal.NOT_POSSIBLE
        if all(now[id_] == quantity for id_, quantity in self.quantities.items()):
            return Refusal.NOT_POSSIBLE
        rises = [id_ for id_, quantity in self.quantities.items() if quantity > now[id_]]
        if any(quantity < 0 for quantity in self.quantities.values()):
            return Refusal.NOT_POSSIBLE
        if rises and (self.paid or any(self.quantities[id_] > most for id_ in rises)):
            return Refusal.NOT_POSSIBLE
        goods = sum(item.price.minor * item.quantity for item in self.order.items)
        waiting = sum(payment.state is PaymentState.PENDING for payment in self.order.payments)
        if self.order.total.minor != goods + self.order.shipping.minor or waiting > (0 if self.paid else 1):
            return Refusal.NOT_POSSIBLE  # a discount, or several payments: a person sees whose share is whose
        back = {piece.order_item_id for one in self.order.returns for piece in one.items}
        if back & self.quantities.keys() or self.total.minor < self.order.shipping.minor:
            return Refusal.NOT_POSSIBLE
        return None
