"""Every text that an action may say stands in data/phrases, in every language, with all that fills it."""

import ast
import re
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
import yaml
from rasa_sdk.executor import CollectingDispatcher
from shop_testing import LANGUAGES, NOW, ROOT, OwnShop, run_action, user

from actions.cancel_order import ValidateCancelOrderForm
from actions.order_card import order_card
from actions.order_status import order_status
from actions.return_status import return_status
from actions.shop.backend import Order, OrderState, PaymentMethod, RefundState, Rejection, ReturnState, TrackingCode
from actions.shop.changes import Refusal

FOLDER = ROOT / "data" / "phrases"
# what the house itself says, not the actions
OF_OTHERS = (
    "channels.yml",
    "conversation.yml",
    "data_copy.yml",
    "documents.yml",
    "handoff.yml",
    "proactive.yml",
    "telegram.yml",
    "widget.yml",
)
PHRASES: dict[str, Any] = {
    key: entry
    for path in FOLDER.glob("*.yml")
    if path.name not in OF_OTHERS
    for key, entry in yaml.safe_load(path.read_text(encoding="utf-8")).items()
}
ALL_KEYS = {key for path in FOLDER.glob("*.yml") for key in yaml.safe_load(path.read_text(encoding="utf-8"))}
# why a cancellation is refused
REFUSALS = (Refusal.ALREADY_DONE, Refusal.TOO_LATE, Refusal.NOT_SUPPORTED)
FACTS = set(yaml.safe_load((ROOT / "data" / "shop.yml").read_text(encoding="utf-8"))["facts"])


def check(key: str, params: dict[str, Any]) -> None:
    """The text and all the texts inside it exist, and every placeholder is filled."""
    for language in LANGUAGES:
        missing = set(re.findall(r"{(\w+)}", PHRASES[key][language])) - set(params) - FACTS
        assert not missing, f"{key} ({language}) misses {missing}"
    for value in params.values():
        check_inside(value)


def check_inside(value: Any) -> None:
    if isinstance(value, list):
        for part in value:
            check_inside(part)
    elif isinstance(value, dict) and "phrase" in value:
        check(value["phrase"], value["params"])
    elif isinstance(value, dict):
        for part in value.values():
            check_inside(part)


def test_every_answer_about_the_demos_orders_can_be_said(orders: dict[str, Order]) -> None:
    for order in orders.values():
        check(*order_status(order, NOW.date()))
        check_inside(order_card(order, None))
        check(*return_status(order, None))
        for found in order.returns:
            check(*return_status(order, found))


def test_every_code_that_a_shop_can_have_has_its_text() -> None:
    keys = {f"tracking_{code}" for code in TrackingCode} | {f"refund_to_{method}" for method in PaymentMethod}
    keys |= {f"refund_line_{state}" for state in RefundState} | {f"return_rejected_{why}" for why in Rejection}
    keys |= {f"history_state_{state}" for state in OrderState}
    keys |= {f"return_status_{state}" for state in ReturnState} | {f"cancel_{why}" for why in REFUSALS}
    assert keys <= set(PHRASES)


class Everywhere(CollectingDispatcher):
    """Looks at what is said."""

    def utter_message(self, *args: Any, response: str | None = None, **params: Any) -> None:
        assert response is not None
        check(response.removeprefix("utter_"), {name: value for name, value in params.items() if name != "buttons"})


def test_every_answer_about_cancelling_the_demos_orders_can_be_said(orders: dict[str, Order]) -> None:
    form = ValidateCancelOrderForm()
    for order in orders.values():
        form.summarise(order, {}, Everywhere())
        for why in REFUSALS:
            form.refuse(order, why, Everywhere())


@pytest.mark.parametrize("number", ["10003", "10006", "10014", "10078"])
async def test_what_is_told_after_cancelling_can_be_said(own_sqlite: OwnShop, number: str) -> None:
    order = await own_sqlite.order(number)
    said = await run_action(own_sqlite.shop, "action_cancel_order", {"approved_order": order.id}, [user("yes")])
    (response,) = said.responses
    named = {"text", "buttons", "elements", "custom", "template", "response", "image", "attachment"}
    check(said.keys[0], {name: value for name, value in response.items() if name not in named})


async def test_the_letter_with_the_code_can_be_written(own_sqlite: OwnShop) -> None:
    await own_sqlite.codes.send("v", await own_sqlite.order("10003"), "m", "de")
    (letter,) = own_sqlite.letters.sent
    check(f"mail_{letter.phrase}", letter.params)
    check(f"mail_{letter.phrase}_subject", letter.params)
    for language in LANGUAGES:
        assert "{code}" in PHRASES["mail_code"][language]
        assert "{code}" not in PHRASES["mail_code_subject"][language]  # it shows on a locked screen


def test_whatever_a_form_asks_for_has_its_question() -> None:
    forms = yaml.safe_load((ROOT / "domain.yml").read_text(encoding="utf-8"))["forms"].values()
    assert {f"ask_{slot}" for form in forms for slot in form["required_slots"]} <= set(PHRASES)


def responses_in(path: Path) -> set[str]:
    """The response names written in a module."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and re.fullmatch(r"utter_\w+[a-z]", node.value)
        ):
            found.add(node.value.removeprefix("utter_"))
    return found


def test_every_response_named_in_an_action_exists_and_every_text_is_used() -> None:
    named = set(chain.from_iterable(responses_in(path) for path in (ROOT / "actions").rglob("*.py")))
    assert len(named) >= 7
    assert named <= ALL_KEYS
    source = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "actions").rglob("*.py"))
    families = (
        "order_status_",
        "return_status_",
        "return_rejected_",
        "tracking_",
        "refund_to_",
        "refund_line_",
        "ask_",
        *(f"cancel_{why}" for why in REFUSALS),
        "mail_code",
        "mail_invoice",
        "mail_order_overview",
        "history_state_",
        "mail_privacy_code",
        "choice_over",
        "claim_kind_",
        "payment_line_",
        "payment_by_",
        "mail_claim",
        "mail_confirmation",
    )
    assert [key for key in PHRASES if not key.startswith(families) and key not in source] == []


@pytest.mark.parametrize("key", sorted(PHRASES))
def test_all_languages_say_the_same_things_each_in_its_own_letters(key: str) -> None:
    entry = PHRASES[key]
    assert set(entry) - {"next"} == set(LANGUAGES)
    placeholders = {frozenset(re.findall(r"{(\w+)}", entry[language])) for language in LANGUAGES}
    assert len(placeholders) == 1
    letters = {"bn": "[\u0980-\u09ff]", "hi": "[\u0900-\u097f]"}
    for language in LANGUAGES:
        # a text of nothing but values, such as "{quantity} × {name}", has no letters of its own
        own = re.sub(r"{\w+}", "", entry[language])
        found = {code for code, pattern in letters.items() if re.search(pattern, own.replace("।", ""))}
        assert found <= {language}
        assert found or language not in letters or not re.search(r"\w", own)
