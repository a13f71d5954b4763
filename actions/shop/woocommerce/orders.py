"""What WooCommerce says of an order, as our order.

https://developer.woocommerce.com/docs/apis/rest-api/v3/orders/ and `order-refunds`; parcels are those of the Shipment
Tracking plugin.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from html import unescape

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat

from actions.shop.backend import (
    Address,
    Customer,
    Money,
    Order,
    OrderItem,
    OrderState,
    Payment,
    PaymentState,
    Refund,
    RefundState,
    Shipment,
    ShipmentState,
)
from actions.shop.policy import Policy
from actions.shop.trouble import ShopTrouble
from actions.shop.woocommerce.fields import (
    Raw,
    amount,
    ident,
    moment,
    money,
    needed,
    record,
    records,
    text,
    whole,
    yes,
)
from actions.shop.woocommerce.marks import marks
from actions.shop.woocommerce.payments import NONE, Methods, method, unknown

# not an order yet, or not any more
UNSEEN = {"trash", "auto-draft", "checkout-draft"}
_STATES = {
    "pending": OrderState.PAYMENT_PENDING,
    "on-hold": OrderState.PAYMENT_PENDING,
    "failed": OrderState.PAYMENT_FAILED,
    "processing": OrderState.PROCESSING,
    "completed": OrderState.SHIPPED,
    "cancelled": OrderState.CANCELLED,
    # what the plugins for parcels add
    "partial-shipped": OrderState.PARTIALLY_SHIPPED,
    "shipped": OrderState.SHIPPED,
    "delivered": OrderState.DELIVERED,
}
_OVER = {OrderState.CANCELLED, OrderState.RETURNED}
GUEST = "guest:"


@dataclass(frozen=True)
class Reading:
    """What has to be known to read orders: by when money is back, and what the shop's payment methods are."""

    policy: Policy
    methods: Methods


def order_of(raw: Raw, refunds: Sequence[Raw], parcels: Sequence[Raw], reading: Reading) -> Order:
    """The order.

    Raises:
        ShopTrouble: something in it is not as documented, or means nothing to us.
    """
    currency = currency_of(raw)
    placed_at = needed(moment(raw, "date_created_gmt"), "date_created_gmt")
    state = _state(raw, bool(parcels))
    to = destination(raw)
    payments = _payments(raw, state, placed_at, reading)
    return Order(
        id=ident(raw),
        number=text(raw, "number"),
        state=state,
        customer=_customer(raw, placed_at),
        city=_named(text(to, "city", required=False)),
        country=text(to, "country", required=False),
        shipping=money(amount(raw, "shipping_total") + amount(raw, "shipping_tax"), currency),
        total=money(amount(raw, "total"), currency),
        placed_at=placed_at,
        expected_on=None,
        items=tuple(_item(item, currency) for item in records(raw.get("line_items"), "line_items")),
        shipments=tuple(_shipment(parcel) for parcel in parcels),
        payments=payments,
        returns=(),
        refunds=refunds_of(refunds, currency, payments, reading),
        address=address_of(to),
    )


def destination(raw: Raw) -> Raw:
    """Where it goes: the address for parcels, or where there is none the one for the bill."""
    shipping = record(raw.get("shipping"), "shipping")
    return shipping if text(shipping, "address_1", required=False) else record(raw.get("billing"), "billing")


def paid(raw: Raw) -> bool:
    """Whether the shop has had the money, whatever became of the order since."""
    return moment(raw, "date_paid_gmt") is not None


def refunds_of(raws: Sequence[Raw], currency: str, payments: Sequence[Payment], reading: Reading) -> tuple[Refund, ...]:
    """Money that goes back, oldest first. What the payment provider took on is sent; what was noted by hand pends."""
    return tuple(
        sorted(
            (_refund(raw, currency, payments, reading) for raw in raws),
            key=lambda refund: (refund.created_at, int(refund.id)),
        )
    )


def refunded(raws: Sequence[Raw]) -> Decimal:
    """How much has gone back."""
    return sum((amount(raw, "amount") for raw in raws), Decimal(0))


def total_of(raw: Raw) -> Money:
    """What the order costs."""
    return money(amount(raw, "total"), currency_of(raw))


def currency_of(raw: Raw) -> str:
    """The currency that it was made with, by its ISO 4217 code."""
    code = text(raw, "currency")
    if not re.fullmatch(r"[A-Z]{3}", code):
        raise ShopTrouble("an order's currency is no ISO 4217 code")
    return code


def digits(number: str) -> str:
    """What of an order's number is typed: a plugin may put letters and signs around it."""
    return re.sub(r"[^0-9]", "", number)


def _state(raw: Raw, parcels: bool) -> OrderState:
    status = text(raw, "status")
    if status == "refunded":
        # WooCommerce calls an order so when all the money is back, for whatever reason
        done = moment(raw, "date_completed_gmt") is not None and not any(mark.cancels for mark in marks(raw))
        return OrderState.RETURNED if done else OrderState.CANCELLED
    if status not in _STATES:
        raise ShopTrouble("an order's status is none that WooCommerce or a known plugin has")
    state = _STATES[status]
    return OrderState.SHIPPED if state is OrderState.PROCESSING and parcels else state


def customer_id(raw: Raw) -> str:
    """Whose order it is: the number of an account, or a guest's e-mail address."""
    number = whole(raw, "customer_id")
    return str(number) if number else f"{GUEST}{_email(raw)}"


def _email(raw: Raw) -> str:
    return text(record(raw.get("billing"), "billing"), "email", required=False).lower()


def _customer(raw: Raw, placed_at: datetime) -> Customer:
    billing = record(raw.get("billing"), "billing")
    country = text(billing, "country", required=False)
    return Customer(
        id=customer_id(raw),
        name=_name(billing),
        email=_email(raw),
        phone=_phone(text(billing, "phone", required=False), country),
        # WooCommerce knows none
        language="en",
        country=country,
        created_at=placed_at,
    )


def _phone(typed: str, country: str) -> str | None:
    try:
        parsed = phonenumbers.parse(typed, country or None)
    except NumberParseException:
        return None
    possible = phonenumbers.is_possible_number(parsed)
    return phonenumbers.format_number(parsed, PhoneNumberFormat.E164) if possible else None


def address_of(to: Raw) -> Address | None:
    """Who gets it, and where."""
    street = ", ".join(filter(None, (text(to, name, required=False) for name in ("address_1", "address_2"))))
    return Address(_name(to), street, text(to, "postcode", required=False)) if street else None


def _name(person: Raw) -> str:
    return " ".join(filter(None, (text(person, name, required=False) for name in ("first_name", "last_name"))))


def _item(raw: Raw, currency: str) -> OrderItem:
    quantity = whole(raw, "quantity")
    if not quantity:
        raise ShopTrouble("an order has a line of no pieces")
    each = (amount(raw, "total") + amount(raw, "total_tax")) / quantity
    sku = text(raw, "sku", required=False) or str(whole(raw, "product_id"))
    return OrderItem(ident(raw), sku, _named(text(raw, "name")), quantity, money(each, currency))


def _payments(raw: Raw, state: OrderState, placed_at: datetime, reading: Reading) -> tuple[Payment, ...]:
    """WooCommerce keeps one: by which method, and when it was paid."""
    total = total_of(raw)
    id_, paid_at = text(raw, "payment_method", required=False), moment(raw, "date_paid_gmt")
    how = method(id_ or NONE, reading.methods)
    if paid_at and not how:
        raise unknown(id_ or NONE)
    if not total.minor or not how:
        return ()
    if paid_at:
        became = PaymentState.CAPTURED
    elif state is OrderState.PAYMENT_FAILED:
        became = PaymentState.FAILED
    else:
        became = PaymentState.VOIDED if state in _OVER else PaymentState.PENDING
    return (Payment(f"{ident(raw)}-payment", how, became, total, paid_at or placed_at),)


def _refund(raw: Raw, currency: str, payments: Sequence[Payment], reading: Reading) -> Refund:
    if not payments:
        raise ShopTrouble("an order has a refund, but no payment")
    how, at = payments[-1].method, needed(moment(raw, "date_created_gmt"), "date_created_gmt")
    gone = yes(raw, "refunded_payment")
    return Refund(
        id=ident(raw),
        return_id=None,
        method=how,
        state=RefundState.SENT if gone else RefundState.PENDING,
        amount=money(amount(raw, "amount"), currency),
        created_at=at,
        expected_on=(at + timedelta(days=reading.policy.refund_days[how])).date(),
        sent_at=at if gone else None,
    )


def _shipment(raw: Raw) -> Shipment:
    """Nobody tells how far it has come, only that it has left."""
    at = needed(moment(raw, "date_shipped"), "date_shipped")
    return Shipment(
        id=text(raw, "tracking_id"),
        carrier=_named(text(raw, "tracking_provider")),
        tracking_number=text(raw, "tracking_number"),
        state=ShipmentState.IN_TRANSIT,
        announced_at=at,
        expected_on=None,
        delivered_at=None,
        events=(),
    )


def _named(name: str) -> Mapping[str, str]:
    """WooCommerce has one name for all languages, with HTML's names of signs in it."""
    return {"en": unescape(name)}
