"""Returning something: asked, agreed, opened once, and the label in the post; every other way leaves all as it was."""

import dataclasses
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from form_testing import Talk, talk
from rasa_sdk.interfaces import ActionExecutionRejection
from return_testing import (
    EARRINGS,
    EARRINGS_OWNER,
    ONE_PIECE,
    OWNER,
    PIECE_OWNER,
    PIECES_OWNER,
    TWO_LINES,
    TWO_PIECES,
    asked_for_the_code,
    asked_to_confirm,
    came,
    press,
)
from shop_testing import OwnShop, differences
from sqlalchemy import delete, insert, update

from actions.post import DocumentKind
from actions.shop import tables
from actions.shop.backend import Order, OrderState, ReturnReason, ReturnState
from actions.shop.changes import Change, ChangeKind, Doing, ReturnWish
from actions.slots import APPROVED_ORDER, CONFIRMATION, DETAILS, ONE_TIME_CODE


def over(one: Talk) -> bool:
    """Whether the form is over and keeps nothing that could change an order later."""
    kept = (ONE_TIME_CODE, CONFIRMATION, APPROVED_ORDER, DETAILS)
    return not one.on and all(one.slots.get(name) is None for name in kept)


def phrases(one: Talk, key: str) -> list[str]:
    """The lines of a text, by key."""
    return [line["phrase"] for line in one.params(key)["details"]["lines"]]


async def test_a_return_is_opened_with_its_label_in_the_post(own: OwnShop) -> None:
    one, before, began = await asked_to_confirm(own), await own.everything(), datetime.now(UTC)
    order = await own.order(TWO_LINES)
    assert await one.says("yes", "affirm") == ["return_opened"]
    changed = differences(before, await own.everything())
    assert {table: len(rows) for table, rows in changed.items()} == {
        "shop_returns": 1,
        "shop_return_items": 1,
        "shop_changes": 1,
    }
    (opened,) = (await own.order(TWO_LINES)).returns
    lamp = order.items[0]
    assert (opened.number, opened.state, opened.reason) == (
        f"R{TWO_LINES}-1",
        ReturnState.LABEL_SENT,
        ReturnReason.CHANGED_MIND,
    )
    assert [(item.order_item_id, item.quantity) for item in opened.items] == [(lamp.id, 1)]
    assert opened.amount.minor == lamp.price.minor - 9000
    assert (opened.exchange_for, opened.refund, opened.rejection) == (None, None, None)
    assert opened.label_valid_until == began.date() + timedelta(days=14)
    assert (await own.order(TWO_LINES)).state is order.state
    letter = own.letters.sent[-1]
    assert (letter.to, letter.phrase, letter.language) == (OWNER, "return_label", "de")
    (document,) = letter.documents
    assert document.kind is DocumentKind.RETURN_LABEL and document.opened is not None
    assert (document.order.number, document.opened.number) == (TWO_LINES, opened.number)
    told = one.params("return_opened")
    assert told["return_number"] == {"id": opened.number}
    assert told["label_until"] == {"date": opened.label_valid_until.isoformat()}
    assert phrases(one, "return_opened") == [
        "order_line_items",
        "return_line_unused",
        "return_hand_over_home",
        "refund_expected_card",
    ]
    assert over(one)


async def test_the_summary_names_what_comes_back_why_and_what_is_left_of_the_price(own: OwnShop) -> None:
    one = await asked_to_confirm(own)
    items, reason, unused, back, fee = one.params("return_summary")["details"]["lines"]
    assert items["params"]["items"]["list"] == [{"names": (await own.order(TWO_LINES)).items[0].names}]
    assert reason["params"]["reason"]["phrase"] == "return_changed_mind"
    assert unused["phrase"] == "return_line_unused"
    assert (back["phrase"], back["params"]["amount"]) == ("return_line_money", {"money": 256000, "currency": "BDT"})
    assert (fee["phrase"], fee["params"]["amount"]) == ("return_line_fee", {"money": 9000, "currency": "BDT"})


async def test_who_says_it_bit_by_bit_is_asked_bit_by_bit(own: OwnShop) -> None:
    await came(own, TWO_PIECES)
    one = talk(own, intent="start_return")
    assert await one.says("I want to return something", "start_return") == ["ask_order_number"]
    assert await one.says(TWO_PIECES) == ["ask_order_contact"]
    assert await one.says(PIECES_OWNER) == ["return_how_many"]
    assert await one.says("3") == ["quantity_above", "return_how_many"]
    assert await one.says("1") == ["return_why"]
    assert await one.says("2") == ["return_money_or_exchange"]  # the second button
    assert await one.says("money back please", "start_return") == ["ask_one_time_code"]
    assert await one.says(own.letters.sent[-1].code) == ["return_summary", "confirm_change"]
    assert await one.says("yes", "affirm") == ["return_opened"]
    (opened,) = (await own.order(TWO_PIECES)).returns
    assert ([item.quantity for item in opened.items], opened.reason) == ([1], ReturnReason.TOO_LARGE)
    assert "return_hand_over_abroad" in phrases(one, "return_opened")


async def test_who_says_everything_at_once_is_asked_only_what_is_missing(own: OwnShop) -> None:
    order, one = await came(own, TWO_LINES), talk(own, intent="start_return")
    text = f"return the {order.items[1].names['en'].lower()} of {TWO_LINES}, {OWNER}"
    assert await one.says(text, "start_return", order_number=TWO_LINES, email=OWNER) == ["return_why"]
    assert await one.says("it arrived broken", "damaged_item") == ["return_money_or_exchange"]
    assert await press(one, "outcome", "money") == ["ask_one_time_code"]
    await one.says(own.letters.sent[-1].code)
    assert phrases(one, "return_summary")[-2:] == ["return_line_money", "return_line_free"]
    await one.says("yes", "affirm")
    for key in ("return_summary", "return_opened"):
        assert "return_line_unused" not in phrases(one, key)  # it came broken
    (opened,) = (await own.order(TWO_LINES)).returns
    assert (opened.reason, opened.amount) == (ReturnReason.DAMAGED, order.items[1].price)


async def test_a_product_that_the_message_named_is_not_asked_for(own_sqlite: OwnShop) -> None:
    order, one = await came(own_sqlite, TWO_LINES), talk(own_sqlite, intent="start_return")
    sku = order.items[1].sku
    said = await one.says("return it", "start_return", order_number=TWO_LINES, email=OWNER, product=sku)
    assert said == ["return_why"]
    assert one.slots[DETAILS] == {"items": [order.items[1].id]}


async def test_no_the_other_one_is_understood_at_the_summary(own: OwnShop) -> None:
    one, order = await asked_to_confirm(own), await own.order(TWO_LINES)
    sku = order.items[1].sku
    said = await one.says("no, the other one, the sheets", "deny", product=sku)
    assert said == ["return_summary", "confirm_change"]
    (named,) = one.params("return_summary")["details"]["lines"][0]["params"]["items"]["list"]
    assert named == {"names": order.items[1].names}
    assert await own.rows(tables.changes) == []
    await one.says("yes", "affirm")
    (opened,) = (await own.order(TWO_LINES)).returns
    assert [item.order_item_id for item in opened.items] == [order.items[1].id]


async def test_a_reason_in_their_own_words_is_taken_and_a_question_is_not(own_sqlite: OwnShop) -> None:
    await came(own_sqlite, ONE_PIECE)
    one = talk(own_sqlite, intent="start_return")
    assert await one.says("return", "start_return", order_number=ONE_PIECE, email=PIECE_OWNER) == ["return_why"]
    assert await one.says("why do you ask?") == ["return_why_unclear", "return_why"]
    assert await one.says("99") == ["return_why_unclear", "return_why"]
    assert await one.says("the heel squeaks") == ["return_money_or_exchange"]
    assert one.slots[DETAILS]["reason"] == "other"


async def test_a_fault_that_is_told_beside_the_item_is_the_reason(own_sqlite: OwnShop) -> None:
    order, one = await came(own_sqlite, TWO_LINES), talk(own_sqlite, intent="start_return")
    await one.says("return", "start_return", order_number=TWO_LINES, email=OWNER)
    said = await one.says("the lamp, it came broken", "damaged_item", product=order.items[0].sku)
    assert said == ["return_money_or_exchange"]
    assert one.slots[DETAILS]["reason"] == "damaged"


async def test_a_question_about_faults_is_no_reason(own_sqlite: OwnShop) -> None:
    await came(own_sqlite, TWO_LINES)
    one = talk(own_sqlite, intent="start_return")
    await one.says("return", "start_return", order_number=TWO_LINES, email=OWNER)
    with pytest.raises(ActionExecutionRejection):
        await one.says("what if something is broken?", "damaged_item")


async def test_money_back_turns_into_an_exchange_when_they_say_so(own: OwnShop) -> None:
    one = await asked_to_confirm(own)
    assert await one.says("I would rather exchange it", "exchange_item") == ["exchange_for_what"]
    assert await one.says("the same in silver") == ["exchange_summary", "confirm_change"]
    assert await one.says("yes", "affirm") == ["exchange_opened"]
    (opened,) = (await own.order(TWO_LINES)).returns
    assert (opened.exchange_for, opened.amount.minor) == ("the same in silver", 0)
    (row,) = await own.rows(tables.changes)
    assert row["kind"] == "exchange"


async def test_the_audit_row_says_what_was_opened_and_none_of_the_customers_own_words(own: OwnShop) -> None:
    one = await asked_to_confirm(own, "exchange_item", sender="conversation 5")
    await one.says("yes", "affirm")
    (row,), order = await own.rows(tables.changes), await own.order(TWO_LINES)
    assert (row["who"], row["level"], row["kind"], row["reference"]) == (
        "conversation 5",
        2,
        "exchange",
        f"C{TWO_LINES}-1",
    )
    assert row["after"] == {
        "number": f"R{TWO_LINES}-1",
        "state": "approved",
        "amount_minor": 0,
        "reason": "too_small",
        "items": {order.items[0].id: 1},
    }


async def test_what_does_not_come_back_is_refused_unless_it_came_damaged(own: OwnShop) -> None:
    order = await came(own, EARRINGS)
    one, before = talk(own, intent="start_return"), await own.everything()
    await one.says("return", "start_return", order_number=EARRINGS, email=EARRINGS_OWNER)
    await press(one, "items", order.items[0].id)
    await press(one, "quantity", "all")
    await press(one, "reason", "changed_mind")
    assert await press(one, "outcome", "money") == ["return_not_returnable"]
    assert over(one)
    assert (own.letters.sent, await own.everything()) == ([], before)
    again = talk(own, "w", intent="start_return")
    await again.says("return", "start_return", order_number=EARRINGS, email=EARRINGS_OWNER)
    await press(again, "items", order.items[0].id)
    await press(again, "quantity", "all")
    await press(again, "reason", "damaged")
    assert await press(again, "outcome", "money") == ["ask_one_time_code"]


async def test_of_several_items_what_does_not_come_back_is_left_out_and_said(own: OwnShop) -> None:
    order, one = await came(own, EARRINGS), talk(own, intent="start_return")
    await one.says("return", "start_return", order_number=EARRINGS, email=EARRINGS_OWNER)
    assert await press(one, "items", "all") == ["return_why"]
    await press(one, "reason", "late")
    await press(one, "outcome", "money")
    await one.says(own.letters.sent[-1].code)
    assert phrases(one, "return_summary")[2] == "return_line_left_out"
    await one.says("yes", "affirm")
    (opened,) = (await own.order(EARRINGS)).returns
    assert [(item.order_item_id, item.quantity) for item in opened.items] == [(order.items[1].id, 1)]
    assert opened.amount.minor == order.items[1].price.minor - 9000


async def test_earbuds_come_back_unopened_only_and_that_is_said(own_sqlite: OwnShop) -> None:
    await came(own_sqlite, "10126")
    one = talk(own_sqlite, intent="start_return")
    await one.says("return", "start_return", order_number="10126", email="shakil@example.com")
    await press(one, "reason", "changed_mind")
    await press(one, "outcome", "money")
    await one.says(own_sqlite.letters.sent[-1].code)
    assert "return_line_unopened" in phrases(one, "return_summary")


@pytest.mark.parametrize(
    ("days", "reason", "said"),
    [
        (30, "changed_mind", "ask_one_time_code"),
        (31, "changed_mind", "return_over_for_reason"),
        (31, "damaged", "ask_one_time_code"),
        (60, "wrong_item", "ask_one_time_code"),
    ],
)
async def test_the_time_for_a_return_depends_on_the_reason(
    own_sqlite: OwnShop, days: int, reason: str, said: str
) -> None:
    await came(own_sqlite, ONE_PIECE, days)
    one = talk(own_sqlite, intent="start_return")
    await one.says("return", "start_return", order_number=ONE_PIECE, email=PIECE_OWNER)
    await press(one, "reason", reason)
    assert await press(one, "outcome", "money") == [said]
    assert (own_sqlite.letters.sent == []) == (said == "return_over_for_reason")


@pytest.mark.parametrize("intent", ["start_return", "exchange_item"])
async def test_every_order_of_which_nothing_comes_back_is_refused_before_any_question(
    own_sqlite: OwnShop, orders: dict[str, Order], intent: str
) -> None:
    await came(own_sqlite, ONE_PIECE, 61)
    before, seen = await own_sqlite.everything(), set()
    expected = {
        OrderState.CANCELLED: "return_not_possible",
        OrderState.LOST: "return_not_possible",
        OrderState.RETURNED: "return_already_done",
    }
    for order in orders.values():
        if order.state in own_sqlite.policy.returns.open_while or order.state in seen:
            continue
        seen.add(order.state)
        one = talk(own_sqlite, order.number, intent)
        said = await one.says("return", intent, order_number=order.number, email=order.customer.email)
        assert said == [expected.get(order.state, "return_too_early")]
        offered = [button["intent"] for button in one.params(said[0])["buttons"]]
        assert offered[-1] == "human_agent"
        assert ("cancel_order" in offered) == (order.state in own_sqlite.policy.cancel_while)
        assert over(one)
    assert seen == set(OrderState) - own_sqlite.policy.returns.open_while
    late = talk(own_sqlite, intent=intent)
    assert await late.says("return", intent, order_number=ONE_PIECE, email=PIECE_OWNER) == ["return_too_late"]
    done = talk(own_sqlite, "w", intent)
    said = await done.says("return", intent, order_number="10050", email="felix@example.com")
    assert said == ["return_already_done"]
    assert (own_sqlite.letters.sent, await own_sqlite.everything()) == ([], before)


async def test_an_order_whose_day_of_delivery_nobody_knows_goes_to_a_person(own_sqlite: OwnShop) -> None:
    order = await own_sqlite.order(ONE_PIECE)
    await own_sqlite.change(delete(tables.shipments).where(tables.shipments.c.order_id == order.id))
    one = talk(own_sqlite, intent="start_return")
    said = await one.says("return", "start_return", order_number=ONE_PIECE, email=PIECE_OWNER)
    assert (said, one.slots["handoff_reason"]) == (["return_not_supported"], "start_return")


@pytest.mark.parametrize("intent", ["start_return", "exchange_item"])
async def test_a_shop_that_cannot_do_it_says_so_and_a_person_takes_over(own_sqlite: OwnShop, intent: str) -> None:
    await came(own_sqlite, ONE_PIECE)
    one = talk(own_sqlite, intent=intent)
    one.shop = Limited(own_sqlite, frozenset({ChangeKind.CANCEL}))  # type: ignore[assignment]
    said = await one.says("it", intent, order_number=ONE_PIECE, email=PIECE_OWNER)
    assert said == ["return_not_supported" if intent == "start_return" else "exchange_not_supported"]
    assert one.slots["handoff_reason"] == intent
    assert over(one)


async def test_a_shop_that_only_takes_back_does_not_ask_for_an_exchange(own_sqlite: OwnShop) -> None:
    await came(own_sqlite, ONE_PIECE)
    one = talk(own_sqlite, intent="start_return")
    one.shop = Limited(own_sqlite, frozenset({ChangeKind.RETURN}))  # type: ignore[assignment]
    await one.says("return", "start_return", order_number=ONE_PIECE, email=PIECE_OWNER)
    assert await press(one, "reason", "changed_mind") == ["ask_one_time_code"]


@dataclasses.dataclass
class Limited:
    """A shop that can do only some of it, or goes away before its n-th answer."""

    own: OwnShop
    can: frozenset[ChangeKind] = frozenset(ChangeKind)
    answers: int = 10**6

    async def _or_fail(self) -> None:
        if self.answers <= 0:
            raise OSError("no route to host")
        self.answers -= 1

    async def find_order(self, number: str) -> Order | None:
        await self._or_fail()
        return await self.own.shop.find_order(number)

    async def open_return(self, order_id: str, wish: ReturnWish, doing: Doing) -> Change:
        await self._or_fail()
        return await self.own.shop.open_return(order_id, wish, doing)

    async def label_sent(self, order_id: str, number: str) -> None:
        await self._or_fail()
        await self.own.shop.label_sent(order_id, number)


@pytest.mark.parametrize("answers", range(7))
async def test_a_shop_that_goes_away_leads_to_a_person_at_every_step(own_sqlite: OwnShop, answers: int) -> None:
    await came(own_sqlite, ONE_PIECE)
    one = talk(own_sqlite, intent="start_return")
    one.shop = Limited(own_sqlite, answers=answers)  # type: ignore[assignment]
    said = await one.says("return", "start_return", order_number=ONE_PIECE, email=PIECE_OWNER)
    for detail, chosen in (("reason", "late"), ("outcome", "money")):
        if one.on:
            said = await press(one, detail, chosen)
    if one.on:
        said = await one.says(own_sqlite.letters.sent[0].code)
    if one.on:
        said = await one.says("yes", "affirm")
    returns = (await own_sqlite.order(ONE_PIECE)).returns
    if answers < 6:
        assert (said, one.slots["handoff_reason"], returns) == (["shop_unavailable"], "shop_unavailable", ())
    else:  # it was opened, and its label could not be made
        assert (said, one.slots["handoff_reason"]) == (["return_opened_no_label"], "start_return")
        assert [each.state for each in returns] == [ReturnState.APPROVED]
    assert over(one)


async def test_a_sent_label_that_cannot_be_noted_is_told_as_sent(own_sqlite: OwnShop) -> None:
    one = await asked_to_confirm(own_sqlite)
    one.shop = Limited(own_sqlite, answers=3)  # type: ignore[assignment]
    assert await one.says("yes", "affirm") == ["return_opened"]
    assert own_sqlite.letters.sent[-1].phrase == "return_label"
    assert [each.state for each in (await own_sqlite.order(TWO_LINES)).returns] == [ReturnState.APPROVED]


async def test_a_label_that_nobody_carries_goes_to_a_person_with_all_that_is_known(own: OwnShop) -> None:
    one = await asked_to_confirm(own)
    own.letters.broken = True
    assert await one.says("yes", "affirm") == ["return_opened_no_label"]
    (opened,) = (await own.order(TWO_LINES)).returns
    assert opened.state is ReturnState.APPROVED
    assert one.slots["handoff_reason"] == "start_return"
    assert one.slots["wished"].startswith("items: Brass table lamp; reason: changed_mind; in all: 1 × Brass table lamp")
    assert f"R{TWO_LINES}-1 is open, its label not sent" in one.slots["wished"]
    assert over(one)


@pytest.mark.parametrize("intent", ["start_return", "exchange_item"])
async def test_a_message_that_is_answered_again_opens_nothing_twice_and_sends_no_second_label(
    own: OwnShop, intent: str
) -> None:
    one = await asked_to_confirm(own, intent)
    key = "return_opened" if intent == "start_return" else "exchange_opened"
    assert await one.says("yes", "affirm") == [key]
    told, before, letters = one.params(key), await own.everything(), list(own.letters.sent)
    for _ in range(2):
        assert await one.again() == [key]
        assert one.params(key) == told
        assert over(one)
    assert (await own.everything(), own.letters.sent) == (before, letters)


async def test_a_yes_that_is_answered_again_finds_the_number_of_pieces_that_was_agreed(own: OwnShop) -> None:
    """Although no more than one piece is left to be asked about."""
    await came(own, TWO_PIECES)
    one = talk(own, intent="start_return")
    await one.says("return", "start_return", order_number=TWO_PIECES, email=PIECES_OWNER)
    await one.says("1")
    await press(one, "reason", "late")
    await press(one, "outcome", "money")
    await one.says(own.letters.sent[-1].code)
    assert await one.says("yes", "affirm") == ["return_opened"]
    before = await own.everything()
    assert await one.again() == ["return_opened"]
    assert await own.everything() == before


@pytest.mark.parametrize("step", [asked_for_the_code, asked_to_confirm])
async def test_the_form_steps_aside_for_another_question_and_goes_on(own_sqlite: OwnShop, step: Any) -> None:
    one = await step(own_sqlite)
    known, before = dict(one.slots[DETAILS]), await own_sqlite.everything()
    with pytest.raises(ActionExecutionRejection):
        await one.says("how long does a refund take?", "refund_time")
    said = await one.returns()
    assert said[-1] == ("ask_one_time_code" if step is asked_for_the_code else "confirm_change")
    assert (one.slots[DETAILS], await own_sqlite.everything()) == (known, before)


async def test_another_question_in_place_of_a_reason_is_answered_and_the_reason_asked_again(
    own_sqlite: OwnShop,
) -> None:
    await came(own_sqlite, ONE_PIECE)
    one = talk(own_sqlite, intent="start_return")
    await one.says("return", "start_return", order_number=ONE_PIECE, email=PIECE_OWNER)
    with pytest.raises(ActionExecutionRejection):
        await one.says("who pays for that?", "return_shipping_cost")
    assert await one.returns() == ["return_why"]


async def test_never_mind_is_heard_at_every_question_and_a_no_at_the_end(own_sqlite: OwnShop) -> None:
    order, before = await came(own_sqlite, TWO_LINES), None
    steps = [("items", order.items[0].id), ("reason", "late"), ("outcome", "exchange")]
    for reached in range(len(steps) + 1):
        one = talk(own_sqlite, f"v{reached}", intent="start_return")
        await one.says("return", "start_return", order_number=TWO_LINES, email=OWNER)
        for detail, chosen in steps[:reached]:
            await press(one, detail, chosen)
        before = await own_sqlite.everything()
        assert await one.says("never mind", "deny") == ["left_as_it_was"]
        assert over(one)
        assert await own_sqlite.everything() == before
    one = await asked_to_confirm(own_sqlite, sender="w")
    assert await one.says("no", "deny") == ["left_as_it_was"]
    assert over(one)
    assert (await own_sqlite.order(TWO_LINES)).returns == ()


async def test_a_wrong_code_opens_nothing(own_sqlite: OwnShop) -> None:
    one = await asked_for_the_code(own_sqlite)
    code = own_sqlite.letters.sent[-1].code
    for by in range(1, 5):
        assert await one.says(f"{(int(code) + by) % 10**6:06d}") == ["code_wrong", "ask_one_time_code"]
    assert await one.says(f"{(int(code) + 5) % 10**6:06d}") == ["code_spent"]
    assert one.slots["wished"].startswith("items: Brass table lamp")
    assert over(one)
    assert await own_sqlite.rows(tables.changes) == []


async def test_what_was_sent_back_meanwhile_is_refused_after_the_yes(own: OwnShop) -> None:
    one, order = await asked_to_confirm(own), await own.order(TWO_LINES)
    wish = ReturnWish({order.items[0].id: 1}, ReturnReason.LATE)
    await own.shop.open_return(order.id, wish, Doing("another", "x", 2))
    before = await own.everything()
    assert await one.says("yes", "affirm") == ["return_already_done"]
    assert over(one)
    assert await own.everything() == before


async def test_what_is_in_a_return_already_is_said_and_the_rest_is_offered(own: OwnShop) -> None:
    order = await came(own, "10002")
    one = talk(own, intent="start_return")
    earbuds, tea = order.items
    said = await one.says(
        "the earbuds", "start_return", order_number="10002", email="amina@example.com", product=earbuds.sku
    )
    assert said == ["return_why"]  # the tea set is all that is left
    assert one.slots[DETAILS] == {"items": [tea.id]}


async def test_a_second_return_of_an_order_has_the_next_number(own: OwnShop) -> None:
    order = await came(own, "10002")
    row = (await own.rows(tables.returns))[0] | {"id": "x", "order_id": order.id, "number": "R10002-7"}
    await own.change(insert(tables.returns).values(row | {"state": "rejected", "rejection": "used"}))
    wish = ReturnWish({order.items[1].id: 1}, ReturnReason.LATE)
    change = await own.shop.open_return(order.id, wish, Doing("m", "v", 2))
    assert (change.after["number"], change.kind) == ("R10002-8", ChangeKind.RETURN)


async def test_an_order_that_moves_on_between_summary_and_yes_is_left(own: OwnShop) -> None:
    one = await asked_to_confirm(own)
    await own.change(update(tables.orders).where(tables.orders.c.number == TWO_LINES).values(state="returned"))
    before = await own.everything()
    assert await one.says("yes", "affirm") == ["return_already_done"]
    assert await own.everything() == before
