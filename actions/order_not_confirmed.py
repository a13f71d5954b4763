"""Ordered or paid, and no confirmation: whether the order is there, and the confirmation once more."""

import asyncio
from collections.abc import Sequence

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.change_form import end_form, language_of, message_ids
from actions.claim_letter import SECONDS
from actions.claims import ClaimAction
from actions.clock import today
from actions.detail import Known
from actions.numberless import NumberlessForm
from actions.order_lines import items_line
from actions.order_status import order_status
from actions.payment_details import payment_lines
from actions.post import NotSent
from actions.sent_lately import SentLately
from actions.services import Services
from actions.shop.backend import ClaimKind, Order, Remedy
from actions.shop.changes import ClaimWish, Refusal
from actions.shop.payment_record import is_over, is_waiting
from actions.slots import HANDOFF_REASON, WISHED
from actions.values import Value, ident, lines, money


class ValidateOrderNotConfirmedForm(NumberlessForm):
    """The form before `action_order_not_confirmed`: a claim only where money is there and the order waits for it."""

    kind = ClaimKind.ORDER_NOT_CONFIRMED

    def __init__(self, services: Services | None = None) -> None:
        super().__init__(services)
        self._lately = SentLately()

    def name(self) -> str:
        """The action's name."""
        return "validate_order_not_confirmed_form"

    def why_not(self, order: Order) -> Refusal | None:
        """An order that does not wait for money that is there needs no claim, and is told of in the end."""
        return super().why_not(order) if is_waiting(order) else None

    async def settle(
        self, order: Order, known: Known, dispatcher: CollectingDispatcher, tracker: Tracker
    ) -> list[EventType] | None:
        """How it stands; of one that is not over, the confirmation once more."""
        if is_waiting(order):
            return None
        key, params = order_status(order, today())
        dispatcher.utter_message(response=f"utter_{key}", **params)
        if is_over(order):
            return end_form()
        again = self._lately.already(order.id, message_ids(tracker))
        if not again and self._lately.enough(order.id):
            dispatcher.utter_message(response="utter_not_confirmed_enough", number=ident(order.number))
            return end_form()
        if again or await self._confirm(order, tracker):
            dispatcher.utter_message(response="utter_not_confirmed_sent", number=ident(order.number))
            return end_form()
        dispatcher.utter_message(response="utter_not_confirmed_not_sent")
        wished = f"the confirmation of order {order.number}, which could not be sent"
        return [SlotSet(HANDOFF_REASON, self.intent), *end_form(), SlotSet(WISHED, wished)]

    def about(self, order: Order, known: Known) -> Sequence[Value]:
        """What was paid."""
        return payment_lines(order)

    def wish(self, known: Known) -> ClaimWish:
        """See `ClaimForm`."""
        return _WISH

    async def _confirm(self, order: Order, tracker: Tracker) -> bool:
        post = self._services.post
        if post is None:
            return False
        params = {
            "number": ident(order.number),
            "total": money(order.total),
            "details": lines([items_line((item, item.quantity) for item in order.items), *payment_lines(order)]),
        }
        try:
            async with asyncio.timeout(SECONDS):
                await post.send(order.customer.email, language_of(tracker, order), "confirmation", params)
        except (NotSent, TimeoutError):
            return False
        self._lately.note(order.id, message_ids(tracker))
        return True


class ActionOrderNotConfirmed(ClaimAction):
    """Opens the claim, and says what follows."""

    kind = ClaimKind.ORDER_NOT_CONFIRMED

    def name(self) -> str:
        """The action's name."""
        return "action_order_not_confirmed"

    def wish(self, known: Known) -> ClaimWish:
        """See `ClaimAction`."""
        return _WISH


def actions(services: Services) -> list[Action]:
    """All that a missing confirmation takes."""
    return [ValidateOrderNotConfirmedForm(services), ActionOrderNotConfirmed(services)]


_WISH = ClaimWish(ClaimKind.ORDER_NOT_CONFIRMED, {}, "paid, and the order still waits for its payment", Remedy.CHECK)
