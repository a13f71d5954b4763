"""A message as names and numbers are looked for in it, which knows where each of its characters was typed."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import cached_property

import regex

from bot.nlu.normalise import INVISIBLE, fold_digits
from bot.nlu.span import Span

_LETTER = regex.compile(r".\p{M}*+", regex.DOTALL)


@dataclass(frozen=True)
class Folded:
    """`cased` is the text in NFC, with ASCII digits and without invisible characters.

    `starts` says where each of its characters stood in the raw text, with one more for its end; None where nothing
    moved.
    """

    cased: str
    starts: tuple[int, ...] | None

    @classmethod
    def of(cls, text: str) -> Folded:
        digits = fold_digits(text)
        if text.isascii() or (unicodedata.is_normalized("NFC", digits) and not _INVISIBLE.search(digits)):
            return cls(digits, None)
        pieces: list[str] = []
        starts: list[int] = []
        for match in _LETTER.finditer(digits):
            piece = unicodedata.normalize("NFC", _INVISIBLE.sub("", match[0]))
            pieces.append(piece)
            starts += [match.start()] * len(piece)
        return cls("".join(pieces), (*starts, len(text)))

    @cached_property
    def text(self) -> str:
        """`cased` in lower case, as long as that."""
        return lower(self.cased)

    def typed(self, span: Span) -> Span:
        """A span of the folded text as one of the raw text."""
        if self.starts is None:
            return span
        start, last = self.starts[span.start], self.starts[span.end - 1]
        return Span(start, next(after for after in self.starts[span.end :] if after > last), span.value)


def lower(text: str) -> str:
    """Lower case without a change of length, so that positions stay."""
    low = text.lower()
    if len(low) == len(text):
        return low
    return "".join(low if len(low := character.lower()) == 1 else character for character in text)


_INVISIBLE = regex.compile(f"[{''.join(map(chr, INVISIBLE))}]")
