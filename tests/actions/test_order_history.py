"""A customer's orders: only for who is surely that customer, newest first, and nobody else's among them."""

import dataclasses
from typing import Any

import pytest
from form_testing import Talk, talk
from rasa_sdk.interfaces import ActionExecutionRejection
from shop_testing import OwnShop, differences, run_action, user
from sqlalchemy import delete
from test_action_phrases import check

from actions.order_history import SHOWN, history
from actions.shop import tables
from actions.shop.backend import Order, OrderState
from actions.slots import APPROVED_ORDER, CONFIRMATION, ONE_TIME_CODE

ARIF, AMINA = "arif@example.com", "amina@example.com"
NUMBER = "10014"


async def asked_for_the_code(own: OwnShop, number: str = NUMBER, contact: str = ARIF) -> Talk:
    one = talk(own, intent="order_history")
    said = await one.says("what have I ordered", "order_history", order_number=number, email=contact)
    assert said == ["ask_one_time_code"]
    return one


def newest(orders: dict[str, Order], email: str) -> list[str]:
    """The numbers of a customer's newest orders."""
    theirs = [order for order in orders.values() if order.customer.email == email]
    theirs.sort(key=lambda order: (order.placed_at, order.number), reverse=True)
    return [order.number for order in theirs[:SHOWN]]


def told(one: Talk) -> list[str]:
    """The numbers in the list."""
    rows = one.params("history")["details"]["lines"]
    return [row["params"]["number"]["id"] for row in rows if row["phrase"] == "history_line"]


async def test_after_the_code_the_newest_orders_are_listed_without_a_yes(
    own: OwnShop, orders: dict[str, Order]
) -> None:
    one, before = await asked_for_the_code(own), await own.everything()
    assert await one.says(own.letters.sent[0].code) == ["history"]
    assert told(one) == newest(orders, ARIF)
    assert len(told(one)) > 1
    assert not one.on
    assert [one.slots.get(name) for name in (ONE_TIME_CODE, CONFIRMATION, APPROVED_ORDER)] == [None] * 3
    assert set(differences(before, await own.everything())) == {"shop_codes"}  # the code is used


async def test_who_says_it_bit_by_bit_is_asked_bit_by_bit(own: OwnShop) -> None:
    one = talk(own, intent="order_history")
    assert await one.says("my orders", "order_history") == ["ask_order_number"]
    assert await one.says(NUMBER) == ["ask_order_contact"]
    assert own.letters.sent == []
    assert await one.says(ARIF) == ["ask_one_time_code"]
    assert await one.says(own.letters.sent[0].code) == ["history"]


async def test_each_line_tells_number_day_state_and_total_and_each_button_asks_for_one(
    own_sqlite: OwnShop, orders: dict[str, Order]
) -> None:
    one = await asked_for_the_code(own_sqlite)
    await one.says(own_sqlite.letters.sent[0].code)
    answer = one.params("history")
    for line, button in zip(answer["details"]["lines"], answer["buttons"], strict=False):
        order = orders[line["params"]["number"]["id"]]
        assert line["params"] == {
            "number": {"id": order.number},
            "date": {"date": order.placed_at.date().isoformat()},
            "state": {"phrase": f"history_state_{order.state}", "params": {}},
            "total": {"money": order.total.minor, "currency": order.total.currency},
        }
        assert button["payload"] == f'/order_status{{"order_number": "{order.number}"}}'
        check(button["phrase"], button["params"])
    assert len(answer["buttons"]) == len(told(one))


async def test_without_the_right_code_nothing_is_listed(own: OwnShop) -> None:
    one = await asked_for_the_code(own)
    code = own.letters.sent[0].code
    for by in range(1, 5):
        assert await one.says(f"{(int(code) + by) % 10**6:06d}") == ["code_wrong", "ask_one_time_code"]
    assert await one.says(f"{(int(code) + 9) % 10**6:06d}") == ["code_spent"]
    assert one.slots["handoff_reason"] == "verification_failed"
    assert not any(said.keys == ["history"] for said in one.said)


async def test_without_letters_a_person_is_asked(own_sqlite: OwnShop) -> None:
    own_sqlite.letters.broken = True
    one = talk(own_sqlite, intent="order_history")
    assert await one.says("my orders", "order_history", order_number=NUMBER, email=ARIF) == ["code_not_possible"]
    assert one.slots["handoff_reason"] == "verification_failed"


async def test_a_yes_and_a_set_slot_alone_list_nothing(own_sqlite: OwnShop) -> None:
    heard = [user("yes", "affirm")]
    said = await run_action(own_sqlite.shop, "action_order_history", {"order_number": NUMBER}, heard)
    assert (said.keys, said.events) == ([], [])
    other = (await own_sqlite.order("10003")).id
    slots: dict[str, Any] = {"order_number": NUMBER, "approved_order": other}
    assert (await run_action(own_sqlite.shop, "action_order_history", slots, heard)).keys == []


async def test_somebody_elses_order_is_answered_like_one_that_is_not_there(own: OwnShop) -> None:
    answers = []
    for number in (NUMBER, "99999"):
        one = talk(own, number, intent="order_history")
        answers.append(await one.says("my orders", "order_history", order_number=number, email=AMINA))
    assert answers[0] == answers[1] == ["order_no_match", "ask_order_number"]
    assert own.letters.sent == []


async def test_the_other_one_needs_its_own_code(own_sqlite: OwnShop, orders: dict[str, Order]) -> None:
    one = await asked_for_the_code(own_sqlite)
    assert await one.says("never mind", "deny") == ["left_as_it_was"]
    said = await one.says("my orders", "order_history", order_number="10003", email="jonas@example.com")
    assert said == ["ask_one_time_code"]
    assert await one.says(own_sqlite.letters.sent[1].code) == ["history"]
    assert told(one) == newest(orders, "jonas@example.com")


async def test_the_form_steps_aside_for_another_question_and_asks_again(own_sqlite: OwnShop) -> None:
    one = await asked_for_the_code(own_sqlite)
    with pytest.raises(ActionExecutionRejection):
        await one.says("how long does a refund take?", "refund_time")
    assert await one.returns() == ["ask_one_time_code"]
    assert len(own_sqlite.letters.sent) == 1


async def test_a_message_that_is_answered_again_lists_the_same(own: OwnShop) -> None:
    one = await asked_for_the_code(own)
    assert await one.says(own.letters.sent[0].code) == ["history"]
    first = told(one)
    assert await one.again() == ["history"]
    assert told(one) == first
    assert len(own.letters.sent) == 1


async def test_within_the_half_hour_no_other_code_is_needed(own: OwnShop) -> None:
    one = await asked_for_the_code(own)
    await one.says(own.letters.sent[0].code)
    assert await one.says("my orders once more", "order_history") == ["history"]
    assert len(own.letters.sent) == 1


async def test_who_is_signed_in_is_asked_for_nothing(own: OwnShop, orders: dict[str, Order]) -> None:
    one = talk(own, intent="order_history")
    one.customer = {"id": (await own.order(NUMBER)).customer.id, "email": ARIF}
    assert await one.says("my orders", "order_history") == ["history"]
    assert told(one) == newest(orders, ARIF)
    assert own.letters.sent == []


async def test_who_is_signed_in_without_orders_hears_that(own_sqlite: OwnShop) -> None:
    one = talk(own_sqlite, intent="order_history")
    one.customer = {"id": "00000000-0000-7000-8000-000000000000", "email": "new@example.com"}
    assert await one.says("my orders", "order_history") == ["history_none"]


async def test_who_is_known_by_an_address_alone_shows_it_with_an_order(own_sqlite: OwnShop) -> None:
    one = talk(own_sqlite, intent="order_history")
    one.customer = {"email": ARIF}
    assert await one.says("my orders", "order_history", order_number=NUMBER) == ["history"]
    other = talk(own_sqlite, "w", intent="order_history")
    other.customer = {"email": AMINA}
    assert await other.says("my orders", "order_history", order_number=NUMBER) == ["ask_order_contact"]


async def test_an_order_that_is_gone_lists_nothing(own_sqlite: OwnShop) -> None:
    order = await own_sqlite.order(NUMBER)
    await own_sqlite.change(delete(tables.orders).where(tables.orders.c.id == order.id))
    slots = {"order_number": NUMBER, "approved_order": order.id}
    assert (await run_action(own_sqlite.shop, "action_order_history", slots, [user("123456")])).keys == []


@dataclasses.dataclass
class Failing:
    """A shop that goes away before its n-th answer."""

    own: OwnShop
    answers: int

    async def find_order(self, number: str) -> Order | None:
        self._or_fail()
        return await self.own.shop.find_order(number)

    async def orders_of(self, customer_id: str, limit: int) -> tuple[Order, ...]:
        self._or_fail()
        return await self.own.shop.orders_of(customer_id, limit)

    def _or_fail(self) -> None:
        if self.answers <= 0:
            raise OSError("no route to host")
        self.answers -= 1


@pytest.mark.parametrize("answers", range(4))
async def test_a_shop_that_is_down_leads_to_a_person_at_every_step(own_sqlite: OwnShop, answers: int) -> None:
    one = talk(own_sqlite, intent="order_history")
    one.shop = Failing(own_sqlite, answers)  # type: ignore[assignment]
    said = await one.says("my orders", "order_history", order_number=NUMBER, email=ARIF)
    if one.on:
        said = await one.says(own_sqlite.letters.sent[0].code)
    assert said == ["shop_unavailable"]
    assert one.slots["handoff_reason"] == "shop_unavailable"
    assert one.slots.get(APPROVED_ORDER) is None


def test_of_many_orders_the_newest_are_listed_and_the_rest_is_mentioned(orders: dict[str, Order]) -> None:
    many = tuple(orders.values())
    for count in range(1, SHOWN + 2):
        rows: Any = history(many[:count])["details"]
        keys = [row["phrase"] for row in rows["lines"]]
        assert keys.count("history_line") == min(count, SHOWN)
        assert ("history_older" in keys) == (count > SHOWN)
        check("history", history(many[:count]))


def test_every_state_can_be_said_in_a_line(orders: dict[str, Order]) -> None:
    for state in OrderState:
        check("history", history((dataclasses.replace(orders[NUMBER], state=state),)))
