"""What the actions know of a shop: its values and the interface to ask for them.

Money is integer minor units and a currency, times are aware UTC, dates are calendar days, ids are UUIDv7 strings.
Names that customers read (products, carriers, places) come in every language the shop has: `{"en": …, "bn": …}`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from actions.shop.changes import Change, ChangeKind, ClaimWish, Doing, ReturnWish


class OrderState(StrEnum):
    """How far an order has come."""

    PLACED = "placed"
    PAYMENT_PENDING = "payment_pending"
    PAYMENT_FAILED = "payment_failed"
    PROCESSING = "processing"
    PACKED = "packed"
    PARTIALLY_SHIPPED = "partially_shipped"
    SHIPPED = "shipped"
    OUT_FOR_DELIVERY = "out_for_delivery"
    READY_FOR_PICKUP = "ready_for_pickup"
    DELIVERY_FAILED = "delivery_failed"
    DELIVERED = "delivered"
    LOST = "lost"
    CANCELLED = "cancelled"
    RETURNED = "returned"
    PARTIALLY_REFUNDED = "partially_refunded"


class ShipmentState(StrEnum):
    """How far one parcel has come."""

    ANNOUNCED = "announced"
    IN_TRANSIT = "in_transit"
    OUT_FOR_DELIVERY = "out_for_delivery"
    READY_FOR_PICKUP = "ready_for_pickup"
    DELIVERY_FAILED = "delivery_failed"
    DELIVERED = "delivered"
    LOST = "lost"


class TrackingCode(StrEnum):
    """What a carrier reported about a parcel."""

    ANNOUNCED = "announced"
    PICKED_UP = "picked_up"
    DEPARTED = "departed"
    CUSTOMS = "customs"
    ARRIVED = "arrived"
    OUT_FOR_DELIVERY = "out_for_delivery"
    ATTEMPT_FAILED = "attempt_failed"
    READY_FOR_PICKUP = "ready_for_pickup"
    DELIVERED = "delivered"
    LOST = "lost"


class PaymentMethod(StrEnum):
    """How an order was paid, or how money goes back."""

    CARD = "card"
    BKASH = "bkash"
    NAGAD = "nagad"
    ROCKET = "rocket"
    UPI = "upi"
    PAYPAL = "paypal"
    BANK_TRANSFER = "bank_transfer"
    CASH_ON_DELIVERY = "cash_on_delivery"


class PaymentState(StrEnum):
    """What became of a payment. `CAPTURED` means that the shop has the money."""

    PENDING = "pending"
    CAPTURED = "captured"
    FAILED = "failed"
    VOIDED = "voided"


class ReturnState(StrEnum):
    """How far a return has come."""

    REQUESTED = "requested"
    APPROVED = "approved"
    LABEL_SENT = "label_sent"
    IN_TRANSIT = "in_transit"
    RECEIVED = "received"
    INSPECTED = "inspected"
    REFUNDED = "refunded"
    REJECTED = "rejected"


class Rejection(StrEnum):
    """Why a return was rejected."""

    TOO_LATE = "too_late"
    USED = "used"
    INCOMPLETE = "incomplete"
    NOT_RETURNABLE = "not_returnable"


class RefundState(StrEnum):
    """How far a refund has come. `SENT` means that it has left the shop."""

    PENDING = "pending"
    SENT = "sent"
    FAILED = "failed"


class ReturnReason(StrEnum):
    """Why something is sent back."""

    TOO_SMALL = "too_small"
    TOO_LARGE = "too_large"
    NOT_AS_EXPECTED = "not_as_expected"
    CHANGED_MIND = "changed_mind"
    LATE = "late"
    DAMAGED = "damaged"
    WRONG_ITEM = "wrong_item"
    OTHER = "other"


class ClaimKind(StrEnum):
    """What a customer says is wrong."""

    DAMAGED = "damaged"
    WRONG_ITEM = "wrong_item"
    MISSING_ITEM = "missing_item"
    PACKAGE_LOST = "package_lost"
    ORDER_NOT_CONFIRMED = "order_not_confirmed"
    PAYMENT_FAILED = "payment_failed"
    DOUBLE_CHARGED = "double_charged"
    UNRECOGNISED_CHARGE = "unrecognised_charge"
    CHANGE_PAYMENT_METHOD = "change_payment_method"


class ClaimState(StrEnum):
    """How far a claim has come. `GRANTED` means that the remedy is on its way without anybody looking at it."""

    OPEN = "open"
    GRANTED = "granted"
    REJECTED = "rejected"
    CLOSED = "closed"


class Remedy(StrEnum):
    """What a customer gets for what is wrong. `CHECK`: somebody looks into it first."""

    REPLACEMENT = "replacement"
    REFUND = "refund"
    CHECK = "check"


@dataclass(frozen=True)
class Money:
    """An amount in the currency's minor units (paisa, cents) and its ISO 4217 code."""

    minor: int
    currency: str


@dataclass(frozen=True)
class Customer:
    """Who ordered. `email` is lower case, `phone` E.164."""

    id: str
    name: str
    email: str
    phone: str | None
    language: str
    country: str
    created_at: datetime


@dataclass(frozen=True)
class OrderItem:
    """One line of an order; `price` is for a single piece."""

    id: str
    sku: str
    names: Mapping[str, str]
    quantity: int
    price: Money


@dataclass(frozen=True)
class TrackingEvent:
    """One report of a carrier, with the place it came from where known."""

    id: str
    code: TrackingCode
    place: Mapping[str, str] | None
    at: datetime


@dataclass(frozen=True)
class Shipment:
    """One parcel; its events are oldest first."""

    id: str
    carrier: Mapping[str, str]
    tracking_number: str
    state: ShipmentState
    announced_at: datetime
    expected_on: date | None
    delivered_at: datetime | None
    events: tuple[TrackingEvent, ...]


@dataclass(frozen=True)
class Payment:
    """One attempt to pay an order."""

    id: str
    method: PaymentMethod
    state: PaymentState
    amount: Money
    created_at: datetime


@dataclass(frozen=True)
class Refund:
    """Money on its way back; `return_id` is None where nothing had to be sent back for it, `claim_id` where it is for
    no claim."""

    id: str
    return_id: str | None
    method: PaymentMethod
    state: RefundState
    amount: Money
    created_at: datetime
    expected_on: date
    sent_at: datetime | None
    claim_id: str | None = None


@dataclass(frozen=True)
class ReturnItem:
    """How many pieces of one order line come back."""

    id: str
    order_item_id: str
    quantity: int


@dataclass(frozen=True)
class Return:
    """A return: `amount` is what goes back to the customer if it is accepted, `refund` once that has begun.

    `exchange_for` is what the customer wants instead of money, in their own words.
    """

    id: str
    order_id: str
    number: str
    state: ReturnState
    items: tuple[ReturnItem, ...]
    amount: Money
    requested_at: datetime
    changed_at: datetime
    label_valid_until: date | None
    rejection: Rejection | None
    refund: Refund | None
    reason: ReturnReason | None = None
    exchange_for: str | None = None


@dataclass(frozen=True)
class Address:
    """Where an order goes within its country. `postcode` is empty where there is none."""

    recipient: str
    street: str
    postcode: str


@dataclass(frozen=True)
class DeliveryWindow:
    """When the courier comes: a day, and from when to when by the shop's clock."""

    on: date
    start: time
    end: time


@dataclass(frozen=True)
class Claim:
    """Something that is wrong with an order, as the customer said it: with which of its lines (by their ids), how many
    of each, and what they would like."""

    id: str
    order_id: str
    number: str
    kind: ClaimKind
    state: ClaimState
    items: Mapping[str, int]
    description: str
    remedy: Remedy
    opened_at: datetime


@dataclass(frozen=True)
class Order:
    """An order with everything that hangs on it, each kind oldest first. `total` includes `shipping`.

    `address` is None where the shop does not tell it, `delivery` where no window was agreed.
    """

    id: str
    number: str
    state: OrderState
    customer: Customer
    city: Mapping[str, str]
    country: str
    shipping: Money
    total: Money
    placed_at: datetime
    expected_on: date | None
    items: tuple[OrderItem, ...]
    shipments: tuple[Shipment, ...]
    payments: tuple[Payment, ...]
    returns: tuple[Return, ...]
    refunds: tuple[Refund, ...]
    claims: tuple[Claim, ...] = ()
    address: Address | None = None
    delivery: DeliveryWindow | None = None


class ShopBackend(Protocol):
    """A shop's orders. Every method may raise what its driver raises when the shop cannot be reached.

    A method that changes an order touches that one alone, makes the change wholly or not at all, and repeated with any
    of `doing.messages` changes nothing more and gives the same answer. Each of them raises `Refused` where the order's
    state or the shop's policy does not allow it now, and with `NOT_SUPPORTED` what is not in `can`.
    """

    @property
    def can(self) -> frozenset[ChangeKind]:
        """The changes that this shop's system can make. For all others a person is asked."""
        ...

    async def find_order(self, number: str) -> Order | None:
        """The order with this number, or None; both take the same steps, so that time tells nobody which."""
        ...

    async def find_return(self, order_number: str, return_number: str | None) -> Return | None:
        """This return of the order, or without a return number its newest one; None where there is none."""
        ...

    async def orders_of(self, customer_id: str, limit: int) -> tuple[Order, ...]:
        """The newest orders of a customer, newest first, at most `limit`."""
        ...

    async def cancel(self, order_id: str, doing: Doing) -> Change:
        """Cancel the order; what was paid goes back."""
        ...

    async def change_items(self, order_id: str, quantities: Mapping[str, int], doing: Doing) -> Change:
        """Change how many pieces of some lines (by their ids) are ordered; 0 takes the line out. The rest stays."""
        ...

    async def change_address(
        self, order_id: str, address: Address, city: Mapping[str, str], country: str, doing: Doing
    ) -> Change:
        """Send the order elsewhere: `city` by language, `country` as its ISO 3166 code."""
        ...

    async def delivery_windows(self, order_id: str) -> tuple[DeliveryWindow, ...]:
        """When the order can be delivered, earliest first; none where there is nothing to choose."""
        ...

    async def move_delivery(self, order_id: str, window: DeliveryWindow, doing: Doing) -> Change:
        """Agree on one of `delivery_windows`."""
        ...

    async def open_return(self, order_id: str, wish: ReturnWish, doing: Doing) -> Change:
        """Open a return or an exchange; its number is `after["number"]`."""
        ...

    async def open_claim(self, order_id: str, wish: ClaimWish, doing: Doing) -> Change:
        """Open a claim, and grant it at once where the policy says so; its number is `after["number"]`."""
        ...


@runtime_checkable
class KeepsLabels(Protocol):
    """A shop that keeps whether the label of a return went out. One that opens returns need not."""

    async def label_sent(self, order_id: str, number: str) -> None:
        """Note that the customer was sent the label of this return of the order."""
        ...
