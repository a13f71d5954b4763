"""Returning and exchanging over HTTP, with the shop's tables looked at before and after, in every way of typing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from running import Agent, Customer, Shohay, eventually

pytestmark = pytest.mark.model

# one dress, which came a fortnight ago
NUMBER, OWNER = "10162", "rezaul@example.com"
# how somebody says it in each variant, and a word of the answer once it is done
WISHES = {
    "en": (f"I want to return order {NUMBER}", "is set up"),
    "bn": ("অর্ডার ১০১৬২ রিটার্ন করতে চাই", "চালু করা হয়েছে"),
    "bn-Latn": (f"order {NUMBER} return korte chai", "চালু করা হয়েছে"),
    "hi": (f"मुझे ऑर्डर {NUMBER} रिटर्न करना है", "दर्ज कर दिया गया"),
    "hi-Latn": (f"mujhe order {NUMBER} return karna hai", "दर्ज कर दिया गया"),
    "es": (f"quiero devolver el pedido {NUMBER}", "está registrada"),
    "fr": (f"je veux retourner la commande {NUMBER}", "est enregistré"),
    "de": (f"ich möchte Bestellung {NUMBER} zurückgeben", "ist angelegt"),
}
EXCHANGES = {
    "en": (f"I want to exchange order {NUMBER} for a bigger size", "one size bigger", "your exchange", "set up"),
    "bn": ("অর্ডার ১০১৬২ বদলে বড় সাইজ নিতে চাই", "এক সাইজ বড়", "বদলের ব্যবস্থা", "করা হয়েছে"),
}
REFUNDS = {
    "en": ("where is my refund for order 10002?", "R10002-1"),
    "bn": ("আমার অর্ডার ১০০০২ এর রিফান্ড কোথায়?", "R10002-1"),
}
YES = {"en": "yes", "bn": "হ্যাঁ", "hi": "हाँ", "es": "sí", "fr": "oui", "de": "ja"}
TABLES = ("shop_orders", "shop_payments", "shop_refunds", "shop_returns", "shop_return_items", "shop_changes")


class Tables:
    """The running demo's shop, read, and put back to how it was between stories."""

    def __init__(self, path: Path) -> None:
        self._engine = sa.create_engine(f"sqlite:///{path}")

    def rows(self, table: str) -> list[tuple[Any, ...]]:
        return self._all(f"select * from {table}")

    def all(self) -> dict[str, list[tuple[Any, ...]]]:
        return {table: self.rows(table) for table in TABLES}

    def opened(self) -> list[tuple[Any, ...]]:
        """The returns of the order: number, state, reason, and what is wanted instead."""
        of_order = "order_id = (select id from shop_orders where number = :number)"
        return self._all(
            f"select number, state, reason, exchange_for from shop_returns where {of_order}", number=NUMBER
        )

    def code(self) -> str:
        """The code of the newest letter, once there is one."""
        newest = "select text from shop_mails order by at desc, id desc limit 1"
        ((text,),) = eventually(lambda: self._all(newest))
        found = re.search(r"^\d{6}$", str(text), re.MULTILINE)
        assert found, text
        return found[0]

    def labels(self) -> list[tuple[Any, ...]]:
        """What went with the letters."""
        return self._all("select content from shop_mail_files")

    def restore(self) -> None:
        """The order as the demo made it."""
        with self._engine.begin() as connection:
            order = connection.execute(sa.text("select id from shop_orders where number = :n"), {"n": NUMBER}).scalar()
            returned = "return_id in (select id from shop_returns where order_id = :id)"
            connection.execute(sa.text(f"delete from shop_return_items where {returned}"), {"id": order})
            for table in ("shop_returns", "shop_changes", "shop_codes"):
                connection.execute(sa.text(f"delete from {table} where order_id = :id"), {"id": order})
            for table in ("shop_mail_files", "shop_mails"):
                connection.execute(sa.text(f"delete from {table}"))

    def _all(self, statement: str, **values: str) -> list[tuple[Any, ...]]:
        with self._engine.connect() as connection:
            return sorted(tuple(row) for row in connection.execute(sa.text(statement), values))


@pytest.fixture
def shop(shohay: Shohay) -> Iterator[Tables]:
    made = Tables(Path(shohay.settings["DATABASE_URL"].removeprefix("sqlite+aiosqlite:///")))
    made.restore()
    yield made
    made.restore()


def press(customer: Customer, buttons: list[dict[str, Any]], at: int) -> dict[str, Any]:
    """Presses one of the buttons; what is said then."""
    return customer.heard(customer.press(buttons[at]["payload"]))[-1]


def asked_why(shohay: Shohay, wish: str) -> tuple[Customer, list[dict[str, Any]]]:
    """A customer who has said what they want and whose order it is, and the buttons with the reasons."""
    customer = Customer(shohay.url)
    customer.ask(wish)
    buttons = customer.heard(customer.write(OWNER))[0]["buttons"]
    assert len(buttons) == 8
    return customer, buttons


@pytest.mark.parametrize("variant", WISHES)
def test_after_reason_code_and_yes_one_return_is_opened_and_nothing_else(
    shohay: Shohay, shop: Tables, variant: str
) -> None:
    before = shop.all()
    customer, reasons = asked_why(shohay, WISHES[variant][0])
    outcome = press(customer, reasons, 3)
    assert len(outcome["buttons"]) == 2
    press(customer, outcome["buttons"], 0)
    summary = customer.ask(shop.code(), count=2)
    assert NUMBER in summary and shop.all() == before
    told = customer.ask(YES[variant.split("-")[0]])
    assert WISHES[variant][1] in told and f"R{NUMBER}-1" in told
    assert shop.opened() == [(f"R{NUMBER}-1", "label_sent", "changed_mind", None)]
    after = shop.all()
    assert {table for table in TABLES if after[table] != before[table]} == {
        "shop_returns",
        "shop_return_items",
        "shop_changes",
    }
    ((label,),) = shop.labels()
    assert label.startswith(b"%PDF")
    (change,) = set(after["shop_changes"]) - set(before["shop_changes"])
    assert customer.conversation_id in change


@pytest.mark.parametrize("language", EXCHANGES)
def test_an_exchange_is_opened_for_what_the_customer_names(shohay: Shohay, shop: Tables, language: str) -> None:
    wish, instead, told, done = EXCHANGES[language]
    customer, reasons = asked_why(shohay, wish)
    press(customer, reasons, 0)
    customer.ask(instead)
    summary = customer.ask(shop.code(), count=2)
    assert instead in summary
    answer = customer.ask(YES[language])
    assert told in answer and done in answer and instead in answer
    assert shop.opened() == [(f"R{NUMBER}-1", "label_sent", "too_small", instead)]
    assert f"R{NUMBER}-1" in customer.ask(
        {"en": "where is my return?", "bn": "আমি যে রিটার্ন পাঠিয়েছি সেটা কি আপনারা পেয়েছেন?"}[language]
    )


@pytest.mark.parametrize("language", ["en", "bn"])
def test_a_no_opens_nothing_and_an_faq_in_between_neither(shohay: Shohay, shop: Tables, language: str) -> None:
    before = shop.all()
    customer, reasons = asked_why(shohay, WISHES[language][0])
    asked = {"en": "how long do refunds take", "bn": "রিফান্ড পেতে কতদিন লাগে"}[language]
    said = customer.heard(customer.write(asked), count=2)
    assert len(said[1]["buttons"]) == 8  # the reason is asked for again
    outcome = press(customer, reasons, 5)
    press(customer, outcome["buttons"], 0)
    customer.ask(shop.code(), count=2)
    customer.ask({"en": "no", "bn": "না"}[language])
    assert (shop.all(), shop.opened()) == (before, [])


@pytest.mark.parametrize("language", REFUNDS)
def test_money_for_a_return_on_its_way_is_told(shohay: Shohay, shop: Tables, language: str) -> None:
    before = shop.all()
    customer = Customer(shohay.url)
    customer.ask(REFUNDS[language][0])
    assert REFUNDS[language][1] in customer.ask("amina@example.com")
    assert shop.all() == before


def test_an_order_that_is_on_its_way_cannot_be_returned_yet(shohay: Shohay, shop: Tables) -> None:
    customer = Customer(shohay.url)
    customer.ask("I want to return order 10001")
    said = customer.heard(customer.write("amina@example.com"))[0]
    assert "not with you yet" in said["text"]
    assert "/order_status" in [button["payload"] for button in said["buttons"]]
    assert shop.rows("shop_mails") == []


def test_who_asks_for_a_person_at_the_code_is_handed_over_with_all_that_was_said(shohay: Shohay, shop: Tables) -> None:
    customer, reasons = asked_why(shohay, WISHES["en"][0])
    outcome = press(customer, reasons, 3)
    press(customer, outcome["buttons"], 0)
    customer.write("I want to talk to a human please")
    eventually(lambda: customer.page()["status"] == "queued")
    brief = Agent(shohay.url).conversation(customer.conversation_id)["brief"]
    assert "changed_mind" in str(brief["known"])
    assert shop.opened() == []
