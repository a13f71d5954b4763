"""A parcel came, and something was not in it."""

from rasa_sdk import Action

from actions.item_claims import ItemClaimAction, ItemClaimForm
from actions.services import Services
from actions.shop.backend import ClaimKind


class ValidateMissingItemForm(ItemClaimForm):
    """The form before `action_missing_item`."""

    kind = ClaimKind.MISSING_ITEM
    question = "claim_what_missing"

    def name(self) -> str:
        """The action's name."""
        return "validate_missing_item_form"


class ActionMissingItem(ItemClaimAction):
    """Opens the claim, and says what follows."""

    kind = ClaimKind.MISSING_ITEM

    def name(self) -> str:
        """The action's name."""
        return "action_missing_item"


def actions(services: Services) -> list[Action]:
    """All that such a claim takes."""
    return [ValidateMissingItemForm(services), ActionMissingItem(services)]
