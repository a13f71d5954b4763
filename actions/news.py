"""News of an order: whether the customer wants to be told here, asked once, agreed to, and taken back at any time.

Nothing is stored here. The slots `news` and `news_orders` say what was agreed on; who owns the conversation keeps it
with the turn.
"""

import hashlib

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.types import DomainDict

from actions.heard import CHOICE, Heard
from actions.services import Services
from actions.shop.backend import Order
from actions.slots import NEWS, NEWS_ORDERS
from actions.values import ident

ASKED, YES, NO = "asked", "yes", "no"
# so many of a customer's orders are followed, the newest that they asked about
MOST = 20


def offer(order: Order, dispatcher: CollectingDispatcher, tracker: Tracker, services: Services) -> list[EventType]:
    """Asks whether news of this order, which is the customer's own, are wanted; or says that they will come, to whoever
    has said so of another. Nothing where no news ever come."""
    wanted, orders = tracker.get_slot(NEWS), _orders(tracker)
    if not (services.news and order.customer.email) or wanted in (ASKED, NO) or order.number in orders:
        return []
    orders[order.number] = hashlib.sha256(order.customer.email.casefold().encode()).hexdigest()
    orders = dict(list(orders.items())[-MOST:])
    if wanted == YES:
        dispatcher.utter_message(
            response="utter_news_of_this_too", number=ident(order.number), buttons=[_button("news_stop", NO)]
        )
        return _agreed(YES, orders)
    buttons = [_button("news_yes", YES), _button("news_no", NO)]
    dispatcher.utter_message(response="utter_news_offer", number=ident(order.number), buttons=buttons)
    return _agreed(ASKED, orders)


class ActionOrderNews(Action):
    """Takes the answer that a button gives, now or later."""

    def name(self) -> str:
        """The action's name."""
        return "action_order_news"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[EventType]:
        """Yes only to what was asked; no at any time."""
        answer = next(iter(Heard.of(tracker.latest_message).values(CHOICE)), None)
        return _answered(answer == YES and bool(_orders(tracker)), dispatcher, tracker)


class ActionAffirm(Action):
    """A yes outside of any form."""

    def name(self) -> str:
        """The action's name."""
        return "action_affirm"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[EventType]:
        """To the offer of news where that was made just before, else to nothing."""
        if _just_offered(tracker):
            return _answered(True, dispatcher, tracker)
        dispatcher.utter_message(response="utter_affirmed")
        return []


class ActionDeny(Action):
    """A no outside of any form."""

    def name(self) -> str:
        """The action's name."""
        return "action_deny"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[EventType]:
        """To the offer of news where that was made just before, else to nothing."""
        if _just_offered(tracker):
            return _answered(False, dispatcher, tracker)
        dispatcher.utter_message(response="utter_denied")
        return []


class ActionUnsubscribe(Action):
    """Ends news of orders in this chat, and says how to end newsletters."""

    def name(self) -> str:
        """The action's name."""
        return "action_unsubscribe"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[EventType]:
        """Who never wanted news here means the newsletters."""
        events: list[EventType] = []
        if tracker.get_slot(NEWS) == YES:
            dispatcher.utter_message(response="utter_news_off")
            events = _agreed(NO, _orders(tracker))
        dispatcher.utter_message(response="utter_unsubscribe_how")
        return events


def actions() -> list[Action]:
    """All that consent to news takes."""
    return [ActionOrderNews(), ActionAffirm(), ActionDeny(), ActionUnsubscribe()]


def _answered(yes: bool, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
    dispatcher.utter_message(response="utter_news_on" if yes else "utter_news_off")
    return _agreed(YES if yes else NO, _orders(tracker))


def _agreed(wanted: str, orders: dict[str, str]) -> list[EventType]:
    return [SlotSet(NEWS, wanted), SlotSet(NEWS_ORDERS, orders)]


def _orders(tracker: Tracker) -> dict[str, str]:
    return dict(tracker.get_slot(NEWS_ORDERS) or {})


def _just_offered(tracker: Tracker) -> bool:
    """Whether the answer to the message before this one made the offer."""
    messages = 0
    for event in reversed(tracker.events):
        messages += event.get("event") == "user"
        if messages > 1:
            return False
        if messages == 1 and event.get("event") == "slot" and (event.get("name"), event.get("value")) == (NEWS, ASKED):
            return tracker.get_slot(NEWS) == ASKED
    return False


def _button(phrase: str, answer: str) -> dict[str, str]:
    return {"phrase": phrase, "payload": f'/order_news{{"{CHOICE}": "{answer}"}}'}
