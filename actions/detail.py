"""One thing that a form has to know besides the order: found in what was said, or asked for."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

from rasa_sdk.executor import CollectingDispatcher

from actions.heard import Heard, choice_payload
from actions.shop.backend import Order
from actions.values import Params, Value

Known = Mapping[str, Any]


class Unusable(Exception):
    """What was said is clear and does not do, as the phrase says; the question is asked again."""

    def __init__(self, phrase: str, **params: Value) -> None:
        super().__init__(phrase)
        self.phrase = phrase
        self.params: Params = params


class Detail(ABC):
    """A question of a form. Its value is kept in the tracker, so it is made of what JSON has.

    Attributes:
        name: what the form's slot `details` keeps it under; no phrase is called `ask_<name>`, or Rasa would ask too.
        unclear: the phrase for an answer that says nothing of it.
        no_is_an_answer: where it is not, who says no wants no more of all this.
        about: the details that it is about; when one of them changes, it is not known any more.
    """

    name: str
    unclear: str
    no_is_an_answer = False
    about: Sequence[str] = ()

    def needed(self, order: Order, known: Known) -> bool:
        """Whether it has to be known, with what is known before it."""
        return True

    @abstractmethod
    def take(self, heard: Heard, order: Order, known: Known, asked: bool) -> Any | None:
        """What a message says of it, None for nothing. Unless it was just asked for, only what is unmistakable.

        Raises:
            Unusable: it says something that will not do.
        """

    @abstractmethod
    def ask(self, order: Order, known: Known, dispatcher: CollectingDispatcher) -> None:
        """Ask for it."""

    def describe(self, value: Any, order: Order) -> str:
        """It in plain English, for the person who takes over."""
        return f"{self.name.replace('_', ' ')}: {value}"


class Choice(Detail):
    """One of a few things, each with a button. `answers` has the phrase of each.

    Where the message is none of the buttons, its intent can say it (`intents`).
    """

    question: str
    answers: Mapping[str, str]
    intents: Mapping[str, str] = {}

    def take(self, heard: Heard, order: Order, known: Known, asked: bool) -> Any | None:
        """The button pressed, or what the intent says; asked, also the answer's number in the row."""
        offered = self.offered(order, known)
        chosen = heard.choice(self.name)
        if chosen is None and asked:
            chosen = self.intents.get(str(heard.intent)) or _by_place(heard.text, offered)
        return chosen if chosen in offered else None

    def ask(self, order: Order, known: Known, dispatcher: CollectingDispatcher) -> None:
        """Ask, with a button for each answer."""
        buttons = [
            {"phrase": self.answers[chosen], "payload": choice_payload(self.name, chosen)}
            for chosen in self.offered(order, known)
        ]
        dispatcher.utter_message(response=f"utter_{self.question}", buttons=buttons)

    def offered(self, order: Order, known: Known) -> Sequence[str]:
        """The answers that make sense here."""
        return list(self.answers)


class FreeText(Detail):
    """Something in the customer's own words, up to `longest` characters."""

    question: str
    longest = 1000

    def take(self, heard: Heard, order: Order, known: Known, asked: bool) -> Any | None:
        """Whatever is the answer to the question; another question is not, nor is a no where that is none."""
        if not asked or not heard.text or heard.asks or heard.intent == "choose":
            return None
        if heard.intent == "deny" and not self.no_is_an_answer:
            return None
        return heard.text[: self.longest]

    def ask(self, order: Order, known: Known, dispatcher: CollectingDispatcher) -> None:
        """Ask."""
        dispatcher.utter_message(response=f"utter_{self.question}")


def _by_place(text: str, offered: Sequence[str]) -> str | None:
    """The answer with this number in the row, the first being 1."""
    return offered[int(text) - 1] if text.isascii() and text.isdigit() and 0 < int(text) <= len(offered) else None
