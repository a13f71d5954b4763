"""Changing what is in an order: less of it here, more of it while nothing is paid, anything else by a person."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.change_action import ChangeAction
from actions.change_form import ChangeForm, end_form
from actions.change_order_details import OTHER, LinesDetail, NewQuantityDetail, WantedDetail, WhatDetail, new_quantities
from actions.detail import Detail, Known
from actions.item_details import ItemsDetail
from actions.order_lines import refund_line
from actions.refusals import Told, say
from actions.services import Services
from actions.shop.backend import Money, Order
from actions.shop.changes import Change, ChangeKind, Doing, Refusal
from actions.shop.items_change import ItemsChange
from actions.slots import HANDOFF_REASON
from actions.values import Value, ident, lines, money, names, phrase

_REASON = "change_order"
_CANNOT = Told("utter_change_items_cannot", reason=_REASON)
_REFUSALS = {
    Refusal.ALREADY_DONE: Told("utter_change_items_cancelled", ["refund_status"]),
    Refusal.TOO_LATE: Told("utter_change_items_too_late", ["exchange_item", "human_agent"]),
}


class ValidateChangeOrderForm(ChangeForm):
    """The form before `action_change_order`."""

    change_kind = ChangeKind.ITEMS

    def name(self) -> str:
        """The action's name."""
        return "validate_change_order_form"

    async def details_of(self, order: Order) -> Sequence[Detail]:
        """What, which, how many; or what instead."""
        wishes = self._services.policy.changing.wishes
        return [WhatDetail(wishes), LinesDetail("change_items_question"), NewQuantityDetail(), WantedDetail(wishes)]

    def refusal(self, order: Order) -> Refusal | None:
        """By the policy's `change_items_while`, and the fact `change_window`."""
        return self._services.policy.changing.items(order, datetime.now(UTC))

    def refuse(self, order: Order, why: Refusal, dispatcher: CollectingDispatcher) -> list[EventType]:
        """Once it is being packed, an exchange is offered instead."""
        return refuse(order.number, why, dispatcher)

    async def settle(
        self, order: Order, known: Known, dispatcher: CollectingDispatcher, tracker: Tracker
    ) -> list[EventType] | None:
        """What is more than taking away is for a person, unless nothing is paid yet; an empty order is cancelled."""
        if known[WhatDetail.name] == OTHER:
            return _to_person("utter_change_other_person", order, dispatcher)
        wanted = ItemsChange(order, new_quantities(order, known))
        if wanted.empties:
            dispatcher.utter_message(
                response="utter_change_nothing_left",
                number=ident(order.number),
                buttons=[{"intent": "cancel_order"}, {"intent": "change_order"}],
            )
            return end_form()
        if wanted.more > 0 and wanted.paid:
            return _to_person("utter_change_more_paid", order, dispatcher)
        if wanted.refusal(self._services.policy.changing.most) is not None:
            return _to_person("utter_change_items_person", order, dispatcher)
        return None

    def summarise(self, order: Order, known: Known, dispatcher: CollectingDispatcher) -> None:
        """What becomes another, what it then costs, and what that means for the money."""
        wanted = ItemsChange(order, new_quantities(order, known))
        dispatcher.utter_message(
            response="utter_change_items_summary",
            number=ident(order.number),
            total=money(wanted.total),
            details=lines([*_line_changes(wanted), _money_line(wanted)]),
        )


class ActionChangeOrder(ChangeAction):
    """Changes what is in the order that the form got a yes for."""

    def name(self) -> str:
        """The action's name."""
        return "action_change_order"

    async def change(self, order_id: str, known: Known, doing: Doing) -> Change:
        """To the quantities that were agreed."""
        number = 0 if NewQuantityDetail.name not in known else int(known[NewQuantityDetail.name])
        return await self._services.shop.change_items(order_id, dict.fromkeys(known[ItemsDetail.name], number), doing)

    async def tell(self, change: Change, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        """What the order costs now, and which money goes back when."""
        after: Mapping[str, Any] = change.after
        details: list[Value] = [refund_line(refund) for refund in change.refunds]
        dispatcher.utter_message(
            response="utter_items_changed",
            number=ident(change.order_number),
            reference=ident(change.reference),
            total=money(Money(after["total"], after["currency"])),
            details=lines(details or [phrase("change_pay_then")]),
        )
        return []

    def refuse(self, number: str, why: Refusal, dispatcher: CollectingDispatcher) -> list[EventType]:
        """As the form does."""
        return refuse(number, why, dispatcher)


def actions(services: Services) -> list[Action]:
    """All that changing an order takes."""
    return [ValidateChangeOrderForm(services), ActionChangeOrder(services)]


def refuse(number: str, why: Refusal, dispatcher: CollectingDispatcher) -> list[EventType]:
    """Why an order is not changed, and what can be done instead."""
    return say(_REFUSALS.get(why, _CANNOT), number, dispatcher)


def _to_person(text: str, order: Order, dispatcher: CollectingDispatcher) -> list[EventType]:
    dispatcher.utter_message(response=text, number=ident(order.number))
    return [SlotSet(HANDOFF_REASON, _REASON), *end_form()]


def _line_changes(wanted: ItemsChange) -> list[Value]:
    """Each line that becomes another."""
    told = []
    for item in wanted.order.items:
        left = wanted.quantities.get(item.id, item.quantity)
        if left == 0:
            told.append(phrase("change_line_out", name=names(item.names)))
        elif left != item.quantity:
            told.append(phrase("change_line_count", name=names(item.names), before=item.quantity, after=left))
    return told


def _money_line(wanted: ItemsChange) -> Value:
    """What goes back, or what is to be paid."""
    if not wanted.paid:
        return phrase("change_pay_then")
    back = Money(-wanted.more, wanted.order.total.currency)
    return phrase("change_money_back", amount=money(back))
