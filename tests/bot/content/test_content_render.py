"""Values are written as each language writes them."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.content.library import Language
from bot.content.render import Formatter, fill

EN = Formatter(Language("en", "English", "en_US", "USD", ()), "Asia/Dhaka")
BN = Formatter(Language("bn", "বাংলা", "bn_BD", "BDT", ()), "Asia/Dhaka")
HI = Formatter(Language("hi", "हिन्दी", "hi_IN@numbers=deva", "INR", ()))
DE = Formatter(Language("de", "Deutsch", "de_DE", "EUR", ()))
LATIN_TO_BENGALI = str.maketrans("0123456789", "০১২৩৪৫৬৭৮৯")


@pytest.mark.parametrize(
    ("value", "english", "bengali"),
    [
        ("as it is 10", "as it is 10", "as it is 10"),
        (7, "7", "৭"),
        (1234567, "1,234,567", "১২,৩৪,৫৬৭"),
        (2.5, "2.5", "২.৫"),
        (-3, "-3", "-৩"),
        ({"number": 20}, "20", "২০"),
        ({"id": "10001"}, "10001", "10001"),
        ({"id": 10001}, "10001", "10001"),
        ({"percent": 7.5}, "7.5%", "৭.৫%"),
        ({"percent": 10}, "10%", "১০%"),
        ({"date": "2026-11-20"}, "November 20, 2026", "২০ নভেম্বর, ২০২৬"),
        ({"date": "2026-11-20T23:00:00"}, "November 20, 2026", "২০ নভেম্বর, ২০২৬"),
        ({"days": 1}, "1 day", "১ দিন"),
        ({"days": 30}, "30 days", "৩০ দিন"),
        ({"days": [3, 5]}, "3–5 days", "৩–৫ দিন"),
        ({"hours": 24}, "24 hours", "২৪ ঘন্টা"),
        ({"minutes": 60}, "60 minutes", "৬০ মিনিট"),
        ({"months": [3, 12]}, "3–12 months", "৩–১২ মাস"),
        ({"years": 6}, "6 years", "৬ বছর"),
        ({"names": {"en": "Dhaka", "bn": "ঢাকা"}}, "Dhaka", "ঢাকা"),
        ({"text": {"en": "Pathao", "bn": "পাঠাও"}}, "Pathao", "পাঠাও"),
        ({"text": "help@nodi.example"}, "help@nodi.example", "help@nodi.example"),
    ],
)
def test_a_value_is_written_in_english_and_bengali(value: object, english: str, bengali: str) -> None:
    assert (EN.text(value), BN.text(value)) == (english, bengali)


@pytest.mark.parametrize(
    ("value", "english", "bengali"),
    [
        ({"money": 129900, "currency": "BDT"}, "BDT 1,299", "১,২৯৯৳"),
        ({"money": 129950, "currency": "BDT"}, "BDT 1,299.50", "১,২৯৯.৫০৳"),
        ({"money": 500, "currency": "USD"}, "$5", "৫ US$"),
        ({"money": 1234567850, "currency": "USD"}, "$12,345,678.50", "১,২৩,৪৫,৬৭৮.৫০ US$"),
        ({"money": 5000, "currency": "JPY"}, "¥5,000", "৫,০০০ JP¥"),
        ({"money": 12345, "currency": "KWD"}, "KWD 12.345", "১২.৩৪৫ KWD"),
        ({"money": {"BDT": 130, "USD": 3.00}}, "$3", "১৩০৳"),
        ({"money": {"BDT": 60, "USD": 2.50}}, "$2.50", "৬০৳"),
        ({"money": {"EUR": 9}}, "€9", "৯€"),
    ],
)
def test_money_is_written_with_its_own_minor_units(value: object, english: str, bengali: str) -> None:
    assert [text.replace("\xa0", " ") for text in (EN.text(value), BN.text(value))] == [english, bengali]


def test_a_moment_is_told_in_the_shops_time_zone() -> None:
    value = {"datetime": datetime(2026, 11, 20, 20, 30, tzinfo=UTC).isoformat()}
    assert EN.text(value).replace("\u202f", " ") == "November 21, 2026, 2:30 AM"
    assert BN.text(value).replace("\u202f", " ").startswith("২১ নভেম্বর, ২০২৬, ২:৩০")
    assert "20. November 2026, 20:30" in DE.text(value)


def test_a_time_of_day_is_written_as_it_is_whatever_the_zone() -> None:
    assert EN.text({"time": "21:00"}).replace("\u202f", " ") == "9:00 PM"
    assert DE.text({"time": "21:00"}) == "21:00"
    assert BN.text({"time": "09:00"}).startswith("৯:০০")


def test_other_languages_write_their_own_way() -> None:
    assert DE.text(1234.5) == "1.234,5"
    assert DE.text({"days": [3, 5]}) == "3–5 Tage"
    assert DE.text({"money": 1850, "currency": "EUR"}).replace("\xa0", " ") == "18,50 €"


ES = Formatter(Language("es", "Español", "es_ES", "EUR", ()))
FR = Formatter(Language("fr", "Français", "fr_FR", "EUR", ()))
HINDI = Formatter(Language("hi", "हिन्दी", "hi_IN", "INR", ()))


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (7.5, ["7.5%", "৭.৫%", "7.5%", "7,5\xa0%", "7,5\xa0%", "7,5\xa0%"]),
        (10, ["10%", "১০%", "10%", "10\xa0%", "10\xa0%", "10\xa0%"]),
        (0, ["0%", "০%", "0%", "0\xa0%", "0\xa0%", "0\xa0%"]),
        (0.25, ["0.25%", "০.২৫%", "0.25%", "0,25\xa0%", "0,25\xa0%", "0,25\xa0%"]),
    ],
)
def test_a_percent_sign_stands_where_each_language_has_it(value: float, written: list[str]) -> None:
    assert [formatter.text({"percent": value}) for formatter in (EN, BN, HINDI, ES, FR, DE)] == written


@pytest.mark.parametrize(
    ("code", "written"),
    [
        ("pt", ["Portuguese", "পর্তুগীজ", "पुर्तगाली", "portugués", "portugais", "Portugiesisch"]),
        ("ta", ["Tamil", "তামিল", "तमिल", "tamil", "tamoul", "Tamil"]),
        ("zh", ["Chinese", "চীনা", "चीनी", "chino", "chinois", "Chinesisch"]),
    ],
)
def test_a_language_is_called_as_each_language_calls_it(code: str, written: list[str]) -> None:
    assert [formatter.text({"language": code}) for formatter in (EN, BN, HINDI, ES, FR, DE)] == written


def test_a_language_without_a_name_is_called_by_its_code() -> None:
    assert EN.text({"language": "qqq"}) == "qqq"


@given(st.integers(-(10**12), 10**12))
def test_no_ascii_digit_is_left_in_bengali_and_all_digits_are_there(number: int) -> None:
    written = BN.text(number)
    assert not set(written) & set("0123456789")
    assert [c for c in written if c in "০১২৩৪৫৬৭৮৯"] == list(str(abs(number)).translate(LATIN_TO_BENGALI))


@given(st.text(max_size=30))
def test_text_and_ids_are_never_changed(text: str) -> None:
    assert BN.text(text) == BN.text({"id": text}) == text


@given(st.integers(0, 10**12), st.sampled_from(["BDT", "USD", "EUR", "INR", "GBP"]))
def test_no_cent_is_lost_or_made_up(minor: int, currency: str) -> None:
    for formatter in (EN, BN):
        written = formatter.text({"money": minor, "currency": currency})
        digits = "".join(str("০১২৩৪৫৬৭৮৯".find(c)) if c in "০১২৩৪৫৬৭৮৯" else c for c in written if c.isdigit())
        assert int(digits) == (minor if minor % 100 else minor // 100)


@pytest.mark.parametrize("value", [None, [1], {"colour": "red"}, {}, object()])
def test_a_kind_that_is_not_known_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match=r"cannot write|no known kind"):
        EN.text(value)


def test_braces_are_filled_and_unknown_ones_stay() -> None:
    values = {"a": "1", "b": "{c}", "c": "3"}
    assert fill("{a}{b} {d} {A} {", values.get) == "1{c} {d} {A} {"
