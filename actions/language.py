"""Going on in another language, because the customer asks for it."""

from collections.abc import Sequence
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.types import DomainDict

from actions import standalone
from actions.slots import CHOSEN_LANGUAGE


class ActionChangeLanguage(Action):
    """Takes the language that the message names, or asks which one by a button for each that is served."""

    def __init__(self, languages: Sequence[str] | None = None) -> None:
        self._languages = tuple(languages or standalone.languages())

    def name(self) -> str:
        """The action's name."""
        return "action_change_language"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[EventType]:
        """Only languages that we answer in are entities, so a named one is one we can speak."""
        entities: list[dict[str, Any]] = tracker.latest_message.get("entities") or []
        named = [entity["value"] for entity in entities if entity["entity"] == "language"]
        if not named or named[-1] not in self._languages:
            buttons = [
                {"language": code, "payload": f'/change_language{{"language": "{code}"}}'} for code in self._languages
            ]
            dispatcher.utter_message(response="utter_ask_language", buttons=buttons)
            return []
        dispatcher.utter_message(response="utter_language_changed", language=named[-1])
        return [SlotSet(CHOSEN_LANGUAGE, named[-1])]
