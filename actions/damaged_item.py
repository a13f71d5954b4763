"""Something came broken, or does not work."""

from rasa_sdk import Action

from actions.item_claims import ItemClaimAction, ItemClaimForm
from actions.services import Services
from actions.shop.backend import ClaimKind


class ValidateDamagedItemForm(ItemClaimForm):
    """The form before `action_damaged_item`."""

    kind = ClaimKind.DAMAGED
    question = "claim_what_damaged"

    def name(self) -> str:
        """The action's name."""
        return "validate_damaged_item_form"


class ActionDamagedItem(ItemClaimAction):
    """Opens the claim, and says what follows."""

    kind = ClaimKind.DAMAGED

    def name(self) -> str:
        """The action's name."""
        return "action_damaged_item"


def actions(services: Services) -> list[Action]:
    """All that such a claim takes."""
    return [ValidateDamagedItemForm(services), ActionDamagedItem(services)]
