"""What is to be another in an order: which of its lines, how many of it, or what else is wanted."""

from collections.abc import Mapping
from typing import Any

from rasa_sdk.executor import CollectingDispatcher

from actions.detail import Choice, Detail, FreeText, Known, Unusable
from actions.forms import NO_OTHER_WISH
from actions.heard import Heard, choice_payload
from actions.item_details import ItemsDetail
from actions.shop.backend import Order
from actions.shop.wishes import Wishes
from actions.values import ident, names

REMOVE, QUANTITY, OTHER = "remove", "quantity", "other"
_MANY_DIGITS = 4
_REPLIES = {*NO_OTHER_WISH, "change_order"}


class WhatDetail(Choice):
    """Whether something is taken out, more or less of it is wanted, or something else."""

    name = "change_what"
    unclear = "change_what_unclear"
    question = "change_what_question"
    answers: Mapping[str, str] = {
        REMOVE: "change_remove_button",
        QUANTITY: "change_quantity_button",
        OTHER: "change_other_button",
    }

    def __init__(self, wishes: Wishes) -> None:
        self._wishes = wishes

    def take(self, heard: Heard, order: Order, known: Known, asked: bool) -> Any | None:
        """The button; or, as long as it is not known, what the words of a message mean."""
        chosen = super().take(heard, order, known, asked)
        if chosen is not None or self.name in known or not (heard.intent in _REPLIES or (asked and heard.brief)):
            return chosen
        meant = self._wishes.meant(heard.text)
        # of several pieces of a line perhaps not all are to go
        return None if meant == REMOVE and any(item.quantity > 1 for item in order.items) else meant


class LinesDetail(ItemsDetail):
    """Which lines: of those whose number changes, one; taking out all of them would be cancelling."""

    about = (WhatDetail.name,)

    def needed(self, order: Order, known: Known) -> bool:
        """Where something else is wanted, it is said in the customer's own words."""
        return known.get(WhatDetail.name) != OTHER

    def take(self, heard: Heard, order: Order, known: Known, asked: bool) -> Any | None:
        """As for any items; several where the number changes are none."""
        chosen = super().take(heard, order, known, asked)
        if chosen is None or len(chosen) == 1:
            return chosen
        # "the tray and the lamp, drop the lamp" names all there is
        all_named = not asked and heard.choice(self.name) is None and len(chosen) == len(order.items)
        return None if all_named or known.get(WhatDetail.name) == QUANTITY else chosen

    def ask(self, order: Order, known: Known, dispatcher: CollectingDispatcher) -> None:
        """Ask, with a button for each line."""
        buttons = [
            {
                "phrase": "item_button",
                "params": {"name": names(item.names)},
                "payload": choice_payload(self.name, item.id),
            }
            for item in self.open(order)
        ]
        dispatcher.utter_message(response=f"utter_{self.question}", number=ident(order.number), buttons=buttons)


class NewQuantityDetail(Detail):
    """How many pieces of the line there are to be; 0 takes it out."""

    name = "new_quantity"
    unclear = "quantity_unclear"
    about = (WhatDetail.name, ItemsDetail.name)

    def needed(self, order: Order, known: Known) -> bool:
        """Where the number changes."""
        return known.get(WhatDetail.name) == QUANTITY

    def take(self, heard: Heard, order: Order, known: Known, asked: bool) -> Any | None:
        """A number that is another than now: the answer, or the only one in a wish that could be a number of pieces."""
        found = "".join(letter if letter.isdecimal() else " " for letter in heard.text).split()
        if not asked:
            wished = heard.intent == "change_order" and self.name not in known
            found = [number for number in found if len(number) < _MANY_DIGITS] if wished else []
        if len(found) != 1 or len(found[0]) > _MANY_DIGITS or heard.asks:
            return None
        number = int(found[0])
        if number == _line(order, known).quantity:
            raise Unusable("change_quantity_same", quantity=number, name=names(_line(order, known).names))
        return number

    def ask(self, order: Order, known: Known, dispatcher: CollectingDispatcher) -> None:
        """Ask, naming what there is now."""
        line = _line(order, known)
        dispatcher.utter_message(
            response="utter_change_quantity_question", quantity=line.quantity, name=names(line.names)
        )


class WantedDetail(FreeText):
    """Another size, colour or product, in the customer's own words."""

    name = "wanted"
    unclear = "change_wanted_unclear"
    question = "change_wanted_question"
    about = (WhatDetail.name,)

    def __init__(self, wishes: Wishes) -> None:
        self._wishes = wishes

    def needed(self, order: Order, known: Known) -> bool:
        """Where it is something else."""
        return known.get(WhatDetail.name) == OTHER

    def take(self, heard: Heard, order: Order, known: Known, asked: bool) -> Any | None:
        """The answer; or the message whose words meant that it is something else."""
        if not asked and self.name not in known and heard.intent in _REPLIES:
            return heard.text[: self.longest] if self._wishes.meant(heard.text) == OTHER else None
        return super().take(heard, order, known, asked)


def new_quantities(order: Order, known: Known) -> dict[str, int]:
    """How many of which line there are to be, by the lines' ids."""
    number = int(known[NewQuantityDetail.name]) if known.get(WhatDetail.name) == QUANTITY else 0
    there = {item.id for item in order.items}
    return {id_: number for id_ in known[ItemsDetail.name] if id_ in there}


def _line(order: Order, known: Known) -> Any:
    return next(item for item in order.items if item.id == known[ItemsDetail.name][0])
