"""When a person is needed. The actions only say why; the conversation's owner hands over and tells the customer."""

from collections.abc import Mapping, Sequence
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import ActiveLoop, EventType, FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.forms import REQUESTED_SLOT
from rasa_sdk.interfaces import ACTION_LISTEN_NAME, NLU_FALLBACK_INTENT_NAME
from rasa_sdk.types import DomainDict

from actions.slots import HANDOFF_REASON

FALLBACKS_UNTIL_PERSON = 2
_FALLBACK_ACTION = "action_fallback"
_DEFAULT_REASON = "human_agent"

# Where no rule fitted the message, none says that it is the customer's turn now.
_LISTEN = FollowupAction(ACTION_LISTEN_NAME)

TrackerEvent = Mapping[str, Any]


class ActionRequestPerson(Action):
    """Asks for a person, for the reason that the customer's latest intent names."""

    def name(self) -> str:
        """The action's name."""
        return "action_request_person"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[EventType]:
        """Say nothing: the customer is told by who knows the queue."""
        intent = (tracker.latest_message.get("intent") or {}).get("name")
        return _hand_over(intent or _DEFAULT_REASON)


class ActionFallback(Action):
    """Says that the message was not understood, and asks for a person when that happens twice in a row."""

    def name(self) -> str:
        """The action's name."""
        return _FALLBACK_ACTION

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[EventType]:
        """One more chance first; then a person."""
        if fallbacks_in_a_row(tracker.events) >= FALLBACKS_UNTIL_PERSON:
            return [*_hand_over("not_understood"), _LISTEN]
        dispatcher.utter_message(response="utter_not_understood")
        return [_LISTEN]


def fallbacks_in_a_row(events: Sequence[TrackerEvent]) -> int:
    """How many of the customer's latest messages in a row were not understood, the one being answered included.

    An earlier one counts if it was answered by the fallback. One that a form took as the answer to its question does
    not, whatever its intent was: an order number alone is no intent, and is understood all the same.
    """
    count = 0
    answers: set[str] = set()
    newest = True
    for event in reversed(events):
        if event.get("event") == "action" and event.get("name") != "action_listen":
            answers.add(str(event.get("name")))
        elif event.get("event") == "user":
            unanswered = not answers and _intent(event) == NLU_FALLBACK_INTENT_NAME
            if not (newest or unanswered or _FALLBACK_ACTION in answers):
                return count
            count += 1
            newest = False
            answers = set()
    return count


def _intent(event: TrackerEvent) -> str | None:
    intent: str | None = ((event.get("parse_data") or {}).get("intent") or {}).get("name")
    return intent


def _hand_over(reason: str) -> list[EventType]:
    """Say why, and leave any form: after the person, the conversation begins a new question."""
    return [SlotSet(HANDOFF_REASON, reason), ActiveLoop(None), SlotSet(REQUESTED_SLOT, None)]
