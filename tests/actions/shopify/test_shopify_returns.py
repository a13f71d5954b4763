"""Returns at Shopify: opened once, of what was sent, with what the shop keeps; the rest is for a person."""

import copy
import dataclasses
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from form_testing import Talk
from shop_testing import POLICY, OwnShop
from shopify_local import BROKEN, BROKEN_AFTER, DROPPED, DROPPED_AFTER, THROTTLED, TOKEN, Shopify, Trouble
from shopify_orders import Json, fulfillment, gid, order, returned

from actions.codes import OneTimeCodes
from actions.shop import tables
from actions.shop.backend import Money, ReturnReason, ReturnState
from actions.shop.changes import ChangeKind, Doing, Refusal, Refused, ReturnWish
from actions.shop.shopify.credentials import FixedToken
from actions.shop.shopify.shop import ShopifyShop, shopify_shop
from actions.shop.trouble import ShopTrouble

ID = gid("Order", 1001000)
MUG, LAMP = gid("LineItem", 10010), gid("LineItem", 10011)
ONE_MUG = ReturnWish({MUG: 1}, ReturnReason.CHANGED_MIND)


def delivered(days: int = 2, **more: Any) -> Json:
    """An order whose two mugs came in a parcel each, and its lamp with one of them."""
    came = (datetime.now(UTC) - timedelta(days=days)).isoformat()
    sent = [
        {"id": gid("FulfillmentLineItem", n), "quantity": 1, "lineItem": {"id": line}}
        for n, line in enumerate((MUG, LAMP, MUG))
    ]
    parcels = [fulfillment(1, "DELIVERED", deliveredAt=came), fulfillment(2, "DELIVERED", deliveredAt=came)]
    return order(displayFulfillmentStatus="FULFILLED", fulfillments=parcels, **more) | {"sent": sent}


def doing(key: str = "m") -> Doing:
    return Doing(key, "v", 2)


async def rows(own: OwnShop) -> list[dict[str, Any]]:
    return [row for row in await own.rows(tables.changes) if row["after"]]


async def test_a_return_is_opened_with_the_fee_that_was_told(
    shopify: Shopify, shop_on_both: ShopifyShop, own: OwnShop
) -> None:
    shopify.put(delivered())
    change = await shop_on_both.open_return(ID, ONE_MUG, doing())
    (back,) = shopify.orders[ID]["returns"]
    assert [(one["fulfillmentLineItem"]["id"], one["quantity"]) for one in back["returnLineItems"]] == [
        (gid("FulfillmentLineItem", 0), 1)
    ]
    assert {(one["returnReason"], one["returnReasonNote"]) for one in back["returnLineItems"]} == {
        ("UNWANTED", "C1001-1 changed_mind")
    }
    read = await shop_on_both.find_order("1001")
    assert read is not None
    (opened,) = read.returns
    told = POLICY.returns.estimate(dataclasses.replace(read, returns=()), ONE_MUG.items, ONE_MUG.reason)
    assert told.fee.minor > 0
    assert (opened.number, opened.state, opened.amount) == ("R1001-1", ReturnState.APPROVED, told.amount)
    assert opened.label_valid_until == opened.requested_at.date() + timedelta(days=POLICY.returns.label_days)
    assert (change.kind, change.reference, change.refunds) == (ChangeKind.RETURN, "C1001-1", ())
    (row,) = await rows(own)
    assert (row["before"], row["after"]) == (
        {"number": None},
        {
            "number": "R1001-1",
            "state": "approved",
            "amount_minor": told.amount.minor,
            "reason": "changed_mind",
            "items": {MUG: 1},
            "refunds": [],
        },
    )


async def test_pieces_come_from_as_many_parcels_as_it_takes_and_what_is_faulty_costs_nothing(
    shopify: Shopify, shop: ShopifyShop
) -> None:
    shopify.put(delivered())
    await shop.open_return(ID, ReturnWish({MUG: 2, LAMP: 1}, ReturnReason.DAMAGED), doing())
    (back,) = shopify.orders[ID]["returns"]
    assert [one["fulfillmentLineItem"]["id"] for one in back["returnLineItems"]] == [
        gid("FulfillmentLineItem", n) for n in range(3)
    ]
    assert {one["returnReason"] for one in back["returnLineItems"]} == {"DEFECTIVE"}
    assert back["returnShippingFees"] == []


async def test_what_the_shop_keeps_for_restocking_is_kept(
    shopify: Shopify, client: httpx.AsyncClient, own_sqlite: OwnShop
) -> None:
    strict = dataclasses.replace(POLICY, returns=dataclasses.replace(POLICY.returns, restocking_percent=10, fees={}))
    shop = shopify_shop(shopify.url, FixedToken(TOKEN), strict, own_sqlite.writing, client)
    shopify.put(delivered())
    assert (await shop.open_return(ID, ONE_MUG, doing())).after["amount_minor"] == 1800


@pytest.mark.parametrize(
    ("one", "wish", "why"),
    [
        (delivered(days=200), ONE_MUG, Refusal.TOO_LATE),
        (order() | {"sent": []}, ONE_MUG, Refusal.TOO_EARLY),
        (delivered(cancelledAt="2026-11-21T00:00:00Z"), ONE_MUG, Refusal.NOT_POSSIBLE),
        (delivered(), ReturnWish({MUG: 3}, ReturnReason.CHANGED_MIND), Refusal.ALREADY_DONE),
        (delivered(), ReturnWish({gid("LineItem", 9): 1}, ReturnReason.CHANGED_MIND), Refusal.NOT_POSSIBLE),
        (delivered(), ReturnWish({MUG: 1}, ReturnReason.TOO_SMALL, "a bigger one"), Refusal.NOT_SUPPORTED),
        (
            delivered(returns=[returned("#1001-R1", 1, MUG, 2), returned("#1001-R2", 2, LAMP, 1)]),
            ONE_MUG,
            Refusal.ALREADY_DONE,
        ),
    ],
)
async def test_what_does_not_come_back_is_refused_before_anything_is_touched(
    shopify: Shopify, shop: ShopifyShop, own_sqlite: OwnShop, one: Json, wish: ReturnWish, why: Refusal
) -> None:
    before = copy.deepcopy(shopify.put(copy.deepcopy(one)))
    with pytest.raises(Refused) as refused:
        await shop.open_return(ID, wish, doing())
    assert refused.value.why is why
    assert shopify.orders[ID] == before
    assert await own_sqlite.rows(tables.changes) == []


async def test_what_shopify_has_not_sent_is_for_a_person(
    shopify: Shopify, shop: ShopifyShop, own_sqlite: OwnShop
) -> None:
    shopify.put(delivered() | {"sent": []})
    with pytest.raises(Refused) as refused:
        await shop.open_return(ID, ONE_MUG, doing())
    assert refused.value.why is Refusal.NOT_SUPPORTED
    assert (shopify.count("OpenReturn"), await own_sqlite.rows(tables.changes)) == (0, [])


async def test_a_return_that_shopify_declines_is_for_a_person(shopify: Shopify, shop: ShopifyShop) -> None:
    shopify.put(delivered())
    shopify.declines.add("returnCreate")
    with pytest.raises(Refused) as refused:
        await shop.open_return(ID, ONE_MUG, doing())
    assert refused.value.why is Refusal.NOT_SUPPORTED


@pytest.mark.parametrize("operation", ["Read", "NoteChanges", "Returnable", "OpenReturn"])
@pytest.mark.parametrize(
    "trouble", [THROTTLED, DROPPED, DROPPED_AFTER, BROKEN, BROKEN_AFTER, Trouble(work=True, body="{")]
)
@pytest.mark.parametrize("times", [1, 3])
async def test_a_return_whose_answer_is_lost_is_opened_once(
    shopify: Shopify,
    shop: ShopifyShop,
    own_sqlite: OwnShop,
    client: httpx.AsyncClient,
    operation: str,
    trouble: Trouble,
    times: int,
) -> None:
    shopify.put(delivered())
    shopify.trouble(operation, *[trouble] * times)
    try:
        first = await shop.open_return(ID, ONE_MUG, doing())
    except ShopTrouble:
        first = None
    shopify.troubles.clear()
    restarted = shopify_shop(shopify.url, FixedToken(TOKEN), POLICY, own_sqlite.writing, client)
    change = await restarted.open_return(ID, ONE_MUG, doing())
    assert first in (None, change)
    assert change.after["number"] == "R1001-1"
    assert (len(shopify.orders[ID]["returns"]), len(await rows(own_sqlite))) == (1, 1)


async def test_a_second_message_opens_a_second_return(shopify: Shopify, shop: ShopifyShop) -> None:
    shopify.put(delivered())
    numbers = [(await shop.open_return(ID, ONE_MUG, doing(key))).after["number"] for key in ("a", "b")]
    assert numbers == ["R1001-1", "R1001-2"]
    with pytest.raises(Refused) as refused:
        await shop.open_return(ID, ONE_MUG, doing("c"))
    assert refused.value.why is Refusal.ALREADY_DONE


async def test_a_label_that_went_out_is_noted_once_and_stays_so_beside_later_changes(
    shopify: Shopify, shop: ShopifyShop
) -> None:
    shopify.put(delivered())
    await shop.open_return(ID, ONE_MUG, doing("a"))
    await shop.label_sent(ID, "R1001-1")
    await shop.label_sent(ID, "R1001-1")
    await shop.label_sent(ID, "R1001-9")
    assert shopify.count("NoteChanges") == 2
    await shop.open_return(ID, ONE_MUG, doing("b"))
    read = await shop.find_order("1001")
    assert read is not None
    assert [one.state for one in read.returns] == [ReturnState.LABEL_SENT, ReturnState.APPROVED]


async def test_a_return_that_the_staff_opened_has_no_label_of_ours(shopify: Shopify, shop: ShopifyShop) -> None:
    shopify.put(delivered(returns=[returned("#1001-R1", 1, MUG, 1)]))
    found = await shop.find_return("1001", "R1001-1")
    assert found is not None
    assert (found.label_valid_until, found.amount) == (None, Money(2000, "EUR"))


async def test_a_customer_returns_by_talking(shopify: Shopify, shop: ShopifyShop, own_sqlite: OwnShop) -> None:
    codes = OneTimeCodes(own_sqlite.writing, own_sqlite.letters, b"only for tests", POLICY.code_valid)
    one = delivered()
    one["lineItems"] = one["lineItems"][:1]  # nothing to choose from but how many
    one["lineItems"][0] |= {"quantity": 1, "currentQuantity": 1}
    shopify.put(one)
    talk = Talk(shop, codes, "start_return_form", "action_start_return", post=own_sqlite.letters)
    await talk.says("return 1001, amina@example.com", "start_return", order_number="1001", email="amina@example.com")
    said: list[str] = []
    for _ in range(6):
        asked = talk.slots.get("requested_slot")
        if asked == "one_time_code":
            said = await talk.says(own_sqlite.letters.sent[-1].code)
        elif asked == "confirmation":
            said = await talk.says("yes", "affirm")
            break
        else:
            said = await talk.says("I changed my mind, money back", "nlu_fallback")
    assert said == ["return_opened"], (said, talk.slots)
    read = await shop.find_order("1001")
    assert read is not None
    assert [each.state for each in read.returns] == [ReturnState.LABEL_SENT]
    assert await talk.again() == ["return_opened"]
    assert (shopify.count("OpenReturn"), len(own_sqlite.letters.sent)) == (1, 2)


async def test_a_return_that_could_not_be_looked_at_after_it_was_opened_is_not_opened_again(
    shopify: Shopify, shop: ShopifyShop, own_sqlite: OwnShop
) -> None:
    shopify.put(delivered())
    shopify.trouble("Read", Trouble(work=True), *[BROKEN] * 3)
    with pytest.raises(ShopTrouble):
        await shop.open_return(ID, ONE_MUG, doing())
    assert len(shopify.orders[ID]["returns"]) == 1
    assert (await shop.open_return(ID, ONE_MUG, doing())).after["number"] == "R1001-1"
    assert (len(shopify.orders[ID]["returns"]), len(await rows(own_sqlite))) == (1, 1)
