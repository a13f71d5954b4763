"""How a return stands: its state, what comes next, and what money goes back when."""

from rasa_sdk import Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher

from actions import news
from actions.lookup import OrderAction
from actions.order_lines import items_line, return_line
from actions.shop.backend import Order, Return, ReturnState
from actions.slots import RETURN_NUMBER
from actions.values import Params, day, ident, lines, phrase


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
    """The text for an order's return (`return_status_<state>`, or `return_status_none`) and what fills it.

    What follows the check of an exchange is another than of a return, and has its own text.
    """
    number = ident(order.number)
    if found is None:
        return "return_status_none", {"number": number}
    quantities = {item.order_item_id: item.quantity for item in found.items}
    details = [items_line((item, quantities[item.id]) for item in order.items if item.id in quantities)]
    if found.rejection:
        details.append(phrase(f"return_rejected_{found.rejection}"))
    else:
        details.append(return_line(order, found))
    params: Params = {
        "return_number": ident(found.number),
        "number": number,
        "date": day(found.changed_at.date()),
        "details": lines(details),
    }
    if found.label_valid_until:
        params["label_until"] = day(found.label_valid_until)
    if found.exchange_for is not None and found.state is ReturnState.INSPECTED:
        return "return_status_inspected_exchange", params
    return f"return_status_{found.state}", params
