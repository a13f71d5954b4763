"""What is not clear is offered, not guessed; a language that we do not speak is told so in the nearest one."""

from typing import Any

import pytest
from rasa.shared.core.trackers import DialogueStateTracker
from shop_testing import ROOT, RunAction, user

from bot.content.live import LiveWords
from bot.dialogue.answers import Answers

OFFER, FOREIGN = "action_offer_two", "action_foreign_language"


def unclear(*ranking: str | None, **more: Any) -> dict[str, Any]:
    """A message that may mean one of these."""
    event = user("…", "nlu_choice")
    event["parse_data"]["intent_ranking"] = [{"name": name, "confidence": 0.3} for name in ranking]
    event["parse_data"].update(more)
    return event


@pytest.mark.parametrize(
    ("ranking", "offered"),
    [
        (["order_status", "delivery_delay", "package_lost"], ["order_status", "delivery_delay", "human_agent"]),
        (["out_of_scope", "refund_status", "start_return"], ["refund_status", "start_return", "human_agent"]),
        (["refund_status", "out_of_scope", "start_return"], ["refund_status", "start_return", "human_agent"]),
        (["human_agent", "complaint", "greet"], ["human_agent", "complaint"]),
        (["complaint", "human_agent"], ["complaint", "human_agent"]),
        (["refund_status"], ["refund_status", "human_agent"]),
        (["out_of_scope", None], ["human_agent"]),
        ([], ["human_agent"]),
    ],
)
async def test_the_two_likeliest_meanings_and_a_person_are_offered_and_never_what_is_nothing_of_ours(
    act: RunAction, ranking: list[str | None], offered: list[str]
) -> None:
    said = await act(OFFER, {}, [unclear(*ranking)])
    assert said.keys == ["which_one"]
    assert said.responses[0]["buttons"] == [{"intent": name} for name in offered]
    assert (said.slots, said.other_events) == ({}, [])


async def test_without_a_ranking_a_person_is_offered(act: RunAction) -> None:
    said = await act(OFFER)
    assert said.responses[0]["buttons"] == [{"intent": "human_agent"}]


async def said_to(act: RunAction, words: LiveWords, action: str, message: dict[str, Any]) -> tuple[str, list[str]]:
    """The text and the buttons' titles that a customer gets."""
    response = dict((await act(action, {}, [message])).responses[0])
    kept = {key: value for key, value in response.items() if value and key != "response"}
    tracker = DialogueStateTracker.from_events("c", [])
    told = await Answers(words=words).generate(response["response"], tracker, "any", **kept)
    assert told is not None
    return told["text"], [button["title"] for button in told["buttons"]]


async def test_what_is_offered_has_the_questions_titles(act: RunAction, words: LiveWords) -> None:
    library = words.current.library
    text, titles = await said_to(act, words, OFFER, unclear("refund_status", "start_return"))
    assert text == words.say("which_one", "en").text
    assert titles == [library.title(name, "en") for name in ("refund_status", "start_return", "human_agent")]


@pytest.mark.parametrize(
    ("code", "answered", "name"),
    [
        ("pt", "es", "portugués"),
        ("it", "es", "italiano"),
        ("ro", "fr", "roumain"),
        ("nl", "de", "Niederländisch"),
        ("mr", "hi", "मराठी"),
        ("zh", "en", "Chinese"),
        ("ar", "en", "Arabic"),
    ],
)
async def test_a_language_that_we_do_not_serve_is_answered_in_the_nearest_one_by_its_name(
    act: RunAction, words: LiveWords, code: str, answered: str, name: str
) -> None:
    message = unclear("order_status", language={"name": "bn", "foreign": code})
    text, titles = await said_to(act, words, FOREIGN, message)
    assert text == words.say("foreign_language", answered, foreign=name).text
    assert name in text
    library = words.current.library
    assert titles == [library.title(intent, answered) for intent in ("human_agent", "change_language")]


async def test_to_change_language_every_one_is_offered_by_its_own_name(act: RunAction, words: LiveWords) -> None:
    text, titles = await said_to(act, words, "action_change_language", user("other language", "change_language"))
    assert text == words.say("ask_language", "en").text
    assert titles == ["English", "বাংলা", "हिन्दी", "Español", "Français", "Deutsch"]


def test_every_nearest_language_of_the_shop_is_told_by_name(words: LiveWords) -> None:
    nearest = words.current.library.nearest
    assert len(nearest) >= 5, ROOT / "data" / "shop.yml"
    for code in nearest:
        assert code not in words.say("foreign_language", code, foreign={"language": code}).text.split()
