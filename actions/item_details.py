"""Which of an order's lines, and how many pieces of it."""

from collections.abc import Mapping, Sequence
from typing import Any

from rasa_sdk.executor import CollectingDispatcher

from actions.detail import Detail, Known, Unusable
from actions.heard import Heard, choice_payload
from actions.shop.backend import Order, OrderItem
from actions.shop.pieces import Pieces
from actions.values import ident, names

ALL = "all"
_MANY_DIGITS = 4


class ItemsDetail(Detail):
    """Which lines: a list of their ids. Where there is but one to choose, it is that one.

    `question` is the phrase that asks, `pieces` how many of a line there are to choose.
    """

    name = "items"
    unclear = "items_unclear"

    def __init__(self, question: str, pieces: Pieces | None = None) -> None:
        self.question = question
        self._pieces = pieces or all_pieces

    def take(self, heard: Heard, order: Order, known: Known, asked: bool) -> Any | None:
        """By button, by product, or by its place in the row of buttons."""
        open_ = self.open(order)
        # what was chosen before stays chosen, although by now another may be the only one that is left
        if len(open_) == 1 and not known.get(self.name):
            return [item.id for item in open_]
        chosen = heard.choice(self.name)
        if chosen == ALL:
            return [item.id for item in open_]
        if chosen is not None:
            return [item.id for item in open_ if item.id == chosen] or None
        meant = set(heard.values("product"))
        named = [item.id for item in order.items if item.sku in meant or _named(item, heard.text)]
        if named:
            if not any(item.id in named for item in open_):
                raise Unusable("items_not_open", names=_names(order, named))
            return [item.id for item in open_ if item.id in named]
        if asked and heard.text.isascii() and heard.text.isdigit() and 0 < int(heard.text) <= len(open_):
            return [open_[int(heard.text) - 1].id]
        return None

    def ask(self, order: Order, known: Known, dispatcher: CollectingDispatcher) -> None:
        """Ask, with a button for each line and one for all."""
        open_ = self.open(order)
        buttons: list[dict[str, Any]] = [
            {"phrase": "item_button", "params": {"name": names(item.names)}, "payload": self._payload(item.id)}
            for item in open_
        ]
        if len(open_) > 1:
            buttons.append({"phrase": "items_all_button", "payload": self._payload(ALL)})
        dispatcher.utter_message(response=f"utter_{self.question}", buttons=buttons, number=ident(order.number))

    def describe(self, value: Any, order: Order) -> str:
        """The products by name."""
        chosen = [item.names.get("en") or item.sku for item in order.items if item.id in value]
        return f"items: {', '.join(chosen)}"

    def open(self, order: Order) -> Sequence[OrderItem]:
        """The lines of which there are pieces to choose."""
        return [item for item in order.items if self._pieces(order, item) > 0]

    def _payload(self, chosen: str) -> str:
        return choice_payload(self.name, chosen)


class QuantityDetail(Detail):
    """How many pieces of the one line that was chosen; of several lines it is all of each."""

    name = "quantity"
    unclear = "quantity_unclear"
    about = (ItemsDetail.name,)

    def __init__(self, question: str, pieces: Pieces | None = None) -> None:
        self.question = question
        self._pieces = pieces or all_pieces

    def needed(self, order: Order, known: Known) -> bool:
        """Only where a line has more than one. What was answered stays, although by now fewer may be left."""
        return self.name in known or self._most(order, known) > 1

    def take(self, heard: Heard, order: Order, known: Known, asked: bool) -> Any | None:
        """A number up to what there is, or all of it."""
        most = self._most(order, known)
        if asked and heard.choice(self.name) == ALL:
            return most
        digits = "".join(letter if letter.isdecimal() else " " for letter in heard.text).split()
        if not asked or len(digits) != 1 or len(digits[0]) > _MANY_DIGITS:
            return None
        number = int(digits[0])
        if number > most:
            raise Unusable("quantity_above", most=most)
        return number or None

    def ask(self, order: Order, known: Known, dispatcher: CollectingDispatcher) -> None:
        """Ask, with a button for all of them."""
        most = self._most(order, known)
        item = next(item for item in order.items if item.id == known[ItemsDetail.name][0])
        dispatcher.utter_message(
            response=f"utter_{self.question}",
            most=most,
            name=names(item.names),
            buttons=[{"phrase": "items_all_button", "payload": choice_payload(self.name, ALL)}],
        )

    def _most(self, order: Order, known: Known) -> int:
        """How many there are of the one line; 1 where several were chosen, since nothing is asked then."""
        chosen = known.get(ItemsDetail.name) or []
        if len(chosen) != 1:
            return 1
        return next((self._pieces(order, item) for item in order.items if item.id == chosen[0]), 1)


def quantities(order: Order, known: Known, pieces: Pieces | None = None) -> dict[str, int]:
    """How many of which line were chosen, by the lines' ids."""
    count = pieces or all_pieces
    chosen = known.get(ItemsDetail.name) or []
    asked = known.get(QuantityDetail.name)
    if len(chosen) == 1 and asked:
        return {chosen[0]: int(asked)}
    return {item.id: count(order, item) for item in order.items if item.id in chosen}


def all_pieces(order: Order, item: OrderItem) -> int:
    """As many as were bought."""
    return item.quantity


def _named(item: OrderItem, text: str) -> bool:
    """Whether the whole name of a product stands in a text, in any language."""
    folded = text.casefold()
    return any(name.casefold() in folded for name in item.names.values())


def _names(order: Order, ids: Sequence[str]) -> Any:
    found: Mapping[str, str] = next(item.names for item in order.items if item.id in ids)
    return names(found)
