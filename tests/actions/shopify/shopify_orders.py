"""Orders as Shopify's API describes them, to put into the local one."""

from typing import Any

PLACED_AT = "2026-11-20T09:15:00Z"
Json = dict[str, Any]


def bag(amount: str, currency: str = "EUR") -> Json:
    """A `MoneyBag`: what the customer was shown, and what the shop counts in."""
    shown = {"amount": amount, "currencyCode": currency}
    return {"presentmentMoney": shown, "shopMoney": {"amount": "999999.99", "currencyCode": "USD"}}


def gid(kind: str, number: object) -> str:
    return f"gid://shopify/{kind}/{number}"


def line(number: int, name: str, quantity: int, price: str, currency: str = "EUR") -> Json:
    """One line of an order."""
    return {
        "id": gid("LineItem", number),
        "sku": f"SKU-{number}",
        "name": name,
        "quantity": quantity,
        "currentQuantity": quantity,
        "discountedUnitPriceAfterAllDiscountsSet": bag(price, currency),
    }


def transaction(number: int, kind: str, amount: str, status: str = "SUCCESS", **more: Any) -> Json:
    """A payment, a capture, a refund or the like."""
    return {
        "id": gid("OrderTransaction", number),
        "kind": kind,
        "status": status,
        "gateway": "shopify_payments",
        "manualPaymentGateway": more.get("gateway") in ("Cash on Delivery (COD)", "Bank Deposit"),
        "createdAt": PLACED_AT,
        "processedAt": PLACED_AT,
        "amountSet": bag(amount, more.pop("currency", "EUR")),
        "parentTransaction": None,
        "paymentDetails": {"__typename": "CardPaymentDetails", "paymentMethodName": "card", "company": "Visa"},
        **more,
    }


def fulfillment(number: int, display: str = "IN_TRANSIT", **more: Any) -> Json:
    """A parcel on its way, with two reports."""
    return {
        "id": gid("Fulfillment", number),
        "status": "SUCCESS",
        "displayStatus": display,
        "createdAt": "2026-11-21T08:00:00Z",
        "deliveredAt": None,
        "estimatedDeliveryAt": "2026-11-24T17:00:00Z",
        "trackingInfo": [{"company": "DHL", "number": f"DHL{number}"}],
        "events": [
            {"id": gid("FulfillmentEvent", number * 10), "status": "CARRIER_PICKED_UP", "city": None,
             "happenedAt": "2026-11-21T10:00:00Z"},
            {"id": gid("FulfillmentEvent", number * 10 + 1), "status": "IN_TRANSIT", "city": "Leipzig",
             "happenedAt": "2026-11-22T02:00:00+01:00"},
        ],
        **more,
    }  # fmt: skip


def returned(name: str, number: int, line_id: str, quantity: int, status: str = "OPEN", **more: Any) -> Json:
    """A return of some pieces of one line."""
    lines = [
        {
            "__typename": "ReturnLineItem",
            "id": gid("ReturnLineItem", number),
            "quantity": quantity,
            "refundedQuantity": more.pop("refunded", 0),
            "returnReason": "SIZE_TOO_SMALL",
            "returnReasonNote": "",
            "fulfillmentLineItem": {"id": gid("FulfillmentLineItem", number), "lineItem": {"id": line_id}},
            "withCodeDiscountedTotalPriceSet": bag(more.pop("worth", "20.00")),
            "restockingFee": None,
        }
    ]
    return {
        "id": gid("Return", number),
        "name": name,
        "status": status,
        "createdAt": "2026-11-25T12:00:00Z",
        "closedAt": None,
        "decline": None,
        "returnShippingFees": [],
        "returnLineItems": lines,
        **more,
    }


def order(number: int = 1001, **more: Any) -> Json:
    """An order that was paid by card, with nothing sent yet: two mugs and a lamp for 72.00 EUR with delivery."""
    return {
        "id": gid("Order", number * 1000),
        "name": f"#{number}",
        "createdAt": PLACED_AT,
        "cancelledAt": None,
        "email": "Amina@Example.com",
        "phone": None,
        "customerLocale": "bn-BD",
        "presentmentCurrencyCode": "EUR",
        "displayFinancialStatus": "PAID",
        "displayFulfillmentStatus": "UNFULFILLED",
        "returnStatus": "NO_RETURN",
        "customer": {
            "id": gid("Customer", 7),
            "displayName": "Amina Rahman",
            "createdAt": "2025-01-02T03:04:05Z",
            "defaultEmailAddress": {"emailAddress": "other@example.com"},
            "defaultPhoneNumber": {"phoneNumber": "+8801712345678"},
        },
        "shippingAddress": {
            "name": "Amina Rahman",
            "address1": "House 5, Road 3",
            "address2": "Banani",
            "city": "Dhaka",
            "zip": "1213",
            "countryCodeV2": "BD",
            "provinceCode": None,
            "company": None,
            "phone": "+8801712345678",
        },
        "billingAddress": {"city": "Dhaka", "countryCodeV2": "BD"},
        "totalPriceSet": bag("72.00"),
        "currentTotalPriceSet": bag("72.00"),
        "totalShippingPriceSet": bag("2.00"),
        "lineItems": [line(number * 10, "Mug", 2, "20.00"), line(number * 10 + 1, "Lamp", 1, "30.00")],
        "fulfillments": [],
        "transactions": [transaction(number, "SALE", "72.00")],
        "refunds": [],
        "returns": [],
        "metafield": None,
        **more,
    }
