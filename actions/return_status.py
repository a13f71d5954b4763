"""How a return stands: its state, what comes next, and what money goes back when."""

from collections.abc import Mapping

from rasa_sdk import Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher

from actions import news
from actions.lookup import OrderAction
from actions.order_lines import items_line, refund_line
from actions.shop.backend import Order, PaymentMethod, Return, ReturnState
from actions.slots import RETURN_NUMBER
from actions.values import Params, Value, day, ident, lines, money, phrase

# How long money takes to get there, by the kind of account; a text each.
_WALLET = "refund_expected_wallet"
_TIME_BACK: Mapping[PaymentMethod, str] = {
    PaymentMethod.CARD: "refund_expected_card",
    PaymentMethod.BANK_TRANSFER: "refund_expected_bank",
}


class ActionReturnStatus(OrderAction):
    """Tells a customer how their return stands: the one they named, or the order's newest."""

    form = "return_status_form"

    def name(self) -> str:
        """The action's name."""
        return "action_return_status"

    async def tell(self, order: Order, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        """Say it in one message, and offer to tell what happens next where something is to happen."""
        named = tracker.get_slot(RETURN_NUMBER)
        found = await self._services.shop.find_return(order.number, str(named).upper()) if named else None
        # A return that the order does not have was meant for another one: its own newest is more help than a no.
        found = found or await self._services.shop.find_return(order.number, None)
        key, params = return_status(order, found)
        dispatcher.utter_message(response=f"utter_{key}", **params)
        if found is None or found.state in (ReturnState.REFUNDED, ReturnState.REJECTED):
            return []
        return news.offer(order, dispatcher, tracker, self._services)


def return_status(order: Order, found: Return | None) -> tuple[str, Params]:
    """The text for an order's return (`return_status_<state>`, or `return_status_none`) and what fills it."""
    number = ident(order.number)
    if found is None:
        return "return_status_none", {"number": number}
    quantities = {item.order_item_id: item.quantity for item in found.items}
    details = [items_line((item, quantities[item.id]) for item in order.items if item.id in quantities)]
    if found.rejection:
        details.append(phrase(f"return_rejected_{found.rejection}"))
    else:
        details.append(refund_line(found.refund) if found.refund else _refund_to_come(order, found))
    params: Params = {
        "return_number": ident(found.number),
        "number": number,
        "date": day(found.changed_at.date()),
        "details": lines(details),
    }
    if found.label_valid_until:
        params["label_until"] = day(found.label_valid_until)
    return f"return_status_{found.state}", params


def _refund_to_come(order: Order, found: Return) -> Value:
    method = order.payments[-1].method if order.payments else PaymentMethod.BANK_TRANSFER
    return phrase(_TIME_BACK.get(method, _WALLET), amount=money(found.amount), to=phrase(f"refund_to_{method}"))
