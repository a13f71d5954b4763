"""What can be sent back, until when, and what of its price goes back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from babel.numbers import get_currency_precision

from actions.shop.backend import (
    Money,
    Order,
    OrderItem,
    OrderState,
    PaymentState,
    RefundState,
    ReturnReason,
    ReturnState,
)
from actions.shop.changes import Refusal, ReturnWish
from actions.shop.pieces import returnable
from actions.shop.policy_values import BadPolicy, named, number, percent, states

# what is not as it should be comes back longer, and whatever kind of thing it is
FAULTY = frozenset({ReturnReason.DAMAGED, ReturnReason.WRONG_ITEM})
_NEVER_CAME = {OrderState.CANCELLED, OrderState.LOST}
_CAME = {OrderState.DELIVERED, OrderState.PARTIALLY_REFUNDED}


@dataclass(frozen=True)
class Estimate:
    """What goes back for a return: `goods` at their prices less `restocking` and `fee`, never more than was paid."""

    goods: Money
    restocking: Money
    fee: Money
    amount: Money


@dataclass(frozen=True)
class ReturnsPolicy:
    """Which returns are opened.

    Attributes:
        open_while: the states of an order of which something can be sent back.
        days: how long after the delivery; `faulty_days` for what is damaged or wrong.
        not_returnable: patterns of article numbers (`NS-3*`) that come back only damaged or wrong.
        only_unopened: patterns of article numbers that come back only unopened.
        shop_pays_for: the reasons for which the way back costs the customer nothing.
        fees: what it costs otherwise, in minor units by currency; in a currency without one it costs nothing.
        restocking_percent: of the price, kept by the shop unless it is the shop's fault.
        handed_over_in: countries with the shop's pickup points, and couriers that collect.
        label_days: how long a label is good.
    """

    open_while: frozenset[OrderState]
    days: int
    faulty_days: int
    not_returnable: tuple[str, ...]
    only_unopened: tuple[str, ...]
    shop_pays_for: frozenset[ReturnReason]
    fees: Mapping[str, int]
    restocking_percent: int
    handed_over_in: frozenset[str]
    label_days: int

    @classmethod
    def load(cls, policies: Mapping[str, Any], facts: Mapping[str, Any], path: Path) -> ReturnsPolicy:
        """Reads `policies.returns` and the facts about returns.

        Raises:
            BadPolicy: one is missing or not what it should be.
        """
        raw = named(policies.get("returns"))
        return cls(
            open_while=states(raw, "open_while", path, under="policies.returns"),
            days=number(facts, "return_window", "days", path),
            faulty_days=number(facts, "return_window_faulty", "days", path),
            not_returnable=_texts(raw, "not_returnable", path, "article numbers such as [NS-301, NS-4*]"),
            only_unopened=_texts(raw, "only_unopened", path, "article numbers such as [NS-401]"),
            shop_pays_for=_reasons(raw, "shop_pays_for", path),
            fees=_fees(facts, "return_shipping_fee", path),
            restocking_percent=percent(raw, "policies.returns", "restocking_percent", path),
            handed_over_in=frozenset(_texts(raw, "handed_over_in", path, "countries such as [BD, IN]")),
            label_days=number(facts, "return_label_valid", "days", path),
        )

    def refusal(self, order: Order, today: date) -> Refusal | None:
        """Why nothing of this order can be sent back, for whatever reason; None where something can."""
        if order.state in _NEVER_CAME:
            return Refusal.NOT_POSSIBLE
        if order.state is OrderState.RETURNED or not any(returnable(order, item) > 0 for item in order.items):
            return Refusal.ALREADY_DONE
        if order.state not in self.open_while:
            return Refusal.NOT_SUPPORTED if order.state in _CAME else Refusal.TOO_EARLY
        came = delivered_on(order)
        if came is None:  # when the time began, somebody has to find out
            return Refusal.NOT_SUPPORTED
        return Refusal.TOO_LATE if today > came + timedelta(days=max(self.days, self.faulty_days)) else None

    def refuses(self, order: Order, wish: ReturnWish, today: date) -> Refusal | None:
        """Why just this is not taken back; None where it is."""
        refusal = self.refusal(order, today)
        if refusal is not None:
            return refusal
        if self.over_for(order, wish.reason, today):
            return Refusal.TOO_LATE
        lines = {item.id: item for item in order.items}
        if not wish.items or any(
            id_ not in lines or count < 1 or not self.takes_back(lines[id_], wish.reason)
            for id_, count in wish.items.items()
        ):
            return Refusal.NOT_POSSIBLE
        gone = any(count > returnable(order, lines[id_]) for id_, count in wish.items.items())
        return Refusal.ALREADY_DONE if gone else None

    def over_for(self, order: Order, reason: ReturnReason, today: date) -> bool:
        """Whether the time for this reason is over."""
        came = delivered_on(order)
        return came is None or today > came + timedelta(days=self.faulty_days if reason in FAULTY else self.days)

    def takes_back(self, item: OrderItem, reason: ReturnReason) -> bool:
        """Whether this kind of thing comes back for this reason."""
        return reason in FAULTY or not _any(self.not_returnable, item.sku)

    def only_if_unopened(self, item: OrderItem, reason: ReturnReason) -> bool:
        """Whether it may not have been opened."""
        return reason not in FAULTY and _any(self.only_unopened, item.sku)

    def estimate(self, order: Order, pieces: Mapping[str, int], reason: ReturnReason) -> Estimate:
        """What goes back for so many pieces of these lines (by their ids), if they are as they should be."""
        currency = order.total.currency
        goods = sum(item.price.minor * pieces.get(item.id, 0) for item in order.items)
        free = reason in self.shop_pays_for
        restocking = 0 if free else goods * self.restocking_percent // 100
        fee = 0 if free else min(self.fees.get(currency, 0), goods - restocking)
        amount = min(goods - restocking - fee, _left(order))
        return Estimate(*(Money(minor, currency) for minor in (goods, restocking, fee, amount)))


def delivered_on(order: Order) -> date | None:
    """The day on which the last of an order's parcels came; None where none is known to have come."""
    times = [parcel.delivered_at for parcel in order.shipments if parcel.delivered_at]
    return max(times).date() if times else None


def _left(order: Order) -> int:
    """What was paid, less what went back or is promised for other returns."""
    paid = sum(payment.amount.minor for payment in order.payments if payment.state is PaymentState.CAPTURED)
    back = sum(refund.amount.minor for refund in order.refunds if refund.state is not RefundState.FAILED)
    open_ = [one for one in order.returns if one.refund is None and one.state is not ReturnState.REJECTED]
    return max(0, paid - back - sum(one.amount.minor for one in open_))


def _any(patterns: Sequence[str], sku: str) -> bool:
    return any(fnmatchcase(sku, pattern) for pattern in patterns)


def _texts(raw: Mapping[str, Any], name: str, path: Path, such_as: str) -> tuple[str, ...]:
    listed = raw.get(name)
    if isinstance(listed, list) and all(isinstance(text, str) and text for text in listed):
        return tuple(listed)
    raise BadPolicy(f"{path}: policies.returns.{name} must be a list of {such_as}; [] for none.")


def _reasons(raw: Mapping[str, Any], name: str, path: Path) -> frozenset[ReturnReason]:
    listed = raw.get(name)
    try:
        if isinstance(listed, list):
            return frozenset(ReturnReason(reason) for reason in listed)
    except ValueError:
        pass
    raise BadPolicy(f"{path}: policies.returns.{name} must be a list of reasons such as [damaged, wrong_item]; there "
                    f"are {', '.join(ReturnReason)}.")  # fmt: skip


def _fees(facts: Mapping[str, Any], name: str, path: Path) -> Mapping[str, int]:
    """A fact's amounts, in minor units by currency."""
    amounts = named(named(facts.get(name)).get("money"))
    try:
        fees = {str(currency): _minor(amount, str(currency)) for currency, amount in amounts.items()}
    except (InvalidOperation, ValueError):
        fees = {}
    if fees:
        return fees
    raise BadPolicy(f"{path}: facts.{name} must have money, such as {{money: {{BDT: 90, EUR: 3.60}}}}.")


def _minor(amount: object, currency: str) -> int:
    if isinstance(amount, bool) or not isinstance(amount, int | float) or amount < 0:
        raise ValueError("not an amount")
    return int((Decimal(str(amount)).scaleb(get_currency_precision(currency))).to_integral_value())
