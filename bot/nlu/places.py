"""The names of countries and cities that a message may hold, from CLDR and `data/places.yml`."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import regex
import yaml
from babel import Locale

from bot.nlu import endings
from bot.nlu.folded import lower

_LOCALES = ("en", "bn", "hi", "es", "fr", "de")
_IN_BRACKETS = regex.compile(r"^(.*?)\s*[(（](.*?)[)）]$")
# countries whose places Bengali endings are typed after in Latin letters, too
_BENGALI_SPOKEN = ("BD", "IN")


class Places:
    """`countries` are ISO 3166 codes by name, `cities` English names by name.

    A name is in lower case, with capitals only where it is no place without them.
    """

    def __init__(self, countries: Mapping[str, str], cities: Mapping[str, str]) -> None:
        self.countries = countries
        self.cities = cities

    @classmethod
    def load(cls, path: Path) -> Places:
        """Reads the places' file. Raises what reading, YAML or a missing key raises."""
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
        everyday = {lower(name): name for name in raw["everyday"]}
        never = {lower(name) for name in raw["never"]}
        by_country = {lower(name): code for code, name in _territories()}
        by_country |= {lower(name): code for code, names in raw["countries"].items() for name in names}
        countries: dict[str, str] = {}
        cities: dict[str, str] = {}
        for code, each in raw["cities"].items():
            for city in each:
                for name in map(lower, _names(city)):
                    if by_country.get(name) != code:  # Singapore and Mexico are rather the country
                        by_country.pop(name, None)
                        romanised = code in _BENGALI_SPOKEN
                        cities |= dict.fromkeys(_forms(name, everyday, romanised), city["en"])
        for name, code in by_country.items():
            if name not in never:
                countries |= dict.fromkeys(_forms(name, everyday, code in _BENGALI_SPOKEN), code)
        return cls({name: code for name, code in countries.items() if name not in cities}, cities)


def _territories() -> Iterator[tuple[str, str]]:
    for locale in _LOCALES:
        for code, name in Locale(locale).territories.items():
            if len(code) == 2 and code.isalpha() and code not in ("EU", "EZ", "UN", "ZZ", "XA", "XB", "QO"):
                bracketed = _IN_BRACKETS.match(name)
                yield from ((code, part) for part in (bracketed.groups() if bracketed else (name,)))


def _names(city: Mapping[str, Any]) -> Iterable[str]:
    return [*(city[locale] for locale in _LOCALES if locale in city), *city.get("also", ())]


def _forms(name: str, everyday: Mapping[str, str], romanised: bool) -> set[str]:
    if name in everyday:
        return {everyday[name]}
    if romanised and unicodedata.name(name[-1], "").startswith("LATIN"):
        return endings.of_a_romanised_place(name)
    return endings.of_a_place(name)
