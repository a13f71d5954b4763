"""A parcel that never came: where it is as long as it may still come, and a claim once it is lost or missed."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher

from actions.change_form import end_form
from actions.claim_details import RemedyChoice, remedy_of
from actions.claims import ClaimAction, ClaimForm
from actions.clock import today
from actions.detail import Choice, Known
from actions.order_lines import items_line, parcel_lines
from actions.services import Services
from actions.shop.backend import ClaimKind, Order
from actions.shop.changes import ClaimWish, Refusal
from actions.shop.claims_policy import ClaimsPolicy
from actions.shop.whereabouts import Whereabouts, arrived_on, wait_until, whereabouts
from actions.values import Params, Value, day, ident, lines, phrase

FOUND, NOWHERE = "found", "nowhere"
_SEEN = "package_seen"
# what the person who looks for it reads first
_SAID = {
    NOWHERE: "marked as delivered, and not with the neighbours, at the door, at the reception or a pickup point",
    None: "the parcel has not come",
}
_MORE = {Whereabouts.MISSED: "delivery_failed"}
# while it may still come
_COMING = {
    Whereabouts.NOT_SENT: "package_not_sent",
    Whereabouts.ON_ITS_WAY: "package_on_its_way",
    Whereabouts.AT_PICKUP: "package_at_pickup",
    Whereabouts.MISSED: "package_missed",
}


class Seen(Choice):
    """Whether it has turned up where parcels are left: asked where it is said to be delivered."""

    name = _SEEN
    unclear = "package_checks_unclear"
    question = "package_checks"
    answers: Mapping[str, str] = {FOUND: "package_found_button", NOWHERE: "package_nowhere_button"}
    intents: Mapping[str, str] = {"affirm": FOUND, "deny": NOWHERE, "package_lost": NOWHERE}
    no_is_an_answer = True

    def __init__(self, policy: ClaimsPolicy) -> None:
        self._policy = policy

    def needed(self, order: Order, known: Known) -> bool:
        """Only then."""
        return whereabouts(order, today(), self._policy.wait_days) is Whereabouts.DELIVERED

    def ask(self, order: Order, known: Known, dispatcher: CollectingDispatcher) -> None:
        """With what the courier says."""
        arrived = arrived_on(order) or today()
        details = [line for shipment in order.shipments for line in parcel_lines(shipment)]
        dispatcher.utter_message(
            response="utter_package_delivered", number=ident(order.number), date=day(arrived), details=lines(details)
        )
        super().ask(order, known, dispatcher)

    def describe(self, value: Any, order: Order) -> str:
        """What the customer has looked for."""
        return str(_SAID.get(value, value))


class ParcelRemedy(RemedyChoice):
    """What would put it right: not asked while it is still searched for, or has been found."""

    about = (_SEEN,)

    def needed(self, order: Order, known: Known) -> bool:
        """Where it is lost, or said to have come and did not."""
        if known.get(_SEEN) == FOUND:
            return False
        where = whereabouts(order, today(), self._policy.wait_days)
        return where in (Whereabouts.LOST, Whereabouts.DELIVERED) and super().needed(order, known)


class ValidatePackageLostForm(ClaimForm):
    """The form before `action_package_lost`."""

    kind = ClaimKind.PACKAGE_LOST

    def __init__(self, services: Services | None = None) -> None:
        super().__init__(services)
        policy = self._services.policy.claims
        self.details = [Seen(policy), ParcelRemedy(policy)]

    def name(self) -> str:
        """The action's name."""
        return "validate_package_lost_form"

    def refuse(self, order: Order, why: Refusal, dispatcher: CollectingDispatcher) -> list[EventType]:
        """While it may still come: where it is, and until when to wait; no warranty is offered for what never came."""
        if why is Refusal.TOO_LATE:
            offered = [{"intent": "human_agent"}]
            dispatcher.utter_message(response="utter_package_too_late", number=ident(order.number), buttons=offered)
            return []
        if why is not Refusal.TOO_EARLY:
            return super().refuse(order, why, dispatcher)
        patience = self._services.policy.claims.wait_days
        where = whereabouts(order, today(), patience)
        until = wait_until(order, patience) or today() + timedelta(days=patience)
        details = [line for shipment in order.shipments for line in parcel_lines(shipment)]
        if order.expected_on:
            late = order.expected_on < today()
            details.append(phrase("order_line_late" if late else "order_line_expected", date=day(order.expected_on)))
        params: Params = {"until": day(until)} if where in (Whereabouts.NOT_SENT, Whereabouts.ON_ITS_WAY) else {}
        dispatcher.utter_message(
            response=f"utter_{_COMING[where]}",
            number=ident(order.number),
            details=lines(details),
            buttons=[{"intent": intent} for intent in (_MORE.get(where, "order_status"), "human_agent")],
            **params,
        )
        return []

    async def settle(
        self, order: Order, known: Known, dispatcher: CollectingDispatcher, tracker: Tracker
    ) -> list[EventType] | None:
        """What has turned up needs no claim."""
        if known.get(_SEEN) != FOUND:
            return None
        dispatcher.utter_message(response="utter_package_found")
        return end_form()

    def about(self, order: Order, known: Known) -> Sequence[Value]:
        """What was in it, and how it was sent."""
        shipments = [line for shipment in order.shipments for line in parcel_lines(shipment)]
        return [items_line((item, item.quantity) for item in order.items), *shipments]

    def wish(self, known: Known) -> ClaimWish:
        """See `ClaimForm`."""
        return _wish(known)


class ActionPackageLost(ClaimAction):
    """Opens the claim, and says what follows."""

    kind = ClaimKind.PACKAGE_LOST

    def name(self) -> str:
        """The action's name."""
        return "action_package_lost"

    def wish(self, known: Known) -> ClaimWish:
        """See `ClaimAction`."""
        return _wish(known)


def actions(services: Services) -> list[Action]:
    """All that a lost parcel takes."""
    return [ValidatePackageLostForm(services), ActionPackageLost(services)]


def _wish(known: Known) -> ClaimWish:
    return ClaimWish(ClaimKind.PACKAGE_LOST, {}, _SAID[known.get(_SEEN)], remedy_of(known))
