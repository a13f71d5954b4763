"""Sending an order elsewhere: within its country, for the same fee, and only before it has left."""

from collections.abc import Mapping, Sequence
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.forms import REQUESTED_SLOT
from rasa_sdk.types import DomainDict

from actions.address import POSTCODES, read_address
from actions.address_details import (
    CityDetail,
    CountryDetail,
    PostcodeDetail,
    RecipientDetail,
    StreetDetail,
    corrected_postcode,
    found_in,
)
from actions.change_action import ChangeAction
from actions.change_form import ChangeForm, end_form
from actions.detail import Detail, Known
from actions.forms import Slots
from actions.heard import Heard
from actions.refusals import Told, say
from actions.services import Services
from actions.shop.backend import Address, Order
from actions.shop.changes import Change, ChangeKind, Doing, Refusal
from actions.shop.cities import Cities
from actions.slots import CONFIRMATION, DETAILS, HANDOFF_REASON, ORDER_NUMBER
from actions.values import Value, ident, listed, names

_REASON = "change_delivery_address"
_CANNOT = Told("utter_change_address_cannot", reason=_REASON)
_REFUSALS = {
    Refusal.ALREADY_DONE: Told("utter_change_address_cancelled", ["refund_status"]),
    Refusal.TOO_LATE: Told("utter_change_address_too_late", ["human_agent"]),
}


class ValidateChangeDeliveryAddressForm(ChangeForm):
    """The form before `action_change_delivery_address`."""

    change_kind = ChangeKind.ADDRESS

    def name(self) -> str:
        """The action's name."""
        return "validate_change_delivery_address_form"

    async def details_of(self, order: Order) -> Sequence[Detail]:
        """The parts of an address."""
        cities = self._cities
        return [CountryDetail(), RecipientDetail(), StreetDetail(cities), PostcodeDetail(cities), CityDetail(cities)]

    def extract_order_number(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> Slots:
        """A postcode in a corrected address, or a corrected postcode alone, is no order's number."""
        if tracker.get_slot(REQUESTED_SLOT) == CONFIRMATION and self._corrects(tracker):
            return {}
        return super().extract_order_number(dispatcher, tracker, domain)

    def validate_order_number(
        self, value: Any, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> Slots:
        """Of several numbers in one message, one that is no postcode in its address."""
        heard = Heard.of(tracker.latest_message)
        named, postcodes = heard.values("order_number"), self._postcodes(heard)
        if value in named and value in postcodes:
            value = next((number for number in named if number not in postcodes), None)
        return super().validate_order_number(value, dispatcher, tracker, domain)

    def refusal(self, order: Order) -> Refusal | None:
        """By the policy's `change_address_while`."""
        return self._services.policy.changing.address(order)

    def refuse(self, order: Order, why: Refusal, dispatcher: CollectingDispatcher) -> list[EventType]:
        """Once it has been packed, a person may still reach the courier."""
        return refuse(order.number, why, dispatcher)

    async def settle(
        self, order: Order, known: Known, dispatcher: CollectingDispatcher, tracker: Tracker
    ) -> list[EventType] | None:
        """Another country or another fee are for a person; the same address is none."""
        abroad = known["country"] != order.country
        if abroad or self._cities.only_elsewhere(known["city"], order.country):
            dispatcher.utter_message(response="utter_change_address_abroad", number=ident(order.number))
            return [SlotSet(HANDOFF_REASON, _REASON), *end_form()]
        city = city_names(known, self._services)
        if (new_address(known), dict(city)) == (order.address, dict(order.city)):
            dispatcher.utter_message(response="utter_change_address_same", number=ident(order.number))
            return end_form()
        if not self._services.policy.changing.costs_the_same(order, city):
            dispatcher.utter_message(response="utter_change_address_fee", number=ident(order.number), city=names(city))
            return [SlotSet(HANDOFF_REASON, _REASON), *end_form()]
        return None

    def summarise(self, order: Order, known: Known, dispatcher: CollectingDispatcher) -> None:
        """From where to where."""
        dispatcher.utter_message(
            response="utter_change_address_summary",
            number=ident(order.number),
            old=address_line(order.address, order.city),
            new=address_line(new_address(known), city_names(known, self._services)),
        )

    @property
    def _cities(self) -> Cities:
        return self._services.policy.changing.cities

    def _corrects(self, tracker: Tracker) -> bool:
        """Whether the latest message holds a whole address, in whichever country, or another postcode for the one that
        the summary told."""
        heard, number = Heard.of(tracker.latest_message), str(tracker.get_slot(ORDER_NUMBER))
        if corrected_postcode(heard, tracker.get_slot(DETAILS) or {}, number):
            return True
        return any(found_in(heard, country, self._cities) for country in POSTCODES)

    def _postcodes(self, heard: Heard) -> set[str]:
        """What may be the postcode of the address in a message."""
        return {
            read_address(text, country, self._cities).postcode
            for country in POSTCODES
            for text in found_in(heard, country, self._cities)
        }


class ActionChangeDeliveryAddress(ChangeAction):
    """Sends the order that the form got a yes for elsewhere."""

    def name(self) -> str:
        """The action's name."""
        return "action_change_delivery_address"

    async def change(self, order_id: str, known: Known, doing: Doing) -> Change:
        """To the address as it was typed, the city by its names where it is known."""
        city = city_names(known, self._services)
        return await self._services.shop.change_address(order_id, new_address(known), city, known["country"], doing)

    async def tell(self, change: Change, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        """Where it goes now, and that the day stays."""
        after: Mapping[str, Any] = change.after
        address = Address(after["recipient"], after["street"], after["postcode"])
        dispatcher.utter_message(
            response="utter_address_changed",
            number=ident(change.order_number),
            reference=ident(change.reference),
            new=address_line(address, after["city"]),
        )
        return []

    def refuse(self, number: str, why: Refusal, dispatcher: CollectingDispatcher) -> list[EventType]:
        """As the form does."""
        return refuse(number, why, dispatcher)


def actions(services: Services) -> list[Action]:
    """All that another address takes."""
    return [ValidateChangeDeliveryAddressForm(services), ActionChangeDeliveryAddress(services)]


def refuse(number: str, why: Refusal, dispatcher: CollectingDispatcher) -> list[EventType]:
    """Why an order is not sent elsewhere, and what can be done instead."""
    return say(_REFUSALS.get(why, _CANNOT), number, dispatcher)


def new_address(known: Known) -> Address:
    """The address that a form knows."""
    return Address(known["recipient"], known["street"], known["postcode"])


def city_names(known: Known, services: Services) -> Mapping[str, str]:
    """The city that a form knows, in every language: as it was typed where it has no names of its own."""
    typed = str(known["city"])
    found = services.policy.changing.cities.names(typed, known["country"])
    return found or dict.fromkeys(services.languages, typed)


def address_line(address: Address | None, city: Mapping[str, str]) -> Value:
    """An address in one line; its city alone where the shop does not tell more."""
    if address is None:
        return names(city)
    parts: list[Value] = [address.recipient, address.street, names(city), ident(address.postcode)]
    return listed(part for part in parts if part not in ("", ident("")))
