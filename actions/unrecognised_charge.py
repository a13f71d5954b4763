"""A charge that the customer cannot place: is it one of the order's payments?"""

from collections.abc import Mapping

from rasa_sdk import Action
from rasa_sdk.executor import CollectingDispatcher

from actions.payment_claims import ChargeAction, ChargeForm
from actions.payment_details import OPEN, SETTLED, Settles, payment_lines
from actions.services import Services
from actions.shop.backend import ClaimKind, Order
from actions.values import ident, lines


class OneOfThese(Settles):
    """Whether it is one of the order's payments."""

    unclear = "charge_is_one_unclear"
    question = "charge_is_one"
    answers: Mapping[str, str] = {SETTLED: "charge_is_one_button", OPEN: "charge_is_none_button"}

    def explain(self, order: Order, dispatcher: CollectingDispatcher) -> None:
        """All of them."""
        dispatcher.utter_message(
            response="utter_charge_payments", number=ident(order.number), details=lines(payment_lines(order))
        )


class ValidateUnrecognisedChargeForm(ChargeForm):
    """The form before `action_unrecognised_charge`."""

    kind = ClaimKind.UNRECOGNISED_CHARGE
    settles = OneOfThese

    def name(self) -> str:
        """The action's name."""
        return "validate_unrecognised_charge_form"


class ActionUnrecognisedCharge(ChargeAction):
    """Opens the claim, and says what follows."""

    kind = ClaimKind.UNRECOGNISED_CHARGE

    def name(self) -> str:
        """The action's name."""
        return "action_unrecognised_charge"


def actions(services: Services) -> list[Action]:
    """All that an unknown charge takes."""
    return [ValidateUnrecognisedChargeForm(services), ActionUnrecognisedCharge(services)]
