"""What comes back, until when and for how much: read from the shop's file, kept by the shop in every state."""

import asyncio
import dataclasses
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from return_testing import EARRINGS, ONE_PIECE, TWO_LINES, TWO_PIECES, came
from shop_testing import NOW, POLICY, ROOT, OwnShop, differences
from sqlalchemy import update

from actions.shop import tables
from actions.shop.backend import (
    Claim,
    ClaimKind,
    ClaimState,
    Money,
    Order,
    OrderState,
    Remedy,
    ReturnReason,
    ReturnState,
)
from actions.shop.changes import Change, Doing, Refusal, Refused, ReturnWish
from actions.shop.pieces import returnable
from actions.shop.policy import BadPolicy, Policy
from actions.shop.returns_policy import FAULTY, ReturnsPolicy, delivered_on
from actions.shop.sql import SqlShop
from handoff.database import Database

GOOD: dict[str, Any] = yaml.safe_load((ROOT / "data" / "shop.yml").read_text(encoding="utf-8"))
RETURNS = POLICY.returns


def load(folder: Path, name: str, value: Any, *, fact: bool = False) -> Policy:
    """The shop's own policy with one value another."""
    content = {"policies": dict(GOOD["policies"]), "facts": dict(GOOD["facts"])}
    if fact:
        content["facts"][name] = value
    else:
        content["policies"]["returns"] = {**GOOD["policies"]["returns"], name: value}
    path = folder / "shop.yml"
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return Policy.load(path)


def doing(key: str = "m") -> Doing:
    return Doing(key, "v", 2)


async def opened(own: OwnShop, order: Order, wish: ReturnWish, key: str = "m") -> Change:
    return await own.shop.open_return(order.id, wish, doing(key))


def test_the_shops_own_file_says_what_its_answers_say() -> None:
    assert (RETURNS.days, RETURNS.faulty_days, RETURNS.label_days) == (30, 60, 14)
    assert RETURNS.shop_pays_for == FAULTY
    assert RETURNS.fees == {"BDT": 9000, "USD": 400, "EUR": 360, "INR": 30000, "GBP": 310}
    catalogue = yaml.safe_load((ROOT / "data" / "demo" / "catalogue.yml").read_text(encoding="utf-8"))
    answer = yaml.safe_load((ROOT / "data/faq/returns/non_returnable_items.yml").read_text(encoding="utf-8"))["answer"]
    for product in catalogue:
        english = product["names"]["en"].lower().split()[-1]
        named = english in answer["en"]
        assert any(product["sku"] == one for one in RETURNS.not_returnable) == (named and "ear-" not in english)


@pytest.mark.parametrize("name", ["open_while", "not_returnable", "only_unopened", "shop_pays_for", "handed_over_in"])
@pytest.mark.parametrize("value", [None, "NS-301", {"NS-301": True}, [1], [None], [[]], [""]])
def test_a_list_that_is_none_is_told(tmp_path: Path, name: str, value: Any) -> None:
    with pytest.raises(BadPolicy, match=rf"shop\.yml: policies\.returns\.{name} must be a list of .* such as \["):
        load(tmp_path, name, value)


@pytest.mark.parametrize("value", [None, "10", -1, 101, 1.5, True, [10]])
def test_a_percentage_that_is_none_is_told(tmp_path: Path, value: Any) -> None:
    with pytest.raises(BadPolicy, match="restocking_percent must be a whole number from 0 to 100"):
        load(tmp_path, "restocking_percent", value)


@pytest.mark.parametrize(
    "value", [None, {}, {"money": {}}, {"money": {"BDT": "90"}}, {"money": {"BDT": -1}}, {"money": {"BDT": True}}]
)
def test_a_fee_that_is_none_is_told(tmp_path: Path, value: Any) -> None:
    with pytest.raises(BadPolicy, match="return_shipping_fee must have money"):
        load(tmp_path, "return_shipping_fee", value, fact=True)


@pytest.mark.parametrize("returns", [None, [], "returns", {}])
def test_policies_without_returns_are_told(tmp_path: Path, returns: Any) -> None:
    path = tmp_path / "shop.yml"
    content = {**GOOD, "policies": {**GOOD["policies"], "returns": returns}}
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    with pytest.raises(BadPolicy, match=r"policies\.returns\.open_while"):
        Policy.load(path)


def test_an_amount_of_a_currency_without_cents_is_read_as_it_is(tmp_path: Path) -> None:
    policy = load(tmp_path, "return_shipping_fee", {"money": {"JPY": 500, "USD": 0.1, "KWD": 1.5}}, fact=True)
    assert policy.returns.fees == {"JPY": 500, "USD": 10, "KWD": 1500}


def test_patterns_take_in_all_that_begins_alike(orders: dict[str, Order]) -> None:
    policy = dataclasses.replace(RETURNS, not_returnable=("NS-30*",))
    for item in (item for order in orders.values() for item in order.items):
        assert policy.takes_back(item, ReturnReason.LATE) != item.sku.startswith("NS-30")
        assert policy.takes_back(item, ReturnReason.DAMAGED)


@pytest.mark.parametrize(
    ("reason", "percent", "fees", "amount"),
    [
        (ReturnReason.LATE, 0, {}, 4000),  # in a currency without a fee
        (ReturnReason.LATE, 0, {"GBP": 310}, 3690),
        (ReturnReason.LATE, 10, {"GBP": 310}, 3290),
        (ReturnReason.LATE, 0, {"GBP": 9999}, 0),  # never less than nothing
        (ReturnReason.DAMAGED, 10, {"GBP": 310}, 4000),
        (ReturnReason.WRONG_ITEM, 10, {"GBP": 310}, 4000),
    ],
)
def test_what_goes_back_is_the_price_less_what_the_customer_pays(
    orders: dict[str, Order], reason: ReturnReason, percent: int, fees: dict[str, int], amount: int
) -> None:
    order = dataclasses.replace(orders[TWO_PIECES], total=Money(5600, "GBP"))
    item = dataclasses.replace(order.items[0], price=Money(2000, "GBP"))
    order = dataclasses.replace(
        order, items=(item,), payments=(dataclasses.replace(order.payments[0], amount=Money(5600, "GBP")),)
    )
    policy = dataclasses.replace(RETURNS, restocking_percent=percent, fees=fees)
    found = policy.estimate(order, {item.id: 2}, reason)
    assert (found.goods, found.amount) == (Money(4000, "GBP"), Money(amount, "GBP"))
    assert found.goods.minor == found.amount.minor + found.fee.minor + found.restocking.minor


def test_no_more_goes_back_than_was_paid_and_is_not_promised_for_another_return(orders: dict[str, Order]) -> None:
    order = orders["10002"]  # earbuds for 2490 taka are on their way back
    everything = {item.id: 99 for item in order.items}
    left = order.payments[0].amount.minor - order.returns[0].amount.minor
    assert RETURNS.estimate(order, everything, ReturnReason.DAMAGED).amount.minor == left
    unpaid = dataclasses.replace(order, payments=())
    assert RETURNS.estimate(unpaid, everything, ReturnReason.DAMAGED).amount.minor == 0
    rejected = dataclasses.replace(order.returns[0], state=ReturnState.REJECTED)
    free = dataclasses.replace(order, returns=(rejected,))
    assert RETURNS.estimate(free, everything, ReturnReason.DAMAGED).amount.minor == order.payments[0].amount.minor


@pytest.mark.parametrize(
    ("state", "remedy", "left"),
    [
        (ClaimState.GRANTED, Remedy.REFUND, 1),
        (ClaimState.GRANTED, Remedy.REPLACEMENT, 2),  # one piece for another
        (ClaimState.OPEN, Remedy.REFUND, 2),
        (ClaimState.REJECTED, Remedy.REFUND, 2),
    ],
)
def test_what_was_paid_back_because_it_was_broken_is_not_paid_back_again(
    orders: dict[str, Order], state: ClaimState, remedy: Remedy, left: int
) -> None:
    order = orders[TWO_PIECES]
    item = order.items[0]
    claim = Claim("c", order.id, "K1", ClaimKind.DAMAGED, state, {item.id: 1}, "broken", remedy, NOW)
    claimed = dataclasses.replace(order, claims=(claim,))
    assert returnable(claimed, item) == left
    assert returnable(dataclasses.replace(order, claims=(claim,) * 2), item) == 2 * left - 2
    both = ReturnWish({item.id: 2}, ReturnReason.LATE)
    today = (delivered_on(order) or NOW.date()) + timedelta(days=1)
    assert RETURNS.refuses(claimed, both, today) is (Refusal.ALREADY_DONE if left < 2 else None)


@pytest.mark.parametrize(
    ("wish", "why"),
    [
        ({}, Refusal.NOT_POSSIBLE),
        ({"nothing of it": 1}, Refusal.NOT_POSSIBLE),
        ({0: 0}, Refusal.NOT_POSSIBLE),
        ({0: -1}, Refusal.NOT_POSSIBLE),
        ({0: 1}, Refusal.NOT_POSSIBLE),  # earrings
        ({1: 2}, Refusal.ALREADY_DONE),  # one mat was bought
        ({0: 1, 1: 1}, Refusal.NOT_POSSIBLE),
    ],
)
async def test_the_shop_itself_refuses_what_the_policy_does(own: OwnShop, wish: dict[Any, int], why: Refusal) -> None:
    order, before = await came(own, EARRINGS), await own.everything()
    items = {order.items[one].id if isinstance(one, int) else one: count for one, count in wish.items()}
    for exchange in (None, "others"):
        with pytest.raises(Refused) as refused:
            await opened(own, order, ReturnWish(items, ReturnReason.LATE, exchange))
        assert refused.value.why is why
    assert await own.everything() == before


async def test_pieces_can_be_sent_back_bit_by_bit_until_none_is_left(own: OwnShop) -> None:
    order = await came(own, TWO_PIECES)
    wish = ReturnWish({order.items[0].id: 1}, ReturnReason.LATE)
    numbers = [(await opened(own, order, wish, key)).after["number"] for key in ("m1", "m2")]
    assert numbers == [f"R{TWO_PIECES}-1", f"R{TWO_PIECES}-2"]
    with pytest.raises(Refused) as refused:
        await opened(own, order, wish, "m3")
    assert refused.value.why is Refusal.ALREADY_DONE


async def test_the_same_message_opens_one_return_and_many_at_once_no_more_than_there_are_pieces(own: OwnShop) -> None:
    order = await came(own, TWO_PIECES)
    wish = ReturnWish({order.items[0].id: 1}, ReturnReason.LATE)
    first = await opened(own, order, wish)
    assert await opened(own, order, wish) == first
    keys = ["m", "m", "m1", "m2", "m3"]
    done = await asyncio.gather(*(opened(own, order, wish, key) for key in keys), return_exceptions=True)
    assert Counter(type(each).__name__ for each in done) == {"Change": 3, "Refused": 2}
    assert len((await own.order(TWO_PIECES)).returns) == 2


async def test_what_breaks_midway_leaves_everything_as_it_was(own: OwnShop) -> None:
    order = await came(own, ONE_PIECE)
    before = await own.everything()
    wish = ReturnWish({order.items[0].id: 1}, ReturnReason.LATE)
    with pytest.raises(Exception, match=r"(?i)null"):
        await own.shop.open_return(order.id, wish, Doing("m", None, 2))  # type: ignore[arg-type]
    assert await own.everything() == before


async def test_a_shop_without_a_policy_and_an_order_that_is_not_there_are_refused(own: OwnShop) -> None:
    order = await came(own, ONE_PIECE)
    wish = ReturnWish({order.items[0].id: 1}, ReturnReason.LATE)
    for shop, order_id in ((SqlShop(own.database.engine), order.id), (own.shop, "nothing")):
        with pytest.raises(Refused) as refused:
            await shop.open_return(order_id, wish, doing())
        assert refused.value.why is Refusal.NOT_SUPPORTED


async def test_a_label_is_noted_only_for_an_approved_return_of_this_order(own: OwnShop) -> None:
    order = await came(own, ONE_PIECE)
    change = await opened(own, order, ReturnWish({order.items[0].id: 1}, ReturnReason.LATE))
    number, before = str(change.after["number"]), await own.everything()
    for order_id, named in ((order.id, "R10002-1"), ("nothing", number), ((await own.order("10002")).id, number)):
        await own.shop.label_sent(order_id, named)
    assert await own.everything() == before
    await own.shop.label_sent(order.id, number)
    (row,) = differences(before, await own.everything())["shop_returns"]
    assert (row["number"], row["state"]) == (number, "label_sent")
    await own.change(update(tables.returns).where(tables.returns.c.number == number).values(state="received"))
    before = await own.everything()
    await own.shop.label_sent(order.id, number)
    assert await own.everything() == before


@pytest.mark.parametrize("state", OrderState)
async def test_in_every_state_the_policy_has_the_say(own_sqlite: OwnShop, state: OrderState) -> None:
    order = await came(own_sqlite, TWO_LINES)
    await own_sqlite.change(update(tables.orders).where(tables.orders.c.id == order.id).values(state=state.value))
    before = await own_sqlite.everything()
    wish = ReturnWish({order.items[0].id: 1}, ReturnReason.LATE)
    if state in RETURNS.open_while:
        await opened(own_sqlite, order, wish)
        assert (await own_sqlite.order(TWO_LINES)).state is state
        return
    with pytest.raises(Refused):
        await opened(own_sqlite, order, wish)
    assert await own_sqlite.everything() == before


# how much older the demo's orders are by now
AGE = (datetime.now(UTC) - NOW).days
# orders that came, some with returns
CAME = (10002, 10039, 10065, 10081, 10084, 10098, 10135, 10143, 10147, 10155, 10161, 10181, 10189)
WISHES = st.tuples(
    st.sampled_from(CAME) | st.integers(10001, 10200),
    st.sampled_from(["m1", "m2"]),
    st.dictionaries(st.integers(0, 1), st.just(1), min_size=1)
    | st.dictionaries(st.integers(0, 2), st.integers(-1, 3), max_size=2),
    st.sampled_from(ReturnReason),
    st.sampled_from([None, "another"]),
)
POLICIES = st.builds(
    dataclasses.replace,
    st.just(RETURNS),
    open_while=st.just(RETURNS.open_while) | st.frozensets(st.sampled_from(OrderState)),
    days=st.integers(AGE + 5, AGE + 40),
    faulty_days=st.integers(AGE, AGE + 40),
    not_returnable=st.sampled_from([(), ("NS-301",), ("NS-301", "NS-2*"), ("NS-*",)]),
    restocking_percent=st.integers(0, 100),
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(policy=POLICIES, asked=st.lists(WISHES, min_size=5, max_size=15))
def test_whatever_is_asked_for_only_what_the_policy_takes_back_is_opened_and_no_other_order_is_touched(
    sqlite_own: Callable[[], Database], policy: ReturnsPolicy, asked: list[Any]
) -> None:
    async def ask() -> None:
        own = OwnShop(sqlite_own(), policy=dataclasses.replace(POLICY, returns=policy))
        before, today = await own.everything(), datetime.now(UTC).date()
        done: dict[str, str] = {}
        for number, key, places, reason, instead in asked:
            order = await own.order(str(number))
            items = {order.items[at].id: count for at, count in places.items() if at < len(order.items)}
            known = f"{number} {key}" in done
            try:
                change = await opened(own, order, ReturnWish(items, reason, instead), f"{number} {key}")
            except Refused:
                assert not known
                continue
            if known:  # what was asked for with this message before
                assert change.id == done[f"{number} {key}"]
                continue
            done[f"{number} {key}"] = change.id
            arrived = delivered_on(order)
            assert order.state in policy.open_while and arrived is not None
            assert today <= arrived + timedelta(days=policy.faulty_days if reason in FAULTY else policy.days)
            lines = {item.id: item for item in order.items}
            assert items and all(0 < count <= returnable(order, lines[id_]) for id_, count in items.items())
            assert all(policy.takes_back(lines[id_], reason) for id_ in items)
            now = await own.order(str(number))
            assert all(returnable(now, item) >= 0 for item in now.items)
            promised = sum(one.amount.minor for one in now.returns if one.refund is None and not one.rejection)
            back = sum(refund.amount.minor for refund in now.refunds)
            assert promised + back <= sum(payment.amount.minor for payment in now.payments)
            assert dataclasses.replace(now, returns=order.returns) == order
        changed = differences(before, await own.everything())
        await own.database.close()
        assert set(changed) <= {"shop_returns", "shop_return_items", "shop_changes"}
        for table in ("shop_returns", "shop_changes"):
            rows = changed.get(table, [])
            assert len(rows) == len(done) and not {row["id"] for row in rows} & set(before[table])
        assert not {row["id"] for row in changed.get("shop_return_items", [])} & set(before["shop_return_items"])

    asyncio.run(ask())
