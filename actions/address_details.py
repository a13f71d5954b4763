"""Where an order is to go: country, street, postcode and city, from one message or asked one by one."""

from __future__ import annotations

import re
from typing import Any

from rasa_sdk.executor import CollectingDispatcher

from actions.address import WITHOUT_POSTCODE, Typed, find_postcode, only_postcode, read_address, without_postcode
from actions.detail import Detail, Known, Unusable
from actions.forms import NO_OTHER_WISH
from actions.heard import Heard, choice_payload
from actions.shop.backend import Order
from actions.shop.cities import Cities

NONE = "none"
# what a message about an address may be taken for
_REPLIES = {*NO_OTHER_WISH, "change_delivery_address", "update_account", "contact_details", "out_of_scope"}
_MARKED = re.compile(r"[:：\n]\s*(.+)", re.DOTALL)
_TO = re.compile(r"^.*\s(?:to|an|nach|in|à|au|a|al|en)\s+(?=.*\d)", re.IGNORECASE)
_SHORTEST_STREET = 5
_LONGEST = {"street": 300, "city": 100}
_FEW_WORDS = 5
# "no, 10117 please": with more than that, or with an order beside it, a number may be an order's
_WORDS_BESIDE = 2
_POSTCODE = re.compile(
    r"post\W?code|postal|\bzip|\bplz\b|postleitzahl|\bpin\W?code|পোস্ট|পিন|जिप|ज़िप|पिन|पोस्ट", re.IGNORECASE
)
_ORDER = re.compile(
    r"#|order|other|অর্ডার|অন্য|ऑर्डर|आर्डर|दूसर|pedido|otro|commande|autre|bestell|auftrag|ander", re.IGNORECASE
)


class CountryDetail(Detail):
    """The country is not asked for: it is the order's, unless another is named."""

    name = "country"
    unclear = "address_unclear"

    def take(self, heard: Heard, order: Order, known: Known, asked: bool) -> Any | None:
        """Another country, or, as long as none was named, the order's."""
        named = [code for code in heard.values("country") if is_reply(heard)]
        if named and order.country not in named:
            return named[0]
        return None if self.name in known else order.country

    def ask(self, order: Order, known: Known, dispatcher: CollectingDispatcher) -> None:
        """Never needed."""


class RecipientDetail(Detail):
    """Who gets it stays as it is."""

    name = "recipient"
    unclear = "address_unclear"

    def take(self, heard: Heard, order: Order, known: Known, asked: bool) -> Any | None:
        """As on the order."""
        return order.address.recipient if order.address else order.customer.name

    def ask(self, order: Order, known: Known, dispatcher: CollectingDispatcher) -> None:
        """Never needed."""


class _AddressPart(Detail):
    """What an address in its own country has."""

    def __init__(self, cities: Cities) -> None:
        self._cities = cities

    def needed(self, order: Order, known: Known) -> bool:
        """Not of an address abroad, which a person looks at."""
        return bool(known.get(CountryDetail.name) == order.country)

    def beside_street(self, heard: Heard, order: Order, known: Known) -> Typed:
        """What the message says besides the street, if it is the one that said the street."""
        for text in (heard.text, *found_in(heard, order.country, self._cities)):
            typed = read_address(text, order.country, self._cities)
            if typed.street and typed.street == known.get("street"):
                return typed
        return Typed()


class StreetDetail(_AddressPart):
    """House and street; whatever else of the address was said with it is taken, too."""

    name = "street"
    unclear = "address_unclear"

    def take(self, heard: Heard, order: Order, known: Known, asked: bool) -> Any | None:
        """Of the answer; unasked, of a whole address."""
        texts = found_in(heard, order.country, self._cities)
        if asked and not texts and (is_reply(heard) or self._is_address(heard, order)):
            texts = [heard.text]
        for text in texts:
            street = read_address(text, order.country, self._cities).street
            surely = any(letter.isdigit() for letter in street) or "," in street
            if surely and len(street) >= _SHORTEST_STREET and any(letter.isalpha() for letter in street):
                return street[: _LONGEST[self.name]]
        return None

    def ask(self, order: Order, known: Known, dispatcher: CollectingDispatcher) -> None:
        """For all of the address at once."""
        dispatcher.utter_message(response="utter_address_question")

    def _is_address(self, heard: Heard, order: Order) -> bool:
        """Whether it is one, whatever else it may sound like."""
        return not heard.asks and heard.intent != "choose" and _is_whole(heard.text, order.country, self._cities)


class PostcodeDetail(_AddressPart):
    """The postcode; empty where there is none."""

    name = "postcode"
    unclear = "address_postcode_unclear"

    def take(self, heard: Heard, order: Order, known: Known, asked: bool) -> Any | None:
        """Beside the street, as the answer, or as what corrects it."""
        if heard.choice(self.name) == NONE and order.country in WITHOUT_POSTCODE:
            return ""
        if found := self.beside_street(heard, order, known).postcode:
            return found
        if not asked and (corrected := corrected_postcode(heard, known, order.number)):
            return corrected
        found = find_postcode(heard.text, order.country)
        if not asked or not (is_reply(heard) or found == heard.text.upper()) or not heard.text:
            return None
        if found:
            return found
        if any(letter.isdigit() for letter in heard.text):
            raise Unusable("address_postcode_wrong")
        return "" if order.country in WITHOUT_POSTCODE and heard.intent != "deny" else None

    def ask(self, order: Order, known: Known, dispatcher: CollectingDispatcher) -> None:
        """Ask, with a button for who does not know it where a parcel finds its way without."""
        unknown = {"phrase": "address_no_postcode_button", "payload": choice_payload(self.name, NONE)}
        buttons = [unknown] if order.country in WITHOUT_POSTCODE else []
        dispatcher.utter_message(response="utter_address_postcode_question", buttons=buttons)


class CityDetail(_AddressPart):
    """The city: the English name of one that is known, else as it was typed."""

    name = "city"
    unclear = "address_city_unclear"

    def take(self, heard: Heard, order: Order, known: Known, asked: bool) -> Any | None:
        """Beside the street, as the answer, or the one city that a message names."""
        if found := self.beside_street(heard, order, known).city:
            return found[: _LONGEST[self.name]]
        if asked and (known_city := self._cities.find(heard.text)):
            return known_city  # whatever else its name may sound like
        if not is_reply(heard):
            return None
        named = list(dict.fromkeys(heard.values("city")))
        if len(named) == 1:
            return named[0]
        text = without_postcode(heard.text.strip(" .,।"), order.country)[0]
        if not asked or heard.intent in ("affirm", "deny") or not any(letter.isalpha() for letter in text):
            return None
        if any(letter.isdigit() for letter in text) or len(text) > _LONGEST[self.name]:
            return None
        return self._cities.find(text) or text

    def ask(self, order: Order, known: Known, dispatcher: CollectingDispatcher) -> None:
        """Ask."""
        dispatcher.utter_message(response="utter_address_city_question")


def corrected_postcode(heard: Heard, known: Known, order_number: str) -> str:
    """The postcode that a message puts in the place of the one in an address that is known; empty where it says nothing
    of it, or rather names an order."""
    whole = all(name in known for name in (CountryDetail.name, StreetDetail.name, PostcodeDetail.name, CityDetail.name))
    if not whole or not is_reply(heard):
        return ""
    postcode, around = only_postcode(heard.text, known[CountryDetail.name])
    if not postcode or postcode == order_number or any(char.isdigit() for char in around):
        return ""
    if _POSTCODE.search(around):
        return postcode
    words = [word for word in around.split() if any(letter.isalpha() for letter in word)]
    alone = not words or (heard.intent == "deny" and len(words) <= _WORDS_BESIDE)
    return postcode if alone and not _ORDER.search(around) else ""


def is_reply(heard: Heard) -> bool:
    """Whether the message may speak of an address: no question, nothing of another intent, no button."""
    return heard.intent in _REPLIES and heard.intent != "choose" and not heard.asks


def found_in(heard: Heard, country: str, cities: Cities) -> list[str]:
    """The address in a message that says more than that, if it surely is one: with a street, and a city."""
    if not is_reply(heard):
        return []
    candidates = [match[1] for match in (_MARKED.search(heard.text),) if match]
    first, comma, rest = heard.text.partition(",")
    if comma and _TO.match(first):
        candidates.append(_TO.sub("", first) + comma + rest)
    if comma and heard.intent == "deny" and not any(letter.isdigit() for letter in first):
        candidates.append(rest.strip())
    if comma and _begins_an_address(first):
        candidates.append(heard.text)
    return [text for text in candidates if _is_whole(text, country, cities)][:1]


def _begins_an_address(first: str) -> bool:
    """Whether it may be a house's number and street: no sentence, and no order's number."""
    digits = re.findall(r"\d+", first)
    return bool(digits) and len(first.split()) <= _FEW_WORDS and max(map(len, digits)) < _SHORTEST_STREET


def _is_whole(text: str, country: str, cities: Cities) -> bool:
    typed = read_address(text, country, cities)
    return bool(typed.street and typed.city and "@" not in text)
