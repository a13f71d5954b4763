"""Orders as rows and rows as orders: one place that knows which column holds what."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Table
from sqlalchemy.engine import RowMapping

from actions.shop import tables
from actions.shop.backend import (
    Address,
    Claim,
    ClaimKind,
    ClaimState,
    Customer,
    DeliveryWindow,
    Money,
    Order,
    OrderItem,
    OrderState,
    Payment,
    PaymentMethod,
    PaymentState,
    Refund,
    RefundState,
    Rejection,
    Remedy,
    Return,
    ReturnItem,
    ReturnReason,
    ReturnState,
    Shipment,
    ShipmentState,
    TrackingCode,
    TrackingEvent,
)
from actions.shop.changes import Change, ChangeKind

Row = dict[str, Any]
Rows = dict[Table, list[Row]]


def customer_row(customer: Customer) -> Row:
    """The row of a customer."""
    return {
        "id": customer.id,
        "name": customer.name,
        "email": customer.email,
        "phone": customer.phone,
        "language": customer.language,
        "country": customer.country,
        "created_at": customer.created_at,
    }


def order_rows(order: Order) -> Rows:
    """The rows of an order in every table but the customers', in an order in which they may be inserted."""
    return {
        tables.orders: [
            {
                "id": order.id,
                "number": order.number,
                "customer_id": order.customer.id,
                "state": order.state.value,
                "city": dict(order.city),
                "country": order.country,
                "recipient": order.address.recipient if order.address else None,
                "street": order.address.street if order.address else None,
                "postcode": order.address.postcode if order.address else None,
                "window_start": order.delivery.start if order.delivery else None,
                "window_end": order.delivery.end if order.delivery else None,
                "shipping_minor": order.shipping.minor,
                "total_minor": order.total.minor,
                "currency": order.total.currency,
                "placed_at": order.placed_at,
                "expected_on": order.expected_on,
            }
        ],
        tables.order_items: [
            {
                "id": item.id,
                "order_id": order.id,
                "position": position,
                "sku": item.sku,
                "names": dict(item.names),
                "quantity": item.quantity,
                "price_minor": item.price.minor,
                "currency": item.price.currency,
            }
            for position, item in enumerate(order.items)
        ],
        tables.shipments: [
            {
                "id": shipment.id,
                "order_id": order.id,
                "carrier": dict(shipment.carrier),
                "tracking_number": shipment.tracking_number,
                "state": shipment.state.value,
                "announced_at": shipment.announced_at,
                "expected_on": shipment.expected_on,
                "delivered_at": shipment.delivered_at,
            }
            for shipment in order.shipments
        ],
        tables.tracking_events: [
            {
                "id": event.id,
                "shipment_id": shipment.id,
                "code": event.code.value,
                "place": None if event.place is None else dict(event.place),
                "at": event.at,
            }
            for shipment in order.shipments
            for event in shipment.events
        ],
        tables.payments: [
            {
                "id": payment.id,
                "order_id": order.id,
                "method": payment.method.value,
                "state": payment.state.value,
                "amount_minor": payment.amount.minor,
                "currency": payment.amount.currency,
                "created_at": payment.created_at,
            }
            for payment in order.payments
        ],
        tables.returns: [
            {
                "id": returned.id,
                "order_id": order.id,
                "number": returned.number,
                "state": returned.state.value,
                "amount_minor": returned.amount.minor,
                "currency": returned.amount.currency,
                "requested_at": returned.requested_at,
                "changed_at": returned.changed_at,
                "label_valid_until": returned.label_valid_until,
                "rejection": returned.rejection.value if returned.rejection else None,
                "reason": returned.reason.value if returned.reason else None,
                "exchange_for": returned.exchange_for,
            }
            for returned in order.returns
        ],
        tables.return_items: [
            {
                "id": item.id,
                "return_id": returned.id,
                "order_item_id": item.order_item_id,
                "quantity": item.quantity,
            }
            for returned in order.returns
            for item in returned.items
        ],
        tables.refunds: [
            {
                "id": refund.id,
                "order_id": order.id,
                "return_id": refund.return_id,
                "claim_id": refund.claim_id,
                "method": refund.method.value,
                "state": refund.state.value,
                "amount_minor": refund.amount.minor,
                "currency": refund.amount.currency,
                "created_at": refund.created_at,
                "expected_on": refund.expected_on,
                "sent_at": refund.sent_at,
            }
            for refund in order.refunds
        ],
        tables.claims: [
            {
                "id": claim.id,
                "order_id": order.id,
                "number": claim.number,
                "kind": claim.kind.value,
                "state": claim.state.value,
                "items": dict(claim.items),
                "description": claim.description,
                "remedy": claim.remedy.value,
                "opened_at": claim.opened_at,
            }
            for claim in order.claims
        ],
    }


class OrderParts:
    """The rows that hang on some orders, sorted by the row they hang on."""

    def __init__(self, found: dict[Table, Sequence[RowMapping]]) -> None:
        self._items = _by("order_id", found[tables.order_items])
        self._shipments = _by("order_id", found[tables.shipments])
        self._events = _by("shipment_id", found[tables.tracking_events])
        self._payments = _by("order_id", found[tables.payments])
        self._returns = _by("order_id", found[tables.returns])
        self._return_items = _by("return_id", found[tables.return_items])
        self._refunds = _by("order_id", found[tables.refunds])
        self._claims = _by("order_id", found[tables.claims])

    def order(self, row: RowMapping) -> Order:
        """The order of a row of orders joined with customers (whose columns begin with `customer_`)."""
        order_id = row["id"]
        refunds = tuple(refund_of(refund) for refund in self._refunds[order_id])
        return Order(
            id=order_id,
            number=row["number"],
            state=OrderState(row["state"]),
            customer=Customer(
                id=row["customer_id"],
                name=row["customer_name"],
                email=row["customer_email"],
                phone=row["customer_phone"],
                language=row["customer_language"],
                country=row["customer_country"],
                created_at=row["customer_created_at"],
            ),
            city=row["city"],
            country=row["country"],
            shipping=Money(row["shipping_minor"], row["currency"]),
            total=Money(row["total_minor"], row["currency"]),
            placed_at=row["placed_at"],
            expected_on=row["expected_on"],
            items=tuple(_item(item) for item in self._items[order_id]),
            shipments=tuple(_shipment(parcel, self._events[parcel["id"]]) for parcel in self._shipments[order_id]),
            payments=tuple(_payment(payment) for payment in self._payments[order_id]),
            returns=tuple(
                return_of(returned, self._return_items[returned["id"]], refunds) for returned in self._returns[order_id]
            ),
            refunds=refunds,
            claims=tuple(_claim(claim) for claim in self._claims[order_id]),
            address=_address(row),
            delivery=_delivery(row),
        )


def return_of(row: RowMapping, items: Iterable[RowMapping], refunds: Iterable[Refund]) -> Return:
    """The return of a row, with its own among the refunds."""
    return Return(
        id=row["id"],
        order_id=row["order_id"],
        number=row["number"],
        state=ReturnState(row["state"]),
        items=tuple(ReturnItem(item["id"], item["order_item_id"], item["quantity"]) for item in items),
        amount=Money(row["amount_minor"], row["currency"]),
        requested_at=row["requested_at"],
        changed_at=row["changed_at"],
        label_valid_until=row["label_valid_until"],
        rejection=Rejection(row["rejection"]) if row["rejection"] else None,
        refund=next((refund for refund in refunds if refund.return_id == row["id"]), None),
        reason=ReturnReason(row["reason"]) if row["reason"] else None,
        exchange_for=row["exchange_for"],
    )


def _by(column: str, rows: Iterable[RowMapping]) -> defaultdict[str, list[RowMapping]]:
    grouped: defaultdict[str, list[RowMapping]] = defaultdict(list)
    for row in rows:
        grouped[row[column]].append(row)
    return grouped


def _item(row: RowMapping) -> OrderItem:
    price = Money(row["price_minor"], row["currency"])
    return OrderItem(row["id"], row["sku"], row["names"], row["quantity"], price)


def _shipment(row: RowMapping, events: Iterable[RowMapping]) -> Shipment:
    return Shipment(
        id=row["id"],
        carrier=row["carrier"],
        tracking_number=row["tracking_number"],
        state=ShipmentState(row["state"]),
        announced_at=row["announced_at"],
        expected_on=row["expected_on"],
        delivered_at=row["delivered_at"],
        events=tuple(TrackingEvent(e["id"], TrackingCode(e["code"]), e["place"], e["at"]) for e in events),
    )


def _payment(row: RowMapping) -> Payment:
    amount = Money(row["amount_minor"], row["currency"])
    return Payment(row["id"], PaymentMethod(row["method"]), PaymentState(row["state"]), amount, row["created_at"])


def _address(row: RowMapping) -> Address | None:
    if row["street"] is None:
        return None
    return Address(row["recipient"] or row["customer_name"], row["street"], row["postcode"] or "")


def _delivery(row: RowMapping) -> DeliveryWindow | None:
    if row["window_start"] is None or row["expected_on"] is None:
        return None
    return DeliveryWindow(row["expected_on"], row["window_start"], row["window_end"])


def _claim(row: RowMapping) -> Claim:
    return Claim(
        id=row["id"],
        order_id=row["order_id"],
        number=row["number"],
        kind=ClaimKind(row["kind"]),
        state=ClaimState(row["state"]),
        items=row["items"],
        description=row["description"],
        remedy=Remedy(row["remedy"]),
        opened_at=row["opened_at"],
    )


def refund_of(row: RowMapping) -> Refund:
    """The refund of a row."""
    return Refund(
        id=row["id"],
        return_id=row["return_id"],
        method=PaymentMethod(row["method"]),
        state=RefundState(row["state"]),
        amount=Money(row["amount_minor"], row["currency"]),
        created_at=row["created_at"],
        expected_on=row["expected_on"],
        sent_at=row["sent_at"],
        claim_id=row["claim_id"],
    )


def change_of(row: RowMapping, refunds: Iterable[Refund]) -> Change:
    """The change of a row."""
    return Change(
        id=row["id"],
        reference=row["reference"],
        kind=ChangeKind(row["kind"]),
        order_number=row["order_number"],
        before=row["before"],
        after=row["after"],
        at=row["at"],
        refunds=tuple(refunds),
    )
