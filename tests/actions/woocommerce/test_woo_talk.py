"""Customers of a WooCommerce shop: what they can do in the chat, and what goes to a person."""

from datetime import timedelta

import pytest
from fake_woo import FakeWoo, Fault, order
from form_testing import Talk
from shop_testing import OwnShop
from sqlalchemy import update

from actions.shop import tables
from actions.shop.woocommerce.shop import WooShop


@pytest.fixture
def talk(woo: FakeWoo, woo_shop: WooShop, own: OwnShop) -> Talk:
    return Talk(woo_shop, own.codes)


def code(own: OwnShop) -> str:
    return own.letters.sent[-1].code


async def to_the_code(talk: Talk) -> list[str]:
    return await talk.says(
        "cancel 10723, amina@example.com", "cancel_order", order_number="10723", email="amina@example.com"
    )


async def test_an_order_is_cancelled_after_a_code_and_a_yes(woo: FakeWoo, talk: Talk, own: OwnShop) -> None:
    assert await to_the_code(talk) == ["ask_one_time_code"]
    assert own.letters.sent[-1].to == "amina@example.com"
    assert await talk.says(code(own)) == ["cancel_summary", "confirm_change"]
    assert woo.changes() == []
    assert await talk.says("yes", "affirm") == ["cancelled"]
    told = talk.params("cancelled")
    assert (told["number"], told["reference"]) == ({"id": "10723"}, {"id": "C10723-1"})
    assert woo.money == [(10723, "16.45")]
    # the turn is repeated, as after a crash
    before = woo.everything()
    assert await talk.again() == ["cancelled"]
    assert talk.params("cancelled") == told
    assert woo.everything() == before


async def test_a_code_counts_for_this_order_alone(woo: FakeWoo, talk: Talk, own: OwnShop) -> None:
    woo.add(order(10724))
    await to_the_code(talk)
    await talk.says(code(own))
    assert await talk.says("no, 10724", "deny", order_number="10724") == ["ask_one_time_code"]
    assert len(own.letters.sent) == 2
    (first, second) = await own.rows(tables.codes)
    assert (first["order_id"], second["order_id"]) == ("10723", "10724")


async def test_somebody_elses_order_and_one_that_is_not_there_sound_alike(talk: Talk, own: OwnShop) -> None:
    for number, email in (("10723", "somebody@example.com"), ("99999", "amina@example.com")):
        one = Talk(talk.shop, talk.codes, sender=number)
        said = await one.says("cancel", "cancel_order", order_number=number, email=email)
        assert said == ["order_no_match", "ask_order_number"]
    assert own.letters.sent == []


async def test_what_is_too_late_is_said_before_a_code_is_sent(woo: FakeWoo, talk: Talk, own: OwnShop) -> None:
    woo.orders[10723]["status"] = "completed"
    assert await to_the_code(talk) == ["cancel_too_late"]
    assert own.letters.sent == []


async def test_money_that_cannot_go_back_by_itself_is_for_a_person(woo: FakeWoo, talk: Talk, own: OwnShop) -> None:
    woo.orders[10723]["payment_method"] = "bacs"
    await to_the_code(talk)
    await talk.says(code(own))
    assert await talk.says("yes", "affirm") == ["cancel_not_supported"]
    assert woo.changes() == []


@pytest.mark.parametrize("step", ["number", "code", "yes"])
async def test_a_shop_that_is_down_at_any_step_hands_over_and_changes_nothing(
    woo: FakeWoo, talk: Talk, own: OwnShop, step: str
) -> None:
    down = [Fault("GET .*", 500, times=99)]
    woo.faults = down if step == "number" else []
    said = await to_the_code(talk)
    if step != "number":
        woo.faults = down if step == "code" else []
        said = await talk.says(code(own))
    if step == "yes":
        woo.faults = down
        said = await talk.says("yes", "affirm")
    assert said == ["shop_unavailable"]
    assert talk.slots["handoff_reason"] == "shop_unavailable"
    assert woo.changes() == []


async def test_an_expired_code_is_said_and_another_sent(talk: Talk, own: OwnShop) -> None:
    await to_the_code(talk)
    (row,) = await own.rows(tables.codes)
    await own.change(update(tables.codes).values(created_at=row["created_at"] - timedelta(minutes=11)))
    assert await talk.says(code(own)) == ["code_expired", "ask_one_time_code"]


async def test_an_order_is_sent_elsewhere_after_a_code_and_a_yes(woo: FakeWoo, woo_shop: WooShop, own: OwnShop) -> None:
    talk = Talk(woo_shop, own.codes, "change_delivery_address_form", "action_change_delivery_address")
    text = "send order 10723 to House 9, Road 27, Dhaka 1209"
    said = await talk.says(text, "change_delivery_address", order_number="10723", email="amina@example.com")
    assert said == ["ask_one_time_code"]
    assert await talk.says(code(own)) == ["change_address_summary", "confirm_change"]
    assert woo.changes() == []
    assert await talk.says("yes", "affirm") == ["address_changed"]
    told = talk.params("address_changed")
    assert told["reference"] == {"id": "C10723-1"}
    assert [value for value in told["new"]["list"] if isinstance(value, str)] == ["Amina Rahman", "House 9, Road 27"]
    shipping = woo.orders[10723]["shipping"]
    assert (shipping["address_1"], shipping["city"], shipping["postcode"]) == ("House 9, Road 27", "Dhaka", "1209")
    before = woo.everything()
    assert await talk.again() == ["address_changed"]
    assert (talk.params("address_changed"), woo.everything()) == (told, before)


@pytest.mark.parametrize(
    "intent",
    [
        "start_return",
        "exchange_item",
        "change_order",
        "delivery_slot",
        "damaged_item",
        "wrong_item",
        "missing_item",
        "package_lost",
        "double_charged",
        "payment_failed",
        "unrecognised_charge",
        "change_payment_method",
        "order_not_confirmed",
    ],
)
async def test_what_woocommerce_does_not_have_goes_to_a_person(
    woo: FakeWoo, woo_shop: WooShop, own: OwnShop, intent: str
) -> None:
    talk = Talk(woo_shop, own.codes, f"{intent}_form", f"action_{intent}")
    await talk.says("10723, amina@example.com", intent, order_number="10723", email="amina@example.com")
    assert talk.slots["handoff_reason"] == intent
    assert (woo.changes(), own.letters.sent) == ([], [])
