"""The questions before an order is changed: which one, whose, is it really you, and do you mean it?

Nothing is changed here. A form that ends with the slot `approved_order` set has heard a yes to a summary, from somebody
who may (promise 21); the action that follows does it.
"""

import asyncio
import re
from abc import abstractmethod
from collections.abc import Sequence
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.forms import REQUESTED_SLOT
from rasa_sdk.interfaces import ActionExecutionRejection
from rasa_sdk.types import DomainDict
from uuid_utils import uuid7

from actions import clock
from actions.codes import Checked, TooManyLetters
from actions.detail import Detail, Known, Unusable
from actions.forms import OrderForm, Slots
from actions.heard import Heard, heard_since
from actions.lookup import found, missed, unreachable, wants_person
from actions.post import NotSent
from actions.shop.backend import Order
from actions.shop.changes import ChangeKind, Refusal
from actions.slots import (
    APPROVED_ORDER,
    CONFIRMATION,
    DETAILS,
    HANDOFF_REASON,
    ONE_TIME_CODE,
    ORDER_CONTACT,
    ORDER_NUMBER,
    STEPPED_UP_ORDER,
    VERIFIED_ORDER,
    WISHED,
)
from actions.typed import fold_digits, parse_contact
from actions.verification import Level, level, vouched

YES, NO = "yes", "no"
# so long a yes can be one to the summary; news of an order come later than that (handoff/news.py)
YES_WITHIN_SECONDS = 10 * 60
_ANSWERS = {"affirm": YES, "deny": NO}
# a code as it is typed: in one piece or two, with not much around it
_CODE = re.compile(r"(?<!\d)\d{3}[ -]?\d{3}(?!\d)")
_CODE_DIGITS = range(4, 9)


class _NeverMind(Exception):
    """The customer wants no more of it."""


class ChangeForm(OrderForm):
    """Asks for what it takes to change an order: which, whose, what else has to be known, a code, and a yes.

    `details` are asked in this order, each only where it is needed, and found in whatever was said since the form
    began. What it asks itself has no phrase `ask_<name>`, or Rasa would ask it once more.
    """

    details: Sequence[Detail] = ()
    # what the shop's system has to be able to do; where it cannot, no policy is asked
    change_kind: ChangeKind | None = None
    # where nothing is changed, to be surely the order's owner is enough
    needs_yes = True
    # the phrase of the letter with the code
    letter = "code"

    @abstractmethod
    def refusal(self, order: Order) -> Refusal | None:
        """Why this order cannot be changed so, by the shop's policy; None where it can."""

    def why_not(self, order: Order) -> Refusal | None:
        """Why this order cannot be changed so at all; None where it can."""
        able = self.change_kind is None or self.change_kind in self._services.shop.can
        return self.refusal(order) if able else Refusal.NOT_SUPPORTED

    @abstractmethod
    def refuse(self, order: Order, why: Refusal, dispatcher: CollectingDispatcher) -> list[EventType]:
        """Say why, and what can be done instead; a person, if need be, by the events that are given back."""

    @abstractmethod
    def summarise(self, order: Order, known: Known, dispatcher: CollectingDispatcher) -> None:
        """Say what is about to be done; whether to do it is asked right after that."""

    async def details_of(self, order: Order) -> Sequence[Detail]:
        """The `details` for this order, where the shop has to be asked for their answers."""
        return self.details

    async def settle(
        self, order: Order, known: Known, dispatcher: CollectingDispatcher, tracker: Tracker
    ) -> list[EventType] | None:
        """A last look before the code, with all details known: None to go on, or what ends the form instead."""
        return None

    def domain_slots(self, domain: DomainDict) -> list[str]:
        """The form's slots, known here so that no call has to carry the whole domain; answers before what they may be
        answers about."""
        return [CONFIRMATION, ONE_TIME_CODE, ORDER_NUMBER, ORDER_CONTACT]

    async def required_slots(
        self, domain_slots: list[str], dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> list[str]:
        """All of them; what is asked next is found by the form itself."""
        return domain_slots

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[EventType]:
        """Take what the message says, and find the next thing to ask; or step aside for another question."""
        cleared: list[EventType] = []
        if self._just_began(tracker):
            cleared = [SlotSet(name, None) for name in (ONE_TIME_CODE, CONFIRMATION, APPROVED_ORDER, DETAILS, WISHED)]
            tracker.add_slots([*cleared, SlotSet(REQUESTED_SLOT, None)])
        elif self._never_mind(tracker):
            dispatcher.utter_message(response="utter_left_as_it_was")
            return end_form()
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
        if not asked or self.extract_order_number(dispatcher, tracker, domain):
            return {}
        answer = _ANSWERS.get(str((tracker.latest_message.get("intent") or {}).get("name")))
        if answer == YES and not _asked_lately(tracker):
            return {}  # it is told and asked once more: who knows what they say yes to by now
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

    def _never_mind(self, tracker: Tracker) -> bool:
        """Whether a question that is not answered by no is: the customer wants no more of it. At the question for a
        detail, `_hear` finds out whether it is."""
        asked = tracker.get_slot(REQUESTED_SLOT) in (ORDER_NUMBER, ORDER_CONTACT, ONE_TIME_CODE)
        return asked and not _stepped_aside(tracker) and _just_no(Heard.of(tracker.latest_message))

    def _asks_something_else(self, tracker: Tracker, events: Sequence[EventType]) -> bool:
        """Whether the reply to a question of this form's own is another question, not answered yet."""
        if tracker.get_slot(REQUESTED_SLOT) not in (ONE_TIME_CODE, CONFIRMATION) or not self.wishes_more(tracker):
            return False
        if any(event.get("name") in self.domain_slots({}) for event in events) or _stepped_aside(tracker):
            return False
        return tracker.get_slot(REQUESTED_SLOT) == ONE_TIME_CODE or not self._has_details

    @property
    def _has_details(self) -> bool:
        """Whether an answer to the summary may be about one of the details."""
        return bool(self.details) or type(self).details_of is not ChangeForm.details_of

    async def _next(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        number, typed = tracker.get_slot(ORDER_NUMBER), tracker.get_slot(ORDER_CONTACT)
        customer = vouched(tracker)
        if not number or not (typed or customer):
            return [_ask(ORDER_CONTACT if number else ORDER_NUMBER)]
        try:
            async with asyncio.timeout(self._services.patience):
                order = await self._services.shop.find_order(number)
                # matched even where there is no order, so that both take the same time
                sure = level(order, parse_contact(typed or "", self._services.regions), customer)
                if order is None or sure < Level.MATCHED:
                    if not typed:  # it may be an order of theirs that was made without signing in
                        return _anew(ORDER_CONTACT)
                    events = missed(dispatcher, tracker)
                    # a code or a yes beside it was about the order before
                    forgotten = [SlotSet(DETAILS, None), SlotSet(WISHED, None)]
                    return [*events, *forgotten, *(end_form() if wants_person(events) else _anew(ORDER_NUMBER))]
                return [*found(order, sure), *await self._of(order, sure, dispatcher, tracker)]
        except ActionExecutionRejection:
            raise
        except Exception as error:  # whatever is the matter with the shop
            return [*unreachable(self.name(), error, dispatcher), *end_form()]

    async def _of(
        self, order: Order, sure: Level, dispatcher: CollectingDispatcher, tracker: Tracker
    ) -> list[EventType]:
        """What comes next for a customer's own order."""
        answer = tracker.get_slot(CONFIRMATION)
        # after a yes the shop has the last word: of a turn that is repeated it knows that it was done
        why = None if answer == YES else self.why_not(order)
        if why is not None:
            return [*self.refuse(order, why, dispatcher), *end_form()]
        known = dict(tracker.get_slot(DETAILS) or {}) if tracker.get_slot(VERIFIED_ORDER) == order.id else {}
        details = await self.details_of(order)
        try:
            missing, changed = self._hear(details, order, known, dispatcher, tracker, said_yes=answer == YES)
        except _NeverMind:
            dispatcher.utter_message(response="utter_left_as_it_was")
            return end_form()
        if missing is None and changed:
            answer = None  # it was about something else
        told: list[EventType] = []
        if details:
            wished = "; ".join(one.describe(known[one.name], order) for one in details if one.name in known)
            told = [SlotSet(DETAILS, known), SlotSet(WISHED, wished or None)]
        if missing is not None:
            missing.ask(order, known, dispatcher)
            return [*told, *_anew(missing.name)]
        if answer is None:
            settled = await self.settle(order, known, dispatcher, tracker)
            if settled is not None:
                return [*told, *settled]
        stepped = None if sure is Level.VERIFIED else await self._step_up(order, dispatcher, tracker)
        if stepped is not None:
            return [*told, *stepped]
        told += [SlotSet(STEPPED_UP_ORDER, order.id), SlotSet(ONE_TIME_CODE, None)]
        if answer == YES or not self.needs_yes:
            return [*told, *end_form(approved=order.id)]
        if answer == NO:
            dispatcher.utter_message(response="utter_left_as_it_was")
            return [*told, *end_form()]
        self.summarise(order, known, dispatcher)
        dispatcher.utter_message(response="utter_confirm_change")
        return [*told, SlotSet(CONFIRMATION, None), _ask(CONFIRMATION)]

    def _hear(
        self,
        details: Sequence[Detail],
        order: Order,
        known: dict[str, Any],
        dispatcher: CollectingDispatcher,
        tracker: Tracker,
        said_yes: bool,
    ) -> tuple[Detail | None, bool]:
        """Takes into `known` what was said of the details.

        Returns:
            The first that is still missing, and whether one is another now than it was.

        Raises:
            ActionExecutionRejection: the latest message is another question.
            _NeverMind: the latest message is a no that answers nothing: the customer wants no more of it.
        """
        asked = tracker.get_slot(REQUESTED_SLOT)
        latest = None if asked == ONE_TIME_CODE or _stepped_aside(tracker) else Heard.of(tracker.latest_message)
        earlier = heard_since(tracker, self.form_name(), of=order.id)
        before, missing, objected = dict(known), None, False
        for detail in details:
            if any(known.get(name) != before.get(name) for name in detail.about):
                known.pop(detail.name, None)
            if said_yes and detail.name not in before:
                # a yes that is answered again finds the order changed by itself: nothing more is asked for it
                continue
            if not (said_yes and detail.name in known) and not detail.needed(order, known):
                known.pop(detail.name, None)
                continue
            try:
                value = detail.take(latest, order, known, asked == detail.name) if latest else None
                for one in reversed(earlier):
                    if value is None and detail.name not in known:
                        value = detail.take(one, order, known, asked=False)
            except Unusable as unusable:
                value, objected = None, True
                dispatcher.utter_message(response=f"utter_{unusable.phrase}", **unusable.params)
                known.pop(detail.name, None)
            if value is not None:
                known[detail.name] = value
            if detail.name not in known:
                missing = detail
                break
        changed = any(known.get(name) != value for name, value in before.items())
        new = known != before
        answering = {*(one.name for one in details), *([CONFIRMATION] if details else [])}
        if latest is not None and asked in answering and not (new or objected):
            if asked != CONFIRMATION and _just_no(latest):
                raise _NeverMind
            if self.wishes_more(tracker) and tracker.get_slot(VERIFIED_ORDER) == order.id:
                raise ActionExecutionRejection(self.form_name())
            if missing is not None and missing.name == asked:
                dispatcher.utter_message(response=f"utter_{missing.unclear}")
        return missing, changed

    async def _step_up(
        self, order: Order, dispatcher: CollectingDispatcher, tracker: Tracker
    ) -> list[EventType] | None:
        """What is still to be asked until the customer is surely the order's owner; None when they are."""
        if self._services.codes is None:
            return _to_person("code_not_possible", dispatcher)
        typed = tracker.get_slot(ONE_TIME_CODE)
        if await self._services.codes.verified(tracker.sender_id, order.id):
            if typed:  # this turn was begun before
                await self._proved(order, tracker)
            return None
        if typed:
            checked = await self._services.codes.check(tracker.sender_id, order.id, typed)
            if checked is Checked.RIGHT:
                await self._proved(order, tracker)
                return None
            if checked is Checked.SPENT:
                return _to_person("code_spent", dispatcher)
            dispatcher.utter_message(response="utter_code_wrong" if checked is Checked.WRONG else "utter_code_expired")
        if not await self._services.codes.waiting(tracker.sender_id, order.id):
            try:
                await self._services.codes.send(
                    tracker.sender_id, order, message_id(tracker), language_of(tracker, order), self.letter
                )
            except (TooManyLetters, NotSent):
                return _to_person("code_not_possible", dispatcher)
        # a yes that was said meanwhile is asked for once more
        return _anew(ONE_TIME_CODE)

    async def _proved(self, order: Order, tracker: Tracker) -> None:
        """The code that was typed came in the mail of the order's address."""
        if self._services.proofs is not None and order.customer.email:
            await self._services.proofs.reads_mail_of(tracker.sender_id, order.customer.email)


def message_id(tracker: Tracker) -> str:
    """The customer's message that is being answered: what a change is known by. One without an id is like no other."""
    latest = tracker.latest_message
    return str((latest.get("metadata") or {}).get("message_id") or latest.get("message_id") or uuid7())


def message_ids(tracker: Tracker) -> tuple[str, ...]:
    """The same, and after it those that came in one burst with it and are answered at once."""
    first = message_id(tracker)
    every = (tracker.latest_message.get("metadata") or {}).get("message_ids") or ()
    return (first, *(str(one) for one in every if one != first))


def _just_no(heard: Heard) -> bool:
    """Whether a message says no, and nothing that could be a number or a contact."""
    return heard.intent == "deny" and not any(char.isdigit() or char == "@" for char in heard.text)


def _asked_lately(tracker: Tracker) -> bool:
    """Whether the summary was told a short while ago; an event without a time is one of now."""
    for event in reversed(tracker.events):
        if event.get("event") == "slot" and event.get("name") == REQUESTED_SLOT:
            now = clock.now()
            return now - float(event.get("timestamp") or now) < YES_WITHIN_SECONDS
    return True


def _stepped_aside(tracker: Tracker) -> bool:
    """Whether the form has stepped aside for the latest message already, and is now come back to."""
    for event in reversed(tracker.events):
        if event.get("event") == "user":
            return False
        if event.get("event") == "action_execution_rejected":
            return True
    return False


def language_of(tracker: Tracker, order: Order) -> str:
    """The language that the customer is written to in: the latest message's, else the one they ordered in."""
    found = (tracker.latest_message.get("language") or {}).get("name")
    known = (tracker.latest_message.get("metadata") or {}).get("language")
    return str(found or known or order.customer.language)


def _to_person(phrase: str, dispatcher: CollectingDispatcher) -> list[EventType]:
    dispatcher.utter_message(response=f"utter_{phrase}")
    return [SlotSet(HANDOFF_REASON, "verification_failed"), *end_form()]


def _ask(slot: str) -> EventType:
    return SlotSet(REQUESTED_SLOT, slot)


def _anew(slot: str) -> list[EventType]:
    """Ask, with whatever was answered after it forgotten."""
    return [SlotSet(ONE_TIME_CODE, None), SlotSet(CONFIRMATION, None), _ask(slot)]


def end_form(approved: str | None = None) -> list[EventType]:
    """The form is over. What it knew stays for the action that follows a yes."""
    return [
        *([] if approved else [SlotSet(DETAILS, None)]),
        SlotSet(ONE_TIME_CODE, None),
        SlotSet(CONFIRMATION, None),
        SlotSet(APPROVED_ORDER, approved),
        SlotSet(REQUESTED_SLOT, None),
    ]
