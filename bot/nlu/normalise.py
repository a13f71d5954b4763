"""One spelling for one word: what every component sees instead of the raw text."""

from __future__ import annotations

import re
import unicodedata

# Joiners choose how letters are drawn, not what is said; typed text has them at random, so they go everywhere.
INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\ufeff"))
_ELONGATED = re.compile(r"(.)\1{2,}", re.DOTALL)
_SPACES = re.compile(r"\s+")


# which order, parcel or year it is says nothing about what is meant; all of them look like this one
_IDENTIFIER = re.compile(r"\d{4,}")
ANY_IDENTIFIER = "12345"


def fold_digits(text: str) -> str:
    """Digits of every script as ASCII; one character each, so positions stay."""
    return "".join(str(unicodedata.digit(c)) if c.isdigit() and not c.isascii() else c for c in text)


def normalise(text: str) -> str:
    """NFC, ASCII digits, no invisible characters, single spaces, at most two of a letter in a row; digits are kept."""
    # invisible characters first: what they held apart may be one letter in NFC
    text = fold_digits(unicodedata.normalize("NFC", text.translate(INVISIBLE)))
    text = _ELONGATED.sub(lambda match: match[0] if match[1].isdigit() else match[1] * 2, text)
    return _SPACES.sub(" ", text).strip()


def unnumbered(text: str) -> str:
    """A normalised text with one number for all those of four digits and more."""
    return _IDENTIFIER.sub(ANY_IDENTIFIER, text)
