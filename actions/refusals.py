"""What a customer hears where a change is refused, and what is offered instead."""

from collections.abc import Sequence
from dataclasses import dataclass

from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.slots import HANDOFF_REASON
from actions.values import ident


@dataclass(frozen=True)
class Told:
    """A response, the intents that are offered beside it, and where a person takes over, for which reason."""

    response: str
    instead: Sequence[str] = ()
    reason: str | None = None


def say(told: Told, number: str, dispatcher: CollectingDispatcher) -> list[EventType]:
    """Say it of the order with this number."""
    buttons = [{"intent": intent} for intent in told.instead]
    dispatcher.utter_message(response=told.response, number=ident(number), buttons=buttons)
    return [SlotSet(HANDOFF_REASON, told.reason)] if told.reason else []
