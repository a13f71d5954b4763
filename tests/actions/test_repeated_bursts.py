"""Messages that were answered at once and, after a crash, come again one by one: what they asked for is done once."""

from typing import Any

import pytest
from claim_testing import CHEAP, TWO, TWO_OWNER, chosen, code_typed, freshen, item_of
from form_testing import Talk, talk
from return_testing import PIECES_OWNER, TWO_PIECES, came, press
from shop_testing import OwnShop
from sqlalchemy import update

from actions.shop import tables
from actions.shop.backend import ReturnReason
from actions.shop.changes import Doing, Refusal, Refused, ReturnWish


async def a_return(own: OwnShop) -> Talk:
    """One of two pieces, up to the yes."""
    await came(own, TWO_PIECES)
    one = talk(own, intent="start_return")
    assert await one.says("it", "start_return", order_number=TWO_PIECES, email=PIECES_OWNER) == ["return_how_many"]
    assert await one.says("1") == ["return_why"]
    assert await press(one, "reason", "changed_mind") == ["return_money_or_exchange"]
    said = await press(one, "outcome", "money")
    assert await code_typed(own, one, said) == ["return_summary", "confirm_change"]
    return one


async def a_claim(own: OwnShop) -> Talk:
    """One of two pieces, up to the yes."""
    await freshen(own)
    line = item_of(await own.order(TWO), CHEAP)
    await own.change(update(tables.order_items).where(tables.order_items.c.id == line).values(quantity=2))
    one = talk(own, intent="damaged_item")
    assert await one.says("it is broken", "damaged_item", order_number=TWO, email=TWO_OWNER) == ["claim_items"]
    assert await one.says("this", **chosen("items", line)) == ["claim_quantity"]
    assert await one.says("1") == ["claim_what_damaged"]
    assert await one.says("the handle is broken off") == ["claim_remedy"]
    said = await one.says("that", **chosen("remedy", "replacement"))
    assert await code_typed(own, one, said) == ["claim_summary", "confirm_change"]
    return one


@pytest.mark.parametrize(
    ("begun", "table", "told"), [(a_return, tables.returns, "return_opened"), (a_claim, tables.claims, "claim_")]
)
@pytest.mark.parametrize("pieces", [("well", "yes"), ("yes", "please"), ("hm", "well", "yes")])
async def test_a_yes_among_other_messages_opens_one_however_they_come_again(
    own: OwnShop, begun: Any, table: Any, told: str, pieces: tuple[str, ...]
) -> None:
    one = await begun(own)
    known = await own.rows(table)
    (key,) = await one.says_at_once(pieces, "affirm")
    assert key.startswith(told)
    said, before = one.params(key), await own.everything()
    assert len(await own.rows(table)) == len(known) + 1
    one.comes_apart()
    for text in pieces:
        if one.on:
            again = await one.says(text, "affirm" if text == "yes" else "nlu_fallback")
    assert again == [key]
    assert one.params(key) == said
    assert await own.everything() == before


async def test_any_of_the_messages_gets_the_same_answer_and_no_other_conversations(own: OwnShop) -> None:
    order = await came(own, TWO_PIECES)
    wish = ReturnWish({order.items[0].id: 1}, ReturnReason.LATE)
    opened = await own.shop.open_return(order.id, wish, Doing("m2", "v", 2, ("m3", "m4")))
    for again in (Doing("m2", "v", 2), Doing("m3", "v", 2), Doing("m1", "v", 2, ("m4",)), Doing("m4", "v", 2, ("m5",))):
        assert await own.shop.open_return(order.id, wish, again) == opened
    assert len(await own.rows(tables.changes)) == 1
    elsewhere = await own.order(TWO)
    with pytest.raises(Refused) as why:
        await own.shop.cancel(elsewhere.id, Doing("m3", "v", 2))
    assert why.value.why is Refusal.NOT_SUPPORTED
    other = await own.shop.open_return(order.id, wish, Doing("m5", "v", 2))
    assert other.reference != opened.reference
