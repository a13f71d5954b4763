"""Sending something back: for money, or on second thoughts for something else."""

from rasa_sdk import Action

from actions.return_form import ReturnForm
from actions.return_opened import OpenReturn
from actions.services import Services
from actions.shop.changes import ChangeKind


class ValidateStartReturnForm(ReturnForm):
    """The form before `action_start_return`."""

    change_kind = ChangeKind.RETURN

    def name(self) -> str:
        """The action's name."""
        return "validate_start_return_form"


class ActionStartReturn(OpenReturn):
    """Opens the return."""

    kind = ChangeKind.RETURN
    reason = "start_return"

    def name(self) -> str:
        """The action's name."""
        return "action_start_return"


def actions(services: Services) -> list[Action]:
    """All that a return takes."""
    return [ValidateStartReturnForm(services), ActionStartReturn(services)]
