"""What may be stored: payment card numbers are taken out before anything is written down."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

REDACTED = "[•••• card number removed]"

# Groups of digits of any script with spaces, dots or dashes between them, such as " - ".
_RUN = re.compile(r"(?<![^\W_])\d+(?:[ \t\u00a0\u202f.\-\u2010-\u2015]{1,3}\d+)*")
_DIGITS = re.compile(r"\d+")
_SHORTEST, _LONGEST = 13, 19  # ISO/IEC 7812
_LONGEST_PHONE = 15  # ITU-T E.164
# Bangladeshi mobile numbers: with the country code they are as long as a card number, and so is one after an order
# number; one in ten passes the Luhn check.
_PHONE = re.compile(r"(?:(?:00)?880|0)1[3-9]\d{8}")
# What often follows a card number on the same line: its expiry and its CVV.
_TAIL = re.compile(re.escape(REDACTED) + r"((?: ?\d{1,2} ?/ ?\d{2,4})?[ /|]{1,3})\d{3,4}(?!\d)")
_CVV = re.compile(r"\b(cvv2?|cvc2?|csc|সিভিভি|सीवीवी)(\W{0,4}(?:is|code|হলো|है|:)?\W{0,4})\d{3,4}(?!\d)", re.IGNORECASE)


def redact(text: str) -> str:
    """`text` with every payment card number and CVV replaced; order numbers and phone numbers stay.

    Neighbouring groups of digits count as a card number when they have 13 to 19 of them, in any script, and pass the
    Luhn check, unless they are a phone number.
    """
    text = _TAIL.sub(lambda match: f"{REDACTED}{match[1]}•••", _RUN.sub(_without_cards, text))
    return _CVV.sub(lambda match: f"{match[1]}{match[2]}•••", text)


def has_content(text: str) -> bool:
    """Whether a person would see anything: not only spaces, control and zero-width characters."""
    return any(unicodedata.category(character)[0] not in "ZC" for character in text)


def _without_cards(run: re.Match[str]) -> str:
    groups = list(_DIGITS.finditer(run[0]))
    after_plus = run.string[: run.start()].endswith("+")
    written, end, first = [], 0, 0
    while first < len(groups):
        last = _card_end(groups, first, after_plus and first == 0)
        if last is not None:
            written.append(run[0][end : groups[first].start()] + REDACTED)
            end, first = groups[last].end(), last
        first += 1
    return "".join(written) + run[0][end:]


def _card_end(groups: Sequence[re.Match[str]], first: int, after_plus: bool) -> int | None:
    """The last group of the longest card number that begins with group `first`."""
    numbers: list[str] = []
    found = None
    for last in range(first, len(groups)):
        numbers.append("".join(str(unicodedata.digit(character)) for character in groups[last][0]))
        length = sum(map(len, numbers))
        if length > _LONGEST:
            break
        if length >= _SHORTEST and _is_card(numbers, after_plus):
            found = last
    return found


def _is_card(numbers: Sequence[str], after_plus: bool) -> bool:
    digits = "".join(numbers)
    if after_plus and len(digits) <= _LONGEST_PHONE:
        return False
    if any(_PHONE.fullmatch(number) for number in numbers):
        return False
    if (after_plus or digits[0] in "01") and any(len(number) != 4 for number in numbers[:-1]):
        return False  # no bank's card, but an order number and a phone number side by side
    return _luhn([int(digit) for digit in digits])


def _luhn(digits: list[int]) -> bool:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        doubled = digit * 2 if place % 2 else digit
        total += doubled - 9 if doubled > 9 else doubled
    return total % 10 == 0 and any(digits)
