"""Charged twice, or too much: what was taken, what is only held, and what goes back."""

from rasa_sdk import Action
from rasa_sdk.executor import CollectingDispatcher

from actions.detail import Known
from actions.payment_claims import ChargeAction, ChargeForm
from actions.payment_details import Settles, payment_lines
from actions.services import Services
from actions.shop.backend import ClaimKind, Order
from actions.shop.payment_record import surplus
from actions.values import ident, lines, money


class TakenOnce(Settles):
    """That no more was taken than the order costs, as far as the record says. Where more was, that is no question."""

    def needed(self, order: Order, known: Known) -> bool:
        """Where nothing has to go back."""
        return not surplus(order).minor

    def explain(self, order: Order, dispatcher: CollectingDispatcher) -> None:
        """A second entry on a statement is mostly an amount that is only held."""
        dispatcher.utter_message(
            response="utter_payment_not_double",
            number=ident(order.number),
            total=money(order.total),
            details=lines(payment_lines(order)),
        )


class ValidateDoubleChargedForm(ChargeForm):
    """The form before `action_double_charged`."""

    kind = ClaimKind.DOUBLE_CHARGED
    settles = TakenOnce

    def name(self) -> str:
        """The action's name."""
        return "validate_double_charged_form"


class ActionDoubleCharged(ChargeAction):
    """Opens the claim, and says what follows."""

    kind = ClaimKind.DOUBLE_CHARGED

    def name(self) -> str:
        """The action's name."""
        return "action_double_charged"


def actions(services: Services) -> list[Action]:
    """All that a double charge takes."""
    return [ValidateDoubleChargedForm(services), ActionDoubleCharged(services)]
