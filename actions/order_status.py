"""Where an order is: its state, what is in it, its parcels' latest reports, and money on its way back."""

from datetime import date

from rasa_sdk import Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher

from actions import news
from actions.clock import today
from actions.lookup import OrderAction
from actions.order_card import on_card, order_card
from actions.order_lines import expected_line, items_line, parcel_lines, refund_line, when
from actions.shop.backend import Order, OrderState, PaymentState
from actions.values import Params, Value, day, ident, lines, money, names, phrase

# In these states there is a day to wait for.
_ON_THE_WAY = {
    OrderState.PLACED,
    OrderState.PROCESSING,
    OrderState.PACKED,
    OrderState.PARTIALLY_SHIPPED,
    OrderState.SHIPPED,
    OrderState.OUT_FOR_DELIVERY,
    OrderState.DELIVERY_FAILED,
}


class ActionOrderStatus(OrderAction):
    """Tells a customer how their order stands."""

    form = "order_status_form"

    def name(self) -> str:
        """The action's name."""
        return "action_order_status"

    async def tell(self, order: Order, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        """Say it in one message, and offer to tell what happens next where something is to happen."""
        key, params = order_status(order, today())
        card = order_card(order, self._services.policy.parcels.page) | {"beside": beside_card(order, today())}
        dispatcher.utter_message(response=f"utter_{key}", card=card, **params)
        return news.offer(order, dispatcher, tracker, self._services) if order.state in _ON_THE_WAY else []


def order_status(order: Order, today: date) -> tuple[str, Params]:
    """The text for an order (`order_status_<state>`) and what fills it."""
    return f"order_status_{order.state}", _params(order, _details(order, today))


def beside_card(order: Order, today: date) -> Value:
    """The same text without the lines that the order's card says too, for where both are seen together."""
    said = on_card(order)
    left = [line for line in _details(order, today) if line not in said]
    return phrase(f"order_status_{order.state}", **_params(order, left))


def _details(order: Order, today: date) -> list[Value]:
    """What is in it, its parcels' reports, the day to wait for, and money on its way back, a line each."""
    details = [items_line((item, item.quantity) for item in order.items)]
    if order.state is not OrderState.RETURNED:
        # Once it has all come back, the way it went is old news.
        for shipment in order.shipments:
            details += parcel_lines(shipment)
    if order.state in _ON_THE_WAY and order.delivery and order.delivery.on >= today:
        details.append(phrase("delivery_agreed", **when(order.delivery)))
    elif order.state in _ON_THE_WAY and order.expected_on:
        on = order.expected_on
        details.append(expected_line(on) if on >= today else phrase("order_line_late", date=day(on)))
    details += [refund_line(refund) for refund in order.refunds]
    if order.state is OrderState.CANCELLED and not any(p.state is PaymentState.CAPTURED for p in order.payments):
        details.append(phrase("order_line_not_charged"))
    return details


def _params(order: Order, details: list[Value]) -> Params:
    return {
        "number": ident(order.number),
        "total": money(order.total),
        "city": names(order.city),
        "details": lines(details),
    }
