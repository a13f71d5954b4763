"""What follows the yes to a return: it is opened, its label goes out by e-mail, and the customer hears what to do."""

import asyncio
import logging
from abc import abstractmethod

from rasa_sdk import Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.change_action import ChangeAction
from actions.change_form import language_of
from actions.detail import Known
from actions.order_lines import items_line, return_line
from actions.post import Document, DocumentKind, NotSent
from actions.return_form import refuse, wish_of
from actions.shop.backend import KeepsLabels, Order, Return, ReturnState
from actions.shop.changes import Change, ChangeKind, Doing, Refusal
from actions.shop.returns_policy import FAULTY
from actions.slots import HANDOFF_REASON, WISHED
from actions.values import Params, Value, day, ident, lines, phrase

logger = logging.getLogger(__name__)


class OpenReturn(ChangeAction):
    """Opens the return that its form got a yes for. `kind` is what the form is for, `reason` whom a person is asked
    for where the label cannot be sent."""

    kind: ChangeKind
    reason: str

    @abstractmethod
    def name(self) -> str:
        """The action's name."""

    async def change(self, order_id: str, known: Known, doing: Doing) -> Change:
        """A return, or an exchange where something is wanted instead."""
        return await self._services.shop.open_return(order_id, wish_of(known), doing)

    async def tell(self, change: Change, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        """Its number, by when to hand it over and where, and what comes back. Without the label a person helps."""
        number = str(change.after["number"])
        try:
            async with asyncio.timeout(self._services.patience):
                order = await self._services.shop.find_order(change.order_number)
                opened = next(one for one in order.returns if one.number == number) if order else None
                if order is None or opened is None:
                    raise LookupError("the order is gone")
                await self._send_label(order, opened, language_of(tracker, order))
        except Exception as error:  # it is open all the same, and a person can send the label
            logger.error("%s: no label sent: %s", self.name(), type(error).__name__)
            dispatcher.utter_message(
                response="utter_return_opened_no_label", number=ident(change.order_number), return_number=ident(number)
            )
            wished = "; ".join(filter(None, [tracker.get_slot(WISHED), f"return {number} is open, its label not sent"]))
            return [SlotSet(WISHED, wished), SlotSet(HANDOFF_REASON, self.reason)]
        key = "utter_return_opened" if opened.exchange_for is None else "utter_exchange_opened"
        dispatcher.utter_message(response=key, **self._opened(order, opened))
        return []

    def refuse(self, number: str, why: Refusal, dispatcher: CollectingDispatcher) -> list[EventType]:
        """As the form does."""
        return refuse(number, why, self.kind, dispatcher)

    async def _send_label(self, order: Order, opened: Return, language: str) -> None:
        """The letter `mail_return_label`, under `mail_return_label_subject`, once.

        Raises:
            NotSent: nobody carries letters, or it was not taken.
        """
        if opened.state is not ReturnState.APPROVED:  # it went out before this turn was repeated
            return
        if self._services.post is None:
            raise NotSent("no post")
        label = Document(DocumentKind.RETURN_LABEL, order, opened)
        params = self._opened(order, opened)
        await self._services.post.send(order.customer.email, language, "return_label", params, [label])
        try:
            if isinstance(self._services.shop, KeepsLabels):
                await self._services.shop.label_sent(order.id, opened.number)
        except Exception as error:  # the customer has it, whether or not that is noted
            logger.error("%s: a sent label is not noted: %s", self.name(), type(error).__name__)

    def _opened(self, order: Order, opened: Return) -> Params:
        """What fills the texts about an opened return, in the chat and in the letter."""
        count = {item.order_item_id: item.quantity for item in opened.items}
        home = order.country in self._services.policy.returns.handed_over_in
        told: list[Value] = [items_line((item, count[item.id]) for item in order.items if item.id in count)]
        if opened.reason not in FAULTY:
            told.append(phrase("return_line_unused"))
        told.append(phrase("return_hand_over_home" if home else "return_hand_over_abroad"))
        told.append(return_line(order, opened))
        params: Params = {"number": ident(order.number), "return_number": ident(opened.number), "details": lines(told)}
        if opened.label_valid_until:
            params["label_until"] = day(opened.label_valid_until)
        return params
