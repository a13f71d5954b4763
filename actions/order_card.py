"""An order at one glance, beside the words that tell how it stands."""

from datetime import date
from typing import TypeAlias
from urllib.parse import quote

from actions.order_lines import carrier_line, expected_line, item_name, items_line
from actions.shop.backend import Order, OrderState
from actions.values import Value, day, ident, lines, money, names, phrase

Card: TypeAlias = dict[str, object]

# In these states there is no day to wait for any more.
_OVER = {
    OrderState.DELIVERED,
    OrderState.LOST,
    OrderState.CANCELLED,
    OrderState.RETURNED,
    OrderState.PARTIALLY_REFUNDED,
}


def order_card(order: Order, page: str | None) -> Card:
    """Number and state, what is in it, when it is expected, what it costs, and its newest parcel.

    Args:
        page: where a parcel can be followed, with {number} for its tracking number.
    """
    expected = _expected(order)
    rows: list[tuple[Value, Value]] = []
    if expected:
        rows.append((phrase("order_card_expected"), day(expected)))
    rows.append((phrase("order_card_items"), lines(item_name(item, item.quantity) for item in order.items)))
    rows.append((phrase("order_card_total"), money(order.total)))
    parcel = order.shipments[-1] if order.shipments else None
    if parcel:
        rows.append((phrase("order_card_courier"), names(parcel.carrier)))
        rows.append((phrase("order_card_tracking"), ident(parcel.tracking_number)))
    card: Card = {
        "title": phrase("order_card", number=ident(order.number)),
        "badge": phrase(f"history_state_{order.state}"),
        "rows": [list(row) for row in rows],
    }
    if parcel and page:
        card["link"] = [phrase("order_card_track"), page.replace("{number}", quote(parcel.tracking_number, safe=""))]
    return card


def on_card(order: Order) -> list[Value]:
    """The lines of an answer about this order that its card says too."""
    said = [items_line((item, item.quantity) for item in order.items)]
    expected = _expected(order)
    if expected:
        said.append(expected_line(expected))
    return said + [carrier_line(parcel) for parcel in order.shipments[-1:]]


def _expected(order: Order) -> date | None:
    """The day to wait for, if there is one."""
    if order.state in _OVER:
        return None
    return order.delivery.on if order.delivery else order.expected_on
