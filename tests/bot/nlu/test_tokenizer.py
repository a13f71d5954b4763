"""Words stay whole, in every language."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nlu_testing import examples
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message

from bot.nlu.tokenizer import SpacyBlankTokenizer, blank

TOKENIZER = SpacyBlankTokenizer(SpacyBlankTokenizer.get_default_config())


def tokens(text: str, language: str | None = None) -> list[str]:
    one = Message(data={TEXT: text, **({"language": {"name": language}} if language else {})})
    return [token.text for token in TOKENIZER.tokenize(one, TEXT)]


@pytest.mark.parametrize(
    ("text", "language", "words"),
    [
        ("আমার অর্ডার কোথায়?", "bn", ["আমার", "অর্ডার", "কোথায়", "?"]),
        ("ঢাকা থেকে পাঠান।", "bn", ["ঢাকা", "থেকে", "পাঠান", "।"]),
        ("স্ট্যাটাস জানতে চাই", "bn", ["স্ট্যাটাস", "জানতে", "চাই"]),
        ("मेरा आर्डर कहाँ है", "hi", ["मेरा", "आर्डर", "कहाँ", "है"]),
        ("Where is my order?", "en", ["where", "is", "my", "order", "?"]),
        ("I don't know", "en", ["i", "do", "n't", "know"]),
        ("amar order kothay", "bn-Latn", ["amar", "order", "kothay"]),
        ("wo ist das", "xx-unknown", ["wo", "ist", "das"]),
        ("", "en", []),
        ("   ", "bn", []),
    ],
)
def test_a_text_is_cut_between_words_and_never_inside_one(text: str, language: str, words: list[str]) -> None:
    assert tokens(text, language) == [word.lower() for word in words]


@pytest.mark.parametrize("language", ["bn", "en", "hi", None])
@pytest.mark.parametrize("word", ["আমার", "ঢাকা", "বাংলায়", "কুরিয়ার", "ক্ষমা", "मेरा"])
def test_bengali_and_hindi_words_are_whole_even_under_another_languages_rules(word: str, language: str | None) -> None:
    assert tokens(f"{word} {word}", language) == [word, word]


def test_words_are_those_of_the_normalised_text() -> None:
    assert tokens("ORDER  ১০০০১\u200b pleeeease", "en") == ["order", "10001", "pleease"]


@given(st.text(max_size=60), st.sampled_from(["bn", "en", "hi", "bn-Latn"]))
def test_every_token_stands_where_it_says(text: str, language: str) -> None:
    one = Message(data={TEXT: text, "language": {"name": language}})
    cut = TOKENIZER.tokenize(one, TEXT)
    assert all(before.end <= after.start for before, after in pairwise(cut))
    assert all(token.text == token.text.strip() and token.text for token in cut)


def test_a_languages_rules_are_loaded_once() -> None:
    assert blank("bn") is blank("bn")
    assert blank("bn").lang == "bn"
    assert blank("no-such-language").lang == "xx"


def test_training_examples_get_their_tokens() -> None:
    data = examples([("আমার অর্ডার", "order_status", "bn")])
    TOKENIZER.process_training_data(data)
    one = data.training_examples[0]
    assert [token.text for token in one.get("text_tokens")] == ["আমার", "অর্ডার"]
    assert one.get(INTENT) == "order_status"
