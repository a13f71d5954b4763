"""All actions, ready to run in the program's own process."""

from rasa_sdk import Action

from actions import cancel_order, change_delivery_address, change_order, delivery_failed, delivery_slot
from actions.forms import ValidateOrderStatusForm, ValidateReturnStatusForm
from actions.handoff import ActionFallback, ActionRequestPerson
from actions.language import ActionChangeLanguage
from actions.order_status import ActionOrderStatus
from actions.recent_orders import ActionAskOrderNumber
from actions.repeat import ActionRepeat
from actions.return_status import ActionReturnStatus
from actions.services import Services
from actions.understanding import ActionForeignLanguage, ActionOfferTwo


def all_actions(services: Services) -> list[Action]:
    """Every action over these services."""
    return [
        ActionAskOrderNumber(services),
        ValidateOrderStatusForm(services),
        ValidateReturnStatusForm(services),
        ActionOrderStatus(services),
        ActionReturnStatus(services),
        *cancel_order.actions(services),
        *change_order.actions(services),
        *change_delivery_address.actions(services),
        *delivery_slot.actions(services),
        *delivery_failed.actions(services),
        ActionRequestPerson(),
        ActionFallback(),
        ActionOfferTwo(),
        ActionForeignLanguage(),
        ActionChangeLanguage(services.languages),
        ActionRepeat(),
    ]
