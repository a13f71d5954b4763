"""Dates written in digits alone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import regex

from bot.nlu.span import Span

_ISO = regex.compile(r"(?<![\w./:-])((?:19|20)\d\d)([-/.])(\d{1,2})\2(\d{1,2})(?!\d|[-/]\d|\.\d)")
_FULL = regex.compile(r"(?<![\w/:+-]|\d[.,])(\d{1,2})(\s?[-/.]\s?)(\d{1,2})\2((?:19|20)\d\d|\d\d)(?!\w|[-/.]\d)")
_SLASHED = regex.compile(r"(?<![\w/:+-]|\d[.,])(\d{1,2})/(\d{1,2})(?![\w/:%-]|[.,]\d|\s?\d)")
_DOTTED = regex.compile(r"(?<![\w/:+-]|\d[.,])(\d{1,2})\.\s?(\d{1,2})(\.?)(?![\w:%/-]|[.,]\d)")
_LEAD = regex.compile(
    r"(?<!\w)(?:on|since|from|by|until|till|dated?|el|del|al|desde|hasta|le|du|au|depuis|am|vom|zum|seit|bis|den|ab)\s+$"
)
_AFTER_DOTS = regex.compile(r"\s*(?:€|eur|%|kg|cm|mm|uhr|l\b)")
_OFTEN_NO_DATE = {(24, 7), (10, 10)}  # always open; full marks
# years of two digits are believed this far back and ahead
_YEARS_BACK, _YEARS_AHEAD = 5, 2
# back to the last leap day
_FARTHEST = 8
# a date without its year is looked for so far ahead: deliveries are near, orders and payments lie back
DAYS_AHEAD = 60


def find(text: str, language: str | None, today: date) -> Iterator[Span]:
    """Dates in ASCII digits of a text in lower case. A day comes before its month, but for English where only the
    other order is a date; without a year it is the next one where that is near, else the latest past one."""
    month_first = language in ("en", None)
    for match in _ISO.finditer(text):
        if day := day_of(int(match[1]), int(match[3]), int(match[4])):
            yield Span(match.start(), match.end(), day.isoformat())
    for match in _FULL.finditer(text):
        year = int(match[4]) + (2000 if len(match[4]) == 2 else 0)
        far = not today.year - _YEARS_BACK <= year <= today.year + _YEARS_AHEAD
        if (day := _ordered(int(match[1]), int(match[3]), year, month_first)) and not (far and len(match[4]) == 2):
            yield Span(match.start(), match.end(), day.isoformat())
    for match in _SLASHED.finditer(text):
        first, second = int(match[1]), int(match[2])
        likely = len(match[1] + match[2]) > 2 and (first, second) not in _OFTEN_NO_DATE
        if (likely or _led(text, match.start())) and (day := _unyeared(first, second, today, month_first)):
            yield Span(match.start(), match.end(), day.isoformat())
    for match in _DOTTED.finditer(text):
        likely = language == "de" and match[3] and not _AFTER_DOTS.match(text, match.end())
        if (likely or _led(text, match.start())) and (
            day := _unyeared(int(match[1]), int(match[2]), today, month_first=False)
        ):
            yield Span(match.start(), match.end(), day.isoformat())


def day_of(year: int, month: int, day: int) -> date | None:
    """The date, or None where the calendar has none."""
    try:
        return date(year, month, day)
    except ValueError:
        return None


def without_year(month: int, day: int, today: date) -> date | None:
    """The day of that name that a customer most likely means: the next one where it is near, else the latest past one;
    None where no year has it."""
    years = range(max(today.year - _FARTHEST, 1), min(today.year + 1, 9999) + 1)
    days = [each for year in years if (each := day_of(year, month, day)) and (each - today).days <= DAYS_AHEAD]
    return max(days, default=None)


def _ordered(first: int, second: int, year: int, month_first: bool) -> date | None:
    return day_of(year, second, first) or (day_of(year, first, second) if month_first else None)


def _unyeared(first: int, second: int, today: date, month_first: bool) -> date | None:
    return without_year(second, first, today) or (without_year(first, second, today) if month_first else None)


def _led(text: str, start: int) -> bool:
    """Whether a word says that a date follows."""
    return _LEAD.search(text[max(start - 12, 0) : start]) is not None
