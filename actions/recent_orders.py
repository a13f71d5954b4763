"""Which order? Whom the shop vouches for picks one of their own; anybody else is asked for its number."""

import asyncio
import logging

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.types import DomainDict

from actions.heard import choice_payload
from actions.services import Services
from actions.shop.backend import Order
from actions.standalone import services as standalone_services
from actions.values import day, ident, names
from actions.verification import vouched

logger = logging.getLogger(__name__)

# what a button chooses
ORDER = "order"
SHOWN = 4


class ActionAskOrderNumber(Action):
    """Asks every form's first question. Without services it has those of Rasa's own action server."""

    def __init__(self, services: Services | None = None) -> None:
        self._services = services or standalone_services()

    def name(self) -> str:
        """The action's name, by which Rasa finds it."""
        return "action_ask_order_number"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[EventType]:
        """With a button for each of the customer's newest orders, where they are known."""
        orders = await self._orders(tracker)
        if not orders:
            dispatcher.utter_message(response="utter_ask_order_number")
            return []
        dispatcher.utter_message(response="utter_which_order", buttons=[_button(order) for order in orders])
        return []

    async def _orders(self, tracker: Tracker) -> tuple[Order, ...]:
        customer = vouched(tracker)
        if customer is None or not customer.customer_id:
            return ()
        try:
            async with asyncio.timeout(self._services.patience):
                return await self._services.shop.orders_of(customer.customer_id, SHOWN)
        except Exception as error:  # the number can still be asked for
            logger.warning("%s: no orders to choose from: %s", self.name(), type(error).__name__)
            return ()


def _button(order: Order) -> dict[str, object]:
    first = order.items[0].names if order.items else {}
    params = {"number": ident(order.number), "date": day(order.placed_at.date()), "first": names(first)}
    return {"phrase": "order_button", "params": params, "payload": choice_payload(ORDER, order.number)}
