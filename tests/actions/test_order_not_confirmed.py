"""No confirmation: the order is told and confirmed again, money that nobody noticed is claimed."""

import pytest
from claim_testing import code_typed, new_rows, over
from form_testing import Talk, talk
from rasa_sdk.executor import ActionExecutor
from rasa_sdk.interfaces import ActionExecutionRejection
from shop_testing import LANGUAGES, REGIONS, OwnShop, user
from sqlalchemy import update

from actions.order_not_confirmed import ValidateOrderNotConfirmedForm
from actions.sent_lately import LETTERS
from actions.services import Services
from actions.shop import tables
from actions.shop.backend import Order, OrderState

INTENT = "order_not_confirmed"
FOUND, OWNER = "10003", "jonas@example.com"
WAITING, WAITER = "10006", "rakib.c@example.com"


async def begun(own: OwnShop, number: str = FOUND, contact: str = OWNER, sender: str = "v") -> tuple[Talk, list[str]]:
    one = talk(own, sender, INTENT)
    return one, await one.says("I have no confirmation", INTENT, order_number=number, email=contact)


async def paid_unnoticed(own: OwnShop) -> Order:
    order = await own.order(WAITING)
    of_order = tables.payments.c.order_id == order.id
    await own.change(update(tables.payments).where(of_order).values(state="captured"))
    return order


async def test_an_order_that_is_there_is_told_and_confirmed_to_its_own_address(own: OwnShop) -> None:
    before = await own.everything()
    one, said = await begun(own)
    assert said == ["order_status_processing", "not_confirmed_sent"] and over(one)
    (letter,) = own.letters.sent
    assert (letter.to, letter.phrase, letter.language) == (OWNER, "confirmation", "de")
    assert letter.params["number"] == {"id": FOUND} and letter.params["total"] == {"money": 7200, "currency": "EUR"}
    lines = [line["phrase"] for line in letter.params["details"]["lines"]]  # type: ignore[index, call-overload]
    assert lines == ["order_line_items", "payment_line_captured"]
    assert await own.everything() == before and one.slots.get("handoff_reason") is None


@pytest.mark.parametrize("state", OrderState)
async def test_every_state_is_told_and_what_is_over_is_not_confirmed(
    own_sqlite: OwnShop, orders: dict[str, Order], state: OrderState
) -> None:
    order = next(one for one in orders.values() if one.state is state)
    _, said = await begun(own_sqlite, order.number, order.customer.email)
    assert said[0] == f"order_status_{state}"
    is_over = state in ("cancelled", "returned", "lost")
    assert len(own_sqlite.letters.sent) == len(said) - 1 == (0 if is_over else 1)


async def test_without_a_letter_a_person_sees_to_it(own_sqlite: OwnShop) -> None:
    own_sqlite.letters.broken = True
    one, said = await begun(own_sqlite)
    assert said == ["order_status_processing", "not_confirmed_not_sent"] and over(one)
    assert one.slots["handoff_reason"] == INTENT and FOUND in one.slots["wished"]


async def test_money_that_nobody_noticed_is_claimed_after_a_code_and_a_yes(own: OwnShop) -> None:
    await paid_unnoticed(own)
    one, said = await begun(own, WAITING, WAITER)
    assert await code_typed(own, one, said) == ["claim_summary", "confirm_change"]
    lines = [line["phrase"] for line in one.params("claim_summary")["details"]["lines"]]
    assert lines == ["claim_kind_order_not_confirmed", "payment_line_captured", "claim_line_check"]
    before = await own.everything()
    assert await one.says("yes", "affirm") == ["claim_open"]
    assert new_rows(before, await own.everything()) == {"shop_claims": 1, "shop_changes": 1}
    order = await own.order(WAITING)
    assert (order.state, order.claims[0].kind, order.claims[0].number) == ("payment_pending", INTENT, "K10006-1")
    assert one.slots["handoff_reason"] == INTENT and "claim K10006-1" in one.slots["wished"]
    after = await own.everything()
    assert await one.again() == ["claim_open"]
    assert await own.everything() == after
    two, said = await begun(own, WAITING, WAITER, "w")
    assert said == ["claim_already_done"] and over(two)


async def test_part_of_the_money_is_not_all_of_it(own_sqlite: OwnShop) -> None:
    order = await paid_unnoticed(own_sqlite)
    of_order = tables.payments.c.order_id == order.id
    await own_sqlite.change(update(tables.payments).where(of_order).values(amount_minor=order.total.minor - 1))
    _, said = await begun(own_sqlite, WAITING, WAITER)
    assert said == ["order_status_payment_pending", "not_confirmed_sent"]


@pytest.mark.parametrize(
    ("text", "intent"),
    [("I don't have one", "deny"), ("there was no number", INTENT), ("নম্বর নেই", "nlu_fallback"), ("none", None)],
)
async def test_who_was_given_no_number_gets_a_person_who_knows_what_was_said(
    own_sqlite: OwnShop, text: str, intent: str | None
) -> None:
    one, before = talk(own_sqlite, intent=INTENT), await own_sqlite.everything()
    assert await one.says("I paid 25 euros and the page went white", INTENT) == ["ask_order_number"]
    assert await one.says(text, intent) == ["no_number_person"]
    assert over(one) and one.slots["handoff_reason"] == INTENT
    assert "page went white" in one.slots["wished"] and text in one.slots["wished"]
    assert await own_sqlite.everything() == before


@pytest.mark.parametrize(
    ("text", "intent", "asked"),
    [("10003", "nlu_fallback", "ask_order_contact"), ("yes", "affirm", "ask_order_number"), (OWNER, None, None)],
)
async def test_what_may_be_an_answer_is_taken_for_one(
    own_sqlite: OwnShop, text: str, intent: str | None, asked: str | None
) -> None:
    one = talk(own_sqlite, intent=INTENT)
    await one.says("no confirmation", INTENT)
    said = await one.says(text, intent)
    assert one.on and said[-1] == (asked or "ask_order_number")


async def test_another_question_in_between_is_answered(own_sqlite: OwnShop) -> None:
    one = talk(own_sqlite, intent=INTENT)
    await one.says("no confirmation", INTENT)
    assert await one.says("10003") == ["ask_order_contact"]
    with pytest.raises(ActionExecutionRejection):
        await one.says("a person please", "human_agent")


async def test_nobodys_mailbox_is_flooded(own_sqlite: OwnShop) -> None:
    form = ValidateOrderNotConfirmedForm(
        Services(own_sqlite.shop, REGIONS, LANGUAGES, own_sqlite.policy, own_sqlite.codes, own_sqlite.letters)
    )
    executor = ActionExecutor()
    executor.register_action(form)
    said = []
    for n in [*range(LETTERS), LETTERS - 1, LETTERS]:
        heard = user("no confirmation", INTENT)
        heard["parse_data"]["metadata"] = {"message_id": f"m{n}"}
        events = [heard, {"event": "active_loop", "name": f"{INTENT}_form"}]
        tracker = {
            "sender_id": "v",
            "slots": {"order_number": FOUND, "order_contact": OWNER},
            "latest_message": heard["parse_data"],
            "events": events,
        }
        result = await executor.run({"next_action": form.name(), "tracker": tracker, "domain": {}})
        assert result is not None
        said.append(result["responses"][-1]["response"])
    assert said == ["utter_not_confirmed_sent"] * (LETTERS + 1) + ["utter_not_confirmed_enough"]
    assert len(own_sqlite.letters.sent) == LETTERS  # a message that comes again sends none again


async def test_somebody_elses_order_is_answered_like_one_that_is_not_there(own: OwnShop) -> None:
    answers = []
    for number in (FOUND, "99999"):
        one, said = await begun(own, number, "amina@example.com", number)
        answers.append((said, repr(one.said).replace(number, "NUMBER")))
    assert answers[0] == answers[1] and own.letters.sent == []
