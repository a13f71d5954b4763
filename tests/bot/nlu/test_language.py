"""The language of a message is found from its words and stays steady through a conversation."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nlu_testing import examples, message, trained

from bot.content.library import read
from bot.nlu.language import LANGUAGE, LanguageIdentifier

ROOT = Path(__file__).parents[3]
INTENTS = ("order_status", "return_policy", "shipping_cost", "payment_methods", "greet", "affirm", "thank")


@pytest.fixture(scope="module")
def identifier(tmp_path_factory: pytest.TempPathFactory) -> LanguageIdentifier:
    """Trained on some of the shop's own examples."""
    questions = read(ROOT / "data").questions
    rows = [
        (example.text, intent, code)
        for intent in INTENTS
        for code, lines in questions[intent].examples.items()
        for example in lines
    ]
    return trained(LanguageIdentifier, examples(rows), tmp_path_factory.mktemp("language"))


def language(identifier: LanguageIdentifier, text: str, **metadata: object) -> str:
    done = identifier.process([message(text, **metadata)])[0]
    return done.get(LANGUAGE)["name"]


def same_everywhere(identifier: LanguageIdentifier, text: str) -> str:
    """The language found, which must not hang on the conversation's."""
    found = {language(identifier, text, **before) for before in ({}, {"language": "en"}, {"language": "bn"})}
    assert len(found) == 1, f"{text}: {found}"
    return found.pop()


@pytest.mark.parametrize(
    "text", ["Where is my parcel please?", "how much does shipping cost to Sylhet", "can I pay with bKash 10001"]
)
def test_english_is_english_whatever_the_conversation_was(identifier: LanguageIdentifier, text: str) -> None:
    assert same_everywhere(identifier, text) == "en"


@pytest.mark.parametrize(
    "text", ["আমার পার্সেলটা কোথায় আছে?", "ডেলিভারি চার্জ কত", "আমার order টা কবে পাব ভাই", "অর্ডার নং ১০০০১ কবে পাব"]
)
def test_bengali_is_bengali_whatever_the_conversation_was(identifier: LanguageIdentifier, text: str) -> None:
    assert same_everywhere(identifier, text) == "bn"


@pytest.mark.parametrize("current", ["en", "bn"])
@pytest.mark.parametrize(
    "text", ["ok", "OK!", "48213", "৪৮২১৩", "#10001", "🙂", "👍👍", "?", "…", "", " ", "R10002-1", "amina@example.com"]
)
def test_what_says_nothing_about_its_language_keeps_the_conversations(
    identifier: LanguageIdentifier, text: str, current: str
) -> None:
    assert language(identifier, text, language=current) == current


@pytest.mark.parametrize("text", ["Where is my parcel please?", "আমার পার্সেলটা কোথায় আছে?", "ok", "৪৮২১৩", "🙂"])
@pytest.mark.parametrize("chosen", ["en", "bn", "hi"])
def test_a_chosen_language_is_never_overruled(identifier: LanguageIdentifier, text: str, chosen: str) -> None:
    assert language(identifier, text, language=chosen, language_chosen=True) == chosen


def test_a_language_that_was_not_chosen_gives_way_to_clear_words(identifier: LanguageIdentifier) -> None:
    assert language(identifier, "Where is my parcel please?", language="bn", language_chosen=False) == "en"


@given(text=st.text(st.characters(exclude_categories=["L", "M", "Cs"]), max_size=30))
def test_without_letters_any_conversation_keeps_its_language(identifier: LanguageIdentifier, text: str) -> None:
    assert language(identifier, text, language="bn") == "bn"
    assert language(identifier, text) == "en"


@given(text=st.text(max_size=60), current=st.sampled_from([None, "en", "bn"]))
def test_whatever_is_typed_has_one_of_our_languages(
    identifier: LanguageIdentifier, text: str, current: str | None
) -> None:
    done = identifier.process([message(text, language=current)])[0].get(LANGUAGE)
    assert done["name"] in {"en", "bn"}
    assert 0.0 <= done["confidence"] <= 1.0


def test_a_pressed_buttons_payload_says_nothing(identifier: LanguageIdentifier) -> None:
    assert language(identifier, "/order_status", language="bn") == "bn"


@pytest.mark.parametrize("rows", [[], [("hello", "greet", "en"), ("bye", "goodbye", "en")]])
def test_content_of_one_language_needs_no_model(tmp_path: Path, rows: list[tuple[str, str, str]]) -> None:
    alone = trained(LanguageIdentifier, examples(rows), tmp_path)
    assert language(alone, "আমার পার্সেলটা কোথায় আছে?") == "en"
    assert language(alone, "hello", language="bn") == "bn"
