"""Other changes at Shopify: another address, other quantities and the money for them; once for each message."""

import copy
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from shop_testing import POLICY, OwnShop
from shopify_local import BROKEN, BROKEN_AFTER, DROPPED, DROPPED_AFTER, TOKEN, Shopify, Trouble
from shopify_orders import bag, fulfillment, gid, order, transaction

from actions.shop import tables
from actions.shop.backend import Address, Money
from actions.shop.changes import ChangeKind, ClaimWish, Doing, Refusal, Refused
from actions.shop.shopify.credentials import FixedToken
from actions.shop.shopify.shop import ShopifyShop, shopify_shop
from actions.shop.trouble import ShopTrouble

ID = gid("Order", 1001000)
MUG, LAMP = gid("LineItem", 10010), gid("LineItem", 10011)
ELSEWHERE = Address("Amina Rahman", "House 9, Road 11", "1230")
DHAKA = {"en": "Dhaka", "bn": "ঢাকা"}
LOST = [DROPPED, DROPPED_AFTER, BROKEN, BROKEN_AFTER, Trouble(work=True, body="{")]


def just_placed(**more: Any) -> dict[str, Any]:
    return order(createdAt=datetime.now(UTC).isoformat(), **more)


def doing(key: str = "m") -> Doing:
    return Doing(key, "v", 2)


async def rows(own: OwnShop) -> list[dict[str, Any]]:
    """What is written down as done."""
    return [row for row in await own.rows(tables.changes) if row["after"]]


@pytest.fixture
def again(shopify: Shopify, own_sqlite: OwnShop, client: httpx.AsyncClient) -> ShopifyShop:
    """The same shop, of another process."""
    return shopify_shop(shopify.url, FixedToken(TOKEN), POLICY, own_sqlite.writing, client)


def given_back(shopify: Shopify) -> list[str]:
    return [
        one["amountSet"]["presentmentMoney"]["amount"]
        for one in shopify.orders[ID]["transactions"]
        if one["kind"] == "REFUND"
    ]


async def test_an_order_goes_elsewhere_and_keeps_what_nobody_spoke_of(
    shopify: Shopify, shop_on_both: ShopifyShop, own: OwnShop
) -> None:
    one = just_placed()
    one["shippingAddress"]["company"] = "Nodi"
    shopify.put(one)
    change = await shop_on_both.change_address(ID, ELSEWHERE, DHAKA, "BD", doing())
    assert shopify.orders[ID]["shippingAddress"] == {
        "name": "Amina Rahman",
        "address1": "House 9, Road 11",
        "address2": "",
        "city": "Dhaka",
        "zip": "1230",
        "countryCodeV2": "BD",
        "provinceCode": None,
        "company": "Nodi",
        "phone": "+8801712345678",
    }
    read = await shop_on_both.find_order("1001")
    assert read is not None
    assert read.address == ELSEWHERE
    assert (change.kind, change.reference, change.refunds) == (ChangeKind.ADDRESS, "C1001-1", ())
    assert change.before == {
        "recipient": "Amina Rahman", "street": "House 5, Road 3, Banani", "postcode": "1213", "city": {"und": "Dhaka"}
    }  # fmt: skip
    (row,) = await rows(own)
    assert row["after"] == {
        "recipient": "Amina Rahman", "street": "House 9, Road 11", "postcode": "1230", "city": DHAKA, "refunds": []
    }  # fmt: skip


@pytest.mark.parametrize(
    ("more", "city", "country", "why"),
    [
        ({"displayFulfillmentStatus": "FULFILLED", "fulfillments": [fulfillment(1)]}, DHAKA, "BD", Refusal.TOO_LATE),
        ({"cancelledAt": "2026-11-21T00:00:00Z"}, DHAKA, "BD", Refusal.ALREADY_DONE),
        ({}, DHAKA, "IN", Refusal.NOT_POSSIBLE),
        ({}, {}, "BD", Refusal.NOT_POSSIBLE),
        ({}, {"en": "Sylhet"}, "BD", Refusal.NOT_POSSIBLE),  # a parcel to there costs more
        ({"shippingAddress": None}, DHAKA, "BD", Refusal.NOT_POSSIBLE),
    ],
)
async def test_where_an_order_cannot_go_is_refused_before_anything_is_touched(
    shopify: Shopify, shop: ShopifyShop, own_sqlite: OwnShop, more: Any, city: Any, country: str, why: Refusal
) -> None:
    before = copy.deepcopy(shopify.put(just_placed(**more)))
    with pytest.raises(Refused) as refused:
        await shop.change_address(ID, ELSEWHERE, city, country, doing())
    assert refused.value.why is why
    assert shopify.orders[ID] == before
    assert await own_sqlite.rows(tables.changes) == []


async def test_another_city_of_a_country_with_provinces_is_for_a_person(shopify: Shopify, shop: ShopifyShop) -> None:
    one = just_placed(totalShippingPriceSet=bag("0.00"))
    one["shippingAddress"] |= {"countryCodeV2": "US", "provinceCode": "NY", "city": "New York"}
    shopify.put(one)
    with pytest.raises(Refused) as refused:
        await shop.change_address(ID, ELSEWHERE, {"en": "Boston"}, "US", doing())
    assert refused.value.why is Refusal.NOT_SUPPORTED
    await shop.change_address(ID, ELSEWHERE, {"en": "new york"}, "US", doing("b"))
    assert shopify.orders[ID]["shippingAddress"]["provinceCode"] == "NY"


async def test_an_address_that_shopify_does_not_take_goes_to_a_person(
    shopify: Shopify, shop: ShopifyShop, own_sqlite: OwnShop
) -> None:
    shopify.put(just_placed())
    shopify.declines.add("orderUpdate")
    with pytest.raises(Refused) as refused:
        await shop.change_address(ID, ELSEWHERE, DHAKA, "BD", doing())
    assert refused.value.why is Refusal.NOT_SUPPORTED
    assert await own_sqlite.rows(tables.changes) == []


async def test_an_address_that_shopify_takes_and_forgets_is_no_change(
    shopify: Shopify, shop: ShopifyShop, own_sqlite: OwnShop
) -> None:
    shopify.put(just_placed())
    taken = {"data": {"orderUpdate": {"order": {"id": ID}, "userErrors": []}}}
    shopify.trouble("Update", Trouble(body=taken))
    with pytest.raises(ShopTrouble, match="not to be seen"):
        await shop.change_address(ID, ELSEWHERE, DHAKA, "BD", doing())
    assert await rows(own_sqlite) == []


@pytest.mark.parametrize("operation", ["Read", "NoteChanges", "Update"])
@pytest.mark.parametrize("trouble", LOST)
async def test_an_address_whose_answer_is_lost_is_changed_once(
    shopify: Shopify, shop: ShopifyShop, again: ShopifyShop, own_sqlite: OwnShop, operation: str, trouble: Trouble
) -> None:
    shopify.put(just_placed())
    shopify.trouble(operation, *[trouble] * 3)
    try:
        first = await shop.change_address(ID, ELSEWHERE, DHAKA, "BD", doing())
    except ShopTrouble:
        first = None
    shopify.troubles.clear()
    change = await again.change_address(ID, ELSEWHERE, DHAKA, "BD", doing())
    assert first in (None, change)
    assert change.before["street"] == "House 5, Road 3, Banani"
    assert shopify.orders[ID]["shippingAddress"]["address1"] == "House 9, Road 11"
    assert len(await rows(own_sqlite)) == 1


async def test_what_is_taken_out_is_paid_back(shopify: Shopify, shop_on_both: ShopifyShop, own: OwnShop) -> None:
    shopify.put(just_placed())
    change = await shop_on_both.change_items(ID, {MUG: 1, LAMP: 0}, doing())
    read = await shop_on_both.find_order("1001")
    assert read is not None
    assert {item.id: item.quantity for item in read.items} == {MUG: 1}
    assert read.total == Money(2200, "EUR")
    assert given_back(shopify) == ["50.00"]
    assert [refund.amount for refund in change.refunds] == [Money(5000, "EUR")]
    (row,) = await rows(own)
    assert (row["kind"], row["before"]) == ("items", {"items": {MUG: 2, LAMP: 1}, "total": 7200})
    assert row["after"] == {
        "items": {MUG: 1, LAMP: 0}, "total": 2200, "currency": "EUR", "refunds": [change.refunds[0].id]
    }  # fmt: skip


async def test_money_goes_back_to_what_was_captured_oldest_first(shopify: Shopify, shop: ShopifyShop) -> None:
    held = transaction(1, "AUTHORIZATION", "72.00")
    taken = transaction(2, "CAPTURE", "40.00", parentTransaction=held)
    rest = transaction(3, "CAPTURE", "32.00", parentTransaction=held, createdAt="2026-11-20T10:00:00Z")
    shopify.put(just_placed(transactions=[held, rest, taken]))
    await shop.change_items(ID, {MUG: 0, LAMP: 1}, doing())
    assert given_back(shopify) == ["40.00"]
    await shop.change_items(ID, {LAMP: 1, MUG: 0}, doing())  # the same message
    assert given_back(shopify) == ["40.00"]
    (said,) = [one.variables["input"]["transactions"] for one in shopify.asked if one.operation == "GiveBack"]
    assert [(one["parentId"], one["amount"]) for one in said] == [(gid("OrderTransaction", 2), "40.00")]


async def test_an_order_that_is_not_paid_gives_nothing_back_and_can_grow_at_the_door(
    shopify: Shopify, shop: ShopifyShop
) -> None:
    sale = transaction(1, "SALE", "72.00", "PENDING", gateway="Cash on Delivery (COD)", paymentDetails=None)
    shopify.put(just_placed(displayFinancialStatus="PENDING", transactions=[sale]))
    change = await shop.change_items(ID, {MUG: 3}, doing())
    assert (change.refunds, change.after["total"]) == ((), 9200)
    assert shopify.count("GiveBack") == 0


async def test_money_that_somebody_has_to_send_by_hand_is_for_a_person(shopify: Shopify, shop: ShopifyShop) -> None:
    sale = transaction(1, "SALE", "72.00", gateway="Bank Deposit", paymentDetails=None)
    shopify.put(just_placed(transactions=[sale]))
    with pytest.raises(Refused) as refused:
        await shop.change_items(ID, {MUG: 1}, doing())
    assert refused.value.why is Refusal.NOT_SUPPORTED
    assert shopify.count("EditBegin") == 0


async def test_what_is_held_on_a_card_does_not_grow(shopify: Shopify, shop: ShopifyShop) -> None:
    held = transaction(1, "AUTHORIZATION", "72.00")
    shopify.put(just_placed(displayFinancialStatus="AUTHORIZED", transactions=[held]))
    with pytest.raises(Refused) as refused:
        await shop.change_items(ID, {MUG: 3}, doing())
    assert refused.value.why is Refusal.NOT_SUPPORTED
    assert (await shop.change_items(ID, {MUG: 1}, doing("b"))).after["total"] == 5200


@pytest.mark.parametrize(
    ("more", "quantities", "why"),
    [
        ({"createdAt": "2026-11-01T00:00:00Z"}, {MUG: 1}, Refusal.TOO_LATE),
        ({"cancelledAt": "2026-11-21T00:00:00Z"}, {MUG: 1}, Refusal.ALREADY_DONE),
        ({"displayFulfillmentStatus": "FULFILLED", "fulfillments": [fulfillment(1)]}, {MUG: 1}, Refusal.TOO_LATE),
        ({}, {MUG: 0, LAMP: 0}, Refusal.NOT_POSSIBLE),
        ({}, {MUG: 2}, Refusal.NOT_POSSIBLE),
        ({}, {MUG: 3}, Refusal.NOT_POSSIBLE),  # it is paid
        ({}, {gid("LineItem", 99): 1}, Refusal.NOT_POSSIBLE),
    ],
)
async def test_what_cannot_be_changed_is_refused_before_anything_is_touched(
    shopify: Shopify, shop: ShopifyShop, own_sqlite: OwnShop, more: Any, quantities: Any, why: Refusal
) -> None:
    before = copy.deepcopy(shopify.put({**just_placed(), **more}))
    with pytest.raises(Refused) as refused:
        await shop.change_items(ID, quantities, doing())
    assert refused.value.why is why
    assert shopify.orders[ID] == before
    assert await own_sqlite.rows(tables.changes) == []


@pytest.mark.parametrize("operation", ["Read", "NoteChanges", "EditBegin", "EditQuantity", "EditCommit", "GiveBack"])
@pytest.mark.parametrize("trouble", LOST)
@pytest.mark.parametrize("after", [0, 1])
async def test_items_whose_answer_is_lost_are_taken_out_once_and_paid_back_once(
    shopify: Shopify,
    shop: ShopifyShop,
    again: ShopifyShop,
    own_sqlite: OwnShop,
    operation: str,
    trouble: Trouble,
    after: int,
) -> None:
    shopify.put(just_placed())
    shopify.trouble(operation, *[Trouble(work=True)] * after, *[trouble] * 3)
    try:
        first = await shop.change_items(ID, {MUG: 1, LAMP: 1}, doing())
    except ShopTrouble:
        first = None
    shopify.troubles.clear()
    change = await again.change_items(ID, {MUG: 1, LAMP: 1}, doing())
    assert first in (None, change)
    assert change.before == {"items": {MUG: 2, LAMP: 1}, "total": 7200}
    assert [refund.amount.minor for refund in change.refunds] == [2000]
    assert given_back(shopify) == ["20.00"]
    assert [one["currentQuantity"] for one in shopify.orders[ID]["lineItems"]] == [1, 1]
    assert len(await rows(own_sqlite)) == 1


async def test_an_edit_that_shopify_does_not_do_changes_nothing(
    shopify: Shopify, shop: ShopifyShop, own_sqlite: OwnShop
) -> None:
    before = copy.deepcopy(shopify.put(just_placed()))
    shopify.declines.add("orderEditBegin")
    with pytest.raises(Refused) as refused:
        await shop.change_items(ID, {MUG: 1}, doing())
    assert refused.value.why is Refusal.NOT_SUPPORTED
    assert shopify.orders[ID]["lineItems"] == before["lineItems"]
    assert await own_sqlite.rows(tables.changes) == []


async def test_money_that_shopify_does_not_send_back_is_no_plain_no(
    shopify: Shopify, shop: ShopifyShop, own_sqlite: OwnShop
) -> None:
    shopify.put(just_placed())
    shopify.declines.add("refundCreate")
    with pytest.raises(ShopTrouble, match="could not be sent back"):
        await shop.change_items(ID, {MUG: 1}, doing())
    (begun,) = await own_sqlite.rows(tables.changes)
    assert begun["after"] == {}
    shopify.declines.clear()
    assert [one.amount.minor for one in (await shop.change_items(ID, {MUG: 1}, doing())).refunds] == [2000]


async def test_what_the_customer_paid_too_much_before_is_not_this_changes_to_give_back(
    shopify: Shopify, shop: ShopifyShop
) -> None:
    shopify.put(just_placed(transactions=[transaction(1, "SALE", "100.00")]))
    await shop.change_items(ID, {MUG: 1}, doing())
    assert given_back(shopify) == ["20.00"]


async def test_what_shopify_does_not_know_goes_to_a_person(shopify: Shopify, shop: ShopifyShop) -> None:
    shopify.put(just_placed())
    assert ChangeKind.DELIVERY not in shop.can
    assert ChangeKind.CLAIM not in shop.can
    assert await shop.delivery_windows(ID) == ()
    wish: ClaimWish = None  # type: ignore[assignment]
    with pytest.raises(Refused) as refused:
        await shop.open_claim(ID, wish, doing())
    assert refused.value.why is Refusal.NOT_SUPPORTED


async def test_an_old_message_that_comes_again_undoes_nothing_later(
    shopify: Shopify, shop: ShopifyShop, own_sqlite: OwnShop
) -> None:
    shopify.put(just_placed())
    first = await shop.change_address(ID, ELSEWHERE, DHAKA, "BD", doing("a"))
    later = Address("Amina Rahman", "House 1, Road 1", "1205")
    await shop.change_address(ID, later, DHAKA, "BD", doing("b"))
    assert await shop.change_address(ID, ELSEWHERE, DHAKA, "BD", doing("a")) == first
    read = await shop.find_order("1001")
    assert read is not None
    assert read.address == later
    assert [row["reference"] for row in await rows(own_sqlite)] == ["C1001-1", "C1001-2"]
