"""Choosing when an order is delivered, among the windows that the shop offers."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher

from actions.change_action import ChangeAction
from actions.change_form import ChangeForm, end_form
from actions.delivery_details import DayDetail, WindowDetail, chosen_window
from actions.detail import Detail, Known
from actions.order_lines import when
from actions.refusals import Told, say
from actions.services import Services
from actions.shop.backend import DeliveryWindow, Order
from actions.shop.changes import Change, ChangeKind, Doing, Refusal
from actions.values import ident

_CANNOT = Told("utter_delivery_cannot", reason="delivery_slot")
_REFUSALS = {
    Refusal.ALREADY_DONE: Told("utter_delivery_cancelled", ["refund_status"]),
    Refusal.TOO_EARLY: Told("utter_delivery_unpaid", ["payment_failed", "human_agent"]),
    Refusal.TOO_LATE: Told("utter_delivery_too_late", ["order_status", "human_agent"]),
    Refusal.NOT_POSSIBLE: Told("utter_delivery_none", ["human_agent"]),
}


class ValidateDeliverySlotForm(ChangeForm):
    """The form before `action_delivery_slot`."""

    change_kind = ChangeKind.DELIVERY

    def name(self) -> str:
        """The action's name."""
        return "validate_delivery_slot_form"

    async def details_of(self, order: Order) -> Sequence[Detail]:
        """The day and the window, as the shop offers them now; nothing where it offers none."""
        windows = await self._services.shop.delivery_windows(order.id)
        return [self.day_detail(windows, order), WindowDetail(windows)] if windows else []

    def day_detail(self, windows: Sequence[DeliveryWindow], order: Order) -> DayDetail:
        """The question for the day."""
        return DayDetail(windows, self.today, "delivery_day_question")

    def refusal(self, order: Order) -> Refusal | None:
        """By the policy's `move_delivery_while` and `delivery`."""
        return self._services.policy.delivery.moving(order)

    def refuse(self, order: Order, why: Refusal, dispatcher: CollectingDispatcher) -> list[EventType]:
        """What the order does instead."""
        return refuse(order.number, why, dispatcher)

    async def settle(
        self, order: Order, known: Known, dispatcher: CollectingDispatcher, tracker: Tracker
    ) -> list[EventType] | None:
        """Where there is nothing to choose a person can ask; what is agreed already stays."""
        if DayDetail.name not in known:
            return [*self.refuse(order, Refusal.NOT_POSSIBLE, dispatcher), *end_form()]
        if chosen_window(known) == order.delivery:
            dispatcher.utter_message(response="utter_delivery_same", number=ident(order.number), **when(order.delivery))
            return end_form()
        return None

    def summarise(self, order: Order, known: Known, dispatcher: CollectingDispatcher) -> None:
        """Which day, from when to when."""
        dispatcher.utter_message(
            response="utter_delivery_summary", number=ident(order.number), **when(chosen_window(known))
        )

    @property
    def today(self) -> date:
        """The day that it is where the courier is."""
        return self._services.policy.delivery.today(datetime.now(UTC))


class ActionDeliverySlot(ChangeAction):
    """Agrees on the window that the form got a yes for."""

    def name(self) -> str:
        """The action's name."""
        return "action_delivery_slot"

    async def change(self, order_id: str, known: Known, doing: Doing) -> Change:
        """The day and the hours."""
        return await self._services.shop.move_delivery(order_id, chosen_window(known), doing)

    async def tell(self, change: Change, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        """When the courier comes."""
        after: Mapping[str, Any] = change.after
        start, end = (time.fromisoformat(each) for each in after["window"])
        dispatcher.utter_message(
            response="utter_delivery_moved",
            number=ident(change.order_number),
            reference=ident(change.reference),
            **when(DeliveryWindow(date.fromisoformat(after["expected_on"]), start, end)),
        )
        return []

    def refuse(self, number: str, why: Refusal, dispatcher: CollectingDispatcher) -> list[EventType]:
        """As the form does; the window may be one that is not offered any more."""
        if why is Refusal.NOT_POSSIBLE:
            dispatcher.utter_message(response="utter_delivery_window_gone", buttons=[{"intent": "delivery_slot"}])
            return []
        return refuse(number, why, dispatcher)


def actions(services: Services) -> list[Action]:
    """All that choosing a delivery takes."""
    return [ValidateDeliverySlotForm(services), ActionDeliverySlot(services)]


def refuse(number: str, why: Refusal, dispatcher: CollectingDispatcher) -> list[EventType]:
    """Why no day can be chosen, and what can be done instead."""
    return say(_REFUSALS.get(why, _CANNOT), number, dispatcher)
