"""Other items: less of them here, more while nothing is paid; anything else goes to a person with everything noted."""

from datetime import UTC, datetime, timedelta

import pytest
from failing_shop import Failing
from form_testing import Talk, talk
from rasa_sdk.interfaces import ActionExecutionRejection
from shop_testing import POLICY, OwnShop, differences
from sqlalchemy import update
from test_change_form import JONAS, over
from test_changing_sql import AT_THE_DOOR, PAID, just_placed

from actions.shop import tables
from actions.shop.backend import Money, OrderState

INTENT = "change_order"
ARIF = "arif@example.com"


async def asked_what(own: OwnShop, number: str = PAID, contact: str = JONAS) -> Talk:
    await just_placed(own, number)
    one = talk(own, intent=INTENT)
    said = await one.says("I want to change my order", INTENT, order_number=number, email=contact)
    assert said == ["change_what_question"]
    return one


async def presses(one: Talk, choice: str) -> list[str]:
    return await one.says(f"/choose {choice}", "choose", choice=choice)


async def asked_to_confirm_without(own: OwnShop, sku: str = "NS-207") -> Talk:
    one = await asked_what(own)
    assert await presses(one, "change_what:remove") == ["change_items_question"]
    assert await one.says("that one", product=sku) == ["ask_one_time_code"]
    assert await one.says(own.letters.sent[-1].code) == ["change_items_summary", "confirm_change"]
    return one


async def test_one_item_is_taken_out_and_its_price_goes_back(own: OwnShop) -> None:
    before = await own.everything()
    one = await asked_to_confirm_without(own)
    summary = one.params("change_items_summary")
    assert summary["total"] == {"money": 6350, "currency": "EUR"}
    out, back = summary["details"]["lines"]
    assert (out["phrase"], back["phrase"]) == ("change_line_out", "change_money_back")
    assert back["params"]["amount"] == {"money": 850, "currency": "EUR"}
    assert await own.rows(tables.changes) == []
    assert await one.says("yes", "affirm") == ["items_changed"]
    told = one.params("items_changed")
    assert told["reference"] == {"id": "C10003-1"} and told["total"] == {"money": 6350, "currency": "EUR"}
    (line,) = told["details"]["lines"]
    assert line["phrase"] == "refund_line_pending" and line["params"]["amount"] == {"money": 850, "currency": "EUR"}
    order = await own.order(PAID)
    assert ([item.sku for item in order.items], order.total) == (["NS-201"], Money(6350, "EUR"))
    changed = differences(before, await own.everything())
    assert set(changed) == {"shop_orders", "shop_order_items", "shop_refunds", "shop_changes", "shop_codes"}
    assert over(one)


async def test_the_question_has_a_button_for_each_kind_and_each_line(own_sqlite: OwnShop) -> None:
    one = await asked_what(own_sqlite)
    payloads = [button["payload"] for button in one.params("change_what_question")["buttons"]]
    assert payloads == [f'/choose{{"choice": "change_what:{kind}"}}' for kind in ("remove", "quantity", "other")]
    await presses(one, "change_what:remove")
    items = (await own_sqlite.order(PAID)).items
    buttons = one.params("change_items_question")["buttons"]
    assert [button["payload"].split('"')[3] for button in buttons] == [f"items:{item.id}" for item in items]
    assert await presses(one, f"items:{items[1].id}") == ["ask_one_time_code"]


@pytest.mark.parametrize(
    "said",
    [
        "change the quantity of the lamp to 3 in order {number}",
        "অর্ডার {number}-এ ল্যাম্পের পরিমাণ বাড়িয়ে ৩টা করুন",
        "Bestellung {number}: bitte die Menge der Lampe auf 3 ändern",
    ],
)
async def test_a_number_of_pieces_said_at_once_is_not_asked_for_again(own_sqlite: OwnShop, said: str) -> None:
    await just_placed(own_sqlite, AT_THE_DOOR)
    one = talk(own_sqlite, intent=INTENT)
    entities = {"order_number": AT_THE_DOOR, "email": ARIF, "product": "NS-205"}
    assert await one.says(said.format(number=AT_THE_DOOR), INTENT, **entities) == ["ask_one_time_code"]
    assert one.slots["wished"].endswith("items: Brass table lamp; new quantity: 3")


async def test_more_of_what_is_paid_at_the_door_costs_more(own: OwnShop) -> None:
    one = await asked_what(own, AT_THE_DOOR, ARIF)
    assert await presses(one, "change_what:quantity") == ["change_items_question"]
    assert await one.says("the lamp", product="NS-205") == ["change_quantity_question"]
    assert (one.params("change_quantity_question")["quantity"]) == 1
    assert await one.says("lots") == ["quantity_unclear", "change_quantity_question"]
    assert await one.says("1") == ["change_quantity_same", "change_quantity_question"]
    assert await one.says("make it ৩ please") == ["ask_one_time_code"]
    assert one.slots["wished"].endswith("items: Brass table lamp; new quantity: 3")
    await one.says(own.letters.sent[-1].code)
    count, pay = one.params("change_items_summary")["details"]["lines"]
    assert (count["params"]["before"], count["params"]["after"]) == (1, 3)
    assert pay["phrase"] == "change_pay_then"
    assert await one.says("yes", "affirm") == ["items_changed"]
    order = await own.order(AT_THE_DOOR)
    assert (order.items[0].quantity, order.total.minor) == (3, 1447000 + 2 * 265000)
    assert order.payments[0].amount == order.total


async def test_more_of_what_is_paid_is_for_a_person(own_sqlite: OwnShop) -> None:
    one = await asked_what(own_sqlite)
    await presses(one, "change_what:quantity")
    await one.says("the quilt", product="NS-201")
    before = await own_sqlite.everything()
    assert await one.says("2") == ["change_more_paid"]
    assert one.slots["handoff_reason"] == INTENT and "new quantity: 2" in one.slots["wished"]
    assert over(one) and own_sqlite.letters.sent == [] and await own_sqlite.everything() == before


async def test_as_many_as_a_business_buys_are_for_a_person(own_sqlite: OwnShop) -> None:
    one = await asked_what(own_sqlite, AT_THE_DOOR, ARIF)
    await presses(one, "change_what:quantity")
    await one.says("the lamp", product="NS-205")
    assert await one.says(str(POLICY.changing.most + 1)) == ["change_items_person"]
    assert one.slots["handoff_reason"] == INTENT


async def test_another_size_is_for_a_person_with_the_customers_own_words(own_sqlite: OwnShop) -> None:
    one = await asked_what(own_sqlite)
    assert await presses(one, "change_what:other") == ["change_wanted_question"]
    assert await one.says("the quilt in blue, size L", product="NS-201") == ["change_other_person"]
    assert one.slots["handoff_reason"] == INTENT
    assert one.slots["wished"] == "change what: other; wanted: the quilt in blue, size L"
    assert over(one) and own_sqlite.letters.sent == []


async def test_nothing_is_left_so_cancelling_is_offered(own_sqlite: OwnShop) -> None:
    one = await asked_what(own_sqlite)
    await presses(one, "change_what:remove")
    assert await presses(one, "items:all") == ["change_nothing_left"]
    assert one.params("change_nothing_left")["buttons"][0] == {"intent": "cancel_order"}
    assert over(one) and own_sqlite.letters.sent == []


async def test_none_of_a_line_takes_it_out(own: OwnShop) -> None:
    one = await asked_what(own)
    await presses(one, "change_what:quantity")
    await one.says("the quilt", product="NS-201")
    assert await one.says("0") == ["ask_one_time_code"]
    assert await one.says(own.letters.sent[-1].code) == ["change_items_summary", "confirm_change"]
    assert await one.says("yes", "affirm") == ["items_changed"]
    assert [item.sku for item in (await own.order(PAID)).items] == ["NS-207"]


async def test_no_the_other_one_is_shown_again_before_a_yes_counts(own: OwnShop) -> None:
    one = await asked_to_confirm_without(own)
    said = await one.says("no, the quilt", "deny", product="NS-201")
    assert said == ["change_items_summary", "confirm_change"]
    assert one.params("change_items_summary")["total"]["money"] == 2700
    assert await own.rows(tables.changes) == []
    assert await one.says("yes", "affirm") == ["items_changed"]
    assert [item.sku for item in (await own.order(PAID)).items] == ["NS-207"]


async def begins(own: OwnShop, text: str, **entities: str) -> tuple[Talk, list[str]]:
    await just_placed(own, PAID)
    one = talk(own, intent=INTENT)
    return one, await one.says(text, INTENT, order_number=PAID, email=JONAS, **entities)


async def test_the_item_may_be_named_before_it_is_asked_for(own_sqlite: OwnShop) -> None:
    one, said = await begins(own_sqlite, "no quilt in 10003 please", product="NS-201")
    assert said == ["change_what_question"]
    assert await presses(one, "change_what:remove") == ["ask_one_time_code"]


@pytest.mark.parametrize(
    "text",
    [
        "remove the quilt from order 10003",
        "১০০০৩ থেকে কাঁথাটা বাদ দিন",
        "order 10003 theke kantha ta bad den",
        "ऑर्डर 10003 से रज़ाई हटा दीजिए",
        "order 10003 se razai hata do",
        "quitar la colcha del pedido 10003",
        "enlevez la courtepointe de la commande 10003",
        "bitte die Decke aus 10003 entfernen",
    ],
)
async def test_everything_can_be_said_at_once(own_sqlite: OwnShop, text: str) -> None:
    one, said = await begins(own_sqlite, text, product="NS-201")
    assert said == ["ask_one_time_code"]
    await one.says(own_sqlite.letters.sent[-1].code)
    out, _ = one.params("change_items_summary")["details"]["lines"]
    assert out["phrase"] == "change_line_out" and out["params"]["name"]["names"]["en"] == "Nakshi kantha quilt"


@pytest.mark.parametrize(
    "text",
    [
        "wrong size, I need M instead of S",
        "রংটা ভুল হয়ে গেছে, নীল দিন",
        "size ta L kore den please",
        "गलत रंग चुन लिया",
        "ek aur kurta jod dijiye",
        "me equivoqué de talla",
        "je peux ajouter un article",
        "falsche Farbe erwischt",
    ],
)
async def test_another_size_or_colour_said_at_once_is_with_a_person_at_once(own_sqlite: OwnShop, text: str) -> None:
    one, said = await begins(own_sqlite, text)
    assert said == ["change_other_person"]
    assert one.slots["wished"] == f"change what: other; wanted: {text}"


@pytest.mark.parametrize("text", ["remove the blue one and add a red one", "change my order", "1 → 3", "no quilt"])
async def test_what_words_do_not_say_surely_is_asked_for(own_sqlite: OwnShop, text: str) -> None:
    _, said = await begins(own_sqlite, text)
    assert said == ["change_what_question"]


async def test_of_several_pieces_not_all_may_be_meant_and_all_that_is_named_neither(own_sqlite: OwnShop) -> None:
    order = await own_sqlite.order(PAID)
    _, said = await begins(own_sqlite, "Nakshi kantha quilt and Cushion cover pair, remove the one")
    await own_sqlite.change(
        update(tables.order_items).where(tables.order_items.c.id == order.items[0].id).values(quantity=2)
    )
    _, again = await begins(own_sqlite, "remove the quilt", product="NS-201")
    assert (said, again) == (["change_items_question"], ["change_what_question"])


async def test_another_question_is_answered_and_this_one_asked_again(own_sqlite: OwnShop) -> None:
    one = await asked_what(own_sqlite)
    with pytest.raises(ActionExecutionRejection):
        await one.says("how long does a refund take", "refund_time")
    assert await one.returns() == ["change_what_question"]
    assert await one.says("something", "nlu_fallback") == ["change_what_unclear", "change_what_question"]


@pytest.mark.parametrize("reached", [[], ["change_what:remove"], ["change_what:other"]])
async def test_never_mind_leaves_everything_as_it_was(own_sqlite: OwnShop, reached: list[str]) -> None:
    one = await asked_what(own_sqlite)
    before = await own_sqlite.everything()
    for choice in reached:
        await presses(one, choice)
    assert await one.says("never mind", "deny") == ["left_as_it_was"]
    assert over(one) and await own_sqlite.everything() == before


@pytest.mark.parametrize("state", OrderState)
async def test_what_is_packed_is_refused_before_any_question(own_sqlite: OwnShop, state: OrderState) -> None:
    own = own_sqlite
    await just_placed(own, PAID)
    await own.change(update(tables.orders).where(tables.orders.c.number == PAID).values(state=state.value))
    said = await talk(own, intent=INTENT).says("change it", INTENT, order_number=PAID, email=JONAS)
    late = "change_items_cancelled" if state is OrderState.CANCELLED else "change_items_too_late"
    assert said == ["change_what_question" if state in POLICY.changing.items_while else late]


async def test_after_the_time_for_changes_an_exchange_is_offered(own_sqlite: OwnShop) -> None:
    own = own_sqlite
    placed = datetime.now(UTC) - POLICY.changing.window - timedelta(minutes=1)
    await own.change(update(tables.orders).where(tables.orders.c.number == PAID).values(placed_at=placed))
    one = talk(own, intent=INTENT)
    assert await one.says("change it", INTENT, order_number=PAID, email=JONAS) == ["change_items_too_late"]
    buttons = one.params("change_items_too_late")["buttons"]
    assert buttons == [{"intent": "exchange_item"}, {"intent": "human_agent"}]


async def test_an_order_that_was_packed_before_the_yes_keeps_its_items(own: OwnShop) -> None:
    one = await asked_to_confirm_without(own)
    await own.change(update(tables.orders).where(tables.orders.c.number == PAID).values(state="packed"))
    before = await own.everything()
    assert await one.says("yes", "affirm") == ["change_items_too_late"]
    assert await own.everything() == before


async def test_what_was_paid_before_the_yes_is_not_made_dearer(own: OwnShop) -> None:
    one = await asked_what(own, AT_THE_DOOR, ARIF)
    await presses(one, "change_what:quantity")
    await one.says("the lamp", product="NS-205")
    await one.says("2")
    await one.says(own.letters.sent[-1].code)
    order = await own.order(AT_THE_DOOR)
    await own.change(update(tables.payments).where(tables.payments.c.order_id == order.id).values(state="captured"))
    before = await own.everything()
    assert await one.says("yes", "affirm") == ["change_items_cannot"]
    assert one.slots["handoff_reason"] == INTENT
    assert await own.everything() == before


async def test_the_same_message_changes_nothing_twice(own: OwnShop) -> None:
    one = await asked_to_confirm_without(own)
    assert await one.says("yes", "affirm") == ["items_changed"]
    told, before = one.params("items_changed"), await own.everything()
    assert await one.again() == ["items_changed"]
    assert one.params("items_changed") == told
    assert await own.everything() == before


@pytest.mark.parametrize("answers", range(6))
async def test_a_shop_that_is_down_leads_to_a_person_at_every_step(own_sqlite: OwnShop, answers: int) -> None:
    await just_placed(own_sqlite, PAID)
    one = talk(own_sqlite, intent=INTENT)
    one.shop = Failing(own_sqlite, answers)  # type: ignore[assignment]
    said = await one.says("change it", INTENT, order_number=PAID, email=JONAS)
    if one.on:
        said = await presses(one, "change_what:remove")
    if one.on:
        said = await one.says("the quilt", product="NS-201")
    if one.on:
        said = await one.says(own_sqlite.letters.sent[0].code)
    if one.on:
        said = await one.says("yes", "affirm")
    assert said == ["shop_unavailable"]
    assert one.slots["handoff_reason"] == "shop_unavailable" and over(one)
    assert await own_sqlite.rows(tables.changes) == []
