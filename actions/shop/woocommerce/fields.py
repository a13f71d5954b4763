"""Reading the fields of what WooCommerce answers. What is not as documented is no answer at all."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from babel.numbers import get_currency_precision

from actions.shop.backend import Money
from actions.shop.trouble import ShopTrouble

Raw = Mapping[str, object]

# no shop sells for more, and PostgreSQL's integers end a little above
_MOST = 2_000_000_000


def record(value: object, what: str) -> Raw:
    """An object.

    Raises:
        ShopTrouble: it is none.
    """
    if isinstance(value, Mapping):
        return value
    raise _wrong(what)


def records(value: object, what: str) -> Sequence[Raw]:
    """A list of objects."""
    if isinstance(value, list):
        return [record(one, what) for one in value]
    raise _wrong(what)


def text(raw: Raw, name: str, *, required: bool = True) -> str:
    """A text without spaces around it; empty where it is not required and not there."""
    value = raw.get(name)
    if value is None and not required:
        return ""
    if isinstance(value, str) and (value.strip() or not required):
        return value.strip()
    raise _wrong(name)


def ident(raw: Raw, name: str = "id") -> str:
    """The id of something, a whole number from 1."""
    value = raw.get(name)
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        return str(value)
    raise _wrong(name)


def whole(raw: Raw, name: str) -> int:
    """A whole number from 0."""
    value = raw.get(name)
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    raise _wrong(name)


def yes(raw: Raw, name: str) -> bool:
    """True or false."""
    value = raw.get(name)
    if isinstance(value, bool):
        return value
    raise _wrong(name)


def amount(raw: Raw, name: str) -> Decimal:
    """A decimal number, which WooCommerce writes as a text; of a refund within an order it is negative."""
    value = raw.get(name)
    try:
        found = Decimal(value) if isinstance(value, str) else None
    except InvalidOperation:
        found = None
    if found is not None and found.is_finite() and abs(found) < _MOST:
        return found
    raise _wrong(name)


def money(value: Decimal, currency: str) -> Money:
    """An amount in the currency's minor units."""
    minor = int(value.scaleb(get_currency_precision(currency)).quantize(Decimal(1), ROUND_HALF_UP))
    if not 0 <= minor <= _MOST:
        raise ShopTrouble("an amount is negative or beyond all measure")
    return Money(minor, currency)


def moment(raw: Raw, name: str) -> datetime | None:
    """A time, which WooCommerce writes in GMT without saying so; None where there is none."""
    value = raw.get(name)
    if value is None or value == "":
        return None
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        found = None
    if found is None:
        raise _wrong(name)
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def needed(found: datetime | None, name: str) -> datetime:
    """A time that must be there."""
    if found is None:
        raise _wrong(name)
    return found


def _wrong(name: str) -> ShopTrouble:
    return ShopTrouble(f"the shop's answer has no usable {name}")
