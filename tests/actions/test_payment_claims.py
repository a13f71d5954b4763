"""Payments: the record is told first; what it does not explain becomes a claim, and a card number is never wanted."""

from typing import Any

import pytest
from claim_testing import chosen, code_typed, new_rows, over, pay_again, set_order
from form_testing import Talk, talk
from rasa_sdk.interfaces import ActionExecutionRejection
from shop_testing import OwnShop, run_action, user
from sqlalchemy import delete, update

from actions.heard import Heard
from actions.shop import tables
from actions.shop.backend import Order, OrderState, PaymentMethod
from handoff.privacy import REDACTED, redact

PAID, PAYER = "10003", "jonas@example.com"
FAILED, FAILER = "10078", "nayeem@example.com"
PENDING, WAITS = "10006", "rakib.c@example.com"
AT_DOOR, AT_HOME = "10014", "arif@example.com"
STATEMENT = "72.00 on the third of the month, it says NODI DHAKA"
CHARGES = ("payment_failed", "double_charged", "unrecognised_charge")


async def begun(
    own: OwnShop, intent: str, number: str = PAID, contact: str = PAYER, sender: str = "v"
) -> tuple[Talk, list[str]]:
    one = talk(own, sender, intent)
    return one, await one.says("there is something wrong", intent, order_number=number, email=contact)


@pytest.mark.parametrize(
    ("number", "contact", "explained"),
    [
        (PAID, PAYER, "payment_went_through"),
        (FAILED, FAILER, "payment_nothing_taken"),
        (PENDING, WAITS, "payment_still_waits"),
        (AT_DOOR, AT_HOME, "payment_at_the_door"),
        ("10123", "sadia@example.com", "payment_over"),
    ],
)
async def test_a_failed_payment_is_explained_by_the_record(
    own_sqlite: OwnShop, number: str, contact: str, explained: str
) -> None:
    before = await own_sqlite.everything()
    one, said = await begun(own_sqlite, "payment_failed", number, contact)
    assert said == [explained, "payment_settles"]
    order = await own_sqlite.order(number)
    assert len(one.params(explained)["details"]["lines"]) == len(order.payments)
    assert await one.says("ah, thank you", "thank") == ["payment_settled"]
    assert over(one) and await own_sqlite.everything() == before and own_sqlite.letters.sent == []


@pytest.mark.parametrize("intent", CHARGES)
async def test_what_the_record_does_not_explain_is_claimed_and_goes_to_the_payments_team(
    own: OwnShop, intent: str
) -> None:
    one, asked = await begun(own, intent)
    assert asked[-1] == ("charge_is_one" if intent == "unrecognised_charge" else "payment_settles")
    assert await one.says("no, the money is gone", "deny") == ["charge_statement"]
    said = await one.says(STATEMENT)
    assert await code_typed(own, one, said) == ["claim_summary", "confirm_change"]
    before = await own.everything()
    assert await one.says("yes", "affirm") == ["claim_open"]
    assert new_rows(before, await own.everything()) == {"shop_claims": 1, "shop_changes": 1}
    (claim,) = (await own.order(PAID)).claims
    assert (claim.number, claim.kind, claim.state, claim.remedy) == ("K10003-1", intent, "open", "check")
    assert claim.description == STATEMENT
    assert one.slots["handoff_reason"] == intent
    assert "claim K10003-1" in one.slots["wished"] and STATEMENT in one.slots["wished"]
    told, after = one.params("claim_open"), await own.everything()
    assert await one.again() == ["claim_open"]
    assert (one.params("claim_open"), await own.everything()) == (told, after)


@pytest.mark.parametrize("intent", CHARGES)
async def test_an_open_claim_of_that_kind_is_told(own_sqlite: OwnShop, intent: str) -> None:
    one, _ = await begun(own_sqlite, intent)
    await one.says("no", "deny")
    await code_typed(own_sqlite, one, await one.says(STATEMENT))
    await one.says("yes", "affirm")
    two, said = await begun(own_sqlite, intent, sender="w")
    assert said == ["claim_already_done"] and over(two)


async def test_what_was_taken_twice_goes_back_at_once(own: OwnShop) -> None:
    order = await own.order(PAID)
    await pay_again(own, order)
    one, said = await begun(own, "double_charged")
    assert await code_typed(own, one, said) == ["claim_summary", "confirm_change"]
    lines = one.params("claim_summary")["details"]["lines"]
    assert [line["phrase"] for line in lines] == [
        "claim_kind_double_charged",
        "payment_line_captured",
        "payment_line_captured",
        "claim_line_refund",
    ]
    assert lines[-1]["params"]["amount"] == {"money": 7200, "currency": "EUR"}
    before = await own.everything()
    assert await one.says("yes", "affirm") == ["claim_granted"]
    assert new_rows(before, await own.everything()) == {"shop_claims": 1, "shop_refunds": 1, "shop_changes": 1}
    assert [refund.amount for refund in (await own.order(PAID)).refunds] == [order.total]
    after = await own.everything()
    assert await one.again() == ["claim_granted"]
    assert await own.everything() == after
    # and not once more: nothing is too much now
    _, said = await begun(own, "double_charged", sender="w")
    assert said == ["payment_not_double", "payment_settles"]


async def test_above_the_policys_limit_a_person_sends_it_back(own_sqlite: OwnShop) -> None:
    order = await own_sqlite.order(PAID)
    await pay_again(own_sqlite, order, amount=own_sqlite.policy.claims.double_up_to["EUR"] + 1)
    one, said = await begun(own_sqlite, "double_charged")
    await code_typed(own_sqlite, one, said)
    assert await one.says("yes", "affirm") == ["claim_open"]
    assert one.slots["handoff_reason"] == "double_charged"
    assert (await own_sqlite.order(PAID)).refunds == ()


@pytest.mark.parametrize("state", ["pending", "voided", "failed"])
async def test_what_is_only_held_is_explained_and_not_claimed(own_sqlite: OwnShop, state: str) -> None:
    await pay_again(own_sqlite, await own_sqlite.order(PAID), state)
    one, said = await begun(own_sqlite, "double_charged")
    assert said == ["payment_not_double", "payment_settles"]
    lines = one.params("payment_not_double")["details"]["lines"]
    assert [line["phrase"] for line in lines] == ["payment_line_captured", f"payment_line_{state}"]


async def test_a_refund_that_is_on_its_way_is_not_taken_for_too_much(own_sqlite: OwnShop) -> None:
    """Two payments, one of which goes back already."""
    cancelled = "10130"
    order = await own_sqlite.order(cancelled)
    await pay_again(own_sqlite, order)
    await set_order(own_sqlite, cancelled, state="processing")
    one, said = await begun(own_sqlite, "double_charged", cancelled, order.customer.email)
    assert said == ["payment_not_double", "payment_settles"]
    lines = one.params("payment_not_double")["details"]["lines"]
    assert lines[-1]["phrase"] == "refund_line_pending"


async def test_an_unknown_charge_that_is_one_of_the_orders_is_settled(own_sqlite: OwnShop) -> None:
    one, said = await begun(own_sqlite, "unrecognised_charge")
    assert said == ["charge_payments", "charge_is_one"]
    assert await one.says("x", **chosen("settles_it", "settled")) == ["payment_settled"]
    assert over(one) and await own_sqlite.rows(tables.claims) == []


async def test_an_order_without_payments_says_so(own_sqlite: OwnShop) -> None:
    order = await own_sqlite.order(PAID)
    await own_sqlite.change(delete(tables.payments).where(tables.payments.c.order_id == order.id))
    one, said = await begun(own_sqlite, "unrecognised_charge")
    assert said == ["charge_payments", "charge_is_one"]
    (line,) = one.params("charge_payments")["details"]["lines"]
    assert line["phrase"] == "payment_line_none"


async def test_a_card_number_is_told_kindly_and_once(own_sqlite: OwnShop) -> None:
    typed = redact("it was card 4111 1111 1111 1111")
    assert REDACTED in typed and Heard(typed, None, ()).has_card_number
    one, _ = await begun(own_sqlite, "unrecognised_charge")
    await one.says("no", "deny")
    assert await one.says(f"{typed}, 72 euros") == ["card_number_typed", "ask_one_time_code"]
    code = own_sqlite.letters.sent[-1].code
    assert await one.says(code) == ["claim_summary", "confirm_change"]
    assert await one.says("yes", "affirm") == ["claim_open"]
    two = talk(own_sqlite, "w", "payment_failed")
    assert await two.says(typed, "payment_failed") == ["card_number_typed", "ask_order_number"]
    assert await two.says(typed + " again") == ["order_number_invalid", "ask_order_number"]


@pytest.mark.parametrize("intent", CHARGES)
async def test_who_never_ordered_anything_has_no_number_and_gets_a_person(own_sqlite: OwnShop, intent: str) -> None:
    one = talk(own_sqlite, intent=intent)
    await one.says("34.50 with your name on it, and I never bought from you", intent)
    assert await one.says("I don't have one", "deny") == ["no_number_person"]
    assert over(one) and one.slots["handoff_reason"] == intent
    assert "34.50 with your name on it" in one.slots["wished"]


@pytest.mark.parametrize(("number", "contact"), [(PENDING, WAITS), (FAILED, FAILER), (AT_DOOR, AT_HOME)])
async def test_another_way_to_pay_is_arranged_by_a_person(own: OwnShop, number: str, contact: str) -> None:
    one, said = await begun(own, "change_payment_method", number, contact)
    assert said == ["payment_method_wanted"]
    said = await one.says("by bKash please", "mobile_wallet")
    assert await code_typed(own, one, said) == ["claim_summary", "confirm_change"]
    before = await own.everything()
    assert await one.says("yes", "affirm") == ["claim_open"]
    assert new_rows(before, await own.everything()) == {"shop_claims": 1, "shop_changes": 1}
    assert one.slots["handoff_reason"] == "change_payment_method"
    assert "by bKash please" in one.slots["wished"]


async def test_what_is_paid_stays_paid_that_way(own_sqlite: OwnShop) -> None:
    one, said = await begun(own_sqlite, "change_payment_method")
    assert said == ["payment_method_too_late"] and over(one)
    buttons = one.params("payment_method_too_late")["buttons"]
    assert [button["intent"] for button in buttons] == ["cancel_order", "human_agent"]
    await set_order(own_sqlite, AT_DOOR, state="cancelled")
    one, said = await begun(own_sqlite, "change_payment_method", AT_DOOR, AT_HOME)
    assert said == ["payment_method_not_possible"]
    assert own_sqlite.letters.sent == []


async def test_paid_before_the_yes_is_too_late(own_sqlite: OwnShop) -> None:
    one, _ = await begun(own_sqlite, "change_payment_method", PENDING, WAITS)
    await code_typed(own_sqlite, one, await one.says("cash"))
    order = await own_sqlite.order(PENDING)
    of_order = tables.payments.c.order_id == order.id
    await own_sqlite.change(update(tables.payments).where(of_order).values(state="captured"))
    assert await one.says("yes", "affirm") == ["payment_method_too_late"]
    assert await own_sqlite.rows(tables.claims) == []


@pytest.mark.parametrize("intent", [*CHARGES, "change_payment_method"])
async def test_another_question_and_never_mind_are_heard(own_sqlite: OwnShop, intent: str) -> None:
    before = await own_sqlite.everything()
    one, asked = await begun(own_sqlite, intent, AT_DOOR, AT_HOME)
    with pytest.raises(ActionExecutionRejection):
        await one.says("which ways to pay do you take?", "payment_methods")
    assert await one.returns() == asked
    if intent in CHARGES:
        assert await one.says("no", "deny") == ["charge_statement"]
    assert await one.says("never mind", "deny") == ["left_as_it_was"]
    assert over(one) and await own_sqlite.everything() == before


@pytest.mark.parametrize("intent", CHARGES)
async def test_neither_yes_nor_no_is_asked_again(own_sqlite: OwnShop, intent: str) -> None:
    one, asked = await begun(own_sqlite, intent)
    said = await one.says("hm")
    unclear = "charge_is_one_unclear" if intent == "unrecognised_charge" else "payment_settles_unclear"
    assert said == [unclear, *asked]


@pytest.mark.parametrize("intent", [*CHARGES, "change_payment_method"])
async def test_after_the_form_nothing_is_claimed_without_a_yes(own_sqlite: OwnShop, intent: str) -> None:
    before = await own_sqlite.everything()
    said = await run_action(own_sqlite.shop, f"action_{intent}", {"order_number": PAID}, [user("yes", "affirm")])
    assert (said.responses, said.events) == ([], []) and await own_sqlite.everything() == before


@pytest.mark.parametrize("intent", CHARGES)
async def test_every_order_of_the_demo_gets_an_explanation(
    own_sqlite: OwnShop, orders: dict[str, Order], intent: str
) -> None:
    seen: set[tuple[OrderState, PaymentMethod]] = set()
    before = await own_sqlite.everything()
    for order in orders.values():
        if (order.state, order.payments[0].method) in seen:
            continue
        seen.add((order.state, order.payments[0].method))
        one, said = await begun(own_sqlite, intent, order.number, order.customer.email, order.number)
        assert said[-1] in ("payment_settles", "charge_is_one") and len(said) == 2
        texts: Any = one.params(said[0])["details"]["lines"]
        assert len(texts) == len(order.payments) + len(order.refunds)
    assert await own_sqlite.everything() == before
