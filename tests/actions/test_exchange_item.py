"""Exchanging: what comes back, what is wanted for it in the customer's own words, and no money in between."""

import pytest
from form_testing import talk
from rasa_sdk.interfaces import ActionExecutionRejection
from return_testing import (
    EARRINGS,
    EARRINGS_OWNER,
    ONE_PIECE,
    OWNER,
    PIECE_OWNER,
    TWO_LINES,
    asked_to_confirm,
    came,
    press,
)
from shop_testing import OwnShop, differences

from actions.shop import tables
from actions.shop.backend import ReturnReason, ReturnState
from actions.slots import DETAILS


async def test_an_exchange_is_opened_without_any_money(own: OwnShop) -> None:
    one, before = await asked_to_confirm(own, "exchange_item"), await own.everything()
    lines = one.params("exchange_summary")["details"]["lines"]
    assert [line["phrase"] for line in lines] == [
        "order_line_items",
        "return_line_reason",
        "return_line_unused",
        "exchange_line_instead",
        "return_line_free",
    ]
    assert lines[3]["params"]["wish"] == {"id": "the same lamp in silver"}
    assert await one.says("yes", "affirm") == ["exchange_opened"]
    changed = differences(before, await own.everything())
    assert {table: len(rows) for table, rows in changed.items()} == {
        "shop_returns": 1,
        "shop_return_items": 1,
        "shop_changes": 1,
    }
    (opened,) = (await own.order(TWO_LINES)).returns
    assert (opened.exchange_for, opened.amount.minor, opened.refund) == ("the same lamp in silver", 0, None)
    assert (opened.state, opened.reason) == (ReturnState.LABEL_SENT, ReturnReason.TOO_SMALL)
    told = one.params("exchange_opened")["details"]["lines"]
    assert (told[-1]["phrase"], told[-1]["params"]["wish"]) == (
        "exchange_line_to_come",
        {"id": "the same lamp in silver"},
    )


async def test_a_size_that_the_first_message_names_is_what_is_wanted(own: OwnShop) -> None:
    await came(own, ONE_PIECE)
    one = talk(own, intent="exchange_item")
    text = f"exchange order {ONE_PIECE} please, I need L instead of M"
    assert await one.says(text, "exchange_item", order_number=ONE_PIECE, email=PIECE_OWNER) == ["return_why"]
    assert await press(one, "reason", "too_small") == ["ask_one_time_code"]
    await one.says(own.letters.sent[-1].code)
    await one.says("yes", "affirm")
    (opened,) = (await own.order(ONE_PIECE)).returns
    assert opened.exchange_for == text


@pytest.mark.parametrize("text", ["I'm not happy with it", "XY-M55 is my model", "size l", "the S-Bahn is late"])
async def test_what_only_looks_like_a_size_is_none(own_sqlite: OwnShop, text: str) -> None:
    await came(own_sqlite, ONE_PIECE)
    one = talk(own_sqlite, intent="exchange_item")
    await one.says(text, "exchange_item", order_number=ONE_PIECE, email=PIECE_OWNER)
    assert await press(one, "reason", "other") == ["exchange_for_what"]


async def test_a_question_for_another_colour_is_an_answer_and_any_other_question_is_not(own_sqlite: OwnShop) -> None:
    await came(own_sqlite, ONE_PIECE)
    one = talk(own_sqlite, intent="exchange_item")
    await one.says("exchange", "exchange_item", order_number=ONE_PIECE, email=PIECE_OWNER)
    await press(one, "reason", "other")
    with pytest.raises(ActionExecutionRejection):
        await one.says("is it still sold?", "product_availability")
    assert await one.returns() == ["exchange_for_what"]
    assert await one.says("what?") == ["exchange_for_what_unclear", "exchange_for_what"]
    assert await one.says("do you have it in blue?", "exchange_item") == ["ask_one_time_code"]
    assert one.slots[DETAILS]["instead"] == "do you have it in blue?"


async def test_what_is_wanted_is_kept_to_a_reasonable_length(own_sqlite: OwnShop) -> None:
    await came(own_sqlite, ONE_PIECE)
    one = talk(own_sqlite, intent="exchange_item")
    await one.says("exchange", "exchange_item", order_number=ONE_PIECE, email=PIECE_OWNER)
    await press(one, "reason", "other")
    await one.says("blue " * 400)
    assert len(one.slots[DETAILS]["instead"]) == 300


async def test_another_item_at_the_summary_asks_anew_what_is_wanted_for_it(own: OwnShop) -> None:
    one, order = await asked_to_confirm(own, "exchange_item"), await own.order(TWO_LINES)
    said = await one.says("no, the sheets", "deny", product=order.items[1].sku)
    assert said == ["exchange_for_what"]
    assert await one.says("the blue ones") == ["exchange_summary", "confirm_change"]
    await one.says("yes", "affirm")
    (opened,) = (await own.order(TWO_LINES)).returns
    assert ([item.order_item_id for item in opened.items], opened.exchange_for) == (
        [order.items[1].id],
        "the blue ones",
    )


async def test_what_does_not_come_back_is_not_exchanged_either(own_sqlite: OwnShop) -> None:
    order = await came(own_sqlite, EARRINGS)
    one = talk(own_sqlite, intent="exchange_item")
    await one.says("exchange", "exchange_item", order_number=EARRINGS, email=EARRINGS_OWNER)
    await press(one, "items", order.items[0].id)
    await press(one, "quantity", "all")
    await press(one, "reason", "too_large")
    assert await one.says("smaller ones") == ["return_not_returnable"]
    assert own_sqlite.letters.sent == []


async def test_a_no_opens_nothing_and_a_label_that_is_not_taken_asks_for_a_person(own_sqlite: OwnShop) -> None:
    one = await asked_to_confirm(own_sqlite, "exchange_item")
    assert await one.says("no", "deny") == ["left_as_it_was"]
    assert await own_sqlite.rows(tables.changes) == []
    again = talk(own_sqlite, intent="exchange_item")
    await again.says("exchange L", "exchange_item", order_number=TWO_LINES, email=OWNER)
    await press(again, "items", "all")
    assert await press(again, "reason", "too_small") == ["exchange_summary", "confirm_change"]
    own_sqlite.letters.broken = True
    assert await again.says("yes", "affirm") == ["return_opened_no_label"]
    assert again.slots["handoff_reason"] == "exchange_item"
    assert "instead: exchange L" in again.slots["wished"]
