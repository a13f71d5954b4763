"""A customer's own data: a copy by e-mail, or everything erased; both only for whoever can read an order's e-mail."""

import asyncio
import logging
from abc import ABC, abstractmethod

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.types import DomainDict

from actions.change_form import ChangeForm, language_of
from actions.detail import Known
from actions.lookup import unreachable
from actions.post import NotSent
from actions.services import Services
from actions.shop.backend import Order
from actions.shop.changes import Refusal
from actions.slots import APPROVED_ORDER, ERASURE, HANDOFF_REASON, ORDER_NUMBER
from actions.standalone import services as standalone_services
from actions.stored_data import StoredData
from actions.typed import masked
from actions.values import ident

logger = logging.getLogger(__name__)


class DataForm(ChangeForm, ABC):
    """Asks for an order of theirs, a code from its e-mail, and a yes. The order's state is of no matter."""

    letter = "privacy_code"

    @property
    @abstractmethod
    def intent(self) -> str:
        """What they want; a person who takes over is told so."""

    def name(self) -> str:
        """The action's name."""
        return f"validate_{self.intent}_form"

    def refusal(self, order: Order) -> Refusal | None:
        """Only where nobody is there to do it."""
        return Refusal.NOT_SUPPORTED if self._services.stored is None else None

    def refuse(self, order: Order, why: Refusal, dispatcher: CollectingDispatcher) -> list[EventType]:
        """A person does it."""
        dispatcher.utter_message(response="utter_privacy_not_possible")
        return [SlotSet(HANDOFF_REASON, self.intent)]


class ValidateExportMyDataForm(DataForm):
    """The form before `action_export_my_data`."""

    intent = "export_my_data"

    def refusal(self, order: Order) -> Refusal | None:
        """An order without an e-mail address has nowhere to send it to."""
        return super().refusal(order) or (None if order.customer.email else Refusal.NOT_SUPPORTED)

    def summarise(self, order: Order, known: Known, dispatcher: CollectingDispatcher) -> None:
        """What is sent, and where to."""
        dispatcher.utter_message(
            response="utter_export_summary", number=ident(order.number), address=ident(masked(order.customer.email))
        )


class ValidateDeleteMyDataForm(DataForm):
    """The form before `action_delete_my_data`."""

    intent = "delete_my_data"

    def summarise(self, order: Order, known: Known, dispatcher: CollectingDispatcher) -> None:
        """What goes, and what the shop has to keep."""
        dispatcher.utter_message(response="utter_delete_summary")


class _DataAction(Action, ABC):
    """What follows a yes. Without services it has those of Rasa's own action server."""

    def __init__(self, services: Services | None = None) -> None:
        self._services = services or standalone_services()

    @abstractmethod
    def name(self) -> str:
        """The action's name."""

    @abstractmethod
    async def do(
        self, order_id: str, stored: StoredData, dispatcher: CollectingDispatcher, tracker: Tracker
    ) -> list[EventType]:
        """Do it, and say so."""

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[EventType]:
        """Nothing, where the form ended without a yes."""
        order_id = tracker.get_slot(APPROVED_ORDER)
        if not order_id or self._services.stored is None:
            return []
        done = await self.do(str(order_id), self._services.stored, dispatcher, tracker)
        return [SlotSet(APPROVED_ORDER, None), *done]


class ActionExportMyData(_DataAction):
    """Sends the copy to the order's own address, never to one that was typed."""

    def name(self) -> str:
        """The action's name."""
        return "action_export_my_data"

    async def do(
        self, order_id: str, stored: StoredData, dispatcher: CollectingDispatcher, tracker: Tracker
    ) -> list[EventType]:
        """Where it cannot be sent, a person takes over."""
        try:
            async with asyncio.timeout(self._services.patience):
                order = await self._services.shop.find_order(str(tracker.get_slot(ORDER_NUMBER)))
                if order is None or order.id != order_id:
                    raise LookupError("the order is another than the one of the yes")
        except Exception as error:  # whatever is the matter with the shop
            return unreachable(self.name(), error, dispatcher)
        try:
            async with asyncio.timeout(self._services.patience):
                await stored.send_copy(tracker.sender_id, order.customer.email, language_of(tracker, order))
        except (NotSent, TimeoutError) as error:
            logger.error("%s: the copy was not sent: %s", self.name(), type(error).__name__)
            dispatcher.utter_message(response="utter_export_failed")
            return [SlotSet(HANDOFF_REASON, ValidateExportMyDataForm.intent)]
        dispatcher.utter_message(response="utter_export_done", address=ident(masked(order.customer.email)))
        return []


class ActionDeleteMyData(_DataAction):
    """Leaves word that everything is to go: this turn lives in the conversation that goes with it."""

    def name(self) -> str:
        """The action's name."""
        return "action_delete_my_data"

    async def do(
        self, order_id: str, stored: StoredData, dispatcher: CollectingDispatcher, tracker: Tracker
    ) -> list[EventType]:
        """Who owns the conversation does it."""
        minutes = max(1, round(stored.erased_within.total_seconds() / 60))
        dispatcher.utter_message(response="utter_delete_done", time={"minutes": minutes})
        return [SlotSet(ERASURE, "yes")]


def actions(services: Services) -> list[Action]:
    """All that a customer's wishes about their data take."""
    return [
        ValidateExportMyDataForm(services),
        ActionExportMyData(services),
        ValidateDeleteMyDataForm(services),
        ActionDeleteMyData(services),
    ]
