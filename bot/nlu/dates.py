"""Dates in a message, as ISO 8601: in digits, with a month's name, as a weekday, or as seen from today."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any

import regex
from dateparser.date import DateDataParser

from bot.nlu import date_digits
from bot.nlu.date_words import DateWords, family, words
from bot.nlu.span import Span

# "may", and "mar" (in Spanish also the sea, in Hindi to die), are months only where nothing else is likely
_DOUBTFUL = {"may", "mar"}
_VERB = regex.compile(
    r"\s+(?:be|have|not|i|we|you|it|they|also|get|need|come|take|arrive|still|never|or|want|cause|gaya|gayi|gaye)(?!\w)"
)
_CLAUSE_END = regex.compile(r"\s*(?:$|[.,!?;:)।])")
# "morgen" and "mañana" are the morning, too
_MORNINGS = {"morgen", "mañana", "manana"}
_OF_A_DAY = regex.compile(r"(?<!\w)(?:guten?|schönen|am|jeden|diesen|heute|gestern|la|esta|las|cada|de)\s+$")
_GREETING = regex.compile(r"\s*(?:[,!]|zusammen|allerseits|ihr)")
# "los lunes" are all of them
_EVERY = regex.compile(r"(?<!\w)(?:los|every|each|jeden|cada|chaque|tous\s+les|প্রতি|हर|proti|har)\s+$")

_LETTERS = regex.compile(r"[^\W\d_]+")
# a word, and the letters that it begins with
_WORD = regex.compile(r"(?<![\w#@])(?=\w)([^\W\d_]*)")
# Bengali's case endings, romanised too
_ENDINGS = ("ের", "র", "ে", "er", "r", "e")

_NEXT = (
    "next coming upcoming by until till próximo proximo siguiente nächsten nächster nächste kommenden kommender bis "
    "আগামী সামনের পরের আসছে अगले आगामी आने_वाले agami samner porer ashche agle aane_wale ane_wale"
)
_LAST = (
    "last past previous this on since from el del este pasado último ultimo le ce letzten letzter vergangenen vorigen "
    "diesen am vom seit গত গেল আগের এই पिछले बीते गत इस goto gato gelo ager ei pichle pichhle gaye"
)
_NEXT_TAILS = "que_viene próximo proximo siguiente prochain"
_LAST_TAILS = "pasado dernier passé passe anterior"


@dataclass(frozen=True)
class _Vocabulary:
    """The words of several languages, and the pattern that finds them."""

    words: DateWords
    pattern: Any
    ago: tuple[tuple[Any, tuple[str, str]], ...]
    # words of which every date has one
    hints: frozenset[str]
    # with which every date begins that does not with a digit
    starts: frozenset[str]


def utc_today() -> date:
    return datetime.now(UTC).date()


def find(text: str, language: str | None, today: date) -> Iterator[Span]:
    """Days in a text in lower case with ASCII digits; weeks, months and spans of time ("in 3 days") are none.

    A date without its year is near ahead or in the past; a weekday is the latest past one unless a word says next.

    Args:
        language: of the message, as the content names it ("bn-Latn"); None looks for the words of all of them.
    """
    if any(character.isdigit() for character in text):
        yield from date_digits.find(text, language, today)
    known = _vocabulary(family(language))
    if known.hints.isdisjoint(_LETTERS.findall(text)):  # most messages: the pattern is slow
        return
    end = 0
    for word in _WORD.finditer(text):
        if word.start() >= end and (word[1] in known.starts or not word[1]):
            match = known.pattern.match(text, word.start())
            if match and (day := _day(match, known, today)):
                yield Span(match.start(), match.end(), day.isoformat())
            end = match.end() if match else end


def _day(match: Any, known: _Vocabulary, today: date) -> date | None:
    if match["month"]:
        return _of_month(match, known.words, today)
    if match["relative"]:
        word = _spaced(match["relative"])
        return None if word in _MORNINGS and _is_morning(match) else _read(*known.words.relative[word], today)
    if weekday := match["led"] or match["weekday"]:
        if _EVERY.search(match.string[max(match.start() - 12, 0) : match.start()]):
            return None
        ahead = _is_one_of(match["lead"], _NEXT) or _is_one_of(match["tail"], _NEXT_TAILS)
        return _weekday({**known.words.weekdays, **known.words.short_weekdays}[weekday], today, ahead)
    return _ago(match[0], known, today)


def _of_month(match: Any, known: DateWords, today: date) -> date | None:
    if match["month"] in _DOUBTFUL and not match["year"]:
        after = match["after"] is not None
        if after and not (match["ordinal"] or _CLAUSE_END.match(match.string, match.end())):
            return None
        if not after and _VERB.match(match.string, match.end()):
            return None
    language, month = known.months[match["month"]]
    # any leap year: only the month and the day are read from it
    read = _read(language, f"{int(match['day'])} {month} 2000", date(2000, 1, 1))
    if read is None or read.day != int(match["day"]):
        return None
    if match["year"]:
        return date_digits.day_of(int(match["year"]), read.month, read.day)
    return date_digits.without_year(read.month, read.day, today)


def _ago(text: str, known: _Vocabulary, today: date) -> date | None:
    for pattern, (language, phrase) in known.ago:
        if match := pattern.fullmatch(text):
            count = match["count"]
            return _read(language, phrase.format(known.words.counts.get(count, count)), today)
    return None


def _weekday(weekday: int, today: date, ahead: bool) -> date | None:
    try:
        if ahead:
            return today + timedelta(days=(weekday - today.weekday() - 1) % 7 + 1)
        return today - timedelta(days=(today.weekday() - weekday - 1) % 7 + 1)
    except OverflowError:
        return None


def _is_morning(match: Any) -> bool:
    text, start = match.string, match.start()
    greeting = match["relative"] == "morgen" and not text[:start].strip() and _GREETING.match(text, match.end())
    return bool(greeting or _OF_A_DAY.search(text[max(start - 12, 0) : start]))


def _is_one_of(word: str | None, several: str) -> bool:
    return word is not None and "_".join(word.split()) in several.split()


def _spaced(words: str) -> str:
    return " ".join(words.split())


@lru_cache(maxsize=4096)
def _read(language: str, phrase: str, today: date) -> date | None:
    """What dateparser makes of a phrase in this language."""
    found = _parser(language, today).get_date_data(phrase).date_obj
    return None if found is None else found.date()


@lru_cache(maxsize=32)
def _parser(language: str, today: date) -> DateDataParser:
    base = datetime.combine(today, time())
    return DateDataParser(languages=[language], settings={"RELATIVE_BASE": base, "TIMEZONE": "UTC"})


@lru_cache
def _vocabulary(codes: tuple[str, ...]) -> _Vocabulary:
    several = [words(code) for code in reversed(codes)]  # so that the first language's meaning stays
    known = DateWords(
        *({key: value for one in several for key, value in getattr(one, kind).items()} for kind in DateWords.KINDS)
    )
    count = f"(?P<count>\\d{{1,3}}|{_any(known.counts)})"
    ago = {pattern.replace("COUNT", count): phrase for pattern, phrase in known.ago.items()}
    month, weekday, brief = _any(known.months), _any(known.weekdays), _any([*known.weekdays, *known.short_weekdays])
    number = r"(?P<day>0?[1-9]|[12]\d|3[01])"
    ordinal = r"(?:\s?(?:st|nd|rd|th|er|re|º|°|ই|শে|লা|রা|ঠা)(?!\w)|(?:she|i|la|ra|tha)(?!\w))?"
    year = r"(?:\.?[\s,/-]*(?:(?:of|de|del)\s+)?(?P<year>(?:19|20)\d\d)(?!\w|[.,]\d))?"
    ending = f"(?:{_any(_ENDINGS)})?(?!\\w)"
    pattern = rf"""(?<![\w\#@])(?:
        (?:(?:{brief})\.?,?\s+(?:the\s+|den\s+|le\s+)?)?(?:
            (?<!\d[.,/:-]){number}{ordinal}\.?[\s/-]*(?:(?:of|de|del|tarikh|তারিখ|तारीख)\s+)?
                (?P<month>{month}){ending}{year}
            |(?P<month>{month}){ending}\.?(?:\s+(?:ki|की|er))?[\s-]*(?P<after>){number}(?!\d|[.,/:-]\d)
                (?P<ordinal>{ordinal})(?!\w){year}
        )
        |(?:{"|".join(_longest(ago))})(?!\w)
        |(?P<relative>{_any(known.relative)})(?!\w)
        |(?:(?P<lead>{_any(_several(f"{_NEXT} {_LAST}"))})\s+(?P<led>{brief})|(?P<weekday>{weekday}))
            {ending}(?:\s+(?P<tail>{_any(_several(f"{_NEXT_TAILS} {_LAST_TAILS}"))})(?!\w))?
    )"""
    read = tuple((regex.compile(each), phrase) for each, phrase in ago.items())
    return _Vocabulary(known, regex.compile(pattern, regex.VERBOSE), read, _hints(known), _starts(known))


def _hints(known: DateWords) -> frozenset[str]:
    """The last word of each name, with every ending that the pattern lets it have."""
    names = [*known.months, *known.relative, *known.weekdays, *known.short_weekdays, *known.ago]
    # of a pattern, the letters at its end: "din" after "COUNT\\s+"
    last = [_LETTERS.findall(name.replace(r"\s+", " ").replace(r"\s*", " "))[-1] for name in names]
    return frozenset(word + ending for word in last for ending in ("", *_ENDINGS))


def _starts(known: DateWords) -> frozenset[str]:
    names = [*known.months, *known.relative, *known.weekdays, *known.short_weekdays, *known.counts]
    names += [*_several(f"{_NEXT} {_LAST}"), *(name for name in known.ago if not name.startswith("COUNT"))]
    first = [_LETTERS.findall(name.replace(r"\s+", " "))[0] for name in names]
    # "দুদিন আগে": the number and what it counts in one word
    units = {_LETTERS.findall(name.split(r"\s")[1])[0] for name in known.ago if name.startswith(r"COUNT\s*")}
    first += [count + unit for count in known.counts for unit in units]
    return frozenset(word + ending for word in first for ending in ("", *_ENDINGS))


def _several(text: str) -> list[str]:
    return [each.replace("_", " ") for each in text.split()]


def _longest(names: Iterable[str]) -> list[str]:
    return sorted(names, key=lambda name: (-len(name), name))


def _any(names: Iterable[str]) -> str:
    return "|".join(r"\s+".join(map(regex.escape, name.split())) for name in _longest(names))
