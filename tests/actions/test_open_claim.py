"""Opening a claim in the shop: one order, wholly or not at all, once for each message, by the policy alone."""

import asyncio
import dataclasses
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from claim_testing import CHEAP, DEAR, SMALL, TWO, freshen, item_of, pay_again, set_order
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shop_testing import OwnShop, differences
from sqlalchemy import update

from actions.shop import tables
from actions.shop.backend import ClaimKind, Order, OrderState, Remedy
from actions.shop.changes import Change, ChangeKind, ClaimWish, Doing, Refusal, Refused
from actions.shop.claims_policy import FAULTS, claimable
from actions.shop.payment_record import held, surplus
from actions.shop.sql_claims import open_claim
from handoff.database import Database

TOUCHED = {"shop_claims", "shop_refunds", "shop_changes"}


@pytest.fixture
async def mine(own: OwnShop) -> OwnShop:
    return await freshen(own)


def doing(key: str = "m") -> Doing:
    return Doing(key, "v", 2)


def wish_for(order: Order, sku: str, kind: ClaimKind = ClaimKind.DAMAGED, remedy: Remedy = Remedy.REFUND) -> ClaimWish:
    return ClaimWish(kind, {item_of(order, sku): 1}, "in pieces", remedy)


async def refused(own: OwnShop, order: Order, wish: ClaimWish, key: str = "m") -> Refusal:
    before = await own.everything()
    with pytest.raises(Refused) as why:
        await own.shop.open_claim(order.id, wish, doing(key))
    assert await own.everything() == before
    return why.value.why


async def test_one_row_says_what_was_claimed_and_not_in_whose_words(mine: OwnShop) -> None:
    order = await mine.order(TWO)
    change = await mine.shop.open_claim(order.id, wish_for(order, CHEAP), doing())
    (row,) = await mine.rows(tables.changes)
    assert (row["kind"], row["reference"], row["level"]) == (ChangeKind.CLAIM, "C10010-1", 2)
    assert row["after"] == {
        "number": "K10010-1",
        "kind": "damaged",
        "state": "granted",
        "items": {item_of(order, CHEAP): 1},
        "remedy": "refund",
        "refunds": [change.refunds[0].id],
    }
    now = await mine.order(TWO)
    assert now == dataclasses.replace(order, claims=now.claims, refunds=now.refunds)
    assert now.claims[0].description == "in pieces"


async def test_the_same_message_claims_once_also_when_it_comes_at_once(mine: OwnShop) -> None:
    order = await mine.order(TWO)
    wish = wish_for(order, CHEAP)
    done = await asyncio.gather(*(mine.shop.open_claim(order.id, wish, doing()) for _ in range(4)))
    assert all(change == done[0] for change in done)
    before = await mine.everything()
    assert await mine.shop.open_claim(order.id, wish, doing()) == done[0]
    assert await mine.everything() == before and len(before["shop_claims"]) == 1


async def test_the_same_piece_is_claimed_once_by_messages_that_come_at_once(mine: OwnShop) -> None:
    order = await mine.order(TWO)
    wish = wish_for(order, CHEAP)
    done = await asyncio.gather(
        *(mine.shop.open_claim(order.id, wish, doing(f"m{n}")) for n in range(4)), return_exceptions=True
    )
    assert Counter(type(each).__name__ for each in done) == {"Change": 1, "Refused": 3}
    assert len(await mine.rows(tables.claims)) == len(await mine.rows(tables.changes)) == 1


async def test_pieces_that_are_not_there_are_refused(mine: OwnShop) -> None:
    order, other = await mine.order(TWO), await mine.order(SMALL)
    line = item_of(order, CHEAP)
    for items in ({}, {line: 2}, {line: 0}, {line: -1}, {item_of(order, "NS-402"): 1}, {item_of(other, "NS-204"): 1}):
        assert await refused(mine, order, ClaimWish(ClaimKind.DAMAGED, items, "x", Remedy.REFUND)) == "not_possible"
    payment = ClaimWish(ClaimKind.PAYMENT_FAILED, {line: 1}, "x", Remedy.CHECK)
    assert await refused(mine, order, payment) is Refusal.NOT_POSSIBLE


async def test_exactly_the_limit_is_granted_and_a_little_more_is_not(mine: OwnShop) -> None:
    order = await mine.order(TWO)
    limit = mine.policy.claims.grant_up_to["BDT"]
    for key, price, state in (("m1", limit + 1, "open"), ("m2", limit, "granted")):
        await mine.change(
            update(tables.order_items).where(tables.order_items.c.order_id == order.id).values(price_minor=price)
        )
        sku = DEAR if key == "m1" else CHEAP
        change = await mine.shop.open_claim(order.id, wish_for(order, sku), doing(key))
        assert change.after["state"] == state


async def test_a_currency_that_the_policy_does_not_name_is_granted_nothing(mine: OwnShop) -> None:
    own = OwnShop(mine.database, mine.letters, with_claims(mine, grant_up_to={"EUR": 10**9}))
    order = await own.order(TWO)
    change = await own.shop.open_claim(order.id, wish_for(order, CHEAP), doing())
    assert (change.after["state"], change.refunds) == ("open", ())


def with_claims(own: OwnShop, **values: Any) -> Any:
    return dataclasses.replace(own.policy, claims=dataclasses.replace(own.policy.claims, **values))


async def test_so_many_are_granted_to_the_same_customer_within_so_many_days(mine: OwnShop) -> None:
    orders = [await mine.order(number) for number in (TWO, SMALL, "10028")]
    customer = orders[0].customer.id
    for order in orders:
        await set_order(mine, order.number, customer_id=customer)
    wishes = [wish_for(orders[0], CHEAP), wish_for(orders[1], "NS-204"), wish_for(orders[2], "NS-204")]
    states = []
    for order, wish in zip(orders, wishes, strict=True):
        change = await mine.shop.open_claim(order.id, wish, doing(order.number))
        states.append(change.after["state"])
    assert states == ["granted", "granted", "open"]
    long_ago = datetime.now(UTC) - timedelta(days=mine.policy.claims.within_days + 1)
    await mine.change(update(tables.claims).values(opened_at=long_ago))
    last = await mine.shop.open_claim(orders[2].id, wish_for(orders[2], "NS-106"), doing("later"))
    assert last.after["state"] == "granted"


async def test_the_last_one_is_not_granted_twice_by_orders_side_by_side(mine: OwnShop) -> None:
    own = OwnShop(mine.database, mine.letters, with_claims(mine, granted_per_customer=1))
    one, other = [await own.order(number) for number in (TWO, SMALL)]
    await set_order(own, SMALL, customer_id=one.customer.id)
    other = await own.order(SMALL)
    async with own.writing() as connection:
        first = await open_claim(connection, one, own.policy, doing("m1"), wish_for(one, CHEAP))
        second = asyncio.create_task(own.shop.open_claim(other.id, wish_for(other, "NS-204"), doing("m2")))
        await asyncio.sleep(0.1)
        assert not second.done()
    assert (first.after["state"], (await second).after["state"]) == ("granted", "open")


async def test_no_more_goes_back_than_the_shop_has(mine: OwnShop) -> None:
    order = await mine.order(TWO)
    of_order = tables.payments.c.order_id == order.id
    await mine.change(update(tables.payments).where(of_order).values(amount_minor=67999))
    change = await mine.shop.open_claim(order.id, wish_for(order, CHEAP), doing())
    assert (change.after["state"], change.refunds) == ("open", ())


async def test_what_breaks_midway_leaves_everything_as_it_was(mine: OwnShop) -> None:
    order, before = await mine.order(TWO), await mine.everything()
    with pytest.raises(Exception, match=r"(?i)null"):
        await mine.shop.open_claim(order.id, wish_for(order, CHEAP), Doing("m", None, 2))  # type: ignore[arg-type]
    assert await mine.everything() == before


async def test_a_surplus_goes_back_once_however_it_is_claimed(mine: OwnShop) -> None:
    order = await mine.order("10003")
    await pay_again(mine, order)
    wish = ClaimWish(ClaimKind.DOUBLE_CHARGED, {}, "twice", Remedy.REFUND)
    done = await asyncio.gather(
        *(mine.shop.open_claim(order.id, wish, doing(f"m{n}")) for n in range(3)), return_exceptions=True
    )
    # the second is looked at by a person, the third finds it open
    assert Counter(type(each).__name__ for each in done) == {"Change": 2, "Refused": 1}
    assert [refund.amount for refund in (await mine.order("10003")).refunds] == [order.total]
    assert held(await mine.order("10003")) == order.total.minor


async def test_money_taken_twice_does_not_count_as_goodwill(mine: OwnShop) -> None:
    own = OwnShop(mine.database, mine.letters, with_claims(mine, granted_per_customer=1))
    order = await own.order(TWO)
    await pay_again(own, order)
    twice = ClaimWish(ClaimKind.DOUBLE_CHARGED, {}, "twice", Remedy.REFUND)
    first = await own.shop.open_claim(order.id, twice, doing("m1"))
    second = await own.shop.open_claim(order.id, wish_for(order, CHEAP), doing("m2"))
    assert [first.after["state"], second.after["state"]] == ["granted", "granted"]


@pytest.mark.parametrize("fault_first", [True, False])
async def test_what_went_back_for_a_fault_is_no_part_of_what_was_taken_twice(mine: OwnShop, fault_first: bool) -> None:
    order = await mine.order(TWO)
    await pay_again(mine, order)
    fault, twice = wish_for(order, CHEAP), ClaimWish(ClaimKind.DOUBLE_CHARGED, {}, "twice", Remedy.REFUND)
    worth = next(item.price for item in order.items if item.sku == CHEAP)
    expected = {"fault": (worth,), "twice": (order.total,)}
    for name in ("fault", "twice") if fault_first else ("twice", "fault"):
        change = await mine.shop.open_claim(order.id, fault if name == "fault" else twice, doing(name))
        assert change.after["state"] == "granted"
        # a part of it may come off the first payment, the rest off the second
        assert sum(one.amount.minor for one in change.refunds) == sum(one.minor for one in expected[name])
    now = await mine.order(TWO)
    assert held(now) == order.total.minor - worth.minor
    assert surplus(now).minor == 0
    claims = {claim.id: claim.kind for claim in now.claims}
    assert sum(one.amount.minor for one in now.refunds if claims[str(one.claim_id)] is ClaimKind.DAMAGED) == worth.minor


async def test_a_refund_for_a_fault_that_failed_makes_no_surplus_larger(mine: OwnShop) -> None:
    order = await mine.order(TWO)
    await pay_again(mine, order)
    await mine.shop.open_claim(order.id, wish_for(order, CHEAP), doing("fault"))
    await mine.change(update(tables.refunds).where(tables.refunds.c.order_id == order.id).values(state="failed"))
    assert surplus(await mine.order(TWO)) == order.total


async def test_what_was_refunded_without_a_claim_or_a_return_counts_against_the_surplus(mine: OwnShop) -> None:
    order = await mine.order(TWO)
    await pay_again(mine, order)
    await mine.shop.open_claim(order.id, wish_for(order, CHEAP), doing("fault"))
    given = sum(one.amount.minor for one in (await mine.order(TWO)).refunds)
    await mine.change(update(tables.refunds).where(tables.refunds.c.order_id == order.id).values(claim_id=None))
    assert surplus(await mine.order(TWO)).minor == order.total.minor - given


KINDS = st.sampled_from(ClaimKind)
ASKED = st.tuples(st.integers(10001, 10060), KINDS, st.sampled_from(Remedy), st.booleans(), st.sampled_from(["a", "b"]))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    asked=st.lists(ASKED, max_size=8),
    states=st.dictionaries(st.integers(10001, 10060), st.sampled_from(OrderState), max_size=6),
    limit=st.sampled_from([0, 50000, 10**7]),
    most=st.integers(0, 2),
)
def test_whatever_is_claimed_touches_that_order_alone_and_by_the_policy(
    sqlite_own: Callable[[], Database],
    asked: list[tuple[int, ClaimKind, Remedy, bool, str]],
    states: dict[int, OrderState],
    limit: int,
    most: int,
) -> None:
    async def ask() -> None:
        own = await freshen(OwnShop(sqlite_own()))
        amounts = dict.fromkeys(("BDT", "INR", "EUR", "USD", "GBP"), limit)
        own = OwnShop(own.database, own.letters, with_claims(own, grant_up_to=amounts, granted_per_customer=most))
        for number, state in states.items():
            await set_order(own, str(number), state=state.value)
        claims, today = own.policy.claims, datetime.now(UTC).date()
        first = await own.everything()
        keys: set[str] = set()
        for number, kind, remedy, all_of_it, key in asked:
            order = await own.order(str(number))
            items = {item.id: claimable(order, item) for item in order.items} if kind in FAULTS else {}
            items = {line: count if all_of_it else 1 for line, count in items.items() if count}
            wish, before = ClaimWish(kind, items, "words", remedy), await own.everything()
            allowed = claims.refusal(order, kind, today) is None
            done: Change | None = None
            try:
                done = await own.shop.open_claim(order.id, wish, doing(f"{number} {key}"))
            except Refused:
                assert not allowed
            changed = differences(before, await own.everything())
            again = f"{number} {key}" in keys
            if done is None or again:
                assert changed == {}
                continue
            assert allowed
            keys.add(f"{number} {key}")
            assert set(changed) <= TOUCHED
            assert all(row["order_id"] == order.id for rows in changed.values() for row in rows)
            assert len(changed["shop_claims"]) == len(changed["shop_changes"]) == 1
            back = sum(refund.amount.minor for refund in done.refunds)
            assert back <= held(order)
            if back:
                assert done.after["state"] == "granted" and remedy is Remedy.REFUND
                assert kind is ClaimKind.DOUBLE_CHARGED or back <= limit
        after = await own.everything()
        assert after["shop_orders"] == first["shop_orders"] and after["shop_payments"] == first["shop_payments"]
        granted: Counter[str] = Counter(
            after["shop_orders"][row["order_id"]]["customer_id"]
            for row in after["shop_claims"].values()
            if row["state"] == "granted" and row["kind"] != "double_charged"
        )
        assert all(count <= most for count in granted.values())
        await own.database.close()

    asyncio.run(ask())
