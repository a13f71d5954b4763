"""Which words answer, in which language: phrases and answers filled with facts and values, and titled buttons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.content.library import Library
from bot.content.render import Formatter, fill
from handoff.messages import Button, Card, Said


class UnknownPhrase(KeyError):
    """No phrase or answer has this key."""


class Words:
    """Says things from one library. Holds one formatter for each language; immutable, so it can be swapped live."""

    def __init__(self, library: Library, zone: str = "UTC") -> None:
        self.library = library
        self._formatters = {code: Formatter(language, zone) for code, language in library.languages.items()}

    def say(self, key: str, language: str, **values: Any) -> Said:
        """The phrase or, by its intent, the answer `key` in `language`, its placeholders filled, its `next` as buttons.

        Args:
            values: by placeholder; a special one, `buttons`, is a list of {"intent": name} or
                {"phrase": key, "payload": "/intent{…}"}, or a {"language": code, "payload": …} called by its own name,
                that comes before `next`. Another, `card`, is what `Card` has, in values to be written.

        Raises:
            UnknownPhrase: nothing has this key.
        """
        asked = values.pop("buttons", None) or []
        card = values.pop("card", None)
        phrase = self.library.phrases.get(key)
        question = self.library.questions.get(key)
        if phrase is not None:
            texts, following = phrase.texts, phrase.next
        elif question is not None and question.answers:
            texts, following = question.answers, question.next
        else:
            raise UnknownPhrase(key)
        text = self._fill(self.library.pick(texts, language), language, values)
        buttons = [self._button(button, language) for button in asked]
        buttons += [self._button({"intent": intent}, language) for intent in following]
        return Said(text, tuple(dict.fromkeys(buttons)), self._card(card, language) if card else None)

    def labels(self, prefix: str, language: str) -> dict[str, str]:
        """All phrases whose key begins with `prefix`, for a page to show."""
        return {key: self.say(key, language).text for key in self.library.phrases if key.startswith(prefix)}

    def _fill(self, text: str, language: str, values: Mapping[str, Any]) -> str:
        known = {**self.library.facts, **values}

        def write(name: str) -> str | None:
            return self._value(known[name], language) if name in known else None

        return fill(text, write)

    def _value(self, value: Any, language: str) -> str:
        if isinstance(value, Mapping):
            if "phrase" in value:
                return self.say(value["phrase"], language, **value.get("params", {})).text
            if "lines" in value:
                return self._joined(value["lines"], language, "\n")
            if "list" in value:
                return self._joined(value["list"], language, ", ")
        return self._formatter(language).text(value)

    def _joined(self, values: Sequence[Any], language: str, separator: str) -> str:
        return separator.join(self._value(value, language) for value in values)

    def _formatter(self, language: str) -> Formatter:
        return self._formatters[self.library.answered_in(language)]

    def _card(self, card: Mapping[str, Any], language: str) -> Card:
        rows = tuple((self._value(name, language), self._value(value, language)) for name, value in card["rows"])
        link = (self._value(card["link"][0], language), str(card["link"][1])) if card.get("link") else None
        title, badge, beside = (self._value(card.get(part, ""), language) for part in ("title", "badge", "beside"))
        return Card(title, badge, rows, link, beside.strip())

    def _button(self, button: Mapping[str, Any], language: str) -> Button:
        if "intent" in button:
            return Button(self.library.title(button["intent"], language), f"/{button['intent']}")
        if "language" in button:
            return Button(self.library.languages[button["language"]].name, str(button["payload"]))
        title = self.say(button["phrase"], language, **button.get("params", {})).text
        return Button(title, str(button["payload"]))
