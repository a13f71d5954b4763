"""The endings that a name may take in a sentence."""

from __future__ import annotations

import unicodedata

_BENGALI_ALL = ("তে", "কে")
# after a vowel, and after a consonant
_BENGALI_OPEN = ("র", "\u09df")
_BENGALI_CLOSED = ("এর", "ের", "ে")
_BENGALI_THINGS = ("টা", "টি", "টার", "টির", "টাকে", "টাই", "খানা", "গুলো", "গুলোর", "গুলি", "গুলির", "গুলা", "গুলোকে")
_BENGALI_VOWELS = frozenset("অআইঈউঊঋএঐওঔ")
_ROMANISED_OPEN = ("r", "y", "te", "ke")
_ROMANISED_CLOSED = ("e", "er", "ke")
_ROMANISED_THINGS = ("ta", "ti", "tar", "gulo", "gula")
_VOWELS = frozenset("aeiou")


def of_a_place(name: str) -> set[str]:
    """A name in lower case, and with Bengali's case endings where it is written in Bengali."""
    if not _is_bengali(name):
        return {name}
    return {name, *(name + ending for ending in (*_BENGALI_ALL, *_bengali_cases(name)))}


def of_a_romanised_place(name: str) -> set[str]:
    """A Bengali place in Latin letters, with the same endings: "dhakay", "sylheter"."""
    endings = _ROMANISED_OPEN if name[-1] in _VOWELS else _ROMANISED_CLOSED
    return {name, *(name + ending for ending in endings)}


def of_a_thing(name: str, language: str) -> set[str]:
    """A name in lower case, in singular and plural, and with Bengali's endings for things that are pointed at.

    Args:
        language: whose plurals it has; in Spanish and French the first word may take one, elsewhere only the last.
    """
    if _is_bengali(name):
        return {name, *(name + ending for ending in (*_BENGALI_ALL, *_BENGALI_THINGS, *_bengali_cases(name)))}
    if not unicodedata.name(name[-1], "").startswith("LATIN"):
        return {name, *_hindi_plurals(name)}
    *before, last = name.split()
    forms = {name, *(" ".join([*before, form]) for form in _plurals(last, language))}
    if language in ("es", "fr") and before:
        first = _plurals(before[0], language)
        forms |= {" ".join([form, *before[1:], last]) for form in first}
        forms |= {" ".join([form, *before[1:], other]) for form in first for other in _plurals(last, language)}
    if language == "en" and len(last) > 3:
        forms |= {name + ending for ending in (*_ROMANISED_THINGS, *(("r",) if last[-1] in _VOWELS else ()))}
    return forms


def _is_bengali(name: str) -> bool:
    return unicodedata.name(name[-1], "").startswith("BENGALI")


def _bengali_cases(name: str) -> tuple[str, ...]:
    return (
        _BENGALI_OPEN if "VOWEL SIGN" in unicodedata.name(name[-1]) or name[-1] in _BENGALI_VOWELS else _BENGALI_CLOSED
    )


def _hindi_plurals(name: str) -> set[str]:
    if name.endswith("ी"):
        return {name[:-1] + ending for ending in ("ियाँ", "ियां", "ियों")}
    if name.endswith("ा"):
        return {name[:-1] + ending for ending in ("े", "ों")}
    return {name + "ें", name + "ों"} if name[-1].isalpha() else set()


def _plurals(word: str, language: str) -> set[str]:
    """The other number, or several guesses at it; those that are wrong are no words and find nothing."""
    if not word.isalpha() or len(word) < 3:
        return {word}
    if language == "de":
        singular = {word[:-1]} if word[-1] in "nes" else set()
        return singular | {word + ending for ending in ("e", "n", "en", "s", "er")}
    if word.endswith("s") and not word.endswith("ss"):
        singular = {word[:-1]} | ({word[:-2]} if word.endswith("es") and language == "es" else set())
        return singular | ({word[:-3] + "y"} if word.endswith("ies") and language == "en" else set())
    if language == "en" and word.endswith("y") and word[-2] not in _VOWELS:
        return {word[:-1] + "ies", word + "s"}
    return {word + "s", word + ("x" if language == "fr" else "es")}
