"""What customers call the shop's products: their names in the catalogue, and the shorter ones that are theirs alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import regex
import yaml

from bot.nlu import endings
from bot.nlu.folded import lower
from bot.nlu.names import plain

# the key of further names in the catalogue
ALSO = "also"
_BRACKETS = regex.compile(r"\(.*?\)")
_WORD = regex.compile(r"[\w.,']+")
# what follows says of what, for whom, with what: the head stands before it
_PREPOSITIONS = {
    "de": {"mit", "aus", "furs", "fur", "im", "in", "ohne"},
    "es": {"de", "en", "para", "con", "sin", "a", "tres", "20"},
    "fr": {"de", "en", "au", "a", "pour", "sans", "du", "des", "avec", "deux", "trois"},
    "en": {"with", "for", "of", "in"},
}
# the head's place: last in a phrase, or first
_HEAD_FIRST = ("es", "fr")
# words that say how many, or that mean too much to be a product's name alone
_NO_NAMES = frozenset(
    word
    for words in (
        "set pair pack piece par juego conjunto lot paire ensemble parure service satz paar সেট জোড়া सेट जोड़ी सूट",
        "bank ব্যাংক बैंक chal collar mat matt matte robe cover কভার कवर print ton हार batterie batteries bateria baterias",
        "basket baskets panier paniers cesta cestas boucle boucles bracelet bracelets",
    )
    for word in words.split()
)
_SHORTEST_LATIN, _SHORTEST_OTHER = 4, 3
# longer forms have shorter ones in them, which take the endings
_INFLECTED_WORDS = 2


def load(path: Path) -> dict[str, str]:
    """SKUs by name, in lower case, of the catalogue. Raises what reading, YAML or a missing key raises."""
    catalogue = yaml.safe_load(path.read_text(encoding="utf-8"))
    return names({each["sku"]: each["names"] | {ALSO: each.get(ALSO, [])} for each in catalogue})


def names(catalogue: Mapping[str, Mapping[str, str | Sequence[str]]]) -> dict[str, str]:
    """SKUs by every form of a name; a form that several products share is left out.

    Args:
        catalogue: by SKU, the name in each language, and under `also` further ones as they are typed.
    """
    whole: dict[str, str] = {}
    parts: dict[tuple[str, str], set[str]] = {}
    words: dict[str, set[str]] = {}
    for sku, entry in catalogue.items():
        for language, name in _names(entry):
            phrase = " ".join(_words(name))
            whole |= {phrase: sku, lower(name): sku}
            for word in phrase.split():
                words.setdefault(word, set()).add(sku)
            for short in [phrase] if language == ALSO else _shorter(name, language):
                parts.setdefault((short, language), set()).add(sku)
    owners: dict[str, set[str]] = {}
    for (short, language), skus in parts.items():
        for form in _inflected(short, language):
            # a word in another product's name could mean that one as well
            owners.setdefault(form, set()).update(skus, *(words.get(each, ()) for each in (short, form)))
    shared = {short for (short, _) in parts if len(owners[short]) > 1}
    for (short, language), _ in parts.items():
        if short in shared:
            for form in _inflected(short, language):
                owners.pop(form, None)
    return {form: next(iter(skus)) for form, skus in owners.items() if len(skus) == 1} | whole


def _inflected(phrase: str, language: str) -> set[str]:
    if len(phrase.split()) > _INFLECTED_WORDS:
        return {phrase}
    forms = endings.of_a_thing(phrase, "en" if language == ALSO else language)
    return {form for form in forms if form not in _NO_NAMES}


def _names(entry: Mapping[str, str | Sequence[str]]) -> Iterator[tuple[str, str]]:
    for language, name in entry.items():
        yield from ((language, each) for each in ([name] if isinstance(name, str) else name))


def _words(name: str) -> list[str]:
    return _WORD.findall(plain(lower(_BRACKETS.sub(" ", name))))


def _shorter(name: str, language: str) -> Iterator[str]:
    """The head of a name, alone and with ever more of what describes it."""
    words = _words(name)
    prepositions = _PREPOSITIONS.get(language, set())
    if language in _HEAD_FIRST:
        phrases = [words[:end] for end in range(1, len(words) + 1) if words[end - 1] not in prepositions]
    else:
        end = next((place for place, word in enumerate(words) if place and word in prepositions), len(words))
        phrases = [words[start:end] for start in range(end)]
    for phrase in phrases:
        shortest = _SHORTEST_LATIN if phrase[0].isascii() else _SHORTEST_OTHER
        if len(phrase) > 1 or (len(phrase[0]) >= shortest and phrase[0] not in _NO_NAMES):
            yield " ".join(phrase)
