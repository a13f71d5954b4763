"""An order that its customer finds late: whether it is, where it is, and what happens next."""

from collections.abc import Sequence
from datetime import date

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher

from actions.clock import today
from actions.forms import OrderForm
from actions.lookup import OrderAction
from actions.order_status import order_status
from actions.services import Services
from actions.shop.backend import Order, OrderState
from actions.shop.policy import Policy
from actions.values import Params, day, ident
from actions.waiting import NOT_SENT, UNDER_WAY, awaited, is_lost, news

# the text, what fills it, and the buttons below
Answer = tuple[str, Params, Sequence[str]]

_CLAIM = ("package_lost", "human_agent")


class ValidateOrderDelayedForm(OrderForm):
    """The form before `action_order_delayed`."""

    def name(self) -> str:
        """The action's name."""
        return "validate_order_delayed_form"


class ActionOrderDelayed(OrderAction):
    """Tells a customer how late an order is, and until when to wait."""

    form = "order_delayed_form"

    def name(self) -> str:
        """The action's name."""
        return "action_order_delayed"

    async def tell(self, order: Order, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        """Say it in one message."""
        key, params, following = order_delayed(order, today(), self._services.policy)
        buttons = [{"intent": intent} for intent in following]
        dispatcher.utter_message(response=f"utter_{key}", buttons=buttons, **params)
        return []


def order_delayed(order: Order, today: date, policy: Policy) -> Answer:
    """What is said on a day: as long as there is nothing to wait for, how the order stands."""
    if is_lost(order):
        return "delay_lost", {"number": ident(order.number), "details": news(order.shipments)}, _CLAIM
    if order.expected_on is None or order.state not in (*NOT_SENT, *UNDER_WAY):
        key, stands = order_status(order, today)
        return key, stands, _CLAIM if order.state is OrderState.DELIVERED else ("human_agent",)
    until = order.expected_on + policy.parcels.wait
    params: Params = {"number": ident(order.number), "date": day(order.expected_on)}
    if order.expected_on >= today:
        return "delay_not_late", {**params, "details": news(awaited(order))}, ("human_agent",)
    params |= {"late": {"days": (today - order.expected_on).days}}
    if order.state in NOT_SENT:
        instead = () if policy.cancellation(order) else ("cancel_order",)
        return "delay_not_sent", params, (*instead, "human_agent")
    params |= {"details": news(awaited(order))}
    if today > until:
        return "delay_too_long", params, _CLAIM
    return "delay_late", {**params, "until": day(until)}, ("human_agent",)


def actions(services: Services) -> list[Action]:
    """All that asking about a late order takes."""
    return [ValidateOrderDelayedForm(services), ActionOrderDelayed(services)]
