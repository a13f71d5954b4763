"""Cancelling an order: only while the shop's policy allows it, after a code and a yes."""

import asyncio
from collections.abc import Sequence

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.types import DomainDict

from actions.change_form import AskConfirmation, ChangeForm, message_id
from actions.codes import OneTimeCodes
from actions.lookup import SHOP_PATIENCE_SECONDS, unreachable
from actions.order_lines import items_line, refund_line
from actions.shop.backend import Order, PaymentState, ShopBackend
from actions.shop.changes import Change, Doing, Refusal, Refused
from actions.shop.policy import Policy
from actions.slots import APPROVED_ORDER, ORDER_NUMBER
from actions.standalone import StandaloneShop, policy
from actions.values import Value, ident, lines, money, phrase
from actions.verification import Level


class ValidateCancelOrderForm(ChangeForm):
    """The form before `action_cancel_order`."""

    def __init__(
        self,
        shop: ShopBackend | None = None,
        regions: Sequence[str] | None = None,
        codes: OneTimeCodes | None = None,
        allowed: Policy | None = None,
        patience: float = SHOP_PATIENCE_SECONDS,
    ) -> None:
        super().__init__(shop, regions, codes, patience)
        self._allowed = allowed or policy()

    def name(self) -> str:
        """The action's name."""
        return "validate_cancel_order_form"

    def refusal(self, order: Order) -> Refusal | None:
        """By the policy's `cancel_while`."""
        return self._allowed.cancellation(order)

    def refuse(self, order: Order, why: Refusal, dispatcher: CollectingDispatcher) -> None:
        """Once it is on its way, a return is offered instead."""
        refuse(order.number, why, dispatcher)

    def summarise(self, order: Order, dispatcher: CollectingDispatcher) -> None:
        """Which order, what is in it, and that the money comes back where there was any."""
        paid = any(payment.state is PaymentState.CAPTURED for payment in order.payments)
        details: list[Value] = [items_line((item, item.quantity) for item in order.items)]
        details.append(phrase("cancel_money_back" if paid else "cancel_nothing_paid"))
        dispatcher.utter_message(
            response="utter_cancel_summary",
            number=ident(order.number),
            total=money(order.total),
            details=lines(details),
        )


class AskCancelOrderConfirmation(AskConfirmation):
    """The last question before an order is cancelled."""

    def __init__(self, form: ValidateCancelOrderForm | None = None) -> None:
        super().__init__(form or ValidateCancelOrderForm())

    def name(self) -> str:
        """The action's name."""
        return "action_ask_cancel_order_form_confirmation"


class ActionCancelOrder(Action):
    """Cancels the order that the form got a yes for, and says what follows."""

    def __init__(self, shop: ShopBackend | None = None, patience: float = SHOP_PATIENCE_SECONDS) -> None:
        self._shop = shop or StandaloneShop()
        self._patience = patience

    def name(self) -> str:
        """The action's name."""
        return "action_cancel_order"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[EventType]:
        """Nothing, where the form ended without a yes."""
        order_id = tracker.get_slot(APPROVED_ORDER)
        if not order_id:
            return []
        done: list[EventType] = [SlotSet(APPROVED_ORDER, None)]
        doing = Doing(message_id(tracker), tracker.sender_id, Level.VERIFIED)
        try:
            async with asyncio.timeout(self._patience):
                change = await self._shop.cancel(order_id, doing)
        except Refused as refused:
            refuse(str(tracker.get_slot(ORDER_NUMBER)), refused.why, dispatcher)
            return done
        except Exception as error:  # whatever is the matter with the shop
            return [*done, *unreachable(self.name(), error, dispatcher)]
        _tell(change, dispatcher)
        return done


def refuse(number: str, why: Refusal, dispatcher: CollectingDispatcher) -> None:
    """Why an order is not cancelled, and what can be done instead."""
    instead = {
        Refusal.TOO_LATE: ["start_return", "human_agent"],
        Refusal.NOT_SUPPORTED: ["human_agent"],
    }.get(why, ["refund_status"])
    dispatcher.utter_message(
        response=f"utter_cancel_{why}", number=ident(number), buttons=[{"intent": intent} for intent in instead]
    )


def _tell(change: Change, dispatcher: CollectingDispatcher) -> None:
    details: list[Value] = [refund_line(refund) for refund in change.refunds]
    if not details:
        details.append(phrase("order_line_not_charged"))
    dispatcher.utter_message(
        response="utter_cancelled",
        number=ident(change.order_number),
        reference=ident(change.reference),
        details=lines(details),
    )
