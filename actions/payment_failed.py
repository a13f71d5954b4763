"""A payment that did not go through, or seems not to have: what was taken, and how to go on."""

from rasa_sdk import Action
from rasa_sdk.executor import CollectingDispatcher

from actions.payment_claims import ChargeAction, ChargeForm
from actions.payment_details import Settles, payment_lines
from actions.services import Services
from actions.shop.backend import ClaimKind, Order, PaymentState
from actions.shop.payment_record import is_over, of_state, pays_at_door
from actions.values import ident, lines, money


class FailureExplained(Settles):
    """Whether money was taken, and what to do."""

    def explain(self, order: Order, dispatcher: CollectingDispatcher) -> None:
        """By the payments that there are."""
        dispatcher.utter_message(
            response=_explanation(order),
            number=ident(order.number),
            total=money(order.total),
            details=lines(payment_lines(order)),
        )


class ValidatePaymentFailedForm(ChargeForm):
    """The form before `action_payment_failed`."""

    kind = ClaimKind.PAYMENT_FAILED
    settles = FailureExplained

    def name(self) -> str:
        """The action's name."""
        return "validate_payment_failed_form"


class ActionPaymentFailed(ChargeAction):
    """Opens the claim, and says what follows."""

    kind = ClaimKind.PAYMENT_FAILED

    def name(self) -> str:
        """The action's name."""
        return "action_payment_failed"


def actions(services: Services) -> list[Action]:
    """All that a failed payment takes."""
    return [ValidatePaymentFailedForm(services), ActionPaymentFailed(services)]


def _explanation(order: Order) -> str:
    if of_state(order, PaymentState.CAPTURED):
        return "utter_payment_went_through"
    if is_over(order):
        return "utter_payment_over"
    if pays_at_door(order):
        return "utter_payment_at_the_door"
    if of_state(order, PaymentState.PENDING):
        return "utter_payment_still_waits"
    return "utter_payment_nothing_taken"
