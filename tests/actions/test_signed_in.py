"""Customers for whom the shop vouches: their own orders without a contact or a code, nobody else's."""

import dataclasses
from typing import Any

import pytest
from form_testing import Talk, talk
from shop_testing import OwnShop, RunAction, Said, differences, run_action, user

from actions.shop import tables
from actions.shop.backend import Order, OrderState
from actions.verification import Level, Vouched, level

AMINA, JONAS = "amina@example.com", "jonas@example.com"


async def signed_in(own: OwnShop, email: str, intent: str = "cancel_order", by_id: bool = True) -> Talk:
    number = {"amina@example.com": "10001", JONAS: "10003"}[email]
    customer = (await own.order(number)).customer
    one = talk(own, intent=intent)
    one.customer = {"id": customer.id, "email": email} if by_id else {"email": email}
    return one


async def asked_by(own: OwnShop, name: str, slots: dict[str, Any], customer: dict[str, Any] | None) -> Said:
    heard = user("where is it", "order_status")
    heard["parse_data"]["metadata"] = {"customer": customer} if customer is not None else {}
    return await run_action(own.shop, name, slots, [heard])


@pytest.mark.parametrize("by_id", [True, False])
async def test_their_own_order_needs_no_contact_and_no_code_but_a_yes(own: OwnShop, by_id: bool) -> None:
    one = await signed_in(own, JONAS, by_id=by_id)
    assert await one.says("cancel 10003", "cancel_order", order_number="10003") == ["cancel_summary", "confirm_change"]
    assert (await own.order("10003")).state is OrderState.PROCESSING
    assert await one.says("yes", "affirm") == ["cancelled"]
    assert (await own.order("10003")).state is OrderState.CANCELLED
    assert own.letters.sent == []
    (row,) = await own.rows(tables.changes)
    assert row["level"] == Level.VERIFIED


async def test_an_order_is_picked_by_a_button(own: OwnShop) -> None:
    one = await signed_in(own, JONAS)
    assert await one.says("I want to cancel", "cancel_order") == ["which_order"]
    buttons = one.params("which_order")["buttons"]
    assert [button["params"]["number"] for button in buttons] == [{"id": "10003"}]
    assert buttons[0]["payload"] == '/choose{"choice": "order:10003"}'
    said = await one.says(buttons[0]["payload"], "choose", choice="order:10003")
    assert said == ["cancel_summary", "confirm_change"]


async def test_somebody_elses_order_needs_a_contact_and_a_code_like_a_missing_one(own: OwnShop) -> None:
    before = await own.everything()
    for number in ("10003", "99999"):
        one = await signed_in(own, AMINA)
        said = await one.says("cancel", "cancel_order", order_number=number)
        assert said == ["ask_order_contact"]
    assert await one.says(AMINA, email=AMINA) == ["order_no_match", "which_order"]
    assert await own.everything() == before
    one = await signed_in(own, AMINA)
    await one.says("cancel", "cancel_order", order_number="10003")
    assert await one.says(JONAS) == ["ask_one_time_code"]
    assert set(differences(before, await own.everything())) == {"shop_codes"}


async def test_reading_needs_the_number_alone_and_shows_the_desk_that_it_is_sure(own: OwnShop) -> None:
    order = await own.order("10001")
    said = await asked_by(own, "action_order_status", {"order_number": "10001"}, {"id": order.customer.id})
    assert said.keys == ["order_status_shipped"]
    assert (said.slots["verified_order"], said.slots["stepped_up_order"]) == (order.id, order.id)


async def test_reading_somebody_elses_asks_for_the_contact_as_for_a_missing_one(own: OwnShop) -> None:
    customer = {"id": (await own.order("10001")).customer.id}
    replies = [await asked_by(own, "action_order_status", {"order_number": number}, customer) for number in
               ("10003", "99999")]  # fmt: skip
    assert replies[0] == replies[1]
    assert replies[0].keys == ["ask_order_contact"]
    assert replies[0].slots == {"requested_slot": "order_contact"}


@pytest.mark.parametrize("said", [None, {}, {"id": ""}, {"id": None, "email": ""}, "amina", {"name": "Amina"}])
async def test_what_is_no_word_of_the_shop_opens_nothing(own: OwnShop, said: Any) -> None:
    reply = await asked_by(own, "action_order_status", {"order_number": "10001"}, said)
    assert reply.keys in ([], ["ask_order_contact"])


def test_the_shops_word_is_good_for_that_customers_orders_alone(orders: dict[str, Order]) -> None:
    people = {order.customer.id: order.customer for order in orders.values()}
    for customer in people.values():
        for word in (
            Vouched(customer.id, ""),
            Vouched("", customer.email.upper()),
            Vouched(customer.id, "x@y.example"),
        ):
            owned = {number for number, order in orders.items() if level(order, None, word) is Level.VERIFIED}
            assert owned == {number for number, order in orders.items() if order.customer.id == customer.id}
    assert level(None, None, Vouched("x", "")) is Level.NONE


async def test_an_id_says_more_than_an_address(orders: dict[str, Order]) -> None:
    order = orders["10001"]
    assert level(order, None, Vouched("somebody", order.customer.email)) is Level.NONE


async def test_a_shop_that_does_not_answer_still_lets_the_number_be_typed(act: RunAction, own: OwnShop) -> None:
    one = await signed_in(own, JONAS)

    @dataclasses.dataclass
    class Silent:
        can = own.shop.can

        async def orders_of(self, customer_id: str, limit: int) -> tuple[Order, ...]:
            raise OSError("no route to host")

    one.shop = Silent()  # type: ignore[assignment]
    assert await one.says("I want to cancel", "cancel_order") == ["ask_order_number"]
