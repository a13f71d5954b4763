"""The form before a change: which order, whose, a code, a yes; every other way leaves the order as it is."""

import dataclasses
from datetime import timedelta
from typing import Any

import pytest
from failing_shop import Failing
from form_testing import DOMAIN, Talk, filled_by, talk
from rasa_sdk.interfaces import ActionExecutionRejection
from shop_testing import OwnShop, differences, run_action, services, user
from sqlalchemy import delete, update

from actions import clock
from actions.change_action import ChangeAction
from actions.change_form import ChangeForm
from actions.registry import all_actions
from actions.shop import tables
from actions.shop.backend import Order, OrderState
from actions.shop.changes import Refusal
from actions.slots import APPROVED_ORDER, CONFIRMATION, DETAILS, ONE_TIME_CODE
from actions.standalone import services as standalone_services

JONAS, AMINA = "jonas@example.com", "amina@example.com"
BENGALI = str.maketrans("0123456789", "০১২৩৪৫৬৭৮৯")


def wrong(code: str, by: int = 1) -> str:
    return f"{(int(code) + by) % 10**6:06d}"


async def asked_for_the_code(own: OwnShop, sender: str = "v", number: str = "10003", contact: str = JONAS) -> Talk:
    one = talk(own, sender)
    said = await one.says("cancel my order", "cancel_order", order_number=number, email=contact)
    assert said == ["ask_one_time_code"]
    return one


async def asked_to_confirm(own: OwnShop, sender: str = "v", number: str = "10003", contact: str = JONAS) -> Talk:
    one = await asked_for_the_code(own, sender, number, contact)
    assert await one.says(own.letters.sent[-1].code) == ["cancel_summary", "confirm_change"]
    return one


def over(one: Talk) -> bool:
    """Whether the form is over and keeps nothing that could change an order later."""
    return not one.on and all(one.slots.get(name) is None for name in (ONE_TIME_CODE, CONFIRMATION, APPROVED_ORDER))


async def test_who_says_everything_at_once_is_asked_for_the_code_and_a_yes(own: OwnShop) -> None:
    one, before = talk(own), await own.everything()
    said = await one.says("cancel 10003, jonas@example.com", "cancel_order", order_number="10003", email=JONAS)
    assert said == ["ask_one_time_code"]
    assert set(differences(before, await own.everything())) == {"shop_codes"}
    (letter,) = own.letters.sent
    assert (letter.to, letter.language) == (JONAS, "de")
    assert await one.says(letter.code) == ["cancel_summary", "confirm_change"]
    assert set(differences(before, await own.everything())) == {"shop_codes"}
    assert await one.says("yes", "affirm") == ["cancelled"]
    assert (await own.order("10003")).state is OrderState.CANCELLED
    assert over(one)


async def test_who_says_it_bit_by_bit_is_asked_bit_by_bit(own: OwnShop) -> None:
    one = talk(own)
    assert await one.says("I want to cancel", "cancel_order") == ["ask_order_number"]
    assert await one.says("10003") == ["ask_order_contact"]
    assert own.letters.sent == []
    assert await one.says(JONAS) == ["ask_one_time_code"]
    assert await one.says("it is " + own.letters.sent[0].code) == ["cancel_summary", "confirm_change"]
    assert await one.says("yes", "affirm") == ["cancelled"]
    assert (await own.order("10003")).state is OrderState.CANCELLED


async def test_the_summary_names_the_order_and_the_end_names_the_reference_and_the_money(own: OwnShop) -> None:
    one = await asked_to_confirm(own)
    summary = one.params("cancel_summary")
    assert (summary["number"], summary["total"]) == ({"id": "10003"}, {"money": 7200, "currency": "EUR"})
    assert [line["phrase"] for line in summary["details"]["lines"]] == ["order_line_items", "cancel_money_back"]
    await one.says("yes", "affirm")
    told = one.params("cancelled")
    assert (told["number"], told["reference"]) == ({"id": "10003"}, {"id": "C10003-1"})
    (line,) = told["details"]["lines"]
    assert (line["phrase"], line["params"]["amount"]) == ("refund_line_pending", {"money": 7200, "currency": "EUR"})


async def test_where_nothing_was_paid_no_money_is_promised(own: OwnShop) -> None:
    one = await asked_to_confirm(own, number="10006", contact="rakib.c@example.com")
    lines = one.params("cancel_summary")["details"]["lines"]
    assert [line["phrase"] for line in lines] == ["order_line_items", "cancel_nothing_paid"]
    await one.says("yes", "affirm")
    assert [line["phrase"] for line in one.params("cancelled")["details"]["lines"]] == ["order_line_not_charged"]


async def test_the_audit_row_names_the_conversation_the_message_and_that_it_was_verified(own: OwnShop) -> None:
    one = await asked_to_confirm(own, sender="conversation 5")
    await one.says("yes", "affirm")
    (row,) = await own.rows(tables.changes)
    assert (row["who"], row["key"], row["level"]) == ("conversation 5", "conversation 5 3", 2)


@pytest.mark.parametrize("typed", ["{a}{b}", "{a} {b}", "{a}-{b}", "my code: {a}{b}.", "  {a}{b}\n"])
@pytest.mark.parametrize("digits", [{}, BENGALI], ids=["latin", "bengali"])
async def test_a_code_is_taken_however_it_is_typed(own_sqlite: OwnShop, typed: str, digits: dict[int, int]) -> None:
    one = await asked_for_the_code(own_sqlite)
    code = own_sqlite.letters.sent[0].code
    text = typed.format(a=code[:3], b=code[3:]).translate(digits)
    assert await one.says(text, "greet") == ["cancel_summary", "confirm_change"]


async def test_somebody_elses_order_is_answered_like_one_that_is_not_there(own: OwnShop) -> None:
    before, answers = await own.everything(), []
    for number in ("10003", "99999"):
        one = talk(own, number)
        said = [await one.says("cancel", "cancel_order", order_number=number, email=AMINA)]
        said += [await one.says(number), await one.says(AMINA), await one.says(number), await one.says(AMINA)]
        answers.append((said, one.slots, repr(one.said).replace(number, "NUMBER")))
    assert answers[0] == answers[1]
    assert answers[0][0][0] == ["order_no_match", "ask_order_number"]
    assert answers[0][1]["handoff_reason"] == "verification_failed"  # the third time
    assert own.letters.sent == []
    assert await own.everything() == before


async def test_a_wrong_code_twice_and_then_the_right_one(own: OwnShop) -> None:
    one = await asked_for_the_code(own)
    code = own.letters.sent[0].code
    for by in (1, 2):
        assert await one.says(wrong(code, by)) == ["code_wrong", "ask_one_time_code"]
    assert await one.says(code) == ["cancel_summary", "confirm_change"]
    assert len(own.letters.sent) == 1
    assert await one.says("yes", "affirm") == ["cancelled"]


async def test_a_spent_code_goes_to_a_person(own: OwnShop) -> None:
    one, before = await asked_for_the_code(own), await own.everything()
    code = own.letters.sent[0].code
    for by in range(1, 5):
        assert await one.says(wrong(code, by)) == ["code_wrong", "ask_one_time_code"]
    assert await one.says(wrong(code, 5)) == ["code_spent"]
    assert one.slots["handoff_reason"] == "verification_failed"
    assert over(one)
    assert set(differences(before, await own.everything())) == {"shop_codes"}


async def test_without_anybody_to_send_codes_a_person_is_asked(own: OwnShop) -> None:
    one = talk(own)
    one.codes = None
    before = await own.everything()
    said = await one.says("cancel", "cancel_order", order_number="10003", email=JONAS)
    assert said == ["code_not_possible"]
    assert one.slots["handoff_reason"] == "verification_failed"
    assert over(one)
    assert await own.everything() == before


async def test_a_letter_that_nobody_takes_goes_to_a_person(own: OwnShop) -> None:
    own.letters.broken = True
    one = talk(own)
    said = await one.says("cancel", "cancel_order", order_number="10003", email=JONAS)
    assert said == ["code_not_possible"]
    assert one.slots["handoff_reason"] == "verification_failed"
    assert over(one)


async def test_who_has_had_too_many_letters_goes_to_a_person(own: OwnShop) -> None:
    for number in range(5):
        await asked_for_the_code(own, f"v{number}")
    one = talk(own)
    said = await one.says("cancel", "cancel_order", order_number="10003", email=JONAS)
    assert said == ["code_not_possible"]
    assert one.slots["handoff_reason"] == "verification_failed"
    assert len(own.letters.sent) == 5


async def test_an_expired_code_is_told_and_another_is_sent(own: OwnShop) -> None:
    one = await asked_for_the_code(own)
    (row,) = await own.rows(tables.codes)
    await own.change(update(tables.codes).values(created_at=row["created_at"] - timedelta(minutes=11)))
    assert await one.says(own.letters.sent[0].code) == ["code_expired", "ask_one_time_code"]
    assert len(own.letters.sent) == 2
    assert await one.says(own.letters.sent[1].code) == ["cancel_summary", "confirm_change"]


async def test_a_no_at_the_end_leaves_everything_as_it_was(own: OwnShop) -> None:
    one = await asked_to_confirm(own)
    before = await own.everything()
    assert await one.says("no", "deny") == ["left_as_it_was"]
    assert await own.everything() == before
    assert over(one)


@pytest.mark.parametrize("intent", ["nlu_fallback", None, "foreign_language", "nlu_choice", "cancel_order"])
async def test_what_is_neither_yes_nor_no_is_asked_again(own_sqlite: OwnShop, intent: str | None) -> None:
    one = await asked_to_confirm(own_sqlite)
    before = await own_sqlite.everything()
    assert await one.says("perhaps", intent) == ["cancel_summary", "confirm_change"]
    assert await own_sqlite.everything() == before
    assert await one.says("yes", "affirm") == ["cancelled"]


@pytest.mark.parametrize("step", [asked_for_the_code, asked_to_confirm])
async def test_the_form_steps_aside_for_another_question_and_asks_again(own_sqlite: OwnShop, step: Any) -> None:
    one = await step(own_sqlite)
    before = await own_sqlite.everything()
    with pytest.raises(ActionExecutionRejection) as rejected:
        await one.says("how long does a refund take?", "refund_time")
    assert rejected.value.action_name == "cancel_order_form"
    said = await one.returns()
    assert said[-1] == ("ask_one_time_code" if step is asked_for_the_code else "confirm_change")
    assert await own_sqlite.everything() == before
    assert len(own_sqlite.letters.sent) == 1


@pytest.mark.parametrize("step", [asked_for_the_code, asked_to_confirm])
async def test_who_wants_a_person_gets_one_at_every_step(own_sqlite: OwnShop, step: Any) -> None:
    one = await step(own_sqlite)
    with pytest.raises(ActionExecutionRejection):
        await one.says("a person please", "human_agent")


async def test_no_the_other_one_changes_the_order_and_needs_its_own_code(own: OwnShop) -> None:
    one = await asked_to_confirm(own, number="10014", contact="arif@example.com")
    before = await own.everything()
    said = await one.says("no, the other one 10072", "deny", order_number="10072")
    assert said == ["ask_one_time_code"]
    assert set(differences(before, await own.everything())) == {"shop_codes"}
    assert own.letters.sent[-1].params["number"] == "10072"
    assert await one.says(own.letters.sent[-1].code) == ["cancel_summary", "confirm_change"]
    assert one.params("cancel_summary")["number"] == {"id": "10072"}
    assert await one.says("yes", "affirm") == ["cancelled"]
    assert (await own.order("10072")).state is OrderState.CANCELLED
    assert (await own.order("10014")).state is OrderState.PLACED


async def test_the_other_order_may_be_one_that_is_on_its_way_or_somebody_elses(own: OwnShop) -> None:
    one = await asked_to_confirm(own)
    before = await own.everything()
    said = await one.says("no, the other one 10001", "deny", order_number="10001")
    assert said == ["order_no_match", "ask_order_number"]
    assert await one.says("10001") == ["ask_order_contact"]
    assert await one.says(AMINA) == ["cancel_too_late"]
    assert over(one)
    assert await own.everything() == before


async def test_a_yes_that_names_another_order_is_no_yes_to_it(own: OwnShop) -> None:
    one = await asked_to_confirm(own, number="10014", contact="arif@example.com")
    assert await one.says("yes, and 10072 too", "affirm", order_number="10072") == ["ask_one_time_code"]
    assert await one.says(own.letters.sent[-1].code) == ["cancel_summary", "confirm_change"]
    assert await own.rows(tables.changes) == []


async def test_a_yes_beside_a_wrong_contact_is_no_yes_to_whatever_comes_next(own: OwnShop) -> None:
    one = await asked_to_confirm(own)
    said = await one.says("yes, amina@example.com", "affirm", email=AMINA)
    assert said == ["order_no_match", "ask_order_number"]
    assert await one.says("10014") == ["ask_order_contact"]
    assert await one.says("arif@example.com") == ["ask_one_time_code"]
    assert await one.says(own.letters.sent[-1].code) == ["cancel_summary", "confirm_change"]
    assert await own.rows(tables.changes) == []


async def test_a_yes_that_comes_too_late_for_the_code_is_asked_for_again(own: OwnShop) -> None:
    one = await asked_to_confirm(own)
    (row,) = await own.rows(tables.codes)
    times = {name: row[name] - timedelta(minutes=31) for name in ("created_at", "sent_at", "used_at")}
    await own.change(update(tables.codes).values(times))
    assert await one.says("yes", "affirm") == ["ask_one_time_code"]
    assert await one.says(own.letters.sent[-1].code) == ["cancel_summary", "confirm_change"]
    assert await own.rows(tables.changes) == []
    assert await one.says("yes", "affirm") == ["cancelled"]


async def test_within_the_half_hour_another_try_needs_no_other_code(own: OwnShop) -> None:
    one = await asked_to_confirm(own)
    await one.says("no", "deny")
    said = await one.says("cancel it after all", "cancel_order")
    assert said == ["cancel_summary", "confirm_change"]
    assert len(own.letters.sent) == 1


async def test_the_code_of_one_conversation_is_none_in_another(own: OwnShop) -> None:
    await asked_to_confirm(own, "v")
    other = await asked_for_the_code(own, "w")
    first = own.letters.sent[0].code
    assert len(own.letters.sent) == 2
    if first != own.letters.sent[1].code:  # one in a million
        assert await other.says(first) == ["code_wrong", "ask_one_time_code"]


async def test_every_order_that_cannot_be_cancelled_is_refused_before_a_code_is_sent(
    own_sqlite: OwnShop, orders: dict[str, Order]
) -> None:
    before = await own_sqlite.everything()
    seen = set()
    for order in orders.values():
        if own_sqlite.policy.cancellation(order) is None or order.state in seen:
            continue
        seen.add(order.state)
        one = talk(own_sqlite, order.number)
        said = await one.says("cancel", "cancel_order", order_number=order.number, email=order.customer.email)
        done = order.state is OrderState.CANCELLED
        assert said == ["cancel_already_done" if done else "cancel_too_late"]
        why = one.params(said[0])
        assert [button["intent"] for button in why["buttons"]] == (
            ["refund_status"] if done else ["start_return", "human_agent"]
        )
        assert over(one)
    assert seen == set(OrderState) - own_sqlite.policy.cancel_while
    assert own_sqlite.letters.sent == []
    assert await own_sqlite.everything() == before


async def test_an_order_that_was_packed_before_the_yes_is_refused(own: OwnShop) -> None:
    one = await asked_to_confirm(own)
    await own.change(update(tables.orders).where(tables.orders.c.number == "10003").values(state="packed"))
    before = await own.everything()
    assert await one.says("yes", "affirm") == ["cancel_too_late"]
    assert one.params("cancel_too_late")["number"] == {"id": "10003"}
    assert over(one)
    assert await own.everything() == before


async def test_an_order_that_was_packed_before_the_code_is_refused(own: OwnShop) -> None:
    one = await asked_for_the_code(own)
    await own.change(update(tables.orders).where(tables.orders.c.number == "10003").values(state="packed"))
    assert await one.says(own.letters.sent[0].code) == ["cancel_too_late"]
    assert over(one)


@pytest.mark.parametrize("answers", range(4))
async def test_a_shop_that_is_down_leads_to_a_person_at_every_step(own_sqlite: OwnShop, answers: int) -> None:
    one = talk(own_sqlite)
    one.shop = Failing(own_sqlite, answers)  # type: ignore[assignment]
    said = await one.says("cancel", "cancel_order", order_number="10003", email=JONAS)
    if one.on:
        said = await one.says(own_sqlite.letters.sent[0].code)
    if one.on:
        said = await one.says("yes", "affirm")
    assert said == ["shop_unavailable"]
    assert one.slots["handoff_reason"] == "shop_unavailable"
    assert over(one)
    assert await own_sqlite.rows(tables.changes) == []


async def test_a_form_that_is_begun_anew_has_forgotten_the_code_and_the_yes(own: OwnShop) -> None:
    order = await own.order("10003")
    one = talk(own)
    one.slots |= {ONE_TIME_CODE: "123456", CONFIRMATION: "yes", APPROVED_ORDER: order.id}
    said = await one.says("cancel", "cancel_order", order_number="10003", email=JONAS)
    assert said == ["ask_one_time_code"]
    assert [one.slots[name] for name in (ONE_TIME_CODE, CONFIRMATION, APPROVED_ORDER)] == [None, None, None]
    assert (await own.rows(tables.codes))[0]["tries"] == 0


async def test_the_message_that_begins_the_form_is_no_code_and_no_yes(own: OwnShop) -> None:
    one = talk(own)
    one.slots |= {"order_number": "10003", "order_contact": JONAS, "requested_slot": "confirmation"}
    await own.codes.send("v", await own.order("10003"), "before", "de")
    await own.codes.check("v", (await own.order("10003")).id, own.letters.sent[0].code)
    assert await one.says("yes cancel it", "affirm") == ["cancel_summary", "confirm_change"]
    assert await own.rows(tables.changes) == []


async def test_after_the_form_nothing_is_done_without_a_yes(own: OwnShop) -> None:
    before = await own.everything()
    said = await run_action(own.shop, "action_cancel_order", {"order_number": "10003"}, [user("yes", "affirm")])
    assert (said.responses, said.events) == ([], [])
    assert await own.everything() == before


async def test_a_message_that_is_answered_again_after_the_change_tells_the_same_and_changes_nothing(
    own: OwnShop,
) -> None:
    one = await asked_to_confirm(own)
    assert await one.says("yes", "affirm") == ["cancelled"]
    told, before = one.params("cancelled"), await own.everything()
    for _ in range(2):
        assert await one.again() == ["cancelled"]
        assert one.params("cancelled") == told
        assert over(one)
    assert await own.everything() == before


async def test_another_yes_after_the_change_finds_it_done(own: OwnShop) -> None:
    one = await asked_to_confirm(own)
    await one.says("yes", "affirm")
    before = await own.everything()
    assert await one.says("cancel it", "cancel_order") == ["cancel_already_done"]
    assert await own.everything() == before


async def test_a_message_that_is_answered_again_sends_no_second_letter_and_spends_no_right_code(own: OwnShop) -> None:
    one = await asked_for_the_code(own)
    assert await one.again() == ["ask_one_time_code"]
    assert len(own.letters.sent) == 1
    assert await one.says(own.letters.sent[0].code) == ["cancel_summary", "confirm_change"]
    assert await one.again() == ["cancel_summary", "confirm_change"]


async def test_an_order_that_is_gone_by_the_yes_changes_nothing(own: OwnShop) -> None:
    one = await asked_to_confirm(own)
    await own.change(delete(tables.orders).where(tables.orders.c.number == "10003"))
    assert await one.says("yes", "affirm") == ["order_no_match", "ask_order_number"]
    assert await own.rows(tables.changes) == []


async def test_messages_without_an_id_are_not_one_message(own: OwnShop) -> None:
    """Two customers would share it, and one be told of the other's order."""
    ids = [(await own.order(number)).id for number in ("10003", "10006")]
    for order_id in ids:
        said = await run_action(own.shop, "action_cancel_order", {"approved_order": order_id}, [user("yes", "affirm")])
        assert said.keys == ["cancelled"]
    assert [row["order_id"] for row in await own.rows(tables.changes)] == ids


CHANGES = [form.form_name() for form in all_actions(standalone_services()) if isinstance(form, ChangeForm)]


@pytest.mark.parametrize("form", CHANGES)
def test_while_a_form_is_on_only_the_form_decides_what_a_number_means(form: str) -> None:
    for entities in ({"order_number": "123456"}, {"email": AMINA}, {"phone": "01712345678"}):
        assert filled_by(entities, form, "one_time_code") == {}
        assert filled_by(entities, form, "street") == {}
    assert filled_by({"order_number": "123456"}, None, None) == {"order_number": "123456"}


async def test_six_digits_typed_as_a_code_are_never_taken_for_an_order_number(own_sqlite: OwnShop) -> None:
    one = await asked_for_the_code(own_sqlite)
    code = own_sqlite.letters.sent[-1].code
    said = await one.says(code, order_number=code)
    assert said == ["cancel_summary", "confirm_change"]
    assert one.slots["order_number"] == "10003"


def test_no_message_fills_what_only_the_form_may_fill() -> None:
    for name in (ONE_TIME_CODE, CONFIRMATION, APPROVED_ORDER, DETAILS, "stepped_up_order", "verified_order"):
        assert [mapping["type"] for mapping in DOMAIN["slots"][name]["mappings"]] == ["custom"]


@pytest.mark.parametrize("reached", [[], ["10003"], ["10003", JONAS]])
async def test_who_wants_no_more_of_it_is_left_alone_at_every_question(own_sqlite: OwnShop, reached: list[str]) -> None:
    one = talk(own_sqlite)
    await one.says("I want to cancel", "cancel_order")
    for text in reached:
        await one.says(text)
    assert await one.says("never mind", "deny") == ["left_as_it_was"]
    assert over(one)
    assert await own_sqlite.rows(tables.changes) == []


async def test_a_no_with_the_answer_in_it_is_the_answer(own_sqlite: OwnShop) -> None:
    one = talk(own_sqlite)
    await one.says("I want to cancel", "cancel_order")
    assert await one.says("no, 10003", "deny", order_number="10003") == ["ask_order_contact"]


async def test_a_yes_that_comes_long_after_the_summary_is_asked_for_once_more(own_sqlite: OwnShop) -> None:
    one = await asked_to_confirm(own_sqlite)
    asked = next(each for each in reversed(one.events) if each["event"] == "action")
    one.events.insert(one.events.index(asked) + 1, slot_set("requested_slot", "confirmation", seconds_ago=601))
    assert await one.says("yes", "affirm") == ["cancel_summary", "confirm_change"]
    assert await own_sqlite.rows(tables.changes) == []
    one.events.append(slot_set("requested_slot", "confirmation", seconds_ago=1))
    assert await one.says("yes", "affirm") == ["cancelled"]


def slot_set(name: str, value: str, seconds_ago: float) -> dict[str, Any]:
    return {"event": "slot", "name": name, "value": value, "timestamp": clock.now() - seconds_ago}


async def test_each_form_before_a_change_finds_out_whether_the_shop_can_make_it(own_sqlite: OwnShop) -> None:
    order = await own_sqlite.order("10003")
    able = dataclasses.replace(services(own_sqlite.shop), shop=Failing(own_sqlite, 0, able=False))  # type: ignore[arg-type]
    every = all_actions(able)
    changes = {one.name().removeprefix("action_") for one in every if isinstance(one, ChangeAction)}
    forms = [one for one in every if isinstance(one, ChangeForm) and one.form_name().removesuffix("_form") in changes]
    assert len(forms) == len(changes)
    # a delivery that has not failed, and an order that waits for nothing, are told so whatever the shop can do
    elsewhere = {"delivery_failed_form", "order_not_confirmed_form"}
    for form in forms:
        assert form.change_kind is not None, form.name()
        if form.form_name() not in elsewhere:
            assert form.why_not(order) is Refusal.NOT_SUPPORTED, form.name()
