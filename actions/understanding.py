"""When it is not clear what a message means: two meanings are close, or it is in a language that we do not serve."""

from __future__ import annotations

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.types import DomainDict

PERSON = "human_agent"
OFFERED = 2
# the pipeline's names for what it makes of such messages (bot/nlu/intent.py)
CLOSE = "nlu_choice"
FOREIGN = "foreign_language"
_NOTHING = {"out_of_scope", None}


class ActionOfferTwo(Action):
    """Offers the likeliest meanings as buttons, and a person, rather than guess."""

    def name(self) -> str:
        """The action's name."""
        return "action_offer_two"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[EventType]:
        """Say which ones; pressing a button is as good as having typed it."""
        ranking = [one.get("name") for one in tracker.latest_message.get("intent_ranking") or []]
        likely = [name for name in ranking if name not in _NOTHING][:OFFERED]
        offered = [{"intent": name} for name in dict.fromkeys([*likely, PERSON])]
        dispatcher.utter_message(response="utter_which_one", buttons=offered)
        return []


class ActionForeignLanguage(Action):
    """Says, in the nearest language that we serve, that the customer's is not one of them, and offers a person."""

    def name(self) -> str:
        """The action's name."""
        return "action_foreign_language"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[EventType]:
        """Say so, by the language's name."""
        code = (tracker.latest_message.get("language") or {}).get("foreign")
        dispatcher.utter_message(
            response="utter_foreign_language",
            language=code,
            foreign={"language": code},
            buttons=[{"intent": PERSON}, {"intent": "change_language"}],
        )
        return []
