"""Tracking numbers, as carriers write them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

import regex
import yaml

from bot.nlu.span import Span

# what stands before a number of another kind: "tel01712345678", "tk10000000"
_NO_PREFIX = (
    "no|nr|num|ord|id|tel|ph|mob|cell|call|fax|tk|rs|bdt|inr|usd|eur|gbp|sku|pin|otp|vat|ref|to|is|from|nid|hai"
)
_SHAPES = regex.compile(
    rf"""(?<![\w@.+/\#-])(?:
        [a-z]{{2}}(?:\d{{9}}|\s\d{{3}}\s\d{{3}}\s\d{{3}}\s)[a-z]{{2}}  # the post of every country: UPU S10
        |1z(?:\s?[0-9a-z]){{16}}  # UPS
        |(?!(?:{_NO_PREFIX})\d)[a-z]{{1,4}}\d{{8,20}}  # Pathao, RedX, DHL, Amazon, Delhivery
        |\d[a-z]\d{{11}}  # Colissimo
    )(?![\w@]|[-.]\d)""",
    regex.VERBOSE,
)
_DIGITS = regex.compile(r"(?<![\w@.,+#/-])\d{11,22}(?![\d@]|[-.,]\d)")
_CARD_STARTS = "23456"
_UPS_DIGITS = 8  # at least, or they are words


# the lookup table of what carriers' numbers begin with
TRACKING_PREFIX = "tracking_prefix"


def carrier_prefixes(path: Path) -> list[str]:
    """What the shop's carriers begin their numbers with. Raises what reading, YAML or a missing key raises."""
    carriers = yaml.safe_load(path.read_text(encoding="utf-8"))
    return [carrier["prefix"] for several in carriers.values() for carrier in several]


class TrackingFinder:
    """Finds tracking numbers by their shapes; a carrier's own `prefixes` may stand apart from their digits, too."""

    def __init__(self, prefixes: Iterable[str] = ()) -> None:
        self._prefixes = tuple(prefix.upper() for prefix in prefixes)
        known = "|".join(regex.escape(prefix.lower()) for prefix in self._prefixes)
        self._apart = regex.compile(rf"(?<![\w@.+/#-])(?:{known})[\s-]\s?\d{{8,20}}(?![\w@]|[-.]\d)") if known else None

    def find(self, text: str) -> Iterator[Span]:
        """Numbers with letters in them, in a text in lower case with ASCII digits; the value has no spaces."""
        found = (
            [_SHAPES.finditer(text)] if self._apart is None else [_SHAPES.finditer(text), self._apart.finditer(text)]
        )
        for match in chain(*found):
            value = regex.sub(r"[\s-]", "", match[0]).upper()
            words = value.startswith("1Z") and sum(map(str.isdigit, value)) < _UPS_DIGITS
            account = not value.startswith(self._prefixes) and _is_iban(value)
            if not (words or account):
                yield Span(match.start(), match.end(), value)


def find_digits(text: str) -> Iterator[Span]:
    """Long numbers without any letter, to be looked for after phone numbers; cards' are none."""
    for match in _DIGITS.finditer(text):
        if not _is_card(match[0]):
            yield Span(match.start(), match.end(), match[0])


def _is_card(digits: str) -> bool:
    """Whether it could be a bank card's number: Luhn's check, ISO/IEC 7812."""
    doubled = (int(digit) * (2 if place % 2 else 1) for place, digit in enumerate(reversed(digits)))
    return (
        13 <= len(digits) <= 19 and digits[0] in _CARD_STARTS and sum(n - 9 if n > 9 else n for n in doubled) % 10 == 0
    )


def _is_iban(value: str) -> bool:
    """ISO 13616: two letters, two check digits, the account."""
    if not regex.fullmatch(r"[A-Z]{2}\d{13,32}", value):
        return False
    return int("".join(str(int(character, 36)) for character in value[4:] + value[:4])) % 97 == 1
