"""What follows a form: the change that got a yes is made, and told."""

import asyncio
from abc import ABC, abstractmethod

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.types import DomainDict

from actions.change_form import message_ids
from actions.detail import Known
from actions.lookup import unreachable
from actions.services import Services
from actions.shop.changes import Change, Doing, Refusal, Refused
from actions.slots import APPROVED_ORDER, DETAILS, ORDER_NUMBER, WISHED
from actions.standalone import services as standalone_services
from actions.verification import Level


class ChangeAction(Action, ABC):
    """Makes one kind of change. Without services it has those of Rasa's own action server."""

    def __init__(self, services: Services | None = None) -> None:
        self._services = services or standalone_services()

    @abstractmethod
    def name(self) -> str:
        """The action's name."""

    @abstractmethod
    async def change(self, order_id: str, known: Known, doing: Doing) -> Change:
        """Make it, for what the form knows.

        Raises:
            Refused: the shop does not do it.
        """

    @abstractmethod
    async def tell(self, change: Change, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        """Say what was done, its reference, and what happens next and when."""

    @abstractmethod
    def refuse(self, number: str, why: Refusal, dispatcher: CollectingDispatcher) -> list[EventType]:
        """Say why it was not done, and what can be done instead."""

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[EventType]:
        """Nothing, where the form ended without a yes."""
        order_id = tracker.get_slot(APPROVED_ORDER)
        if not order_id:
            return []
        done: list[EventType] = [SlotSet(APPROVED_ORDER, None), SlotSet(DETAILS, None)]
        asked, *also = message_ids(tracker)
        doing = Doing(asked, tracker.sender_id, Level.VERIFIED, tuple(also))
        try:
            async with asyncio.timeout(self._services.patience):
                change = await self.change(order_id, dict(tracker.get_slot(DETAILS) or {}), doing)
        except Refused as refused:
            return [*done, *self.refuse(str(tracker.get_slot(ORDER_NUMBER)), refused.why, dispatcher)]
        except Exception as error:  # whatever is the matter with the shop
            return [*done, *unreachable(self.name(), error, dispatcher)]
        return [*done, SlotSet(WISHED, None), *await self.tell(change, dispatcher, tracker)]
