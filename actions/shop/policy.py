"""What the shop allows, as `data/shop.yml` says: answers name the same values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import yaml

from actions.shop.backend import Order, OrderState, PaymentMethod
from actions.shop.changes import Refusal
from actions.shop.changing_policy import ChangingPolicy
from actions.shop.claims_policy import ClaimsPolicy
from actions.shop.delivery_policy import DeliveryPolicy
from actions.shop.goodwill_policy import GoodwillPolicy
from actions.shop.parcel_policy import ParcelPolicy
from actions.shop.policy_values import BadPolicy, named, number, states
from actions.shop.returns_policy import ReturnsPolicy

__all__ = ["BadPolicy", "Policy", "refund_time"]

# how long money takes to get there; to all other kinds of account as long as to a wallet
_BANK = "refund_time_bank"
_REFUND_TIME = {
    PaymentMethod.CARD: "refund_time_card",
    PaymentMethod.BANK_TRANSFER: _BANK,
    PaymentMethod.CASH_ON_DELIVERY: _BANK,
}


@dataclass(frozen=True)
class Policy:
    """`cancel_while`: the states in which an order can be cancelled. `refund_days`: by when money is back at the
    latest, by how it was paid; what was paid on delivery goes back by bank transfer. `code_valid`: how long a one-time
    code can be typed. `parcels`: how long one has to wait for them. `claims`: what is put right when something is
    wrong. `changing` and `delivery`: what of an order can still become another, and when it can come. `goodwill`: what
    an agent may give."""

    cancel_while: frozenset[OrderState]
    refund_days: Mapping[PaymentMethod, int]
    code_valid: timedelta
    parcels: ParcelPolicy
    returns: ReturnsPolicy
    claims: ClaimsPolicy
    changing: ChangingPolicy
    delivery: DeliveryPolicy
    goodwill: GoodwillPolicy

    @classmethod
    def load(cls, path: Path) -> Policy:
        """Reads `policies` and `facts` of the shop's file.

        Raises:
            BadPolicy: one is missing or not what it should be.
        """
        try:
            raw = named(yaml.safe_load(path.read_text(encoding="utf-8")))
        except yaml.YAMLError as error:
            raise BadPolicy(f"{path} is not YAML: {' '.join(str(error).split())}") from error
        policies, facts = named(raw.get("policies")), named(raw.get("facts"))
        return cls(
            cancel_while=states(policies, "cancel_while", path),
            refund_days={method: number(facts, refund_time(method), "days", path) for method in PaymentMethod},
            code_valid=timedelta(minutes=number(facts, "code_valid", "minutes", path)),
            parcels=ParcelPolicy.load(policies, facts, path),
            returns=ReturnsPolicy.load(policies, facts, path),
            claims=ClaimsPolicy.load(policies, facts, path),
            changing=ChangingPolicy.load(policies, facts, path),
            delivery=DeliveryPolicy.load(policies, facts, path),
            goodwill=GoodwillPolicy.load(policies, path),
        )

    def cancellation(self, order: Order) -> Refusal | None:
        """Why this order cannot be cancelled; None where it can."""
        if order.state is OrderState.CANCELLED:
            return Refusal.ALREADY_DONE
        return None if order.state in self.cancel_while else Refusal.TOO_LATE


def refund_time(method: PaymentMethod) -> str:
    """The fact that says how long money takes that goes back this way."""
    return _REFUND_TIME.get(method, "refund_time_wallet")
