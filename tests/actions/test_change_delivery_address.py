"""Another address: from one message or bit by bit, shown beside the old one, and refused where it must be."""

import dataclasses

import pytest
from failing_shop import Failing
from form_testing import Talk, talk
from rasa_sdk.interfaces import ActionExecutionRejection
from shop_testing import POLICY, OwnShop, differences, run_action, user
from sqlalchemy import update
from test_change_form import over
from test_changing_sql import AT_THE_DOOR

from actions.shop import tables
from actions.shop.backend import Address, OrderState

ARIF, WHOLE = "arif@example.com", "House 5, Road 3, Uposhohor, Sylhet 3100"
INTENT = "change_delivery_address"


async def asked_where(own: OwnShop, number: str = AT_THE_DOOR, contact: str = ARIF) -> Talk:
    one = talk(own, intent=INTENT)
    said = await one.says("another address please", INTENT, order_number=number, email=contact)
    assert said == ["address_question"]
    return one


async def asked_to_confirm(own: OwnShop, text: str = WHOLE, **entities: str) -> Talk:
    one = await asked_where(own)
    assert await one.says(text, **entities) == ["ask_one_time_code"]
    assert await one.says(own.letters.sent[-1].code) == ["change_address_summary", "confirm_change"]
    return one


async def test_one_message_is_enough_for_the_whole_address(own: OwnShop) -> None:
    before, order = await own.everything(), await own.order(AT_THE_DOOR)
    one = await asked_to_confirm(own)
    assert set(differences(before, await own.everything())) == {"shop_codes"}
    summary = one.params("change_address_summary")
    sylhet = {"names": POLICY.changing.cities.names("Sylhet", "BD")}
    new = {"list": ["Arif Mahmud", "House 5, Road 3, Uposhohor", sylhet, {"id": "3100"}]}
    assert summary["new"] == new
    assert summary["old"]["list"][1:3] == ["Flat 4B, House 51, Nodi Avenue", {"names": order.city}]
    assert await one.says("yes", "affirm") == ["address_changed"]
    told = one.params("address_changed")
    assert (told["reference"], told["new"]) == ({"id": "C10014-1"}, new)
    now = await own.order(AT_THE_DOOR)
    assert now.address == Address("Arif Mahmud", "House 5, Road 3, Uposhohor", "3100")
    assert now == dataclasses.replace(order, address=now.address, city=now.city)
    assert now.city["bn"] == "সিলেট"
    assert over(one) and one.slots["details"] is None and one.slots["wished"] is None


async def test_everything_can_be_said_at_once(own: OwnShop) -> None:
    one = talk(own, intent=INTENT)
    text = f"Please send order 10014 to {WHOLE}"
    assert await one.says(text, INTENT, order_number=AT_THE_DOOR, email=ARIF, city="Sylhet") == ["ask_one_time_code"]
    assert await one.says(own.letters.sent[-1].code) == ["change_address_summary", "confirm_change"]
    assert await one.says("yes", "affirm") == ["address_changed"]
    assert (await own.order(AT_THE_DOOR)).address == Address("Arif Mahmud", "House 5, Road 3, Uposhohor", "3100")


@pytest.mark.parametrize("text", [f"new address: {WHOLE}", f"নতুন ঠিকানা: {WHOLE}", f"send it here\n{WHOLE}"])
async def test_an_address_after_a_colon_or_on_a_line_of_its_own_is_one(own_sqlite: OwnShop, text: str) -> None:
    one = talk(own_sqlite, intent=INTENT)
    assert await one.says(text, INTENT, order_number=AT_THE_DOOR, email=ARIF) == ["ask_one_time_code"]


async def test_bit_by_bit_it_is_asked_for_bit_by_bit(own: OwnShop) -> None:
    one = talk(own, intent=INTENT)
    assert await one.says("wrong address!", INTENT) == ["ask_order_number"]
    assert await one.says(AT_THE_DOOR) == ["ask_order_contact"]
    assert await one.says(ARIF) == ["address_question"]
    assert await one.says("House 5, Road 3") == ["address_postcode_question"]
    assert await one.says("3100") == ["address_city_question"]
    assert own.letters.sent == []
    assert await one.says("Sylhet") == ["ask_one_time_code"]
    assert one.slots["wished"].endswith("street: House 5, Road 3; postcode: 3100; city: Sylhet")
    assert await one.says(own.letters.sent[0].code) == ["change_address_summary", "confirm_change"]
    assert await one.says("yes", "affirm") == ["address_changed"]
    assert (await own.order(AT_THE_DOOR)).city["bn"] == "সিলেট"


async def test_what_surely_is_an_answer_is_one_whatever_else_it_sounds_like(own_sqlite: OwnShop) -> None:
    one = await asked_where(own_sqlite)
    assert await one.says("House 5, Road 3, Nobinagar 3410", "store_hours") == ["ask_one_time_code"]
    one = await asked_where(own_sqlite)
    assert await one.says("House 5, Road 3", "out_of_scope") == ["address_postcode_question"]
    assert await one.says("3100", "order_status") == ["address_city_question"]
    assert await one.says("Sylhet", "shipping_cost") == ["ask_one_time_code"]


async def test_a_city_that_nobody_knows_stands_as_it_was_typed_in_every_language(own: OwnShop) -> None:
    one = await asked_to_confirm(own, "House 5, Road 3, Nobinagar 3410")
    assert await one.says("yes", "affirm") == ["address_changed"]
    assert set((await own.order(AT_THE_DOOR)).city.values()) == {"Nobinagar"}


@pytest.mark.parametrize("answer", ["button", "জানি না"])
async def test_without_a_postcode_a_parcel_finds_its_way_in_bangladesh(own_sqlite: OwnShop, answer: str) -> None:
    one = await asked_where(own_sqlite)
    assert await one.says("House 5, Road 3, Sylhet") == ["address_postcode_question"]
    (button,) = one.params("address_postcode_question")["buttons"]
    assert button["phrase"] == "address_no_postcode_button"
    if answer == "button":
        said = await one.says(button["payload"], "choose", choice="postcode:none")
    else:
        said = await one.says(answer)
    assert said == ["ask_one_time_code"]
    await one.says(own_sqlite.letters.sent[-1].code)
    assert len(one.params("change_address_summary")["new"]["list"]) == 3


async def test_elsewhere_a_postcode_is_needed_and_has_to_be_one(own_sqlite: OwnShop) -> None:
    one = await asked_where(own_sqlite, "10003", "jonas@example.com")
    assert await one.says("Alte Gasse 7, Hamburg") == ["address_postcode_question"]
    assert one.params("address_postcode_question")["buttons"] == []
    assert await one.says("2035") == ["address_postcode_wrong", "address_postcode_question"]
    assert await one.says("keine Ahnung") == ["address_postcode_unclear", "address_postcode_question"]
    assert await one.says("20355") == ["ask_one_time_code"]


async def test_what_is_no_address_is_asked_for_again(own_sqlite: OwnShop) -> None:
    one = await asked_where(own_sqlite)
    for text in ("hm", "1213", "my brother"):
        assert await one.says(text) == ["address_unclear", "address_question"]
    assert await one.says("House 5, Road 3, 3100") == ["address_city_question"]
    assert await one.says("12345") == ["address_city_unclear", "address_city_question"]
    assert await one.says("সিলেট", city="Sylhet") == ["ask_one_time_code"]


@pytest.mark.parametrize(
    ("text", "entities"),
    [("to my sister in India", {"country": "IN"}), ("Erlenweg 5, 1011, Berlin", {})],
)
async def test_another_country_is_for_a_person_who_sees_what_was_said(
    own_sqlite: OwnShop, text: str, entities: dict[str, str]
) -> None:
    before = await own_sqlite.everything()
    one = await asked_where(own_sqlite)
    said = await one.says(text, **entities)
    assert said == ["change_address_abroad"]
    assert one.slots["handoff_reason"] == INTENT
    assert ("country: IN" if entities else "city: Berlin") in one.slots["wished"]
    assert over(one) and own_sqlite.letters.sent == []
    assert await own_sqlite.everything() == before


async def test_where_delivery_costs_something_else_a_person_settles_the_difference(own_sqlite: OwnShop) -> None:
    one = await asked_where(own_sqlite)
    assert await one.says("House 5, Road 3, Banani, Dhaka 1213") == ["change_address_fee"]
    assert one.slots["handoff_reason"] == INTENT
    assert "Banani" in one.slots["wished"] and over(one)
    assert own_sqlite.letters.sent == []


async def test_the_address_that_it_has_is_no_change(own_sqlite: OwnShop) -> None:
    one = await asked_where(own_sqlite)
    assert await one.says("Flat 4B, House 51, Nodi Avenue, Mymensingh 1209") == ["change_address_same"]
    assert over(one) and own_sqlite.letters.sent == []


@pytest.mark.parametrize("intent", ["deny", "out_of_scope", "update_account"])
async def test_a_correction_at_the_end_is_shown_again_before_a_yes_counts(own: OwnShop, intent: str) -> None:
    one = await asked_to_confirm(own)
    no = "no, " if intent == "deny" else ""
    said = await one.says(f"{no}House 7, Road 9, Zindabazar, Sylhet 3101", intent, city="Sylhet")
    assert said == ["change_address_summary", "confirm_change"]
    assert one.params("change_address_summary")["new"]["list"][1] == "House 7, Road 9, Zindabazar"
    assert await own.rows(tables.changes) == []
    assert await one.says("yes", "affirm") == ["address_changed"]
    assert (await own.order(AT_THE_DOOR)).address == Address("Arif Mahmud", "House 7, Road 9, Zindabazar", "3101")


async def test_the_other_order_gets_the_address_instead_and_needs_a_code_of_its_own(own: OwnShop) -> None:
    one = await asked_to_confirm(own)
    assert await one.says("no, the other one, 10072", "deny", order_number="10072") == ["ask_one_time_code"]
    assert await one.says(own.letters.sent[-1].code) == ["change_address_summary", "confirm_change"]
    assert one.params("change_address_summary")["number"] == {"id": "10072"}
    assert await own.rows(tables.changes) == []


async def test_a_postcode_in_a_correction_is_no_order_number(own_sqlite: OwnShop) -> None:
    one = await asked_where(own_sqlite, "10003", "jonas@example.com")
    await one.says("Alte Gasse 7, 20355 Hamburg")
    await one.says(own_sqlite.letters.sent[-1].code)
    said = await one.says("nein, Neue Gasse 9, 20355 Hamburg", "deny", order_number="20355", city="Hamburg")
    assert said == ["change_address_summary", "confirm_change"]
    assert one.params("change_address_summary")["number"] == {"id": "10003"}
    assert one.params("change_address_summary")["new"]["list"][1] == "Neue Gasse 9"


async def to_hamburg(own: OwnShop) -> Talk:
    one = await asked_where(own, "10003", "jonas@example.com")
    await one.says("Alte Gasse 7, 20355 Hamburg")
    assert await one.says(own.letters.sent[-1].code) == ["change_address_summary", "confirm_change"]
    return one


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("no, 20457", "deny"),
        ("20457", "nlu_fallback"),
        ("nein, 20457 bitte", "deny"),
        ("nein, PLZ 20457", "deny"),
        ("no, the postcode is 20457", "change_delivery_address"),
        ("না, পোস্টকোড ২০৪৫৭", "deny"),
        ("না, প্লিজ ২০৪৫৭", "deny"),
    ],
)
async def test_a_postcode_alone_corrects_the_one_in_the_summary(own: OwnShop, text: str, intent: str) -> None:
    one = await to_hamburg(own)
    assert await one.says(text, intent, order_number="20457") == ["change_address_summary", "confirm_change"]
    told = one.params("change_address_summary")
    assert told["number"] == {"id": "10003"}
    assert (told["new"]["list"][1], told["new"]["list"][3]) == ("Alte Gasse 7", {"id": "20457"})
    assert await own.rows(tables.changes) == []
    assert await one.says("yes", "affirm") == ["address_changed"]
    assert (await own.order("10003")).address == Address("Jonas Weber", "Alte Gasse 7", "20457")


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("no, order 10072", "order_status"),
        ("no order 10072", "deny"),
        ("nein, Bestellung 10072", "nlu_choice"),
        ("no, the other one, 10072", "deny"),
        ("না, অর্ডার ১০০৭২", "deny"),
        ("#10072", "nlu_fallback"),
    ],
)
async def test_an_orders_number_at_the_summary_is_one_though_a_postcode_looks_like_it(
    own_sqlite: OwnShop, text: str, intent: str
) -> None:
    one = await to_hamburg(own_sqlite)
    await one.says(text, intent, order_number="10072")
    assert one.slots.get("order_number") != "10003"
    assert await own_sqlite.rows(tables.changes) == []


async def test_the_orders_own_number_at_the_summary_is_no_postcode(own_sqlite: OwnShop) -> None:
    one = await to_hamburg(own_sqlite)
    said = await one.says("10003", "nlu_fallback", order_number="10003")
    assert said == ["change_address_summary", "confirm_change"]
    assert one.params("change_address_summary")["new"]["list"][3] == {"id": "20355"}


async def test_four_digits_correct_a_postcode_where_it_has_so_many(own_sqlite: OwnShop) -> None:
    one = await asked_to_confirm(own_sqlite)
    assert await one.says("না, ৩১০১", "deny") == ["change_address_summary", "confirm_change"]
    assert one.params("change_address_summary")["new"]["list"][3] == {"id": "3101"}


@pytest.mark.parametrize(("named", "meant"), [(["10003", "20355"], "10003"), (["20355"], None), (["10003"], "10003")])
async def test_a_postcode_beside_the_first_wish_is_no_order_number(
    own_sqlite: OwnShop, named: list[str], meant: str | None
) -> None:
    text = f"send {named[0]} elsewhere: Neue Gasse 9, 20355 Hamburg"
    heard = user(text, INTENT, [{"entity": "order_number", "value": number} for number in named])
    # of several Rasa fills in the last
    events = [heard, {"event": "active_loop", "name": f"{INTENT}_form"}, {"event": "action", "name": f"{INTENT}_form"}]
    slots = {"order_number": named[-1]}
    filled = {"event": "slot", "name": "order_number", "value": named[-1]}
    said = await run_action(own_sqlite.shop, f"validate_{INTENT}_form", slots, [*events, filled])
    assert said.slots["order_number"] == meant
    assert said.slots["requested_slot"] == ("order_contact" if meant else "order_number")
    assert said.keys == []


async def test_another_question_is_answered_and_the_address_asked_for_again(own_sqlite: OwnShop) -> None:
    one = await asked_where(own_sqlite)
    for text, entities in (("how much is delivery to India", {"country": "IN"}), ("do you deliver to Sylhet?", {})):
        with pytest.raises(ActionExecutionRejection):
            await one.says(text, "shipping_cost", **entities)
        assert await one.returns() == ["address_question"]
    assert await one.says(WHOLE) == ["ask_one_time_code"]


@pytest.mark.parametrize("reached", [[], ["House 5, Road 3"], ["House 5, Road 3", "3100"]])
async def test_never_mind_leaves_everything_as_it_was(own_sqlite: OwnShop, reached: list[str]) -> None:
    before = await own_sqlite.everything()
    one = await asked_where(own_sqlite)
    for text in reached:
        await one.says(text)
    assert await one.says("never mind", "deny") == ["left_as_it_was"]
    assert over(one)
    assert await own_sqlite.everything() == before


@pytest.mark.parametrize("state", OrderState)
async def test_what_has_left_is_refused_before_any_question(own_sqlite: OwnShop, state: OrderState) -> None:
    own = own_sqlite
    await own.change(update(tables.orders).where(tables.orders.c.number == AT_THE_DOOR).values(state=state.value))
    one = talk(own, intent=INTENT)
    said = await one.says("another address", INTENT, order_number=AT_THE_DOOR, email=ARIF)
    late = "change_address_cancelled" if state is OrderState.CANCELLED else "change_address_too_late"
    assert said == ["address_question" if state in POLICY.changing.address_while else late]
    assert own.letters.sent == []


async def test_an_order_that_was_packed_before_the_yes_keeps_its_address(own: OwnShop) -> None:
    one = await asked_to_confirm(own)
    await own.change(update(tables.orders).where(tables.orders.c.number == AT_THE_DOOR).values(state="packed"))
    before = await own.everything()
    assert await one.says("yes", "affirm") == ["change_address_too_late"]
    assert await own.everything() == before


async def test_a_wrong_code_changes_nothing(own_sqlite: OwnShop) -> None:
    one = await asked_where(own_sqlite)
    await one.says(WHOLE)
    code = own_sqlite.letters.sent[-1].code
    assert await one.says(f"{(int(code) + 1) % 10**6:06d}") == ["code_wrong", "ask_one_time_code"]
    assert await one.says(code) == ["change_address_summary", "confirm_change"]


async def test_the_same_message_changes_nothing_twice(own: OwnShop) -> None:
    one = await asked_to_confirm(own)
    assert await one.says("yes", "affirm") == ["address_changed"]
    told, before = one.params("address_changed"), await own.everything()
    assert await one.again() == ["address_changed"]
    assert one.params("address_changed") == told
    assert await own.everything() == before


@pytest.mark.parametrize("answers", range(5))
async def test_a_shop_that_is_down_leads_to_a_person_at_every_step(own_sqlite: OwnShop, answers: int) -> None:
    one = talk(own_sqlite, intent=INTENT)
    one.shop = Failing(own_sqlite, answers)  # type: ignore[assignment]
    said = await one.says("another address", INTENT, order_number=AT_THE_DOOR, email=ARIF)
    for text in (WHOLE, None, "yes"):
        if one.on:
            code = text or own_sqlite.letters.sent[0].code
            said = await one.says(code, "affirm" if text == "yes" else None)
    assert said == ["shop_unavailable"]
    assert one.slots["handoff_reason"] == "shop_unavailable" and over(one)
    assert await own_sqlite.rows(tables.changes) == []


async def test_a_shop_that_cannot_says_so_and_a_person_comes(own_sqlite: OwnShop) -> None:
    for intent, text in (
        (INTENT, "change_address_cannot"),
        ("change_order", "change_items_cannot"),
        ("delivery_slot", "delivery_cannot"),
    ):
        one = talk(own_sqlite, intent=intent)
        one.shop = Failing(own_sqlite, 9, able=False)  # type: ignore[assignment]
        assert await one.says("please", intent, order_number=AT_THE_DOOR, email=ARIF) == [text]
        assert one.slots["handoff_reason"] == intent and over(one)


async def test_another_question_at_the_end_is_answered_and_the_summary_comes_again(own_sqlite: OwnShop) -> None:
    one = await asked_to_confirm(own_sqlite)
    with pytest.raises(ActionExecutionRejection):
        await one.says("how much is delivery", "shipping_cost")
    assert await one.returns() == ["change_address_summary", "confirm_change"]
    assert await own_sqlite.rows(tables.changes) == []
