"""What `data/shop.yml` says of the policies, read value by value, with the mend of what cannot be used."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from actions.shop.backend import OrderState


class BadPolicy(Exception):
    """A policy in the file cannot be used; the message names it and what to write."""


def named(found: object) -> Mapping[str, Any]:
    """What stands under names; of anything else there is nothing, so that the first name is told as missing."""
    return found if isinstance(found, Mapping) else {}


def states(policies: Mapping[str, Any], name: str, path: Path) -> frozenset[OrderState]:
    listed = policies.get(name)
    try:
        if isinstance(listed, list):
            return frozenset(OrderState(state) for state in listed)
    except ValueError:
        pass
    raise BadPolicy(f"{path}: policies.{name} must be a list of order states such as [placed, processing]; there are "
                    f"{', '.join(OrderState)}.")  # fmt: skip


def number(facts: Mapping[str, Any], name: str, unit: str, path: Path) -> int:
    """A number of days or another unit, of a span the longest."""
    fact = facts.get(name)
    found = fact.get(unit) if isinstance(fact, Mapping) else None
    span = found if isinstance(found, list) else [found]
    if span and all(isinstance(number, int) and not isinstance(number, bool) for number in span) and max(span) > 0:
        return int(max(span))
    raise BadPolicy(f"{path}: facts.{name} must have {unit}, such as {{{unit}: 10}} or {{{unit}: [5, 10]}}.")
