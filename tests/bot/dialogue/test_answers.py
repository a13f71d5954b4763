"""Rasa's responses are said in our words; what it would swallow is kept."""

import pytest
from rasa.shared.core.events import UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from bot.content.live import LiveWords
from bot.content.words import UnknownPhrase
from bot.dialogue import failures
from bot.dialogue.answers import Answers, language_of


def tracker(language: str | None = None, before: str | None = None) -> DialogueStateTracker:
    parsed = {"language": {"name": language}} if language else {}
    said = UserUttered("x", {"name": "greet"}, parse_data=parsed, metadata={"language": before})
    return DialogueStateTracker.from_events("c", [said])


@pytest.mark.parametrize(
    ("found", "before", "language"), [("bn", "en", "bn"), (None, "bn", "bn"), (None, None, "en"), ("en", "bn", "en")]
)
def test_the_messages_language_comes_before_the_conversations(
    found: str | None, before: str | None, language: str
) -> None:
    assert language_of(tracker(found, before)) == language


def test_without_a_message_the_language_is_english() -> None:
    assert language_of(DialogueStateTracker.from_events("c", [])) == "en"


async def test_a_response_is_a_phrase_or_an_answer_by_its_name(words: LiveWords) -> None:
    answers = Answers(words=words)
    for name in ("utter_return_policy", "utter_affirmed"):
        said = words.say(name.removeprefix("utter_"), "bn")
        assert await answers.generate(name, tracker("bn"), "any", domain_responses={}) == {
            "text": said.text,
            "buttons": [button.as_json() for button in said.buttons],
        }


async def test_every_form_asks_with_one_phrase_for_each_slot(words: LiveWords) -> None:
    answers = Answers(words=words)
    for name in ("utter_ask_order_status_form_order_number", "utter_ask_return_status_form_order_number"):
        said = await answers.generate(name, tracker("en"), "any")
        assert said is not None
        assert said["text"] == words.say("ask_order_number", "en").text


async def test_a_language_given_wins_over_the_messages(words: LiveWords) -> None:
    said = await Answers(words=words).generate("utter_language_changed", tracker("en"), "any", language="bn")
    assert said is not None
    assert said["text"] == words.say("language_changed", "bn").text


async def test_buttons_without_titles_are_not_left_for_rasa_to_add(words: LiveWords) -> None:
    asked = [{"intent": "human_agent"}]
    said = await Answers(words=words).generate("utter_order_no_match", tracker("en"), "any", buttons=asked, text=None)
    assert said is not None
    assert said["buttons"] == [{"title": "Talk to a person", "payload": "/human_agent"}]
    assert asked == []


@pytest.mark.parametrize("name", ["utter_no_such_thing", "utter_ask_no_form_such_thing", "utter_"])
async def test_what_has_no_words_fails_and_is_noted(words: LiveWords, name: str) -> None:
    # the inner one is Rasa, which logs and swallows
    with pytest.raises(UnknownPhrase), failures.collected(), pytest.raises(UnknownPhrase):
        await Answers(words=words).generate(name, tracker("en"), "any")
