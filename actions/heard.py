"""A customer's message as a form hears it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rasa_sdk import Tracker

from actions.denied import denied
from actions.slots import VERIFIED_ORDER
from actions.typed import fold_digits, is_question

# what a pressed button of a form's own question says: its intent and the entity that names the choice
CHOOSE = "choose"
CHOICE = "choice"
_BETWEEN = ":"
_FEW_WORDS = 3
# what stands where a card number was typed (handoff/privacy.py takes it out before anything is written down)
_CARD_REMOVED = "[••••"


@dataclass(frozen=True)
class Heard:
    """What was typed, or which button was pressed. `text` has plain digits in whatever script they were typed."""

    text: str
    intent: str | None
    entities: Sequence[Mapping[str, Any]]

    @classmethod
    def of(cls, message: Mapping[str, Any]) -> Heard:
        """A message as Rasa has parsed it, without the days and places that it names only to deny them."""
        text = str(message.get("text") or "")
        return cls(
            fold_digits(text).strip(),
            (message.get("intent") or {}).get("name"),
            tuple(one for one in message.get("entities") or () if not denied(text, one)),
        )

    def values(self, entity: str) -> list[str]:
        """What was said of this kind, in the order in which it was said."""
        return [str(one["value"]) for one in self.entities if one.get("entity") == entity]

    def choice(self, of: str) -> str | None:
        """What the pressed button chooses among the answers to the question `of`."""
        for value in self.values(CHOICE) if self.intent == CHOOSE else ():
            name, between, chosen = value.partition(_BETWEEN)
            if between and name == of:
                return chosen
        return None

    @property
    def has_card_number(self) -> bool:
        """Whether a payment card's number was typed."""
        return _CARD_REMOVED in self.text

    @property
    def brief(self) -> bool:
        """Whether it is so short that, after a question, it is an answer, whatever else it may sound like."""
        return len(self.text.split()) <= _FEW_WORDS and not self.asks

    @property
    def asks(self) -> bool:
        """Whether it is written as a question."""
        return is_question(self.text)


def choice_payload(of: str, chosen: str) -> str:
    """The payload of a button that answers the question `of`."""
    return f'/{CHOOSE}{{"{CHOICE}": "{of}{_BETWEEN}{chosen}"}}'


def heard_since(tracker: Tracker, form: str, of: str | None = None) -> list[Heard]:
    """What was said since the form began, the message that began it first and the latest left out; where it is about
    the order with the id `of`, only what was said after any other."""
    said: list[Heard] = []
    for event in reversed(tracker.events):
        another = event.get("event") == "slot" and event.get("name") == VERIFIED_ORDER
        if of is not None and another and event.get("value") not in (None, of):
            break
        if event.get("event") == "user":
            said.append(Heard.of(event.get("parse_data") or event))
    began = _messages_since(tracker, form)
    return list(reversed(said[1:began]))


def _messages_since(tracker: Tracker, form: str) -> int:
    """How many messages there were since the form began, with the one that began it."""
    count = 0
    for event in reversed(tracker.events):
        if event.get("event") == "user":
            count += 1
        elif event.get("event") == "active_loop" and event.get("name") == form:
            return count + 1
    return count
