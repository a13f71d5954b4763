"""A typed address as street, postcode and city, in whatever order its country writes them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from babel import Locale

from actions.shop.cities import Cities, fold

# how a postcode looks; where a country is missing, a few letters and digits with a digit among them
POSTCODES = {
    "BD": r"\d{4}",
    "IN": r"\d{3} ?\d{3}",
    "US": r"\d{5}(?:-\d{4})?",
    "GB": r"[A-Za-z]{1,2}\d[A-Za-z\d]? ?\d[A-Za-z]{2}",
    "DE": r"\d{5}",
    "FR": r"\d{5}",
    "ES": r"\d{5}",
}
_ANY_POSTCODE = r"(?=[A-Za-z-]*\d)[A-Za-z\d]{3,8}(?:[ -][A-Za-z\d]{3,4})?"
# where letters arrive without one
WITHOUT_POSTCODE = frozenset({"BD"})
_BETWEEN = re.compile(r"[,;،\n]+")
_LOCALES = ("en", "bn", "hi", "es", "fr", "de")
# two parts and an unknown name, such as "Road 3, House 1213": four digits beside it are rather the house's
_SURELY_LONG = 5


@dataclass(frozen=True)
class Typed:
    """What was found of an address; what was not is empty. `city` is the English name of one that is known, else as it
    was typed."""

    street: str = ""
    postcode: str = ""
    city: str = ""


def read_address(text: str, country: str, cities: Cities) -> Typed:
    """An address of this country (ISO 3166), in one message: `House 5, Road 3, Banani, Dhaka 1213`."""
    parts = [part for part in (each.strip(" .।") for each in _BETWEEN.split(text)) if part]
    parts = _apart([part for part in parts if fold(part) not in _countries(country)], country, cities)
    for place in range(len(parts) - 1, -1, -1):
        rest, postcode = without_postcode(parts[place], country)
        if known := cities.find(rest):
            return _from(parts, place, known, postcode, country)
    if len(parts) > 1:
        rest, postcode = without_postcode(parts[-1], country)
        unmistakable = len(postcode) >= _SURELY_LONG or len(parts) > 2
        if postcode and (not rest or unmistakable):
            return Typed(", ".join(parts[:-1]), postcode, rest)
    return Typed(", ".join(parts))


def find_postcode(text: str, country: str) -> str:
    """The postcode that a text is, or has in front or at its end; empty where there is none."""
    return without_postcode(text.strip(" .,।"), country)[1]


def only_postcode(text: str, country: str) -> tuple[str, str]:
    """The one postcode that stands somewhere in a text, and the text around it; both empty where there is none, or more
    than one."""
    found = list(re.finditer(rf"(?<![\w-])(?:{POSTCODES.get(country, _ANY_POSTCODE)})(?![\w-])", text))
    if len(found) != 1:
        return "", ""
    (match,) = found
    return match[0].upper(), f"{text[: match.start()]} {text[match.end() :]}"


def without_postcode(text: str, country: str) -> tuple[str, str]:
    """A text without the postcode that it begins or ends with, and that; both may be empty."""
    pattern = POSTCODES.get(country, _ANY_POSTCODE)
    if match := re.fullmatch(rf"(?P<code>{pattern})(?:[\s-]+(?P<rest>\D.*))?", text, re.DOTALL):
        return (match["rest"] or "").strip(), match["code"].upper()
    if match := re.fullmatch(rf"(?P<rest>.*?\S)[\s-]+(?P<code>{pattern})", text, re.DOTALL):
        return match["rest"].strip(" -–"), match["code"].upper()
    return text, ""


def _from(parts: Sequence[str], place: int, known: str, postcode: str, country: str) -> Typed:
    """With the city in the part at this place, its postcode there or in a part after or just before it."""
    after, street = list(parts[place + 1 :]), list(parts[:place])
    beside = [known]
    for part in after:
        rest, found = without_postcode(part, country)
        postcode = postcode or found
        beside += [rest] if rest else []
    if not postcode and street:
        rest, found = without_postcode(street[-1], country)
        if found and (not rest or len(found) >= _SURELY_LONG):
            postcode = found
            street[-1:] = [rest] if rest else []
    return Typed(", ".join(street), postcode, ", ".join(beside))


def _apart(parts: Sequence[str], country: str, cities: Cities) -> list[str]:
    """The last part in two where a street and a city stand in it without a comma."""
    if not parts:
        return []
    *before, last = parts
    rest, postcode = without_postcode(last, country)
    words = rest.split()
    if not cities.find(rest):
        for start in range(max(1, len(words) - 3), len(words)):
            if cities.find(" ".join(words[start:])):
                return [*before, " ".join(words[:start]), " ".join([*words[start:], postcode]).strip()]
    pattern = POSTCODES.get(country, _ANY_POSTCODE)
    if match := re.fullmatch(rf"(?P<street>.*?\d.*?)[\s-]+(?P<city>{pattern}\s+\D+)", last, re.DOTALL):
        return [*before, match["street"], match["city"]]
    return list(parts)


def _countries(country: str) -> frozenset[str]:
    """What the country is called."""
    return frozenset(fold(Locale(code).territories.get(country, country)) for code in _LOCALES)
