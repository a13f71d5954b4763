"""Other items, another address, another day: one order changes, wholly or not at all, once, as the policy allows."""

import asyncio
import dataclasses
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shop_testing import POLICY, ROOT, Everything, OwnShop, differences
from sqlalchemy import update

from actions.shop import tables
from actions.shop.backend import Address, DeliveryWindow, Money, Order, OrderState, PaymentState
from actions.shop.changes import Change, ChangeKind, Doing, Refusal, Refused
from actions.shop.sql import SqlShop
from handoff.database import Database

# paid by PayPal, in Germany; paid on delivery, in Mymensingh; a card that waits, in Sylhet; tried once
PAID, AT_THE_DOOR, WAITING, TRIED = "10003", "10014", "10006", "10026"
THERE = Address("Arif Mahmud", "House 5, Road 3", "3100")
SYLHET = {language: "Sylhet" for language in ("en", "bn", "hi", "es", "fr", "de")}


def doing(key: str = "m") -> Doing:
    return Doing(key, "v", 2)


async def just_placed(own: OwnShop, *numbers: str) -> None:
    """These orders are a minute old."""
    placed = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=1)
    await own.change(update(tables.orders).where(tables.orders.c.number.in_(numbers)).values(placed_at=placed))


async def to_items(own: OwnShop, number: str, *quantities: int, key: str = "m") -> Change:
    """The order's first lines get these quantities."""
    order = await own.order(number)
    wanted = {item.id: quantity for item, quantity in zip(order.items, quantities, strict=False)}
    return await own.shop.change_items(order.id, wanted, doing(key))


async def to_address(own: OwnShop, number: str, key: str = "m") -> Change:
    order = await own.order(number)
    return await own.shop.change_address(order.id, THERE, SYLHET, order.country, doing(key))


async def to_window(own: OwnShop, number: str, key: str = "m") -> Change:
    order = await own.order(number)
    windows = await own.shop.delivery_windows(order.id)
    gone = DeliveryWindow(date(2020, 1, 1), time(9), time(13))
    return await own.shop.move_delivery(order.id, windows[-1] if windows else gone, doing(key))


async def test_less_of_a_paid_order_gives_its_price_back_and_costs_no_more_to_deliver(own: OwnShop) -> None:
    await just_placed(own, PAID)
    order, before = await own.order(PAID), await own.everything()
    change = await to_items(own, PAID, 0)
    changed = differences(before, await own.everything())
    assert set(changed) == {"shop_orders", "shop_order_items", "shop_refunds", "shop_changes"}
    now = await own.order(PAID)
    assert [item.sku for item in now.items] == ["NS-207"]
    assert (now.total, now.shipping, now.state) == (Money(2700, "EUR"), order.shipping, order.state)
    (refund,) = change.refunds
    assert (refund.amount, refund.return_id) == (Money(4500, "EUR"), None)
    assert (change.kind, change.reference) == (ChangeKind.ITEMS, "C10003-1")
    assert change.before == {"items": {order.items[0].id: 1}, "total": 7200}
    assert change.after["items"] == {order.items[0].id: 0}


async def test_more_or_less_of_what_is_paid_later_changes_what_is_to_be_paid(own: OwnShop) -> None:
    for number, quantities, total in ((AT_THE_DOOR, [3, 0], 1447000 + 2 * 265000 - 219000), (WAITING, [0], 158000)):
        await just_placed(own, number)
        change = await to_items(own, number, *quantities, key=number)
        now = await own.order(number)
        assert (now.total.minor, change.after["total"], change.refunds) == (total, total, ())
        assert [(p.state, p.amount.minor) for p in now.payments] == [(PaymentState.PENDING, total)]
        assert now.total.minor == now.shipping.minor + sum(i.quantity * i.price.minor for i in now.items)


@pytest.mark.parametrize(
    ("number", "quantities"),
    [(PAID, [2]), (PAID, [0, 0]), (PAID, [1, 1]), (PAID, [-1]), (AT_THE_DOOR, [20]), (AT_THE_DOOR, [0, 0, 0])],
)
async def test_items_that_cannot_be_so_are_refused(own: OwnShop, number: str, quantities: list[int]) -> None:
    await just_placed(own, number)
    before = await own.everything()
    with pytest.raises(Refused) as refused:
        await to_items(own, number, *quantities)
    assert refused.value.why is Refusal.NOT_POSSIBLE
    assert await own.everything() == before


async def test_a_line_of_another_order_is_none_of_this_one(own: OwnShop) -> None:
    await just_placed(own, PAID, WAITING)
    before, other = await own.everything(), (await own.order(WAITING)).items[0].id
    with pytest.raises(Refused):
        await own.shop.change_items((await own.order(PAID)).id, {other: 0}, doing())
    assert await own.everything() == before


async def test_items_stay_once_the_time_for_changes_is_over(own: OwnShop) -> None:
    await just_placed(own, PAID)
    order = await own.order(PAID)
    late = order.placed_at - POLICY.changing.window
    await own.change(update(tables.orders).where(tables.orders.c.id == order.id).values(placed_at=late))
    with pytest.raises(Refused) as refused:
        await to_items(own, PAID, 0)
    assert refused.value.why is Refusal.TOO_LATE


async def test_another_address_changes_the_orders_row_and_nothing_else(own: OwnShop) -> None:
    order, before = await own.order(AT_THE_DOOR), await own.everything()
    change = await to_address(own, AT_THE_DOOR)
    changed = differences(before, await own.everything())
    assert {table: len(rows) for table, rows in changed.items()} == {"shop_orders": 1, "shop_changes": 1}
    assert await own.order(AT_THE_DOOR) == dataclasses.replace(order, address=THERE, city=SYLHET)
    assert order.address is not None
    assert change.before == {**dataclasses.asdict(order.address), "city": order.city}
    assert change.after == {**dataclasses.asdict(THERE), "city": SYLHET}


async def test_an_address_that_costs_something_else_or_is_the_same_or_abroad_is_refused(own: OwnShop) -> None:
    order, before = await own.order(AT_THE_DOOR), await own.everything()
    assert order.address is not None
    dhaka = POLICY.changing.cities.names("Dhaka", "BD")
    assert dhaka is not None
    for address, city, country in (
        (THERE, dhaka, "BD"),
        (THERE, {"en": "ঢাকা"}, "BD"),
        (order.address, order.city, "BD"),
        (THERE, SYLHET, "IN"),
        (THERE, {}, "BD"),
    ):
        with pytest.raises(Refused) as refused:
            await own.shop.change_address(order.id, address, city, country, doing())
        assert refused.value.why is Refusal.NOT_POSSIBLE
    assert await own.everything() == before


async def test_where_delivery_was_free_it_stays_free_in_any_city(own_sqlite: OwnShop) -> None:
    order = await own_sqlite.order(AT_THE_DOOR)
    dhaka = POLICY.changing.cities.names("Dhaka", "BD")
    assert dhaka is not None and not POLICY.changing.costs_the_same(order, dhaka)
    assert POLICY.changing.costs_the_same(dataclasses.replace(order, shipping=Money(0, "BDT")), dhaka)
    assert POLICY.changing.costs_the_same(dataclasses.replace(order, city=dhaka), dhaka)


async def test_another_day_is_written_down_with_its_hours(own: OwnShop) -> None:
    order, before = await own.order(TRIED), await own.everything()
    windows = await own.shop.delivery_windows(order.id)
    change = await own.shop.move_delivery(order.id, windows[1], doing())
    changed = differences(before, await own.everything())
    assert {table: len(rows) for table, rows in changed.items()} == {"shop_orders": 1, "shop_changes": 1}
    now = await own.order(TRIED)
    assert now == dataclasses.replace(order, expected_on=windows[1].on, delivery=windows[1])
    assert change.after == {"expected_on": windows[1].on.isoformat(), "window": ["14:00", "18:00"]}
    assert change.before["window"] is None


async def test_who_moved_a_delivery_can_have_the_promised_day_back_but_none_before_it(own: OwnShop) -> None:
    order = await own.order(AT_THE_DOOR)
    today = POLICY.delivery.today(datetime.now(UTC))
    promised = today + timedelta(days=4)
    await own.change(update(tables.orders).where(tables.orders.c.id == order.id).values(expected_on=promised))
    first = await own.shop.delivery_windows(order.id)
    assert first[0].on - promised in (timedelta(0), timedelta(days=1))  # no courier on Fridays
    await own.shop.move_delivery(order.id, first[-1], doing())
    assert await own.shop.delivery_windows(order.id) == first


async def test_a_window_that_is_none_is_refused(own: OwnShop) -> None:
    order, before = await own.order(TRIED), await own.everything()
    offered = (await own.shop.delivery_windows(order.id))[0]
    for window in (
        dataclasses.replace(offered, on=date(2020, 1, 1)),
        dataclasses.replace(offered, start=time(10)),
        dataclasses.replace(offered, on=offered.on + timedelta(days=60)),
    ):
        with pytest.raises(Refused) as refused:
            await own.shop.move_delivery(order.id, window, doing())
        assert refused.value.why is Refusal.NOT_POSSIBLE
    assert await own.everything() == before


@given(
    now=st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)),
    promised=st.none() | st.dates(date(2026, 1, 1), date(2027, 1, 1)),
    first=st.integers(0, 5),
    span=st.integers(0, 20),
    not_on=st.frozensets(st.integers(0, 6), max_size=6),
    state=st.sampled_from(OrderState),
)
def test_windows_are_never_in_the_past_on_a_day_off_or_before_what_was_promised(
    orders: dict[str, Order],
    now: datetime,
    promised: date | None,
    first: int,
    span: int,
    not_on: frozenset[int],
    state: OrderState,
) -> None:
    policy = dataclasses.replace(POLICY.delivery, ahead=(first, first + span), not_on=not_on)
    windows = policy.choose_from(dataclasses.replace(orders[AT_THE_DOOR], state=state), promised, now)
    assert state in policy.move_while or windows == ()
    assert list(windows) == sorted(windows, key=lambda window: (window.on, window.start))
    today = now.astimezone(ZoneInfo("Asia/Dhaka")).date()
    for window in windows:
        assert window.on >= today + timedelta(days=first) and window.on.weekday() not in not_on
        assert promised is None or state is OrderState.DELIVERY_FAILED or window.on >= promised
        assert (window.start, window.end) in policy.windows
    assert len({window.on for window in windows}) <= span + 1


def test_the_couriers_clock_is_the_desks() -> None:
    hours = yaml.safe_load((ROOT / "data" / "hours.yml").read_text(encoding="utf-8"))
    assert POLICY.delivery.zone.key == hours["time_zone"]


CHANGES: dict[ChangeKind, tuple[str, Callable[..., Awaitable[Change]]]] = {
    ChangeKind.ITEMS: (AT_THE_DOOR, lambda own, number, key="m": to_items(own, number, 0, key=key)),
    ChangeKind.ADDRESS: (AT_THE_DOOR, to_address),
    ChangeKind.DELIVERY: (AT_THE_DOOR, to_window),
}


@pytest.mark.parametrize("kind", CHANGES)
async def test_the_same_message_changes_nothing_twice_even_at_once(own: OwnShop, kind: ChangeKind) -> None:
    number, make = CHANGES[kind]
    await just_placed(own, number)
    order, before = await own.order(number), await own.everything()

    async def once() -> Change:
        if kind is ChangeKind.ITEMS:
            return await own.shop.change_items(order.id, {order.items[0].id: 0}, doing())
        return await make(own, number)

    done = await asyncio.gather(*(once() for _ in range(3)))
    assert all(change == done[0] for change in done)
    changed = differences(before, await own.everything())
    assert len(changed["shop_changes"]) == len(changed["shop_orders"]) == 1


@pytest.mark.parametrize("kind", CHANGES)
@pytest.mark.parametrize("state", OrderState)
async def test_in_every_state_the_policy_has_the_say(own_sqlite: OwnShop, kind: ChangeKind, state: OrderState) -> None:
    own = own_sqlite
    number, make = CHANGES[kind]
    await just_placed(own, number)
    await own.change(update(tables.orders).where(tables.orders.c.number == number).values(state=state.value))
    before = await own.everything()
    changing, delivery = POLICY.changing, POLICY.delivery
    allowed = {
        ChangeKind.ITEMS: changing.items_while,
        ChangeKind.ADDRESS: changing.address_while,
        ChangeKind.DELIVERY: delivery.move_while,
    }[kind]
    if state in allowed:
        await make(own, number)
        assert len(differences(before, await own.everything())["shop_orders"]) == 1
        return
    with pytest.raises(Refused) as refused:
        await make(own, number)
    cancelled = state is OrderState.CANCELLED
    unpaid = kind is ChangeKind.DELIVERY and state in (OrderState.PAYMENT_PENDING, OrderState.PAYMENT_FAILED)
    why = Refusal.ALREADY_DONE if cancelled else Refusal.TOO_EARLY if unpaid else Refusal.TOO_LATE
    assert refused.value.why is why
    assert await own.everything() == before


@pytest.mark.parametrize("kind", CHANGES)
async def test_what_breaks_midway_leaves_everything_as_it_was(own: OwnShop, kind: ChangeKind) -> None:
    number, _ = CHANGES[kind]
    await just_placed(own, number)
    order, before = await own.order(number), await own.everything()
    window = (await own.shop.delivery_windows(order.id))[0]
    nobody: Any = Doing("m", None, 2)  # type: ignore[arg-type]
    make = {
        ChangeKind.ITEMS: lambda: own.shop.change_items(order.id, {order.items[0].id: 0}, nobody),
        ChangeKind.ADDRESS: lambda: own.shop.change_address(order.id, THERE, SYLHET, order.country, nobody),
        ChangeKind.DELIVERY: lambda: own.shop.move_delivery(order.id, window, nobody),
    }[kind]
    with pytest.raises(Exception, match=r"(?i)null"):
        await make()
    assert await own.everything() == before


async def test_a_shop_without_a_policy_changes_nothing_and_offers_no_windows(own_sqlite: OwnShop) -> None:
    shop = SqlShop(own_sqlite.database.engine)
    order = await own_sqlite.order(TRIED)
    assert shop.can == frozenset() and await shop.delivery_windows(order.id) == ()
    with pytest.raises(Refused):
        await shop.change_items(order.id, {}, doing())


def belongs(row: dict[str, Any], table: str, before: Everything) -> str:
    """The order that a changed row is of."""
    return str(row["id"] if table == "shop_orders" else row["order_id"])


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    allowed=st.frozensets(st.sampled_from(OrderState)),
    asked=st.lists(
        st.tuples(st.sampled_from(list(CHANGES)), st.integers(10001, 10200), st.integers(0, 3), st.sampled_from("ab")),
        max_size=6,
    ),
)
def test_whatever_is_asked_for_no_order_is_changed_that_the_policy_forbids_to_change(
    sqlite_own: Callable[[], Database],
    allowed: frozenset[OrderState],
    asked: list[tuple[ChangeKind, int, int, str]],
) -> None:
    async def ask() -> None:
        changing = dataclasses.replace(
            POLICY.changing, items_while=allowed, address_while=allowed, window=timedelta(days=4000)
        )
        delivery = dataclasses.replace(POLICY.delivery, move_while=allowed)
        own = OwnShop(sqlite_own(), policy=dataclasses.replace(POLICY, changing=changing, delivery=delivery))
        before, done = await own.everything(), set()
        for kind, number, count, key in asked:
            name = f"{number} {kind} {key}"
            try:
                if kind is ChangeKind.ITEMS:
                    change = await to_items(own, str(number), count, key=name)
                else:
                    change = await CHANGES[kind][1](own, str(number), key=name)
            except Refused:
                continue
            done.add((change.order_number, name))
        after = await own.everything()
        every = [await own.order(number) for number, _ in done]
        await own.database.close()
        changed = differences(before, after)
        ids = {row["number"]: row["id"] for row in before["shop_orders"].values()}
        touched = {ids[number] for number, _ in done}
        for table, rows in changed.items():
            assert {belongs(row, table, before) for row in rows} <= touched
        for row in changed.get("shop_orders", []):
            was = before["shop_orders"][row["id"]]
            assert OrderState(was["state"]) in allowed - {OrderState.CANCELLED}
            assert row["state"] == was["state"] and row["shipping_minor"] == was["shipping_minor"]
        assert len(changed.get("shop_changes", [])) == len(done)
        for order in every:
            paid = sum(p.amount.minor for p in order.payments if p.state is PaymentState.CAPTURED)
            back = sum(refund.amount.minor for refund in order.refunds)
            assert order.items and order.total.minor >= order.shipping.minor
            assert back <= paid

    asyncio.run(ask())
