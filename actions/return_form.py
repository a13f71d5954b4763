"""The questions before something is sent back, for money or for something else in its place."""

from collections.abc import Sequence

from rasa_sdk import Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.change_form import ChangeForm, end_form
from actions.clock import today
from actions.detail import Known
from actions.order_lines import items_line
from actions.return_details import InsteadDetail, PiecesDetail, ReasonDetail, return_details
from actions.services import Services
from actions.shop.backend import Order, OrderItem, ReturnReason
from actions.shop.changes import ChangeKind, Refusal, ReturnWish
from actions.shop.returns_policy import FAULTY
from actions.slots import HANDOFF_REASON
from actions.values import Value, ident, lines, listed, money, names, phrase

# what is said, and the intents that may help instead
_REFUSALS = {
    Refusal.TOO_EARLY: ("return_too_early", ["order_status"]),
    Refusal.TOO_LATE: ("return_too_late", ["warranty_claim"]),
    Refusal.ALREADY_DONE: ("return_already_done", ["return_status", "refund_status"]),
    Refusal.NOT_POSSIBLE: ("return_not_possible", ["refund_status"]),
}


class ReturnForm(ChangeForm):
    """Asks which items come back, why, and what for. `change_kind` is what the form is for."""

    change_kind: ChangeKind

    def __init__(self, services: Services | None = None) -> None:
        super().__init__(services)
        self.details = return_details(self._services, self.change_kind is ChangeKind.EXCHANGE)

    def refusal(self, order: Order) -> Refusal | None:
        """By the policy of returns: whether anything of the order can come back at all."""
        return self._services.policy.returns.refusal(order, today())

    def refuse(self, order: Order, why: Refusal, dispatcher: CollectingDispatcher) -> list[EventType]:
        """With what can be done instead."""
        may_cancel = why is Refusal.TOO_EARLY and self._services.policy.cancellation(order) is None
        return refuse(order.number, why, self.change_kind, dispatcher, ["cancel_order"] if may_cancel else [])

    async def settle(
        self, order: Order, known: Known, dispatcher: CollectingDispatcher, tracker: Tracker
    ) -> list[EventType] | None:
        """Nothing is sent for a code if the time is over for this reason, or nothing of it comes back."""
        policy, wish = self._services.policy.returns, wish_of(known)
        if policy.over_for(order, wish.reason, today()):
            dispatcher.utter_message(
                response="utter_return_over_for_reason",
                number=ident(order.number),
                buttons=[{"intent": intent} for intent in ("damaged_item", "wrong_item", "human_agent")],
            )
        elif not wish.items:
            left_out = _left_out(order, known)
            dispatcher.utter_message(
                response="utter_return_not_returnable",
                names=listed(names(item.names) for item in left_out),
                buttons=[{"intent": intent} for intent in ("damaged_item", "wrong_item", "human_agent")],
            )
        else:
            return None
        return end_form()

    def summarise(self, order: Order, known: Known, dispatcher: CollectingDispatcher) -> None:
        """What comes back, why, what the customer gets for it, and what sending it costs."""
        wish = wish_of(known)
        returning = [(item, wish.items[item.id]) for item in order.items if item.id in wish.items]
        told: list[Value] = [items_line(returning)]
        told.append(phrase("return_line_reason", reason=phrase(ReasonDetail.answers[wish.reason])))
        if left_out := _left_out(order, known):
            told.append(phrase("return_line_left_out", names=listed(names(item.names) for item in left_out)))
        if wish.reason not in FAULTY:
            told.append(phrase("return_line_unused"))
        only = self._services.policy.returns.only_if_unopened
        if unopened := [item for item, _ in returning if only(item, wish.reason)]:
            told.append(phrase("return_line_unopened", names=listed(names(item.names) for item in unopened)))
        if wish.exchange_for is None:
            told += self._money(order, wish)
        else:
            told += [phrase("exchange_line_instead", wish=ident(wish.exchange_for)), phrase("return_line_free")]
        summary = "utter_return_summary" if wish.exchange_for is None else "utter_exchange_summary"
        dispatcher.utter_message(response=summary, number=ident(order.number), details=lines(told))

    def _money(self, order: Order, wish: ReturnWish) -> list[Value]:
        """What goes back, and what was taken off."""
        estimate = self._services.policy.returns.estimate(order, wish.items, wish.reason)
        told = [phrase("return_line_money", amount=money(estimate.amount))]
        if estimate.restocking.minor:
            told.append(phrase("return_line_restocking", amount=money(estimate.restocking)))
        if estimate.fee.minor:
            told.append(phrase("return_line_fee", amount=money(estimate.fee)))
        else:
            told.append(phrase("return_line_free"))
        return told


def wish_of(known: Known) -> ReturnWish:
    """What the shop is asked for, once all is known."""
    instead = known.get(InsteadDetail.name)
    return ReturnWish(dict(known[PiecesDetail.name]), ReturnReason(known[ReasonDetail.name]), instead)


def refuse(
    number: str, why: Refusal, kind: ChangeKind, dispatcher: CollectingDispatcher, also: Sequence[str] = ()
) -> list[EventType]:
    """Why nothing is sent back, and what can be done instead: by these intents and `also`."""
    if why is Refusal.NOT_SUPPORTED:
        exchange = kind is ChangeKind.EXCHANGE
        key = "utter_exchange_not_supported" if exchange else "utter_return_not_supported"
        dispatcher.utter_message(response=key, number=ident(number))
        return [SlotSet(HANDOFF_REASON, "exchange_item" if exchange else "start_return")]
    key, instead = _REFUSALS[why]
    buttons = [{"intent": intent} for intent in (*instead, *also, "human_agent")]
    dispatcher.utter_message(response=f"utter_{key}", number=ident(number), buttons=buttons)
    return []


def _left_out(order: Order, known: Known) -> list[OrderItem]:
    """The lines that were chosen and are not taken back."""
    pieces, chosen = known[PiecesDetail.name], known["items"]
    return [item for item in order.items if item.id in chosen and item.id not in pieces]
