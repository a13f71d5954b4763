"""What the shop allows, as `data/shop.yml` says: answers name the same values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import yaml

from actions.shop.backend import Order, OrderState, PaymentMethod
from actions.shop.changes import Refusal

# the fact that says how many days money takes to get there
_REFUND_TIME = {PaymentMethod.CARD: "refund_time_card", PaymentMethod.BANK_TRANSFER: "refund_time_bank"}
_WALLET = "refund_time_wallet"


class BadPolicy(Exception):
    """A policy in the file cannot be used; the message names it and what to write."""


@dataclass(frozen=True)
class Policy:
    """`cancel_while`: the states in which an order can be cancelled. `refund_days`: by when money is back at the
    latest, by how it was paid; what was paid on delivery goes back by bank transfer. `code_valid`: how long a one-time
    code can be typed."""

    cancel_while: frozenset[OrderState]
    refund_days: Mapping[PaymentMethod, int]
    code_valid: timedelta

    @classmethod
    def load(cls, path: Path) -> Policy:
        """Reads `policies` and `facts` of the shop's file.

        Raises:
            BadPolicy: one is missing or not what it should be.
        """
        try:
            raw = _named(yaml.safe_load(path.read_text(encoding="utf-8")))
        except yaml.YAMLError as error:
            raise BadPolicy(f"{path} is not YAML: {' '.join(str(error).split())}") from error
        policies, facts = _named(raw.get("policies")), _named(raw.get("facts"))
        return cls(
            cancel_while=_states(policies, "cancel_while", path),
            refund_days={
                method: _number(facts, _REFUND_TIME.get(method, _WALLET), "days", path) for method in PaymentMethod
            }
            | {PaymentMethod.CASH_ON_DELIVERY: _number(facts, "refund_time_bank", "days", path)},
            code_valid=timedelta(minutes=_number(facts, "code_valid", "minutes", path)),
        )

    def cancellation(self, order: Order) -> Refusal | None:
        """Why this order cannot be cancelled; None where it can."""
        if order.state is OrderState.CANCELLED:
            return Refusal.ALREADY_DONE
        return None if order.state in self.cancel_while else Refusal.TOO_LATE


def _named(found: object) -> Mapping[str, Any]:
    """What stands under names; of anything else there is nothing, so that the first name is told as missing."""
    return found if isinstance(found, Mapping) else {}


def _states(policies: Mapping[str, Any], name: str, path: Path) -> frozenset[OrderState]:
    listed = policies.get(name)
    try:
        if isinstance(listed, list):
            return frozenset(OrderState(state) for state in listed)
    except ValueError:
        pass
    raise BadPolicy(f"{path}: policies.{name} must be a list of order states such as [placed, processing]; there are "
                    f"{', '.join(OrderState)}.")  # fmt: skip


def _number(facts: Mapping[str, Any], name: str, unit: str, path: Path) -> int:
    """A number of days or another unit, of a span the longest."""
    fact = facts.get(name)
    found = fact.get(unit) if isinstance(fact, Mapping) else None
    span = found if isinstance(found, list) else [found]
    if span and all(isinstance(number, int) and not isinstance(number, bool) for number in span) and max(span) > 0:
        return int(max(span))
    raise BadPolicy(f"{path}: facts.{name} must have {unit}, such as {{{unit}: 10}} or {{{unit}: [5, 10]}}.")
