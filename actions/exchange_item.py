"""Another size, colour or product for one that came: the first comes back, then the other is sent."""

from rasa_sdk import Action

from actions.return_form import ReturnForm
from actions.return_opened import OpenReturn
from actions.services import Services
from actions.shop.changes import ChangeKind


class ValidateExchangeItemForm(ReturnForm):
    """The form before `action_exchange_item`."""

    change_kind = ChangeKind.EXCHANGE

    def name(self) -> str:
        """The action's name."""
        return "validate_exchange_item_form"


class ActionExchangeItem(OpenReturn):
    """Opens the exchange."""

    kind = ChangeKind.EXCHANGE
    reason = "exchange_item"

    def name(self) -> str:
        """The action's name."""
        return "action_exchange_item"


def actions(services: Services) -> list[Action]:
    """All that an exchange takes."""
    return [ValidateExchangeItemForm(services), ActionExchangeItem(services)]
