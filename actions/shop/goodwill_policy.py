"""How far an agent may go to make up for a bad day, without asking anybody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from actions.shop.backend import Money
from actions.shop.policy_values import amounts, named, percent


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
        return cls(
            refund_up_to=amounts(raw, "policies.goodwill", "refund_up_to", path),
            discount_percent=percent(raw, "policies.goodwill", "discount_percent", path),
        )

    def refund(self, total: Money) -> Money:
        """The most that may be given back for an order of this total."""
        return Money(min(total.minor, self.refund_up_to.get(total.currency, 0)), total.currency)
