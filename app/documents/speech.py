"""What a document says: its phrases and values in one language."""

from __future__ import annotations

from typing import Any

import babel

from actions.shop.backend import Order
from actions.values import Value, names
from bot.content.words import Words


class Speech:
    """The words of one language, as they stand at one moment."""

    def __init__(self, words: Words, language: str) -> None:
        self.language = language
        self._words = words

    def say(self, key: str, **values: Any) -> str:
        """A phrase, filled."""
        return self._words.say(f"document_{key}", self.language, **values).text.strip()

    def value(self, value: Value) -> str:
        """A value alone."""
        return self.say("value", value=value)

    def percent(self, fact: str) -> float:
        """A fact that is a percentage."""
        return float(self._words.library.facts[fact]["percent"])

    def country(self, code: str) -> str:
        """A country's name."""
        locale = babel.Locale.parse(self._words.library.languages[self.language].locale)
        return str(locale.territories.get(code, code))

    def address(self, order: Order) -> str:
        """Where an order goes, line by line; what the shop does not tell is left out."""
        city, place = self.value(names(order.city)), order.address
        lines = [
            place.recipient if place else order.customer.name,
            place.street if place else "",
            f"{place.postcode} {city}".strip() if place else city,
            self.country(order.country),
        ]
        return "\n".join(line for line in lines if line)
