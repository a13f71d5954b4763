"""What may be stored: payment card numbers are taken out before anything is written down."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from handoff.plain_text import plain_line

MAX_NAME = 200
REDACTED = "[•••• card number removed]"
_HIDDEN = "•••"

# Between a number's groups: spaces of any kind, invisible characters, dots, dashes, such as " - "; and between groups
# of four also what divides nothing else.
_GAP = r"(?:[ \t\u00a0\u00ad\u2000-\u200d\u202f\u205f\u2060\u3000\ufeff.\-\u2010-\u2015\u2212\uff0d]{1,4}"
_GAP += r"|(?<=\d{4})[/_|*](?=\d{4}))"
# What may stand before it: no letter or digit; or a word's end, as in "card4111…", but not a parcel's BD4111….
_BEFORE = r"(?:(?<![^\W_])|(?<=[A-Za-z]{4})|(?<=[^\W\d_A-Za-z]))"
# Groups of digits of any script.
_RUN = re.compile(rf"{_BEFORE}\d+(?:{_GAP}\d+)*")
_DIGITS = re.compile(r"\d+")
# Joiner and fillers of letters, a Braille cell without dots, and selectors of how the letter before them looks.
_BLANK = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]")
_SHORTEST, _LONGEST = 13, 19  # ISO/IEC 7812
_LONGEST_PHONE = 15  # ITU-T E.164
# Bangladeshi mobile numbers: with the country code they are as long as a card number, and so is one after an order
# number; one in ten passes the Luhn check.
_PHONE = re.compile(r"(?:(?:00)?880|0)1[3-9]\d{8}")
# What often follows a card number: its expiry and its CVV, or the CVV alone on the same line.
_EXPIRY = (
    r"(?:[\s,;|]{0,3}(?:exp\w{0,6}|valid|thru|till|date|মে(?:\u09af\u09bc|\u09df)াদ)[\s.:]{0,3}){0,3}"
    r"[\s,;|]{0,3}\d{1,2} ?[/-] ?\d{2,4}"
)
_TAIL = re.compile(re.escape(REDACTED) + rf"({_EXPIRY}[\s,;/|]{{1,3}}|[ /|]{{1,3}})\d{{3,4}}(?!\d)", re.IGNORECASE)
# A CVV by its names, with the words that people put between the name and the number, or after it: "123 is my CVV".
_NAMES = (
    r"(?:\b(?:c\.?v\.?v2?|cvc2?|csc|security code|card verification (?:code|value|number)|code on the back)"
    r"|সি ?ভি ?ভি|সি ?ভি ?সি|সিকিউরিটি কোড|নিরাপত্তা কোড|सी ?वी ?वी|सुरक्षा कोड|सिक्योरिटी कोड)"
)
_WORDS = (
    r"is|was|code|number|num|no|of|for|my|the|this|card|on|it|হলো|হল|হচ্ছে|কোড|নম্বর|নাম্বার|নাম্বারটা|নং|টি|টা|আমার|কার্ডের|এর"
    r"|है|कोड|नंबर|मेरा|मेरे|कार्ड|का"
)
_BETWEEN = rf"(?:\W{{0,4}}(?:{_WORDS})){{0,6}}\W{{0,4}}"
_CVV = re.compile(rf"({_NAMES}{_BETWEEN})(?:\d{{3,4}}(?!\d)|\d(?:[ -]\d){{2,3}}(?![ -]?\d))", re.IGNORECASE)
_CVV_AFTER = re.compile(
    rf"(?<!\d)\d{{3,4}}(?=\W{{1,3}}(?:(?:is|it's|my|হলো|হচ্ছে|আমার|কার্ডের|है|मेरा)\W{{1,3}}){{1,3}}(?:the |card )?{_NAMES})",
    re.IGNORECASE,
)


def redact(text: str) -> str:
    """`text` with every payment card number and CVV replaced; order numbers and phone numbers stay.

    Neighbouring groups of digits count as a card number when they have 13 to 19 of them, in any script, and pass the
    Luhn check, unless they are a phone number.
    """
    text = _TAIL.sub(lambda match: f"{REDACTED}{match[1]}{_HIDDEN}", _RUN.sub(_without_cards, text))
    return _CVV_AFTER.sub(_HIDDEN, _CVV.sub(lambda match: f"{match[1]}{_HIDDEN}", text))


def has_content(text: str) -> bool:
    """Whether a person would see anything: not only spaces, control and zero-width characters, and what shows nothing
    although Unicode counts it among letters, marks and symbols."""
    return any(unicodedata.category(character)[0] not in "ZC" for character in _BLANK.sub("", text))


def name(text: str) -> str | None:
    """What somebody calls themselves, as it is stored; None when nobody would see anything of it."""
    found = redact(plain_line(text))[:MAX_NAME]
    return found if has_content(found) else None


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
    if _PHONE.fullmatch(numbers[0]) or _PHONE.fullmatch(numbers[-1]):
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
