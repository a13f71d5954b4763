"""Every action about one order begins alike: look it up, make sure whose it is, and only then say anything of it."""

import asyncio
import logging
from abc import ABC, abstractmethod
from collections.abc import Sequence

from rasa_sdk import Action, Tracker
from rasa_sdk.events import ActiveLoop, EventType, FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.forms import REQUESTED_SLOT
from rasa_sdk.interfaces import ACTION_LISTEN_NAME
from rasa_sdk.types import DomainDict

from actions import clock
from actions.services import Services
from actions.shop.backend import Order
from actions.shop.trouble import ShopTrouble
from actions.slots import (
    HANDOFF_REASON,
    LOOKUP_MISSES,
    MISSED_AT,
    ORDER_CONTACT,
    ORDER_NUMBER,
    STEPPED_UP_ORDER,
    VERIFIED_ORDER,
)
from actions.standalone import ShopNotConfigured
from actions.standalone import services as standalone_services
from actions.typed import parse_contact
from actions.verification import Level, level, vouched

logger = logging.getLogger(__name__)

MISSES_UNTIL_PERSON = 3
# who guesses one order of their own between others' is not let go on for ever (promise 20)
MISSES_IN_A_WHILE, WITHIN_SECONDS = 5, 15 * 60


class OrderAction(Action, ABC):
    """An action about the order that the slots `order_number` and `order_contact` name.

    Without services it has those of Rasa's own action server.
    """

    form: str

    def __init__(self, services: Services | None = None) -> None:
        self._services = services or standalone_services()

    @abstractmethod
    def name(self) -> str:
        """The action's name."""

    @abstractmethod
    async def tell(self, order: Order, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        """Say what there is to say of the customer's own order; what follows from it, such as a person, as events."""

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[EventType]:
        """Answer about the customer's own order; a missing one and somebody else's are not found alike."""
        number, typed = tracker.get_slot(ORDER_NUMBER), tracker.get_slot(ORDER_CONTACT)
        customer = vouched(tracker)
        if not number or not (typed or customer):
            return [FollowupAction(self.form)]
        try:
            async with asyncio.timeout(self._services.patience):
                order = await self._services.shop.find_order(number)
                # Matched even where there is no order, so that both take the same time.
                sure = level(order, parse_contact(typed or "", self._services.regions), customer)
                if order is not None and sure >= Level.MATCHED:
                    told = await self.tell(order, dispatcher, tracker)
                    return [*found(order, sure), *told]
        except Exception as error:  # whatever is the matter with the shop
            return unreachable(self.name(), error, dispatcher)
        if not typed:
            # it may be an order of theirs that was made without signing in
            dispatcher.utter_message(response="utter_ask_order_contact")
            return [ActiveLoop(self.form), SlotSet(REQUESTED_SLOT, ORDER_CONTACT), FollowupAction(ACTION_LISTEN_NAME)]
        return self._miss(dispatcher, tracker)

    def _miss(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        events = missed(dispatcher, tracker)
        if wants_person(events):
            return events
        # Back to the form's first question, which the text just asked. Starting the form anew would fill its slots
        # again from the very message that did not match.
        return [
            *events,
            ActiveLoop(self.form),
            SlotSet(REQUESTED_SLOT, ORDER_NUMBER),
            FollowupAction(ACTION_LISTEN_NAME),
        ]


def found(order: Order, sure: Level) -> list[EventType]:
    """What is kept of an order that is surely the customer's."""
    events: list[EventType] = [SlotSet(VERIFIED_ORDER, order.id), SlotSet(LOOKUP_MISSES, 0)]
    return [*events, SlotSet(STEPPED_UP_ORDER, order.id)] if sure is Level.VERIFIED else events


def missed(dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
    """What follows when no order of this number belongs to this contact: both are asked for anew, or a person comes,
    after so many in a row, or within a while whatever fitted in between."""
    misses, now = int(tracker.get_slot(LOOKUP_MISSES) or 0) + 1, clock.now()
    lately = [at for at in tracker.get_slot(MISSED_AT) or [] if now - at < WITHIN_SECONDS] + [now]
    events = [
        SlotSet(ORDER_NUMBER, None),
        SlotSet(ORDER_CONTACT, None),
        SlotSet(VERIFIED_ORDER, None),
        SlotSet(LOOKUP_MISSES, misses),
        SlotSet(MISSED_AT, lately),
    ]
    if misses >= MISSES_UNTIL_PERSON or len(lately) >= MISSES_IN_A_WHILE:
        return [*events, SlotSet(HANDOFF_REASON, "verification_failed")]
    dispatcher.utter_message(response="utter_order_no_match", buttons=[{"intent": "human_agent"}])
    return events


def unreachable(action: str, error: Exception, dispatcher: CollectingDispatcher) -> list[EventType]:
    """What follows when the shop does not answer: the customer is told and goes to a person."""
    what = str(error) if isinstance(error, ShopNotConfigured | ShopTrouble) else type(error).__name__
    logger.error("%s: no answer from the shop: %s", action, what)
    dispatcher.utter_message(response="utter_shop_unavailable")
    return [SlotSet(HANDOFF_REASON, "shop_unavailable")]


def wants_person(events: Sequence[EventType]) -> bool:
    """Whether the events hand the conversation over."""
    return any(event.get("name") == HANDOFF_REASON and event.get("value") for event in events)
