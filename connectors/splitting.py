"""A text in parts that are short enough for a channel, cut where a reader would pause."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable

import regex

# a part that ends well but early leaves more parts than are needed
EARLIEST = 0.5
# longer than any one character as a reader counts them
_LONGEST_CHARACTER = 64
_PARAGRAPH = re.compile(r"\n[ \t]*\n\s*")
# a full stop, danda or the like with what closes behind it; a Latin one only before a space, as it stands in 3.50 too
_SENTENCE = re.compile(r"""(?:[।॥۔。！？]["'”’»)\]]*\s*|[.!?…؟]["'”’»)\]]*\s+)""")
_LINE = re.compile(r"\n\s*")
_SPACE = re.compile(r"\s+")
_CHARACTER = regex.compile(r"\X")


def split(text: str, most: int, length: Callable[[str], int] = len, first: int | None = None) -> list[str]:
    """Its parts, which together are the text; none is longer than `most`.

    A part ends with a paragraph, else with a sentence, a line, a word; within a word only when it is longer than all
    of it, and there between two characters as a reader counts them.

    Args:
        length: how long the channel finds a text; never shorter than the same with less at its end.
        first: how long the first part may be, where something else goes with it.
    """
    parts = []
    room = most if first is None else first
    while length(text) > room:
        cut = _cut(text, _fitting(text, room, length))
        parts.append(text[:cut])
        text, room = text[cut:], most
    return [*parts, text] if text else parts


def _fitting(text: str, room: int, length: Callable[[str], int]) -> int:
    """How many characters from its beginning have this room; at least one, or it would never end."""
    return max(1, bisect_right(range(1, len(text)), room, key=lambda size: length(text[:size])))


def _cut(text: str, most: int) -> int:
    """Where to cut within the first `most` characters, which is never within one as a reader counts them."""
    # further than that, to see whether the last that fits is whole
    found = _CHARACTER.finditer(text, 0, min(most + _LONGEST_CHARACTER, len(text)))
    whole = {one.end() for one in found if one.end() <= most}
    for pause in (_PARAGRAPH, _SENTENCE, _LINE, _SPACE):
        ends = [one.end() for one in pause.finditer(text, 0, most) if one.end() in whole]
        if ends and (ends[-1] >= most * EARLIEST or pause is _SPACE):
            return ends[-1]
    return max(whole, default=most)
