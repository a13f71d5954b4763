"""Invoices, late orders, silent tracking and past orders over HTTP, however typed; the shop stays as it was."""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import pypdfium2
import pytest
import sqlalchemy as sa
from running import Agent, Customer, Shohay, eventually

pytestmark = pytest.mark.model

JONAS, AMINA = "jonas@example.com", "amina@example.com"
PAID, SHIPPED = "10003", "10001"
TABLES = ("shop_orders", "shop_order_items", "shop_payments", "shop_refunds", "shop_returns", "shop_tracking_events")
# how somebody asks in each variant, and a word of the answer
# of two orders, since one is not sent to more than five times an hour
INVOICE = {
    "en": ("I need the invoice for order 10003", "as a PDF"),
    "bn": ("অর্ডার ১০০০৩ এর ইনভয়েস লাগবে", "ইনভয়েস PDF"),
    "bn-Latn": ("order 10003 er invoice lagbe", "ইনভয়েস PDF"),
    "hi": ("मुझे ऑर्डर 10003 का इनवॉइस चाहिए", "इनवॉइस PDF"),
    "hi-Latn": ("mujhe order 10003 ka invoice chahiye", "इनवॉइस PDF"),
    "es": ("necesito la factura de mi pedido 10002", "factura"),
    "fr": ("il me faut la facture de ma commande 10002", "facture"),
    "de": ("ich brauche die Rechnung für meine Bestellung 10002", "Rechnung"),
}
LATE = {
    "en": ("my order 10001 is late", "still on time"),
    "bn": ("আমার অর্ডার ১০০০১ আসতে দেরি হচ্ছে কেন", "সময়মতোই"),
    "bn-Latn": ("amar order 10001 aste deri hocche keno", "সময়মতোই"),
    "hi": ("मेरा ऑर्डर 10001 लेट क्यों है", "समय पर"),
    "hi-Latn": ("mera order 10001 late kyu hai", "समय पर"),
    "es": ("mi pedido 10001 se retrasa", "dentro de plazo"),
    "fr": ("ma commande 10001 est en retard", "dans les temps"),
    "de": ("meine Bestellung 10001 verspätet sich", "Zeitplan"),
}
SILENT = {
    "en": ("tracking of order 10001 is not updating", "There is nothing you need to do"),
    "bn": ("অর্ডার ১০০০১ এর ট্র্যাকিং আপডেট হচ্ছে না", "আপনাকে কিছু করতে হবে না"),
    "bn-Latn": ("order 10001 er tracking update hocche na", "আপনাকে কিছু করতে হবে না"),
    "hi": ("ऑर्डर 10001 की ट्रैकिंग अपडेट नहीं हो रही", "आपको कुछ करने की ज़रूरत नहीं"),
    "hi-Latn": ("order 10001 ki tracking update nahi ho rahi", "आपको कुछ करने की ज़रूरत नहीं"),
    "es": ("el seguimiento del pedido 10001 no se actualiza", "No tiene que hacer nada"),
    "fr": ("le suivi de la commande 10001 n’avance plus", "Vous n’avez rien à faire"),
    "de": ("die Sendungsverfolgung von Bestellung 10001 steht still", "Sie müssen nichts tun"),
}
HISTORY = {
    "en": ("show me all my past orders", "your latest orders"),
    "bn": ("আমার আগের সব অর্ডার দেখান", "সাম্প্রতিক অর্ডার"),
    "bn-Latn": ("amar ager sob order dekhan", "সাম্প্রতিক অর্ডার"),
    "hi": ("मेरे पिछले सभी ऑर्डर दिखाइए", "हाल के ऑर्डर"),
    "hi-Latn": ("mere pichle sare order dikhao", "हाल के ऑर्डर"),
    "es": ("quiero ver mis pedidos anteriores", "sus últimos pedidos"),
    "fr": ("je veux voir mes commandes passées", "vos dernières commandes"),
    "de": ("zeigen Sie mir meine bisherigen Bestellungen", "Ihre letzten Bestellungen"),
}
FILE = re.compile(r'href="(/mailbox/files/[^"]+)"')


class Tables:
    """The running demo's tables: read, and a parcel's and an order's days moved for a story."""

    def __init__(self, path: Path) -> None:
        self._engine = sa.create_engine(f"sqlite:///{path}")

    def all(self) -> dict[str, list[tuple[Any, ...]]]:
        with self._engine.connect() as connection:
            return {
                table: sorted(tuple(row) for row in connection.execute(sa.text(f"select * from {table}")))
                for table in TABLES
            }

    def code(self) -> str:
        """The code of the newest letter, once there is one."""
        statement = sa.text("select text from shop_mails order by at desc, id desc limit 1")

        def newest() -> Any:
            with self._engine.connect() as connection:
                return connection.execute(statement).scalar()

        found = re.search(r"^\d{6}$", str(eventually(newest)), re.MULTILINE)
        assert found
        return found[0]

    def clear(self) -> None:
        """No letters and no codes of the story before."""
        with self._engine.begin() as connection:
            for table in ("shop_mail_files", "shop_mails", "shop_codes"):
                connection.execute(sa.text(f"delete from {table}"))

    def move(self, due_in_days: int, heard_days_ago: int) -> None:
        """When order 10001 is due, and when its parcel was last heard of."""
        with self._engine.begin() as connection:
            connection.execute(
                sa.text("update shop_orders set expected_on = date('now', :due) where number = :number"),
                {"due": f"{due_in_days} days", "number": SHIPPED},
            )
            connection.execute(
                sa.text(
                    "update shop_tracking_events set at = datetime('now', :ago) || '.000000' where shipment_id in"
                    " (select s.id from shop_shipments s join shop_orders o on o.id = s.order_id"
                    " where o.number = :number)"
                ),
                {"ago": f"-{heard_days_ago} days", "number": SHIPPED},
            )

    def put_back(self, before: dict[str, list[tuple[Any, ...]]]) -> None:
        """The two tables whose days were moved, as they were."""
        with self._engine.begin() as connection:
            for table in ("shop_tracking_events", "shop_orders"):
                columns = [row[1] for row in connection.execute(sa.text(f"pragma table_info({table})"))]
                setting = ", ".join(f"{name} = :{name}" for name in columns if name != "id")
                for row in before[table]:
                    connection.execute(
                        sa.text(f"update {table} set {setting} where id = :id"), dict(zip(columns, row, strict=True))
                    )


@pytest.fixture
def tables(shohay: Shohay) -> Iterator[Tables]:
    made = Tables(Path(shohay.settings["DATABASE_URL"].removeprefix("sqlite+aiosqlite:///")))
    before = made.all()
    made.clear()
    yield made
    made.put_back(before)
    made.clear()


@pytest.mark.parametrize("variant", INVOICE)
def test_an_invoice_lies_in_the_mailbox_and_the_shop_is_as_it_was(shohay: Shohay, tables: Tables, variant: str) -> None:
    before = tables.all()
    customer = Customer(shohay.url)
    customer.ask(INVOICE[variant][0])
    number, owner = ("10002", AMINA) if "10002" in INVOICE[variant][0] else (PAID, JONAS)
    told = customer.ask(owner)
    assert INVOICE[variant][1] in told and f"{owner[0]}•••@example.com" in told
    (link,) = FILE.findall(httpx.get(f"{shohay.url}/mailbox").text)
    file = httpx.get(f"{shohay.url}{link}")
    assert file.headers["content-type"] == "application/pdf"
    assert file.headers["content-disposition"].startswith("attachment")
    pdf = pypdfium2.PdfDocument(BytesIO(file.content))
    assert number in pdf[0].get_textpage().get_text_range()
    assert tables.all() == before


def test_an_invoice_of_somebody_else_is_answered_like_one_that_is_missing(shohay: Shohay, tables: Tables) -> None:
    replies = []
    for number in (PAID, "99999"):
        customer = Customer(shohay.url)
        customer.ask(f"I need the invoice for order {number}")
        replies.append(customer.ask(AMINA))
    assert replies[0] == replies[1]
    assert FILE.findall(httpx.get(f"{shohay.url}/mailbox").text) == []


@pytest.mark.parametrize("variant", LATE)
def test_an_order_that_is_not_late_yet_is_told_with_its_day(shohay: Shohay, tables: Tables, variant: str) -> None:
    tables.move(due_in_days=3, heard_days_ago=0)
    customer = Customer(shohay.url)
    customer.ask(LATE[variant][0])
    assert LATE[variant][1] in customer.ask(AMINA)


@pytest.mark.parametrize(("variant", "word"), [("en", "too long"), ("bn", "এত দেরি হওয়ার কথা নয়")])
def test_who_has_waited_too_long_may_report_a_loss(shohay: Shohay, tables: Tables, variant: str, word: str) -> None:
    tables.move(due_in_days=-20, heard_days_ago=10)
    customer = Customer(shohay.url)
    customer.ask(LATE[variant][0])
    (said,) = customer.heard(customer.write(AMINA))
    assert word in said["text"]
    assert {"/package_lost", "/human_agent"} <= {button["payload"] for button in said["buttons"]}


@pytest.mark.parametrize("variant", SILENT)
def test_fresh_news_is_told_as_usual(shohay: Shohay, tables: Tables, variant: str) -> None:
    tables.move(due_in_days=3, heard_days_ago=0)
    customer = Customer(shohay.url)
    customer.ask(SILENT[variant][0])
    assert SILENT[variant][1] in customer.ask(AMINA)


@pytest.mark.parametrize(("variant", "word"), [("en", "too long"), ("bn", "এত দেরি হওয়ার কথা নয়")])
def test_a_parcel_that_is_silent_too_long_goes_to_a_person_who_sees_what_to_ask(
    shohay: Shohay, tables: Tables, variant: str, word: str
) -> None:
    tables.move(due_in_days=3, heard_days_ago=9)
    customer = Customer(shohay.url)
    customer.ask(SILENT[variant][0])
    assert word in customer.ask(AMINA)
    eventually(lambda: customer.page()["status"] == "queued")
    seen = Agent(shohay.url).conversation(customer.conversation_id)
    assert seen["reason"] == "tracking_not_updating"
    assert "about parcel" in str(seen["brief"]["known"])


@pytest.mark.parametrize("variant", HISTORY)
def test_past_orders_are_listed_after_a_code_and_one_is_told_by_its_button(
    shohay: Shohay, tables: Tables, variant: str
) -> None:
    before = tables.all()
    customer = Customer(shohay.url)
    customer.ask(HISTORY[variant][0])
    customer.ask(SHIPPED)
    customer.ask(AMINA)
    (said,) = customer.heard(customer.write(tables.code()))
    assert HISTORY[variant][1] in said["text"]
    assert SHIPPED in said["text"] and "10002" in said["text"] and PAID not in said["text"]
    (answer,) = customer.heard(customer.press(said["buttons"][-1]["payload"]))
    assert said["buttons"][-1]["title"][:5] in answer["text"]
    assert tables.all() == before


def test_a_wrong_code_lists_nothing_and_a_question_in_between_is_answered(shohay: Shohay, tables: Tables) -> None:
    customer = Customer(shohay.url)
    customer.ask(f"show me all my past orders, my email is {AMINA}")
    customer.ask(SHIPPED)
    right = tables.code()
    assert "not the code" in customer.ask("000000" if right != "000000" else "111111", count=2)
    said = customer.heard(customer.write("how long do refunds take"), count=2)
    assert "5–10 days" in said[0]["text"] and "6-digit code" in said[1]["text"]
    assert "latest orders" in customer.ask(right)
