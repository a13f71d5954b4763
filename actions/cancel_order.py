"""Cancelling an order: only while the shop's policy allows it, after a code and a yes."""

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher

from actions.change_action import ChangeAction
from actions.change_form import ChangeForm
from actions.detail import Known
from actions.order_lines import items_line, refund_line
from actions.services import Services
from actions.shop.backend import Order, PaymentState
from actions.shop.changes import Change, ChangeKind, Doing, Refusal
from actions.values import Value, ident, lines, money, phrase


class ValidateCancelOrderForm(ChangeForm):
    """The form before `action_cancel_order`."""

    change_kind = ChangeKind.CANCEL

    def name(self) -> str:
        """The action's name."""
        return "validate_cancel_order_form"

    def refusal(self, order: Order) -> Refusal | None:
        """By the policy's `cancel_while`."""
        return self._services.policy.cancellation(order)

    def refuse(self, order: Order, why: Refusal, dispatcher: CollectingDispatcher) -> list[EventType]:
        """Once it is on its way, a return is offered instead."""
        return refuse(order.number, why, dispatcher)

    def summarise(self, order: Order, known: Known, dispatcher: CollectingDispatcher) -> None:
        """Which order, what is in it, and that the money comes back where there was any."""
        paid = any(payment.state is PaymentState.CAPTURED for payment in order.payments)
        details: list[Value] = [items_line((item, item.quantity) for item in order.items)]
        details.append(phrase("cancel_money_back" if paid else "cancel_nothing_paid"))
        dispatcher.utter_message(
            response="utter_cancel_summary",
            number=ident(order.number),
            total=money(order.total),
            details=lines(details),
        )


class ActionCancelOrder(ChangeAction):
    """Cancels the order that the form got a yes for, and says what follows."""

    def name(self) -> str:
        """The action's name."""
        return "action_cancel_order"

    async def change(self, order_id: str, known: Known, doing: Doing) -> Change:
        """The whole order."""
        return await self._services.shop.cancel(order_id, doing)

    async def tell(self, change: Change, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        """That it is cancelled, and which money goes back when."""
        details: list[Value] = [refund_line(refund) for refund in change.refunds]
        if not details:
            details.append(phrase("order_line_not_charged"))
        dispatcher.utter_message(
            response="utter_cancelled",
            number=ident(change.order_number),
            reference=ident(change.reference),
            details=lines(details),
        )
        return []

    def refuse(self, number: str, why: Refusal, dispatcher: CollectingDispatcher) -> list[EventType]:
        """As the form does."""
        return refuse(number, why, dispatcher)


def actions(services: Services) -> list[Action]:
    """All that cancelling an order takes."""
    return [ValidateCancelOrderForm(services), ActionCancelOrder(services)]


def refuse(number: str, why: Refusal, dispatcher: CollectingDispatcher) -> list[EventType]:
    """Why an order is not cancelled, and what can be done instead."""
    instead = {
        Refusal.TOO_LATE: ["start_return", "human_agent"],
        Refusal.NOT_SUPPORTED: ["human_agent"],
    }.get(why, ["refund_status"])
    dispatcher.utter_message(
        response=f"utter_cancel_{why}", number=ident(number), buttons=[{"intent": intent} for intent in instead]
    )
    return []
