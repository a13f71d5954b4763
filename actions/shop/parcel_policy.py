"""How long one has to wait for a parcel that is late, or of which nothing is heard."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from actions.shop.policy_values import BadPolicy, is_count, named, number


@dataclass(frozen=True)
class ParcelPolicy:
    """`wait`: after the promised day, until a parcel is searched for. `usual`: within which a courier reports again.
    `silence`: without any report, until somebody asks the courier. `page`: where customers follow a parcel, with
    {number} for its tracking number; None where there is no such page."""

    wait: timedelta
    usual: timedelta
    silence: timedelta
    page: str | None = None

    @classmethod
    def load(cls, policies: Mapping[str, Any], facts: Mapping[str, Any], path: Path) -> ParcelPolicy:
        """Reads its part of the shop's file. How long a late parcel is waited for is said with the claims.

        Raises:
            BadPolicy: something is missing or not what it should be.
        """
        return cls(
            wait=timedelta(days=_days(named(policies.get("claims")), "policies.claims.wait_days", path)),
            usual=timedelta(hours=number(facts, "tracking_update", "hours", path)),
            silence=timedelta(days=_days(named(policies.get("parcels")), "policies.parcels.silent_days", path)),
            page=_page(named(policies.get("parcels")), path),
        )


def _days(under: Mapping[str, Any], name: str, path: Path) -> int:
    found = under.get(name.rpartition(".")[2])
    if is_count(found) and int(found or 0) >= 0:
        return int(found or 0)
    raise BadPolicy(f"{path}: {name} must be a whole number of days such as 5.")


def _page(under: Mapping[str, Any], path: Path) -> str | None:
    found = under.get("tracking_page")
    if found is None or (isinstance(found, str) and found.startswith("https://") and "{number}" in found):
        return found
    raise BadPolicy(f"{path}: policies.parcels.tracking_page must be an https address with {{number}} in it.")
