"""Every text around returns and refunds can be said, in every language, with all that fills it."""

import dataclasses
from datetime import date
from typing import Any

import pytest
import yaml
from form_testing import Talk, talk
from return_testing import EARRINGS, EARRINGS_OWNER, ONE_PIECE, OWNER, PIECE_OWNER, TWO_LINES, came, press
from shop_testing import LANGUAGES, NOW, POLICY, ROOT, OwnShop
from test_action_phrases import PHRASES, Everywhere, check

from actions.exchange_item import ValidateExchangeItemForm
from actions.item_details import ItemsDetail, QuantityDetail
from actions.refund_status import refund_status
from actions.return_details import ReasonDetail
from actions.return_status import return_status
from actions.services import Services
from actions.shop.backend import Order, RefundState, ReturnReason, ReturnState
from actions.shop.changes import ChangeKind, Refusal
from actions.shop.policy import Policy
from actions.start_return import ValidateStartReturnForm

NAMED = {"text", "buttons", "elements", "custom", "template", "response", "image", "attachment"}
INTENTS = {path.stem for path in (ROOT / "data" / "faq").rglob("*.yml")}


def check_all(one: Talk) -> None:
    """Everything that was said in a talk, with its buttons."""
    for said in one.said:
        for key, response in zip(said.keys, said.responses, strict=True):
            check(key, {name: value for name, value in response.items() if name not in NAMED})
            for button in response["buttons"]:
                if "intent" in button:
                    assert button["intent"] in INTENTS
                else:
                    check(button["phrase"], button.get("params", {}))
        assert len(said.keys) < 4


@pytest.mark.parametrize("intent", ["start_return", "exchange_item"])
@pytest.mark.parametrize("broken", [False, True])
async def test_all_that_is_said_on_the_way_to_a_return_can_be_said(
    own_sqlite: OwnShop, intent: str, broken: bool
) -> None:
    order = await came(own_sqlite, EARRINGS)
    one = talk(own_sqlite, intent=intent)
    await one.says("it", intent, order_number=EARRINGS, email=EARRINGS_OWNER)
    await one.says("that one?")
    await press(one, "items", order.items[0].id)
    await one.says("5")
    await one.says("2")
    await one.says("99")
    await press(one, "reason", "wrong_item")
    await one.says("?")
    if intent == "start_return":
        await press(one, "outcome", "exchange")
    await one.says("what?")
    await one.says("a bigger pair")
    await one.says(own_sqlite.letters.sent[-1].code)
    own_sqlite.letters.broken = broken
    assert await one.says("yes", "affirm") == ["return_opened_no_label" if broken else "exchange_opened"]
    check_all(one)


async def test_the_letter_with_the_label_can_be_written_for_home_and_abroad(own_sqlite: OwnShop) -> None:
    for number, contact in ((TWO_LINES, OWNER), (ONE_PIECE, PIECE_OWNER)):
        await came(own_sqlite, number)
        one = talk(own_sqlite, number, "start_return")
        await one.says("it", "start_return", order_number=number, email=contact)
        if number == TWO_LINES:
            await press(one, "items", "all")
        await press(one, "reason", "late")
        await press(one, "outcome", "money")
        await one.says(own_sqlite.letters.sent[-1].code)
        await one.says("yes", "affirm")
        check_all(one)
        letter = own_sqlite.letters.sent[-1]
        check(f"mail_{letter.phrase}", letter.params)
        check(f"mail_{letter.phrase}_subject", letter.params)


def test_every_summary_and_refusal_of_the_demos_orders_can_be_said(orders: dict[str, Order]) -> None:
    policy = dataclasses.replace(POLICY.returns, restocking_percent=10, only_unopened=("NS-2*",))
    for form in (ValidateStartReturnForm, ValidateExchangeItemForm):
        made = form(services_with(dataclasses.replace(POLICY, returns=policy)))
        for order in orders.values():
            for why in Refusal:
                made.refuse(order, why, Everywhere())
            for reason in (ReturnReason.LATE, ReturnReason.DAMAGED):
                known: dict[str, Any] = {
                    "items": [item.id for item in order.items],
                    "reason": reason.value,
                    "pieces": {item.id: item.quantity for item in order.items if item.sku != "NS-301"},
                }
                made.summarise(order, known, Everywhere())
                made.summarise(order, {**known, "instead": "another"}, Everywhere())


def test_every_answer_about_refunds_and_exchanges_can_be_said(orders: dict[str, Order]) -> None:
    for order in orders.values():
        for today in (date.min, NOW.date(), date.max):
            check(*refund_status(order, today))
            for state in RefundState:
                refunds = tuple(dataclasses.replace(one, state=state, sent_at=NOW) for one in order.refunds)
                check(*refund_status(dataclasses.replace(order, refunds=refunds), today))
        check(*refund_status(dataclasses.replace(order, refunds=()), NOW.date()))
        for found in order.returns:
            for state in ReturnState:
                if (state is ReturnState.REJECTED) == (found.state is ReturnState.REJECTED):
                    exchange = dataclasses.replace(
                        found, state=state, exchange_for="blue", label_valid_until=NOW.date()
                    )
                    check(*return_status(order, exchange))


def test_every_reason_has_its_button_and_every_text_its_use() -> None:
    assert set(ReasonDetail.answers) == set(ReturnReason)
    texts = yaml.safe_load((ROOT / "data" / "phrases" / "returns.yml").read_text(encoding="utf-8"))
    labels = [*ReasonDetail.answers.values(), "return_money_button", "return_exchange_button"]
    for key in labels:
        for language in LANGUAGES:
            assert len(texts[key][language].strip()) <= 24  # as wide as a button may be
    assert not [
        key for key in PHRASES if key in {f"ask_{one.name}" for one in (ItemsDetail, QuantityDetail, ReasonDetail)}
    ]


def services_with(policy: Policy) -> Services:
    """Enough to speak of orders; no shop is asked."""

    class Shop:
        can = frozenset(ChangeKind)

    return Services(Shop(), ("BD",), LANGUAGES, policy)  # type: ignore[arg-type]
