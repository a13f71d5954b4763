"""Where a customer's money is: what went back for an order, and what will for the returns on their way."""

from datetime import date

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.clock import today
from actions.forms import OrderForm
from actions.lookup import OrderAction
from actions.order_lines import refund_line, refund_to_come
from actions.services import Services
from actions.shop.backend import Order, OrderState, PaymentState, Refund, RefundState, Return, ReturnState
from actions.slots import HANDOFF_REASON
from actions.values import Params, Value, ident, lines, phrase

_REASON = "refund_status"


class ValidateRefundStatusForm(OrderForm):
    """The form before `action_refund_status`."""

    def name(self) -> str:
        """The action's name."""
        return "validate_refund_status_form"


class ActionRefundStatus(OrderAction):
    """Tells a customer of every refund of their order. What went wrong with one goes to a person."""

    form = "refund_status_form"

    def name(self) -> str:
        """The action's name."""
        return "action_refund_status"

    async def tell(self, order: Order, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        """Say it in one message."""
        now = today()
        key, params = refund_status(order, now)
        to_person = needs_person(order, now)
        buttons = [] if to_person else [{"intent": intent} for intent in _next(order, now)]
        dispatcher.utter_message(response=f"utter_{key}", buttons=buttons, **params)
        return [SlotSet(HANDOFF_REASON, _REASON)] if to_person else []


def refund_status(order: Order, today: date) -> tuple[str, Params]:
    """The text for an order's refunds and what fills it."""
    details: list[Value] = []
    for refund in order.refunds:
        details.append(refund_line(refund))
        if _late(refund, today):
            details.append(phrase("refund_line_late" if refund.state is RefundState.SENT else "refund_line_overdue"))
    for one in _awaited(order):
        details.append(phrase("refund_line_return", return_number=ident(one.number)))
        details.append(refund_to_come(order, one.amount))
    number = ident(order.number)
    if details:
        return "refund_status_told", {"number": number, "details": lines(details)}
    if _owed(order):
        return "refund_status_owed", {"number": number}
    if not any(payment.state is PaymentState.CAPTURED for payment in order.payments):
        return "refund_status_not_charged", {"number": number}
    return "refund_status_none", {"number": number}


def needs_person(order: Order, today: date) -> bool:
    """Whether something is not as it should be: a refund failed or was never sent in time, or none was noted."""
    overdue = any(one.state is RefundState.PENDING and _late(one, today) for one in order.refunds)
    return overdue or any(one.state is RefundState.FAILED for one in order.refunds) or _owed(order)


def _next(order: Order, today: date) -> list[str]:
    if any(_late(refund, today) for refund in order.refunds):
        return ["human_agent"]
    return ["return_status", "human_agent"] if order.returns else ["start_return", "human_agent"]


def _late(refund: Refund, today: date) -> bool:
    """Whether it should have been there by now."""
    return refund.state is not RefundState.FAILED and refund.expected_on < today


def _awaited(order: Order) -> list[Return]:
    """The returns for which money will go back and no refund is noted yet."""
    return [
        one
        for one in order.returns
        if one.refund is None and one.exchange_for is None and one.state is not ReturnState.REJECTED
    ]


def _owed(order: Order) -> bool:
    """Whether a cancelled order was paid, and no refund is noted."""
    paid = any(payment.state is PaymentState.CAPTURED for payment in order.payments)
    return order.state is OrderState.CANCELLED and paid and not order.refunds


def actions(services: Services) -> list[Action]:
    """All that telling of refunds takes."""
    return [ValidateRefundStatusForm(services), ActionRefundStatus(services)]
