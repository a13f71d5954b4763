"""A form whose customer may have no order number at all: nobody gave them one, or they never ordered anything."""

from rasa_sdk import Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.forms import REQUESTED_SLOT
from rasa_sdk.types import DomainDict

from actions.change_form import end_form
from actions.claims import ClaimForm
from actions.heard import Heard, heard_since
from actions.slots import HANDOFF_REASON, ORDER_NUMBER, WISHED


class NumberlessForm(ClaimForm):
    """Who has no number to tell gets a person, who looks for it by what was said."""

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[EventType]:
        """As every form, but for a reply without anything that could be a number."""
        if self._just_began(tracker) or not self._has_none(tracker):
            return await super().run(dispatcher, tracker, domain)
        dispatcher.utter_message(response="utter_no_number_person")
        said = [one.text for one in heard_since(tracker, self.form_name())]
        wished = "no order number; said: " + " / ".join([*said, Heard.of(tracker.latest_message).text])
        return [SlotSet(HANDOFF_REASON, self.intent), *end_form(), SlotSet(WISHED, wished)]

    def _has_none(self, tracker: Tracker) -> bool:
        if tracker.get_slot(REQUESTED_SLOT) != ORDER_NUMBER or self.wishes_more(tracker):
            return False
        heard = Heard.of(tracker.latest_message)
        is_try = heard.intent == "affirm" or heard.has_card_number or self._says_something(heard.text)
        return not is_try
