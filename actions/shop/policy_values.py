"""Values of the shop's file as policies need them, each told where it is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from actions.shop.backend import OrderState

# of each currency that the shop takes
MINOR_UNITS = 100
_WHOLE = 100


class BadPolicy(Exception):
    """A policy in the file cannot be used; the message names it and what to write."""


def named(found: object) -> Mapping[str, Any]:
    """What stands under names; of anything else there is nothing, so that the first name is told as missing."""
    return found if isinstance(found, Mapping) else {}


def states(policies: Mapping[str, Any], name: str, path: Path, under: str = "policies") -> frozenset[OrderState]:
    """A list of order states."""
    listed = policies.get(name)
    try:
        if isinstance(listed, list):
            return frozenset(OrderState(state) for state in listed)
    except ValueError:
        pass
    raise BadPolicy(f"{path}: {under}.{name} must be a list of order states such as [placed, processing]; there are "
                    f"{', '.join(OrderState)}.")  # fmt: skip


def number(facts: Mapping[str, Any], name: str, unit: str, path: Path) -> int:
    """A fact's number of days or another unit, of a span the longest."""
    fact = facts.get(name)
    found = fact.get(unit) if isinstance(fact, Mapping) else None
    span = found if isinstance(found, list) else [found]
    if span and all(is_count(one) for one in span) and max(span) > 0:
        return int(max(span))
    raise BadPolicy(f"{path}: facts.{name} must have {unit}, such as {{{unit}: 10}} or {{{unit}: [5, 10]}}.")


def amounts(policies: Mapping[str, Any], where: str, name: str, path: Path) -> Mapping[str, int]:
    """Amounts of money by currency, in minor units."""
    found = policies.get(name)
    if isinstance(found, Mapping) and all(_is_amount(one) for one in found.values()):
        return {str(currency): int(Decimal(str(amount)) * MINOR_UNITS) for currency, amount in found.items()}
    raise BadPolicy(
        f"{path}: {where}.{name} must be amounts by currency such as {{BDT: 1500, EUR: 12.50}}; {{}}: none."
    )


def percent(policies: Mapping[str, Any], where: str, name: str, path: Path) -> int:
    """A whole number from 0 to 100."""
    found = policies.get(name)
    if is_count(found) and 0 <= int(found or 0) <= _WHOLE:
        return int(found or 0)
    raise BadPolicy(f"{path}: {where}.{name} must be a whole number from 0 to {_WHOLE}.")


def is_count(found: object) -> bool:
    """Whether it is a whole number, and not yes or no."""
    return isinstance(found, int) and not isinstance(found, bool)


def _is_amount(found: object) -> bool:
    return isinstance(found, int | float) and not isinstance(found, bool) and found >= 0
