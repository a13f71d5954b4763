"""The questions before an order is changed: which one, whose, is it really you, and do you mean it?

Nothing is changed here. A form that ends with the slot `approved_order` set has heard a yes to a summary, from somebody
who may (promise 21); the action that follows does it.
"""

import asyncio
import re
from abc import ABC, abstractmethod
from collections.abc import Sequence

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.forms import REQUESTED_SLOT
from rasa_sdk.interfaces import ActionExecutionRejection
from rasa_sdk.types import DomainDict
from uuid_utils import uuid7

from actions.codes import Checked, OneTimeCodes, TooManyLetters
from actions.forms import OrderForm, Slots
from actions.lookup import SHOP_PATIENCE_SECONDS, missed, unreachable, wants_person
from actions.post import NotSent
from actions.shop.backend import Order, ShopBackend
from actions.shop.changes import Refusal
from actions.slots import (
    APPROVED_ORDER,
    CONFIRMATION,
    HANDOFF_REASON,
    LOOKUP_MISSES,
    ONE_TIME_CODE,
    ORDER_CONTACT,
    ORDER_NUMBER,
    STEPPED_UP_ORDER,
    VERIFIED_ORDER,
)
from actions.standalone import StandaloneShop
from actions.typed import fold_digits, parse_contact
from actions.verification import Level, match

YES, NO = "yes", "no"
_ANSWERS = {"affirm": YES, "deny": NO}
# a code as it is typed: in one piece or two, with not much around it
_CODE = re.compile(r"(?<!\d)\d{3}[ -]?\d{3}(?!\d)")
_CODE_DIGITS = range(4, 9)


class ChangeForm(OrderForm):
    """Asks for what it takes to change an order. Without `codes` nobody can show who they are, and a person is asked.

    Args:
        patience: how many seconds the shop, and who carries the letter with the code, have to answer.
    """

    def __init__(
        self,
        shop: ShopBackend | None = None,
        regions: Sequence[str] | None = None,
        codes: OneTimeCodes | None = None,
        patience: float = SHOP_PATIENCE_SECONDS,
    ) -> None:
        super().__init__(regions)
        self._shop = shop or StandaloneShop()
        self._codes = codes
        self._patience = patience

    @abstractmethod
    def refusal(self, order: Order) -> Refusal | None:
        """Why this order cannot be changed so, by the shop's policy; None where it can."""

    @abstractmethod
    def refuse(self, order: Order, why: Refusal, dispatcher: CollectingDispatcher) -> None:
        """Say why, and what can be done instead."""

    @abstractmethod
    def summarise(self, order: Order, dispatcher: CollectingDispatcher) -> None:
        """Say what is about to be done; whether to do it is asked right after that."""

    async def ask(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        """Say what is about to be done to the customer's own order, and ask whether to do it."""
        try:
            async with asyncio.timeout(self._patience):
                order = await self._shop.find_order(str(tracker.get_slot(ORDER_NUMBER)))
        except Exception as error:  # whatever is the matter with the shop
            return unreachable(self.name(), error, dispatcher)
        if order is not None and order.id == tracker.get_slot(VERIFIED_ORDER):
            self.summarise(order, dispatcher)
        dispatcher.utter_message(response="utter_ask_confirmation")
        return []

    def domain_slots(self, domain: DomainDict) -> list[str]:
        """The form's slots, known here so that no call has to carry the whole domain."""
        return [ORDER_NUMBER, ORDER_CONTACT, ONE_TIME_CODE, CONFIRMATION]

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[EventType]:
        """Take what the message says, and find the next thing to ask; or step aside for another question."""
        cleared: list[EventType] = []
        if self._just_began(tracker):
            cleared = [SlotSet(name, None) for name in (ONE_TIME_CODE, CONFIRMATION, APPROVED_ORDER)]
            tracker.add_slots(cleared)
        events = await super().run(dispatcher, tracker, domain)
        if not cleared and self._asks_something_else(tracker, events):
            raise ActionExecutionRejection(self.form_name())
        return [*cleared, *events, *await self._next(dispatcher, tracker)]

    def extract_one_time_code(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> Slots:
        """The digits of a message that is a try at the code."""
        if tracker.get_slot(REQUESTED_SLOT) != ONE_TIME_CODE or self._just_began(tracker):
            return {}
        text = fold_digits(str(tracker.latest_message.get("text") or ""))
        found = _CODE.search(text)
        digits = re.sub(r"\D", "", found[0] if found else text)
        return {ONE_TIME_CODE: digits} if found or len(digits) in _CODE_DIGITS else {}

    def extract_confirmation(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> Slots:
        """A yes or a no to the summary. "No, the other one, 10003" is neither: it names another order."""
        asked = tracker.get_slot(REQUESTED_SLOT) == CONFIRMATION and not self._just_began(tracker)
        if not asked or ORDER_NUMBER in tracker.slots_to_validate():
            return {}
        answer = _ANSWERS.get(str((tracker.latest_message.get("intent") or {}).get("name")))
        return {CONFIRMATION: answer} if answer else {}

    def validate_one_time_code(
        self, value: object, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> Slots:
        """Checked later, against the order that it was sent for."""
        return {ONE_TIME_CODE: str(value) if value else None}

    def validate_confirmation(
        self, value: object, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> Slots:
        """Yes or no."""
        return {CONFIRMATION: str(value) if value in (YES, NO) else None}

    def _asks_something_else(self, tracker: Tracker, events: Sequence[EventType]) -> bool:
        """Whether the reply to a question of this form's own is another question, not answered yet."""
        if tracker.get_slot(REQUESTED_SLOT) not in (ONE_TIME_CODE, CONFIRMATION) or not self.wishes_more(tracker):
            return False
        return not any(event.get("name") in self.domain_slots({}) for event in events) and not _stepped_aside(tracker)

    async def _next(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        number, typed = tracker.get_slot(ORDER_NUMBER), tracker.get_slot(ORDER_CONTACT)
        if not number or not typed:
            return [_ask(ORDER_CONTACT if number else ORDER_NUMBER)]
        try:
            async with asyncio.timeout(self._patience):
                order = await self._shop.find_order(number)
                # matched even where there is no order, so that both take the same time
                level = match(order, parse_contact(typed, self._regions))
                if order is None or level < Level.MATCHED:
                    events = missed(dispatcher, tracker)
                    # a code or a yes beside it was about the order before
                    return [*events, *(_end() if wants_person(events) else _anew(ORDER_NUMBER))]
                found: list[EventType] = [SlotSet(VERIFIED_ORDER, order.id), SlotSet(LOOKUP_MISSES, 0)]
                return [*found, *await self._of(order, dispatcher, tracker)]
        except Exception as error:  # whatever is the matter with the shop
            return [*unreachable(self.name(), error, dispatcher), *_end()]

    async def _of(self, order: Order, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        """What comes next for a customer's own order."""
        answer = tracker.get_slot(CONFIRMATION)
        # after a yes the shop has the last word: of a turn that is repeated it knows that it was done
        why = None if answer == YES else self.refusal(order)
        if why is not None:
            self.refuse(order, why, dispatcher)
            return _end()
        stepped = await self._step_up(order, dispatcher, tracker)
        if stepped is not None:
            return stepped
        sure: list[EventType] = [SlotSet(STEPPED_UP_ORDER, order.id), SlotSet(ONE_TIME_CODE, None)]
        if answer == YES:
            return [*sure, *_end(approved=order.id)]
        if answer == NO:
            dispatcher.utter_message(response="utter_left_as_it_was")
            return [*sure, *_end()]
        return [*sure, _ask(CONFIRMATION)]

    async def _step_up(
        self, order: Order, dispatcher: CollectingDispatcher, tracker: Tracker
    ) -> list[EventType] | None:
        """What is still to be asked until the customer is surely the order's owner; None when they are."""
        if self._codes is None:
            return _to_person("code_not_possible", dispatcher)
        if await self._codes.verified(tracker.sender_id, order.id):
            return None
        typed = tracker.get_slot(ONE_TIME_CODE)
        if typed:
            checked = await self._codes.check(tracker.sender_id, order.id, typed)
            if checked is Checked.RIGHT:
                return None
            if checked is Checked.SPENT:
                return _to_person("code_spent", dispatcher)
            dispatcher.utter_message(response="utter_code_wrong" if checked is Checked.WRONG else "utter_code_expired")
        if not await self._codes.waiting(tracker.sender_id, order.id):
            try:
                await self._codes.send(tracker.sender_id, order, message_id(tracker), _language(tracker, order))
            except (TooManyLetters, NotSent):
                return _to_person("code_not_possible", dispatcher)
        # a yes that was said meanwhile is asked for once more
        return _anew(ONE_TIME_CODE)


class AskConfirmation(Action, ABC):
    """Asks a form's last question, however often something else was asked in between: with all that it is about."""

    def __init__(self, form: ChangeForm) -> None:
        self._form = form

    @abstractmethod
    def name(self) -> str:
        """The action's name, `action_ask_<form>_confirmation`, by which Rasa finds it."""

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[EventType]:
        """Ask."""
        return await self._form.ask(dispatcher, tracker)


def message_id(tracker: Tracker) -> str:
    """The customer's message that is being answered: what a change is known by. One without an id is like no other."""
    latest = tracker.latest_message
    return str((latest.get("metadata") or {}).get("message_id") or latest.get("message_id") or uuid7())


def _stepped_aside(tracker: Tracker) -> bool:
    """Whether the form has stepped aside for the latest message already, and is now come back to."""
    for event in reversed(tracker.events):
        if event.get("event") == "user":
            return False
        if event.get("event") == "action_execution_rejected":
            return True
    return False


def _language(tracker: Tracker, order: Order) -> str:
    found = (tracker.latest_message.get("language") or {}).get("name")
    known = (tracker.latest_message.get("metadata") or {}).get("language")
    return str(found or known or order.customer.language)


def _to_person(phrase: str, dispatcher: CollectingDispatcher) -> list[EventType]:
    dispatcher.utter_message(response=f"utter_{phrase}")
    return [SlotSet(HANDOFF_REASON, "verification_failed"), *_end()]


def _ask(slot: str) -> EventType:
    return SlotSet(REQUESTED_SLOT, slot)


def _anew(slot: str) -> list[EventType]:
    """Ask, with whatever was answered after it forgotten."""
    return [SlotSet(ONE_TIME_CODE, None), SlotSet(CONFIRMATION, None), _ask(slot)]


def _end(approved: str | None = None) -> list[EventType]:
    """The form is over."""
    return [
        SlotSet(ONE_TIME_CODE, None),
        SlotSet(CONFIRMATION, None),
        SlotSet(APPROVED_ORDER, approved),
        SlotSet(REQUESTED_SLOT, None),
    ]
