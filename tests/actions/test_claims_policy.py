"""What the shop says of claims in data/shop.yml is read as it stands, and a mistake is told with its mend."""

import dataclasses
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from shop_testing import NOW, ROOT

from actions.shop.backend import ClaimKind, Order, OrderState, Remedy
from actions.shop.changes import Refusal
from actions.shop.claims_policy import ClaimsPolicy
from actions.shop.policy_values import BadPolicy
from actions.shop.whereabouts import Whereabouts, arrived_on, whereabouts

RAW: dict[str, Any] = yaml.safe_load((ROOT / "data" / "shop.yml").read_text(encoding="utf-8"))
PATH = Path("shop.yml")


def load(**changed: Any) -> ClaimsPolicy:
    claims = {name: value for name, value in (RAW["policies"]["claims"] | changed).items() if value != "gone"}
    return ClaimsPolicy.load({"claims": claims}, RAW["facts"], PATH)


def test_amounts_are_taken_in_minor_units() -> None:
    policy = load(grant_up_to={"EUR": 12.35, "BDT": 1500}, double_up_to={})
    assert (policy.grant_up_to, policy.double_up_to) == ({"EUR": 1235, "BDT": 150000}, {})
    assert policy.faulty_days == RAW["facts"]["return_window_faulty"]["days"]
    assert load(remedies=["refund"]).remedies == (Remedy.REFUND,)
    assert load(granted_per_customer=0).granted_per_customer == 0


@pytest.mark.parametrize(
    ("name", "value", "mend"),
    [
        ("grant_up_to", "gone", "BDT: 1500"),
        ("grant_up_to", 15, "BDT: 1500"),
        ("double_up_to", {"EUR": "ten"}, "EUR: 12.50"),
        ("double_up_to", {"EUR": -1}, "EUR: 12.50"),
        ("remedies", [], "replacement and refund"),
        ("remedies", ["check"], "replacement and refund"),
        ("remedies", "refund", "replacement and refund"),
        ("wait_days", "soon", "a whole number"),
        ("wait_days", -1, "a whole number"),
        ("within_days", True, "a whole number"),
        ("granted_per_customer", "gone", "a whole number"),
    ],
)
def test_a_mistake_is_told_with_its_mend(name: str, value: Any, mend: str) -> None:
    with pytest.raises(BadPolicy, match=f"claims.{name}") as told:
        load(**{name: value})
    assert mend in str(told.value) and "shop.yml" in str(told.value)


def test_the_last_day_of_the_window_is_in_it(orders: dict[str, Order]) -> None:
    order, policy = orders["10010"], load()
    came = arrived_on(order)
    assert came is not None
    last = came + timedelta(days=policy.faulty_days)
    assert policy.refusal(order, ClaimKind.DAMAGED, last) is None
    assert policy.refusal(order, ClaimKind.DAMAGED, last + timedelta(days=1)) is Refusal.TOO_LATE
    assert policy.refusal(order, ClaimKind.PACKAGE_LOST, last) is None
    assert policy.refusal(order, ClaimKind.PACKAGE_LOST, last + timedelta(days=1)) is Refusal.TOO_LATE


def test_a_part_that_has_come_can_be_broken_and_what_is_missing_may_be_in_the_rest(orders: dict[str, Order]) -> None:
    policy, half_here = load(), dataclasses.replace(orders["10010"], state=OrderState.PARTIALLY_SHIPPED)
    assert policy.refusal(half_here, ClaimKind.DAMAGED, NOW.date()) is None
    assert policy.refusal(half_here, ClaimKind.WRONG_ITEM, NOW.date()) is None
    assert policy.refusal(half_here, ClaimKind.MISSING_ITEM, NOW.date()) is Refusal.TOO_EARLY


def test_every_order_of_the_demo_is_somewhere(orders: dict[str, Order]) -> None:
    seen = {whereabouts(order, NOW.date(), 5) for order in orders.values()}
    assert seen == set(Whereabouts) - {Whereabouts.OVERDUE}
    much_later = NOW.date() + timedelta(days=60)
    assert Whereabouts.OVERDUE in {whereabouts(order, much_later, 5) for order in orders.values()}
