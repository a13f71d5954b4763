"""All actions, ready to run in the program's own process."""

from rasa_sdk import Action

from actions import (
    cancel_order,
    change_delivery_address,
    change_order,
    change_payment_method,
    damaged_item,
    delivery_failed,
    delivery_slot,
    double_charged,
    exchange_item,
    invoice_request,
    missing_item,
    news,
    order_delayed,
    order_history,
    order_not_confirmed,
    package_lost,
    payment_failed,
    privacy,
    refund_status,
    start_return,
    tracking_not_updating,
    unrecognised_charge,
    wrong_item,
)
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
        *invoice_request.actions(services),
        *order_delayed.actions(services),
        *tracking_not_updating.actions(services),
        *order_history.actions(services),
        *start_return.actions(services),
        *exchange_item.actions(services),
        *refund_status.actions(services),
        *damaged_item.actions(services),
        *wrong_item.actions(services),
        *missing_item.actions(services),
        *package_lost.actions(services),
        *payment_failed.actions(services),
        *double_charged.actions(services),
        *unrecognised_charge.actions(services),
        *change_payment_method.actions(services),
        *order_not_confirmed.actions(services),
        *privacy.actions(services),
        *news.actions(),
        ActionRequestPerson(),
        ActionFallback(),
        ActionOfferTwo(),
        ActionForeignLanguage(),
        ActionChangeLanguage(services.languages),
        ActionRepeat(),
    ]
