"""Something came that was not ordered."""

from rasa_sdk import Action

from actions.item_claims import ItemClaimAction, ItemClaimForm
from actions.services import Services
from actions.shop.backend import ClaimKind


class ValidateWrongItemForm(ItemClaimForm):
    """The form before `action_wrong_item`."""

    kind = ClaimKind.WRONG_ITEM
    question = "claim_what_wrong"

    def name(self) -> str:
        """The action's name."""
        return "validate_wrong_item_form"


class ActionWrongItem(ItemClaimAction):
    """Opens the claim, and says what follows."""

    kind = ClaimKind.WRONG_ITEM

    def name(self) -> str:
        """The action's name."""
        return "action_wrong_item"


def actions(services: Services) -> list[Action]:
    """All that such a claim takes."""
    return [ValidateWrongItemForm(services), ActionWrongItem(services)]
