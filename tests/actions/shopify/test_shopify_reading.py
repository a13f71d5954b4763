"""Orders at Shopify, as the actions see them: everything in its place, and nothing guessed."""

from datetime import UTC, date, datetime
from typing import Any

import httpx
import pytest
from shop_testing import POLICY, OwnShop
from shopify_local import TOKEN, Shopify
from shopify_orders import bag, fulfillment, gid, line, order, returned, transaction

from actions.shop.backend import (
    Address,
    Money,
    OrderState,
    PaymentMethod,
    PaymentState,
    RefundState,
    Rejection,
    ReturnReason,
    ReturnState,
    ShipmentState,
    TrackingCode,
)
from actions.shop.shopify.credentials import FixedToken
from actions.shop.shopify.shop import ShopifyShop, shopify_shop
from actions.shop.trouble import ShopTrouble


async def found(shop: ShopifyShop, number: str = "1001") -> Any:
    order = await shop.find_order(number)
    assert order is not None
    return order


async def test_an_order_is_read_whole(shopify: Shopify, shop: ShopifyShop) -> None:
    shopify.put(order())
    read = await found(shop)
    assert (read.id, read.number, read.state) == (gid("Order", 1001000), "1001", OrderState.PLACED)
    assert (read.total, read.shipping) == (Money(7200, "EUR"), Money(200, "EUR"))
    assert read.placed_at == datetime(2026, 11, 20, 9, 15, tzinfo=UTC)
    assert read.customer.id == "7"
    assert (read.customer.email, read.customer.phone) == ("amina@example.com", "+8801712345678")
    assert (read.customer.name, read.customer.language, read.customer.country) == ("Amina Rahman", "bn", "BD")
    assert read.address == Address("Amina Rahman", "House 5, Road 3, Banani", "1213")
    assert (list(read.city.values()), read.country) == (["Dhaka"], "BD")
    assert [(list(i.names.values()), i.sku, i.quantity, i.price.minor) for i in read.items] == [
        (["Mug"], "SKU-10010", 2, 2000),
        (["Lamp"], "SKU-10011", 1, 3000),
    ]
    (paid,) = read.payments
    assert (paid.method, paid.state, paid.amount) == (PaymentMethod.CARD, PaymentState.CAPTURED, Money(7200, "EUR"))
    assert (read.shipments, read.returns, read.refunds, read.expected_on) == ((), (), (), None)


async def test_what_is_only_alike_is_not_the_order(shopify: Shopify, shop: ShopifyShop) -> None:
    shopify.put(order(11001))
    assert await shop.find_order("1001") is None
    assert await shop.find_order("1100") is None


async def test_a_missing_order_takes_the_same_questions_as_one_that_is_there(
    shopify: Shopify, shop: ShopifyShop
) -> None:
    shopify.put(order())
    await shop.find_order("1001")
    asked = []
    for number in ("1001", "99999", "", '1001" OR name:"*', "১০০১"):
        before = len(shopify.asked)
        there = await shop.find_order(number)
        assert (there is not None) == (number == "1001")
        asked.append([one.operation for one in shopify.asked[before:]])
    assert asked == [["Find"]] * 5


async def test_what_a_shop_writes_around_its_numbers_is_known(shopify: Shopify, shop: ShopifyShop) -> None:
    shopify.prefix, shopify.suffix = "NODI-", "/26"
    shopify.put(order(name="NODI-1001/26"))
    assert (await found(shop)).number == "1001"
    assert (shopify.count("Shop"), shopify.asked[-1].variables) == (1, {"query": 'name:"NODI-1001/26"'})


async def test_a_guests_order_has_the_contact_that_was_typed_with_it_and_no_other_orders(
    shopify: Shopify, shop: ShopifyShop
) -> None:
    shopify.put(order(customer=None, phone="+4915112345678", customerLocale=None))
    read = await found(shop)
    assert (read.customer.id, read.customer.email, read.customer.phone) == ("", "amina@example.com", "+4915112345678")
    assert read.customer.language == "en"
    assert await shop.orders_of("", 5) == ()


async def test_without_an_address_of_its_own_the_account_is_the_contact(shopify: Shopify, shop: ShopifyShop) -> None:
    shopify.put(order(email=None))
    assert (await found(shop)).customer.email == "other@example.com"


async def test_nothing_to_send_has_no_address(shopify: Shopify, shop: ShopifyShop) -> None:
    shopify.put(order(shippingAddress=None))
    read = await found(shop)
    assert (read.address, list(read.city.values()), read.country) == (None, ["Dhaka"], "BD")


@pytest.mark.parametrize(
    ("money", "sent", "more", "state"),
    [
        ("PAID", "UNFULFILLED", {}, OrderState.PLACED),
        ("AUTHORIZED", "ON_HOLD", {}, OrderState.PLACED),
        ("PARTIALLY_PAID", "SCHEDULED", {}, OrderState.PLACED),
        ("PAID", "IN_PROGRESS", {}, OrderState.PROCESSING),
        ("PAID", "PENDING_FULFILLMENT", {}, OrderState.PROCESSING),
        ("PENDING", "UNFULFILLED", {"transactions": []}, OrderState.PAYMENT_PENDING),
        (
            "PENDING",
            "UNFULFILLED",
            {"transactions": [transaction(1, "SALE", "72.00", "FAILURE")]},
            OrderState.PAYMENT_FAILED,
        ),
        ("EXPIRED", "UNFULFILLED", {}, OrderState.PAYMENT_FAILED),
        ("VOIDED", "UNFULFILLED", {}, OrderState.PAYMENT_FAILED),
        (
            "PENDING",
            "UNFULFILLED",
            {
                "transactions": [
                    transaction(1, "SALE", "72.00", "PENDING", gateway="Cash on Delivery (COD)", paymentDetails=None)
                ]
            },
            OrderState.PLACED,
        ),
        ("REFUNDED", "UNFULFILLED", {}, OrderState.CANCELLED),
        ("REFUNDED", "UNFULFILLED", {"cancelledAt": "2026-11-21T00:00:00Z"}, OrderState.CANCELLED),
        ("PAID", "PARTIALLY_FULFILLED", {"fulfillments": [fulfillment(1)]}, OrderState.PARTIALLY_SHIPPED),
        ("PAID", "FULFILLED", {"fulfillments": [fulfillment(1, "LABEL_PRINTED")]}, OrderState.PACKED),
        ("PAID", "FULFILLED", {"fulfillments": [fulfillment(1)]}, OrderState.SHIPPED),
        ("PAID", "FULFILLED", {"fulfillments": []}, OrderState.SHIPPED),
        ("PAID", "FULFILLED", {"fulfillments": [fulfillment(1, "DELAYED")]}, OrderState.SHIPPED),
        ("PAID", "FULFILLED", {"fulfillments": [fulfillment(1, "OUT_FOR_DELIVERY")]}, OrderState.OUT_FOR_DELIVERY),
        ("PAID", "FULFILLED", {"fulfillments": [fulfillment(1, "READY_FOR_PICKUP")]}, OrderState.READY_FOR_PICKUP),
        ("PAID", "FULFILLED", {"fulfillments": [fulfillment(1, "ATTEMPTED_DELIVERY")]}, OrderState.DELIVERY_FAILED),
        (
            "PAID",
            "FULFILLED",
            {"fulfillments": [fulfillment(1, "DELIVERED"), fulfillment(2, "IN_TRANSIT")]},
            OrderState.SHIPPED,
        ),
        ("PAID", "FULFILLED", {"fulfillments": [fulfillment(1, "DELIVERED")]}, OrderState.DELIVERED),
        ("PAID", "FULFILLED", {"fulfillments": [fulfillment(1, "PICKED_UP")]}, OrderState.DELIVERED),
        (
            "PARTIALLY_REFUNDED",
            "FULFILLED",
            {"fulfillments": [fulfillment(1, "DELIVERED")]},
            OrderState.PARTIALLY_REFUNDED,
        ),
        ("REFUNDED", "FULFILLED", {"fulfillments": [fulfillment(1, "DELIVERED")]}, OrderState.RETURNED),
        (
            "PAID",
            "FULFILLED",
            {"fulfillments": [fulfillment(1, "DELIVERED")], "returnStatus": "RETURNED"},
            OrderState.RETURNED,
        ),
    ],
)
async def test_how_far_an_order_is(
    shopify: Shopify, shop: ShopifyShop, money: str, sent: str, more: dict[str, Any], state: OrderState
) -> None:
    shopify.put(order(displayFinancialStatus=money, displayFulfillmentStatus=sent, **more))
    assert (await found(shop)).state is state


async def test_parcels_with_their_reports_oldest_first(shopify: Shopify, shop: ShopifyShop) -> None:
    two = [{"company": "DHL", "number": "A1"}, {"company": None, "number": "A2"}]
    sent = [
        fulfillment(1, "DELIVERED", deliveredAt="2026-11-23T15:00:00Z", trackingInfo=two),
        fulfillment(2, trackingInfo=[], estimatedDeliveryAt="2026-11-26T17:00:00Z", events=[]),
        fulfillment(3, "CANCELED"),
        fulfillment(4, status="CANCELLED"),
    ]
    shopify.put(order(displayFulfillmentStatus="FULFILLED", fulfillments=sent))
    read = await found(shop)
    assert [(list(one.carrier.values()), one.tracking_number) for one in read.shipments] == [
        (["DHL"], "A1"),
        (["–"], "A2"),
        (["–"], "–"),
    ]
    first = read.shipments[0]
    assert (first.state, first.delivered_at) == (
        ShipmentState.DELIVERED,
        datetime(2026, 11, 23, 15, tzinfo=UTC),
    )
    assert [(e.code, e.place and list(e.place.values()), e.at) for e in first.events] == [
        (TrackingCode.PICKED_UP, None, datetime(2026, 11, 21, 10, tzinfo=UTC)),
        (TrackingCode.DEPARTED, ["Leipzig"], datetime(2026, 11, 22, 1, tzinfo=UTC)),
    ]
    assert len({one.id for one in read.shipments}) == 3
    assert (read.shipments[2].events, read.expected_on) == ((), date(2026, 11, 26))


async def test_money_that_is_held_taken_let_go_or_refused(shopify: Shopify, shop: ShopifyShop) -> None:
    held = transaction(1, "AUTHORIZATION", "72.00")
    taken, voided = transaction(2, "AUTHORIZATION", "70.00"), transaction(4, "AUTHORIZATION", "60.00")
    shopify.put(
        order(
            transactions=[
                held,
                taken,
                transaction(3, "CAPTURE", "55.50", parentTransaction=taken),
                voided,
                transaction(5, "VOID", "60.00", parentTransaction=voided),
                transaction(6, "SALE", "10.00", "ERROR"),
                transaction(7, "SALE", "11.00", "AWAITING_RESPONSE"),
            ]
        )
    )
    read = await found(shop)
    assert [(one.state, one.amount.minor) for one in read.payments] == [
        (PaymentState.PENDING, 7200),
        (PaymentState.CAPTURED, 5550),
        (PaymentState.VOIDED, 6000),
        (PaymentState.FAILED, 1000),
        (PaymentState.PENDING, 1100),
    ]


@pytest.mark.parametrize(
    ("gateway", "way", "method"),
    [
        ("shopify_payments", None, PaymentMethod.CARD),
        ("shopify_payments", "iDEAL", PaymentMethod.BANK_TRANSFER),
        ("paypal", None, PaymentMethod.PAYPAL),
        ("Cash on Delivery (COD)", None, PaymentMethod.CASH_ON_DELIVERY),
        ("Bank Deposit", None, PaymentMethod.BANK_TRANSFER),
        ("SSLCOMMERZ", "bkash", PaymentMethod.BKASH),
        ("razorpay", "upi", PaymentMethod.UPI),
        ("Our own", None, PaymentMethod.NAGAD),
        ("paypal", "Our way", PaymentMethod.ROCKET),
    ],
)
async def test_how_it_was_paid(
    shopify: Shopify,
    own_sqlite: OwnShop,
    client: httpx.AsyncClient,
    gateway: str,
    way: str | None,
    method: PaymentMethod,
) -> None:
    own = {"our own": PaymentMethod.NAGAD, "Our way": PaymentMethod.ROCKET}
    shop = shopify_shop(shopify.url, FixedToken(TOKEN), POLICY, own_sqlite.writing, client, own)
    details = {"__typename": "LocalPaymentMethodsPaymentDetails", "paymentMethodName": way} if way else None
    shopify.put(order(transactions=[transaction(1, "SALE", "72.00", gateway=gateway, paymentDetails=details)]))
    assert (await found(shop)).payments[0].method is method


async def test_a_card_is_a_card_whatever_the_gateway(shopify: Shopify, shop: ShopifyShop) -> None:
    shopify.put(order(transactions=[transaction(1, "SALE", "72.00", gateway="some_new_gateway")]))
    assert (await found(shop)).payments[0].method is PaymentMethod.CARD


@pytest.mark.parametrize(
    ("gateway", "way"), [("some_new_gateway", None), ("shopify_payments", "klarna"), ("manual", None), (None, None)]
)
async def test_a_way_of_paying_that_nobody_has_named_is_not_guessed(
    shopify: Shopify, shop: ShopifyShop, gateway: str | None, way: str | None
) -> None:
    details = {"__typename": "LocalPaymentMethodsPaymentDetails", "paymentMethodName": way} if way else None
    shopify.put(order(transactions=[transaction(1, "SALE", "72.00", gateway=gateway, paymentDetails=details)]))
    with pytest.raises(ShopTrouble, match="are not known"):
        await shop.find_order("1001")


async def test_money_on_its_way_back(shopify: Shopify, shop: ShopifyShop) -> None:
    sale = transaction(1, "SALE", "72.00", gateway="paypal", paymentDetails=None)
    late = {"createdAt": "2026-11-22T10:00:00Z", "processedAt": None}
    shopify.put(
        order(
            transactions=[
                sale,
                transaction(2, "REFUND", "20.00", parentTransaction=sale, **late),
                transaction(3, "REFUND", "5.00", "PENDING", parentTransaction=sale, **late),
                transaction(4, "REFUND", "6.00", "FAILURE", parentTransaction=sale, **late),
            ]
        )
    )
    read = await found(shop)
    assert [(one.state, one.amount.minor, one.method) for one in read.refunds] == [
        (RefundState.SENT, 2000, PaymentMethod.PAYPAL),
        (RefundState.PENDING, 500, PaymentMethod.PAYPAL),
        (RefundState.FAILED, 600, PaymentMethod.PAYPAL),
    ]
    created = datetime(2026, 11, 22, 10, tzinfo=UTC)
    days = POLICY.refund_days[PaymentMethod.PAYPAL]
    assert (read.refunds[0].sent_at, read.refunds[1].sent_at) == (created, None)
    assert read.refunds[0].expected_on == date(2026, 11, 22 + days)


async def test_money_that_somebody_has_to_send_is_not_called_sent(shopify: Shopify, shop: ShopifyShop) -> None:
    sale = transaction(1, "SALE", "72.00", gateway="Bank Deposit", paymentDetails=None)
    back = transaction(2, "REFUND", "72.00", gateway="Bank Deposit", paymentDetails=None, parentTransaction=sale)
    shopify.put(order(transactions=[sale, back]))
    (refund,) = (await found(shop)).refunds
    assert (refund.state, refund.sent_at, refund.method) == (RefundState.PENDING, None, PaymentMethod.BANK_TRANSFER)


async def test_returns_with_what_they_are_worth_and_how_they_stand(shopify: Shopify, shop: ShopifyShop) -> None:
    mug, lamp = gid("LineItem", 10010), gid("LineItem", 10011)
    sale, back = transaction(1, "SALE", "72.00"), transaction(2, "REFUND", "20.00")
    fee = [{"id": gid("ReturnShippingFee", 1), "amountSet": bag("3.50")}]
    ended = {"reason": "RETURN_PERIOD_ENDED", "note": None}
    paid_back = returned("#1001-R2", 2, mug, 1, "CLOSED", refunded=1, closedAt="2026-11-28T12:00:00Z")
    one = order(
        displayFulfillmentStatus="FULFILLED",
        fulfillments=[fulfillment(1, "DELIVERED")],
        transactions=[sale, {**back, "parentTransaction": sale}],
        refunds=[{"id": gid("Refund", 1), "return": {"id": paid_back["id"]}, "transactions": [back]}],
        returns=[
            returned("#1001-R1", 1, lamp, 1, "REQUESTED", returnShippingFees=fee, worth="30.00"),
            paid_back,
            returned("#1001-R3", 3, lamp, 1, "DECLINED", decline=ended),
            returned("#1001-R4", 4, lamp, 1, "CANCELED"),
        ][:3],
    )
    one["lineItems"][0]["currentQuantity"] = 1  # Shopify takes off what was refunded
    shopify.put(one)
    read = await found(shop)
    assert [(each.number, each.state, each.amount.minor) for each in read.returns] == [
        ("R1001-1", ReturnState.REQUESTED, 2650),
        ("R1001-2", ReturnState.REFUNDED, 2000),
        ("R1001-3", ReturnState.REJECTED, 2000),
    ]
    assert read.returns[2].rejection is Rejection.TOO_LATE
    assert read.returns[0].reason is ReturnReason.TOO_SMALL
    assert [(each.order_item_id, each.quantity) for each in read.returns[1].items] == [(mug, 1)]
    assert read.returns[1].refund == read.refunds[0]
    assert read.returns[1].changed_at == datetime(2026, 11, 28, 12, tzinfo=UTC)
    assert [item.quantity for item in read.items] == [2, 1]  # both were bought, one came back
    assert await shop.find_return("1001", "R1001-1") == read.returns[0]
    assert await shop.find_return("1001", None) == read.returns[-1]
    assert await shop.find_return("1001", "R1002-1") is None
    assert await shop.find_return("4711", None) is None


async def test_a_return_that_was_taken_back_is_none(shopify: Shopify, shop: ShopifyShop) -> None:
    shopify.put(order(returns=[returned("#1001-R1", 1, gid("LineItem", 10010), 1, "CANCELED")]))
    assert (await found(shop)).returns == ()


async def test_an_open_return_is_approved_and_a_closed_one_without_money_received(
    shopify: Shopify, shop: ShopifyShop
) -> None:
    mug = gid("LineItem", 10010)
    shopify.put(order(returns=[returned("#1001-R1", 1, mug, 1), returned("#1001-R2", 2, mug, 1, "CLOSED")]))
    assert [one.state for one in (await found(shop)).returns] == [ReturnState.APPROVED, ReturnState.RECEIVED]


async def test_lines_that_were_taken_out_are_gone_and_the_total_is_todays(shopify: Shopify, shop: ShopifyShop) -> None:
    one = order(currentTotalPriceSet=bag("42.00"))
    one["lineItems"][1]["currentQuantity"] = 0
    shopify.put(one)
    read = await found(shop)
    assert [(item.id, item.quantity) for item in read.items] == [(gid("LineItem", 10010), 2)]
    assert read.total == Money(4200, "EUR")


async def test_a_cancelled_order_still_says_what_was_ordered(shopify: Shopify, shop: ShopifyShop) -> None:
    one = order(cancelledAt="2026-11-21T00:00:00Z", currentTotalPriceSet=bag("0.00"))
    for each in one["lineItems"]:
        each["currentQuantity"] = 0
    shopify.put(one)
    read = await found(shop)
    assert [item.quantity for item in read.items] == [2, 1]
    assert read.total == Money(7200, "EUR")


@pytest.mark.parametrize(("currency", "amount", "minor"), [("JPY", "7200", 7200), ("JPY", "7200.0", 7200),
                                                          ("BDT", "7200.5", 720050)])  # fmt: skip
async def test_each_currency_has_its_own_decimals(
    shopify: Shopify, shop: ShopifyShop, currency: str, amount: str, minor: int
) -> None:
    money = bag(amount, currency)
    shopify.put(
        order(
            presentmentCurrencyCode=currency,
            totalPriceSet=money,
            currentTotalPriceSet=money,
            totalShippingPriceSet=bag("0", currency),
            lineItems=[line(1, "Mug", 1, amount, currency)],
            transactions=[transaction(1, "SALE", amount, currency=currency)],
        )
    )
    read = await found(shop)
    assert read.total == read.items[0].price == read.payments[0].amount == Money(minor, currency)


async def test_a_customers_orders_newest_first_and_only_theirs(shopify: Shopify, shop: ShopifyShop) -> None:
    shopify.put(order(1001))
    shopify.put(order(1002, createdAt="2026-11-21T09:15:00Z"))
    shopify.put(order(1003, createdAt="2026-11-19T09:15:00Z"))
    shopify.put(order(1004, customer={**order()["customer"], "id": gid("Customer", 8)}))
    assert [one.number for one in await shop.orders_of("7", 10)] == ["1002", "1001", "1003"]
    assert [one.number for one in await shop.orders_of("7", 2)] == ["1002", "1001"]
    assert await shop.orders_of("nobody", 5) == ()
    assert await shop.orders_of("9", 5) == ()


@pytest.mark.parametrize(
    "much",
    [
        {"lineItems": [line(n, "Mug", 1, "1.00") for n in range(31)]},
        {"fulfillments": [fulfillment(n) for n in range(9)]},
        {"transactions": [transaction(n, "SALE", "1.00") for n in range(25)]},
        {"returns": [returned(f"#1001-R{n}", n, gid("LineItem", 10010), 1) for n in range(5)]},
    ],
)
async def test_an_order_that_has_more_than_is_read_is_not_read_in_part(
    shopify: Shopify, shop: ShopifyShop, much: dict[str, Any]
) -> None:
    shopify.put(order(**much))
    with pytest.raises(ShopTrouble, match=r"not read|than are read"):
        await shop.find_order("1001")
