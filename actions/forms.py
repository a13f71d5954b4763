"""The two questions before an order is looked up: which order, and what contact is it under?

All forms fill the slots `order_number` and `order_contact`, from the entities of a message while they ask for them; the
domain fills them only while no form is on, since a house number in an address is no order's. Where a message has no
entity, the form takes the message itself as the try at an answer, unless it clearly says something else. Then the form
steps aside, so that any question can be asked in between.
"""

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.forms import REQUESTED_SLOT, FormValidationAction
from rasa_sdk.interfaces import NLU_FALLBACK_INTENT_NAME, ActionExecutionRejection
from rasa_sdk.types import DomainDict

from actions.heard import CHOOSE, Heard
from actions.recent_orders import ORDER
from actions.services import Services
from actions.slots import CONFIRMATION, ORDER_CONTACT, ORDER_NUMBER
from actions.standalone import services as standalone_services
from actions.typed import fold_digits, parse_contact, parse_order_number
from actions.understanding import CLOSE, FOREIGN
from actions.verification import vouched

Slots = dict[str, str | None]

# Somebody who asks for a person gets one, even where the same message names an order.
_WANTS_PERSON = {"human_agent", "complaint"}
# What a reply to the form's question is taken for when it says nothing else.
NO_OTHER_WISH = {None, NLU_FALLBACK_INTENT_NAME, CLOSE, FOREIGN, "affirm", "deny", CHOOSE}
# at these questions an order's number is one; at any other, digits mean something else
_NUMBER_IS_MEANT = (ORDER_NUMBER, ORDER_CONTACT, CONFIRMATION)


class OrderForm(FormValidationAction):
    """Asks for an order's number and its owner's contact. Without services it has those of Rasa's own action server."""

    def __init__(self, services: Services | None = None) -> None:
        self._services = services or standalone_services()

    @abstractmethod
    def name(self) -> str:
        """The action's name, `validate_<intent>_form`."""

    def domain_slots(self, domain: DomainDict) -> list[str]:
        """The form's slots, known here so that no call has to carry the whole domain."""
        return [ORDER_NUMBER, ORDER_CONTACT]

    async def required_slots(
        self, domain_slots: list[str], dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> list[str]:
        """Whom the shop vouches for is asked for no contact, unless the order turned out not to be theirs."""
        if vouched(tracker) is None or tracker.get_slot(REQUESTED_SLOT) == ORDER_CONTACT:
            return domain_slots
        return [slot for slot in domain_slots if slot != ORDER_CONTACT]

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[EventType]:
        """Validate what came, or step aside for somebody who wants a person."""
        text = _text(tracker)
        only_answer = len(text.split()) == 1 and self._says_something(text)
        if _intent(tracker) in _WANTS_PERSON and not only_answer:
            raise ActionExecutionRejection(self.form_name())
        events: list[EventType] = await super().run(dispatcher, tracker, domain)
        return events

    def extract_order_number(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> Slots:
        """Another number that was named or chosen, or the message, where it is a try at one."""
        chosen = Heard.of(tracker.latest_message).choice(ORDER)
        if chosen and tracker.get_slot(REQUESTED_SLOT) in _NUMBER_IS_MEANT:
            return {ORDER_NUMBER: chosen}
        return self._named(ORDER_NUMBER, ["order_number"], tracker) or self._try_at(ORDER_NUMBER, tracker)

    def extract_order_contact(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> Slots:
        """Another contact that was named, or the message, where it is a try at one."""
        return self._named(ORDER_CONTACT, ["email", "phone"], tracker) or self._try_at(ORDER_CONTACT, tracker)

    def validate_order_number(
        self, value: Any, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> Slots:
        """Plain digits, or say what is needed. A contact typed instead is kept for the next question."""
        if value is None:
            return {ORDER_NUMBER: None}
        number = parse_order_number(str(value))
        contact = parse_contact(str(value), self._services.regions)
        also: Slots = {ORDER_CONTACT: contact.text} if contact else {}
        if number is None:
            dispatcher.utter_message(
                response="utter_order_number_is_contact" if contact else "utter_order_number_invalid"
            )
        return {ORDER_NUMBER: number, **also}

    def validate_order_contact(
        self, value: Any, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> Slots:
        """An e-mail address or phone number, or say what is needed."""
        if value is None:
            return {ORDER_CONTACT: None}
        contact = parse_contact(str(value), self._services.regions)
        if contact is None:
            is_number = parse_order_number(str(value)) is not None
            dispatcher.utter_message(
                response="utter_order_contact_is_number" if is_number else "utter_order_contact_invalid"
            )
        return {ORDER_CONTACT: contact.text if contact else None}

    def _named(self, slot: str, entities: Sequence[str], tracker: Tracker) -> Slots:
        """What the latest message calls so and is not known yet, where it may be meant."""
        meant = tracker.get_slot(REQUESTED_SLOT) in _NUMBER_IS_MEANT or self._just_began(tracker)
        if not meant or slot in tracker.slots_to_validate():
            return {}
        heard, known = Heard.of(tracker.latest_message), tracker.get_slot(slot)
        new = [value for entity in entities for value in heard.values(entity) if fold_digits(value) != known]
        return {slot: new[0]} if new else {}

    def _try_at(self, slot: str, tracker: Tracker) -> Slots:
        if tracker.get_slot(REQUESTED_SLOT) != slot or slot in tracker.slots_to_validate() or self._just_began(tracker):
            return {}
        text = _text(tracker)
        return {slot: text} if text and (not self.wishes_more(tracker) or self._says_something(text)) else {}

    def wishes_more(self, tracker: Tracker) -> bool:
        """Whether the latest message clearly says something other than a reply to a form would."""
        own_intent = self.form_name().removesuffix("_form")
        return _intent(tracker) not in {*NO_OTHER_WISH, own_intent}

    def _just_began(self, tracker: Tracker) -> bool:
        """Whether the latest message began this form; it is no reply then, even if a form before it had asked."""
        for event in reversed(tracker.events):
            if event.get("event") == "active_loop":
                return bool(event.get("name") == self.form_name())
            if event.get("event") == "user":
                return False
        return False

    def _says_something(self, text: str) -> bool:
        """Whether a text holds an order number or a contact, or looks like a try at one."""
        if "@" in text or not any(c.isalpha() for c in text):
            return True
        return parse_order_number(text) is not None or parse_contact(text, self._services.regions) is not None


class ValidateOrderStatusForm(OrderForm):
    """The form before `action_order_status`."""

    def name(self) -> str:
        """The action's name."""
        return "validate_order_status_form"


class ValidateReturnStatusForm(OrderForm):
    """The form before `action_return_status`."""

    def name(self) -> str:
        """The action's name."""
        return "validate_return_status_form"


def _text(tracker: Tracker) -> str:
    return str(tracker.latest_message.get("text") or "")


def _intent(tracker: Tracker) -> str | None:
    intent: str | None = (tracker.latest_message.get("intent") or {}).get("name")
    return intent
