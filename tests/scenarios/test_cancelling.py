"""Cancelling an order over HTTP, with the shop's tables looked at before and after, in every way of typing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from running import Agent, Customer, Shohay, eventually

pytestmark = pytest.mark.model

OWNER = "jonas@example.com"
# how somebody says it in each variant, and a word of the answer once it is done
WISHES = {
    "en": ("I want to cancel order 10003", "is cancelled"),
    "bn": ("আমার অর্ডার ১০০০৩ বাতিল করতে চাই", "বাতিল করা হয়েছে"),
    "bn-Latn": ("amar order 10003 cancel korte chai", "বাতিল করা হয়েছে"),
    "hi": ("मुझे ऑर्डर 10003 कैंसिल करना है", "कैंसिल कर दिया गया"),
    "hi-Latn": ("mujhe order 10003 cancel karna hai", "कैंसिल कर दिया गया"),
    "es": ("quiero cancelar mi pedido 10003", "está cancelado"),
    "fr": ("je veux annuler ma commande 10003", "est annulée"),
    "de": ("ich möchte meine Bestellung 10003 stornieren", "ist storniert"),
}
YES = {"en": "yes", "bn": "হ্যাঁ", "hi": "हाँ", "es": "sí", "fr": "oui", "de": "ja"}
TABLES = ("shop_orders", "shop_payments", "shop_refunds", "shop_returns", "shop_order_items", "shop_shipments")


class Shop:
    """The running demo's shop, read, and put back to how it was between stories."""

    def __init__(self, path: Path) -> None:
        self._engine = sa.create_engine(f"sqlite:///{path}")

    def rows(self, table: str) -> list[tuple[Any, ...]]:
        with self._engine.connect() as connection:
            return sorted(tuple(row) for row in connection.execute(sa.text(f"select * from {table}")))

    def all(self) -> dict[str, list[tuple[Any, ...]]]:
        return {table: self.rows(table) for table in TABLES}

    def state(self, number: str) -> str:
        return str(self._one("select state from shop_orders where number = :number", number=number))

    def code(self) -> str:
        """The code of the newest letter, once there is one."""
        text = eventually(lambda: self._one("select text from shop_mails order by at desc, id desc limit 1"))
        found = re.search(r"^\d{6}$", str(text), re.MULTILINE)
        assert found, text
        return found[0]

    def letters(self) -> int:
        return len(self.rows("shop_mails"))

    def restore(self) -> None:
        """Order 10003 as the demo made it."""
        with self._engine.begin() as connection:
            order = connection.execute(sa.text("select id from shop_orders where number = '10003'")).scalar()
            connection.execute(sa.text("update shop_orders set state = 'processing' where id = :id"), {"id": order})
            for table in ("shop_refunds", "shop_changes", "shop_codes"):
                connection.execute(sa.text(f"delete from {table} where order_id = :id"), {"id": order})
            connection.execute(sa.text("delete from shop_mails"))

    def _one(self, statement: str, **values: str) -> Any:
        with self._engine.connect() as connection:
            return connection.execute(sa.text(statement), values).scalar()


@pytest.fixture
def shop(shohay: Shohay) -> Iterator[Shop]:
    made = Shop(Path(shohay.settings["DATABASE_URL"].removeprefix("sqlite+aiosqlite:///")))
    yield made
    made.restore()


@pytest.fixture
def to_the_code(shohay: Shohay, shop: Shop) -> Callable[[str], Customer]:
    """A customer who has said what they want and whose order it is."""

    def start(variant: str = "en") -> Customer:
        customer = Customer(shohay.url)
        customer.ask(WISHES[variant][0])
        customer.ask(OWNER)
        return customer

    return start


@pytest.mark.parametrize("variant", WISHES)
def test_after_a_code_and_a_yes_one_order_is_cancelled_and_nothing_else(
    to_the_code: Callable[[str], Customer], shop: Shop, variant: str
) -> None:
    before = shop.all()
    customer = to_the_code(variant)
    assert shop.all() == before
    summary = customer.ask(shop.code(), count=2)
    assert "10003" in summary and shop.all() == before
    language = variant.split("-")[0]
    told = customer.ask(YES[language])
    assert WISHES[variant][1] in told and "C10003-1" in told
    after = shop.all()
    assert shop.state("10003") == "cancelled"
    changed = {table for table in TABLES if after[table] != before[table]}
    assert changed <= {"shop_orders", "shop_payments", "shop_refunds"}
    assert len(set(after["shop_orders"]) - set(before["shop_orders"])) == 1
    (change,) = shop.rows("shop_changes")
    assert customer.conversation_id in change


def test_a_no_leaves_everything_as_it_was(to_the_code: Callable[[str], Customer], shop: Shop) -> None:
    before = shop.all()
    customer = to_the_code("en")
    customer.ask(shop.code(), count=2)
    assert "left everything" in customer.ask("no")
    assert shop.all() == before
    assert "left everything" not in customer.ask("yes")
    assert shop.state("10003") == "processing"


def test_everything_at_once_is_understood_and_an_faq_in_between_changes_nothing(shohay: Shohay, shop: Shop) -> None:
    customer = Customer(shohay.url)
    customer.ask(f"cancel order 10003 please, my email is {OWNER}")
    said = customer.heard(customer.write("how long do refunds take"), count=2)
    assert "5–10 days" in said[0]["text"] and "6-digit code" in said[1]["text"]
    summary = customer.ask(shop.code(), count=2)
    assert "10003" in summary
    said = customer.heard(customer.write("How much is delivery?"), count=3)
    assert "$2" in said[0]["text"] and "10003" in said[1]["text"]
    assert "is cancelled" in customer.ask("yes")


def test_the_buttons_say_yes_and_no(to_the_code: Callable[[str], Customer], shop: Shop) -> None:
    customer = to_the_code("en")
    asked = customer.heard(customer.write(shop.code()), count=2)[-1]
    assert [button["title"] for button in asked["buttons"]] == ["Yes", "No"]
    done = customer.heard(customer.press(asked["buttons"][0]["payload"]))[0]
    assert "is cancelled" in done["text"]


def test_somebody_elses_order_gets_no_letter_and_the_answer_that_a_missing_one_gets(shohay: Shohay, shop: Shop) -> None:
    replies = []
    for number in ("10003", "99999"):
        customer = Customer(shohay.url)
        customer.ask(f"cancel order {number}")
        replies.append(customer.ask("amina@example.com"))
    assert replies[0] == replies[1]
    assert shop.letters() == 0


def test_a_shipped_order_is_not_cancelled_and_a_return_is_offered(shohay: Shohay, shop: Shop) -> None:
    customer = Customer(shohay.url)
    customer.ask("cancel order 10001")
    said = customer.heard(customer.write("amina@example.com"))[0]
    assert "can no longer be cancelled" in said["text"]
    assert "/start_return" in [button["payload"] for button in said["buttons"]]
    assert shop.state("10001") == "shipped" and shop.letters() == 0


def test_five_wrong_codes_bring_a_person_who_sees_that_nobody_is_verified(
    shohay: Shohay, to_the_code: Callable[[str], Customer], shop: Shop
) -> None:
    customer = to_the_code("en")
    right = shop.code()
    wrong = "000000" if right != "000000" else "111111"
    for _ in range(4):
        assert "not the code" in customer.ask(wrong, count=2)
    customer.write(wrong)
    eventually(lambda: customer.page()["status"] == "queued")
    seen = Agent(shohay.url).conversation(customer.conversation_id)
    assert seen["reason"] == "verification_failed" and seen["brief"]["verification"] == "matched"
    assert shop.state("10003") == "processing"


def test_who_has_typed_the_code_is_verified_at_the_desk(
    shohay: Shohay, to_the_code: Callable[[str], Customer], shop: Shop
) -> None:
    customer = to_the_code("en")
    code = shop.code()
    customer.ask(code, count=2)
    customer.write("I want to talk to a human please")
    eventually(lambda: customer.page()["status"] == "queued")
    brief = Agent(shohay.url).conversation(customer.conversation_id)["brief"]
    assert brief["verification"] == "verified"
    assert code not in str(brief["known"])
