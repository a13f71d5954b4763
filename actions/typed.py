"""What customers type, as data: order numbers, e-mail addresses and phone numbers in any script's digits."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import phonenumbers
from email_validator import EmailNotValidError, validate_email
from phonenumbers import NumberParseException, PhoneNumberFormat

_ORDER_NUMBER = re.compile(r"(?<!\d)[1-9]\d{3,8}(?!\d)")
_MARKED_NUMBER = re.compile(r"#\s*([1-9]\d{3,8})(?!\d)")
_IN_GROUPS = re.compile(r"#?\s*[1-9]\d{0,5}(?:[ ,.-]\d{1,6})+")
_EMAIL = re.compile(r"[^\s<>()\[\],;:\"']+@[^\s<>()\[\],;:\"']+")
# A number written as phone numbers are: with a plus or a leading zero, in one piece or else in groups, or very long.
_SURELY_PHONE = re.compile(r"\+\d{8,}|\+[\d\s().\-/]*\d|(?<!\d)\(?0(?:\d{8,}|[\d\s().\-/]*\d)|\d{10,}")
_MAYBE_PHONE = re.compile(r"\d[\d\s().\-/]*\d")
_PHONE_DIGITS = range(7, 16)


@dataclass(frozen=True)
class Contact:
    """A typed e-mail address or phone number.

    `text` is what to keep of it. `forms` are all the things that it may mean: one lower-case e-mail address, or the
    phone number in E.164, once for each country in which it could be one.
    """

    text: str
    forms: frozenset[str]


def fold_digits(text: str) -> str:
    """The text in NFKC, with the decimal digits of every script (Bengali, Devanagari, …) as 0 to 9."""
    normal = unicodedata.normalize("NFKC", text)
    return "".join(str(unicodedata.digit(c)) if c.isdecimal() else c for c in normal)


def is_question(text: str) -> bool:
    """Whether it is written as a question, in any script."""
    return text.rstrip().endswith(("?", "？", "؟"))


def parse_order_number(text: str) -> str | None:
    """The order number in a text such as `10001`, `#১০০০১` or `order no 10001`, as plain digits.

    None where there is none, or more than one. Order numbers have 4 to 9 digits and no leading zero.
    """
    folded = fold_digits(text).strip()
    joined = re.sub(r"\D", "", folded)
    if _IN_GROUPS.fullmatch(folded) and _ORDER_NUMBER.fullmatch(joined):
        # "10 001" and "1-0-0-0-1" are one number.
        return joined
    rest = _SURELY_PHONE.sub(" ", _EMAIL.sub(" ", folded))
    found = set(_MARKED_NUMBER.findall(rest)) or set(_ORDER_NUMBER.findall(rest))
    return found.pop() if len(found) == 1 else None


def parse_contact(text: str, regions: Sequence[str]) -> Contact | None:
    """The e-mail address or phone number in a text, or None.

    A phone number without its country's code is tried in each of `regions` (ISO 3166 codes).
    """
    folded = fold_digits(text)
    return _email(folded) or _phone(folded, regions)


def same_form(contact: str) -> str:
    """A contact as the shop keeps it, in the form that `Contact.forms` has."""
    return fold_digits(contact).casefold()


def masked(email: str) -> str:
    """An address that its owner knows again and nobody else learns: `a•••@example.com`."""
    local, _, domain = email.rpartition("@")
    return f"{local[:1]}•••@{domain}"


def _email(text: str) -> Contact | None:
    for found in _EMAIL.findall(text):
        try:
            address = validate_email(found.strip(".!?।*_"), check_deliverability=False).normalized
        except EmailNotValidError:
            continue
        return Contact(address.lower(), frozenset({same_form(address)}))
    return None


def _phone(text: str, regions: Sequence[str]) -> Contact | None:
    for found in [*_SURELY_PHONE.findall(text), *_MAYBE_PHONE.findall(text)]:
        digits = re.sub(r"\D", "", found)
        if len(digits) not in _PHONE_DIGITS:
            continue
        plain = "+" + digits if found.startswith("+") else digits
        forms = frozenset(filter(None, (_e164(plain, region) for region in regions)))
        if forms:
            return Contact(plain, forms)
    return None


def _e164(number: str, region: str) -> str | None:
    try:
        parsed = phonenumbers.parse(number, region)
    except NumberParseException:
        return None
    # Possible, not valid: numbering plans grow faster than any list of valid ranges.
    if not phonenumbers.is_possible_number(parsed):
        return None
    return phonenumbers.format_number(parsed, PhoneNumberFormat.E164)
