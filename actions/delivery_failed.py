"""After a courier could not hand over a parcel: what was reported of it, and when it is to be tried again."""

from collections.abc import Sequence
from datetime import UTC, datetime

from rasa_sdk import Action
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher

from actions.delivery_details import DayDetail
from actions.delivery_slot import ActionDeliverySlot, ValidateDeliverySlotForm
from actions.order_lines import parcel_lines
from actions.order_status import order_status
from actions.services import Services
from actions.shop.backend import DeliveryWindow, Order, OrderState
from actions.shop.changes import Refusal
from actions.shop.delivery_policy import DeliveryPolicy, tries
from actions.values import Params, Value, day, ident, lines, phrase


class ValidateDeliveryFailedForm(ValidateDeliverySlotForm):
    """The form before `action_delivery_failed`."""

    def name(self) -> str:
        """The action's name."""
        return "validate_delivery_failed_form"

    def day_detail(self, windows: Sequence[DeliveryWindow], order: Order) -> DayDetail:
        """The question for the day comes with what the courier reported."""
        return FailedDayDetail(windows, self._services.policy.delivery)

    def why_not(self, order: Order) -> Refusal | None:
        """Where no try has failed there is none to repeat; where they are used up, or the carrier is not ours to send,
        it is not possible."""
        if order.state is not OrderState.DELIVERY_FAILED:
            return Refusal.TOO_EARLY
        refusal = super().why_not(order)
        return refusal and (refusal if refusal is Refusal.NOT_SUPPORTED else Refusal.NOT_POSSIBLE)

    def refuse(self, order: Order, why: Refusal, dispatcher: CollectingDispatcher) -> list[EventType]:
        """How the order stands instead, or where the parcel is and who helps."""
        policy = self._services.policy.delivery
        if why is Refusal.TOO_EARLY:
            key, params = order_status(order, policy.today(datetime.now(UTC)))
            dispatcher.utter_message(response="utter_delivery_failed_none", number=ident(order.number))
            dispatcher.utter_message(response=f"utter_{key}", **params, buttons=[{"intent": "human_agent"}])
            return []
        instead = ["human_agent"] if policy.left(order) else ["pickup_point", "human_agent"]
        dispatcher.utter_message(
            response="utter_delivery_failed_no_more",
            number=ident(order.number),
            details=lines(report(order, policy)),
            buttons=[{"intent": intent} for intent in instead],
        )
        return []


class FailedDayDetail(DayDetail):
    """Asks for a day and says what was reported."""

    def __init__(self, windows: Sequence[DeliveryWindow], policy: DeliveryPolicy) -> None:
        super().__init__(windows, policy.today(datetime.now(UTC)), "delivery_failed_question", past_is_news=True)
        self._policy = policy

    def question(self, order: Order) -> Params:
        """With the report."""
        return {**super().question(order), "details": lines(report(order, self._policy))}


class ActionDeliveryFailed(ActionDeliverySlot):
    """Agrees on the next try that the form got a yes for."""

    def name(self) -> str:
        """The action's name."""
        return "action_delivery_failed"


def actions(services: Services) -> list[Action]:
    """All that a failed delivery takes."""
    return [ValidateDeliveryFailedForm(services), ActionDeliveryFailed(services)]


def report(order: Order, policy: DeliveryPolicy) -> list[Value]:
    """Who carries the parcels and what was last reported, how often it was tried, and until when it is kept."""
    told = [line for parcel in order.shipments for line in parcel_lines(parcel)]
    told.append(phrase("delivery_failed_tries", made=tries(order), most=policy.attempts))
    until = policy.kept_until(order)
    return [*told, phrase("delivery_failed_kept", until=day(until))] if until else told
