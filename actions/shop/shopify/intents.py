"""What we are about to change in an order, noted with the order itself before it is done.

The note stands in the order's metafield `shohay.changes`, where the shop's staff see it too. Only who gets a change
noted makes it, and whoever asks for the same change again, after a crash too, finds which refunds there were before it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from actions.shop.changes import ChangeKind


@dataclass(frozen=True)
class Intent:
    """A change that is about to be made. `refunds` are the ids of those that there are already, `total` is what the
    order costs, in minor units."""

    key: str
    reference: str
    kind: ChangeKind
    refunds: tuple[str, ...]
    total: int
    at: datetime

    @classmethod
    def of(cls, noted: Mapping[str, Any]) -> Intent:
        """Raises:
        ValueError, KeyError, TypeError: it is none of ours.
        """
        return cls(
            key=str(noted["key"]),
            reference=str(noted["reference"]),
            kind=ChangeKind(noted["kind"]),
            refunds=tuple(str(one) for one in noted["refunds"]),
            total=int(noted["total"]),
            at=datetime.fromisoformat(noted["at"]),
        )

    def noted(self) -> dict[str, Any]:
        """As JSON has it."""
        return {**asdict(self), "at": self.at.isoformat()}
