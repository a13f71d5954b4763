"""What the shop does about things that are wrong: until when they can be claimed, and what is granted at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from actions.shop.backend import (
    Claim,
    ClaimKind,
    ClaimState,
    Money,
    Order,
    OrderItem,
    OrderState,
    Remedy,
    ReturnState,
)
from actions.shop.changes import ClaimWish, Refusal
from actions.shop.payment_record import held, is_over, is_payable, is_waiting, surplus
from actions.shop.pieces import kept
from actions.shop.policy_values import BadPolicy, amounts, is_count, named, number
from actions.shop.whereabouts import Whereabouts, arrived_on, whereabouts

# what can be wrong with the things themselves
FAULTS = (ClaimKind.DAMAGED, ClaimKind.WRONG_ITEM, ClaimKind.MISSING_ITEM)
# what is granted on the customer's word; money that was taken twice is theirs, and is not counted
GOODWILL = (*FAULTS, ClaimKind.PACKAGE_LOST)
_REMEDIES = (Remedy.REPLACEMENT, Remedy.REFUND)
_NOT_HERE = (OrderState.CANCELLED, OrderState.RETURNED, OrderState.LOST)


@dataclass(frozen=True)
class ClaimsPolicy:
    """When something can be claimed, and what is granted without anybody looking at it.

    Attributes:
        faulty_days: how long after it arrived something can be said to be wrong with it.
        wait_days: how long after its promised day a parcel is waited for before it is searched.
        remedies: what customers may choose from.
        grant_up_to: what is granted at once at most, by currency in minor units; of others nothing is.
        double_up_to: the same for what was taken beyond an order's total, which the shop's own record shows.
        granted_per_customer, within_days: so many are granted at once to the same customer within so many days.
    """

    faulty_days: int
    wait_days: int
    remedies: tuple[Remedy, ...]
    grant_up_to: Mapping[str, int]
    double_up_to: Mapping[str, int]
    granted_per_customer: int
    within_days: int

    @classmethod
    def load(cls, policies: Mapping[str, Any], facts: Mapping[str, Any], path: Path) -> ClaimsPolicy:
        """Reads `policies.claims`, and from the facts what answers name too.

        Raises:
            BadPolicy: something is missing or not what it should be.
        """
        claims = named(policies.get("claims"))
        return cls(
            faulty_days=number(facts, "return_window_faulty", "days", path),
            wait_days=_count(claims, "wait_days", path),
            remedies=_remedies(claims, path),
            grant_up_to=amounts(claims, "policies.claims", "grant_up_to", path),
            double_up_to=amounts(claims, "policies.claims", "double_up_to", path),
            granted_per_customer=_count(claims, "granted_per_customer", path),
            within_days=_count(claims, "within_days", path),
        )

    def refusal(self, order: Order, kind: ClaimKind, today: date) -> Refusal | None:
        """Why this cannot be claimed now; None where it can."""
        if kind in FAULTS:
            return self._fault(order, kind, today)
        if running(order, kind):
            return Refusal.ALREADY_DONE
        if kind is ClaimKind.PACKAGE_LOST:
            return self._parcel(order, today)
        if kind is ClaimKind.CHANGE_PAYMENT_METHOD and not is_payable(order):
            return Refusal.NOT_POSSIBLE if is_over(order) else Refusal.TOO_LATE
        if kind is ClaimKind.ORDER_NOT_CONFIRMED and not is_waiting(order):
            return Refusal.NOT_POSSIBLE
        return None

    def grants(self, order: Order, wish: ClaimWish, lately: int) -> bool:
        """Whether it is granted at once to a customer to whom so many have been granted lately."""
        worth = self.worth(order, wish)
        if wish.kind is ClaimKind.DOUBLE_CHARGED:
            limit = self.double_up_to.get(worth.currency, 0)
            return wish.remedy is Remedy.REFUND and 0 < worth.minor <= limit
        plain = wish.kind in FAULTS or (wish.kind is ClaimKind.PACKAGE_LOST and order.state is OrderState.LOST)
        if not plain or wish.remedy not in self.remedies or lately >= self.granted_per_customer:
            return False
        if any(claim.state is ClaimState.GRANTED and claim.kind in GOODWILL for claim in order.claims):
            return False
        promised = sum(
            one.amount.minor for one in order.returns if one.refund is None and one.state is not ReturnState.REJECTED
        )
        if wish.remedy is Remedy.REFUND and worth.minor > held(order) - promised:
            return False
        return 0 < worth.minor <= self.grant_up_to.get(worth.currency, 0)

    def worth(self, order: Order, wish: ClaimWish) -> Money:
        """What it is about, in money; nothing where that has to be found out first."""
        if wish.kind is ClaimKind.DOUBLE_CHARGED:
            return surplus(order)
        if wish.kind is ClaimKind.PACKAGE_LOST:
            return Money(held(order) or order.total.minor, order.total.currency)
        prices = {item.id: item.price.minor for item in order.items}
        return Money(sum(prices[line] * count for line, count in wish.items.items()), order.total.currency)

    def _fault(self, order: Order, kind: ClaimKind, today: date) -> Refusal | None:
        arrived = arrived_on(order)
        if order.state in _NOT_HERE:
            return Refusal.NOT_POSSIBLE
        # what is missing may be in the parcel that is still to come
        if arrived is None or (kind is ClaimKind.MISSING_ITEM and order.state is OrderState.PARTIALLY_SHIPPED):
            return Refusal.TOO_EARLY
        if today > arrived + timedelta(days=self.faulty_days):
            return Refusal.TOO_LATE
        return None if any(claimable(order, item) for item in order.items) else Refusal.ALREADY_DONE

    def _parcel(self, order: Order, today: date) -> Refusal | None:
        where, arrived = whereabouts(order, today, self.wait_days), arrived_on(order)
        if where is Whereabouts.GONE:
            return Refusal.NOT_POSSIBLE
        if where in (Whereabouts.OVERDUE, Whereabouts.LOST):
            return None
        if where is not Whereabouts.DELIVERED or arrived is None:
            return Refusal.TOO_EARLY
        return Refusal.TOO_LATE if today > arrived + timedelta(days=self.faulty_days) else None


def running(order: Order, kind: ClaimKind) -> Claim | None:
    """The claim of this kind that is open; of a lost parcel also one that was granted, since it is lost but once."""
    also = (ClaimState.GRANTED,) if kind is ClaimKind.PACKAGE_LOST else ()
    return next((one for one in order.claims if one.kind is kind and one.state in (ClaimState.OPEN, *also)), None)


def claimable(order: Order, item: OrderItem) -> int:
    """How many pieces of a line are with the customer and in no claim; of a rejected claim they are as before."""
    claims = [one for one in order.claims if one.state is not ClaimState.REJECTED]
    if any(one.kind is ClaimKind.PACKAGE_LOST for one in claims):
        return 0
    return max(0, kept(order, item) - sum(one.items.get(item.id, 0) for one in claims if one.kind in FAULTS))


def _count(claims: Mapping[str, Any], name: str, path: Path) -> int:
    found = claims.get(name)
    if is_count(found) and int(found or 0) >= 0:
        return int(found or 0)
    raise BadPolicy(f"{path}: policies.claims.{name} must be a whole number such as 3.")


def _remedies(claims: Mapping[str, Any], path: Path) -> tuple[Remedy, ...]:
    listed = claims.get("remedies")
    if isinstance(listed, list) and listed and all(one in _REMEDIES for one in listed):
        return tuple(Remedy(one) for one in listed)
    raise BadPolicy(f"{path}: policies.claims.remedies must be a list of {' and '.join(_REMEDIES)}.")
