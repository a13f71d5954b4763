"""Rasa's NLG: the published words, in the language of the customer's message."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rasa.core.nlg.generator import NaturalLanguageGenerator
from rasa.shared.core.trackers import DialogueStateTracker

from bot.content.live import LiveWords
from bot.content.words import UnknownPhrase
from bot.dialogue import failures
from handoff.messages import Button, Card, Phrases, Said

PREFIX = "utter_"


class Answers(NaturalLanguageGenerator):
    """Says a response by its name, `utter_` and the key of a phrase or answer.

    Rasa's own conditional responses are not used: there, a variant for a channel beats one for a language, so a
    Bengali customer on Slack got English.
    """

    def __init__(self, endpoint_config: Any = None, domain: Any = None, words: Phrases | None = None) -> None:
        """Rasa's commands give an endpoint configuration, and the words are then read from `data/`."""
        self._words = words or LiveWords(Path("data"))

    async def generate(
        self, utter_action: str, tracker: DialogueStateTracker, output_channel: str, **kwargs: Any
    ) -> dict[str, Any] | None:
        kwargs.pop("domain_responses", None)
        language = kwargs.pop("language", None) or language_of(tracker)
        values = {name: value for name, value in kwargs.items() if value is not None}
        try:
            said = self._say(utter_action, language, values)
        except Exception as error:
            failures.note(error)
            raise
        # said.buttons has them with their titles; Rasa would add what the action gave, which has none, once more
        (kwargs.get("buttons") or []).clear()
        answer: dict[str, Any] = {"text": said.text, "buttons": [button.as_json() for button in said.buttons]}
        # Rasa carries along what it does not know under this name
        return answer | {"custom": {"card": said.card.as_json()}} if said.card else answer

    def _say(self, utter_action: str, language: str, values: dict[str, Any]) -> Said:
        key = utter_action.removeprefix(PREFIX)
        try:
            return self._words.say(key, language, **values)
        except UnknownPhrase:
            # utter_ask_<form>_<slot> is Rasa's name; one phrase ask_<slot> serves every form
            for cut in range(len(key)):
                if key.startswith("ask_") and key[cut:].startswith("form_"):
                    return self._words.say(f"ask_{key[cut + 5 :]}", language, **values)
            raise


def language_of(tracker: DialogueStateTracker) -> str:
    """The language of the customer's last message, as the pipeline found it; a pressed button, which the pipeline
    does not look at, keeps the conversation's."""
    latest = tracker.latest_message
    if latest is None:
        return "en"
    found = (latest.parse_data or {}).get("language") or {}
    return str(found.get("name") or (latest.metadata or {}).get("language") or "en")


def as_said(message: dict[str, Any]) -> Said:
    """A message of Rasa's output channel as words, buttons and card."""
    # Rasa adds an action's own buttons again to those that the words made of them; only the latter have titles
    made = [button for button in message.get("buttons") or () if "title" in button]
    buttons = tuple(dict.fromkeys(Button(button["title"], button["payload"]) for button in made))
    card = (message.get("custom") or {}).get("card")
    return Said(str(message.get("text") or ""), buttons, Card.from_json(card) if card else None)
