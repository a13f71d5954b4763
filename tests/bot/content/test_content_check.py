"""Every mistake that can be told before training is told, with file, line and mend."""

from pathlib import Path

import pytest
from content_testing import FILES, replace, write

from bot.content.check import check, hours
from bot.content.library import read

ROOT = Path(__file__).parents[3]
POLICY = "data/faq/returns/return_policy.yml"
STATUS = "data/faq/orders/order_status.yml"
PERSON = "data/faq/service/human_agent.yml"
PHRASES = "data/phrases/orders.yml"
SHOP = "data/shop.yml"
RULES = "data/rules.yml"


def found(root: Path, gap: bool) -> list[tuple[str, int, str]]:
    all_found = check(read(root / "data"), root)
    assert all(problem.mend for problem in all_found)
    return [(one.file, one.line, one.what) for one in all_found if one.gap is gap]


def problems(root: Path) -> list[tuple[str, int, str]]:
    """The mistakes, without what is only not written yet."""
    return found(root, gap=False)


def gaps(root: Path) -> list[tuple[str, int, str]]:
    return found(root, gap=True)


def test_the_shops_own_content_has_no_mistake() -> None:
    assert problems(ROOT) == []


def test_a_whole_content_has_no_mistake(project: Path) -> None:
    assert problems(project) == []


def test_a_question_with_too_few_examples_in_every_language_is_told(project: Path) -> None:
    replace(project, STATUS, "    পার্সেল কবে পাব\n", "")
    assert problems(project) == []
    replace(project, STATUS, "    track my parcel please\n", "")
    assert problems(project) == [(STATUS, 4, "There are fewer than 2 examples in every language.")]


def of_status(project: Path) -> list[tuple[int, str]]:
    return [(line, what) for file, line, what in gaps(project) if file == STATUS]


def test_a_language_with_few_examples_is_a_gap_and_no_mistake(project: Path) -> None:
    assert of_status(project) == [(5, "There are only 2 examples in 'en'."), (8, "There are only 2 examples in 'bn'.")]
    assert problems(project) == []


def test_a_language_without_examples_is_a_gap_told_at_the_examples(project: Path) -> None:
    replace(project, STATUS, "  bn: |\n    আমার অর্ডার কোথায়?\n    পার্সেল কবে পাব\n", "")
    assert (4, "There are no examples in 'bn'.") in of_status(project)
    assert problems(project) == []


def test_fifteen_examples_are_no_gap_and_fourteen_are(project: Path) -> None:
    lines = [f"    where is my parcel number {number}\n" for number in range(15 - 2)]
    replace(project, STATUS, "    track my parcel please\n", "    track my parcel please\n" + "".join(lines))
    assert [what for _, what in of_status(project)] == ["There are only 2 examples in 'bn'."]
    replace(project, STATUS, lines[0], "")
    assert (5, "There are only 14 examples in 'en'.") in of_status(project)


def test_a_way_of_typing_wants_examples_and_neither_titles_nor_answers(project: Path) -> None:
    before = gaps(project)
    replace(project, SHOP, "phone_regions", "typings: [bn-Latn]\nphone_regions")
    assert problems(project) == []
    new = [one for one in gaps(project) if one not in before]
    assert {(file, what) for file, _, what in new} == {
        (file, "There are no examples in 'bn-Latn'.") for file in (POLICY, STATUS, PERSON)
    }
    replace(project, STATUS, "  bn: |", "  bn-Latn: |\n    amar order kothay\n    parcel kobe pabo\n  bn: |")
    assert problems(project) == []


@pytest.mark.parametrize("code", ["bn-Latn", "de"])
def test_examples_in_what_the_shop_does_not_name_are_told_at_their_line(project: Path, code: str) -> None:
    replace(project, STATUS, "  bn: |", f"  {code}: |\n    amar order kothay\n  bn: |")
    assert problems(project) == [(STATUS, 8, f"'{code}' is none of the shop's languages.")]


def test_a_missing_title_is_told(project: Path) -> None:
    replace(project, POLICY, "  bn: ফেরত\n", "")
    assert problems(project) == [(POLICY, 1, "The title in 'bn' is missing.")]


def test_a_missing_answer_is_told(project: Path) -> None:
    replace(project, POLICY, "  bn: |\n    ফেরত দেওয়ার সময় {return_window}।\n", "")
    assert problems(project) == [(POLICY, 13, "The answer in 'bn' is missing.")]


def test_a_language_that_the_shop_adds_is_missed_everywhere(project: Path) -> None:
    replace(project, SHOP, "phone_regions", "  de: {name: Deutsch, locale: de_DE, currency: EUR}\nphone_regions")
    whats = [what for file, _, what in problems(project) if file == POLICY]
    assert whats == [
        "The title in 'de' is missing.",
        "The answer in 'de' is missing.",
    ]
    assert (POLICY, 4, "There are no examples in 'de'.") in gaps(project)
    assert "'widget_send' is missing in 'de'." in [what for _, _, what in problems(project)]
    assert "The fact 'shop_name' has no text in 'de'." in [what for _, _, what in problems(project)]


def test_a_question_that_nothing_answers_is_told(project: Path) -> None:
    replace(project, PERSON, "handoff: true", "handoff: false")
    assert problems(project) == [(PERSON, 1, "Nothing answers this question.")]


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        (POLICY, "next:", "handoff: true\nnext:"),
        (RULES, "intent: order_status", "intent: human_agent\n      - intent: order_status"),
        (RULES, "intent: order_status", "intent: return_policy\n      - intent: order_status"),
    ],
)
def test_a_question_that_is_answered_twice_is_told(project: Path, file: str, old: str, new: str) -> None:
    replace(project, file, old, new)
    assert [what for _, _, what in problems(project)] == ["It is answered in more than one way."]


def test_a_fact_that_does_not_exist_is_told_at_its_line(project: Path) -> None:
    replace(
        project, POLICY, "    You have {return_window} to return it.", "    It is easy.\n    You have {return_days}."
    )
    assert problems(project) == [(POLICY, 16, "{return_days} is no fact of the shop.")]


@pytest.mark.parametrize(("file", "line"), [(POLICY, 18), (PHRASES, 1)])
def test_a_following_question_that_does_not_exist_is_told(project: Path, file: str, line: int) -> None:
    replace(project, file, "human_agent]", "human_agnet]")
    assert problems(project) == [(file, line, "'next' names 'human_agnet', which is no question.")]


@pytest.mark.parametrize(
    "twin",
    [
        "What is your return policy?",
        "what is YOUR return  policy",
        "[p] What is your return policy",
        "what is your return-policy!!",
    ],
)
def test_an_example_that_stands_twice_is_told_with_the_other_place(project: Path, twin: str) -> None:
    replace(project, PERSON, "give me an agent", twin)
    text = twin.removeprefix("[p] ")
    assert problems(project) == [(PERSON, 7, f"'{text}' also stands in {POLICY}:7.")]


def test_an_example_that_stands_twice_in_one_question_is_told(project: Path) -> None:
    replace(project, STATUS, "পার্সেল কবে পাব", "আমার অর্ডার কোথায়")
    assert problems(project) == [(STATUS, 10, f"'আমার অর্ডার কোথায়' also stands in {STATUS}:9.")]


def test_vowel_signs_make_another_example(project: Path) -> None:
    replace(project, STATUS, "পার্সেল কবে পাব", "আমর অর্ডর কোথায়")
    assert problems(project) == []


def test_the_same_words_may_stand_in_two_languages_of_one_question(project: Path) -> None:
    replace(project, STATUS, "পার্সেল কবে পাব", "track my parcel please")
    assert problems(project) == []


def test_in_the_second_language_too_the_same_words_stand_only_once(project: Path) -> None:
    replace(project, STATUS, "পার্সেল কবে পাব", "track my parcel please\n    Track my parcel, please!")
    assert problems(project) == [(STATUS, 11, f"'Track my parcel, please!' also stands in {STATUS}:7.")]


def test_the_same_words_under_two_questions_are_told_whatever_their_languages(project: Path) -> None:
    replace(project, STATUS, "পার্সেল কবে পাব", "give me an agent")
    assert problems(project) == [(PERSON, 7, f"'give me an agent' also stands in {STATUS}:10.")]


def test_a_phrase_that_misses_a_language_is_told(project: Path) -> None:
    replace(project, PHRASES, "  bn: পাঠান\n", "")
    assert problems(project) == [(PHRASES, 10, "'widget_send' is missing in 'bn'.")]


def test_a_phrase_that_tells_less_in_one_language_is_told(project: Path) -> None:
    replace(project, PHRASES, "নিয়েছে {total}", "নিয়েছে")
    assert problems(project) == [(PHRASES, 7, "'order_line_total' in 'bn' lacks {total}.")]


def test_a_fact_may_be_named_in_one_language_only(project: Path) -> None:
    replace(project, PHRASES, '"{shop_name} took', '"We took')
    assert problems(project) == []


@pytest.mark.parametrize(
    "value",
    [
        "{dayz: 30}",
        "{days: [1, 2, 3]}",
        "[30]",
        "{money: {}}",
        "{money: {BDT: much}}",
        "{money: 130}",
        '{time: "25:00"}',
        "{percent: half}",
        "{number: [1]}",
        "null",
    ],
)
def test_a_fact_that_cannot_be_written_is_told(project: Path, value: str) -> None:
    replace(project, SHOP, "return_window: {days: 30}", f"return_window: {value}")
    found = problems(project)
    assert {file for file, _, _ in found} == {SHOP}
    assert all("'return_window' cannot be written" in what for _, _, what in found)
    assert len(found) == 2


def test_a_fact_without_words_in_a_language_is_told(project: Path) -> None:
    replace(project, SHOP, "{en: Nodi Store, bn: নদী স্টোর}", "{en: Nodi Store}")
    assert problems(project) == [(SHOP, 1, "The fact 'shop_name' has no text in 'bn'.")]


@pytest.mark.parametrize("file", ["data/rules.yml", "data/stories.yml", "domain.yml", "config.yml"])
def test_a_broken_file_of_rasas_is_told_by_its_line(project: Path, file: str) -> None:
    write(project, file, "version: '3.1'\nrules:\n  - rule: [unclosed\n")
    found = problems(project)
    assert [(one[0], "not valid YAML" in one[2]) for one in found] == [(file, True)]


@pytest.mark.parametrize("rules", ["rules: 5", "rules:\n- rule: a", "rules:\n- rule: a\n  steps: 1", "rules:\n- a"])
def test_rules_of_a_wrong_form_are_told_and_hide_no_other_mistake(project: Path, rules: str) -> None:
    write(project, RULES, rules + "\n")
    replace(project, POLICY, "[human_agent]", "[nobody]")
    assert [(file, line) for file, line, _ in problems(project)] == [(POLICY, 18), (RULES, 1)]


QUEUE_RULES = """\
priorities: {a: 1}
default_priority: 1
raise_minutes: 10
targets: {1: {first_response: 5, next_response: 5}}
warn_percent: 70
any_agent_after_seconds: 60
teams: {support: {title: Support}}
"""


@pytest.mark.parametrize(
    ("wrong", "right", "what"),
    [
        ("{a: 1}", "{a: 2}", "no line for priority 2"),
        ("targets: {1: {first_response: 5, next_response: 5}}\n", "", "'targets' is missing"),
        ("{a: 1}", "[a]", "cannot be used"),
        ("default_priority: 1", "default_priority: urgent", "cannot be used"),
        ("first_response: 5", "first_response: soon", "cannot be used"),
        ("{1: {first_response: 5, next_response: 5}}", "5", "cannot be used"),
        ("{support: {title: Support}}", "[support]", "cannot be used"),
        ("{title: Support}", "{assign: magic}", "write auto or pull"),
        (QUEUE_RULES, "just words\n", "cannot be used"),
        (QUEUE_RULES, "priorities: {unclosed\n", "not valid YAML"),
    ],
)
def test_rules_of_the_queue_that_cannot_be_used_are_told(project: Path, wrong: str, right: str, what: str) -> None:
    write(project, "data/handoff.yml", QUEUE_RULES)
    assert problems(project) == []
    replace(project, "data/handoff.yml", wrong, right)
    ((file, _, told),) = problems(project)
    assert file == "data/handoff.yml"
    assert what in told


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("time_zone: Asia/Dhaka\nweek:\n  frii: []\n", 3, "'frii' is not known here."),
        ("time_zone: Asia/Daka\nweek: {}\n", 1, "There is no time zone 'Asia/Daka'."),
        ("time_zone: UTC\nweek: {}\nteams:\n  payments: {week: {fri: [18-10]}}\n", 4, "'18-10' is not from one time"),
        ("time_zone: [unclosed\n", 2, "This is not valid YAML"),
        ("", 1, "The file is empty."),
    ],
)
def test_business_hours_that_cannot_be_used_are_told_at_their_line(
    project: Path, text: str, line: int, what: str
) -> None:
    write(project, "data/hours.yml", text)
    ((file, told_line, told),) = problems(project)
    assert (file, told_line) == ("data/hours.yml", line)
    assert told.startswith(what)


def test_business_hours_hide_no_other_mistake_and_a_shop_may_go_without_them(project: Path) -> None:
    replace(project, POLICY, "  bn: ফেরত\n", "")
    assert [file for file, _, _ in problems(project)] == [POLICY]
    write(project, "data/hours.yml", "week: {}\n")
    assert [file for file, _, _ in problems(project)] == [POLICY, "data/hours.yml"]


def test_the_hours_check_alone_names_the_file_by_its_folder_whatever_the_folders_name(tmp_path: Path) -> None:
    write(tmp_path, "shop/hours.yml", "time_zone: UTC\nweek: {}\n")
    assert hours(tmp_path / "shop" / "hours.yml") == hours(tmp_path / "shop" / "none.yml") == []
    write(tmp_path, "shop/hours.yml", "time_zone: UTC\n")
    assert [str(problem) for problem in hours(tmp_path / "shop" / "hours.yml")] == [
        "shop/hours.yml:1: 'week' is missing. Add it, such as week: {mon: [\"09:00-18:00\"]}."
    ]


def test_without_rules_a_question_that_they_answered_is_told(project: Path) -> None:
    (project / RULES).unlink()
    assert problems(project) == [(STATUS, 1, "Nothing answers this question.")]


def test_all_mistakes_are_told_at_once_in_order(project: Path) -> None:
    replace(project, POLICY, "  bn: ফেরত\n", "")
    replace(project, PHRASES, "  bn: পাঠান\n", "")
    write(project, "data/faq/zoo/zebra.yml", FILES[PERSON].replace("human", "zebra").replace("true", "false"))
    found = problems(project)
    assert found == sorted(found)
    assert {file for file, _, _ in found} == {POLICY, PHRASES, "data/faq/zoo/zebra.yml"}
