"""Invoices: to the order's own address, the document that fits the order, and nothing else happens."""

from typing import Any

import pytest
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher
from shop_testing import LANGUAGES, POLICY, REGIONS, OwnShop, Said, run_action, user
from sqlalchemy import update
from test_action_phrases import check

from actions.invoice_request import ActionInvoiceRequest, document
from actions.post import Document, DocumentKind
from actions.sent_lately import LETTERS, WITHIN_SECONDS, SentLately
from actions.services import Services
from actions.shop import tables
from actions.shop.backend import Order, OrderState, PaymentState
from actions.typed import masked

PAID, UNPAID = "10003", "10006"
JONAS, RAKIB = "jonas@example.com", "rakib.c@example.com"
REST = {"text", "buttons", "elements", "custom", "template", "response", "image", "attachment"}


async def asked(
    own: OwnShop, number: str = PAID, contact: str = JONAS, text: str = "invoice please", letters: bool = True
) -> Said:
    heard = user(text, "invoice_request", [{"entity": "order_number", "value": number}])
    heard["parse_data"]["metadata"] = {"language": "fr", "message_id": "m"}
    slots: dict[str, Any] = {"order_number": number, "order_contact": contact}
    post = own.letters if letters else None
    return await run_action(own.shop, "action_invoice_request", slots, [heard], own.codes, post=post)


async def test_the_invoice_of_a_paid_order_goes_to_its_own_address(own: OwnShop) -> None:
    before = await own.everything()
    said = await asked(own)
    assert said.keys == ["invoice_sent"]
    assert said.responses[0]["address"] == {"id": "j•••@example.com"}
    (letter,) = own.letters.sent
    assert (letter.to, letter.language, letter.phrase) == (JONAS, "fr", "invoice")
    assert letter.documents == (Document(DocumentKind.INVOICE, await own.order(PAID)),)
    assert said.slots["verified_order"] == (await own.order(PAID)).id
    assert "handoff_reason" not in said.slots
    assert await own.everything() == before


async def test_an_address_that_was_typed_in_the_chat_gets_nothing(own_sqlite: OwnShop) -> None:
    await asked(own_sqlite, contact="+4917139200011", text="please mail it to accounts@example.org")
    assert [letter.to for letter in own_sqlite.letters.sent] == [JONAS]
    said = await asked(own_sqlite, contact="accounts@example.org")
    assert said.keys == ["order_no_match"]
    assert len(own_sqlite.letters.sent) == 1


async def test_somebody_elses_invoice_is_answered_like_one_that_is_not_there(own_sqlite: OwnShop) -> None:
    answers = [await asked(own_sqlite, number, "amina@example.com") for number in (PAID, "99999")]
    slots = [{**one.slots, "missed_at": None} for one in answers]
    assert (answers[0].keys, slots[0]) == (answers[1].keys, slots[1])
    assert own_sqlite.letters.sent == []


async def test_an_order_that_is_not_paid_yet_has_an_overview_instead(own: OwnShop) -> None:
    said = await asked(own, UNPAID, RAKIB)
    assert said.keys == ["invoice_overview_sent"]
    (letter,) = own.letters.sent
    assert (letter.to, letter.phrase) == (RAKIB, "order_overview")
    assert [one.kind for one in letter.documents] == [DocumentKind.ORDER_OVERVIEW]


async def test_an_order_that_was_cancelled_unpaid_has_no_document(own: OwnShop) -> None:
    await own.change(update(tables.orders).where(tables.orders.c.number == UNPAID).values(state="cancelled"))
    said = await asked(own, UNPAID, RAKIB)
    assert said.keys == ["invoice_none"]
    assert own.letters.sent == []


@pytest.mark.parametrize("why", ["nobody carries letters", "the letter is not taken"])
async def test_where_letters_do_not_go_a_person_sends_it(own_sqlite: OwnShop, why: str) -> None:
    own_sqlite.letters.broken = True
    said = await asked(own_sqlite, letters=why != "nobody carries letters")
    assert said.keys == ["invoice_not_sent"]
    assert said.slots["handoff_reason"] == "invoice_request"
    assert said.slots["wished"] == "invoice for order 10003, to the e-mail address of the order"
    assert JONAS not in str(said.slots["wished"])


def asking(own: OwnShop) -> Any:
    """One process's action, which remembers: `await ask(key)` asks in a message of this id."""
    action = ActionInvoiceRequest(Services(own.shop, REGIONS, LANGUAGES, POLICY, post=own.letters))

    async def ask(key: str, number: str = PAID, contact: str = JONAS) -> list[str]:
        latest = {"metadata": {"language": "en", "message_id": key}}
        slots = {"order_number": number, "order_contact": contact}
        dispatcher = CollectingDispatcher()
        await action.run(dispatcher, Tracker("v", slots, latest, [], False, None, {}, None), {})
        for said in dispatcher.messages:
            check(said["response"].removeprefix("utter_"), {k: v for k, v in said.items() if k not in REST})
        return [said["response"].removeprefix("utter_") for said in dispatcher.messages]

    return ask


async def test_a_message_that_is_answered_again_sends_no_second_letter(own_sqlite: OwnShop) -> None:
    ask = asking(own_sqlite)
    assert await ask("m1") == await ask("m1") == ["invoice_sent"]
    assert len(own_sqlite.letters.sent) == 1
    assert await ask("m2") == ["invoice_sent"]
    assert len(own_sqlite.letters.sent) == 2


async def test_nobodys_mailbox_is_flooded(own_sqlite: OwnShop) -> None:
    ask = asking(own_sqlite)
    for number in range(LETTERS):
        assert await ask(f"m{number}") == ["invoice_sent"]
    assert await ask("one more") == ["invoice_enough"]
    assert len(own_sqlite.letters.sent) == LETTERS
    assert await ask("another order", UNPAID, RAKIB) == ["invoice_overview_sent"]


async def test_a_letter_that_was_not_taken_is_tried_again_with_the_next_message(own_sqlite: OwnShop) -> None:
    ask = asking(own_sqlite)
    own_sqlite.letters.broken = True
    assert await ask("m1") == ["invoice_not_sent"]
    own_sqlite.letters.broken = False
    assert await ask("m1") == ["invoice_sent"]
    assert len(own_sqlite.letters.sent) == 1


def test_after_an_hour_letters_are_forgotten() -> None:
    now = 0.0
    lately = SentLately(lambda: now)
    for number in range(LETTERS):
        now = float(number)
        lately.note("o", [str(number)])
    now = WITHIN_SECONDS - 0.5
    assert lately.enough("o") and lately.already("o", ["0"])
    assert not lately.enough("p") and not lately.already("p", ["0"])
    now = WITHIN_SECONDS + 0.5
    assert not lately.enough("o") and not lately.already("o", ["0"])
    assert lately.already("o", ["1"])


async def test_a_shop_that_is_down_leads_to_a_person(own_sqlite: OwnShop) -> None:
    class Away:
        async def find_order(self, number: str) -> Order | None:
            raise OSError("no route to host")

    heard = user("invoice", "invoice_request")
    slots = {"order_number": PAID, "order_contact": JONAS}
    said = await run_action(Away(), "action_invoice_request", slots, [heard], post=own_sqlite.letters)  # type: ignore[arg-type]
    assert said.keys == ["shop_unavailable"]
    assert said.slots == {"handoff_reason": "shop_unavailable"}


async def test_who_signed_in_needs_no_contact(own_sqlite: OwnShop) -> None:
    order = await own_sqlite.order(PAID)
    heard = user("invoice", "invoice_request")
    heard["parse_data"]["metadata"] = {"customer": {"id": order.customer.id, "email": JONAS}}
    said = await run_action(
        own_sqlite.shop, "action_invoice_request", {"order_number": PAID}, [heard], post=own_sqlite.letters
    )
    assert said.keys == ["invoice_sent"]
    assert own_sqlite.letters.sent[0].language == "de"  # as they ordered


def test_every_demo_order_has_the_document_that_fits_its_payments(orders: dict[str, Order]) -> None:
    kinds = set()
    for order in orders.values():
        kind = document(order)
        kinds.add(kind)
        paid = any(payment.state is PaymentState.CAPTURED for payment in order.payments)
        assert (kind is DocumentKind.INVOICE) == paid
        assert (kind is None) == (not paid and order.state is OrderState.CANCELLED)
    assert kinds == {*DocumentKind, None} - {DocumentKind.RETURN_LABEL}


@pytest.mark.parametrize(
    ("email", "shown"),
    [("amina@example.com", "a•••@example.com"), ("a@example.com", "a•••@example.com"), ('"a@b"@c.d', '"•••@c.d')],
)
def test_an_address_is_shown_by_its_first_letter_and_its_domain(email: str, shown: str) -> None:
    assert masked(email) == shown


async def test_what_is_said_and_written_can_be_said_and_written(own_sqlite: OwnShop) -> None:
    answers = [await asked(own_sqlite), await asked(own_sqlite, UNPAID, RAKIB)]
    own_sqlite.letters.broken = True
    answers.append(await asked(own_sqlite))
    await own_sqlite.change(update(tables.orders).where(tables.orders.c.number == UNPAID).values(state="cancelled"))
    answers.append(await asked(own_sqlite, UNPAID, RAKIB))
    for said in answers:
        for key, response in zip(said.keys, said.responses, strict=True):
            check(key, {name: value for name, value in response.items() if name not in REST})
    for letter in own_sqlite.letters.sent:
        for key in (f"mail_{letter.phrase}", f"mail_{letter.phrase}_subject"):
            check(key, letter.params)
