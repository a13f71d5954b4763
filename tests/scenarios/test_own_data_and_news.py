"""A customer's own data by chat, and news of their orders, over HTTP in every way of typing; the database is looked at
before and after."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
import sqlalchemy as sa
from running import Agent, Customer, Shohay, demo_settings, eventually

pytestmark = pytest.mark.model

AMINA, JONAS = "amina@example.com", "jonas@example.com"
SECRET = "what the shop and the chat of these tests share"
YES = {"en": "yes", "bn": "হ্যাঁ", "hi": "हाँ", "es": "sí", "fr": "oui", "de": "ja"}
# how somebody says it in each variant, with a word of the answer once it is done
COPIES = {
    "en": ("I want a copy of my personal data", "has been sent to"),
    "bn": ("আমার ব্যক্তিগত তথ্যের একটি কপি চাই", "পাঠানো হয়েছে"),
    "bn-Latn": ("amar personal data er copy chai", "পাঠানো হয়েছে"),
    "hi": ("मुझे अपने डेटा की कॉपी चाहिए", "भेज दी गई है"),
    "hi-Latn": ("mera data export karna hai", "भेज दी गई है"),
    "es": ("Quiero una copia de mis datos personales", "se ha enviado a"),
    "fr": ("Je veux une copie de mes données personnelles", "a été envoyée à"),
    "de": ("Ich möchte eine Kopie meiner persönlichen Daten", "ist an"),
}
ERASURES = {
    "en": ("I want all my data erased", "will be erased"),
    "bn": ("আমার সব তথ্য মুছে ফেলতে চাই", "মুছে যাবে"),
    "bn-Latn": ("amar shob data delete koren", "মুছে যাবে"),
    "hi": ("मेरा सारा डेटा डिलीट कर दीजिए", "मिटा दी जाएगी"),
    "hi-Latn": ("mera sara data delete karo", "मिटा दी जाएगी"),
    "es": ("quiero que borren todos mis datos", "se borrará"),
    "fr": ("je veux supprimer toutes mes données", "sera effacé"),
    "de": ("ich möchte, dass alle meine Daten gelöscht werden", "gelöscht"),
}
# of an order on its way, and a word of the offer
ORDERS = {
    "en": ("Where is my order 10001?", "Shall I write to you here", "is on its way"),
    "bn": ("আমার অর্ডার ১০০০১ কোথায়?", "এখানে আপনাকে জানাব", "পথে আছে"),
    "bn-Latn": ("amar order 10001 kothay", "এখানে আপনাকে জানাব", "পথে আছে"),
    "hi": ("मेरा ऑर्डर 10001 कहाँ है?", "यहीं बता दिया जाए", "भेज दिया गया है"),
    "hi-Latn": ("mera order 10001 kahan hai", "यहीं बता दिया जाए", "भेज दिया गया है"),
    "es": ("¿Dónde está mi pedido 10001?", "le avise aquí", "está en camino"),
    "fr": ("Où est ma commande 10001 ?", "je vous écrive ici", "est en route"),
    "de": ("Wo ist meine Bestellung 10001?", "Ihnen hier schreiben", "ist unterwegs"),
}
OF_THE_SHOP = ("shop_orders", "shop_payments", "shop_refunds", "shop_returns", "shop_order_items", "shop_changes")


class Tables:
    """The running demo's database."""

    def __init__(self, shohay: Shohay) -> None:
        path = shohay.settings["DATABASE_URL"].removeprefix("sqlite+aiosqlite:///")
        self._engine = sa.create_engine(f"sqlite:///{path}")

    def rows(self, table: str) -> list[dict[str, Any]]:
        with self._engine.connect() as connection:
            return [dict(row) for row in connection.execute(sa.text(f"select * from {table}")).mappings()]

    def shop(self) -> dict[str, list[str]]:
        return {table: sorted(map(str, self.rows(table))) for table in OF_THE_SHOP}

    def do(self, statement: str, **values: Any) -> None:
        with self._engine.begin() as connection:
            connection.execute(sa.text(statement), values)

    def found(self, word: str) -> list[str]:
        """The tables in which a word stands."""
        with self._engine.connect() as connection:
            names = connection.execute(sa.text("select name from sqlite_master where type = 'table'")).scalars().all()
        return [name for name in names if word in str(self.rows(name))]

    def of_proved(self) -> set[str]:
        """The conversations of the contacts who have proved something."""
        proved = {row["contact_id"] for row in self.rows("contact_proofs")}
        return {row["id"] for row in self.rows("conversations") if row["contact_id"] in proved}

    def code(self) -> str:
        """The code of the newest letter, once there is one."""

        def look() -> str | None:
            letters = sorted(self.rows("shop_mails"), key=lambda letter: (letter["at"], letter["id"]))
            found = re.search(r"^\d{6}$", letters[-1]["text"], re.MULTILINE) if letters else None
            return found[0] if found else None

        return str(eventually(look))


@pytest.fixture(scope="module")
def open_to_news(tmp_path_factory: pytest.TempPathFactory, models_dir: Path) -> Iterator[Shohay]:
    """A demo whose shop says what happens to orders."""
    folder = tmp_path_factory.mktemp("news")
    settings = demo_settings(folder, models_dir) | {"SHOP_EVENTS_SECRET": SECRET}
    running = Shohay(settings, folder / "log").start().ready()
    yield running
    running.stop()


@pytest.fixture
def tables(open_to_news: Shohay) -> Iterator[Tables]:
    made = Tables(open_to_news)
    yield made
    for table in ("shop_codes", "shop_mail_files", "shop_mails", "followed_orders", "order_news"):
        made.do(f"delete from {table}")


def to_the_yes(shohay: Shohay, tables: Tables, wish: str, summary: int = 2) -> Customer:
    """A customer who has typed the code and read what is about to be done."""
    customer = Customer(shohay.url)
    customer.ask(wish)
    customer.ask("10003")
    customer.ask(JONAS)
    customer.ask(tables.code(), count=summary)
    return customer


@pytest.mark.parametrize("variant", COPIES)
def test_a_copy_of_everything_comes_by_e_mail(open_to_news: Shohay, tables: Tables, variant: str) -> None:
    wish, done = COPIES[variant]
    before = tables.shop()
    customer = to_the_yes(open_to_news, tables, wish)
    assert tables.rows("shop_mail_files") == []
    told = customer.ask(YES[variant.split("-")[0]])
    assert done in told and "j•••@example.com" in told
    html, plain = sorted(tables.rows("shop_mail_files"), key=lambda file: str(file["name"]))
    assert (html["name"], plain["name"]) == ("data.html", "data.json")
    # with it come other chats in which a code from the same mail was typed, and none besides
    told_of = {one["id"]: one for one in json.loads(plain["content"])["conversations"]}
    assert told_of.keys() <= tables.of_proved()
    conversation = told_of[customer.conversation_id]
    assert wish in [message["text"] for message in conversation["messages"]]
    assert tables.shop() == before


@pytest.mark.parametrize("variant", ERASURES)
def test_everything_is_erased_and_the_chat_begins_anew(open_to_news: Shohay, tables: Tables, variant: str) -> None:
    wish, done = ERASURES[variant]
    before = tables.shop()
    customer = to_the_yes(open_to_news, tables, wish)
    assert tables.rows("due_erasures") == []
    assert done in customer.ask(YES[variant.split("-")[0]])
    assert len(tables.rows("due_erasures")) == 1
    assert customer.page()["messages"]  # what was said last can still be read
    tables.do("update due_erasures set due_at = '2026-01-01 00:00:00.000000'")
    eventually(lambda: customer.conversation_id not in str(tables.rows("conversations")))
    assert tables.found(customer.conversation_id) == ["events"]  # the word that it is gone
    answer = customer.post({"client_id": str(uuid4()), "text": "hello?"})
    assert answer.status_code == 401
    assert tables.shop() == before
    assert {row["conversation"] for row in tables.rows("shop_codes")} == {"erased"}


@pytest.mark.parametrize("wish", [COPIES["en"][0], ERASURES["en"][0], ERASURES["bn"][0]])
def test_a_no_leaves_everything_and_somebody_elses_order_gets_no_letter(
    open_to_news: Shohay, tables: Tables, wish: str
) -> None:
    customer = to_the_yes(open_to_news, tables, wish)
    customer.ask("no")
    assert tables.rows("due_erasures") == tables.rows("shop_mail_files") == []
    letters = len(tables.rows("shop_mails"))
    other = Customer(open_to_news.url)
    other.ask(wish)
    other.ask("10003")
    other.ask(AMINA)
    assert len(tables.rows("shop_mails")) == letters


# news


def post(shohay: Shohay, **event: Any) -> httpx.Response:
    """An event as the shop signs it, of a place where it is noon."""
    # Etc/GMT+3 is three hours behind UTC
    zone = f"Etc/GMT{datetime.now(UTC).hour - 12:+d}"
    content = {
        "id": str(uuid4()),
        "kind": "shipped",
        "order_number": "10001",
        "customer": {"email": AMINA, "time_zone": zone},
        "at": datetime.now(UTC).isoformat(),
        **event,
    }
    body, moment = json.dumps(content).encode(), str(int(time.time()))
    digest = hmac.new(SECRET.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    headers = {"X-Shohay-Signature": f"t={moment},v1={digest}"}
    return httpx.post(f"{shohay.url}/api/shop/events", content=body, headers=headers, timeout=15)


def agreed(shohay: Shohay, tables: Tables, variant: str = "en") -> Customer:
    """A customer who was asked, typed a yes, and has been silent for an hour."""
    wish, offer, _ = ORDERS[variant]
    customer = Customer(shohay.url)
    customer.ask(wish)
    assert offer in customer.ask(AMINA, count=2)
    customer.ask(YES[variant.split("-")[0]])
    silent(tables, customer)
    return customer


def silent(tables: Tables, customer: Customer) -> None:
    long_ago = (datetime.now(UTC) - timedelta(hours=1)).replace(tzinfo=None).isoformat(" ", "microseconds")
    tables.do(
        "update messages set created_at = :at where conversation_id = :id", at=long_ago, id=customer.conversation_id
    )


def newest(customer: Customer) -> dict[str, Any]:
    return dict(customer.page()["messages"][-1])


@pytest.mark.parametrize("variant", ORDERS)
def test_who_agreed_is_told_once_and_in_their_language(open_to_news: Shohay, tables: Tables, variant: str) -> None:
    customer = agreed(open_to_news, tables, variant)
    last = newest(customer)["seq"]
    name, at = str(uuid4()), datetime.now(UTC).isoformat()
    answers = [post(open_to_news, id=name, at=at) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [201, 200, 200]
    assert {answer.text for answer in answers} == {answers[0].text} and answers[0].json()["will_tell"]
    (told,) = customer.heard(last)
    assert ORDERS[variant][2] in told["text"] and "10001" in told["text"].translate(_PLAIN)
    assert told["author"] == "bot"
    time.sleep(3)
    assert newest(customer)["seq"] == told["seq"]


_PLAIN = str.maketrans("০১২৩৪৫৬৭৮৯०१२३४५६७८९", "01234567890123456789")


def test_the_button_under_it_ends_it(open_to_news: Shohay, tables: Tables) -> None:
    customer = agreed(open_to_news, tables)
    last = newest(customer)["seq"]
    post(open_to_news)
    (told,) = customer.heard(last)
    stop = told["buttons"][-1]
    assert stop["title"] == "Stop these messages"
    assert "not write to you here on my own" in customer.heard(customer.press(stop["payload"]))[0]["text"]
    silent(tables, customer)
    assert post(open_to_news, kind="delivered").json()["will_tell"] is False


def test_stop_writing_me_ends_it_too(open_to_news: Shohay, tables: Tables) -> None:
    customer = agreed(open_to_news, tables)
    assert "not write to you here on my own" in customer.ask("unsubscribe", count=2)
    assert post(open_to_news).json()["will_tell"] is False


def test_who_says_no_or_nothing_is_told_nothing(open_to_news: Shohay, tables: Tables) -> None:
    for answer in ("no", None):
        customer = Customer(open_to_news.url)
        customer.ask(ORDERS["en"][0])
        customer.ask(AMINA, count=2)
        if answer:
            assert "not write to you here on my own" in customer.ask(answer)
        assert not [row for row in tables.rows("followed_orders") if row["conversation_id"] == customer.conversation_id]


def test_while_a_person_has_it_they_get_a_note_and_the_customer_nothing(open_to_news: Shohay, tables: Tables) -> None:
    customer, agent = agreed(open_to_news, tables), Agent(open_to_news.url)
    customer.ask("I want to talk to a human please")
    agent.do(customer.conversation_id, "claim")
    silent(tables, customer)
    last = customer.heard(0, "system")[-1]["seq"]
    assert post(open_to_news, kind="delivered").json()["will_tell"]

    def note() -> list[str]:
        found = agent.conversation(customer.conversation_id)["messages"]
        return [one["text"] for one in found if one["private"] and "has been delivered" in one["text"]]

    assert len(eventually(note)) == 1
    assert [one for one in customer.page(last)["messages"] if "delivered" in one["text"]] == []


def test_nobody_else_signs_for_the_shop(open_to_news: Shohay, tables: Tables) -> None:
    before = tables.rows("order_news")
    answer = httpx.post(f"{open_to_news.url}/api/shop/events", content=b"{}", timeout=15)
    assert answer.status_code == 401
    assert tables.rows("order_news") == before
