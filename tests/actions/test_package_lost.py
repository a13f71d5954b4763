"""A parcel that never came: told where it is while it may still come, claimed once it is lost or missed."""

from datetime import UTC, datetime, timedelta

import pytest
from claim_testing import chosen, code_typed, freshen, new_rows, over, set_order
from form_testing import Talk, talk
from rasa_sdk.interfaces import ActionExecutionRejection
from shop_testing import OwnShop
from sqlalchemy import update

from actions.shop import tables
from actions.shop.backend import Order, OrderState

DELIVERED, CAME_TO = "10010", "shakil@example.com"
LOST, LOSER = "10020", "nayeem@example.com"  # worth 1120 taka
DEAR_LOST, DEAR_LOSER = "10005", "nusrat@example.com"
NOT_PAID, AT_THE_DOOR = "10085", "sabrina@example.com"  # lost, to be paid on delivery
WAY, WAITS = "10016", "jahid@example.com"


@pytest.fixture
async def mine(own: OwnShop) -> OwnShop:
    return await freshen(own)


@pytest.fixture
async def mine_sqlite(own_sqlite: OwnShop) -> OwnShop:
    return await freshen(own_sqlite)


async def begun(own: OwnShop, number: str, contact: str, sender: str = "v") -> tuple[Talk, list[str]]:
    one = talk(own, sender, "package_lost")
    return one, await one.says("it never came", "package_lost", order_number=number, email=contact)


EXPECTED = {
    "placed": "package_not_sent",
    "payment_pending": "package_not_sent",
    "payment_failed": "package_not_sent",
    "processing": "package_not_sent",
    "packed": "package_not_sent",
    "partially_shipped": "package_on_its_way",
    "shipped": "package_on_its_way",
    "out_for_delivery": "package_on_its_way",
    "ready_for_pickup": "package_at_pickup",
    "delivery_failed": "package_missed",
    "delivered": "package_checks",
    "partially_refunded": "package_checks",
    "lost": "claim_remedy",
    "cancelled": "claim_not_possible",
    "returned": "claim_not_possible",
}


@pytest.mark.parametrize("state", OrderState)
async def test_what_is_said_first_goes_by_where_the_order_is(
    mine_sqlite: OwnShop, orders: dict[str, Order], state: OrderState
) -> None:
    order = next(one for one in orders.values() if one.state is state and one.payments[0].method != "cash_on_delivery")
    before = await mine_sqlite.everything()
    one, said = await begun(mine_sqlite, order.number, order.customer.email)
    assert said[-1] == EXPECTED[state]
    assert one.on == (state in ("delivered", "partially_refunded", "lost"))
    assert mine_sqlite.letters.sent == [] and await mine_sqlite.everything() == before


async def test_on_its_way_is_told_with_until_when_to_wait(mine_sqlite: OwnShop) -> None:
    one, said = await begun(mine_sqlite, WAY, WAITS)
    assert said == ["package_on_its_way"] and over(one)
    promised = (await mine_sqlite.order(WAY)).expected_on
    assert promised is not None
    told = one.params("package_on_its_way")
    assert told["until"] == {"date": (promised + timedelta(days=mine_sqlite.policy.claims.wait_days)).isoformat()}
    assert told["details"]["lines"][-1]["phrase"] == "order_line_expected"
    assert [button["intent"] for button in told["buttons"]] == ["order_status", "human_agent"]


async def test_the_last_day_of_waiting_is_waited_and_the_next_is_searched(mine: OwnShop) -> None:
    today = datetime.now(UTC).date()
    days = mine.policy.claims.wait_days
    await set_order(mine, WAY, expected_on=today - timedelta(days=days))
    _, said = await begun(mine, WAY, WAITS)
    assert said == ["package_on_its_way"]
    await set_order(mine, WAY, expected_on=today - timedelta(days=days + 1))
    before = await mine.everything()
    one, said = await begun(mine, WAY, WAITS, "w")
    assert await code_typed(mine, one, said) == ["claim_summary", "confirm_change"]
    assert await one.says("yes", "affirm") == ["claim_open"]
    assert new_rows(before, await mine.everything()) == {"shop_claims": 1, "shop_changes": 1}
    (claim,) = (await mine.order(WAY)).claims
    assert (claim.kind, claim.state, claim.remedy, claim.items) == ("package_lost", "open", "check", {})
    assert one.slots["handoff_reason"] == "package_lost" and "claim K10016-1" in one.slots["wished"]


async def test_one_lost_parcel_of_an_order_on_its_way_is_searched(mine_sqlite: OwnShop) -> None:
    order = await mine_sqlite.order(WAY)
    await mine_sqlite.change(
        update(tables.shipments).where(tables.shipments.c.order_id == order.id).values(state="lost")
    )
    _, said = await begun(mine_sqlite, WAY, WAITS)
    assert said == ["ask_one_time_code"]


async def test_a_lost_parcel_is_paid_back_at_once_where_it_is_not_worth_much(mine: OwnShop) -> None:
    one, said = await begun(mine, LOST, LOSER)
    assert said == ["claim_remedy"]
    said = await one.says("x", **chosen("remedy", "refund"))
    assert await code_typed(mine, one, said) == ["claim_summary", "confirm_change"]
    before = await mine.everything()
    assert await one.says("yes", "affirm") == ["claim_granted"]
    assert new_rows(before, await mine.everything()) == {"shop_claims": 1, "shop_refunds": 1, "shop_changes": 1}
    order = await mine.order(LOST)
    assert order.refunds[0].amount == order.total and order.state is OrderState.LOST
    after = await mine.everything()
    assert await one.again() == ["claim_granted"]
    assert await mine.everything() == after


async def test_a_lost_parcel_that_is_worth_more_goes_to_a_person(mine: OwnShop) -> None:
    one, said = await begun(mine, DEAR_LOST, DEAR_LOSER)
    said = await one.says("x", **chosen("remedy", "replacement"))
    await code_typed(mine, one, said)
    assert await one.says("yes", "affirm") == ["claim_open"]
    assert one.slots["handoff_reason"] == "package_lost" and "remedy: replacement" in one.slots["wished"]
    assert (await mine.order(DEAR_LOST)).refunds == ()


async def test_what_was_not_paid_is_sent_again_and_no_money_is_offered(mine_sqlite: OwnShop) -> None:
    one, said = await begun(mine_sqlite, NOT_PAID, AT_THE_DOOR)
    assert said == ["ask_one_time_code"]
    assert one.slots["details"] == {"remedy": "replacement"}


async def test_a_lost_parcel_is_claimed_but_once(mine_sqlite: OwnShop) -> None:
    one, said = await begun(mine_sqlite, LOST, LOSER)
    await code_typed(mine_sqlite, one, await one.says("x", **chosen("remedy", "refund")))
    await one.says("yes", "affirm")
    _, said = await begun(mine_sqlite, LOST, LOSER, "w")
    assert said == ["claim_already_done"]


async def test_marked_as_delivered_is_looked_for_first_and_never_granted_at_once(mine: OwnShop) -> None:
    one, said = await begun(mine, DELIVERED, CAME_TO)
    assert said == ["package_delivered", "package_checks"]
    assert "date" in one.params("package_delivered")
    assert await one.says("nowhere, not with the neighbours", "deny") == ["claim_remedy"]
    said = await one.says("x", **chosen("remedy", "replacement"))
    assert await code_typed(mine, one, said) == ["claim_summary", "confirm_change"]
    assert await one.says("yes", "affirm") == ["claim_open"]
    (claim,) = (await mine.order(DELIVERED)).claims
    assert (claim.state, claim.remedy) == ("open", "replacement")
    assert "not with the neighbours" in claim.description and claim.description in one.slots["wished"]


@pytest.mark.parametrize(("text", "how"), [("yes", {"intent": "affirm"}), ("x", chosen("package_seen", "found"))])
async def test_what_has_turned_up_needs_no_claim(mine_sqlite: OwnShop, text: str, how: dict[str, str]) -> None:
    before = await mine_sqlite.everything()
    one, _ = await begun(mine_sqlite, DELIVERED, CAME_TO)
    assert await one.says(text, **how) == ["package_found"]
    assert over(one) and await mine_sqlite.everything() == before and mine_sqlite.letters.sent == []


async def test_what_is_neither_is_asked_again_and_another_question_answered(mine_sqlite: OwnShop) -> None:
    one, asked = await begun(mine_sqlite, DELIVERED, CAME_TO)
    assert await one.says("hm") == ["package_checks_unclear", *asked]
    with pytest.raises(ActionExecutionRejection):
        await one.says("how much is delivery?", "shipping_cost")
    assert await one.returns() == asked


async def test_after_the_window_it_is_too_late(own_sqlite: OwnShop) -> None:
    order = await own_sqlite.order(DELIVERED)
    came = datetime.now(UTC) - timedelta(days=own_sqlite.policy.claims.faulty_days + 1)
    await own_sqlite.change(
        update(tables.shipments).where(tables.shipments.c.order_id == order.id).values(delivered_at=came)
    )
    _, said = await begun(own_sqlite, DELIVERED, CAME_TO)
    assert said == ["package_too_late"]
    assert own_sqlite.letters.sent == []


async def test_what_came_back_to_the_shop_before_the_yes_is_no_claim(mine_sqlite: OwnShop) -> None:
    one, _ = await begun(mine_sqlite, LOST, LOSER)
    await code_typed(mine_sqlite, one, await one.says("x", **chosen("remedy", "refund")))
    await set_order(mine_sqlite, LOST, state="returned")
    assert await one.says("yes", "affirm") == ["claim_not_possible"]
    assert await mine_sqlite.rows(tables.claims) == []
