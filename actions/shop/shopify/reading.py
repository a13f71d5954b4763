"""Shopify's order as ours, as `queries.ORDER_PARTS` asks for it."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from actions.shop.backend import (
    Address,
    Customer,
    Money,
    Order,
    OrderItem,
    Shipment,
    ShipmentState,
    TrackingEvent,
)
from actions.shop.policy import Policy
from actions.shop.shopify import queries, states
from actions.shop.shopify.gateways import Gateways
from actions.shop.shopify.intents import Intent
from actions.shop.shopify.nodes import Node
from actions.shop.shopify.payments import Source, payments_of, refunds_of, sources_of
from actions.shop.shopify.returns import returned_pieces, returns_of
from actions.shop.trouble import ShopTrouble

# a name that Shopify has in the shop's own language only
_AS_WRITTEN = "und"
_NO_VALUE = "–"
_NOT_A_PARCEL = {"CANCELLED", "ERROR", "FAILURE"}


@dataclass(frozen=True)
class Numbers:
    """What the shop writes around an order's number: `#1001` is 1001."""

    prefix: str
    suffix: str

    def name(self, number: str) -> str:
        """Shopify's name of the order with this number."""
        return f"{self.prefix}{number}{self.suffix}"

    def number(self, name: str) -> str:
        """What a customer types of this name."""
        return name.removeprefix(self.prefix).removesuffix(self.suffix)


@dataclass(frozen=True)
class Read:
    """An order as Shopify has it now.

    Attributes:
        notes: who said so of each return, as noted in its lines.
        intents: the changes that were asked for through us, oldest first.
        labels: the numbers of the returns whose label went out.
        digest: of the metafield with these two, None where there is none.
        current: what the order costs after all that was changed, and came back.
        sources: what of its money could go back where.
    """

    order: Order
    notes: Mapping[str, str]
    intents: tuple[Intent, ...]
    labels: tuple[str, ...]
    digest: str | None
    current: Money
    sources: tuple[Source, ...]
    province: str | None
    company: str | None
    phone: str | None


def read_order(node: Node, numbers: Numbers, policy: Policy, gateways: Gateways) -> Read:
    """All of an order.

    Raises:
        ShopTrouble: something is not as the API's documents say, or more than is read.
    """
    number = numbers.number(node.text("name"))
    transactions = node.listed("transactions", queries.TRANSACTIONS)
    payments = payments_of(transactions, gateways)
    refunds = refunds_of(transactions, node.listed("refunds", queries.REFUNDS), payments, policy, gateways)
    parcels = tuple(parcel for each in node.listed("fulfillments", queries.PARCELS) for parcel in _parcels(each))
    metafield = node.one_or_none("metafield")
    intents, labels = _noted(metafield)
    returns, notes = returns_of(node, number, refunds, labels, policy)
    state = states.order_state(node, parcels, payments)
    current, first = node.money("currentTotalPriceSet"), node.money("totalPriceSet")
    shipping = node.money("totalShippingPriceSet")
    gone = node.has("cancelledAt") or current.minor == 0
    total = first if gone or current.minor < shipping.minor else current
    back = returned_pieces(node)
    items = tuple(_items(node.page("lineItems"), back, gone))
    place = node.one_or_none("shippingAddress")
    where = place or node.one_or_none("billingAddress")
    order = Order(
        id=node.text("id"),
        number=number,
        state=state,
        customer=_customer(node, where),
        city={_AS_WRITTEN: (where.maybe("city") if where else None) or _NO_VALUE},
        country=(where.maybe("countryCodeV2") if where else None) or "",
        shipping=shipping,
        total=total,
        placed_at=node.moment("createdAt"),
        expected_on=max((parcel.expected_on for parcel in parcels if parcel.expected_on), default=None),
        items=items,
        shipments=parcels,
        payments=payments,
        returns=returns,
        refunds=refunds,
        address=_address(place) if place else None,
    )
    return Read(
        order=order,
        notes=notes,
        intents=intents,
        labels=labels,
        digest=metafield.text("compareDigest") if metafield else None,
        current=current,
        sources=sources_of(transactions),
        province=place.maybe("provinceCode") if place else None,
        company=place.maybe("company") if place else None,
        phone=place.maybe("phone") if place else None,
    )


def _customer(node: Node, where: Node | None) -> Customer:
    """Who ordered. A guest has no account: the order's own address and number are all there is."""
    account = node.one_or_none("customer")
    email = account.one_or_none("defaultEmailAddress") if account else None
    phone = account.one_or_none("defaultPhoneNumber") if account else None
    return Customer(
        # the number alone, as the shop's own pages have it
        id=account.text("id").rpartition("/")[2] if account else "",
        name=account.text("displayName") if account else "",
        email=(node.maybe("email") or (email.text("emailAddress") if email else "")).lower(),
        phone=node.maybe("phone") or (phone.text("phoneNumber") if phone else None),
        language=re.split("[-_]", node.maybe("customerLocale") or "en")[0],
        country=(where.maybe("countryCodeV2") if where else None) or "",
        created_at=(account or node).moment("createdAt"),
    )


def _address(place: Node) -> Address:
    street = ", ".join(part for part in (place.maybe("address1"), place.maybe("address2")) if part)
    return Address(place.maybe("name") or "", street, place.maybe("zip") or "")


def _items(lines: Sequence[Node], back: Mapping[str, int], gone: bool) -> list[OrderItem]:
    """The lines that are still part of the order; of one that is cancelled or all returned, what was ordered."""
    items = []
    for line in lines:
        # Shopify takes refunded pieces off; what came back by a return was bought all the same
        kept = min(line.whole("quantity"), line.whole("currentQuantity") + back.get(line.text("id"), 0))
        quantity = line.whole("quantity") if gone else kept
        if quantity:
            price = line.money("discountedUnitPriceAfterAllDiscountsSet")
            name = {_AS_WRITTEN: line.text("name")}
            items.append(OrderItem(line.text("id"), line.maybe("sku") or "", name, quantity, price))
    return items


def _parcels(fulfillment: Node) -> list[Shipment]:
    """The parcels of a fulfillment: one for each tracking number, and one where there is none."""
    if fulfillment.text("status") in _NOT_A_PARCEL or fulfillment.maybe("displayStatus") == "CANCELED":
        return []
    state = states.parcel(fulfillment.maybe("displayStatus") or "FULFILLED")
    events = tuple(reversed([_event(each) for each in fulfillment.one("events").nodes()]))
    delivered = fulfillment.moment("deliveredAt") if fulfillment.has("deliveredAt") else None
    if state is ShipmentState.DELIVERED and delivered is None:
        delivered = events[-1].at if events else fulfillment.moment("createdAt")
    tracking = fulfillment.listed("trackingInfo", queries.PARCEL_NUMBERS)
    expected = fulfillment.moment("estimatedDeliveryAt").date() if fulfillment.has("estimatedDeliveryAt") else None
    numbers = [(one.maybe("company") or _NO_VALUE, one.maybe("number") or _NO_VALUE) for one in tracking]
    return [
        Shipment(
            id=fulfillment.text("id") if n == 0 else f"{fulfillment.text('id')}#{n}",
            carrier={_AS_WRITTEN: company},
            tracking_number=number,
            state=state,
            announced_at=fulfillment.moment("createdAt"),
            expected_on=expected,
            delivered_at=delivered,
            events=events,
        )
        for n, (company, number) in enumerate(numbers or [(_NO_VALUE, _NO_VALUE)])
    ]


def _event(node: Node) -> TrackingEvent:
    city = node.maybe("city")
    place = {_AS_WRITTEN: city} if city else None
    return TrackingEvent(node.text("id"), states.report(node.text("status")), place, node.moment("happenedAt"))


def _noted(metafield: Node | None) -> tuple[tuple[Intent, ...], tuple[str, ...]]:
    if metafield is None:
        return (), ()
    try:
        noted = json.loads(metafield.text("value"))
        labels = tuple(str(number) for number in noted.get("labels", ()))
        return tuple(Intent.of(each) for each in noted["changes"]), labels
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ShopTrouble("the metafield shohay.changes is not as we wrote it") from error
