"""Saying it again."""

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.types import DomainDict


class ActionRepeat(Action):
    """Repeats what the bot said to the customer's message before, with its buttons."""

    def name(self) -> str:
        """The action's name."""
        return "action_repeat"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[EventType]:
        """The newest exchange in which the bot spoke, in its order."""
        said = []
        for event in reversed(tracker.events):
            if event.get("event") == "bot":
                said.append(event)
            elif event.get("event") == "user" and said:
                break
        if not said:
            dispatcher.utter_message(response="utter_nothing_to_repeat")
        for event in reversed(said):
            dispatcher.utter_message(text=event.get("text"), buttons=(event.get("data") or {}).get("buttons"))
        return []
