"""Something broken, wrong or missing: asked bit by bit or said at once; granted at once, or a person knows it all."""

import asyncio
from typing import Any

import pytest
from claim_testing import (
    CHEAP,
    DEAR,
    OWNER,
    SMALL,
    TWO,
    TWO_OWNER,
    chosen,
    code_typed,
    freshen,
    item_of,
    new_rows,
    over,
)
from form_testing import Talk, talk
from rasa_sdk.interfaces import ActionExecutionRejection
from shop_testing import OwnShop
from sqlalchemy import update

from actions.shop import tables

KINDS = ("damaged_item", "wrong_item", "missing_item")
QUESTION = {
    "damaged_item": "claim_what_damaged",
    "wrong_item": "claim_what_wrong",
    "missing_item": "claim_what_missing",
}
WORDS = "the handle is broken off"


@pytest.fixture
async def mine(own: OwnShop) -> OwnShop:
    return await freshen(own)


@pytest.fixture
async def mine_sqlite(own_sqlite: OwnShop) -> OwnShop:
    return await freshen(own_sqlite)


async def asked_to_confirm(own: OwnShop, one: Talk, sku: str = DEAR, remedy: str = "refund") -> Talk:
    """Order 10010, of which two lines can be claimed."""
    order = await own.order(TWO)
    assert await one.says("it is broken", one.form[:-5], order_number=TWO, email=TWO_OWNER) == ["claim_items"]
    assert await one.says("this", **chosen("items", item_of(order, sku))) == [QUESTION[one.form[:-5]]]
    assert await one.says(WORDS) == ["claim_remedy"]
    said = await one.says("that", **chosen("remedy", remedy))
    assert await code_typed(own, one, said) == ["claim_summary", "confirm_change"]
    return one


@pytest.mark.parametrize("intent", KINDS)
async def test_something_small_is_granted_at_once(mine: OwnShop, intent: str) -> None:
    one, before = talk(mine, intent=intent), await mine.everything()
    assert await one.says("it is broken", intent) == ["ask_order_number"]
    assert await one.says(SMALL) == ["ask_order_contact"]
    # its other line is on its way back already, so it is clear which one is meant
    assert await one.says(OWNER) == [QUESTION[intent]]
    assert await one.says(WORDS) == ["claim_remedy"]
    said = await one.says("money", **chosen("remedy", "refund"))
    assert mine.letters.sent[-1].phrase == "code" and new_rows(before, await mine.everything()) == {}
    assert await code_typed(mine, one, said) == ["claim_summary", "confirm_change"]
    assert await one.says("yes", "affirm") == ["claim_granted"]
    assert over(one) and not one.slots.get("handoff_reason")
    changed = new_rows(before, await mine.everything())
    assert changed == {
        "shop_claims": 1,
        "shop_refunds": 1,
        "shop_changes": 1,
    }
    order = await mine.order(SMALL)
    (claim,), (refund,) = order.claims, order.refunds
    assert (claim.number, claim.state, claim.description) == ("K10002-1", "granted", WORDS)
    assert claim.items == {item_of(order, "NS-204"): 1}
    assert (refund.amount.minor, refund.state, refund.method) == (135000, "pending", "card")
    assert one.params("claim_granted")["claim"] == {"id": "K10002-1"}


async def test_the_summary_says_what_with_which_pieces_in_whose_words_and_what_for(mine: OwnShop) -> None:
    one = await asked_to_confirm(mine, talk(mine, intent="damaged_item"))
    summary = one.params("claim_summary")
    kind, pieces, words, wished = summary["details"]["lines"]
    assert summary["number"] == {"id": TWO}
    assert (kind["phrase"], pieces["phrase"]) == ("claim_kind_damaged", "order_line_items")
    assert words["params"] == {"what": WORDS}
    assert wished == {"phrase": "claim_line_refund", "params": {"amount": {"money": 265000, "currency": "BDT"}}}


async def test_what_is_worth_more_goes_to_a_person_who_knows_everything(mine: OwnShop) -> None:
    one = await asked_to_confirm(mine, talk(mine, intent="damaged_item"))
    before = await mine.everything()
    assert await one.says("yes", "affirm") == ["claim_open"]
    assert new_rows(before, await mine.everything()) == {"shop_claims": 1, "shop_changes": 1}
    assert one.slots["handoff_reason"] == "damaged_item"
    wished = one.slots["wished"]
    assert "claim K10010-1" in wished and WORDS in wished and "remedy: refund" in wished
    (claim,) = (await mine.order(TWO)).claims
    assert (claim.state, claim.remedy) == ("open", "refund")


async def test_a_replacement_is_noted_and_no_money_goes(mine: OwnShop) -> None:
    one = await asked_to_confirm(mine, talk(mine, intent="wrong_item"), CHEAP, "replacement")
    before = await mine.everything()
    assert await one.says("yes", "affirm") == ["claim_granted"]
    assert new_rows(before, await mine.everything()) == {"shop_claims": 1, "shop_changes": 1}
    told = [line["phrase"] for line in one.params("claim_granted")["details"]["lines"]]
    assert told == ["claim_replacement_next", "claim_keep_nothing", "claim_letter"]


async def test_a_second_one_of_the_same_order_is_looked_at_by_a_person(mine: OwnShop) -> None:
    one = await asked_to_confirm(mine, talk(mine, intent="damaged_item"), CHEAP)
    assert await one.says("yes", "affirm") == ["claim_granted"]
    async with mine.writing() as connection:
        item = update(tables.order_items).where(tables.order_items.c.id == item_of(await mine.order(TWO), DEAR))
        await connection.execute(item.values(price_minor=1000))
    two = talk(mine, "w", intent="wrong_item")
    said = await two.says("wrong one", "wrong_item", order_number=TWO, email=TWO_OWNER)
    assert said == ["claim_what_wrong"]
    await two.says(WORDS)
    said = await two.says("money", **chosen("remedy", "refund"))
    await code_typed(mine, two, said)
    assert await two.says("yes", "affirm") == ["claim_open"]
    assert two.params("claim_open")["claim"] == {"id": "K10010-2"}
    assert len((await mine.order(TWO)).refunds) == 1


async def test_everything_said_at_once_is_not_asked_again(mine_sqlite: OwnShop) -> None:
    one = talk(mine_sqlite, intent="damaged_item")
    text = f"The lamp from order {TWO} came with a crack right across the glass, {TWO_OWNER}"
    said = await one.says(text, "damaged_item", order_number=TWO, email=TWO_OWNER, product=DEAR)
    assert said == ["claim_remedy"]
    said = await one.says("a replacement please", "exchange_item")
    assert await code_typed(mine_sqlite, one, said) == ["claim_summary", "confirm_change"]
    (claimed,) = one.slots["details"]["claimed"].items()
    assert claimed == (item_of(await mine_sqlite.order(TWO), DEAR), 1)
    assert one.slots["details"]["what"] == text


async def test_several_pieces_of_one_line_are_asked_for(mine_sqlite: OwnShop) -> None:
    number, contact = "10019", "lamia@example.com"
    order = await mine_sqlite.order(number)
    one = talk(mine_sqlite, intent="damaged_item")
    await one.says("broken", "damaged_item", order_number=number, email=contact)
    assert await one.says("1", **chosen("items", item_of(order, "NS-303"))) == ["claim_quantity"]
    assert await one.says("3") == ["quantity_above", "claim_quantity"]
    assert await one.says("perhaps") == ["quantity_unclear", "claim_quantity"]
    assert await one.says("১টি") == ["claim_what_damaged"]
    await one.says(WORDS)
    said = await one.says("money", **chosen("remedy", "refund"))
    await code_typed(mine_sqlite, one, said)
    assert await one.says("yes", "affirm") == ["claim_granted"]
    now = await mine_sqlite.order(number)
    assert now.claims[0].items == {item_of(order, "NS-303"): 1}
    assert now.refunds[-1].amount.minor == 35000


async def test_no_the_other_one_at_the_confirmation(mine_sqlite: OwnShop) -> None:
    one = await asked_to_confirm(mine_sqlite, talk(mine_sqlite, intent="damaged_item"), CHEAP)
    said = await one.says("no, the other one", "deny", product=DEAR)
    assert said == ["claim_summary", "confirm_change"]
    assert one.slots["details"]["claimed"] == {item_of(await mine_sqlite.order(TWO), DEAR): 1}
    assert await mine_sqlite.rows(tables.claims) == []


@pytest.mark.parametrize("step", range(4))
async def test_another_question_in_between_is_answered_and_the_form_goes_on(mine_sqlite: OwnShop, step: int) -> None:
    order = await mine_sqlite.order(TWO)
    one = talk(mine_sqlite, intent="damaged_item")
    asked = await one.says("broken", "damaged_item", order_number=TWO, email=TWO_OWNER)
    for says in [
        ("this", chosen("items", item_of(order, DEAR))),
        (WORDS, {}),
        ("x", chosen("remedy", "refund")),
    ][:step]:
        asked = await one.says(says[0], **says[1])
    with pytest.raises(ActionExecutionRejection):
        await one.says("how much is delivery?", "shipping_cost")
    assert await one.returns() == asked
    with pytest.raises(ActionExecutionRejection):
        await one.says("I want a person", "human_agent")


@pytest.mark.parametrize("step", range(4))
async def test_never_mind_leaves_everything(mine_sqlite: OwnShop, step: int) -> None:
    order, before = await mine_sqlite.order(TWO), await mine_sqlite.everything()
    one = talk(mine_sqlite, intent="missing_item")
    await one.says("missing", "missing_item", order_number=TWO, email=TWO_OWNER)
    for text, said in [
        ("this", chosen("items", item_of(order, DEAR))),
        (WORDS, {}),
        ("x", chosen("remedy", "refund")),
    ][:step]:
        await one.says(text, **said)
    assert await one.says("never mind", "deny") == ["left_as_it_was"]
    assert over(one) and new_rows(before, await mine_sqlite.everything()) == {}


async def test_a_no_at_the_end_leaves_everything(mine_sqlite: OwnShop) -> None:
    one = await asked_to_confirm(mine_sqlite, talk(mine_sqlite, intent="damaged_item"))
    before = await mine_sqlite.everything()
    assert await one.says("no", "deny") == ["left_as_it_was"]
    assert over(one) and await mine_sqlite.everything() == before


async def test_the_same_message_twice_claims_once_and_is_answered_the_same(mine: OwnShop) -> None:
    one = await asked_to_confirm(mine, talk(mine, intent="damaged_item"), CHEAP)
    assert await one.says("yes", "affirm") == ["claim_granted"]
    told, before = one.params("claim_granted"), await mine.everything()
    for _ in range(2):
        assert await one.again() == ["claim_granted"]
        assert one.params("claim_granted") == told
    assert await mine.everything() == before


async def test_the_letter_is_answered_with_a_photo_and_goes_to_the_orders_address(mine_sqlite: OwnShop) -> None:
    one = await asked_to_confirm(mine_sqlite, talk(mine_sqlite, intent="damaged_item"))
    await one.says("yes", "affirm")
    letter = mine_sqlite.letters.sent[-1]
    assert (letter.to, letter.language, letter.phrase) == (TWO_OWNER, "de", "claim")
    assert letter.params["claim"] == {"id": "K10010-1"}
    assert [line["phrase"] for line in letter.params["details"]["lines"]][-1] == "mail_claim_photo"  # type: ignore
    assert "claim_letter_photo" in str(one.params("claim_open"))


async def test_a_post_that_hangs_holds_nobody_up(mine_sqlite: OwnShop, monkeypatch: pytest.MonkeyPatch) -> None:
    one = await asked_to_confirm(mine_sqlite, talk(mine_sqlite, intent="damaged_item"))
    monkeypatch.setattr("actions.claim_letter.SECONDS", 0.05)

    async def hang(*_: Any) -> None:
        await asyncio.sleep(60)

    monkeypatch.setattr(mine_sqlite.letters, "send", hang)
    async with asyncio.timeout(5):
        assert await one.says("yes", "affirm") == ["claim_open"]
    assert "letter" not in str(one.params("claim_open"))


async def test_without_a_letter_nothing_is_said_of_one_and_the_claim_stands(mine_sqlite: OwnShop) -> None:
    one = await asked_to_confirm(mine_sqlite, talk(mine_sqlite, intent="damaged_item"))
    mine_sqlite.letters.broken = True
    assert await one.says("yes", "affirm") == ["claim_open"]
    assert "letter" not in str(one.params("claim_open"))
    assert len(await mine_sqlite.rows(tables.claims)) == 1


async def test_a_wrong_code_is_asked_for_again_and_claims_nothing(mine_sqlite: OwnShop) -> None:
    one = talk(mine_sqlite, intent="missing_item")
    await one.says("missing", "missing_item", order_number=SMALL, email=OWNER)
    await one.says(WORDS)
    assert await one.says("x", **chosen("remedy", "refund")) == ["ask_one_time_code"]
    wrong = f"{(int(mine_sqlite.letters.sent[-1].code) + 1) % 10**6:06d}"
    assert await one.says(wrong) == ["code_wrong", "ask_one_time_code"]
    assert await mine_sqlite.rows(tables.claims) == []


async def test_money_is_offered_only_where_the_shop_has_some(mine_sqlite: OwnShop) -> None:
    order = await mine_sqlite.order(TWO)
    of_order = tables.payments.c.order_id == order.id
    await mine_sqlite.change(update(tables.payments).where(of_order).values(state="voided"))
    one = talk(mine_sqlite, intent="damaged_item")
    await one.says("broken", "damaged_item", order_number=TWO, email=TWO_OWNER)
    await one.says("x", **chosen("items", item_of(order, CHEAP)))
    said = await one.says(WORDS)
    assert said == ["ask_one_time_code"] and one.slots["details"]["remedy"] == "replacement"
