"""Cancelling at Shopify: once for each message, whatever is lost on the way, and written down on our side."""

import asyncio
import copy
import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from form_testing import Talk
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shop_testing import POLICY, OwnShop
from shopify_local import BROKEN, BROKEN_AFTER, DROPPED, DROPPED_AFTER, THROTTLED, TOKEN, Shopify, Trouble
from shopify_orders import fulfillment, gid, order, transaction
from sqlalchemy import update

from actions.codes import OneTimeCodes
from actions.shop import tables
from actions.shop.backend import Money, OrderState, PaymentMethod, RefundState
from actions.shop.changes import Change, ChangeKind, Doing, Refusal, Refused
from actions.shop.shopify.credentials import FixedToken
from actions.shop.shopify.shop import ShopifyShop, shopify_shop
from actions.shop.trouble import ShopTrouble

ID = gid("Order", 1001000)


def doing(key: str = "m") -> Doing:
    return Doing(key, "v", 2)


def restarted(shopify: Shopify, own: OwnShop, client: httpx.AsyncClient) -> ShopifyShop:
    """The same shop, of another process."""
    return shopify_shop(shopify.url, FixedToken(TOKEN), POLICY, own.writing, client)


def noted(shopify: Shopify, order_id: str = ID) -> list[dict[str, Any]]:
    """The changes in the order's metafield."""
    metafield = shopify.orders[order_id]["metafield"]
    return json.loads(metafield["value"])["changes"] if metafield else []


async def rows(own: OwnShop) -> list[dict[str, Any]]:
    """What is written down as done."""
    return [row for row in await own.rows(tables.changes) if row["after"]]


def given_back(shopify: Shopify, order_id: str = ID) -> list[str]:
    return [
        one["amountSet"]["presentmentMoney"]["amount"]
        for one in shopify.orders[order_id]["transactions"]
        if one["kind"] == "REFUND"
    ]


async def test_a_paid_order_is_cancelled_and_all_the_money_goes_back(
    shopify: Shopify, shop_on_both: ShopifyShop, own: OwnShop
) -> None:
    shopify.put(order())
    began = datetime.now(UTC)
    change = await shop_on_both.cancel(ID, Doing("message 7", "conversation 9", 2))
    assert shopify.orders[ID]["cancelledAt"] is not None
    (refund,) = change.refunds
    assert (refund.amount, refund.method, refund.state) == (
        Money(7200, "EUR"),
        PaymentMethod.CARD,
        RefundState.SENT,
    )
    (row,) = await rows(own)
    assert row == {
        "id": change.id,
        "order_id": None,
        "order_number": "1001",
        "reference": "C1001-1",
        "kind": "cancel",
        "key": "message 7",
        "also": None,
        "who": "conversation 9",
        "level": 2,
        "before": {"state": "placed"},
        "after": {"state": "cancelled", "refunds": [refund.id]},
        "at": change.at,
    }
    assert began <= change.at <= datetime.now(UTC)
    assert (change.kind, change.order_number, change.reference) == (ChangeKind.CANCEL, "1001", "C1001-1")
    (said,) = [one.variables for one in shopify.asked if one.operation == "Cancel"]
    assert said == {"id": ID, "note": "C1001-1"}
    read = await shop_on_both.find_order("1001")
    assert read is not None
    assert (read.state, read.refunds) == (OrderState.CANCELLED, change.refunds)


async def test_an_order_that_is_not_paid_gives_nothing_back(
    shopify: Shopify, shop: ShopifyShop, own_sqlite: OwnShop
) -> None:
    sale = transaction(1, "SALE", "72.00", "PENDING", gateway="Bank Deposit", paymentDetails=None)
    shopify.put(order(displayFinancialStatus="PENDING", transactions=[sale]))
    change = await shop.cancel(ID, doing())
    assert (change.refunds, change.before) == ((), {"state": "payment_pending"})


async def test_what_went_back_before_is_none_of_this_changes_refunds(shopify: Shopify, shop: ShopifyShop) -> None:
    sale = transaction(1, "SALE", "72.00")
    shopify.put(order(transactions=[sale, transaction(2, "REFUND", "12.00", parentTransaction=sale)]))
    change = await shop.cancel(ID, doing())
    assert [one.amount.minor for one in change.refunds] == [6000]
    assert given_back(shopify) == ["12.00", "60.00"]


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"cancelledAt": "2026-11-21T00:00:00Z"}, Refusal.ALREADY_DONE),
        ({"displayFulfillmentStatus": "FULFILLED", "fulfillments": [fulfillment(1)]}, Refusal.TOO_LATE),
        ({"displayFulfillmentStatus": "PARTIALLY_FULFILLED", "fulfillments": [fulfillment(1)]}, Refusal.TOO_LATE),
    ],
)
async def test_what_the_policy_forbids_is_refused_before_anything_is_touched(
    shopify: Shopify, shop: ShopifyShop, own_sqlite: OwnShop, more: dict[str, Any], why: Refusal
) -> None:
    before = copy.deepcopy(shopify.put(order(**more)))
    with pytest.raises(Refused) as refused:
        await shop.cancel(ID, doing())
    assert refused.value.why is why
    assert shopify.orders[ID] == before
    assert await rows(own_sqlite) == []


async def test_money_that_somebody_has_to_send_by_hand_is_for_a_person(
    shopify: Shopify, shop: ShopifyShop, own_sqlite: OwnShop
) -> None:
    sale = transaction(1, "SALE", "72.00", gateway="Bank Deposit", paymentDetails=None)
    before = copy.deepcopy(shopify.put(order(transactions=[sale])))
    with pytest.raises(Refused) as refused:
        await shop.cancel(ID, doing())
    assert refused.value.why is Refusal.NOT_SUPPORTED
    assert (shopify.orders[ID], await own_sqlite.rows(tables.changes)) == (before, [])


async def test_an_order_that_is_not_there_is_refused(shopify: Shopify, shop: ShopifyShop) -> None:
    with pytest.raises(Refused) as refused:
        await shop.cancel(ID, doing())
    assert refused.value.why is Refusal.NOT_SUPPORTED


async def test_the_same_message_cancels_once_and_gets_the_same_answer(
    shopify: Shopify, shop_on_both: ShopifyShop, own: OwnShop, client: httpx.AsyncClient
) -> None:
    shopify.put(order())
    first = await shop_on_both.cancel(ID, doing())
    assert await shop_on_both.cancel(ID, doing()) == first
    assert await restarted(shopify, own, client).cancel(ID, doing()) == first
    assert (shopify.count("Cancel"), given_back(shopify), len(await rows(own))) == (1, ["72.00"], 1)


async def test_the_same_message_at_the_same_time_cancels_once(
    shopify: Shopify, shop_on_both: ShopifyShop, own: OwnShop
) -> None:
    shopify.put(order())
    changes = await asyncio.gather(*(shop_on_both.cancel(ID, doing()) for _ in range(4)))
    assert len({change.id for change in changes}) == 1
    assert (shopify.count("Cancel"), len(noted(shopify)), len(await rows(own))) == (1, 1, 1)


async def test_of_two_messages_at_the_same_time_the_second_comes_too_late(
    shopify: Shopify, shop: ShopifyShop, own_sqlite: OwnShop
) -> None:
    shopify.put(order())
    done = await asyncio.gather(shop.cancel(ID, doing("a")), shop.cancel(ID, doing("b")), return_exceptions=True)
    assert sorted(type(one).__name__ for one in done) == ["Change", "Refused"]
    assert (shopify.count("Cancel"), len(await rows(own_sqlite))) == (1, 1)


async def test_of_two_processes_at_the_same_time_one_cancels(
    shopify: Shopify, shop: ShopifyShop, own_sqlite: OwnShop, client: httpx.AsyncClient
) -> None:
    shopify.put(order())
    other = restarted(shopify, own_sqlite, client)
    done = await asyncio.gather(shop.cancel(ID, doing("a")), other.cancel(ID, doing("b")), return_exceptions=True)
    assert sum(isinstance(one, Change) for one in done) == 1
    assert all(isinstance(one, Change | Refused | ShopTrouble) for one in done)
    assert (shopify.count("Cancel"), given_back(shopify), len(await rows(own_sqlite))) == (1, ["72.00"], 1)


async def test_another_orders_message_changes_nothing(shopify: Shopify, shop: ShopifyShop) -> None:
    shopify.put(order())
    other = shopify.put(order(1002))
    await shop.cancel(ID, doing())
    with pytest.raises(Refused) as refused:
        await shop.cancel(other["id"], doing())
    assert refused.value.why is Refusal.NOT_SUPPORTED
    assert (other["cancelledAt"], other["metafield"]) == (None, None)


async def test_references_count_each_orders_changes(shopify: Shopify, shop: ShopifyShop, own_sqlite: OwnShop) -> None:
    shopify.put(order())
    shopify.put(order(1002))
    assert (await shop.cancel(ID, doing("a"))).reference == "C1001-1"
    assert (await shop.cancel(gid("Order", 1002000), doing("b"))).reference == "C1002-1"
    shopify.put(order())  # as it was, its metafield cleared by somebody: our own rows still count
    assert (await shop.cancel(ID, doing("c"))).reference == "C1001-2"


OPERATIONS = ("Shop", "Read", "NoteChanges", "Cancel", "Job")


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("trouble", [THROTTLED, Trouble(status=429, headers={"Retry-After": "0.1"}, body="")])
async def test_throttling_anywhere_changes_nothing_but_the_time(
    shopify: Shopify, shop: ShopifyShop, own_sqlite: OwnShop, operation: str, trouble: Trouble
) -> None:
    shopify.put(order())
    shopify.trouble(operation, trouble)
    assert (await shop.cancel(ID, doing())).reference == "C1001-1"
    assert (given_back(shopify), len(await rows(own_sqlite)), len(noted(shopify))) == (["72.00"], 1, 1)


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("trouble", [DROPPED, DROPPED_AFTER, BROKEN, BROKEN_AFTER, Trouble(work=True, body="{")])
@pytest.mark.parametrize("times", [1, 3])
async def test_whatever_is_lost_the_repeated_message_finds_it_done_once(
    shopify: Shopify,
    shop: ShopifyShop,
    own_sqlite: OwnShop,
    client: httpx.AsyncClient,
    operation: str,
    trouble: Trouble,
    times: int,
) -> None:
    shopify.put(order())
    shopify.trouble(operation, *[trouble] * times)
    try:
        first: Change | None = await shop.cancel(ID, doing())
    except ShopTrouble:
        first = None
    shopify.troubles.clear()
    again = await restarted(shopify, own_sqlite, client).cancel(ID, doing())
    assert first in (None, again)
    assert again.reference == "C1001-1"
    assert [one.amount.minor for one in again.refunds] == [7200]
    assert given_back(shopify) == ["72.00"]
    assert (len(await rows(own_sqlite)), len(noted(shopify))) == (1, 1)


async def test_an_answer_that_is_lost_after_the_work_is_found_in_the_same_turn(
    shopify: Shopify, shop: ShopifyShop
) -> None:
    shopify.looks_until_cancelled = 0
    shopify.put(order())
    shopify.trouble("Cancel", DROPPED_AFTER)
    assert (await shop.cancel(ID, doing())).after["state"] == "cancelled"
    assert shopify.count("Cancel") == 1


async def test_what_a_customer_has_no_patience_for_is_brought_to_its_end_and_written_down(
    shopify: Shopify, shop: ShopifyShop, own_sqlite: OwnShop
) -> None:
    shopify.looks_until_cancelled = 7
    shopify.put(order())
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(shop.cancel(ID, doing()), 0.3)
    assert await rows(own_sqlite) == []
    again = await shop.cancel(ID, doing())  # waits for the first
    assert (again.reference, again.before, len(again.refunds)) == ("C1001-1", {"state": "placed"}, 1)
    assert (shopify.count("Cancel"), len(await rows(own_sqlite))) == (1, 1)


async def test_what_shopify_declines_while_an_earlier_try_may_be_on_its_way_is_not_called_refused(
    shopify: Shopify, shop: ShopifyShop, own_sqlite: OwnShop, client: httpx.AsyncClient
) -> None:
    shopify.put(order())
    shopify.trouble("Cancel", DROPPED)
    with pytest.raises(ShopTrouble):
        await shop.cancel(ID, doing())
    shopify.declines.add("orderCancel")
    with pytest.raises(ShopTrouble, match="earlier try"):
        await restarted(shopify, own_sqlite, client).cancel(ID, doing())
    shopify.cancel_now(ID)
    assert (await shop.cancel(ID, doing())).after["state"] == "cancelled"
    assert len(await rows(own_sqlite)) == 1


async def test_shopify_that_never_ends_is_not_waited_for(
    shopify: Shopify, shop: ShopifyShop, own_sqlite: OwnShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("actions.shop.shopify.cancel._PAUSE_SECONDS", 0.01)
    monkeypatch.setattr("actions.shop.shopify.cancel._LONGEST_PAUSE_SECONDS", 0.01)
    shopify.looks_until_cancelled = 1000
    shopify.put(order())
    with pytest.raises(ShopTrouble, match="still being cancelled"):
        await shop.cancel(ID, doing())
    assert await rows(own_sqlite) == []


async def test_while_one_change_is_under_way_another_does_not_begin(
    shopify: Shopify, shop: ShopifyShop, own_sqlite: OwnShop
) -> None:
    shopify.put(order())
    shopify.trouble("Cancel", BROKEN)
    with pytest.raises(ShopTrouble):
        await shop.cancel(ID, doing("a"))
    with pytest.raises(ShopTrouble, match="is being made"):
        await shop.cancel(ID, doing("b"))
    await own_sqlite.change(update(tables.changes).values(at=datetime.now(UTC) - timedelta(minutes=2)))
    assert (await shop.cancel(ID, doing("b"))).reference == "C1001-2"
    assert [one["key"] for one in noted(shopify)] == ["a", "b"]


async def test_somebody_else_who_notes_something_meanwhile_wins(
    shopify: Shopify, shop: ShopifyShop, own_sqlite: OwnShop
) -> None:
    shopify.put(order())

    def first() -> None:
        shopify.orders[ID]["metafield"] = {"value": '{"changes": []}', "compareDigest": "theirs"}

    shopify.before["NoteChanges"] = first
    with pytest.raises(ShopTrouble, match="could not be noted"):
        await shop.cancel(ID, doing())
    assert (shopify.count("Cancel"), await rows(own_sqlite)) == (0, [])


async def test_the_warehouse_may_be_faster(shopify: Shopify, shop: ShopifyShop, own_sqlite: OwnShop) -> None:
    shopify.put(order())

    def sent() -> None:
        shopify.orders[ID] |= {"displayFulfillmentStatus": "FULFILLED", "fulfillments": [fulfillment(1)]}

    shopify.before["Cancel"] = sent
    with pytest.raises(Refused) as refused:
        await shop.cancel(ID, doing())
    assert refused.value.why is Refusal.TOO_LATE
    assert (given_back(shopify), await rows(own_sqlite)) == ([], [])


async def test_what_was_sent_while_shopify_worked_is_not_called_cancelled(
    shopify: Shopify, shop: ShopifyShop, own_sqlite: OwnShop
) -> None:
    shopify.put(order())

    def sent() -> None:
        shopify.orders[ID] |= {"displayFulfillmentStatus": "FULFILLED", "fulfillments": [fulfillment(1)]}

    shopify.before["Job"] = sent
    with pytest.raises(ShopTrouble, match="not to be seen"):
        await shop.cancel(ID, doing())
    with pytest.raises(Refused) as refused:
        await shop.cancel(ID, doing())
    assert refused.value.why is Refusal.TOO_LATE
    assert await rows(own_sqlite) == []


async def test_what_shopify_does_not_do_goes_to_a_person(
    shopify: Shopify, shop: ShopifyShop, own_sqlite: OwnShop
) -> None:
    shopify.put(order())
    shopify.declines.add("orderCancel")
    with pytest.raises(Refused) as refused:
        await shop.cancel(ID, doing())
    assert refused.value.why is Refusal.NOT_SUPPORTED
    assert await rows(own_sqlite) == []


STATES = st.sampled_from(["UNFULFILLED", "IN_PROGRESS", "ON_HOLD", "PARTIALLY_FULFILLED", "FULFILLED"])
MONEY = st.sampled_from(["PAID", "PENDING", "AUTHORIZED", "EXPIRED", "REFUNDED", "PARTIALLY_REFUNDED"])
LOST = st.lists(
    st.tuples(st.sampled_from(OPERATIONS), st.sampled_from([DROPPED, DROPPED_AFTER, BROKEN, BROKEN_AFTER])), max_size=4
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sent=STATES, money=MONEY, cancelled=st.booleans(), lost=LOST, messages=st.lists(st.sampled_from("ab")))
async def test_no_order_is_cancelled_against_the_policy_or_twice_and_no_second_one_is_touched(
    shopify: Shopify,
    own_sqlite: OwnShop,
    client: httpx.AsyncClient,
    sent: str,
    money: str,
    cancelled: bool,
    lost: list[tuple[str, Trouble]],
    messages: list[str],
) -> None:
    shopify.orders.clear()
    shopify.troubles.clear()
    await own_sqlite.change(tables.changes.delete())
    shop = restarted(shopify, own_sqlite, client)
    parcels = [fulfillment(1)] if "FULFILLED" in sent and sent != "UNFULFILLED" else []
    one = order(
        displayFulfillmentStatus=sent,
        displayFinancialStatus=money,
        fulfillments=parcels,
        cancelledAt="2026-11-21T00:00:00Z" if cancelled else None,
    )
    shopify.put(one)
    other = copy.deepcopy(shopify.put(order(1002)))
    read = await shop.find_order("1001")
    assert read is not None
    allowed = POLICY.cancellation(read) is None
    for operation, trouble in lost:
        shopify.trouble(operation, trouble)
    for key in messages:
        with suppress(Refused, ShopTrouble):
            await shop.cancel(ID, doing(key))
    assert shopify.orders[other["id"]] == other
    if not allowed:
        assert (one["metafield"], bool(one["cancelledAt"])) == (None, cancelled)
    written = await rows(own_sqlite)
    assert len(written) <= 1
    assert not written or shopify.orders[ID]["cancelledAt"]
    assert given_back(shopify) in ([], ["72.00"])


async def test_a_customer_cancels_by_talking(shopify: Shopify, shop_on_both: ShopifyShop, own: OwnShop) -> None:
    codes = OneTimeCodes(own.writing, own.letters, b"only for tests", POLICY.code_valid)
    shopify.put(order())
    talk = Talk(shop_on_both, codes, post=own.letters)
    said = await talk.says("cancel 1001, amina@example.com", "cancel_order", order_number="1001",
                           email="amina@example.com")  # fmt: skip
    assert "ask_one_time_code" in said
    (letter,) = own.letters.sent
    assert letter.to == "amina@example.com"
    assert "cancel_summary" in await talk.says(letter.code)
    assert await talk.says("yes", "affirm") == ["cancelled"]
    assert shopify.orders[ID]["cancelledAt"]
    assert await talk.again() == ["cancelled"]
    assert (shopify.count("Cancel"), len(await rows(own))) == (1, 1)
