"""Late orders and silent parcels: told by the order's own dates and the shop's policy, at every border between two."""

import asyncio
import dataclasses
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shop_testing import NOW, POLICY, OwnShop, RunAction, Said, run_action, user
from sqlalchemy import update
from test_action_phrases import check

from actions.order_delayed import order_delayed
from actions.shop import tables
from actions.shop.backend import Order, OrderState, ShipmentState, TrackingEvent
from actions.shop.parcel_policy import ParcelPolicy
from actions.shop.sql import SqlShop
from actions.tracking_not_updating import tracking
from actions.waiting import NOT_SENT, UNDER_WAY, awaited, span

Orders = dict[str, Order]
SHIPPED = "10001"
AMINA: dict[str, Any] = {"order_contact": "amina@example.com"}
WAIT, SILENCE = POLICY.parcels.wait.days, POLICY.parcels.silence
DUE = date(2026, 11, 20)


def due(order: Order, state: OrderState | None = None) -> Order:
    return dataclasses.replace(order, expected_on=DUE, state=state or order.state)


def late_by(order: Order, days: int) -> tuple[str, dict[str, Any], Any]:
    key, params, buttons = order_delayed(order, DUE + timedelta(days=days), POLICY)
    check(key, params)
    return key, params, tuple(buttons)


def heard(order: Order, ago: timedelta, state: ShipmentState | None = None) -> Order:
    """The order with its last report so long before NOW."""
    parcel = order.shipments[0]
    event = dataclasses.replace(parcel.events[-1], at=NOW - ago)
    changed = dataclasses.replace(parcel, events=(*parcel.events[:-1], event), state=state or parcel.state)
    return dataclasses.replace(order, shipments=(changed, *order.shipments[1:]))


@pytest.mark.parametrize(
    ("days", "key"),
    [
        (-9, "delay_not_late"),
        (0, "delay_not_late"),
        (1, "delay_late"),
        (WAIT, "delay_late"),
        (WAIT + 1, "delay_too_long"),
        (90, "delay_too_long"),
    ],
)
def test_how_late_an_order_is_decides_what_is_said(orders: Orders, days: int, key: str) -> None:
    said, params, _ = late_by(due(orders[SHIPPED]), days)
    assert said == key
    assert (params["number"], params["date"]) == ({"id": SHIPPED}, {"date": "2026-11-20"})
    assert ("late" in params) == (days > 0)
    if days > 0:
        assert params["late"] == {"days": days}


def test_who_waits_hears_where_the_parcel_is_and_until_when_to_wait(orders: Orders) -> None:
    _, params, buttons = late_by(due(orders[SHIPPED]), 2)
    parcel = orders[SHIPPED].shipments[0]
    assert params["until"] == {"date": (DUE + timedelta(days=WAIT)).isoformat()}
    carrier, event = params["details"]["lines"]
    assert carrier["params"]["tracking"] == {"id": parcel.tracking_number}
    assert event["params"]["event"]["phrase"] == f"tracking_{parcel.events[-1].code}"
    assert buttons == ("human_agent",)


def test_who_has_waited_too_long_may_report_a_loss_or_talk_to_a_person(orders: Orders) -> None:
    assert late_by(due(orders[SHIPPED]), WAIT + 1)[2] == ("package_lost", "human_agent")


@pytest.mark.parametrize("state", NOT_SENT)
def test_what_has_not_left_is_said_so_and_can_be_cancelled_where_the_policy_allows_it(
    orders: Orders, state: OrderState
) -> None:
    order = due(dataclasses.replace(orders[SHIPPED], shipments=()), state)
    key, _, buttons = late_by(order, 1)
    assert key == "delay_not_sent"
    assert ("cancel_order" in buttons) == (state in POLICY.cancel_while)
    assert "human_agent" in buttons
    key, params, _ = late_by(order, 0)
    assert key == "delay_not_late"
    assert [line["phrase"] for line in params["details"]["lines"]] == ["delay_no_parcel"]


def test_a_lost_parcel_is_said_whatever_the_day(orders: Orders) -> None:
    order = heard(orders[SHIPPED], timedelta(hours=1), ShipmentState.LOST)
    for state in (OrderState.LOST, OrderState.SHIPPED, OrderState.PARTIALLY_SHIPPED):
        for days in (-5, 5):
            key, _, buttons = late_by(due(order, state), days)
            assert (key, buttons) == ("delay_lost", ("package_lost", "human_agent"))
            stand = tracking(due(order, state), NOW, POLICY)
            assert (stand.key, stand.wished) == ("delay_lost", None)


def test_where_nothing_is_to_come_the_order_is_told_as_it_stands(orders: Orders) -> None:
    for state in set(OrderState) - {*NOT_SENT, *UNDER_WAY, OrderState.LOST}:
        key, _, buttons = late_by(due(orders[SHIPPED], state), 50)
        assert key == f"order_status_{state}"
        assert ("package_lost" in buttons) == (state is OrderState.DELIVERED)


def test_without_a_promised_day_nothing_is_called_late(orders: Orders) -> None:
    order = dataclasses.replace(orders[SHIPPED], expected_on=None)
    assert order_delayed(order, date(2030, 1, 1), POLICY)[0] == "order_status_shipped"


@pytest.mark.parametrize(
    ("ago", "key"),
    [
        (timedelta(), "silent_usual"),
        (POLICY.parcels.usual, "silent_usual"),
        (POLICY.parcels.usual + timedelta(seconds=1), "silent_a_while"),
        (SILENCE, "silent_a_while"),
        (SILENCE + timedelta(seconds=1), "silent_too_long"),
    ],
)
def test_how_old_the_last_report_is_decides_what_is_said(orders: Orders, ago: timedelta, key: str) -> None:
    stand = tracking(heard(orders[SHIPPED], ago), NOW, POLICY)
    check(stand.key, stand.params)
    assert stand.key == key
    assert (stand.wished is not None) == (key == "silent_too_long")
    carrier = stand.params["details"]["lines"][0]  # type: ignore[index,call-overload]
    assert carrier["params"]["tracking"] == {"id": orders[SHIPPED].shipments[0].tracking_number}


def test_a_person_is_told_which_courier_to_ask_about_which_parcel(orders: Orders) -> None:
    order = heard(orders[SHIPPED], timedelta(days=6))
    parcel = order.shipments[0]
    wished = tracking(order, NOW, POLICY).wished
    assert wished == (
        f"ask {parcel.carrier['en']} about parcel {parcel.tracking_number}: last report "
        f"'{parcel.events[-1].code.replace('_', ' ')}' on {NOW - timedelta(days=6):%Y-%m-%d %H:%M} UTC, 6 days ago"
    )


def test_a_parcel_without_any_report_is_as_silent_as_it_was_announced(orders: Orders) -> None:
    order = orders[SHIPPED]
    nothing = dataclasses.replace(order.shipments[0], events=(), announced_at=NOW - timedelta(days=7))
    stand = tracking(dataclasses.replace(order, shipments=(nothing,)), NOW, POLICY)
    assert stand.key == "silent_too_long"
    assert stand.wished is not None and "'announced'" in stand.wished


def test_of_two_parcels_the_one_that_is_silent_longer_is_told(orders: Orders) -> None:
    order = next(one for one in orders.values() if len(one.shipments) == 2)
    fresh, old = (
        dataclasses.replace(
            parcel,
            id=str(days),
            state=ShipmentState.IN_TRANSIT,
            events=(TrackingEvent("e", parcel.events[-1].code, None, NOW - timedelta(days=days)),),
        )
        for parcel, days in zip(order.shipments, (0, 9), strict=True)
    )
    both = dataclasses.replace(order, shipments=(fresh, old), state=OrderState.SHIPPED)
    stand = tracking(both, NOW, POLICY)
    assert stand.key == "silent_too_long"
    assert stand.wished is not None and old.tracking_number in stand.wished
    there = dataclasses.replace(both, shipments=(fresh, dataclasses.replace(old, state=ShipmentState.DELIVERED)))
    assert tracking(there, NOW, POLICY).key == "silent_usual"


def test_what_no_courier_has_cannot_be_tracked(orders: Orders) -> None:
    for state in NOT_SENT:
        stand = tracking(dataclasses.replace(orders[SHIPPED], shipments=(), state=state), NOW, POLICY)
        assert (stand.key, stand.wished) == ("silent_not_sent", None)


@given(
    state=st.sampled_from(OrderState),
    number=st.integers(10001, 10200),
    days=st.integers(-400, 400),
    wait=st.integers(0, 60),
    silent=st.integers(0, 60),
)
def test_whatever_the_order_the_day_and_the_policy_there_is_an_answer_and_it_is_true(
    orders: Orders, state: OrderState, number: int, days: int, wait: int, silent: int
) -> None:
    policy = dataclasses.replace(
        POLICY, parcels=ParcelPolicy(timedelta(days=wait), timedelta(hours=24), timedelta(days=silent))
    )
    order, now = dataclasses.replace(orders[str(number)], state=state), NOW + timedelta(days=days)
    key, params, _ = order_delayed(order, now.date(), policy)
    check(key, params)
    stand = tracking(order, now, policy)
    check(stand.key, stand.params)
    if key in ("delay_late", "delay_too_long", "delay_not_sent"):
        assert order.expected_on is not None and order.expected_on < now.date()
        assert state in (*NOT_SENT, *UNDER_WAY)
    if key == "delay_too_long":
        assert order.expected_on is not None and (now.date() - order.expected_on).days > wait
    if stand.wished is not None:
        assert any(parcel.tracking_number in stand.wished for parcel in awaited(order))


@pytest.mark.parametrize(
    ("length", "said"),
    [
        (timedelta(), {"hours": 1}),
        (timedelta(minutes=-5), {"hours": 1}),
        (timedelta(hours=5, minutes=59), {"hours": 5}),
        (timedelta(hours=47), {"hours": 47}),
        (timedelta(days=2), {"days": 2}),
        (timedelta(days=9, hours=23), {"days": 9}),
    ],
)
def test_a_length_of_time_is_said_in_hours_and_then_in_days(length: timedelta, said: dict[str, int]) -> None:
    assert span(length) == said


async def silent_for(own: OwnShop, days: int) -> None:
    """The demo's parcel has not been heard of for so long."""
    at = datetime.now(UTC) - timedelta(days=days)
    parcel = (await own.order(SHIPPED)).shipments[0]
    for number, event in enumerate(parcel.events):
        when = at - timedelta(hours=len(parcel.events) - 1 - number)
        await own.change(update(tables.tracking_events).where(tables.tracking_events.c.id == event.id).values(at=when))


async def asked(own: OwnShop, intent: str, slots: dict[str, Any]) -> Said:
    return await run_action(own.shop, f"action_{intent}", slots, [user("where is it", intent)])


async def test_a_silent_parcel_goes_to_a_person_who_sees_what_to_find_out(own: OwnShop) -> None:
    await silent_for(own, 6)
    before = await own.everything()
    said = await asked(own, "tracking_not_updating", {"order_number": SHIPPED, **AMINA})
    assert said.keys == ["silent_too_long"]
    assert said.slots["handoff_reason"] == "tracking_not_updating"
    parcel = (await own.order(SHIPPED)).shipments[0]
    assert parcel.tracking_number in said.slots["wished"]
    assert await own.everything() == before


async def test_a_parcel_that_was_heard_of_goes_to_nobody(own: OwnShop) -> None:
    await silent_for(own, 0)
    said = await asked(own, "tracking_not_updating", {"order_number": SHIPPED, **AMINA})
    assert said.keys == ["silent_usual"]
    assert set(said.slots) == {"verified_order", "lookup_misses"}
    assert said.responses[0]["buttons"] == [{"intent": "human_agent"}]


@pytest.mark.parametrize("intent", ["order_delayed", "tracking_not_updating"])
async def test_somebody_elses_order_is_answered_like_one_that_is_not_there(act: RunAction, intent: str) -> None:
    answers = [await act(f"action_{intent}", {"order_number": number, **AMINA}) for number in ("10003", "99999")]
    assert answers[0].keys == answers[1].keys == ["order_no_match"]


@pytest.mark.parametrize("intent", ["order_delayed", "tracking_not_updating"])
async def test_a_shop_that_does_not_answer_leads_to_a_person(intent: str) -> None:
    class Away:
        async def find_order(self, number: str) -> Order | None:
            raise TimeoutError

    slots = {"order_number": SHIPPED, **AMINA}
    said = await run_action(Away(), f"action_{intent}", slots, [user("late", intent)])  # type: ignore[arg-type]
    assert said.keys == ["shop_unavailable"]
    assert said.slots == {"handoff_reason": "shop_unavailable"}


@pytest.mark.parametrize("intent", ["order_delayed", "tracking_not_updating"])
async def test_every_demo_order_is_told_to_its_owner(shop: SqlShop, orders: Orders, intent: str) -> None:
    async def ask(order: Order) -> Said:
        slots = {"order_number": order.number, "order_contact": order.customer.email}
        return await run_action(shop, f"action_{intent}", slots, [user("late", intent)])

    for said in await asyncio.gather(*(ask(order) for order in list(orders.values())[::9])):
        assert len(said.keys) == 1
        assert said.keys[0].startswith(("order_status_", "delay_", "silent_"))
