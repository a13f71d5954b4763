"""Cancelling: the order, its payments and the money on its way back change together, once, and nothing else does."""

import asyncio
import dataclasses
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shop_testing import POLICY, OwnShop, differences
from sqlalchemy import delete, insert, select, update

from actions.shop import tables
from actions.shop.backend import Money, Order, OrderState, PaymentMethod, PaymentState, RefundState
from actions.shop.changes import Change, ChangeKind, Doing, Refusal, Refused
from actions.shop.sql import SqlShop
from actions.shop.sql_cancel import cancel
from handoff.database import Database

CAPTURED, UNPAID, TWICE_FAILED, AT_THE_DOOR = "10003", "10006", "10078", "10014"


def doing(key: str = "m", who: str = "v") -> Doing:
    return Doing(key, who, 2)


async def cancelled(own: OwnShop, number: str, key: str = "m") -> Change:
    return await own.shop.cancel((await own.order(number)).id, doing(key))


def about(order_id: str, rows: dict[str, list[dict[str, Any]]]) -> bool:
    """Whether the rows are all this order's own."""
    return all(
        row["id" if table == "shop_orders" else "order_id"] == order_id for table, rows in rows.items() for row in rows
    )


async def test_a_paid_order_is_cancelled_and_all_the_money_goes_back(own: OwnShop) -> None:
    order, before, began = await own.order(CAPTURED), await own.everything(), datetime.now(UTC)
    change = await own.shop.cancel(order.id, doing())
    changed = differences(before, await own.everything())
    assert set(changed) == {"shop_orders", "shop_refunds", "shop_changes"}
    assert [(row["id"], row["state"]) for row in changed["shop_orders"]] == [(order.id, "cancelled")]
    (refund,) = change.refunds
    assert (refund.amount, refund.method) == (Money(7200, "EUR"), PaymentMethod.PAYPAL)
    assert (refund.state, refund.sent_at, refund.return_id) == (RefundState.PENDING, None, None)
    assert refund.expected_on == (refund.created_at + timedelta(days=3)).date()
    assert began <= refund.created_at <= datetime.now(UTC)
    now = await own.order(CAPTURED)
    assert now == dataclasses.replace(order, state=OrderState.CANCELLED, refunds=(refund,))


async def test_an_order_that_was_not_paid_yet_is_cancelled_and_its_payment_will_not_be_taken(own: OwnShop) -> None:
    for number in (UNPAID, AT_THE_DOOR):
        order, before = await own.order(number), await own.everything()
        change = await cancelled(own, number, number)
        assert change.refunds == ()
        changed = differences(before, await own.everything())
        assert set(changed) == {"shop_orders", "shop_payments", "shop_changes"}
        assert [(row["id"], row["state"]) for row in changed["shop_payments"]] == [(order.payments[0].id, "voided")]


async def test_payments_that_failed_stay_as_they_are_and_give_nothing_back(own: OwnShop) -> None:
    before = await own.everything()
    change = await cancelled(own, TWICE_FAILED)
    assert change.refunds == ()
    assert set(differences(before, await own.everything())) == {"shop_orders", "shop_changes"}


async def test_one_row_says_who_did_what_when_and_how_surely_and_what_it_was_before(own: OwnShop) -> None:
    began, order = datetime.now(UTC), await own.order(CAPTURED)
    change = await own.shop.cancel(order.id, Doing("message 7", "conversation 9", 2))
    (row,) = await own.rows(tables.changes)
    assert row == {
        "id": change.id,
        "order_id": order.id,
        "order_number": CAPTURED,
        "reference": "C10003-1",
        "kind": "cancel",
        "key": "message 7",
        "also": None,
        "who": "conversation 9",
        "level": 2,
        "before": {"state": "processing"},
        "after": {"state": "cancelled", "refunds": [change.refunds[0].id]},
        "at": change.at,
    }
    assert began <= change.at <= datetime.now(UTC)
    assert (change.kind, change.order_number, change.reference) == (ChangeKind.CANCEL, CAPTURED, "C10003-1")
    assert (change.before, change.after) == (row["before"], row["after"])


async def test_what_was_done_stays_known_when_the_order_is_deleted(own: OwnShop) -> None:
    order = await own.order(UNPAID)
    change = await cancelled(own, UNPAID)
    await own.change(delete(tables.orders).where(tables.orders.c.id == order.id))
    (row,) = await own.rows(tables.changes)
    assert (row["order_id"], row["order_number"]) == (None, UNPAID)
    assert await own.shop.cancel(order.id, doing()) == change


async def more_money(own: OwnShop, order: Order, *amounts: int, back: dict[str, int] | None = None) -> None:
    """Further captured payments, newer than those there are, and refunds in these states."""
    payments, refunds = await own.rows(tables.payments), await own.rows(tables.refunds)
    payment = next(row for row in payments if row["order_id"] == order.id)
    for n, amount in enumerate(amounts):
        values = {"id": f"payment {n}", "amount_minor": amount, "created_at": payment["created_at"] + timedelta(n + 1)}
        await own.change(insert(tables.payments).values(payment | values))
    for state, amount in (back or {}).items():
        values = {
            "id": f"refund {state}",
            "order_id": order.id,
            "return_id": None,
            "state": state,
            "amount_minor": amount,
            "currency": payment["currency"],
            "sent_at": payment["created_at"] if state == "sent" else None,
        }
        await own.change(insert(tables.refunds).values(refunds[0] | values))


@pytest.mark.parametrize(
    ("more", "back", "refunds"),
    [
        ([], {"sent": 200}, [7000]),
        ([], {"pending": 200}, [7000]),  # is on its way already
        ([], {"failed": 200}, [7200]),  # never got there
        ([], {"sent": 200, "pending": 300, "failed": 400}, [6700]),
        ([], {"sent": 7200}, []),
        ([], {"sent": 9000}, []),
        ([500], {}, [500, 7200]),
        ([500], {"sent": 200}, [500, 7000]),
        ([500], {"sent": 7200}, [500]),
        ([500], {"sent": 7300}, [400]),
        ([500], {"sent": 7700}, []),
    ],
)
async def test_what_has_gone_back_before_does_not_go_back_again(
    own: OwnShop, more: list[int], back: dict[str, int], refunds: list[int]
) -> None:
    order = await own.order(CAPTURED)
    await more_money(own, order, *more, back=back)
    change = await cancelled(own, CAPTURED)
    assert sorted(refund.amount.minor for refund in change.refunds) == refunds
    all_back = sum(r.amount.minor for r in (await own.order(CAPTURED)).refunds if r.state is not RefundState.FAILED)
    assert all_back == max(7200 + sum(more), sum(amount for state, amount in back.items() if state != "failed"))


@pytest.mark.parametrize("method", PaymentMethod)
async def test_money_is_expected_back_by_how_it_was_paid(own_sqlite: OwnShop, method: PaymentMethod) -> None:
    order = await own_sqlite.order(CAPTURED)
    await own_sqlite.change(
        update(tables.payments).where(tables.payments.c.order_id == order.id).values(method=method.value)
    )
    (refund,) = (await cancelled(own_sqlite, CAPTURED)).refunds
    assert refund.method is method
    assert refund.expected_on == (refund.created_at + timedelta(days=POLICY.refund_days[method])).date()


async def test_the_same_message_changes_nothing_twice_and_is_answered_the_same(own: OwnShop) -> None:
    order = await own.order(CAPTURED)
    change = await own.shop.cancel(order.id, doing())
    before = await own.everything()
    for _ in range(3):
        assert await own.shop.cancel(order.id, doing()) == change
    assert await own.everything() == before


async def test_another_message_finds_it_done(own: OwnShop) -> None:
    await cancelled(own, CAPTURED, "m1")
    before = await own.everything()
    with pytest.raises(Refused) as refused:
        await cancelled(own, CAPTURED, "m2")
    assert refused.value.why is Refusal.ALREADY_DONE
    assert await own.everything() == before


async def test_a_message_that_changed_one_order_changes_no_other_and_is_told_nothing_of_it(own: OwnShop) -> None:
    await cancelled(own, CAPTURED, "m")
    before = await own.everything()
    with pytest.raises(Refused) as refused:
        await cancelled(own, UNPAID, "m")
    assert refused.value.why is Refusal.NOT_SUPPORTED
    assert await own.everything() == before


async def test_two_messages_at_once_cancel_once(own: OwnShop) -> None:
    order, before = await own.order(CAPTURED), await own.everything()
    done = await asyncio.gather(*(own.shop.cancel(order.id, doing(f"m{n}")) for n in range(4)), return_exceptions=True)
    assert Counter(type(each).__name__ for each in done) == {"Change": 1, "Refused": 3}
    changed = differences(before, await own.everything())
    assert {table: len(rows) for table, rows in changed.items()} == {
        "shop_orders": 1,
        "shop_refunds": 1,
        "shop_changes": 1,
    }


async def test_the_same_message_at_once_cancels_once_and_is_answered_the_same(own: OwnShop) -> None:
    order, before = await own.order(CAPTURED), await own.everything()
    done = await asyncio.gather(*(own.shop.cancel(order.id, doing()) for _ in range(4)))
    assert all(change == done[0] for change in done)
    assert len(differences(before, await own.everything())["shop_changes"]) == 1


async def test_orders_are_cancelled_side_by_side_each_for_itself(own: OwnShop) -> None:
    numbers = [CAPTURED, UNPAID, TWICE_FAILED, AT_THE_DOOR]
    done = await asyncio.gather(*(cancelled(own, number, number) for number in numbers))
    assert [change.order_number for change in done] == numbers
    assert {(await own.order(number)).state for number in numbers} == {OrderState.CANCELLED}


@pytest.mark.parametrize("moved", [OrderState.PACKED, OrderState.SHIPPED, OrderState.CANCELLED, OrderState.PROCESSING])
async def test_an_order_that_moves_on_between_reading_and_writing_is_left(own: OwnShop, moved: OrderState) -> None:
    """Even to a state that would allow it: what is written down as the state before would be wrong."""
    order = await own.order(AT_THE_DOOR)
    assert order.state is OrderState.PLACED
    await own.change(update(tables.orders).where(tables.orders.c.id == order.id).values(state=moved.value))
    before = await own.everything()
    with pytest.raises(Refused) as refused:
        async with own.writing() as connection:
            await cancel(connection, order, POLICY, doing())
    assert refused.value.why is Refusal.TOO_LATE
    assert await own.everything() == before


async def test_a_warehouse_that_is_at_it_is_waited_for_and_has_the_say(own: OwnShop) -> None:
    order = await own.order(CAPTURED)
    async with own.writing() as warehouse:
        await warehouse.execute(update(tables.orders).where(tables.orders.c.id == order.id).values(state="packed"))
        customer = asyncio.create_task(own.shop.cancel(order.id, doing()))
        await asyncio.sleep(0.05)
        assert not customer.done()
    with pytest.raises(Refused) as refused:
        await customer
    assert refused.value.why is Refusal.TOO_LATE
    assert (await own.order(CAPTURED)).state is OrderState.PACKED


async def test_what_breaks_midway_leaves_everything_as_it_was(own: OwnShop) -> None:
    """The audit row cannot be written, so nothing was done."""
    order, before = await own.order(CAPTURED), await own.everything()
    with pytest.raises(Exception, match=r"(?i)null"):
        await own.shop.cancel(order.id, Doing("m", None, 2))  # type: ignore[arg-type]
    assert await own.everything() == before


async def test_a_shop_without_a_policy_and_an_order_that_is_not_there_are_refused(own: OwnShop) -> None:
    before, order = await own.everything(), await own.order(CAPTURED)
    for shop, order_id in ((SqlShop(own.database.engine), order.id), (own.shop, "nothing")):
        with pytest.raises(Refused) as refused:
            await shop.cancel(order_id, doing())
        assert refused.value.why is Refusal.NOT_SUPPORTED
    assert await own.everything() == before


async def test_an_engine_of_ones_own_will_do(own: OwnShop) -> None:
    """As behind Rasa's own action server, where nobody hands the shop a writer."""
    shop = SqlShop(own.database.engine, POLICY)
    order = await own.order(CAPTURED)
    change = await shop.cancel(order.id, doing())
    assert await shop.cancel(order.id, doing()) == change
    assert (await own.order(CAPTURED)).state is OrderState.CANCELLED


@pytest.mark.parametrize("state", OrderState)
async def test_in_every_state_the_policy_has_the_say(own: OwnShop, state: OrderState) -> None:
    order = await own.order(CAPTURED)
    await own.change(update(tables.orders).where(tables.orders.c.id == order.id).values(state=state.value))
    before = await own.everything()
    if state in POLICY.cancel_while:
        await own.shop.cancel(order.id, doing())
        assert about(order.id, differences(before, await own.everything()))
        return
    with pytest.raises(Refused):
        await own.shop.cancel(order.id, doing())
    assert await own.everything() == before


async def test_of_all_the_demos_orders_those_are_cancelled_that_may_be_each_alone(
    own: OwnShop, orders: dict[str, Order]
) -> None:
    may = {number for number, order in orders.items() if POLICY.cancellation(order) is None}
    assert 20 < len(may) < len(orders) - 100
    before = await own.everything()
    for number in orders.keys() - may:
        with pytest.raises(Refused):
            await own.shop.cancel(orders[number].id, doing(number))
    assert await own.everything() == before
    for number in sorted(may):
        change = await own.shop.cancel(orders[number].id, doing(number))
        after = await own.everything()
        changed = differences(before, after)
        assert about(orders[number].id, changed)
        assert set(changed) <= {"shop_orders", "shop_payments", "shop_refunds", "shop_changes"}
        paid = sum(p.amount.minor for p in orders[number].payments if p.state is PaymentState.CAPTURED)
        assert sum(refund.amount.minor for refund in change.refunds) == paid
        assert not any(row["state"] == "pending" for row in changed.get("shop_payments", []))
        before = after


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    allowed=st.frozensets(st.sampled_from(OrderState)),
    asked=st.lists(st.tuples(st.integers(10001, 10200), st.sampled_from(["m1", "m2"])), max_size=8),
)
def test_whatever_is_asked_for_no_order_leaves_a_state_that_the_policy_forbids_to_leave(
    sqlite_own: Callable[[], Database], allowed: frozenset[OrderState], asked: list[tuple[int, str]]
) -> None:
    async def ask() -> None:
        own = OwnShop(sqlite_own(), policy=dataclasses.replace(POLICY, cancel_while=allowed))
        before = await own.everything()
        ids = {row["number"]: row["id"] for row in before["shop_orders"].values()}
        done = set()
        for number, key in asked:
            try:
                change = await own.shop.cancel(ids[str(number)], doing(f"{number} {key}"))
            except Refused:
                continue
            done.add(change.order_number)
        after = await own.everything()
        await own.database.close()
        changed = differences(before, after)
        assert {row["number"] for row in changed.get("shop_orders", [])} == done
        assert done <= {str(number) for number, _ in asked}
        for row in changed.get("shop_orders", []):
            was = OrderState(before["shop_orders"][row["id"]]["state"])
            assert was in allowed and was is not OrderState.CANCELLED and row["state"] == "cancelled"
        touched = {ids[number] for number in done}
        for table, rows in changed.items():
            assert {row["id" if table == "shop_orders" else "order_id"] for row in rows} <= touched
        assert len(changed.get("shop_changes", [])) == len(done)

    asyncio.run(ask())


async def test_an_order_that_was_cancelled_twice_in_its_life_has_two_references(own: OwnShop) -> None:
    order = await own.order(UNPAID)
    await cancelled(own, UNPAID, "m1")
    await own.change(update(tables.orders).where(tables.orders.c.id == order.id).values(state="placed"))
    assert (await cancelled(own, UNPAID, "m2")).reference == f"C{UNPAID}-2"
    async with own.database.read() as tx:
        assert len(await tx.rows(select(tables.changes.c.reference).distinct())) == 2
