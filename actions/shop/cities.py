"""The cities that `data/places.yml` knows by name: what an address means, and how it is written in every language."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

_LANGUAGES = ("en", "bn", "hi", "es", "fr", "de")


@dataclass(frozen=True)
class Cities:
    """Names by language, by country (ISO 3166) and English name; and English names by any name, folded."""

    by_country: Mapping[str, Mapping[str, Mapping[str, str]]]
    called: Mapping[str, str]

    @classmethod
    def load(cls, path: Path) -> Cities:
        """Reads the places' file; where there is none, no city is known and each stands as it was typed."""
        raw: Mapping[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8")) if path.is_file() else {}
        by_country: dict[str, dict[str, Mapping[str, str]]] = {}
        called: dict[str, str] = {}
        for country, cities in (raw.get("cities") or {}).items():
            for city in cities:
                names = {language: city.get(language, city["en"]) for language in _LANGUAGES}
                by_country.setdefault(country, {})[city["en"]] = names
                called |= dict.fromkeys((fold(name) for name in (*names.values(), *city.get("also", ()))), city["en"])
        return cls(by_country, called)

    def find(self, text: str) -> str | None:
        """The English name of the city that this text names and nothing else."""
        return self.called.get(fold(text))

    def names(self, name: str, country: str) -> Mapping[str, str] | None:
        """A city of this country in every language, by its English name."""
        return self.by_country.get(country, {}).get(name)

    def only_elsewhere(self, name: str, country: str) -> bool:
        """Whether a city of this English name is known, but only in other countries."""
        return name in self.called.values() and self.names(name, country) is None


def fold(text: str) -> str:
    """A name as it is compared: whatever case, spaces and dashes it was typed with."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().replace("-", " ").replace(".", " ").split())
