"""Shopify's JSON, read by name and kind: what is not as it should be is told by its place, never guessed at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from babel.numbers import get_currency_precision

from actions.shop.backend import Money
from actions.shop.trouble import ShopTrouble


class Node:
    """A JSON object at some place in an answer."""

    def __init__(self, raw: Any, place: str) -> None:
        if not isinstance(raw, Mapping):
            raise ShopTrouble(f"{place} is no object")
        self._raw = raw
        self._place = place

    def has(self, name: str) -> bool:
        """Whether there is something of this name."""
        return self._raw.get(name) not in (None, [])

    def text(self, name: str) -> str:
        """A text that must be there."""
        value = self._raw.get(name)
        if not isinstance(value, str):
            raise self._wrong(name, "text")
        return value

    def maybe(self, name: str) -> str | None:
        """A text, or None where there is none."""
        return None if self._raw.get(name) is None else self.text(name)

    def whole(self, name: str) -> int:
        """A whole number that is not below zero."""
        value = self._raw.get(name)
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise self._wrong(name, "whole number")
        return value

    def flag(self, name: str) -> bool:
        """True or false."""
        value = self._raw.get(name)
        if not isinstance(value, bool):
            raise self._wrong(name, "true or false")
        return value

    def moment(self, name: str) -> datetime:
        """A point in time, in UTC."""
        try:
            at = datetime.fromisoformat(self.text(name))
        except ValueError as error:
            raise self._wrong(name, "time") from error
        if at.tzinfo is None:
            raise self._wrong(name, "time with a zone")
        return at.astimezone(UTC)

    def money(self, name: str) -> Money:
        """An amount in the currency that the customer was shown, from a `MoneyBag`."""
        money = self.one(name).one("presentmentMoney")
        currency = money.text("currencyCode")
        try:
            minor = Decimal(money.text("amount")).scaleb(get_currency_precision(currency))
        except InvalidOperation as error:
            raise self._wrong(name, "amount") from error
        if not minor.is_finite() or minor < 0 or len(currency) != 3:
            raise self._wrong(name, "amount")
        return Money(int(minor.to_integral_value()), currency)

    def one(self, name: str) -> Node:
        """An object that must be there."""
        return Node(self._raw.get(name), f"{self._place}.{name}")

    def one_or_none(self, name: str) -> Node | None:
        """An object, or None where there is none."""
        return None if self._raw.get(name) is None else self.one(name)

    def listed(self, name: str, first: int) -> Sequence[Node]:
        """The objects of a list that was asked for with `first`.

        Raises:
            ShopTrouble: there may be more than were asked for.
        """
        found = self._raw.get(name)
        if not isinstance(found, list):
            raise self._wrong(name, "list")
        if len(found) >= first:
            raise ShopTrouble(f"{self._place}.{name} has {first} entries or more, which are not read")
        return [Node(each, f"{self._place}.{name}") for each in found]

    def page(self, name: str) -> Sequence[Node]:
        """The nodes of a connection that was asked for with `pageInfo { hasNextPage }`.

        Raises:
            ShopTrouble: there are more than were asked for.
        """
        connection = self.one(name)
        if connection.one("pageInfo").flag("hasNextPage"):
            raise ShopTrouble(f"{self._place}.{name} has more entries than are read")
        return connection.nodes()

    def nodes(self) -> Sequence[Node]:
        """The nodes of this connection, as many as were asked for."""
        found = self._raw.get("nodes")
        if not isinstance(found, list):
            raise self._wrong("nodes", "list")
        return [Node(each, f"{self._place}.nodes") for each in found]

    def _wrong(self, name: str, kind: str) -> ShopTrouble:
        return ShopTrouble(f"{self._place}.{name} is no {kind}")
