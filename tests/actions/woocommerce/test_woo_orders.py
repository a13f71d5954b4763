"""Orders of WooCommerce are found as they are there, in the same requests as those that are not there."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import httpx
import pytest
from fake_woo import KEY, SECRET, FakeWoo, order
from shop_testing import POLICY

from actions.shop.backend import Address, Money, OrderState, PaymentMethod, PaymentState, RefundState, ShipmentState
from actions.shop.trouble import ShopTrouble
from actions.shop.woocommerce.client import WooClient
from actions.shop.woocommerce.orders import Reading
from actions.shop.woocommerce.payments import parse
from actions.shop.woocommerce.reader import OrderReader
from actions.shop.woocommerce.shop import WooShop
from actions.typed import parse_contact
from actions.verification import Level, match

PARCEL = {
    "tracking_id": "7f4978c390ee633c6294ae0f258656f9",
    "tracking_provider": "Pathao",
    "tracking_link": "https://pathao.example/9400",
    "tracking_number": "9400111899560000000000",
    "date_shipped": "2026-11-21",
}
REFUND = {
    "id": 726,
    "date_created_gmt": "2026-11-21T20:07:11",
    "amount": "10.00",
    "reason": "",
    "refunded_payment": True,
}


@pytest.fixture
def shop(reader: OrderReader) -> WooShop:
    return WooShop(reader)


async def test_an_order_is_read_as_it_is(woo: FakeWoo, shop: WooShop) -> None:
    found = await shop.find_order("10723")
    assert found is not None
    assert (found.id, found.number, found.state) == ("10723", "10723", OrderState.PROCESSING)
    assert (found.total, found.shipping) == (Money(1645, "USD"), Money(1000, "USD"))
    assert found.placed_at == datetime(2026, 11, 20, 10, 28, 2, tzinfo=UTC)
    assert found.address == Address("Amina Rahman", "House 5, Road 3, Flat B2", "1213")
    assert (found.city, found.country) == ({"en": "Dhaka"}, "BD")
    assert (found.customer.id, found.customer.name) == ("26", "Amina Rahman")
    assert (found.customer.email, found.customer.phone) == ("amina@example.com", "+8801712345678")
    (item,) = found.items
    assert (item.id, item.sku, item.names, item.quantity) == ("315", "WS-1", {"en": "Woo Single #1 & Sleeve"}, 2)
    assert item.price == Money(323, "USD")  # 3.225, with its tax
    (payment,) = found.payments
    assert (payment.method, payment.state, payment.amount) == (PaymentMethod.CARD, PaymentState.CAPTURED, found.total)
    assert payment.created_at == datetime(2026, 11, 20, 10, 28, 8, tzinfo=UTC)
    assert (found.shipments, found.refunds, found.returns, found.claims) == ((), (), (), ())


async def test_parcels_and_refunds_are_with_it(woo: FakeWoo, shop: WooShop) -> None:
    woo.parcels[10723] = [PARCEL]
    woo.refunds[10723] = [REFUND, {**REFUND, "id": 727, "amount": "1.50", "refunded_payment": False}]
    found = await shop.find_order("10723")
    assert found is not None and found.state is OrderState.SHIPPED
    (parcel,) = found.shipments
    assert (parcel.carrier, parcel.tracking_number) == ({"en": "Pathao"}, "9400111899560000000000")
    assert (parcel.state, parcel.announced_at) == (ShipmentState.IN_TRANSIT, datetime(2026, 11, 21, tzinfo=UTC))
    sent, by_hand = found.refunds
    assert (sent.amount, sent.state, sent.method) == (Money(1000, "USD"), RefundState.SENT, PaymentMethod.CARD)
    assert sent.sent_at == datetime(2026, 11, 21, 20, 7, 11, tzinfo=UTC)
    assert sent.expected_on == date(2026, 12, 1)  # ten days by card
    assert (by_hand.amount, by_hand.state, by_hand.sent_at) == (Money(150, "USD"), RefundState.PENDING, None)


async def test_without_the_plugin_there_are_no_parcels(woo: FakeWoo, shop: WooShop) -> None:
    woo.has_tracking = False
    found = await shop.find_order("10723")
    assert found is not None and found.shipments == ()


async def test_missing_and_present_orders_take_the_same_requests(woo: FakeWoo, shop: WooShop) -> None:
    woo.add(order(10724, billing={**order()["billing"], "email": "somebody@example.com"}))
    runs = []
    for number in ("10723", "10724", "99999"):
        woo.seen.clear()
        await shop.find_order(number)
        # the id is another, and that of no order is 0
        runs.append(sorted(one.replace(number, "N").replace("/0/", "/N/") for one in woo.seen))
    assert len(runs[0]) == 4
    assert runs[0] == runs[1] == runs[2]
    assert await shop.find_order("99999") is None


@pytest.mark.parametrize("number", ["", "0", "abc", "10723' OR 1=1", "../customers", "১০৭২৩", "9" * 40, "-1"])
async def test_what_is_no_number_is_no_order(woo: FakeWoo, shop: WooShop, number: str) -> None:
    assert await shop.find_order(number) is None


async def test_numbers_of_a_plugin_are_found_and_ids_are_no_numbers_then(woo: FakeWoo, shop: WooShop) -> None:
    woo.orders.clear()
    woo.add(order(8801, number="#WS-20451"))
    woo.add(order(20451, number="#WS-30000"))
    found = await shop.find_order("20451")
    assert found is not None and (found.id, found.number) == ("8801", "#WS-20451")
    assert await shop.find_order("8801") is None


async def test_two_orders_with_the_same_digits_are_none(woo: FakeWoo, shop: WooShop) -> None:
    woo.add(order(5001, number="A-77001"))
    woo.add(order(5002, number="B-77001"))
    assert await shop.find_order("77001") is None
    woo.add(order(5003, number="77001"))
    found = await shop.find_order("77001")
    assert found is not None and found.id == "5003"


@pytest.mark.parametrize("status", ["trash", "auto-draft", "checkout-draft"])
async def test_what_is_no_order_yet_or_not_any_more_is_not_found(woo: FakeWoo, shop: WooShop, status: str) -> None:
    woo.orders[10723]["status"] = status
    assert await shop.find_order("10723") is None
    assert await shop.orders_of("26", 5) == ()


@pytest.mark.parametrize(
    ("status", "values", "state", "payment"),
    [
        ("pending", {"date_paid_gmt": None}, OrderState.PAYMENT_PENDING, PaymentState.PENDING),
        ("on-hold", {"date_paid_gmt": None}, OrderState.PAYMENT_PENDING, PaymentState.PENDING),
        ("failed", {"date_paid_gmt": None}, OrderState.PAYMENT_FAILED, PaymentState.FAILED),
        ("processing", {}, OrderState.PROCESSING, PaymentState.CAPTURED),
        ("completed", {}, OrderState.SHIPPED, PaymentState.CAPTURED),
        ("partial-shipped", {}, OrderState.PARTIALLY_SHIPPED, PaymentState.CAPTURED),
        ("delivered", {}, OrderState.DELIVERED, PaymentState.CAPTURED),
        ("cancelled", {"date_paid_gmt": None}, OrderState.CANCELLED, PaymentState.VOIDED),
        ("refunded", {}, OrderState.CANCELLED, PaymentState.CAPTURED),
        ("refunded", {"date_completed_gmt": "2026-11-21T10:00:00"}, OrderState.RETURNED, PaymentState.CAPTURED),
    ],
)
async def test_every_status_has_its_state(
    woo: FakeWoo, shop: WooShop, status: str, values: dict[str, Any], state: OrderState, payment: PaymentState
) -> None:
    woo.orders[10723] |= {"status": status, **values}
    found = await shop.find_order("10723")
    assert found is not None
    assert (found.state, found.payments[0].state) == (state, payment)


async def test_what_we_have_cancelled_stays_cancelled_whatever_it_was_before(woo: FakeWoo, shop: WooShop) -> None:
    mark = '[{"key": "m", "kind": "%s", "reference": "C10723-1"}]'
    woo.orders[10723] |= {"status": "refunded", "date_completed_gmt": "2026-11-21T10:00:00"}
    for kind, state in (("cancel", OrderState.CANCELLED), ("address", OrderState.RETURNED)):
        woo.orders[10723]["meta_data"] = [{"id": 1, "key": "_shohay_changes", "value": mark % kind}]
        found = await shop.find_order("10723")
        assert found is not None and found.state is state


@pytest.mark.parametrize(
    ("currency", "total", "minor"),
    [("USD", "16.45", 1645), ("JPY", "1200", 1200), ("KWD", "1.234", 1234), ("BDT", "99.999", 10000)],
)
async def test_money_is_in_the_currencys_own_units(
    woo: FakeWoo, shop: WooShop, currency: str, total: str, minor: int
) -> None:
    woo.orders[10723] |= {"currency": currency, "total": total}
    found = await shop.find_order("10723")
    assert found is not None and found.total == Money(minor, currency)


async def test_whose_it_is_is_matched_by_what_is_on_the_bill(woo: FakeWoo, shop: WooShop) -> None:
    found = await shop.find_order("10723")
    for typed, level in (
        ("amina@example.com", Level.MATCHED),
        ("AMINA@EXAMPLE.COM", Level.MATCHED),
        ("01712345678", Level.MATCHED),
        ("somebody@example.com", Level.NONE),
    ):
        assert match(found, parse_contact(typed, ("BD",))) is level
    woo.orders[10723]["billing"] |= {"email": "", "phone": ""}
    bare = await shop.find_order("10723")
    assert match(bare, parse_contact("amina@example.com", ("BD",))) is Level.NONE


async def test_a_customers_orders_come_newest_first_and_no_more_than_asked(woo: FakeWoo, shop: WooShop) -> None:
    woo.add(order(10800, date_created_gmt="2026-11-21T10:00:00"))
    woo.add(order(10700, date_created_gmt="2026-11-01T10:00:00"))
    woo.add(order(10801, customer_id=27))
    assert [one.number for one in await shop.orders_of("26", 10)] == ["10800", "10723", "10700"]
    assert [one.number for one in await shop.orders_of("26", 2)] == ["10800", "10723"]
    assert await shop.orders_of("26", 0) == ()
    for nobody in ("99", "0", "", "26 or 1", "somebody"):
        assert await shop.orders_of(nobody, 5) == ()


async def test_a_guests_orders_are_those_of_the_same_address(woo: FakeWoo, shop: WooShop) -> None:
    woo.orders[10723]["customer_id"] = 0
    bill = {**order()["billing"], "email": "notamina@example.com"}
    woo.add(order(10801, customer_id=0, billing=bill))
    woo.add(order(10802, customer_id=26))  # an account's, though under the same address
    found = await shop.find_order("10723")
    assert found is not None and found.customer.id == "guest:amina@example.com"
    assert [one.number for one in await shop.orders_of(found.customer.id, 10)] == ["10723"]
    assert await shop.orders_of("guest:", 10) == ()


async def test_a_payment_method_that_nobody_knows_is_no_guess(
    woo: FakeWoo, shop: WooShop, http: httpx.AsyncClient
) -> None:
    woo.orders[10723]["payment_method"] = "shells_and_beads"
    with pytest.raises(ShopTrouble, match="'shells_and_beads' is not known; name it in SHOHAY_WOOCOMMERCE_PAYMENTS"):
        await shop.find_order("10723")
    reading = Reading(POLICY, parse("shells*=bkash"))
    found = await WooShop(OrderReader(WooClient(woo.url, KEY, SECRET, http), reading)).find_order("10723")
    assert found is not None and found.payments[0].method is PaymentMethod.BKASH
    # what was not paid needs no name
    woo.orders[10723] |= {"date_paid_gmt": None, "status": "pending"}
    unpaid = await shop.find_order("10723")
    assert unpaid is not None and unpaid.payments == ()


async def test_an_address_for_the_bill_alone_is_where_it_goes(woo: FakeWoo, shop: WooShop) -> None:
    before = await shop.find_order("10723")
    woo.orders[10723]["shipping"] = dict.fromkeys(woo.orders[10723]["shipping"], "")
    found = await shop.find_order("10723")
    assert before is not None and found == replace(before)
