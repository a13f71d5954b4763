"""Every text around a claim can be said, in every language, of every order of the demo."""

from collections.abc import Mapping
from typing import Any

import pytest
from claim_testing import chosen, code_typed, freshen
from form_testing import talk
from rasa_sdk.executor import CollectingDispatcher
from shop_testing import LANGUAGES, POLICY, OwnShop
from test_action_phrases import PHRASES, check

from actions.change_payment_method import ValidateChangePaymentMethodForm
from actions.claims import ClaimForm
from actions.clock import today
from actions.damaged_item import ValidateDamagedItemForm
from actions.double_charged import ValidateDoubleChargedForm
from actions.missing_item import ValidateMissingItemForm
from actions.order_not_confirmed import ValidateOrderNotConfirmedForm
from actions.package_lost import ValidatePackageLostForm
from actions.payment_failed import ValidatePaymentFailedForm
from actions.shop.backend import ClaimKind, Order, PaymentMethod, PaymentState
from actions.shop.changes import Refusal
from actions.shop.claims_policy import claimable
from actions.unrecognised_charge import ValidateUnrecognisedChargeForm
from actions.wrong_item import ValidateWrongItemForm

FORMS: tuple[type[ClaimForm], ...] = (
    ValidateDamagedItemForm,
    ValidateWrongItemForm,
    ValidateMissingItemForm,
    ValidatePackageLostForm,
    ValidatePaymentFailedForm,
    ValidateDoubleChargedForm,
    ValidateUnrecognisedChargeForm,
    ValidateChangePaymentMethodForm,
    ValidateOrderNotConfirmedForm,
)
NAMED = {"text", "buttons", "elements", "custom", "template", "response", "image", "attachment"}


class Everything(CollectingDispatcher):
    """Looks at what is said, and at its buttons."""

    def utter_message(self, *args: Any, response: str | None = None, **params: Any) -> None:
        assert response is not None
        check(response.removeprefix("utter_"), {name: value for name, value in params.items() if name != "buttons"})
        for button in params.get("buttons", []):
            if "phrase" in button:
                check(button["phrase"], button.get("params", {}))


def known(order: Order) -> Mapping[str, Any]:
    """What a form could know."""
    claimed = {item.id: claimable(order, item) for item in order.items if claimable(order, item)}
    return {
        "items": list(claimed)[:1],
        "claimed": claimed,
        "what": "it is broken",
        "remedy": "refund",
        "package_seen": "nowhere",
        "settles_it": "open",
        "statement": "72 euros",
        "new_method": "cash",
    }


@pytest.mark.parametrize("form", FORMS)
def test_everything_that_a_form_says_of_the_demos_orders_can_be_said(
    form: type[ClaimForm], orders: dict[str, Order]
) -> None:
    made = form()
    for order in orders.values():
        made.summarise(order, known(order), Everything())
        for why in Refusal:
            if why is not Refusal.TOO_EARLY or POLICY.claims.refusal(order, made.kind, today()) is why:
                made.refuse(order, why, Everything())
        for detail in made.details:
            if known(order)["items"]:
                detail.ask(order, known(order), Everything())
            check(detail.unclear, {})


@pytest.mark.parametrize(
    ("intent", "number", "contact", "steps"),
    [
        ("damaged_item", "10002", "amina@example.com", [("x", {}), ("y", chosen("remedy", "refund"))]),
        ("wrong_item", "10002", "amina@example.com", [("x", {}), ("y", chosen("remedy", "replacement"))]),
        ("package_lost", "10005", "nusrat@example.com", [("y", chosen("remedy", "refund"))]),
        ("payment_failed", "10003", "jonas@example.com", [("no", {"intent": "deny"}), ("72 euros", {})]),
        ("change_payment_method", "10014", "arif@example.com", [("by card", {})]),
    ],
)
async def test_what_is_told_and_written_afterwards_can_be_said(
    own_sqlite: OwnShop, intent: str, number: str, contact: str, steps: list[tuple[str, dict[str, str]]]
) -> None:
    await freshen(own_sqlite)
    one = talk(own_sqlite, intent=intent)
    said = await one.says("hello", intent, order_number=number, email=contact)
    for text, how in steps:
        said = await one.says(text, **how)
    await code_typed(own_sqlite, one, said)
    (key,) = await one.says("yes", "affirm")
    check(key, {name: value for name, value in one.params(key).items() if name not in NAMED})
    letter = own_sqlite.letters.sent[-1]
    assert letter.phrase == "claim"
    check("mail_claim", letter.params)
    check("mail_claim_subject", letter.params)


async def test_the_letter_that_confirms_an_order_can_be_written(own_sqlite: OwnShop) -> None:
    one = talk(own_sqlite, intent="order_not_confirmed")
    await one.says("no mail", "order_not_confirmed", order_number="10003", email="jonas@example.com")
    (letter,) = own_sqlite.letters.sent
    check("mail_confirmation", letter.params)
    check("mail_confirmation_subject", letter.params)


def test_every_kind_and_every_payment_has_its_words() -> None:
    keys = {f"claim_kind_{kind}" for kind in ClaimKind} | {f"payment_line_{state}" for state in PaymentState}
    assert keys | {f"payment_by_{method}" for method in PaymentMethod} <= set(PHRASES)
    assert all(set(PHRASES[key]) >= set(LANGUAGES) for key in keys)
