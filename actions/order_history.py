"""A customer's newest orders: for whom the shop vouches, or who has typed the code that one of the orders needs."""

import asyncio

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.types import DomainDict

from actions.change_form import ChangeForm, end_form
from actions.detail import Known
from actions.lookup import unreachable
from actions.services import Services
from actions.shop.backend import Order
from actions.shop.changes import Refusal
from actions.slots import APPROVED_ORDER, ORDER_NUMBER
from actions.standalone import services as standalone_services
from actions.values import Params, Value, day, ident, lines, money, names, phrase
from actions.verification import Vouched, vouched

SHOWN = 5


class ValidateOrderHistoryForm(ChangeForm):
    """The form before `action_order_history`: one order, its contact, and its code, but no yes."""

    needs_yes = False

    def name(self) -> str:
        """The action's name."""
        return "validate_order_history_form"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[EventType]:
        """Whom the shop knows by its own id is asked for nothing."""
        return end_form() if _known(tracker) else await super().run(dispatcher, tracker, domain)

    def refusal(self, order: Order) -> Refusal | None:
        """Whose order it is may see all of theirs."""
        return None

    def refuse(self, order: Order, why: Refusal, dispatcher: CollectingDispatcher) -> list[EventType]:
        """Nothing is refused."""
        return []

    def summarise(self, order: Order, known: Known, dispatcher: CollectingDispatcher) -> None:
        """There is nothing to agree to."""


class ActionOrderHistory(Action):
    """Lists the newest orders, with a button for each. Without services it has those of Rasa's own action server."""

    def __init__(self, services: Services | None = None) -> None:
        self._services = services or standalone_services()

    def name(self) -> str:
        """The action's name."""
        return "action_order_history"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[EventType]:
        """Nothing, where the form ended without saying whose they are."""
        done: list[EventType] = [SlotSet(APPROVED_ORDER, None)]
        try:
            async with asyncio.timeout(self._services.patience):
                customer_id = await self._customer_id(tracker)
                if customer_id is None:
                    return []
                # one more than is shown tells whether there are older ones
                orders = await self._services.shop.orders_of(customer_id, SHOWN + 1)
        except Exception as error:  # whatever is the matter with the shop
            return [*done, *unreachable(self.name(), error, dispatcher)]
        if not orders:
            dispatcher.utter_message(response="utter_history_none")
            return done
        buttons = [_button(order) for order in orders[:SHOWN]]
        dispatcher.utter_message(response="utter_history", buttons=buttons, **history(orders))
        return done

    async def _customer_id(self, tracker: Tracker) -> str | None:
        customer, approved = _known(tracker), tracker.get_slot(APPROVED_ORDER)
        if customer is not None:
            return customer.customer_id
        order = await self._services.shop.find_order(str(tracker.get_slot(ORDER_NUMBER))) if approved else None
        return order.customer.id if order is not None and order.id == approved else None


def history(orders: tuple[Order, ...]) -> Params:
    """What fills the list: a line for each order, newest first, and one more where there are older ones."""
    told: list[Value] = [_line(order) for order in orders[:SHOWN]]
    if len(orders) > SHOWN:
        told.append(phrase("history_older"))
    return {"details": lines(told)}


def actions(services: Services) -> list[Action]:
    """All that asking for one's orders takes."""
    return [ValidateOrderHistoryForm(services), ActionOrderHistory(services)]


def _known(tracker: Tracker) -> Vouched | None:
    """Whom the shop vouches for by its own id; an e-mail address alone names no customer of it."""
    customer = vouched(tracker)
    return customer if customer is not None and customer.customer_id else None


def _line(order: Order) -> Value:
    return phrase(
        "history_line",
        number=ident(order.number),
        date=day(order.placed_at.date()),
        state=phrase(f"history_state_{order.state}"),
        total=money(order.total),
    )


def _button(order: Order) -> dict[str, object]:
    first = order.items[0].names if order.items else {}
    params = {"number": ident(order.number), "date": day(order.placed_at.date()), "first": names(first)}
    return {"phrase": "order_button", "params": params, "payload": f'/order_status{{"order_number": "{order.number}"}}'}
