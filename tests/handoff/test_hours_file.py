"""`data/hours.yml` as people write it, and every mistake in it told with its line and its mend."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import yaml
from babel.dates import get_day_names
from hours_testing import load, moment, open_periods

from handoff.hours import Hours

DATA = Path(__file__).parents[2] / "data"


@pytest.mark.parametrize(
    "week",
    [
        "fri: [09:00-21:00]",
        "fri: 09:00-21:00",
        'fri: ["9:00-21:00"]',
        'fri: ["09:00 - 21:00"]',
        'fri: [" 09:00-21:00 "]',
        'fri: ["09:00–21:00"]',
        'fri: ["০৯:০০-২১:০০"]',
        '"fri": ["09:00-21:00",]',
    ],
)
def test_hours_may_be_written_without_quotes_with_spaces_and_in_other_digits(week: str) -> None:
    assert open_periods(load(f"time_zone: UTC\nweek: {{{week}}}\n"), "2026-11-20", 2) == ["20 09:00 - 20 21:00"]


@pytest.mark.parametrize("closed", ["[2026-11-20]", '["2026-11-20"]', "2026-11-20", "[২০২৬-১১-২০]"])
def test_a_date_may_be_written_without_quotes_alone_and_in_other_digits(closed: str) -> None:
    hours = load(f"time_zone: UTC\nweek: {{fri: 09:00-21:00, sat: 09:00-21:00}}\nclosed: {closed}\n")
    assert open_periods(hours, "2026-11-20", 2) == ["21 09:00 - 21 21:00"]


def test_what_yaml_takes_for_no_or_yes_is_a_country_a_subdivision_or_a_team_all_the_same() -> None:
    norway = load("time_zone: Europe/Oslo\nweek: {sun: 09:00-21:00}\nholidays: {country: NO}\n")
    assert not norway.is_open("any", moment("2026-05-17 10:00"))  # Constitution Day
    ontario = load("time_zone: America/Toronto\nweek: {mon: 09:00-21:00}\nholidays: {country: CA, subdivision: ON}\n")
    assert not ontario.is_open("any", moment("2026-02-16 20:00"))  # Family Day
    teams = load("time_zone: UTC\nweek: {}\nteams: {on: {week: {fri: 09:00-21:00}}, 5: {time_zone: Asia/Dhaka}}\n")
    assert teams.is_open("on", moment("2026-11-20 10:00"))
    assert teams.zone("5") == ZoneInfo("Asia/Dhaka")


@pytest.mark.parametrize("text", ["closed:\nopen:\nteams:\n", "closed: []\nopen: []\nteams: {}\nholidays: {}\n"])
def test_lists_and_teams_may_be_left_empty(text: str) -> None:
    assert load("time_zone: UTC\nweek: {fri: 09:00-21:00}\n" + text).is_open("any", moment("2026-11-20 10:00"))


def test_a_file_that_a_windows_editor_saved_is_read(tmp_path: Path) -> None:
    text = 'time_zone: UTC\r\nweek:\r\n  fri: ["09:00-21:00"]\r\n'
    (tmp_path / "hours.yml").write_text(text, encoding="utf-8-sig", newline="")
    assert Hours.load(tmp_path / "hours.yml").is_open("any", moment("2026-11-20 10:00"))


@pytest.mark.parametrize(
    ("entry", "what"),
    [
        ("[09:00, 21:00]", "'09:00' is not from one time to another"),
        ("21:00", "'21:00' is not from one time to another"),
        ("off", "'off' is not from one time to another"),
        ("on", "'on' is not from one time to another"),
        ('["9-21"]', "'9-21' is not from one time to another"),
        ('["9am-9pm"]', "'9am-9pm' is not from one time to another"),
        ('"09:00-12:00, 13:00-18:00"', "'09:00-12:00, 13:00-18:00' is not from one time to another"),
        ('["09:00-24:30"]', "'09:00-24:30' names a time that no clock shows"),
        ('["09:60-12:00"]', "'09:60-12:00' names a time that no clock shows"),
        ('["24:00-06:00"]', "'24:00-06:00' names a time that no clock shows"),
        ('["09:00-09:00"]', "'09:00-09:00' ends when it begins"),
        ('["00:00-00:00"]', "'00:00-00:00' ends when it begins"),
        ("{from: 09:00}", "'fri' is no list"),
        ('[["09:00-21:00"]]', "An entry is not text"),
        ("", "'fri' has no hours"),
        ('["09:00-13:00", "12:59-18:00"]', "'09:00-13:00' on fri and '12:59-18:00' on fri overlap"),
        ('["09:00-13:00", "09:00-13:00"]', "'09:00-13:00' on fri and '09:00-13:00' on fri overlap"),
        ('["22:00-06:01"]', "'22:00-06:01' on fri and '06:00-08:00' on sat overlap"),
    ],
)
def test_hours_that_cannot_be_are_told_with_their_line_and_the_mend(entry: str, what: str) -> None:
    with pytest.raises(ValueError) as told:
        load(f"time_zone: UTC\nweek:\n  sat: [06:00-08:00]\n  fri: {entry}\n")
    path_and_line, _, rest = str(told.value).partition(": ")
    assert path_and_line.endswith("/hours.yml:4")
    assert rest.startswith(f"{what}. ")
    assert rest.removeprefix(f"{what}. ")


def test_a_night_that_runs_over_the_morrows_morning_is_told_also_from_sunday_into_monday() -> None:
    with pytest.raises(ValueError, match=r"hours\.yml:3: '22:00-06:00' on sun and '05:00-09:00' on mon overlap"):
        load('time_zone: UTC\nweek: {mon: ["05:00-09:00"],\n  sun: ["22:00-06:00"]}\n')
    with pytest.raises(ValueError, match=r"hours\.yml:4: '22:00-06:01' on fri and '06:00-08:00' on sat overlap"):
        load("time_zone: UTC\nweek:\n  fri: [22:00-06:01]\n  sat: [06:00-08:00]\n")
    # also when both days share one list by an alias
    with pytest.raises(ValueError, match=r"hours\.yml:3: '20:00-09:00' on sat and '08:00-10:00' on sun overlap"):
        load("time_zone: UTC\nweek:\n  sat: &both [08:00-10:00, 20:00-09:00]\n  sun: *both\n")


def test_a_shift_does_not_overlap_with_itself_in_the_next_week() -> None:
    hours = load("{time_zone: UTC, week: {mon: [00:00-24:00]}}")
    assert open_periods(hours, "2026-11-22", 9) == ["23 00:00 - 24 00:00", "30 00:00 - 01 00:00"]


@pytest.mark.parametrize(
    ("text", "line", "what", "mend"),
    [
        ("", 1, "The file is empty.", "Start from"),
        ("# nothing yet\n", 1, "The file is empty.", "Start from"),
        ("just words\n", 1, "The file has no keys.", "Compare it"),
        ("time_zone: [unclosed\n", 2, "This is not valid YAML", "Check"),
        ("time_zone: UTC\n---\nweek: {}\n", 2, "This is not valid YAML", "Check"),
        ("time_zone: UTC\nweek: {}\x00\n", 1, "This is not valid YAML", "Remove"),
        ("week: {}\n", 1, "'time_zone' is missing.", "Add it, such as time_zone: Asia/Dhaka."),
        ("# ours\ntime_zone: UTC\n", 2, "'week' is missing.", "Add it, such as week: {"),
        (
            "time_zone: UTC\nweek: {}\ntimezone: UTC\n",
            3,
            "'timezone' is not known here.",
            "Use one of: time_zone, week",
        ),
        ("time_zone: UTC\nweek: {}\nweek: {}\n", 3, "'week' stands here a second time.", "Keep one"),
        ("time_zone: UTC\nweek: {}\n? [a]\n: b\n", 3, "A key is not text.", "Write one text"),
        ("week: {}\ntime_zone: Asia/Daka\n", 2, "There is no time zone 'Asia/Daka'.", "Use a name such as Asia/Dhaka."),
        ("week: {}\ntime_zone: Asia\n", 2, "There is no time zone 'Asia'.", "Use a name"),
        ("week: {}\ntime_zone: ../etc\n", 2, "There is no time zone '../etc'.", "Use a name"),
        ("week: {}\ntime_zone: +06:00\n", 2, "There is no time zone '+06:00'.", "Use a name"),
        ("week: {}\ntime_zone:\n", 2, "There is no time zone ''.", "Use a name"),
        ("week: {}\ntime_zone: [UTC]\n", 2, "'time_zone' is not text.", "Write one text"),
        ("time_zone: UTC\nweek:\n", 2, "'week' has no keys.", "Compare it"),
        ("time_zone: UTC\nweek:\n  monday: []\n", 3, "'monday' is not known here.", "Use one of: mon, tue, wed, thu"),
        ("time_zone: UTC\nweek:\n  Sat: []\n", 3, "'Sat' is not known here.", "Use one of: mon, tue, wed, thu"),
        ("time_zone: UTC\nweek: {}\nholidays: off\n", 3, "'holidays' has no keys.", "Write {country: BD}, or {}"),
        (
            "time_zone: UTC\nweek: {}\nholidays: {subdivision: BY}\n",
            3,
            "'holidays' names no country.",
            "Write {country",
        ),
        ("time_zone: UTC\nweek: {}\nholidays: {land: BD}\n", 3, "'land' is not known here.", "Use one of: country,"),
        (
            "time_zone: UTC\nweek: {}\nholidays:\n  country: XX\n",
            4,
            "The public holidays of 'XX' are not known.",
            "Use a country's two capital letters, such as BD.",
        ),
        ("time_zone: UTC\nweek: {}\nholidays: {country: bd}\n", 3, "The public holidays of 'bd' are not known.", "Use"),
        ("time_zone: UTC\nweek: {}\nholidays: {country: utils}\n", 3, "The public holidays of 'utils'", "Use"),
        (
            "time_zone: UTC\nweek: {}\nholidays:\n  country: DE\n  subdivision: XY\n",
            5,
            "'DE' has no subdivision 'XY'.",
            "Use one of: BB, BE, BW, BY,",
        ),
        (
            "time_zone: UTC\nweek: {}\nholidays: {country: BD, subdivision: 13}\n",
            3,
            "'BD' has no subdivision '13'.",
            "Leave it out.",
        ),
        (
            "time_zone: UTC\nweek: {}\nclosed: [2027-02-29]\n",
            3,
            "'2027-02-29' under 'closed' is no date.",
            "Write it as",
        ),
        ("time_zone: UTC\nweek: {}\nopen: [31.12.2026]\n", 3, "'31.12.2026' under 'open' is no date.", "Write it as"),
        ("time_zone: UTC\nweek: {}\nclosed: [12-31]\n", 3, "'12-31' under 'closed' is no date.", "Write it as"),
        (
            "time_zone: UTC\nweek: {}\nclosed:\n- 2026-01-01\n- on\n",
            5,
            "'on' under 'closed' is no date.",
            "Write it as",
        ),
        ("time_zone: UTC\nweek: {}\nclosed: {a: b}\n", 3, "'closed' is no list.", "Write ["),
        (
            "time_zone: UTC\nweek: {}\nopen:\n- 2026-12-16\nclosed:\n- 2026-12-16\n",
            6,
            "2026-12-16 stands under 'closed' and under 'open'.",
            "Keep it in one of the two.",
        ),
        (
            "time_zone: UTC\nweek: {}\nclosed:\n- 2026-12-16\nopen:\n- 2026-12-16\n",
            6,
            "2026-12-16 stands under 'closed' and under 'open'.",
            "Keep it in one of the two.",
        ),
        ("time_zone: UTC\nweek: {}\nteams: [payments]\n", 3, "'teams' has no keys.", "Compare it"),
        ("time_zone: UTC\nweek: {}\nteams:\n  payments:\n", 4, "'payments' has no keys.", "Compare it"),
        (
            "time_zone: UTC\nweek: {}\nteams:\n  a: {teams: {}}\n",
            4,
            "'teams' is not known here.",
            "Use one of: time_zone",
        ),
        ("time_zone: UTC\nweek: {}\nteams:\n  a: {}\n  a: {}\n", 5, "'a' stands here a second time.", "Keep one"),
        (
            "time_zone: UTC\nweek: {}\nteams:\n  a:\n    week: {mo: []}\n",
            5,
            "'mo' is not known here.",
            "Use one of: mon",
        ),
    ],
)
def test_a_file_that_cannot_be_used_is_told_with_its_line_and_the_mend(
    text: str, line: int, what: str, mend: str
) -> None:
    with pytest.raises(ValueError) as told:
        load(text)
    path, _, rest = str(told.value).partition(": ")
    assert path.endswith(f"/hours.yml:{line}")
    assert rest.startswith(what)
    assert f" {mend}" in rest


def test_a_file_that_is_no_text_or_no_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "latin.yml").write_bytes("time_zone: Curaçao\n".encode("latin-1"))
    with pytest.raises(ValueError, match=r"latin\.yml:1: The file is not UTF-8\. Save it as UTF-8\."):
        Hours.load(tmp_path / "latin.yml")
    (tmp_path / "folder.yml").mkdir()
    with pytest.raises(ValueError, match=r"folder\.yml:1: The file cannot be read: Is a directory\."):
        Hours.load(tmp_path / "folder.yml")


def test_the_docs_example_is_read_and_means_what_its_comments_say() -> None:
    text = (DATA.parent / "docs" / "hours.md").read_text(encoding="utf-8")
    hours = load(text.partition("```yaml\n")[2].partition("```")[0])
    assert open_periods(hours, "2026-11-20", 7) == [
        "21 03:00 - 21 15:00",
        "22 03:00 - 22 07:00",
        "22 08:00 - 22 15:00",
        "23 16:00 - 24 00:00",
        "24 03:00 - 24 15:00",
        "24 18:00 - 25 18:00",
    ]
    assert hours.zone("berlin") == ZoneInfo("Europe/Berlin")
    worked_on, day_off = moment("2026-12-16 06:00"), moment("2026-12-31 06:00")
    assert [hours.is_open("any", at) for at in (worked_on, day_off)] == [True, False]


def test_the_shops_hours_are_those_that_its_facts_tell_the_customers() -> None:
    facts = yaml.safe_load((DATA / "shop.yml").read_text(encoding="utf-8"))["facts"]
    opens, closes = (time.fromisoformat(facts[f"support_{key}"]["time"]) for key in ("opens", "closes"))
    hours = Hours.load(DATA / "hours.yml")
    clock = hours.zone("any")
    # a week without a public holiday, from Monday
    week = [date(2026, 11, 16) + timedelta(days=number) for number in range(7)]

    told = {}
    for language, text in facts["support_days"]["text"].items():
        names = get_day_names("wide", locale=language)
        named = {day: text.lower().find(name.lower().removesuffix("বার")) for day, name in names.items()}
        begin, end = sorted((day for day, place in named.items() if place >= 0), key=lambda day: named[day])
        told[language] = {(begin + number) % 7 for number in range((end - begin) % 7 + 1)}
    assert len(told) == 6
    assert set(map(frozenset, told.values())) == {frozenset({5, 6, 0, 1, 2, 3})}

    begins, ends = ([datetime.combine(day, at, clock).astimezone(UTC) for day in week] for at in (opens, closes))
    least = timedelta(microseconds=1)
    for number, (begin, end) in enumerate(zip(begins, ends, strict=True)):
        asked = [hours.is_open("any", at) for at in (begin - least, begin, end - least, end)]
        assert asked == ([False, True, True, False] if number in told["en"] else [False] * 4)
        if number in told["en"]:
            assert open_periods(hours, f"{begin:%Y-%m-%d}", 1) == [f"{begin:%d %H:%M} - {end:%d %H:%M}"]


def test_the_shops_payments_team_works_within_the_houses_hours() -> None:
    hours = Hours.load(DATA / "hours.yml")
    asked = [moment("2026-11-16") + timedelta(minutes=15 * number) for number in range(7 * 96)]
    at_work = [at for at in asked if hours.is_open("payments", at)]
    assert len(at_work) == 5 * 8 * 4
    assert all(hours.is_open("any", at) for at in at_work)
