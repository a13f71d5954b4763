"""Order numbers and contacts are read however people type them, in any script's digits."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shop_testing import REGIONS

from actions.typed import fold_digits, parse_contact, parse_order_number

SCRIPTS = ["0123456789", "০১২৩৪৫৬৭৮৯", "०१२३४५६७८९", "٠١٢٣٤٥٦٧٨٩", "０１２３４５６７８９"]


@pytest.mark.parametrize(
    "text",
    [
        "10001",
        "#10001",
        " # 10001 ",
        "order no 10001",
        "Order number: 10001.",
        "order#10001",
        "no10001",
        "my order is 10001, thanks!",
        "it's 10001?",
        "10 001",
        "10,001",
        "1-0-0-0-1",
        "১০০০১",
        "#১০০০১",
        "১০,০০১",
        "অর্ডার নং ১০০০১",
        "অর্ডার নম্বর: ১০০০১।",
        "১০০০১টা কোথায়",
        "অর্ডার ১০০০1",
        "ऑर्डर नंबर १०००१",
        "10001 amina@example.com",
        "amina10002@example.com 10001",
        "10001 01712345678",
        "10001, +880 1712-345678",
        "order 10001, phone ০১৭১২৩৪৫৬৭৮",
        "10001 10001",
    ],
)
def test_an_order_number_is_found(text: str) -> None:
    assert parse_order_number(text) == "10001"


@pytest.mark.parametrize(
    "text",
    ["", "hello", "12", "১২", "10001 or 10002", "01712345678", "০১৭১২৩৪৫৬৭৮", "+8801712345678", "a10001@example.com"],
)
def test_what_is_no_order_number_is_none(text: str) -> None:
    assert parse_order_number(text) is None


@given(st.integers(1000, 999_999_999), st.sampled_from(SCRIPTS))
def test_an_order_number_is_the_same_in_every_script(number: int, digits: str) -> None:
    written = str(number).translate(str.maketrans("0123456789", digits))
    assert parse_order_number(written) == str(number)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("amina@example.com", "amina@example.com"),
        ("Amina@Example.COM", "amina@example.com"),
        ("my mail is amina@example.com.", "amina@example.com"),
        ("<amina@example.com>", "amina@example.com"),
        ("আমার ইমেইল amina@example.com।", "amina@example.com"),
        ("a@b amina@example.com", "amina@example.com"),
        ("ＡＭＩＮＡ＠example.com", "amina@example.com"),
        ("rakib.c+shop@example.com", "rakib.c+shop@example.com"),
    ],
)
def test_an_email_address_is_found_in_lower_case(text: str, address: str) -> None:
    contact = parse_contact(text, REGIONS)
    assert contact is not None
    assert (contact.text, contact.forms) == (address, {address})


@pytest.mark.parametrize(
    "text",
    [
        "+8801712345678",
        "+880 1712-345678",
        "008801712345678",
        "01712345678",
        "01712-345678",
        "1712345678",
        "(01712) 345678",
        "my phone: 01712 345 678",
        "+৮৮০১৭১২৩৪৫৬৭৮",
        "০১৭১২-৩৪৫৬৭৮",
        "मेरा नंबर ०१७१२३४५६७८",
        "10001 01712345678",
    ],
)
def test_a_phone_number_means_its_international_form(text: str) -> None:
    contact = parse_contact(text, REGIONS)
    assert contact is not None
    assert "+8801712345678" in contact.forms
    again = parse_contact(contact.text, REGIONS)
    assert again == contact


def test_a_phone_number_with_its_countrys_code_means_one_number_only() -> None:
    contact = parse_contact("+44 7700 900143", REGIONS)
    assert contact is not None
    assert contact.forms == {"+447700900143"}


def test_regions_decide_where_a_bare_phone_number_is_at_home() -> None:
    contact = parse_contact("01712345678", ["IN"])
    assert contact is not None
    assert contact.forms == {"+911712345678"}


@pytest.mark.parametrize("text", ["", "hello", "amina@", "@example.com", "amina@example", "10001", "১২৩", "1" * 40])
def test_what_is_no_contact_is_none(text: str) -> None:
    assert parse_contact(text, REGIONS) is None


@settings(max_examples=200)
@given(st.text(max_size=200))
def test_nothing_typed_breaks_the_reading(text: str) -> None:
    parse_order_number(text)
    parse_contact(text, REGIONS)
    assert not set(fold_digits(text)) & set("০১২৩৪৫৬৭৮৯०१२३४५६७८९")
