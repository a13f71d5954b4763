"""The shop's policies: read from its file, told where they are wrong, and kept for every state of an order."""

import dataclasses
from datetime import time, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from shop_testing import POLICY, ROOT

from actions.shop.backend import Money, Order, OrderState, PaymentMethod
from actions.shop.changes import Refusal
from actions.shop.parcel_policy import ParcelPolicy
from actions.shop.policy import BadPolicy, Policy

RETURNS: dict[str, Any] = {
    "open_while": ["delivered"],
    "not_returnable": ["NS-3*"],
    "only_unopened": [],
    "shop_pays_for": ["damaged"],
    "restocking_percent": 10,
    "handed_over_in": ["BD"],
}
CLAIMS: dict[str, Any] = {
    "remedies": ["refund"],
    "grant_up_to": {"EUR": 12.5},
    "granted_per_customer": 1,
    "within_days": 90,
    "double_up_to": {},
    "wait_days": 5,
}
DELIVERY: dict[str, Any] = {
    "time_zone": "Asia/Dhaka",
    "countries": ["BD"],
    "windows": [["09:00", "13:00"]],
    "days_ahead": [1, 7],
    "not_on": ["fri"],
}
GOOD: dict[str, Any] = {
    "policies": {
        "cancel_while": ["placed", "processing"],
        "claims": CLAIMS,
        "parcels": {"silent_days": 4},
        "goodwill": {"refund_up_to": {"EUR": 5.5}, "discount_percent": 10},
        "returns": RETURNS,
        "change_address_while": ["placed"],
        "change_items_while": ["placed"],
        "shipping_city": {"country": "BD", "city": "Dhaka"},
        "move_delivery_while": ["placed"],
        "delivery": DELIVERY,
    },
    "facts": {
        "tracking_update": {"hours": [12, 24]},
        "return_window": {"days": 30},
        "return_window_faulty": {"days": 60},
        "return_label_valid": {"days": 14},
        "return_shipping_fee": {"money": {"BDT": 90, "EUR": 3.6}},
        "change_window": {"hours": 2},
        "bulk_from": {"number": 20},
        "shipping_fee_city": {"money": {"BDT": 70}},
        "shipping_fee_country": {"money": {"BDT": 130}},
        "delivery_attempts": {"number": 3},
        "pickup_keep": {"days": 7},
        "refund_time_card": {"days": [5, 10]},
        "refund_time_bank": {"days": 7},
        "refund_time_wallet": {"days": [3, 1]},
        "code_valid": {"minutes": 10},
    },
}


UNITS = {
    "code_valid": "minutes",
    "tracking_update": "hours",
    "change_window": "hours",
    "bulk_from": "number",
    "delivery_attempts": "number",
}


def load(folder: Path, content: Any) -> Policy:
    path = folder / "shop.yml"
    path.write_text(content if isinstance(content, str) else yaml.safe_dump(content), encoding="utf-8")
    return Policy.load(path)


def with_fact(name: str, fact: Any) -> dict[str, Any]:
    return {**GOOD, "facts": {**GOOD["facts"], name: fact}}


def test_a_policy_is_read_with_the_longest_of_every_span(tmp_path: Path) -> None:
    policy = load(tmp_path, GOOD)
    assert policy.cancel_while == {OrderState.PLACED, OrderState.PROCESSING}
    assert policy.code_valid == timedelta(minutes=10)
    assert policy.refund_days == {
        PaymentMethod.CARD: 10,
        PaymentMethod.BANK_TRANSFER: 7,
        PaymentMethod.CASH_ON_DELIVERY: 7,  # goes back by bank
        PaymentMethod.BKASH: 3,
        PaymentMethod.NAGAD: 3,
        PaymentMethod.ROCKET: 3,
        PaymentMethod.UPI: 3,
        PaymentMethod.PAYPAL: 3,
    }


def test_the_shops_own_file_is_good_and_lets_nothing_be_cancelled_that_is_packed() -> None:
    policy = Policy.load(ROOT / "data" / "shop.yml")
    assert policy.cancel_while == {
        OrderState.PLACED,
        OrderState.PAYMENT_PENDING,
        OrderState.PAYMENT_FAILED,
        OrderState.PROCESSING,
    }
    assert set(policy.refund_days) == set(PaymentMethod)


def test_a_shop_may_let_nothing_be_cancelled(tmp_path: Path) -> None:
    nothing = {**GOOD, "policies": {**GOOD["policies"], "cancel_while": []}}
    assert load(tmp_path, nothing).cancel_while == frozenset()


@pytest.mark.parametrize(
    "policies",
    [
        None,
        {},
        [],
        ["cancel_while"],
        "cancel_while",
        {"cancel_while": None},
        {"cancel_while": "placed"},
        {"cancel_while": {"placed": True}},
        {"cancel_while": ["placed", "teleported"]},
        {"cancel_while": ["Placed"]},
        {"cancel_while": [["placed"]]},
        {"cancel_while": [{"state": "placed"}]},
        {"cancel_while": [None]},
        {"cancel_while": [1]},
    ],
)
def test_a_list_of_states_that_is_none_is_told_with_its_file_and_what_to_write(tmp_path: Path, policies: Any) -> None:
    with pytest.raises(BadPolicy) as told:
        load(tmp_path, {**GOOD, "policies": policies})
    text = str(told.value)
    assert text.startswith(f"{tmp_path / 'shop.yml'}: policies.cancel_while must be a list")
    assert "[placed, processing]" in text
    assert all(state in text for state in OrderState)


@pytest.mark.parametrize("name", [name for name, fact in sorted(GOOD["facts"].items()) if "money" not in fact])
@pytest.mark.parametrize(
    "value", [None, 0, -1, [], [0], [-3, -1], "10", "ten", 1.5, True, [True], ["5", "10"], [5, "10"], [5, None], {}]
)
def test_a_time_that_is_none_is_told_with_its_file_and_what_to_write(tmp_path: Path, name: str, value: Any) -> None:
    unit = UNITS.get(name, "days")
    for fact in ({unit: value}, value, {"weeks": 10}):
        with pytest.raises(BadPolicy) as told:
            load(tmp_path, with_fact(name, fact))
        assert str(told.value) == (
            f"{tmp_path / 'shop.yml'}: facts.{name} must have {unit}, such as {{{unit}: 10}} or {{{unit}: [5, 10]}}."
        )


@pytest.mark.parametrize("name", sorted(GOOD["facts"]))
def test_a_time_that_is_missing_is_told(tmp_path: Path, name: str) -> None:
    facts = {key: fact for key, fact in GOOD["facts"].items() if key != name}
    for content in ({**GOOD, "facts": facts}, {**GOOD, "facts": list(facts)}):
        with pytest.raises(BadPolicy, match="facts"):
            load(tmp_path, content)


@pytest.mark.parametrize(("under", "name"), [("claims", "wait_days"), ("parcels", "silent_days")])
@pytest.mark.parametrize("value", [None, -1, "5", 1.5, True, [5], {"days": 5}])
def test_a_number_of_days_that_is_none_is_told(tmp_path: Path, under: str, name: str, value: Any) -> None:
    found = {**GOOD["policies"][under], name: value}
    with pytest.raises(BadPolicy) as told:
        load(tmp_path, {**GOOD, "policies": {**GOOD["policies"], under: found}})
    assert f"policies.{under}.{name} must be a whole number" in str(told.value)


def test_how_long_parcels_are_waited_for_is_read(tmp_path: Path) -> None:
    assert load(tmp_path, GOOD).parcels == ParcelPolicy(
        wait=timedelta(days=5), usual=timedelta(hours=24), silence=timedelta(days=4)
    )


def test_where_a_parcel_is_followed_is_read_and_must_be_a_page_for_each(tmp_path: Path) -> None:
    def of(page: Any) -> str | None:
        parcels = {**GOOD["policies"]["parcels"], "tracking_page": page}
        return load(tmp_path, {**GOOD, "policies": {**GOOD["policies"], "parcels": parcels}}).parcels.page

    assert of("https://shop.example/track/{number}") == "https://shop.example/track/{number}"
    assert of(None) is None
    for page in ("https://shop.example/track", "http://shop.example/{number}", "javascript:{number}", 5, ["{number}"]):
        with pytest.raises(BadPolicy, match="tracking_page must be an https address"):
            of(page)


@pytest.mark.parametrize("content", ["", "[]", "placed", "policies: [", "a: b: c", "\t- x"])
def test_a_file_that_holds_nothing_of_the_kind_is_told(tmp_path: Path, content: str) -> None:
    with pytest.raises(BadPolicy, match=r"shop\.yml"):
        load(tmp_path, content)


@pytest.mark.parametrize("state", OrderState)
@given(allowed=st.frozensets(st.sampled_from(OrderState)))
def test_an_order_can_be_cancelled_in_the_states_of_the_policy_and_in_no_other(
    orders: dict[str, Order], state: OrderState, allowed: frozenset[OrderState]
) -> None:
    order = dataclasses.replace(orders["10001"], state=state)
    refusal = dataclasses.replace(POLICY, cancel_while=allowed).cancellation(order)
    if state is OrderState.CANCELLED:
        assert refusal is Refusal.ALREADY_DONE  # whatever the policy says
    else:
        assert refusal is (None if state in allowed else Refusal.TOO_LATE)


def test_when_parcels_are_brought_is_read(tmp_path: Path) -> None:
    policy = load(tmp_path, GOOD).delivery
    assert (policy.zone.key, policy.countries, policy.ahead, policy.not_on) == ("Asia/Dhaka", {"BD"}, (1, 7), {4})
    assert policy.windows == ((time(9), time(13)),)
    assert (policy.attempts, policy.kept, policy.move_while) == (3, timedelta(days=7), {OrderState.PLACED})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("time_zone", "Mars/Base"),
        ("time_zone", None),
        ("countries", "BD"),
        ("windows", []),
        ("windows", [["13:00", "09:00"]]),
        ("windows", [["09:00"]]),
        ("windows", [["nine", "ten"]]),
        ("days_ahead", [7, 1]),
        ("days_ahead", [-1, 7]),
        ("days_ahead", 7),
        ("not_on", ["friday"]),
        ("not_on", "fri"),
    ],
)
def test_a_time_of_delivery_that_is_none_is_told_with_what_to_write(tmp_path: Path, name: str, value: Any) -> None:
    with pytest.raises(BadPolicy, match=r"policies\.delivery must be written as \{time_zone: Asia/Dhaka"):
        load(tmp_path, {**GOOD, "policies": {**GOOD["policies"], "delivery": {**DELIVERY, name: value}}})


@pytest.mark.parametrize("value", [None, "Dhaka", {"country": "BD"}, {"country": "Bangladesh", "city": "Dhaka"}])
def test_a_city_that_is_none_is_told(tmp_path: Path, value: Any) -> None:
    with pytest.raises(BadPolicy, match=r"policies\.shipping_city must have country and city"):
        load(tmp_path, {**GOOD, "policies": {**GOOD["policies"], "shipping_city": value}})


@pytest.mark.parametrize("value", [None, 70, {"days": 70}, {"money": {}}, {"money": {"BDT": "70"}}])
def test_a_fee_that_is_none_is_told(tmp_path: Path, value: Any) -> None:
    with pytest.raises(BadPolicy, match=r"facts\.shipping_fee_city must have money"):
        load(tmp_path, with_fact("shipping_fee_city", value))


def test_an_agent_may_give_so_much_and_never_more_than_the_order_cost(tmp_path: Path) -> None:
    goodwill = load(tmp_path, GOOD).goodwill
    assert goodwill.discount_percent == 10
    totals = (Money(7200, "EUR"), Money(300, "EUR"), Money(900, "BDT"))
    assert [goodwill.refund(total).minor for total in totals] == [550, 300, 0]


@pytest.mark.parametrize("percent", [None, -1, 101, "10", 1.5, True])
def test_a_discount_that_is_none_is_told(tmp_path: Path, percent: Any) -> None:
    goodwill = {"refund_up_to": {}, "discount_percent": percent}
    with pytest.raises(BadPolicy, match=r"policies\.goodwill\.discount_percent must be a whole number"):
        load(tmp_path, {**GOOD, "policies": {**GOOD["policies"], "goodwill": goodwill}})
