"""What people type, without what only disguises it: a text reads the same to whoever looks at it, wherever it is shown.

Taken out before anything is stored, so that the desk, the widget, other channels, letters and exports need not each
think of it. Everything that a script needs stays: joiners and non-joiners, the marks of direction that change nothing
but their neighbours, variation selectors, and the tags of flags.
"""

from __future__ import annotations

import re
import unicodedata

# Control characters but tab and line feed; halves of characters; and the explicit directions of Unicode's UAX #9
# (embeddings, overrides, isolates), by which "10002" is shown as "20001" and what follows a name runs backwards. No
# script needs them in a message: direction is found from its letters, and pages isolate each text.
_DISGUISE = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069\ufff9-\ufffb]")
_LINE_ENDS = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
# More marks on one letter than any language writes are only there to run over the lines around it.
MOST_MARKS = 8
_MARKS = ("Mn", "Me")


def plain(text: str) -> str:
    """`text` without control characters, halves of characters and explicit directions, each end of a line as a line
    feed, and at most MOST_MARKS combining marks on a letter."""
    text = _DISGUISE.sub("", _LINE_ENDS.sub("\n", text))
    return text if text.isascii() else _with_few_marks(text)


def storable(text: str) -> str:
    """The text, if every database takes it; what people at the desk and programs send is not mended but refused.

    Raises:
        ValueError: it has NUL or half a character.
    """
    if any(character == "\x00" or "\ud800" <= character <= "\udfff" for character in text):
        raise ValueError("has characters that are not valid text")
    return text


def plain_line(text: str) -> str:
    """The same in one line, such as a name: whatever divides words is one space."""
    return " ".join(plain(text).split())


def _with_few_marks(text: str) -> str:
    kept, marks = [], 0
    for character in text:
        marks = marks + 1 if unicodedata.category(character) in _MARKS else 0
        if marks <= MOST_MARKS:
            kept.append(character)
    return "".join(kept) if len(kept) < len(text) else text
