"""Something is wrong, over HTTP: claims in every way of typing, with the shop's tables looked at before and after."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from running import Agent, Customer, Shohay, eventually

pytestmark = pytest.mark.model

# delivered; one line of it is on its way back already, the other is worth little
NUMBER, OWNER = "10002", "amina@example.com"
# how somebody says it in each variant, what is wrong, and a word of the answer once it is granted
WISHES = {
    "en": ("order 10002 came smashed to pieces", "the lid is broken in two", "in your favour"),
    "bn": ("অর্ডার ১০০০২ একেবারে টুকরো টুকরো অবস্থায় এসেছে", "ঢাকনাটা দুই টুকরো হয়ে গেছে", "মঞ্জুর"),
    "bn-Latn": ("order 10002 churmar hoye ashche", "dhaknata dui tukro hoye gese", "মঞ্জুর"),
    "hi": ("ऑर्डर 10002 चकनाचूर हालत में आया", "ढक्कन दो टुकड़े हो गया है", "मंज़ूर"),
    "hi-Latn": ("mera order 10002 chaknachoor hoke aaya hai", "dhakkan do tukde ho gaya hai", "मंज़ूर"),
    "es": ("el pedido 10002 vino hecho añicos", "la tapa está partida en dos", "a su favor"),
    "fr": ("commande 10002 arrivée en mille morceaux", "le couvercle est cassé en deux", "est accepté"),
    "de": ("10002 kam in tausend Scherben an", "der Deckel ist in zwei Teile zerbrochen", "zu Ihren Gunsten"),
}
YES = {"en": "yes", "bn": "হ্যাঁ", "hi": "हाँ", "es": "sí", "fr": "oui", "de": "ja"}
NO = {"en": "no", "bn": "না"}
LEFT = {"en": "left everything", "bn": "আগের মতোই"}
TABLES = ("shop_orders", "shop_payments", "shop_refunds", "shop_returns", "shop_order_items", "shop_claims")


class Claims:
    """The running demo's shop, read, and put back to how it was between stories."""

    def __init__(self, path: Path) -> None:
        self._engine = sa.create_engine(f"sqlite:///{path}")
        self._refunds = {row[0] for row in self.rows("shop_refunds")}

    def rows(self, table: str) -> list[tuple[Any, ...]]:
        with self._engine.connect() as connection:
            return sorted((tuple(row) for row in connection.execute(sa.text(f"select * from {table}"))), key=str)

    def all(self) -> dict[str, list[tuple[Any, ...]]]:
        return {table: self.rows(table) for table in TABLES}

    def claims(self) -> list[tuple[str, str, str]]:
        with self._engine.connect() as connection:
            found = connection.execute(sa.text("select number, kind, state from shop_claims order by number"))
            return [(str(number), str(kind), str(state)) for number, kind, state in found]

    def newest_letter(self) -> str:
        with self._engine.connect() as connection:
            text = connection.execute(sa.text("select text from shop_mails order by at desc, id desc limit 1")).scalar()
        return str(text or "")

    def code(self) -> str:
        found = eventually(lambda: re.search(r"^\d{6}$", self.newest_letter(), re.MULTILINE))
        return str(found[0])

    def pay_again(self, number: str) -> None:
        """A second payment of the same amount is taken."""
        with self._engine.begin() as connection:
            connection.execute(
                sa.text(
                    "insert into shop_payments (id, order_id, method, state, amount_minor, currency, created_at) "
                    "select 'taken twice', order_id, method, state, amount_minor, currency, created_at "
                    "from shop_payments where order_id = (select id from shop_orders where number = :number)"
                ),
                {"number": number},
            )

    def restore(self) -> None:
        with self._engine.begin() as connection:
            for table in ("shop_claims", "shop_changes", "shop_codes", "shop_mail_files", "shop_mails"):
                connection.execute(sa.text(f"delete from {table}"))
            connection.execute(sa.text("delete from shop_payments where id = 'taken twice'"))
            for (refund,) in connection.execute(sa.text("select id from shop_refunds")).all():
                if refund not in self._refunds:
                    connection.execute(sa.text("delete from shop_refunds where id = :id"), {"id": refund})


@pytest.fixture
def shop(shohay: Shohay) -> Iterator[Claims]:
    made = Claims(Path(shohay.settings["DATABASE_URL"].removeprefix("sqlite+aiosqlite:///")))
    yield made
    made.restore()


def same(text: str) -> str:
    """In one of the forms that letters such as য় can be written in."""
    return unicodedata.normalize("NFKC", text)


def said_what_is_wrong(shohay: Shohay, variant: str) -> tuple[Customer, list[dict[str, Any]]]:
    """A customer who is asked what they would like."""
    customer = Customer(shohay.url)
    opening, words, _ = WISHES[variant]
    customer.ask(opening)
    customer.ask(OWNER)
    return customer, customer.heard(customer.write(words))


@pytest.mark.parametrize("variant", WISHES)
def test_something_broken_is_paid_back_and_nothing_else_is_touched(shohay: Shohay, shop: Claims, variant: str) -> None:
    before = shop.all()
    customer, asked = said_what_is_wrong(shohay, variant)
    _, money = asked[-1]["buttons"][:2]
    customer.heard(customer.press(money["payload"]))
    assert shop.all() == before
    summary = customer.ask(shop.code(), count=2)
    assert NUMBER in summary and same(WISHES[variant][1]) in same(summary) and shop.all() == before
    told = customer.ask(YES[variant.split("-")[0]])
    assert WISHES[variant][2] in told and "K10002-1" in told
    after = shop.all()
    assert {table for table in TABLES if after[table] != before[table]} == {"shop_claims", "shop_refunds"}
    assert shop.claims() == [("K10002-1", "damaged", "granted")]
    assert len(after["shop_refunds"]) == len(before["shop_refunds"]) + 1
    (change,) = shop.rows("shop_changes")
    assert customer.conversation_id in change
    eventually(lambda: "K10002-1" in shop.newest_letter())


@pytest.mark.parametrize("language", ["en", "bn"])
def test_a_no_leaves_everything_as_it_was(shohay: Shohay, shop: Claims, language: str) -> None:
    before = shop.all()
    customer, asked = said_what_is_wrong(shohay, language)
    customer.heard(customer.press(asked[-1]["buttons"][0]["payload"]))
    customer.ask(shop.code(), count=2)
    assert LEFT[language] in customer.ask(NO[language])
    assert shop.all() == before


@pytest.mark.parametrize(
    ("text", "word"), [("My order 10001 went missing", "still on its way"), ("১০০০১ নাম্বার অর্ডারটা মিসিং", "এখনো পথে")]
)
def test_a_parcel_on_its_way_is_told_and_not_claimed(shohay: Shohay, shop: Claims, text: str, word: str) -> None:
    before = shop.all()
    customer = Customer(shohay.url)
    customer.ask(text)
    letters = shop.rows("shop_mails")
    assert word in customer.ask(OWNER)
    assert shop.all() == before and shop.rows("shop_mails") == letters


@pytest.mark.parametrize(("text", "yes"), [("My order 10005 went missing", "yes"), ("১০০০৫ নাম্বার অর্ডারটা মিসিং", "হ্যাঁ")])
def test_a_lost_parcel_of_some_worth_goes_to_a_person_who_knows_everything(
    shohay: Shohay, shop: Claims, text: str, yes: str
) -> None:
    customer = Customer(shohay.url)
    customer.ask(text)
    asked = customer.heard(customer.write("nusrat@example.com"))
    customer.heard(customer.press(asked[-1]["buttons"][0]["payload"]))
    customer.ask(shop.code(), count=2)
    customer.write(yes)
    eventually(lambda: customer.page()["status"] == "queued")
    assert shop.claims() == [("K10005-1", "package_lost", "open")]
    seen = Agent(shohay.url).conversation(customer.conversation_id)
    assert seen["reason"] == "package_lost" and seen["brief"]["verification"] == "verified"
    wished = seen["brief"]["known"]["wished"]
    assert "K10005-1" in wished and "replacement" in wished


@pytest.mark.parametrize(
    ("text", "yes", "word"),
    [
        ("double charge on my card for order 10003", "yes", "in your favour"),
        ("অর্ডার ১০০০৩ এর জন্য দুইবার চার্জ করা হয়েছে", "হ্যাঁ", "মঞ্জুর"),
    ],
)
def test_what_was_taken_twice_goes_back(shohay: Shohay, shop: Claims, text: str, yes: str, word: str) -> None:
    shop.pay_again("10003")
    before = shop.all()
    customer = Customer(shohay.url)
    customer.ask(text)
    customer.ask("jonas@example.com")
    customer.ask(shop.code(), count=2)
    assert word in customer.ask(yes)
    assert shop.claims() == [("K10003-1", "double_charged", "granted")]
    after = shop.all()
    assert {table for table in TABLES if after[table] != before[table]} == {"shop_claims", "shop_refunds"}


def test_a_charge_that_is_none_of_the_orders_goes_to_the_payments_team(shohay: Shohay, shop: Claims) -> None:
    customer = Customer(shohay.url)
    customer.ask("unknown transaction from your shop")
    customer.ask("10003")
    asked = customer.heard(customer.write("jonas@example.com"), count=2)
    customer.heard(customer.press(asked[-1]["buttons"][1]["payload"]))
    said = customer.ask("34.50 on card 4111 1111 1111 1111 yesterday", count=2)
    assert "card number" in said and "6-digit code" in said
    customer.ask(shop.code(), count=2)
    customer.write("yes")
    eventually(lambda: customer.page()["status"] == "queued")
    seen = Agent(shohay.url).conversation(customer.conversation_id)
    assert seen["reason"] == "unrecognised_charge" and "4111" not in str(seen)
    assert "4111" not in str(shop.rows("shop_claims")) and shop.claims()[0][2] == "open"


@pytest.mark.parametrize(
    ("text", "word"), [("no confirmation email", "once more"), ("কনফার্মেশন ইমেইল আসে নাই", "আবার পাঠানো হয়েছে")]
)
def test_the_confirmation_comes_once_more_to_the_orders_own_address(
    shohay: Shohay, shop: Claims, text: str, word: str
) -> None:
    before = shop.all()
    customer = Customer(shohay.url)
    customer.ask(text)
    customer.ask("10003")
    assert word in customer.ask("jonas@example.com", count=2)
    assert "10003" in shop.newest_letter() and shop.all() == before


def test_who_was_given_no_number_gets_a_person_who_knows_what_was_said(shohay: Shohay, shop: Claims) -> None:
    customer = Customer(shohay.url)
    customer.ask("Money left my account but there's no order number")
    customer.write("there was no order number")
    eventually(lambda: customer.page()["status"] == "queued")
    seen = Agent(shohay.url).conversation(customer.conversation_id)
    assert seen["reason"] == "order_not_confirmed"
    assert "Money left my account" in seen["brief"]["known"]["wished"]
