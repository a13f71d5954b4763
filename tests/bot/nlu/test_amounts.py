"""Money is found by its sign, code or word, whichever way its thousands and cents are marked."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.nlu import amounts
from bot.nlu.folded import Folded


def found(text: str, language: str | None = None) -> list[str]:
    return [span.value for span in amounts.find(Folded.of(text).cased, language)]


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("1.299,50 €", "1299.50 EUR"),
        ("1,299.50 EUR", "1299.50 EUR"),
        ("€1.299", "1299.00 EUR"),
        ("1\u202f299,50\u00a0€", "1299.50 EUR"),
        ("12,5 euros", "12.50 EUR"),
        ("১,২৯৯ টাকা", "1299.00 BDT"),
        ("৳ ৫০০", "500.00 BDT"),
        ("৫০০টাকা", "500.00 BDT"),
        ("৫০০ টাকার জিনিস", "500.00 BDT"),
        ("৫০০ টাকা\u09df", "500.00 BDT"),
        ("1,29,900 tk", "129900.00 BDT"),
        ("Tk. 500 only", "500.00 BDT"),
        ("500 Taka.", "500.00 BDT"),
        ("BDT 1,299", "1299.00 BDT"),
        ("₹1299", "1299.00 INR"),
        ("Rs.500", "500.00 INR"),
        ("rs 1,299.50", "1299.50 INR"),
        ("500 रुपये", "500.00 INR"),
        ("१,२९९ रुपए", "1299.00 INR"),
        ("500 rupaye wapas", "500.00 INR"),
        ("$25.99", "25.99 USD"),
        ("25 dollars", "25.00 USD"),
        ("25 dólares", "25.00 USD"),
        ("২৫ ডলার", "25.00 USD"),
        ("US$ 30", "30.00 USD"),
        ("5 pounds", "5.00 GBP"),
        ("£5", "5.00 GBP"),
        ("SAR 5", "5.00 SAR"),
        ("for 10001 taka", "10001.00 BDT"),
        ("#10001 tk 500", "500.00 BDT"),
        ("order 48213 taka 500", "500.00 BDT"),
        ("order 48213 500 tk", "500.00 BDT"),
        ("2 500 taka", "500.00 BDT"),
        ("price:500 tk", "500.00 BDT"),
    ],
)
def test_an_amount_has_two_decimals_and_its_currency(text: str, amount: str) -> None:
    assert found(text) == [amount]


@pytest.mark.parametrize("language", ["es", "fr", "de"])
def test_a_space_parts_thousands_where_it_is_written_so(language: str) -> None:
    assert found("1 299,50 €", language) == ["1299.50 EUR"]


@pytest.mark.parametrize(
    "text",
    ["order 10001", "1299.50", "sar 5", "5 cop", "টাকা ২ বার গেছে", "5% off", "01712345678 taka", "#48213 €", "rs", "$"],
)
def test_a_number_alone_or_a_word_alone_is_no_amount(text: str) -> None:
    assert found(text) == []


def test_two_amounts_are_two() -> None:
    assert found("€500 and 300 tk") == ["500.00 EUR", "300.00 BDT"]


@given(
    amount=st.decimals(Decimal("0.01"), Decimal("999999.99"), places=2),
    marks=st.sampled_from([(",", "."), (".", ","), ("", "."), ("", ","), ("'", ".")]),
    written=st.sampled_from(["{} €", "€{}", "EUR {}", "{} euros", "paid {}EUR today"]),
)
def test_every_way_to_mark_thousands_and_cents_is_read(amount: Decimal, marks: tuple[str, str], written: str) -> None:
    number = f"{amount:,.2f}".translate(str.maketrans({",": marks[0], ".": marks[1]}))
    if not number.startswith("0") or written[0] != "{":
        assert found(written.format(number)) == [f"{amount:.2f} EUR"]


@given(text=st.text(st.sampled_from("0123456789.,' -#€$৳ tkrsTaka"), max_size=30))
def test_no_text_is_too_odd(text: str) -> None:
    for span in amounts.find(text):
        assert 0 <= span.start < span.end <= len(text)
