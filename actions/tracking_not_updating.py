"""Tracking that stands still: how old a parcel's last news is, what is usual, and when somebody asks the courier."""

from dataclasses import dataclass
from datetime import UTC, datetime

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.forms import OrderForm
from actions.lookup import OrderAction
from actions.order_delayed import order_delayed
from actions.services import Services
from actions.shop.backend import Order, Shipment
from actions.shop.parcel_policy import ParcelPolicy
from actions.shop.policy import Policy
from actions.slots import HANDOFF_REASON, WISHED
from actions.values import Params, ident, moment
from actions.waiting import NOT_SENT, UNDER_WAY, awaited, heard_at, is_lost, news, span


@dataclass(frozen=True)
class Stand:
    """What is said of an order's tracking. `wished`, in plain English, is what a person is to find out."""

    key: str
    params: Params
    following: tuple[str, ...] = ("human_agent",)
    wished: str | None = None


class ValidateTrackingNotUpdatingForm(OrderForm):
    """The form before `action_tracking_not_updating`."""

    def name(self) -> str:
        """The action's name."""
        return "validate_tracking_not_updating_form"


class ActionTrackingNotUpdating(OrderAction):
    """Tells a customer what the courier reported last, and hands a parcel that is silent too long to a person."""

    form = "tracking_not_updating_form"

    def name(self) -> str:
        """The action's name."""
        return "action_tracking_not_updating"

    async def tell(self, order: Order, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        """Say it in one message; a person hears what to find out."""
        stand = tracking(order, datetime.now(UTC), self._services.policy)
        buttons = [{"intent": intent} for intent in stand.following]
        dispatcher.utter_message(response=f"utter_{stand.key}", buttons=buttons, **stand.params)
        if stand.wished is None:
            return []
        return [SlotSet(WISHED, stand.wished), SlotSet(HANDOFF_REASON, "tracking_not_updating")]


def tracking(order: Order, now: datetime, policy: Policy) -> Stand:
    """What is said at a time (aware). Where no courier has anything in hand, how the order stands."""
    parcels = awaited(order)
    if order.state in NOT_SENT and not parcels:
        return Stand("silent_not_sent", {"number": ident(order.number)})
    if is_lost(order) or not parcels or order.state not in (*NOT_SENT, *UNDER_WAY):
        key, params, following = order_delayed(order, now.date(), policy)
        return Stand(key, params, tuple(following))
    # of several parcels, the one that has been silent longest
    return _silent(order, min(parcels, key=heard_at), now, policy.parcels)


def _silent(order: Order, parcel: Shipment, now: datetime, policy: ParcelPolicy) -> Stand:
    last = heard_at(parcel)
    silence = now - last
    params: Params = {"number": ident(order.number), "details": news([parcel]), "silence": span(silence)}
    if silence <= policy.usual:
        return Stand("silent_usual", params)
    if silence <= policy.silence:
        return Stand("silent_a_while", {**params, "until": moment(last + policy.silence)})
    code = parcel.events[-1].code if parcel.events else "announced"
    carrier = parcel.carrier.get("en") or next(iter(parcel.carrier.values()), "the courier")
    wished = (
        f"ask {carrier} about parcel {parcel.tracking_number}: "
        f"last report '{code.replace('_', ' ')}' on {last:%Y-%m-%d %H:%M} UTC, {silence.days} days ago"
    )
    return Stand("silent_too_long", params, (), wished)


def actions(services: Services) -> list[Action]:
    """All that asking about tracking takes."""
    return [ValidateTrackingNotUpdatingForm(services), ActionTrackingNotUpdating(services)]
