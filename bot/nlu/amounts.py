"""Sums of money in a message: a number beside a currency's sign, code or word."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from functools import lru_cache
from typing import Any

import regex

from bot.nlu.span import Span

_SIGNS = {
    "US$": "USD", "C$": "CAD", "CA$": "CAD", "A$": "AUD", "AU$": "AUD", "S$": "SGD", "$": "USD",
    "৳": "BDT", "₹": "INR", "€": "EUR", "£": "GBP",
}  # fmt: skip
# codes that are also typed in small letters; the others are words ("sar", "cop") unless in capitals
_PLAIN_CODES = ("BDT", "INR", "USD", "EUR", "GBP", "AED")
_CODES = (
    "CAD",
    "AUD",
    "SGD",
    "MYR",
    "SAR",
    "QAR",
    "KWD",
    "OMR",
    "BHD",
    "CHF",
    "JPY",
    "MXN",
    "ARS",
    "COP",
    "PKR",
    "NPR",
)
_BENGALI_ENDINGS = ("", "র", "ের", "য়", "য\u09bc", "ে", "টা", "ও")
_STEMS = {"টাকা": "BDT", "রুপি": "INR", "রুপী": "INR", "ডলার": "USD", "ইউরো": "EUR", "পাউন্ড": "GBP"}
_WORDS = {
    "BDT": "tk taka takar takay takae takata tka টকা টাকাতে টাকায় takas टका टाका",
    "INR": "rs rupee rupees rupaye rupay rupaya rupiya rupaiya rupya rupye rupe rupayon rupi rupir rupia rupias "
    "rupie rupien roupie roupies रुपये रुपए रुपया रूपये रूपए रुपयों रुपय रु रू",
    "USD": "dollar dollars dólar dólares dolar dolares dolars dollars bucks डॉलर डालर dolarer dollarer",
    "EUR": "euro euros eur यूरो euror",
    # a "livre", "libra" or "Pfund" alone is a book or a weight
    "GBP": "pound pounds quid पाउंड पाउण्ड libras_esterlinas livres_sterling pfund_sterling",
}
# before a number only these: after "taka" or "rs" one expects it, after "euros" it may be anything
_WORDS_BEFORE = {"tk": "BDT", "taka": "BDT", "টাকা": "BDT", "rs": "INR", "রুপি": "INR", "रु": "INR", "रू": "INR"}

# "the money went 2 times"
_ALSO_NOUNS = ("টাকা", "taka")

_SPACE = r"[ \u00a0\u202f]"
# 1,29,900.50 and 1.299,50 and 1299.5; no more digits than a price has
_NUMBER = r"(?:\d{{1,3}}(?P<mark>{marks})(?:\d{{2,3}}(?P=mark))*\d{{3}}|\d{{1,8}})(?:[.,]\d{{1,2}})?"
_MARKS = r"[.,'’\u00a0\u202f]"
# where thousands stand apart: elsewhere "2 500 taka" is two of 500
_SPACED_LANGUAGES = ("es", "fr", "de")
_THOUSANDS = regex.compile(rf"[.,'’]|{_SPACE}")
_CENTS = regex.compile(r"[.,](\d{1,2})$")


def find(text: str, language: str | None = None) -> Iterator[Span]:
    """Amounts in a text with ASCII digits, such as "1299.50 EUR": always two decimals, and the ISO 4217 code.

    Commas and points are read by where they stand, whatever the language: two digits at most after the last one are
    cents, three are thousands.
    """
    for match in _amount(language in _SPACED_LANGUAGES).finditer(text):
        typed, before = match["number"], match["before"]
        padded = not before and typed.startswith("0") and typed[1:2].isdigit()
        counting = before in _ALSO_NOUNS and len(typed) < 2
        if not (padded or counting):
            currency = _CURRENCIES[_key(before or match["after"])]
            yield Span(match.start(), match.end(), f"{_value(typed):.2f} {currency}")


def _value(typed: str) -> Decimal:
    cents = _CENTS.search(typed)
    whole = _THOUSANDS.sub("", typed[: cents.start()] if cents else typed)
    return Decimal(f"{whole}.{cents[1]}" if cents else whole)


def _key(typed: str) -> str:
    return " ".join(typed.lower().split())


def _any(names: Iterable[str]) -> str:
    escaped = (regex.escape(name).replace(r"\ ", r"\s+") for name in sorted(names, key=lambda name: (-len(name), name)))
    return "|".join(escaped)


def _words() -> dict[str, str]:
    words = {word.replace("_", " "): code for code, several in _WORDS.items() for word in several.split()}
    return words | {stem + ending: code for stem, code in _STEMS.items() for ending in _BENGALI_ENDINGS}


@lru_cache
def _amount(spaced: bool) -> Any:
    codes = rf"(?i:{_any(_PLAIN_CODES)})|{_any(_CODES)}"
    signs = rf"(?i:{_any(_SIGNS)})"
    before = rf"(?:{signs}|(?<!\w)(?:(?i:{_any(_WORDS_BEFORE)})\.?|{codes}))"
    after = rf"(?:{signs}|(?:(?i:{_any(_words())})|{codes})(?!\w))"
    number = rf"(?<number>{_NUMBER.format(marks=f'(?:{_MARKS}| )' if spaced else _MARKS)})"
    # in "48213 taka 500" the first is an order's number
    order = rf"\d{{5,8}}{_SPACE}{{0,2}}{before}{_SPACE}{{0,2}}\d"
    return regex.compile(
        rf"(?<![\w#+]|\d[.,/:-])(?:(?!{order}){number}(?!\d){_SPACE}{{0,2}}(?P<after>{after})"
        rf"|(?P<before>{before}){_SPACE}{{0,2}}{number}(?![\w%]|[.,:/-]\d))"
    )


_CURRENCIES = {
    **{sign.lower(): code for sign, code in _SIGNS.items()},
    **{code.lower(): code for code in (*_PLAIN_CODES, *_CODES)},
    **_WORDS_BEFORE,
    **{f"{word}.": code for word, code in _WORDS_BEFORE.items()},
    **_words(),
}
