"""All actions, ready to run in the program's own process."""

from collections.abc import Sequence

from rasa_sdk import Action

from actions.cancel_order import ActionCancelOrder, AskCancelOrderConfirmation, ValidateCancelOrderForm
from actions.codes import OneTimeCodes
from actions.forms import ValidateOrderStatusForm, ValidateReturnStatusForm
from actions.handoff import ActionFallback, ActionRequestPerson
from actions.language import ActionChangeLanguage
from actions.order_status import ActionOrderStatus
from actions.repeat import ActionRepeat
from actions.return_status import ActionReturnStatus
from actions.shop.backend import ShopBackend
from actions.shop.policy import Policy
from actions.understanding import ActionForeignLanguage, ActionOfferTwo


def all_actions(
    shop: ShopBackend,
    phone_regions: Sequence[str],
    languages: Sequence[str],
    codes: OneTimeCodes | None,
    policy: Policy,
) -> list[Action]:
    """Every action over this shop, which answers in `languages`; phone numbers without a country's code are tried in
    `phone_regions`. Without `codes` nobody can be verified, and changes go to a person."""
    cancelling = ValidateCancelOrderForm(shop, phone_regions, codes, policy)
    return [
        ValidateOrderStatusForm(phone_regions),
        ValidateReturnStatusForm(phone_regions),
        cancelling,
        AskCancelOrderConfirmation(cancelling),
        ActionCancelOrder(shop),
        ActionOrderStatus(shop, phone_regions),
        ActionReturnStatus(shop, phone_regions),
        ActionRequestPerson(),
        ActionFallback(),
        ActionOfferTwo(),
        ActionForeignLanguage(),
        ActionChangeLanguage(languages),
        ActionRepeat(),
    ]
