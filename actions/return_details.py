"""What a return has to know besides which items: why, money or something else, and what of it comes back."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.interfaces import NLU_FALLBACK_INTENT_NAME

from actions.detail import Choice, Detail, FreeText, Known
from actions.heard import Heard
from actions.item_details import ItemsDetail, QuantityDetail, quantities
from actions.services import Services
from actions.shop.backend import Order, ReturnReason
from actions.shop.changes import ChangeKind
from actions.shop.pieces import returnable

MONEY, EXCHANGE = "money", "exchange"
# a size by its letters, as on a label
_SIZE = re.compile(r"(?<![\w'’-])(?:X{0,3}[SL]|M|[2-6]XL)(?![\w'’-])")
_FAULTS: Mapping[str, str] = {
    "damaged_item": ReturnReason.DAMAGED.value,
    "wrong_item": ReturnReason.WRONG_ITEM.value,
}
# what a reason in the customer's own words may be taken for
_OWN_WORDS = {None, NLU_FALLBACK_INTENT_NAME, "out_of_scope", "start_return", "exchange_item", "size_guide"}


class ReasonDetail(Choice):
    """Why it comes back. Whoever says it in other words than the buttons' has a reason of their own."""

    name = "reason"
    question = "return_why"
    unclear = "return_why_unclear"
    answers: Mapping[str, str] = {
        ReturnReason.TOO_SMALL.value: "return_too_small",
        ReturnReason.TOO_LARGE.value: "return_too_large",
        ReturnReason.NOT_AS_EXPECTED.value: "return_not_as_expected",
        ReturnReason.CHANGED_MIND.value: "return_changed_mind",
        ReturnReason.LATE.value: "return_late",
        ReturnReason.DAMAGED.value: "return_damaged",
        ReturnReason.WRONG_ITEM.value: "return_wrong_item",
        ReturnReason.OTHER.value: "return_other_reason",
    }
    intents: Mapping[str, str] = {**_FAULTS, "order_delayed": ReturnReason.LATE.value}

    def take(self, heard: Heard, order: Order, known: Known, asked: bool) -> Any | None:
        """The button, its number, what the intent says, or their own words. That something came broken or is the wrong
        one counts whenever it is said."""
        chosen = super().take(heard, order, known, asked)
        if chosen is None and self.name not in known and not heard.asks:
            chosen = _FAULTS.get(str(heard.intent))
        own_words = asked and heard.intent in _OWN_WORDS and not heard.asks and any(map(str.isalpha, heard.text))
        return chosen or (ReturnReason.OTHER.value if own_words else None)


class OutcomeDetail(Choice):
    """Money back, or something else in its place. A shop that exchanges nothing does not ask."""

    name = "outcome"
    question = "return_money_or_exchange"
    unclear = "return_money_or_exchange_unclear"
    answers: Mapping[str, str] = {MONEY: "return_money_button", EXCHANGE: "return_exchange_button"}
    intents: Mapping[str, str] = {
        "exchange_item": EXCHANGE,
        "start_return": MONEY,
        "refund_status": MONEY,
        "refund_time": MONEY,
    }

    def __init__(self, services: Services) -> None:
        self._services = services

    def needed(self, order: Order, known: Known) -> bool:
        """Only where there is a choice."""
        return ChangeKind.EXCHANGE in self._services.shop.can

    def take(self, heard: Heard, order: Order, known: Known, asked: bool) -> Any | None:
        """Who speaks of an exchange wants one, asked or not."""
        if heard.intent == "exchange_item":
            return EXCHANGE
        return super().take(heard, order, known, asked)


class InsteadDetail(FreeText):
    """What is wanted in its place, in the customer's own words; a size that is named before counts."""

    name = "instead"
    question = "exchange_for_what"
    unclear = "exchange_for_what_unclear"
    longest = 300
    about = (ItemsDetail.name,)

    def __init__(self, always: bool) -> None:
        self._always = always

    def needed(self, order: Order, known: Known) -> bool:
        """In an exchange."""
        return self._always or known.get(OutcomeDetail.name) == EXCHANGE

    def take(self, heard: Heard, order: Order, known: Known, asked: bool) -> Any | None:
        """The answer, or a message that named a size. "Do you have it in blue?" is an answer too."""
        wishes = heard.intent == "exchange_item" and self.name not in known
        said = wishes and (asked or _SIZE.search(heard.text))
        return heard.text[: self.longest] if said else super().take(heard, order, known, asked)


class PiecesDetail(Detail):
    """How many of which line come back, worked out of the answers: what the shop does not take back is left out."""

    name = "pieces"
    unclear = "items_unclear"  # it is never asked for
    about = (ItemsDetail.name, QuantityDetail.name, ReasonDetail.name)

    def __init__(self, services: Services) -> None:
        self._services = services

    def take(self, heard: Heard, order: Order, known: Known, asked: bool) -> Any | None:
        """Once, after each answer that it is about: at the yes it is what the summary named."""
        if self.name in known:
            return None
        reason, lines = ReturnReason(known[ReasonDetail.name]), {item.id: item for item in order.items}
        chosen = quantities(order, known, returnable)
        takes_back = self._services.policy.returns.takes_back
        return {id_: count for id_, count in chosen.items() if takes_back(lines[id_], reason)}

    def ask(self, order: Order, known: Known, dispatcher: CollectingDispatcher) -> None:
        """Not needed: it follows from what was asked before."""

    def describe(self, value: Any, order: Order) -> str:
        """With how many of each."""
        names = {item.id: item.names.get("en") or item.sku for item in order.items}
        return "in all: " + (", ".join(f"{count} × {names[id_]}" for id_, count in value.items()) or "nothing")


def return_details(services: Services, exchange: bool) -> Sequence[Detail]:
    """The questions of a return, or of an exchange, in the order in which they are asked."""
    return (
        ItemsDetail("return_which_items", returnable),
        QuantityDetail("return_how_many", returnable),
        ReasonDetail(),
        PiecesDetail(services),
        *(() if exchange else (OutcomeDetail(services),)),
        InsteadDetail(always=exchange),
    )
