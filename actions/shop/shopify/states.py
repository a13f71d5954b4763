"""Shopify's words for how things stand, and ours. A word that is not here is not guessed at."""

from collections.abc import Sequence
from enum import StrEnum
from typing import TypeVar

from actions.shop.backend import (
    OrderState,
    Payment,
    PaymentMethod,
    PaymentState,
    RefundState,
    Rejection,
    ReturnReason,
    Shipment,
    ShipmentState,
    TrackingCode,
)
from actions.shop.shopify.nodes import Node
from actions.shop.trouble import ShopTrouble

Ours = TypeVar("Ours", bound=StrEnum)

# FulfillmentDisplayStatus; a label is made before anybody carries the parcel
_PARCEL = {
    "SUBMITTED": ShipmentState.ANNOUNCED,
    "CONFIRMED": ShipmentState.ANNOUNCED,
    "LABEL_PURCHASED": ShipmentState.ANNOUNCED,
    "LABEL_PRINTED": ShipmentState.ANNOUNCED,
    "LABEL_VOIDED": ShipmentState.ANNOUNCED,
    "FULFILLED": ShipmentState.IN_TRANSIT,
    "MARKED_AS_FULFILLED": ShipmentState.IN_TRANSIT,
    "CARRIER_PICKED_UP": ShipmentState.IN_TRANSIT,
    "IN_TRANSIT": ShipmentState.IN_TRANSIT,
    "DELAYED": ShipmentState.IN_TRANSIT,
    "OUT_FOR_DELIVERY": ShipmentState.OUT_FOR_DELIVERY,
    "READY_FOR_PICKUP": ShipmentState.READY_FOR_PICKUP,
    "ATTEMPTED_DELIVERY": ShipmentState.DELIVERY_FAILED,
    "NOT_DELIVERED": ShipmentState.DELIVERY_FAILED,
    "FAILURE": ShipmentState.DELIVERY_FAILED,
    "DELIVERED": ShipmentState.DELIVERED,
    "PICKED_UP": ShipmentState.DELIVERED,
}

# FulfillmentEventStatus
_REPORT = {
    "CONFIRMED": TrackingCode.ANNOUNCED,
    "LABEL_PURCHASED": TrackingCode.ANNOUNCED,
    "LABEL_PRINTED": TrackingCode.ANNOUNCED,
    "CARRIER_PICKED_UP": TrackingCode.PICKED_UP,
    "IN_TRANSIT": TrackingCode.DEPARTED,
    "DELAYED": TrackingCode.DEPARTED,
    "OUT_FOR_DELIVERY": TrackingCode.OUT_FOR_DELIVERY,
    "READY_FOR_PICKUP": TrackingCode.READY_FOR_PICKUP,
    "ATTEMPTED_DELIVERY": TrackingCode.ATTEMPT_FAILED,
    "FAILURE": TrackingCode.ATTEMPT_FAILED,
    "DELIVERED": TrackingCode.DELIVERED,
}

# OrderTransactionStatus
_PAYMENT = {
    "SUCCESS": PaymentState.CAPTURED,
    "PENDING": PaymentState.PENDING,
    "AWAITING_RESPONSE": PaymentState.PENDING,
    "UNKNOWN": PaymentState.PENDING,
    "FAILURE": PaymentState.FAILED,
    "ERROR": PaymentState.FAILED,
}
_REFUND = {
    "SUCCESS": RefundState.SENT,
    "PENDING": RefundState.PENDING,
    "AWAITING_RESPONSE": RefundState.PENDING,
    "UNKNOWN": RefundState.PENDING,
    "FAILURE": RefundState.FAILED,
    "ERROR": RefundState.FAILED,
}

# ReturnReason
_REASON = {
    "SIZE_TOO_SMALL": ReturnReason.TOO_SMALL,
    "SIZE_TOO_LARGE": ReturnReason.TOO_LARGE,
    "NOT_AS_DESCRIBED": ReturnReason.NOT_AS_EXPECTED,
    "COLOR": ReturnReason.NOT_AS_EXPECTED,
    "STYLE": ReturnReason.NOT_AS_EXPECTED,
    "UNWANTED": ReturnReason.CHANGED_MIND,
    "DEFECTIVE": ReturnReason.DAMAGED,
    "WRONG_ITEM": ReturnReason.WRONG_ITEM,
    "OTHER": ReturnReason.OTHER,
    "UNKNOWN": ReturnReason.OTHER,
}
THEIR_REASON = {
    ReturnReason.TOO_SMALL: "SIZE_TOO_SMALL",
    ReturnReason.TOO_LARGE: "SIZE_TOO_LARGE",
    ReturnReason.NOT_AS_EXPECTED: "NOT_AS_DESCRIBED",
    ReturnReason.CHANGED_MIND: "UNWANTED",
    ReturnReason.LATE: "OTHER",
    ReturnReason.DAMAGED: "DEFECTIVE",
    ReturnReason.WRONG_ITEM: "WRONG_ITEM",
    ReturnReason.OTHER: "OTHER",
}

# ReturnDeclineReason
_DECLINED = {
    "FINAL_SALE": Rejection.NOT_RETURNABLE,
    "RETURN_PERIOD_ENDED": Rejection.TOO_LATE,
    "OTHER": Rejection.NOT_RETURNABLE,
}

_NOTHING_SENT = {"UNFULFILLED", "OPEN", "ON_HOLD", "SCHEDULED", "REQUEST_DECLINED", "RESTOCKED"}
_BEING_PACKED = {"IN_PROGRESS", "PENDING_FULFILLMENT"}
_FINANCIAL = {
    "AUTHORIZED",
    "EXPIRED",
    "PAID",
    "PARTIALLY_PAID",
    "PARTIALLY_REFUNDED",
    "PENDING",
    "REFUNDED",
    "VOIDED",
}
# of several parcels the customer hears of the one that needs them most
_MOST_URGENT = (
    (ShipmentState.DELIVERY_FAILED, OrderState.DELIVERY_FAILED),
    (ShipmentState.READY_FOR_PICKUP, OrderState.READY_FOR_PICKUP),
    (ShipmentState.OUT_FOR_DELIVERY, OrderState.OUT_FOR_DELIVERY),
    (ShipmentState.IN_TRANSIT, OrderState.SHIPPED),
    (ShipmentState.ANNOUNCED, OrderState.PACKED),
)


def parcel(word: str) -> ShipmentState:
    """How far a parcel is."""
    return _known(_PARCEL, word)


def report(word: str) -> TrackingCode:
    """What a carrier reported."""
    return _known(_REPORT, word)


def payment(word: str) -> PaymentState:
    """What became of a sale."""
    return _known(_PAYMENT, word)


def refund(word: str) -> RefundState:
    """What became of money on its way back."""
    return _known(_REFUND, word)


def reason(word: str) -> ReturnReason:
    """Why something comes back."""
    return _known(_REASON, word)


def rejection(word: str) -> Rejection:
    """Why a return was declined."""
    return _known(_DECLINED, word)


def order_state(order: Node, parcels: Sequence[Shipment], payments: Sequence[Payment]) -> OrderState:
    """How far an order is, by its payment, its parcels and what came back of it."""
    money, sent = order.text("displayFinancialStatus"), order.text("displayFulfillmentStatus")
    if money not in _FINANCIAL:
        raise ShopTrouble("an unknown displayFinancialStatus")
    if order.has("cancelledAt"):
        return OrderState.CANCELLED
    if sent == "FULFILLED":
        return _on_its_way(order, money, parcels)
    if sent == "PARTIALLY_FULFILLED":
        return OrderState.PARTIALLY_SHIPPED
    if sent not in _NOTHING_SENT | _BEING_PACKED:
        raise ShopTrouble("an unknown displayFulfillmentStatus")
    if money == "REFUNDED":
        # all the money is back and nothing was sent: to the customer that is cancelled
        return OrderState.CANCELLED
    at_the_door = bool(payments) and payments[-1].method is PaymentMethod.CASH_ON_DELIVERY
    if money in ("VOIDED", "EXPIRED") or (payments and payments[-1].state is PaymentState.FAILED):
        return OrderState.PAYMENT_FAILED
    if money == "PENDING" and not at_the_door:
        return OrderState.PAYMENT_PENDING
    return OrderState.PROCESSING if sent in _BEING_PACKED else OrderState.PLACED


def _on_its_way(order: Node, money: str, parcels: Sequence[Shipment]) -> OrderState:
    if order.text("returnStatus") == "RETURNED" or money == "REFUNDED":
        return OrderState.RETURNED
    states = {one.state for one in parcels}
    found = next((ours for state, ours in _MOST_URGENT if state in states), None)
    if found is not None:
        return found
    if not states:  # such as a voucher that goes by e-mail
        return OrderState.SHIPPED
    return OrderState.PARTIALLY_REFUNDED if money == "PARTIALLY_REFUNDED" else OrderState.DELIVERED


def _known(words: dict[str, Ours], word: str) -> Ours:
    if word not in words:
        raise ShopTrouble(f"an unknown word where one of {next(iter(words.values())).__class__.__name__} belongs")
    return words[word]
