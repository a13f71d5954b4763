"""What may be changed of an order that has not left yet: what is in it, and where it goes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from actions.shop.backend import Order, OrderState
from actions.shop.changes import Refusal
from actions.shop.cities import Cities, fold
from actions.shop.policy_values import BadPolicy, named, number, states
from actions.shop.wishes import Wishes


@dataclass(frozen=True)
class ChangingPolicy:
    """`address_while`, `items_while`: the states in which an order's address and its items can be changed; items only
    within `window` from when it was placed. Up to `most` pieces of a line are ordered here, more are for a person.

    `wishes` are known by words, `cities` by name. A parcel to the city `near` (its country and English name) costs the
    first of `fees` (major units by currency), one within its country the second.
    """

    address_while: frozenset[OrderState]
    items_while: frozenset[OrderState]
    window: timedelta
    most: int
    near: tuple[str, str]
    fees: tuple[Mapping[str, Decimal], Mapping[str, Decimal]]
    cities: Cities
    wishes: Wishes

    @classmethod
    def load(cls, policies: Mapping[str, Any], facts: Mapping[str, Any], path: Path) -> ChangingPolicy:
        """Reads its part of the shop's file, and the cities and words beside it.

        Raises:
            BadPolicy: something is missing or not what it should be.
        """
        return cls(
            address_while=states(policies, "change_address_while", path),
            items_while=states(policies, "change_items_while", path),
            window=timedelta(hours=number(facts, "change_window", "hours", path)),
            most=number(facts, "bulk_from", "number", path) - 1,
            near=_near(policies, path),
            fees=(_fee(facts, "shipping_fee_city", path), _fee(facts, "shipping_fee_country", path)),
            cities=Cities.load(path.with_name("places.yml")),
            wishes=Wishes.load(path.with_name("wishes.yml")),
        )

    def address(self, order: Order) -> Refusal | None:
        """Why this order cannot be sent elsewhere; None where it can."""
        return _by_state(order, self.address_while)

    def items(self, order: Order, now: datetime) -> Refusal | None:
        """Why what is in this order cannot be changed at `now` (aware); None where it can."""
        refusal = _by_state(order, self.items_while)
        if refusal is None and now - order.placed_at > self.window:
            return Refusal.TOO_LATE
        return refusal

    def costs_the_same(self, order: Order, city: Mapping[str, str]) -> bool:
        """Whether a parcel to another city of the order's country costs what this one does; where its delivery was
        free, it is free there, too."""
        if order.shipping.minor == 0 or order.country != self.near[0]:
            return True
        here, there = (self.fees[0 if self._is_near(one) else 1] for one in (order.city, city))
        currency = order.shipping.currency
        return here.get(currency) == there.get(currency)

    def _is_near(self, city: Mapping[str, str]) -> bool:
        near = fold(self.near[1])
        return any(fold(self.cities.find(name) or name) == near for name in city.values())


def _by_state(order: Order, allowed: frozenset[OrderState]) -> Refusal | None:
    if order.state is OrderState.CANCELLED:
        return Refusal.ALREADY_DONE
    return None if order.state in allowed else Refusal.TOO_LATE


def _near(policies: Mapping[str, Any], path: Path) -> tuple[str, str]:
    found = named(policies.get("shipping_city"))
    country, city = found.get("country"), found.get("city")
    if isinstance(country, str) and len(country) == 2 and isinstance(city, str) and city:
        return country, city
    raise BadPolicy(f"{path}: policies.shipping_city must have country and city, such as {{country: BD, city: Dhaka}}.")


def _fee(facts: Mapping[str, Any], name: str, path: Path) -> Mapping[str, Decimal]:
    found = named(named(facts.get(name)).get("money"))
    if found and all(isinstance(amount, int | float) and amount >= 0 for amount in found.values()):
        return {str(currency): Decimal(str(amount)) for currency, amount in found.items()}
    raise BadPolicy(f"{path}: facts.{name} must have money, such as {{money: {{BDT: 70, EUR: 1.80}}}}.")
