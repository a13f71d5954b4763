"""Names of languages, places and products, from tables, by spaCy's EntityRuler."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

import regex
import spacy

from bot.nlu.folded import Folded, lower
from bot.nlu.span import Span

_NUKTA = "\u093c"
_HYPHENS = dict.fromkeys(map(ord, "-\u2010\u2011\u2012\u2013"), " ")
_APOSTROPHES = {ord("\u2019"): "'", ord("\u02bc"): "'", ord("\u0901"): "\u0902"}
# "d'Espagne", "l'Inde"
_ARTICLE = regex.compile(r"(?<!\w)[dl]'(?=\w)")
_SENTENCE = regex.compile(r"[.!?।\n]\s*$")


class NameFinder:
    """Finds names as whole words, the longest where they overlap; case, accents and hyphens do not matter.

    A name in the table that begins with a capital must be typed with it, and within a sentence; one in capitals
    ("US") as it stands.
    """

    def __init__(self, tables: Mapping[str, Sequence[str]], synonyms: Mapping[str, str]) -> None:
        """`tables` are names by kind of entity, `synonyms` the value of a name, if it is not the name itself."""
        self._values: dict[tuple[str, str], str] = {}
        self._cased: dict[tuple[str, str], str] = {}
        self._nlp = spacy.blank("xx")
        patterns: dict[tuple[str, str], dict[str, str]] = {}
        for kind, names in tables.items():
            for name in names:
                for form in _forms(name):
                    key = (kind, form)
                    patterns[key] = {"label": kind, "pattern": form}
                    self._values[key] = synonyms.get(name, unicodedata.normalize("NFC", name))
                    if name != lower(name):
                        self._cased[key] = name
        self._nlp.add_pipe("entity_ruler").add_patterns(list(patterns.values()))

    def find(self, folded: Folded) -> Iterator[tuple[str, Span]]:
        """Kind and span of each name."""
        for found in self._nlp(plain(folded.text)).ents:
            key = (found.label_, found.text)
            span = Span(found.start_char, found.end_char, self._values[key])
            if key not in self._cased or _as_written(folded.cased, span, self._cased[key]):
                yield found.label_, span


def plain(text: str) -> str:
    """Lower case text without accents, hyphens and elided articles, as long as before."""
    if not text.isascii():
        text = "".join(map(_unaccented, text)).translate(_APOSTROPHES)
    return _ARTICLE.sub("  ", text.translate(_HYPHENS))


@lru_cache(maxsize=4096)
def _unaccented(character: str) -> str:
    base = unicodedata.normalize("NFD", character)[0]
    return base if "a" <= base <= "z" else character


def _forms(name: str) -> set[str]:
    """A name as it is looked for, and without the dots that Hindi is often typed without."""
    form = plain(lower(Folded.of(name).cased)).strip()
    return {form, form.replace(_NUKTA, "")} - {""}


def _as_written(cased: str, span: Span, name: str) -> bool:
    typed, before = cased[span.start : span.end], cased[: span.start]
    if name.isupper():
        return typed == name and (cased != cased.upper() or cased.strip() == typed)
    within = bool(before.strip()) and not _SENTENCE.search(before)
    return typed[0].isupper() and within and cased != cased.upper()
