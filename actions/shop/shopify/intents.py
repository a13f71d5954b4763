"""What we are about to change in an order, noted with the order itself before it is done.

The note stands in the order's metafield `shohay.changes`. Whoever asks for the same change again, after a crash too,
finds by it that it was begun, and by the order whether it was done.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from actions.shop.changes import ChangeKind


@dataclass(frozen=True)
class Intent:
    """A change that was asked for. `before` is what it is to change, `wish` what is wanted, both plain JSON; `refunds`
    are the ids of those that there were already."""

    key: str
    reference: str
    kind: ChangeKind
    before: Mapping[str, Any]
    wish: Mapping[str, Any]
    refunds: tuple[str, ...]
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
            before=dict(noted["before"]),
            wish=dict(noted["wish"]),
            refunds=tuple(str(one) for one in noted["refunds"]),
            at=datetime.fromisoformat(noted["at"]),
        )

    def noted(self) -> dict[str, Any]:
        """As JSON has it."""
        return {**asdict(self), "at": self.at.isoformat()}
