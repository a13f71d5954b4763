"""Paying for an order another way: a person arranges it, as long as nothing was paid."""

from collections.abc import Sequence

from rasa_sdk import Action
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher

from actions.claim_details import Description
from actions.claims import ClaimAction
from actions.detail import Known
from actions.payment_claims import PaymentForm
from actions.payment_details import payment_lines
from actions.services import Services
from actions.shop.backend import ClaimKind, Order, Remedy
from actions.shop.changes import ClaimWish, Refusal
from actions.values import Value, ident, phrase

# as far as paying goes, nothing is left to be done
_PAID = (Refusal.TOO_LATE, Refusal.NOT_POSSIBLE)
_INTENT = "change_payment_method"


class NewMethod(Description):
    """How they would rather pay."""

    name = "new_method"
    unclear = "payment_method_unclear"


class ValidateChangePaymentMethodForm(PaymentForm):
    """The form before `action_change_payment_method`."""

    kind = ClaimKind.CHANGE_PAYMENT_METHOD
    details = (NewMethod("payment_method_wanted", _INTENT),)

    def name(self) -> str:
        """The action's name."""
        return "validate_change_payment_method_form"

    def refuse(self, order: Order, why: Refusal, dispatcher: CollectingDispatcher) -> list[EventType]:
        """What is paid stays as it was paid."""
        return _paid(order.number, why, dispatcher) if why in _PAID else super().refuse(order, why, dispatcher)

    def about(self, order: Order, known: Known) -> Sequence[Value]:
        """How it was to be paid, and how it shall be."""
        return [*payment_lines(order), phrase("payment_line_wanted", wanted=str(known[NewMethod.name]))]

    def wish(self, known: Known) -> ClaimWish:
        """See `ClaimForm`."""
        return _wish(known)


class ActionChangePaymentMethod(ClaimAction):
    """Opens the claim, and says what follows."""

    kind = ClaimKind.CHANGE_PAYMENT_METHOD

    def name(self) -> str:
        """The action's name."""
        return "action_change_payment_method"

    def wish(self, known: Known) -> ClaimWish:
        """See `ClaimAction`."""
        return _wish(known)

    def refuse(self, number: str, why: Refusal, dispatcher: CollectingDispatcher) -> list[EventType]:
        """As the form does."""
        return _paid(number, why, dispatcher) if why in _PAID else super().refuse(number, why, dispatcher)


def actions(services: Services) -> list[Action]:
    """All that another way to pay takes."""
    return [ValidateChangePaymentMethodForm(services), ActionChangePaymentMethod(services)]


def _wish(known: Known) -> ClaimWish:
    return ClaimWish(ClaimKind.CHANGE_PAYMENT_METHOD, {}, str(known[NewMethod.name]), Remedy.CHECK)


def _paid(number: str, why: Refusal, dispatcher: CollectingDispatcher) -> list[EventType]:
    """It is paid, or there is nothing to be paid."""
    late = why is Refusal.TOO_LATE
    instead = ["cancel_order" if late else "order_status", "human_agent"]
    dispatcher.utter_message(
        response="utter_payment_method_too_late" if late else "utter_payment_method_not_possible",
        number=ident(number),
        buttons=[{"intent": intent} for intent in instead],
    )
    return []
