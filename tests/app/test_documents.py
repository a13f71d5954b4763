"""What is printed: the order's own numbers, in the customer's language and letters, with a code that scans."""

from __future__ import annotations

import dataclasses
import re
from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import pytest
import yaml
from documents_testing import LETTERS, PAID, ROOT, UNPAID, invoice, label, needs_fonts, orders, pages, read, scanned

from actions.post import Document, DocumentKind
from actions.shop.backend import Money, Order, PaymentMethod, PaymentState, Refund, RefundState
from app.documents.fonts import Fonts, NoFont
from app.documents.invoice import vat
from app.documents.printer import Printed, Printer
from bot.content.live import LiveWords

PHRASES = yaml.safe_load((ROOT / "data" / "phrases" / "documents.yml").read_text(encoding="utf-8"))
SHOP = yaml.safe_load((ROOT / "data" / "shop.yml").read_text(encoding="utf-8"))
LANGUAGES = tuple(SHOP["languages"])
TITLES = {
    "en": "Invoice 10002",
    "bn": "ইনভয়েস 10002",
    "hi": "इनवॉइस 10002",
    "es": "Factura 10002",
    "fr": "Facture 10002",
    "de": "Rechnung 10002",
}


@pytest.fixture(scope="module")
def printer() -> Printer:
    return Printer(LiveWords(ROOT / "data", "Asia/Dhaka"), Fonts())


def bare(text: str) -> str:
    """A text without spaces: extracting a PDF's text guesses them."""
    return re.sub(r"\s", "", text)


def test_an_invoice_names_the_shop_the_customer_the_items_and_the_money(printer: Printer) -> None:
    order, text = orders()[PAID], read(printer.print(invoice(), "en").content)
    assert order.address is not None
    for part in (
        "Nodi Store", "House 12, Road 7", "help@nodi.example", "Invoice 10002", order.customer.name,
        order.address.street, order.city["en"], "Bangladesh", order.customer.email,
        "Wireless earbuds", "NS-401", "BDT 2,490", "Clay tea set", "BDT 1,350", "BDT 130", "BDT 3,970",
        "7.5%", "BDT 276.98", "paid (card)",
    ):  # fmt: skip
        assert bare(part) in bare(text), part
    placed = order.placed_at.date()
    assert bare(f"Ordered: {placed:%B} {placed.day}, {placed.year}") in bare(text)


@pytest.mark.parametrize("language", TITLES)
def test_an_invoice_is_in_the_customers_language(language: str, printer: Printer) -> None:
    needs_fonts(language)
    printed = printer.print(invoice(), language)
    text = read(printed.content)
    assert printed.name == f"{TITLES[language].replace(' ', '-')}.pdf"
    assert "{" not in text
    # letters that move and join come out of a PDF in another order; all of them are there
    assert not Counter(bare(TITLES[language])) - Counter(bare(text))
    own = {code for code, pattern in LETTERS.items() if re.search(pattern, text.replace("।", ""))}
    assert own == {language} & set(LETTERS)
    assert pages(printed.content) == 1


def test_what_is_in_other_letters_than_the_rest_is_printed_in_its_own(printer: Printer) -> None:
    """A line that begins in Latin letters comes before one in Bengali ones, each in a font that has them."""
    needs_fonts("bn")
    order = orders()[PAID]
    text = read(printer.print(invoice(), "bn").content)
    assert order.address and bare(order.address.street) in bare(text)
    assert order.address.postcode in text and order.customer.email in text
    assert "NS-401" in text and "NS-204" in text
    # nothing is printed that the font has no letter for
    assert not re.search("[\ufffd\ufffe\x00]", text)


def test_a_name_in_bengali_stands_on_a_german_invoice(printer: Printer) -> None:
    needs_fonts("bn")
    order = orders()[PAID]
    named = dataclasses.replace(order, customer=dataclasses.replace(order.customer, name="আমিনা"), address=None)
    text = read(printer.print(Document(DocumentKind.INVOICE, named), "de").content)
    assert set("আমিনা") <= set(text)
    assert "Rechnung 10002" in text


def test_without_fonts_for_its_letters_a_document_is_in_english(printer: Printer, tmp_path: Path) -> None:
    poor = Printer(LiveWords(ROOT / "data"), Fonts(tmp_path))
    for language in ("bn", "hi", "bn-Latn"):
        printed = poor.print(invoice(), language)
        assert printed.name == "Invoice-10002.pdf"
        assert "Invoice 10002" in read(printed.content)
    assert "Rechnung 10002" in read(poor.print(invoice(), "de").content)


def test_where_not_even_latin_letters_are_found_nothing_is_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.documents.fonts.find_spec", lambda _: None)
    with pytest.raises(NoFont):
        Printer(LiveWords(ROOT / "data"), Fonts(tmp_path)).print(invoice(), "en")


def test_who_types_bengali_in_latin_letters_gets_bengali(printer: Printer) -> None:
    needs_fonts("bn")
    assert printer.print(invoice(), "bn-Latn").name == "ইনভয়েস-10002.pdf"


def money_back(order: Order, state: RefundState, days: int) -> Refund:
    when = order.placed_at + timedelta(days=days)
    sent = when if state is RefundState.SENT else None
    amount = Money(99900, "BDT")
    return Refund("r", None, PaymentMethod.BKASH, state, amount, order.placed_at, when.date(), sent)


def text_with(order: Order, printer: Printer, kind: DocumentKind = DocumentKind.INVOICE) -> str:
    return bare(read(printer.print(Document(kind, order), "en").content))


def test_money_that_went_back_or_will_is_on_the_invoice_and_what_failed_is_not(printer: Printer) -> None:
    order = orders()[PAID]
    sent = text_with(dataclasses.replace(order, refunds=(money_back(order, RefundState.SENT, 3),)), printer)
    assert bare("BDT 999 refunded (bKash)") in sent
    to_come = text_with(dataclasses.replace(order, refunds=(money_back(order, RefundState.PENDING, 3),)), printer)
    assert bare("BDT 999 to be refunded (bKash)") in to_come
    failed = text_with(dataclasses.replace(order, refunds=(money_back(order, RefundState.FAILED, 3),)), printer)
    assert "999" not in failed


def test_only_payments_that_the_shop_has_are_named(printer: Printer) -> None:
    order = orders()[PAID]
    tried = [dataclasses.replace(order.payments[0], id=str(state), state=state) for state in PaymentState]
    text = text_with(dataclasses.replace(order, payments=tuple(tried)), printer)
    assert text.count("paid(card)") == 1


def test_an_unpaid_order_has_an_overview_that_says_it_is_no_invoice(printer: Printer) -> None:
    order = orders()[UNPAID]
    printed = printer.print(Document(DocumentKind.ORDER_OVERVIEW, order), "en")
    text = read(printed.content)
    assert printed.name == f"Order-{UNPAID}.pdf"
    assert "not an invoice" in text and "Nothing has been paid yet." in text
    assert "Invoice date" not in text and f"Invoice {UNPAID}" not in text


def test_an_invoice_says_the_same_whenever_it_is_printed(printer: Printer) -> None:
    assert read(printer.print(invoice(), "en").content) == read(printer.print(invoice(), "en").content)


def test_sums_that_do_not_add_up_are_explained(printer: Printer) -> None:
    order = orders()[PAID]
    assert "Discounts" not in text_with(order, printer)
    cheaper = dataclasses.replace(order, total=Money(order.total.minor - 10000, "BDT"))
    assert bare("Discounts and surcharges -BDT 100") in text_with(cheaper, printer)


@pytest.mark.parametrize(
    ("total", "percent", "tax"), [(10750, 7.5, 750), (397000, 7.5, 27698), (100, 0, 0), (1, 19, 0), (119, 19, 19)]
)
def test_the_tax_is_what_the_total_includes(total: int, percent: float, tax: int) -> None:
    assert vat(Money(total, "EUR"), percent) == Money(tax, "EUR")


def test_a_long_order_goes_on_on_the_next_page(printer: Printer) -> None:
    order = orders()[PAID]
    many = tuple(dataclasses.replace(order.items[0], id=str(n), sku=f"NS-{n}") for n in range(60))
    printed = printer.print(Document(DocumentKind.INVOICE, dataclasses.replace(order, items=many)), "en")
    assert pages(printed.content) > 1
    text = bare(read(printed.content))
    assert all(f"NS-{n}" in text for n in range(60))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_code_on_a_label_is_the_returns_number(language: str, printer: Printer) -> None:
    needs_fonts(language)
    printed = printer.print(label(), language)
    assert scanned(printed.content) == [("QRCode", "R10002-1")]
    text = read(printed.content)
    assert "R10002-1" in text and "{" not in text
    assert pages(printed.content) == 1


def test_a_label_names_both_addresses_what_belongs_inside_and_until_when(printer: Printer) -> None:
    order, text = orders()[PAID], bare(read(printer.print(label(), "en").content))
    assert order.address is not None and order.returns[0].label_valid_until is not None
    until: date = order.returns[0].label_valid_until
    for part in (order.customer.name, order.address.street, "Nodi Store", "Dhanmondi", "1 × Wireless earbuds"):
        assert bare(part) in text, part
    assert "Claytea" not in text  # it stays with the customer
    assert bare(f"Good until {until:%B} {until.day}, {until.year}") in text


def test_a_label_in_letters_that_not_everybody_reads_has_the_address_in_latin_ones_too(printer: Printer) -> None:
    needs_fonts("hi")
    text = read(printer.print(label(), "hi").content)
    assert "Dhanmondi" in text and "ध" in text
    assert read(printer.print(label(), "en").content).count("Dhanmondi") == 1


def test_a_label_without_a_day_has_none(printer: Printer) -> None:
    order = orders()[PAID]
    endless = dataclasses.replace(order.returns[0], label_valid_until=None)
    text = read(printer.print(Document(DocumentKind.RETURN_LABEL, order, endless), "en").content)
    assert "Good until" not in text


def test_a_label_for_nothing_is_refused(printer: Printer) -> None:
    with pytest.raises(ValueError, match="for a return"):
        printer.print(Document(DocumentKind.RETURN_LABEL, orders()[PAID]), "en")


def test_every_demo_order_can_be_printed(printer: Printer) -> None:
    for number in list(orders())[::25]:
        printed: Printed = printer.print(invoice(number), orders()[number].customer.language)
        assert printed.content.startswith(b"%PDF-") and pages(printed.content) == 1


@pytest.mark.parametrize("key", sorted(PHRASES))
def test_every_text_of_a_document_is_there_in_every_language_and_in_its_own_letters(key: str) -> None:
    entry = PHRASES[key]
    assert set(entry) == set(LANGUAGES)
    assert len({frozenset(re.findall(r"{(\w+)}", text)) for text in entry.values()}) == 1
    for language, text in entry.items():
        found = {code for code, letters in LETTERS.items() if re.search(letters, text.replace("।", ""))}
        assert found <= {language}


def test_every_text_of_a_document_is_used() -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "app" / "documents").glob("*.py"))
    named = {f"document_{name}" for name in re.findall(r"[\"'](\w+)[\"']", source)}
    methods = {f"document_method_{method}" for method in PaymentMethod}
    assert set(PHRASES) - named == methods
