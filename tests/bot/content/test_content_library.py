"""What stands in the content's files is what the program gets; what is broken is named by file, line and mend."""

from pathlib import Path

import pytest
from content_testing import FILES, replace, write

from bot.content.errors import ContentError, Problem
from bot.content.library import Example, read

QUESTION = "data/faq/returns/return_policy.yml"
PHRASES = "data/phrases/orders.yml"
SHOP = "data/shop.yml"


def broken(root: Path) -> tuple[Problem, ...]:
    with pytest.raises(ContentError) as raised:
        read(root / "data")
    return raised.value.problems


def test_a_question_is_read_as_its_file_has_it(project: Path) -> None:
    question = read(project / "data").questions["return_policy"]
    assert (question.intent, question.group, question.file) == ("return_policy", "returns", QUESTION)
    assert question.titles == {"en": "Returns", "bn": "ফেরত"}
    assert question.answers["en"] == "You have {return_window} to return it."
    assert [example.text for example in question.examples["bn"]] == [
        "জিনিস ফেরত দেওয়া যায়?",
        "রিটার্ন পলিসি কী",
        "ফেরত দিতে কত দিন সময় পাব",
    ]
    assert question.next == ("human_agent",)
    assert not question.handoff


def test_every_example_knows_its_line(project: Path) -> None:
    lines = (project / QUESTION).read_text(encoding="utf-8").splitlines()
    for examples in read(project / "data").questions["return_policy"].examples.values():
        for example in examples:
            assert lines[example.line - 1].strip() == example.text


def test_lines_that_say_the_same_in_two_languages_share_an_id(project: Path) -> None:
    examples = read(project / "data").questions["human_agent"].examples
    assert [one.id for one in examples["en"]] == [None, None, "real"]
    assert examples["bn"][-1] == Example("আসল মানুষ চাই", 12, "real")


def test_languages_facts_and_regions_come_from_the_shops_file(project: Path) -> None:
    library = read(project / "data")
    assert list(library.languages) == ["en", "bn"]
    assert library.languages["bn"].aliases == ("bangla",)
    assert library.facts["return_window"] == {"days": 30}
    assert library.phone_regions == ("BD",)


def test_a_phrase_is_read_with_its_line_and_what_follows(project: Path) -> None:
    phrase = read(project / "data").phrases["order_line_total"]
    assert (phrase.file, phrase.line, phrase.next) == (PHRASES, 7, ())
    assert read(project / "data").phrases["order_on_its_way"].next == ("order_status", "human_agent")


def test_a_title_falls_back_to_the_base_language_then_to_the_default_then_to_the_name(project: Path) -> None:
    library = read(project / "data")
    assert library.title("return_policy", "bn-Latn") == "ফেরত"
    assert library.title("return_policy", "fr") == "Returns"
    assert library.title("no_question", "en") == "no_question"


OTHER_WAYS = "typings: [bn-Latn]\nnearest: {pt: en, as: bn}\nphone_regions"


@pytest.fixture
def wide(project: Path) -> Path:
    """With a way of typing, and languages that others are answered in."""
    replace(project, SHOP, "phone_regions", OTHER_WAYS)
    return project


def test_ways_of_typing_and_nearest_languages_come_from_the_shops_file(wide: Path) -> None:
    library = read(wide / "data")
    assert library.typings == ("bn-Latn",)
    assert library.variants == ("en", "bn", "bn-Latn")
    assert library.nearest == {"pt": "en", "as": "bn"}


def test_a_shop_may_go_without_both(project: Path) -> None:
    library = read(project / "data")
    assert (library.typings, library.nearest, library.variants) == ((), {}, ("en", "bn"))


@pytest.mark.parametrize(
    ("written", "answered"),
    [
        ("bn", "bn"),
        ("bn-Latn", "bn"),
        ("as", "bn"),
        ("as-Latn", "bn"),
        ("pt", "en"),
        ("pt-BR", "en"),
        ("zh", "en"),
        ("", "en"),
    ],
)
def test_what_is_written_is_answered_in_itself_its_base_the_nearest_or_the_first(
    wide: Path, written: str, answered: str
) -> None:
    assert read(wide / "data").answered_in(written) == answered


def test_a_title_is_picked_in_the_nearest_language(wide: Path) -> None:
    library = read(wide / "data")
    assert library.title("return_policy", "as") == "ফেরত"
    assert library.title("return_policy", "zh") == "Returns"


# file, what is changed in it, the line, part of what is said
BROKEN = {
    "invalid YAML": (QUESTION, "  bn: ফেরত\n", "  bn: ফেরত: দিন\n", 3, "not valid YAML"),
    "a tab": (QUESTION, "  en: Returns\n", "\ten: Returns\n", 2, "not valid YAML"),
    "a control character": (QUESTION, "Returns", "Ret\x07urns", 1, "not valid YAML"),
    "an object to construct": (QUESTION, "en: Returns", "en: !!python/object:os.system Returns", 2, "not valid YAML"),
    "an impossible date": (QUESTION, "en: Returns", "en: 2026-13-45", 1, "not valid YAML"),
    "a list as key": (QUESTION, "  en: Returns", "  [en]: Returns", 2, "not valid YAML"),
    "an unknown key": (QUESTION, "next: [human_agent]", "nexxt: [human_agent]", 18, "'nexxt' is not known"),
    "a key twice": (QUESTION, "next: [human_agent]", "title: {en: A, bn: খ}", 18, "'title' stands here a second"),
    "a language twice": (QUESTION, "  bn: ফেরত\n", "  en: ফেরত\n", 3, "'en' stands here a second"),
    "a number as language": (QUESTION, "  bn: ফেরত\n", "  5: ফেরত\n", 3, "'5' is not read as text"),
    "a bare no as language": (QUESTION, "  bn: ফেরত\n", "  no: ফেরত\n", 3, "'no' is not read as text"),
    "a title that is a word": (QUESTION, ":\n  en: Returns\n  bn: ফেরত\n", ": Returns\n", 1, "no languages"),
    "an answer that YAML takes for a truth": (QUESTION, "en: Returns", "en: Yes", 2, "'en' is not text"),
    "a title that is a number": (QUESTION, "en: Returns", "en: 30", 2, "'en' is not text"),
    "an empty title": (QUESTION, "en: Returns", 'en: ""', 2, "'en' is not text"),
    "no examples": (QUESTION, "examples:", "answers:", 4, "'answers' is not known"),
    "an answer that is a list": (QUESTION, "  en: |\n    You", "  en:\n    - You", 14, "'en' is not text"),
    "a next that is no list": (QUESTION, "[human_agent]", "human_agent", 18, "'next' is not a list"),
    "a next of numbers": (QUESTION, "[human_agent]", "[1, 2]", 18, "'next' is not a list"),
    "a handoff that is a word": (
        "data/faq/service/human_agent.yml",
        "handoff: true",
        "handoff: sometimes",
        13,
        "neither true nor false",
    ),
    "a phrase without languages": (PHRASES, ":\n  en: Send\n  bn: পাঠান", ": Send", 10, "no languages"),
    "a phrase that is a number": (PHRASES, "en: Send", "en: 5", 11, "'en' is not text"),
    "a phrase's next that is a word": (PHRASES, "[order_status, human_agent]", "greet", 6, "'next' is not a list"),
    "a phrase's next that is a number": (PHRASES, "[order_status, human_agent]", "5", 6, "'next' is not a list"),
    "a language without locale": (SHOP, "locale: bn_BD, ", "", 3, "lacks name, locale or currency"),
    "languages as a list": (SHOP, "languages:\n", "languages: [en]\ntongues:\n", 1, "No languages"),
    "no languages": (SHOP, "languages:\n", "tongues:\n", 1, "No languages"),
    "an unknown locale": (SHOP, "bn_BD", "qq_QQ", 3, "'bn': unknown locale"),
    "a malformed locale": (SHOP, "bn_BD", "'bangla desh'", 3, "Language 'bn'"),
    "aliases that are one word": (SHOP, "[bangla]", "bangla", 3, "aliases of 'bn'"),
    "regions that are one word": (SHOP, "[BD]", "BD", 4, "no regions"),
    "typings that are one word": (SHOP, "phone_regions", "typings: bn-Latn\nphone_regions", 4, "no ways of typing"),
    "typings that are numbers": (SHOP, "phone_regions", "typings: [5]\nphone_regions", 4, "no ways of typing"),
    "typings of nothing": (SHOP, "phone_regions", "typings:\nphone_regions", 4, "no ways of typing"),
    "a way of typing no language": (SHOP, "phone_regions", "typings: [hi-Latn]\nphone_regions", 4, "'hi-Latn' is no"),
    "a language as a way of typing": (SHOP, "phone_regions", "typings: [bn]\nphone_regions", 4, "'bn' is no language"),
    "nearest as a list": (SHOP, "phone_regions", "nearest: [pt, es]\nphone_regions", 4, "no pairs"),
    "nearest of nothing": (SHOP, "phone_regions", "nearest:\nphone_regions", 4, "no pairs"),
    "a nearest that is not served": (SHOP, "phone_regions", "nearest: {pt: es}\nphone_regions", 4, "leads to 'es'"),
    "a nearest that is a list": (SHOP, "phone_regions", "nearest: {pt: [en]}\nphone_regions", 4, "'pt' leads to"),
    "facts as a list": (SHOP, "facts:\n", "facts: []\nmore:\n", 7, "no facts"),
}  # fmt: skip


@pytest.mark.parametrize(("file", "old", "new", "line", "what"), BROKEN.values(), ids=list(BROKEN))
def test_a_broken_file_is_named_with_line_and_mend(
    project: Path, file: str, old: str, new: str, line: int, what: str
) -> None:
    replace(project, file, old, new)
    found = [problem for problem in broken(project) if what in problem.what]
    assert [(problem.file, problem.line) for problem in found] == [(file, line)]
    assert found[0].mend
    assert str(found[0]) == f"{file}:{line}: {found[0].what} {found[0].mend}"


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("", 1, "no keys"),
        ("# nothing\n", 1, "no keys"),
        ("- one\n- two\n", 1, "no keys"),
        ("just words\n", 1, "no keys"),
    ],
)
@pytest.mark.parametrize("file", [QUESTION, PHRASES, SHOP])
def test_a_file_without_keys_is_named(project: Path, file: str, text: str, line: int, what: str) -> None:
    write(project, file, text)
    problem = broken(project)[0]
    assert (problem.file, problem.line) == (file, line)
    assert what in problem.what


def test_a_file_that_is_not_utf_8_is_named_with_the_line_of_the_first_wrong_byte(project: Path) -> None:
    (project / QUESTION).write_bytes(b"title:\n  en: Caf\xe9\n")
    assert [(one.file, one.line) for one in broken(project)] == [(QUESTION, 2)]


def test_a_file_that_cannot_be_read_is_named(project: Path) -> None:
    (project / QUESTION).unlink()
    (project / QUESTION).symlink_to(project / "nowhere.yml")
    problem = broken(project)[0]
    assert problem.file == QUESTION
    assert "cannot be read" in problem.what


def test_yaml_that_holds_itself_is_named(project: Path) -> None:
    write(project, PHRASES, "widget_send: &again\n  en: Send\n  more: *again\n")
    assert [one.file for one in broken(project)] == [PHRASES]


def test_a_missing_shop_file_is_named(project: Path) -> None:
    (project / SHOP).unlink()
    assert [(one.file, one.what) for one in broken(project)] == [(SHOP, "The file is missing.")]


def test_missing_keys_of_a_question_are_named(project: Path) -> None:
    write(project, QUESTION, "answer:\n  en: Of course\n")
    assert [one.what for one in broken(project)] == ["'examples' is missing.", "'title' is missing."]


def test_a_file_name_that_cannot_be_an_intent_is_named(project: Path) -> None:
    write(project, "data/faq/returns/Return-Policy.yml", FILES[QUESTION])
    assert [(one.file, one.line) for one in broken(project)] == [("data/faq/returns/Return-Policy.yml", 1)]


def test_two_questions_of_one_name_are_named(project: Path) -> None:
    write(project, "data/faq/zoo/return_policy.yml", FILES[QUESTION])
    problem = broken(project)[0]
    assert (problem.file, QUESTION in problem.what) == ("data/faq/zoo/return_policy.yml", True)


def test_two_phrases_of_one_name_are_named(project: Path) -> None:
    write(project, "data/phrases/zoo.yml", "\nwidget_send: {en: Send, bn: পাঠান}\n")
    problem = broken(project)[0]
    assert (problem.file, problem.line, PHRASES in problem.what) == ("data/phrases/zoo.yml", 2, True)


def test_every_broken_file_is_named_at_once(project: Path) -> None:
    for file in (QUESTION, PHRASES, SHOP):
        write(project, file, "key: [unclosed\n")
    assert [one.file for one in broken(project)] == [QUESTION, PHRASES, SHOP]
