"""Cancelling in WooCommerce: once and wholly, whatever breaks between its requests, and nothing else is touched."""

import asyncio
import dataclasses
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from fake_woo import KEY, SECRET, FakeWoo, Fault, order
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shop_testing import POLICY, OwnShop, differences
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection

from actions.shop import tables
from actions.shop.backend import Money, OrderState, PaymentMethod, PaymentState, RefundState
from actions.shop.changes import Change, ChangeKind, Doing, Refusal, Refused
from actions.shop.ledger import Ledger
from actions.shop.policy import Policy
from actions.shop.trouble import ShopTrouble
from actions.shop.woocommerce.client import WooClient
from actions.shop.woocommerce.marks import META
from actions.shop.woocommerce.orders import Reading
from actions.shop.woocommerce.reader import OrderReader
from actions.shop.woocommerce.shop import WooShop
from handoff.database import Database

ID = "10723"


def doing(key: str = "m") -> Doing:
    return Doing(key, "v", 2)


def unpaid(**values: Any) -> dict[str, Any]:
    return order(**{"date_paid_gmt": None, "status": "pending", **values})


async def rows(own: OwnShop) -> list[dict[str, Any]]:
    """The audit of this shop's orders: the demo's has none."""
    return await own.rows(tables.changes)


async def all_is_done(woo: FakeWoo, own: OwnShop, references: int = 1) -> None:
    """Cancelled, the money sent once, the pieces back on the shelf once, told in one row and by one mark."""
    assert woo.orders[10723]["status"] == "refunded"  # so WooCommerce calls what is paid back
    assert woo.money == [(10723, "16.45")]
    assert [refund["amount"] for refund in woo.refunds[10723]] == ["16.45"]
    assert woo.stock == 10
    (meta,) = woo.orders[10723]["meta_data"]
    assert (meta["key"], meta["value"].count("reference")) == (META, references)
    (row,) = await rows(own)
    assert row["after"] == {"state": "cancelled", "refunds": [str(woo.refunds[10723][0]["id"])]}


async def test_a_paid_order_is_cancelled_and_all_the_money_goes_back(
    woo: FakeWoo, woo_shop: WooShop, own: OwnShop
) -> None:
    before, began = await own.everything(), datetime.now(UTC)
    change = await woo_shop.cancel(ID, Doing("message 7", "conversation 9", 2))
    await all_is_done(woo, own)
    (refund,) = change.refunds
    assert (refund.amount, refund.method, refund.state) == (Money(1645, "USD"), PaymentMethod.CARD, RefundState.SENT)
    assert woo.bodies[-1] == {"amount": "16.45", "reason": "C10723-1", "api_refund": True, "api_restock": False}
    changed = differences(before, await own.everything())
    assert set(changed) == {"shop_changes"}
    (row,) = changed["shop_changes"]
    assert row == {
        "id": change.id,
        "order_id": None,
        "order_number": "10723",
        "reference": "C10723-1",
        "kind": "cancel",
        "key": "message 7",
        "also": None,
        "who": "conversation 9",
        "level": 2,
        "before": {"state": "processing"},
        "after": {"state": "cancelled", "refunds": [refund.id]},
        "at": change.at,
    }
    assert began <= change.at <= datetime.now(UTC)
    assert (change.kind, change.order_number, change.reference) == (ChangeKind.CANCEL, "10723", "C10723-1")
    now = await woo_shop.find_order("10723")
    assert now is not None and (now.state, now.refunds) == (OrderState.CANCELLED, (refund,))


async def test_an_order_that_was_not_paid_is_cancelled_without_a_refund(
    woo: FakeWoo, woo_shop: WooShop, own: OwnShop
) -> None:
    woo.add(unpaid(payment_method="cod", status="processing"))
    change = await woo_shop.cancel(ID, doing())
    assert change.refunds == ()
    assert (woo.orders[10723]["status"], woo.money, woo.refunds) == ("cancelled", [], {})
    assert woo.changes() == ["PUT wc/v3/orders/10723"]
    now = await woo_shop.find_order("10723")
    assert now is not None and now.payments[0].state is PaymentState.VOIDED


async def test_what_has_gone_back_before_does_not_go_back_again(woo: FakeWoo, woo_shop: WooShop, own: OwnShop) -> None:
    earlier = {"id": 5, "date_created_gmt": "2026-11-21T20:07:11", "reason": "", "refunded_payment": False}
    woo.refunds[10723] = [{**earlier, "amount": "10.00"}]
    change = await woo_shop.cancel(ID, doing())
    assert [refund.amount for refund in change.refunds] == [Money(645, "USD")]
    assert woo.money == [(10723, "6.45")]
    woo.add(order(10724))
    woo.refunds[10724] = [{**earlier, "id": 6, "amount": "16.45"}]
    assert (await woo_shop.cancel("10724", doing("m2"))).refunds == ()
    assert woo.money == [(10723, "6.45")]


async def test_the_same_message_changes_nothing_twice_and_is_answered_the_same(
    woo: FakeWoo, woo_shop: WooShop, own: OwnShop
) -> None:
    change = await woo_shop.cancel(ID, doing())
    before, audit = woo.everything(), await own.everything()
    for _ in range(3):
        assert await woo_shop.cancel(ID, doing()) == change
    woo.orders[10723]["meta_data"] = []  # somebody has tidied up
    assert await woo_shop.cancel(ID, doing()) == change
    woo.orders[10723]["meta_data"] = before[0][10723]["meta_data"]
    assert (woo.everything(), await own.everything()) == (before, audit)
    await all_is_done(woo, own)


async def test_a_message_that_was_answered_with_another_changes_nothing_again(
    woo: FakeWoo, woo_shop: WooShop, own: OwnShop
) -> None:
    change = await woo_shop.cancel(ID, Doing("m1", "v", 2, ("m2", "m3")))
    for again in (doing("m1"), doing("m3"), Doing("m2", "v", 2, ("m3",))):
        assert await woo_shop.cancel(ID, again) == change
    await all_is_done(woo, own)


async def test_another_message_finds_it_done(woo: FakeWoo, woo_shop: WooShop, own: OwnShop) -> None:
    await woo_shop.cancel(ID, doing("m1"))
    before = woo.everything()
    with pytest.raises(Refused) as refused:
        await woo_shop.cancel(ID, doing("m2"))
    assert refused.value.why is Refusal.ALREADY_DONE
    assert woo.everything() == before
    await all_is_done(woo, own)


async def test_a_message_that_changed_one_order_changes_no_other_and_is_told_nothing_of_it(
    woo: FakeWoo, woo_shop: WooShop, own: OwnShop
) -> None:
    woo.add(order(10724))
    await woo_shop.cancel(ID, doing())
    before, audit = woo.everything(), await own.everything()
    with pytest.raises(Refused) as refused:
        await woo_shop.cancel("10724", doing())
    assert refused.value.why is Refusal.NOT_SUPPORTED
    assert (woo.everything(), await own.everything()) == (before, audit)


async def test_money_that_cannot_go_back_by_itself_is_for_a_person(
    woo: FakeWoo, woo_shop: WooShop, own: OwnShop
) -> None:
    before, audit = woo.everything(), await own.everything()
    for method in ("bacs", "cheque", "stripe/../evil"):
        woo.orders[10723]["payment_method"] = method
        if "/" in method:
            continue
        with pytest.raises(Refused) as refused:
            await woo_shop.cancel(ID, doing())
        assert refused.value.why is Refusal.NOT_SUPPORTED
    woo.orders[10723]["payment_method"] = "stripe"
    assert (woo.everything(), await own.everything(), woo.changes()) == (before, audit, [])


@pytest.mark.parametrize(
    ("status", "why"),
    [
        ("completed", Refusal.TOO_LATE),
        ("shipped", Refusal.TOO_LATE),
        ("cancelled", Refusal.ALREADY_DONE),
        ("refunded", Refusal.ALREADY_DONE),
    ],
)
async def test_in_every_state_the_policy_has_the_say(
    woo: FakeWoo, woo_shop: WooShop, own: OwnShop, status: str, why: Refusal
) -> None:
    woo.orders[10723]["status"] = status
    before = woo.everything()
    with pytest.raises(Refused) as refused:
        await woo_shop.cancel(ID, doing())
    assert refused.value.why is why
    assert (woo.everything(), await rows(own), woo.changes()) == (before, [], [])


async def test_what_has_a_parcel_is_too_late(woo: FakeWoo, woo_shop: WooShop) -> None:
    parcel = {"tracking_id": "a", "tracking_provider": "Pathao", "tracking_number": "1", "date_shipped": "2026-11-21"}
    woo.parcels[10723] = [parcel]
    with pytest.raises(Refused) as refused:
        await woo_shop.cancel(ID, doing())
    assert refused.value.why is Refusal.TOO_LATE


async def test_an_order_that_is_not_there_and_a_shop_without_a_ledger_are_refused(
    woo: FakeWoo, woo_shop: WooShop, reader: OrderReader
) -> None:
    asked = ((woo_shop, "99999"), (woo_shop, "nothing"), (woo_shop, "../orders/10723"), (WooShop(reader), ID))
    for shop, order_id in asked:
        with pytest.raises(Refused) as refused:
            await shop.cancel(order_id, doing())
        assert refused.value.why is Refusal.NOT_SUPPORTED
    assert woo.changes() == []
    assert WooShop(reader).can == frozenset()
    assert woo_shop.can == {ChangeKind.CANCEL, ChangeKind.ADDRESS}


@pytest.mark.parametrize("how", ["drop", "drop after", 500, 429])
@pytest.mark.parametrize("after", range(12))
async def test_whatever_request_breaks_the_same_message_again_brings_it_to_its_end(
    woo: FakeWoo, woo_shop_sqlite: WooShop, own_sqlite: OwnShop, how: int | str, after: int
) -> None:
    """Reading is tried three times and setting twice, so all tries break."""
    woo.faults = [Fault(".*", how, times=3, after=after)]
    broke = False
    try:
        await woo_shop_sqlite.cancel(ID, doing())
    except ShopTrouble:
        broke = True
    woo.faults = []
    change = await woo_shop_sqlite.cancel(ID, doing())
    assert [refund.amount.minor for refund in change.refunds] == [1645]
    await all_is_done(woo, own_sqlite)
    # two of them are each asked beside another, which takes one of the faults; the last is one too many
    assert broke == (after not in (1, 9, 11))


@pytest.mark.parametrize("broken", range(4))
async def test_whatever_of_our_own_writing_breaks_the_same_message_again_brings_it_to_its_end(
    woo: FakeWoo, reader: OrderReader, own: OwnShop, broken: int
) -> None:
    """As when the process is killed: what it had done with WooCommerce stays done."""
    count = 0

    @asynccontextmanager
    async def writing() -> AsyncIterator[AsyncConnection]:
        nonlocal count
        count += 1
        if count == broken + 1:
            raise OSError("killed")
        async with own.writing() as connection:
            yield connection

    shop = WooShop(reader, Ledger(writing))
    if broken < 3:  # looked up, begun, finished
        with pytest.raises(OSError, match="killed"):
            await shop.cancel(ID, doing())
    await shop.cancel(ID, doing())
    await all_is_done(woo, own)


async def test_a_refund_that_was_made_though_the_answer_got_lost_is_not_made_again(
    woo: FakeWoo, woo_shop: WooShop, own: OwnShop
) -> None:
    woo.faults = [Fault("POST .*", "drop after")]
    with pytest.raises(ShopTrouble, match="POST wc/v3/orders/10723/refunds"):
        await woo_shop.cancel(ID, doing())
    (row,) = await rows(own)
    assert (row["after"], row["reference"]) == ({}, "C10723-1")  # begun, and nobody knows more
    await woo_shop.cancel(ID, doing())
    await all_is_done(woo, own)


async def test_a_payment_provider_that_says_no_leaves_it_open_for_a_person(
    woo: FakeWoo, woo_shop: WooShop, own: OwnShop
) -> None:
    woo.provider_says_no = True
    with pytest.raises(ShopTrouble, match="500 woocommerce_rest_cannot_create_order_refund"):
        await woo_shop.cancel(ID, doing())
    assert (woo.orders[10723]["status"], woo.money) == ("cancelled", [])
    assert [row["after"] for row in await rows(own)] == [{}]
    woo.provider_says_no = False
    await woo_shop.cancel(ID, doing())
    await all_is_done(woo, own)


async def test_a_refund_that_is_noted_but_not_taken_on_is_no_refund_and_not_asked_for_again(
    woo: FakeWoo, woo_shop: WooShop, own: OwnShop
) -> None:
    """WooCommerce notes a refund first, then asks the provider: it may have died in between."""
    woo.faults = [Fault("POST .*", "drop")]
    with pytest.raises(ShopTrouble):
        await woo_shop.cancel(ID, doing())
    noted = {"id": 5, "date_created_gmt": "2026-11-22T10:00:00", "amount": "16.45", "refunded_payment": False}
    woo.refunds[10723] = [{**noted, "reason": "C10723-1"}]
    for _ in range(2):
        with pytest.raises(ShopTrouble, match="not taken it on"):
            await woo_shop.cancel(ID, doing())
    assert woo.money == []
    assert [row["after"] for row in await rows(own)] == [{}]


async def test_a_refund_of_ours_is_the_only_one_however_much_it_is(
    woo: FakeWoo, woo_shop: WooShop, own: OwnShop
) -> None:
    woo.faults = [Fault("POST .*", "drop after")]
    with pytest.raises(ShopTrouble):
        await woo_shop.cancel(ID, doing())
    woo.orders[10723]["total"] = "20.00"  # the shop's people were at it
    change = await woo_shop.cancel(ID, doing())
    assert [refund.amount for refund in change.refunds] == [Money(1645, "USD")]
    assert woo.money == [(10723, "16.45")]


async def test_what_the_shop_did_itself_meanwhile_counts(woo: FakeWoo, woo_shop: WooShop, own: OwnShop) -> None:
    """The request to cancel never came through; when it is repeated the parcel has left."""
    woo.faults = [Fault("PUT .*", "drop", times=2)]
    with pytest.raises(ShopTrouble):
        await woo_shop.cancel(ID, doing())
    woo.orders[10723]["status"] = "completed"
    with pytest.raises(Refused) as refused:
        await woo_shop.cancel(ID, doing())
    assert refused.value.why is Refusal.TOO_LATE
    assert (await rows(own), woo.money) == ([], [])


@pytest.mark.parametrize("value", ["no JSON", "{}", '["x"]', '[{"key": 5}]', 7, None])
async def test_marks_that_somebody_has_spoilt_stop_everything(
    woo: FakeWoo, woo_shop: WooShop, own: OwnShop, value: object
) -> None:
    woo.faults = [Fault("PUT .*", "drop", times=2)]
    with pytest.raises(ShopTrouble):
        await woo_shop.cancel(ID, doing())
    woo.orders[10723]["meta_data"] = [{"id": 1, "key": META, "value": value}]
    before = woo.everything()
    with pytest.raises(ShopTrouble):
        await woo_shop.cancel(ID, doing())
    assert woo.everything() == before


@pytest.mark.parametrize(
    "twist",
    [
        lambda raw: {**raw, "status": "processing"},
        lambda raw: {**raw, "meta_data": []},
        lambda raw: {**raw, "id": 10724},
        lambda raw: [],
    ],
)
async def test_an_answer_that_does_not_say_cancelled_is_not_believed(
    woo: FakeWoo, woo_shop_sqlite: WooShop, own_sqlite: OwnShop, twist: Callable[[Any], Any]
) -> None:
    woo.faults = [Fault("PUT .*", "twist", twist=twist)]
    with pytest.raises(ShopTrouble):
        await woo_shop_sqlite.cancel(ID, doing())
    assert woo.money == []
    await woo_shop_sqlite.cancel(ID, doing())
    await all_is_done(woo, own_sqlite)


async def test_who_loses_patience_does_not_stop_it_halfway(woo: FakeWoo, woo_shop: WooShop, own: OwnShop) -> None:
    woo.faults = [Fault("PUT .*", "late", seconds=0.3)]
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.15):
            await woo_shop.cancel(ID, doing())
    # the same message again waits for it and gets its answer
    change = await woo_shop.cancel(ID, doing())
    assert [refund.amount.minor for refund in change.refunds] == [1645]
    await all_is_done(woo, own)
    assert len(woo.changes()) == 2


async def test_two_messages_at_once_cancel_once(woo: FakeWoo, woo_shop: WooShop, own: OwnShop) -> None:
    done = await asyncio.gather(*(woo_shop.cancel(ID, doing(f"m{n}")) for n in range(4)), return_exceptions=True)
    assert Counter(type(each).__name__ for each in done) == {"Change": 1, "Refused": 3}
    await all_is_done(woo, own)


async def test_the_same_message_at_once_cancels_once_and_is_answered_the_same(
    woo: FakeWoo, woo_shop: WooShop, own: OwnShop
) -> None:
    done = await asyncio.gather(*(woo_shop.cancel(ID, doing()) for _ in range(4)))
    assert all(change == done[0] for change in done)
    await all_is_done(woo, own)


async def test_workers_on_several_machines_cancel_once(woo: FakeWoo, reader: OrderReader, own: OwnShop) -> None:
    workers = [WooShop(reader, Ledger(own.writing)) for _ in range(4)]
    done = await asyncio.gather(
        *(worker.cancel(ID, doing(f"m{n}")) for n, worker in enumerate(workers)), return_exceptions=True
    )
    assert [type(each) for each in done].count(Change) == 1
    await all_is_done(woo, own)


async def test_what_another_message_has_begun_is_left_alone_for_a_minute(
    woo: FakeWoo, woo_shop: WooShop, own: OwnShop
) -> None:
    woo.faults = [Fault("PUT .*", "drop", times=2)]
    with pytest.raises(ShopTrouble):
        await woo_shop.cancel(ID, doing("m1"))
    with pytest.raises(ShopTrouble, match="another change of this order"):
        await woo_shop.cancel(ID, doing("m2"))
    assert woo.orders[10723]["status"] == "processing"
    (row,) = await rows(own)
    await own.change(update(tables.changes).values(at=row["at"] - timedelta(minutes=2)))
    assert (await woo_shop.cancel(ID, doing("m2"))).reference == "C10723-2"
    assert woo.money == [(10723, "16.45")]


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    allowed=st.frozensets(st.sampled_from(OrderState)),
    statuses=st.lists(
        st.sampled_from(["pending", "failed", "processing", "completed", "cancelled"]), min_size=3, max_size=3
    ),
    asked=st.lists(st.tuples(st.integers(10001, 10003), st.sampled_from(["m1", "m2"])), max_size=6),
    faults=st.lists(st.tuples(st.sampled_from(["drop", "drop after", 500]), st.integers(0, 30)), max_size=2),
)
def test_whatever_is_asked_for_no_order_leaves_a_state_that_the_policy_forbids_to_leave(
    sqlite_own: Callable[[], Database],
    allowed: frozenset[OrderState],
    statuses: list[str],
    asked: list[tuple[int, str]],
    faults: list[tuple[int | str, int]],
) -> None:
    async def ask() -> None:
        policy: Policy = dataclasses.replace(POLICY, cancel_while=allowed)
        own, woo = OwnShop(sqlite_own(), policy=policy), FakeWoo()
        for number, status in enumerate(statuses, 10001):
            woo.add(order(number, status=status) if status == "processing" else unpaid(id_=number, status=status))
        await woo.start()
        woo.faults = [Fault(".*", how, times=3, after=after) for how, after in faults]
        before, audit = woo.everything()[0], await own.everything()
        async with httpx.AsyncClient(trust_env=False) as http:
            reader = OrderReader(WooClient(woo.url, KEY, SECRET, http), Reading(policy, {}))
            shop = WooShop(reader, Ledger(own.writing))
            done = set()
            for number, key in asked:
                try:
                    change = await shop.cancel(str(number), doing(f"{number} {key}"))
                except (Refused, ShopTrouble):
                    continue
                done.add(int(change.order_number))
                assert int(change.order_number) == number
        await woo.stop()
        after = await own.everything()
        await own.database.close()
        assert set(differences(audit, after)) <= {"shop_changes"}
        touched = {number for number, raw in woo.orders.items() if raw != before[number]}
        assert done <= touched <= {number for number, _ in asked}
        states = {"pending": "payment_pending", "failed": "payment_failed", "completed": "shipped"}
        for number in touched:
            was = before[number]["status"]
            assert OrderState(states.get(was, was)) in allowed - {OrderState.CANCELLED}
            assert woo.orders[number]["status"] in ("cancelled", "refunded")
        assert len(woo.money) == len(set(woo.money)) <= len(touched)
        finished = [row for row in after["shop_changes"].values() if row["after"]]
        assert sorted(int(row["order_number"]) for row in finished) == sorted(done)

    asyncio.run(ask())
