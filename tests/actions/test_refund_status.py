"""Where all of an order's money is; what went wrong with it goes to a person, and an exchange promises none."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from return_testing import ONE_PIECE, PIECE_OWNER, TWO_LINES, asked_to_confirm
from shop_testing import NOW, OwnShop, RunAction, differences, run_action
from sqlalchemy import update
from sqlalchemy.ext.asyncio import create_async_engine

from actions.order_lines import refund_to_come
from actions.refund_status import needs_person, refund_status
from actions.return_status import return_status
from actions.shop import tables
from actions.shop.backend import (
    Money,
    Order,
    OrderState,
    PaymentMethod,
    PaymentState,
    Refund,
    RefundState,
    ReturnState,
)
from actions.shop.sql import SqlShop

Orders = dict[str, Order]
DAY = NOW.date()


def told(order: Order, today: date = DAY) -> list[str]:
    """The lines of the answer, by key."""
    params: Any = refund_status(order, today)[1]
    return [line["phrase"] for line in params["details"]["lines"]] if "details" in params else []


def refund(state: RefundState, expected: date, amount: int = 100) -> Refund:
    sent = NOW if state is RefundState.SENT else None
    return Refund("r", None, PaymentMethod.CARD, state, Money(amount, "BDT"), NOW, expected, sent)


def about(number: str, contact: str) -> dict[str, str]:
    return {"order_number": number, "order_contact": contact}


async def test_a_refund_on_its_way_is_told_with_amount_account_and_day(own: OwnShop) -> None:
    before = await own.everything()
    said = await run_action(own.shop, "action_refund_status", about("10043", "hannah@example.com"))
    assert said.keys == ["refund_status_told"]
    line = said.responses[0]["details"]["lines"][0]
    assert (line["phrase"], line["params"]["amount"]) == ("refund_line_pending", {"money": 2699, "currency": "USD"})
    assert differences(before, await own.everything()) == {}


async def test_who_asks_without_number_and_contact_is_asked_for_them(act: RunAction) -> None:
    said = await act("action_refund_status", {"order_number": ONE_PIECE})
    assert said.other_events == [("followup", "refund_status_form")]


async def test_where_nothing_goes_back_a_return_is_offered(act: RunAction) -> None:
    said = await act("action_refund_status", about(ONE_PIECE, PIECE_OWNER))
    assert said.keys == ["refund_status_none"]
    assert [button["intent"] for button in said.responses[0]["buttons"]] == ["start_return", "human_agent"]
    assert "handoff_reason" not in said.slots


async def test_somebody_elses_refund_is_not_told(act: RunAction) -> None:
    said = await act("action_refund_status", about("10043", PIECE_OWNER))
    assert said.keys == ["order_no_match"]


def test_money_for_a_return_that_is_not_here_yet_is_told_with_its_number(orders: Orders) -> None:
    order = orders["10002"]
    key, params = refund_status(order, DAY)
    details: Any = params["details"]
    of, coming = details["lines"]
    assert (key, of["phrase"], coming["phrase"]) == ("refund_status_told", "refund_line_return", "refund_expected_card")
    assert of["params"] == {"return_number": {"id": "R10002-1"}}
    assert coming["params"]["amount"] == {"money": order.returns[0].amount.minor, "currency": "BDT"}


def test_of_a_rejected_return_and_of_an_exchange_no_money_is_promised(orders: Orders) -> None:
    order = orders["10002"]
    for other in ({"state": ReturnState.REJECTED}, {"exchange_for": "the blue ones", "amount": Money(0, "BDT")}):
        changed = replace(order, returns=(replace(order.returns[0], **other),))
        assert refund_status(changed, DAY)[0] == "refund_status_none"
        assert not needs_person(changed, DAY)


@pytest.mark.parametrize(
    ("state", "days", "lines", "person"),
    [
        (RefundState.SENT, 0, ["refund_line_sent"], False),
        (RefundState.SENT, -1, ["refund_line_sent", "refund_line_late"], False),
        (RefundState.PENDING, 0, ["refund_line_pending"], False),
        (RefundState.PENDING, -1, ["refund_line_pending", "refund_line_overdue"], True),
        (RefundState.FAILED, 3, ["refund_line_failed"], True),
        (RefundState.FAILED, -3, ["refund_line_failed"], True),
    ],
)
def test_a_refund_that_is_late_or_failed_is_told_so_and_the_shops_own_fault_goes_to_a_person(
    orders: Orders, state: RefundState, days: int, lines: list[str], person: bool
) -> None:
    order = replace(orders[ONE_PIECE], refunds=(refund(state, DAY + timedelta(days=days)),))
    assert told(order) == lines
    assert needs_person(order, DAY) is person


async def test_whoever_waits_for_a_failed_refund_gets_a_person_and_no_buttons(own: OwnShop) -> None:
    await own.change(update(tables.refunds).values(state="failed", sent_at=None))
    said = await run_action(own.shop, "action_refund_status", about("10043", "hannah@example.com"))
    assert said.keys == ["refund_status_told"]
    assert said.slots["handoff_reason"] == "refund_status"
    assert said.responses[0]["buttons"] == []


async def test_a_shop_that_does_not_answer_leads_to_a_person() -> None:
    engine = create_async_engine("sqlite+aiosqlite:////no/such/folder/shop.db")
    said = await run_action(SqlShop(engine), "action_refund_status", about("10043", "hannah@example.com"))
    await engine.dispose()
    assert (said.keys, said.slots["handoff_reason"]) == (["shop_unavailable"], "shop_unavailable")


def test_a_cancelled_order_is_told_by_what_was_paid(orders: Orders) -> None:
    for order in orders.values():
        if order.state is OrderState.CANCELLED:
            paid = any(payment.state is PaymentState.CAPTURED for payment in order.payments)
            assert refund_status(order, DAY)[0] == ("refund_status_told" if paid else "refund_status_not_charged")
            owed = replace(order, refunds=())
            assert refund_status(owed, DAY)[0] == ("refund_status_owed" if paid else "refund_status_not_charged")
            assert needs_person(owed, DAY) is paid


def test_every_refund_of_an_order_is_told(orders: Orders) -> None:
    for order in orders.values():
        assert sum(key.startswith("refund_line_") for key in told(order, date.min)) == len(order.refunds) + sum(
            one.refund is None and one.state is not ReturnState.REJECTED for one in order.returns
        )


@pytest.mark.parametrize(
    ("method", "key"),
    [
        (PaymentMethod.CARD, "refund_expected_card"),
        (PaymentMethod.BANK_TRANSFER, "refund_expected_bank"),
        (PaymentMethod.CASH_ON_DELIVERY, "refund_expected_bank"),  # as the policy has it
        (PaymentMethod.BKASH, "refund_expected_wallet"),
        (PaymentMethod.UPI, "refund_expected_wallet"),
        (PaymentMethod.PAYPAL, "refund_expected_wallet"),
    ],
)
def test_money_to_come_goes_the_way_that_was_paid_and_not_the_way_that_failed(
    orders: Orders, method: PaymentMethod, key: str
) -> None:
    paid = replace(orders[ONE_PIECE].payments[0], method=method)
    failed = replace(paid, method=PaymentMethod.ROCKET, state=PaymentState.FAILED)
    order = replace(orders[ONE_PIECE], payments=(paid, failed))
    line: Any = refund_to_come(order, Money(100, "EUR"))
    assert (line["phrase"], line["params"]["to"]["phrase"]) == (key, f"refund_to_{method}")


@pytest.mark.parametrize(
    ("state", "key", "line"),
    [
        (ReturnState.LABEL_SENT, "return_status_label_sent", "exchange_line_to_come"),
        (ReturnState.RECEIVED, "return_status_received", "exchange_line_to_come"),
        (ReturnState.INSPECTED, "return_status_inspected_exchange", "exchange_line_instead"),
        (ReturnState.REFUNDED, "return_status_refunded", "exchange_line_done"),
    ],
)
def test_the_state_of_an_exchange_names_what_is_sent_and_no_money(
    orders: Orders, state: ReturnState, key: str, line: str
) -> None:
    order = orders["10002"]
    found = replace(order.returns[0], state=state, exchange_for="the blue ones", amount=Money(0, "BDT"))
    said, params = return_status(order, found)
    details: Any = params["details"]
    assert (said, details["lines"][-1]["phrase"]) == (key, line)
    assert details["lines"][-1]["params"] == {"wish": {"id": "the blue ones"}}


@pytest.mark.parametrize("intent", ["start_return", "exchange_item"])
async def test_what_was_just_opened_is_told_by_both(own: OwnShop, intent: str) -> None:
    one = await asked_to_confirm(own, intent)
    await one.says("yes", "affirm")
    order = await own.order(TWO_LINES)
    assert return_status(order, order.returns[0])[0] == "return_status_label_sent"
    money = told(order)
    assert money == (["refund_line_return", "refund_expected_card"] if intent == "start_return" else [])
