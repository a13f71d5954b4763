"""What the forms before a claim ask for: what is wrong with which pieces, and what the customer would like."""

from collections.abc import Mapping, Sequence
from typing import Any

from rasa_sdk.executor import CollectingDispatcher

from actions.detail import Choice, Detail, FreeText, Known
from actions.heard import Heard
from actions.item_details import ItemsDetail, QuantityDetail, quantities
from actions.shop.backend import Order, Remedy
from actions.shop.claims_policy import ClaimsPolicy, claimable
from actions.shop.payment_record import held

# so many words say what it is; fewer say hardly more than that there is something
_WORDS_OF_A_DESCRIPTION = 8
# plain strings: the tracker keeps them
_REPLACEMENT, _REFUND = Remedy.REPLACEMENT.value, Remedy.REFUND.value


class Description(FreeText):
    """What is wrong, in the customer's own words: what they came with, where that says it."""

    name = "what"
    unclear = "claim_what_unclear"

    def __init__(self, question: str, intent: str) -> None:
        self.question = question
        self._intent = intent

    def take(self, heard: Heard, order: Order, known: Known, asked: bool) -> Any | None:
        """The answer, or a message of some length that is about just this."""
        if asked:
            return super().take(heard, order, known, asked)
        says_it = heard.intent == self._intent and len(heard.text.split()) >= _WORDS_OF_A_DESCRIPTION
        return heard.text[: self.longest] if says_it else None


class RemedyChoice(Choice):
    """A replacement or the money back: what the policy offers, and money only where the shop has some of it."""

    name = "remedy"
    unclear = "claim_remedy_unclear"
    question = "claim_remedy"
    answers: Mapping[str, str] = {_REPLACEMENT: "claim_replacement_button", _REFUND: "claim_refund_button"}
    intents: Mapping[str, str] = {
        "exchange_item": _REPLACEMENT,
        "refund_status": _REFUND,
        "refund_time": _REFUND,
        "start_return": _REFUND,
    }

    def __init__(self, policy: ClaimsPolicy) -> None:
        self._policy = policy

    def needed(self, order: Order, known: Known) -> bool:
        """Where there is anything to offer."""
        return bool(self.offered(order, known))

    def take(self, heard: Heard, order: Order, known: Known, asked: bool) -> Any | None:
        """Where but one thing is offered it is that one."""
        offered = self.offered(order, known)
        if len(offered) == 1 and self.name not in known:
            return offered[0]
        return super().take(heard, order, known, asked)

    def offered(self, order: Order, known: Known) -> Sequence[str]:
        """What the policy offers and can be done."""
        return [one.value for one in self._policy.remedies if one is not Remedy.REFUND or held(order)]


class ClaimedPieces(Detail):
    """How many of which line: made of the answers before it, never asked for."""

    name = "claimed"
    unclear = "items_unclear"
    about = (ItemsDetail.name, QuantityDetail.name)

    def take(self, heard: Heard, order: Order, known: Known, asked: bool) -> Any | None:
        """Whatever is said; once made it stays as long as the answers do."""
        return known.get(self.name) or quantities(order, known, claimable)

    def ask(self, order: Order, known: Known, dispatcher: CollectingDispatcher) -> None:
        """Nothing is missing."""

    def describe(self, value: Any, order: Order) -> str:
        """The pieces by name."""
        chosen = [f"{value[item.id]} × {item.names.get('en') or item.sku}" for item in order.items if item.id in value]
        return f"claimed: {', '.join(chosen)}"


def remedy_of(known: Known) -> Remedy:
    """What was chosen; where there was nothing to choose somebody looks into it."""
    return Remedy(known.get(RemedyChoice.name, Remedy.CHECK))
