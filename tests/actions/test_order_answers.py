"""What a customer is told of an order and a return, and what happens when it is not found or the shop is away."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher
from shop_testing import NOW, RunAction, run_action, services
from sqlalchemy.ext.asyncio import create_async_engine

from actions.lookup import OrderAction
from actions.order_status import ActionOrderStatus, order_status
from actions.return_status import return_status
from actions.shop.backend import Order, OrderState, ReturnState
from actions.shop.sql import SqlShop

Orders = dict[str, Order]
AMINA: dict[str, Any] = {"order_contact": "amina@example.com"}


def phrases(value: object) -> list[str]:
    """The keys of all the texts inside a text's values, in order."""
    if isinstance(value, dict):
        own = [value["phrase"]] if "phrase" in value else []
        return own + [key for part in value.values() for key in phrases(part)]
    return [key for part in value for key in phrases(part)] if isinstance(value, list) else []


async def test_an_orders_owner_hears_state_items_carrier_news_and_day(act: RunAction, orders: Orders) -> None:
    said = await act("action_order_status", {"order_number": "10001", **AMINA, "lookup_misses": 2.0})
    order, parcel = orders["10001"], orders["10001"].shipments[0]
    assert said.keys == ["order_status_shipped"]
    told = said.responses[0]
    assert told["number"] == {"id": "10001"}
    assert told["city"] == {"names": order.city}
    assert order.items[0].names["en"] == "Hand-loomed cotton saree"
    assert order.items[0].names["bn"] == "হাতে বোনা সুতির শাড়ি"
    items, carrier, news, expected = told["details"]["lines"]
    assert items["params"]["items"]["list"] == [
        {"names": order.items[0].names},
        {"phrase": "order_item_several", "params": {"quantity": 2, "name": {"names": order.items[1].names}}},
    ]
    assert carrier["params"] == {"carrier": {"names": parcel.carrier}, "tracking": {"id": parcel.tracking_number}}
    assert news["params"]["at"] == {"datetime": parcel.events[-1].at.isoformat()}
    assert news["params"]["event"]["phrase"] == f"tracking_{parcel.events[-1].code}"
    assert expected["phrase"] in {"order_line_expected", "order_line_late"}
    assert said.slots == {"verified_order": order.id, "lookup_misses": 0}
    assert said.other_events == []


async def test_asking_again_answers_again_and_another_number_is_matched_anew(act: RunAction, orders: Orders) -> None:
    known = {**AMINA, "verified_order": orders["10001"].id}
    assert (await act("action_order_status", {**known, "order_number": "10001"})).keys == ["order_status_shipped"]
    own = await act("action_order_status", {**known, "order_number": "10002"})
    assert own.slots["verified_order"] == orders["10002"].id
    foreign = await act("action_order_status", {**known, "order_number": "10003"})
    assert foreign.keys == ["order_no_match"]
    assert foreign.slots["verified_order"] is None


async def test_a_phone_number_in_bengali_digits_is_as_good_as_an_address(act: RunAction) -> None:
    said = await act("action_order_status", {"order_number": "10001", "order_contact": "০১৭১২৩৪৫৬৭৮"})
    assert said.keys == ["order_status_shipped"]


@pytest.mark.parametrize(
    ("action", "form"), [("action_order_status", "order_status_form"), ("action_return_status", "return_status_form")]
)
async def test_a_miss_asks_again_and_offers_a_person(act: RunAction, action: str, form: str) -> None:
    said = await act(action, {"order_number": "10003", **AMINA, "lookup_misses": 1.0})
    assert said.keys == ["order_no_match"]
    assert said.responses[0]["buttons"] == [{"intent": "human_agent"}]
    assert said.slots == {
        "order_number": None,
        "order_contact": None,
        "verified_order": None,
        "lookup_misses": 2,
        "missed_at": [NOW.timestamp()],
        "requested_slot": "order_number",
    }
    assert said.other_events == [("active_loop", form), ("followup", "action_listen")]


async def test_the_third_miss_goes_to_a_person_and_says_nothing(act: RunAction) -> None:
    said = await act("action_order_status", {"order_number": "99999", **AMINA, "lookup_misses": 2.0})
    assert said.keys == []
    assert said.slots["handoff_reason"] == "verification_failed"
    assert (said.slots["lookup_misses"], said.slots["order_contact"]) == (3, None)
    assert said.other_events == []


@pytest.mark.parametrize(("ages", "person"), [([10, 200, 500, 899], True), ([10, 200, 500, 901], False)])
async def test_the_fifth_miss_within_a_quarter_of_an_hour_goes_to_a_person_whatever_fitted_in_between(
    act: RunAction, ages: list[int], person: bool
) -> None:
    missed_at = [NOW.timestamp() - age for age in ages]
    said = await act(
        "action_order_status", {"order_number": "99999", **AMINA, "lookup_misses": 0.0, "missed_at": missed_at}
    )
    assert (said.slots.get("handoff_reason") == "verification_failed") is person
    assert (said.keys == []) is person


async def test_without_number_or_contact_the_form_asks(act: RunAction) -> None:
    for slots in ({}, {"order_number": "10001"}, AMINA):
        said = await act("action_order_status", slots)
        assert (said.keys, said.slots) == ([], {})
        assert said.other_events == [("followup", "order_status_form")]


async def test_every_order_is_told_to_its_owner_in_its_own_state(shop: SqlShop, orders: Orders) -> None:
    for number, order in list(orders.items())[::3]:
        slots = {"order_number": number, "order_contact": order.customer.email}
        said = await run_action(shop, "action_order_status", slots)
        assert said.keys == [f"order_status_{order.state}"]
        assert len(said.responses) == 1


def test_a_late_order_is_told_as_late(orders: Orders) -> None:
    order = replace(orders["10001"], expected_on=NOW.date() - timedelta(days=1))
    late = order_status(order, NOW.date())[1]
    assert "order_line_late" in phrases(late["details"])
    due = order_status(replace(order, expected_on=NOW.date()), NOW.date())[1]
    assert "order_line_expected" in phrases(due["details"])


def test_both_parcels_of_a_split_order_are_told(orders: Orders) -> None:
    order = next(o for o in orders.values() if o.state is OrderState.PARTIALLY_SHIPPED)
    assert phrases(order_status(order, NOW.date())[1]).count("order_line_carrier") == 2


def test_an_order_that_came_back_is_told_without_the_way_it_went(orders: Orders) -> None:
    for order in orders.values():
        told = phrases(order_status(order, NOW.date())[1])
        assert ("order_line_carrier" in told) == (bool(order.shipments) and order.state is not OrderState.RETURNED)


def test_money_of_a_cancelled_order_is_told_whether_paid_or_not(orders: Orders) -> None:
    for order in orders.values():
        if order.state is OrderState.CANCELLED:
            told = phrases(order_status(order, NOW.date())[1])
            assert ("order_line_not_charged" in told) != any(key.startswith("refund_line_") for key in told)


async def test_a_return_is_told_with_its_money_and_what_comes_next(act: RunAction, orders: Orders) -> None:
    said = await act("action_return_status", {"order_number": "10002", **AMINA})
    found = orders["10002"].returns[0]
    assert said.keys == ["return_status_in_transit"]
    told = said.responses[0]
    assert told["return_number"] == {"id": "R10002-1"}
    items, money_back = told["details"]["lines"]
    assert phrases(items) == ["order_line_items"]
    assert money_back["params"]["amount"] == {"money": found.amount.minor, "currency": "BDT"}
    assert said.slots["verified_order"] == orders["10002"].id


async def test_an_order_without_a_return_says_so(act: RunAction) -> None:
    said = await act("action_return_status", {"order_number": "10001", **AMINA})
    assert said.keys == ["return_status_none"]


async def test_the_return_that_was_named_is_told_or_else_the_orders_newest(act: RunAction) -> None:
    for named in ("R10002-1", "r10002-1", "R99999-7", None):
        said = await act("action_return_status", {"order_number": "10002", **AMINA, "return_number": named})
        assert said.responses[0]["return_number"] == {"id": "R10002-1"}


def test_every_state_of_a_return_tells_its_money_or_its_reason(orders: Orders) -> None:
    for order in orders.values():
        for found in order.returns:
            key, params = return_status(order, found)
            assert key == f"return_status_{found.state}"
            told = phrases(params)
            if found.state is ReturnState.REJECTED:
                assert f"return_rejected_{found.rejection}" in told
            else:
                assert any(each.startswith(("refund_line_", "refund_expected_")) for each in told)


def lookup(action: OrderAction, slots: dict[str, Any]) -> Any:
    dispatcher = CollectingDispatcher()
    tracker = Tracker("c", slots, {}, [], False, None, {}, None)

    async def run() -> tuple[list[str], list[Any]]:
        events = await action.run(dispatcher, tracker, {})
        return [message["response"] for message in dispatcher.messages], events

    return run()


@pytest.mark.parametrize(
    "url", ["sqlite+aiosqlite:////no/such/folder/shop.db", "postgresql+asyncpg://postgres@127.0.0.1:9/test"]
)
async def test_an_unreachable_shop_is_said_and_goes_to_a_person(url: str, caplog: pytest.LogCaptureFixture) -> None:
    engine = create_async_engine(url)
    said, events = await lookup(ActionOrderStatus(services(SqlShop(engine))), {"order_number": "10001", **AMINA})
    await engine.dispose()
    assert said == ["utter_shop_unavailable"]
    assert [(each["name"], each["value"]) for each in events] == [("handoff_reason", "shop_unavailable")]
    assert "amina" not in caplog.text and "10001" not in caplog.text


async def test_a_shop_that_does_not_answer_in_time_goes_to_a_person() -> None:
    hung_up = asyncio.Event()

    async def never_answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()
        hung_up.set()

    server = await asyncio.start_server(never_answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    engine = create_async_engine(f"postgresql+asyncpg://postgres@127.0.0.1:{port}/test")
    began = asyncio.get_running_loop().time()
    action = ActionOrderStatus(services(SqlShop(engine), patience=0.2))
    said, events = await lookup(action, {"order_number": "10001", **AMINA})
    assert asyncio.get_running_loop().time() - began < 2
    await engine.dispose()
    server.close()
    await asyncio.wait_for(hung_up.wait(), 2)
    assert said == ["utter_shop_unavailable"]
    assert events[0]["value"] == "shop_unavailable"
