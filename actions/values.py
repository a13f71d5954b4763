"""The typed values that texts are filled with; who renders a text writes them as the customer's language does."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time
from typing import TypeAlias

from actions.shop.backend import Money

Value: TypeAlias = str | int | dict[str, object]
Params: TypeAlias = dict[str, Value]


def ident(text: str) -> Value:
    """An identifier, its digits kept as they are."""
    return {"id": text}


def money(amount: Money) -> Value:
    """An amount of money."""
    return {"money": amount.minor, "currency": amount.currency}


def day(on: date) -> Value:
    """A calendar day."""
    return {"date": on.isoformat()}


def moment(at: datetime) -> Value:
    """A day and time of day; `at` is aware."""
    return {"datetime": at.isoformat()}


def clock(at: time) -> Value:
    """A time of day, of whatever day."""
    return {"time": at.isoformat("minutes")}


def names(by_language: Mapping[str, str]) -> Value:
    """A name that differs by language."""
    return {"names": dict(by_language)}


def phrase(key: str, **params: Value) -> Value:
    """Another text, rendered inside."""
    return {"phrase": key, "params": params}


def listed(values: Iterable[Value]) -> Value:
    """Values in a row, separated by commas."""
    return {"list": list(values)}


def lines(values: Iterable[Value]) -> Value:
    """Values, each on its own line."""
    return {"lines": list(values)}
