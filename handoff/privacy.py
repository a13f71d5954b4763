"""What may be stored: payment card numbers are taken out before anything is written down."""

from __future__ import annotations

import re
import unicodedata

REDACTED = "[•••• card number removed]"

# 13 to 19 digits of any script, single spaces, dots or dashes between them (ISO/IEC 7812).
_CARD = re.compile(r"(?<![\d\w])\d(?:[ \u00a0.\-\u2010-\u2015]?\d){12,18}(?!\d)")
_CVV = re.compile(r"\b(cvv2?|cvc2?|csc|সিভিভি|सीवीवी)(\W{0,4}(?:is|code|হলো|है|:)?\W{0,4})\d{3,4}(?!\d)", re.IGNORECASE)


def redact(text: str) -> str:
    """`text` with every payment card number and CVV replaced; order numbers and phone numbers stay.

    A run of digits counts as a card number when it has 13 to 19 of them, in any script, and passes the Luhn check.
    """
    return _CVV.sub(lambda match: f"{match[1]}{match[2]}•••", _CARD.sub(_card, text))


def has_content(text: str) -> bool:
    """Whether a person would see anything: not only spaces, control and zero-width characters."""
    return any(unicodedata.category(character)[0] not in "ZC" for character in text)


def _card(match: re.Match[str]) -> str:
    digits = [unicodedata.digit(character) for character in match[0] if character.isdigit()]
    return REDACTED if _luhn(digits) else match[0]


def _luhn(digits: list[int]) -> bool:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        doubled = digit * 2 if place % 2 else digit
        total += doubled - 9 if doubled > 9 else doubled
    return total % 10 == 0 and any(digits)
