"""Other languages than ours are told by their letters, or by a sentence that is surely theirs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.nlu.foreign import ForeignLanguages, likeliest, script

SERVED = ("en", "bn", "hi", "es", "fr", "de")
PORTUGUESE = "onde está o meu pedido ainda não chegou"


def test_how_sure_and_how_many_words_it_takes_is_set() -> None:
    assert ForeignLanguages().of(PORTUGUESE, SERVED) == "pt"
    assert ForeignLanguages(sure=1.01, lead=1e9).of(PORTUGUESE, SERVED) is None
    assert ForeignLanguages(words=9).of(PORTUGUESE, SERVED) is None
    assert ForeignLanguages(words=8).of(PORTUGUESE, SERVED) == "pt"


def test_letters_that_none_of_our_languages_has_need_neither_words_nor_certainty() -> None:
    assert ForeignLanguages(sure=1.01, words=9).of("спасибо", SERVED) in {"ru", "uk"}


def test_a_language_that_is_served_is_never_foreign() -> None:
    assert ForeignLanguages().of(PORTUGUESE, (*SERVED, "pt")) is None
    assert ForeignLanguages().of("где мой заказ", (*SERVED, "ru")) is None


def test_one_word_in_our_letters_makes_a_mixed_message_ours() -> None:
    assert ForeignLanguages().of("order где", SERVED) is None


@given(text=st.text(max_size=60))
def test_whatever_is_typed_the_answer_is_a_code_or_none(text: str) -> None:
    found = ForeignLanguages().of(text, SERVED)
    assert found is None or (len(found) == 2 and found.isalpha() and found not in SERVED)


@given(text=st.text(st.characters(exclude_categories=["L", "Cs"]), max_size=30))
def test_without_letters_nothing_is_foreign(text: str) -> None:
    assert ForeignLanguages().of(text, SERVED) is None


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("where is my order", "en"),
        ("আমার অর্ডার কোথায়", "bn"),
        ("मेरा ऑर्डर कहाँ है", "hi"),
        ("¿dónde está mi pedido?", "es"),
        ("où est ma commande", "fr"),
        ("wo ist meine Bestellung", "de"),
        ("", None),
        ("12 13", None),
    ],
)
def test_the_likeliest_of_the_six_is_found(text: str, code: str | None) -> None:
    assert likeliest(text) == code


@pytest.mark.parametrize(
    ("letter", "name"),
    [
        ("a", "LATIN"),
        ("é", "LATIN"),
        ("𝗪", "LATIN"),
        ("ａ", "LATIN"),
        ("ক", "BENGALI"),
        ("क", "DEVANAGARI"),
        ("ж", "CYRILLIC"),
    ],
)
def test_a_letter_has_the_script_of_its_plain_form(letter: str, name: str) -> None:
    assert script(letter) == name
