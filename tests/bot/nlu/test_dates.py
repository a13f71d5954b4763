"""A day is found however a language writes it, and a word that only looks like one is left alone."""

from datetime import date

import pytest
from babel.dates import get_day_names, get_month_names
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.nlu import date_digits, dates
from bot.nlu.folded import Folded

TODAY = date(2026, 3, 12)  # a Thursday
LOCALES = ["en", "bn", "hi", "es", "fr", "de"]
TYPINGS = [*LOCALES, "bn-Latn", "hi-Latn", None]


def found(text: str, language: str | None, today: date = TODAY) -> list[str]:
    return [span.value for span in dates.find(Folded.of(text).text, language, today)]


@pytest.mark.parametrize(
    ("language", "text", "day"),
    [
        ("en", "I paid on 12/03/2026", "2026-03-12"),
        ("en", "2026-03-12", "2026-03-12"),
        ("en", "3/25/2026", "2026-03-25"),
        ("en", "since 25/12", "2025-12-25"),
        ("en", "05.02.26", "2026-02-05"),
        ("en", "it came 15 march", "2026-03-15"),
        ("en", "the 3rd of March, 2025", "2025-03-03"),
        ("en", "march 3rd", "2026-03-03"),
        ("en", "Monday, 9 March 2026", "2026-03-09"),
        ("en", "on May 5", "2026-05-05"),
        ("en", "15-mar-2026", "2026-03-15"),
        ("bn", "১২/০৩/২০২৬ তারিখে", "2026-03-12"),
        ("bn", "১৫ মার্চ", "2026-03-15"),
        ("bn", "১৫ই মার্চ ২০২৫", "2025-03-15"),
        ("bn", "২১শে ফেব্রু\u09dfারি", "2026-02-21"),
        ("bn", "২১শে ফেব্রু\u09af\u09bcারি", "2026-02-21"),
        ("bn", "মার্চের ১৫ তারিখ", "2026-03-15"),
        ("bn", "5 জানুয়ারি", "2026-01-05"),
        ("hi", "१५ मार्च को", "2026-03-15"),
        ("hi", "15 \u095e\u0930\u0935\u0930\u0940", "2026-02-15"),
        ("hi", "15 फरवरी 2025", "2025-02-15"),
        ("bn-Latn", "15 march e", "2026-03-15"),
        ("bn-Latn", "2 februari te", "2026-02-02"),
        ("hi-Latn", "15 farvari ko", "2026-02-15"),
        ("es", "el 15 de marzo", "2026-03-15"),
        ("es", "1 de febrero de 2025", "2025-02-01"),
        ("fr", "le 3 mars", "2026-03-03"),
        ("fr", "le 1er févr. 2026", "2026-02-01"),
        ("fr", "le 3 fevrier", "2026-02-03"),
        ("de", "am 3. März", "2026-03-03"),
        ("de", "am 12.3. bestellt", "2026-03-12"),
        ("de", "vom 12.02", "2026-02-12"),
        ("de", "12.3.2025", "2025-03-12"),
    ],
)
def test_a_date_is_read_as_its_language_writes_it(language: str, text: str, day: str) -> None:
    assert found(text, language) == [day]


@pytest.mark.parametrize(
    ("language", "text", "day"),
    [
        ("en", "today", "2026-03-12"),
        ("en", "Tomorrow please", "2026-03-13"),
        ("en", "tmrw", "2026-03-13"),
        ("en", "yesterday", "2026-03-11"),
        ("en", "the day before yesterday", "2026-03-10"),
        ("en", "3 days ago", "2026-03-09"),
        ("en", "two weeks ago", "2026-02-26"),
        ("en", "a month ago", "2026-02-12"),
        ("bn", "গতকাল", "2026-03-11"),
        ("bn", "কালকে", "2026-03-11"),
        ("bn", "আজকের", "2026-03-12"),
        ("bn", "আগামীকাল", "2026-03-13"),
        ("bn", "পরশু", "2026-03-10"),
        ("bn", "৩ দিন আগে", "2026-03-09"),
        ("bn", "ন\u09df দিন আগে", "2026-03-03"),
        ("bn", "দুদিন আগে", "2026-03-10"),
        ("hi", "कल आया", "2026-03-11"),
        ("hi", "परसों", "2026-03-10"),
        ("hi", "आज", "2026-03-12"),
        ("hi", "दो हफ्ते पहले", "2026-02-26"),
        ("bn-Latn", "gotokal order korsi", "2026-03-11"),
        ("bn-Latn", "agami kal", "2026-03-13"),
        ("bn-Latn", "tin din age", "2026-03-09"),
        ("hi-Latn", "kal order kiya", "2026-03-11"),
        ("hi-Latn", "do din pehle", "2026-03-10"),
        ("es", "ayer", "2026-03-11"),
        ("es", "mañana", "2026-03-13"),
        ("es", "man\u0303ana", "2026-03-13"),
        ("es", "pasado mañana", "2026-03-14"),
        ("es", "hace dos días", "2026-03-10"),
        ("fr", "hier", "2026-03-11"),
        ("fr", "demain", "2026-03-13"),
        ("fr", "aujourd’hui", "2026-03-12"),
        ("fr", "avant-hier", "2026-03-10"),
        ("fr", "il y a trois jours", "2026-03-09"),
        ("de", "gestern", "2026-03-11"),
        ("de", "morgen", "2026-03-13"),
        ("de", "morgen früh", "2026-03-13"),
        ("de", "übermorgen", "2026-03-14"),
        ("de", "vor drei Tagen", "2026-03-09"),
        ("de", "today", "2026-03-12"),
    ],
)
def test_a_day_is_seen_from_the_day_that_is_given(language: str, text: str, day: str) -> None:
    assert found(text, language) == [day]


@pytest.mark.parametrize(
    ("language", "text", "day"),
    [
        ("en", "monday", "2026-03-09"),
        ("en", "last Monday", "2026-03-09"),
        ("en", "next monday", "2026-03-16"),
        ("en", "on thu", "2026-03-05"),
        ("en", "I need it by friday", "2026-03-13"),
        ("bn", "গত সোমবার", "2026-03-09"),
        ("bn", "আগামী সোমবারে", "2026-03-16"),
        ("hi", "पिछले सोमवार", "2026-03-09"),
        ("hi", "अगले शुक्रवार", "2026-03-13"),
        ("bn-Latn", "goto shonibar", "2026-03-07"),
        ("hi-Latn", "pichle somvar", "2026-03-09"),
        ("es", "el lunes", "2026-03-09"),
        ("es", "el lunes que viene", "2026-03-16"),
        ("es", "el próximo lunes", "2026-03-16"),
        ("fr", "lundi dernier", "2026-03-09"),
        ("fr", "mardi prochain", "2026-03-17"),
        ("de", "letzten Montag", "2026-03-09"),
        ("de", "nächsten Montag", "2026-03-16"),
        ("de", "am Donnerstag", "2026-03-05"),
    ],
)
def test_a_weekday_is_the_latest_past_one_unless_a_word_says_next(language: str, text: str, day: str) -> None:
    assert found(text, language) == [day]


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "may I have 5 of them"),
        ("en", "you may 12 times"),
        ("en", "these 3 may be lost"),
        ("en", "mon cher, the sun sat in mar"),
        ("en", "in 3 days"),
        ("en", "within 7 days"),
        ("en", "open 24/7, 1/2 price, 10/10"),
        ("en", "31 february"),
        ("en", "30/02/2026"),
        ("en", "order 48213 and 10001"),
        ("en", "192.168.10.12"),
        ("en", "every monday"),
        ("en", "march with me"),
        ("es", "3/25/2026"),
        ("es", "el mar está lejos, no mas"),
        ("es", "los lunes"),
        ("es", "esta mañana"),
        ("fr", "06 12 34 56 78"),
        ("de", "so ist das, die sa"),
        ("de", "hier ist mein Paket"),
        ("de", "Guten Morgen"),
        ("de", "Morgen, wo ist mein Paket"),
        ("de", "Größe 12.3 und 42.5."),
        ("bn", "সকাল বিকাল"),
        ("bn", "৩ দিনের মধ্যে"),
        ("hi", "3 दिन में"),
        ("hi-Latn", "mar gaya, mai nahi"),
    ],
)
def test_what_only_looks_like_a_day_is_none(language: str, text: str) -> None:
    assert found(text, language) == []


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("month", range(1, 13))
def test_every_month_of_every_language_is_known(locale: str, month: int) -> None:
    name = get_month_names("wide", "format", locale)[month]
    assert found(f"15 {name} 2025", locale) == [f"2025-{month:02}-15"]


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("weekday", range(7))
def test_every_weekday_of_every_language_is_known(locale: str, weekday: int) -> None:
    (day,) = found(get_day_names("wide", locale=locale)[weekday], locale)
    assert date.fromisoformat(day).weekday() == weekday
    assert 1 <= (TODAY - date.fromisoformat(day)).days <= 7


def test_several_dates_stand_beside_order_numbers() -> None:
    text = "order 10001 from 12 jan, 48213 from 2026-01-13, r10002-1 from 14.01.2026"
    assert sorted(found(text, "en")) == ["2026-01-12", "2026-01-13", "2026-01-14"]


def test_words_of_another_language_do_not_count() -> None:
    assert found("hier", "de") == []
    assert found("hier", "fr") == ["2026-03-11"]
    assert found("hier", None) == ["2026-03-11"]


@given(today=st.dates(), month=st.integers(1, 12), day=st.integers(1, 28))
def test_a_date_without_its_year_is_near_ahead_or_less_than_a_year_back(today: date, month: int, day: int) -> None:
    meant = date_digits.without_year(month, day, today)
    if meant is None:
        assert today.year == 1
    else:
        assert (meant.month, meant.day) == (month, day)
        assert -366 < (meant - today).days <= date_digits.DAYS_AHEAD


@given(day=st.dates(date(2000, 1, 1), date(2099, 12, 31)), separator=st.sampled_from("-/."))
@settings(deadline=None)  # a language's first date loads its words
def test_a_day_stands_before_its_month(day: date, separator: str) -> None:
    written = separator.join([str(day.day), str(day.month), str(day.year)])
    assert found(written, "en") == [day.isoformat()]


@given(text=st.text(), language=st.sampled_from(TYPINGS), today=st.dates())
@settings(deadline=None)  # a language's first date loads its words
def test_no_text_and_no_day_is_too_odd(text: str, language: str | None, today: date) -> None:
    for day in found(text, language, today):
        date.fromisoformat(day)


_PIECES = [
    "12",
    "3",
    "mar",
    "may",
    "15.",
    "march",
    "মার্চ",
    "lunes",
    "next",
    "ago",
    "days",
    "vor",
    "/",
    "-",
    "31",
    "kal",
    "2026",
    "হিন্দি",
    "th",
]


@given(
    pieces=st.lists(st.sampled_from(_PIECES), max_size=8),
    language=st.sampled_from(TYPINGS),
    glue=st.sampled_from(" ./-"),
)
@settings(deadline=None)  # a language's first date loads its words
def test_no_mixture_of_dates_words_is_too_odd(pieces: list[str], language: str | None, glue: str) -> None:
    text = glue.join(pieces)
    for span in dates.find(text, language, TODAY):
        assert 0 <= span.start < span.end <= len(text)
