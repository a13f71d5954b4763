"""How far an agent may go to make up for a bad day, without asking anybody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from actions.shop.backend import Money
from actions.shop.policy_values import BadPolicy, amounts, is_count, named

_WHOLE = 100


@dataclass(frozen=True)
class GoodwillPolicy:
    """`refund_up_to`: in minor units, by currency; in others nothing. `discount_percent`: off the next order."""

    refund_up_to: Mapping[str, int]
    discount_percent: int

    @classmethod
    def load(cls, policies: Mapping[str, Any], path: Path) -> GoodwillPolicy:
        """Reads its part of the shop's file.

        Raises:
            BadPolicy: something is missing or not what it should be.
        """
        raw = named(policies.get("goodwill"))
        percent = raw.get("discount_percent")
        if not is_count(percent) or not 0 <= int(percent or 0) <= _WHOLE:
            raise BadPolicy(f"{path}: policies.goodwill.discount_percent must be a whole number from 0 to {_WHOLE}.")
        return cls(amounts(raw, "policies.goodwill", "refund_up_to", path), int(percent or 0))

    def refund(self, total: Money) -> Money:
        """The most that may be given back for an order of this total."""
        return Money(min(total.minor, self.refund_up_to.get(total.currency, 0)), total.currency)
