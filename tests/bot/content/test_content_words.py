"""The right words in the right language, with everything that fills them and the buttons that follow."""

from pathlib import Path

import pytest
from content_testing import replace, write

from bot.content.library import read
from bot.content.live import LiveWords
from bot.content.words import UnknownPhrase, Words
from handoff.messages import Button


@pytest.fixture
def small(project: Path) -> Words:
    return Words(read(project / "data"))


def test_an_answer_names_the_shops_facts_in_the_customers_language(small: Words) -> None:
    assert small.say("return_policy", "en").text == "You have 30 days to return it."
    assert small.say("return_policy", "bn").text == "ফেরত দেওয়ার সময় ৩০ দিন।"


@pytest.mark.parametrize(("language", "text"), [("bn-Latn", "পাঠান"), ("fr", "Send"), ("", "Send")])
def test_a_language_that_is_not_there_falls_back_to_its_base_then_to_the_default(
    small: Words, language: str, text: str
) -> None:
    assert small.say("widget_send", language).text == text


def test_a_phrase_of_one_language_is_said_in_it_to_everyone(project: Path) -> None:
    write(project, "data/phrases/one.yml", "only: {bn: শুধু বাংলা}\n")
    assert Words(read(project / "data")).say("only", "en").text == "শুধু বাংলা"


def test_values_are_written_as_the_language_writes_them(small: Words) -> None:
    total = {"money": 129950, "currency": "USD"}
    assert small.say("order_line_total", "en", total=total).text == "Nodi Store took $1,299.50"
    assert small.say("order_line_total", "bn", total=total).text == "নদী স্টোর নিয়েছে ১,২৯৯.৫০\xa0US$"


def test_a_fallback_languages_values_are_written_the_base_languages_way(small: Words) -> None:
    assert small.say("order_line_total", "bn-Latn", total=5).text == "নদী স্টোর নিয়েছে ৫"
    assert small.say("order_line_total", "fr", total=5).text == "Nodi Store took 5"


def test_a_value_given_wins_over_a_fact(small: Words) -> None:
    assert small.say("order_line_total", "en", total=1, shop_name="We").text == "We took 1"


def test_phrases_stand_inside_phrases_in_lines_and_lists(small: Words) -> None:
    total = {"phrase": "order_line_total", "params": {"total": {"list": [1, {"id": "7"}]}}}
    said = small.say("order_on_its_way", "bn", number={"id": "10001"}, details={"lines": [total, "DHL", {"days": 2}]})
    assert said.text == "অর্ডার 10001 পথে আছে: নদী স্টোর নিয়েছে ১, 7\nDHL\n২ দিন"


def test_a_placeholder_that_nothing_fills_stays_as_it_stands(small: Words) -> None:
    assert small.say("order_line_total", "en").text == "Nodi Store took {total}"


def test_braces_in_what_a_customer_typed_are_not_filled(small: Words) -> None:
    assert small.say("order_line_total", "en", total="{shop_name}").text == "Nodi Store took {shop_name}"


def test_what_follows_is_offered_as_buttons_titled_in_the_language(small: Words) -> None:
    assert small.say("order_on_its_way", "bn").buttons == (
        Button("আমার অর্ডার কোথায়?", "/order_status"),
        Button("মানুষের সাথে কথা বলব", "/human_agent"),
    )
    assert small.say("return_policy", "en").buttons == (Button("Talk to a person", "/human_agent"),)


def test_asked_for_buttons_come_first_and_none_comes_twice(small: Words) -> None:
    asked = [
        {"phrase": "order_line_total", "params": {"total": 2}, "payload": '/order_status{"order_number": "10001"}'},
        {"intent": "human_agent"},
    ]
    assert small.say("order_on_its_way", "en", buttons=asked).buttons == (
        Button("Nodi Store took 2", '/order_status{"order_number": "10001"}'),
        Button("Talk to a person", "/human_agent"),
        Button("Where is my order?", "/order_status"),
    )


def test_a_language_to_choose_is_called_by_its_own_name_whatever_is_spoken(small: Words) -> None:
    asked = [{"language": code, "payload": f'/change_language{{"language": "{code}"}}'} for code in ("bn", "en")]
    wanted = (
        Button("বাংলা", '/change_language{"language": "bn"}'),
        Button("English", '/change_language{"language": "en"}'),
    )
    for language in ("en", "bn"):
        assert small.say("widget_send", language, buttons=asked).buttons == wanted


def test_a_language_that_is_not_served_is_answered_in_the_nearest_with_its_values_and_buttons(project: Path) -> None:
    replace(project, "data/shop.yml", "phone_regions", "nearest: {as: bn}\nphone_regions")
    words = Words(read(project / "data"))
    said = words.say("order_on_its_way", "as", number=5, details={"language": "as"})
    assert said.text == "অর্ডার ৫ পথে আছে: অসমীয়া"
    assert said.buttons == words.say("order_on_its_way", "bn", number=5, details="").buttons
    assert words.say("return_policy", "as") == words.say("return_policy", "bn")
    assert words.say("return_policy", "zh") == words.say("return_policy", "en")


@pytest.mark.parametrize("key", ["no_such_phrase", "", "human_agent", "order_status"])
def test_what_nobody_wrote_is_refused(small: Words, key: str) -> None:
    with pytest.raises(UnknownPhrase):
        small.say(key, "en")


def test_an_unknown_phrase_inside_another_is_refused(small: Words) -> None:
    with pytest.raises(UnknownPhrase):
        small.say("order_line_total", "en", total={"phrase": "no_such_phrase"})


def test_labels_are_all_phrases_of_a_prefix(small: Words, project: Path) -> None:
    assert small.labels("widget_", "bn") == {"widget_send": "পাঠান"}
    replace(project, "data/phrases/orders.yml", "widget_send:", "widget_close: {en: Close, bn: বন্ধ}\nwidget_send:")
    assert set(Words(read(project / "data")).labels("widget_", "en")) == {"widget_send", "widget_close"}


def test_every_answer_of_the_shop_is_filled_and_every_button_leads_to_a_question(words: LiveWords) -> None:
    library = words.current.library
    answered = [key for key, question in library.questions.items() if question.answers]
    assert len(answered) > 25
    for language in library.languages:
        for key in answered:
            said = words.say(key, language)
            assert "{" not in said.text
            assert {button.payload.removeprefix("/") for button in said.buttons} <= set(library.questions)
            assert all(button.title for button in said.buttons)


def test_bengali_answers_have_bengali_digits_only(words: LiveWords) -> None:
    facts = words.current.library.facts
    addresses = {str(value.get("text")) for value in facts.values() if isinstance(value.get("text"), str)}
    for key, question in words.current.library.questions.items():
        if question.answers:
            text = words.say(key, "bn").text
            for address in addresses:
                text = text.replace(address, "")
            assert not set(text) & set("0123456789"), key
