"""Business hours: when a team is at work, over nights, days off and changes of the clocks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, timezone
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import yaml
from hours_testing import load, moment, open_periods
from hypothesis import given, settings
from hypothesis import strategies as st
from running import ROOT

from handoff.hours import Hours

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MINUTE = timedelta(minutes=1)


# --- whose hours, and which ---


def test_hours_are_by_the_teams_own_clock_and_a_day_without_a_line_is_closed() -> None:
    hours = load('{time_zone: Asia/Dhaka, week: {sat: ["09:00-21:00"], sun: ["09:00-21:00"]}}')
    assert open_periods(hours, "2026-11-20", 4) == ["21 03:00 - 21 15:00", "22 03:00 - 22 15:00"]
    assert hours.zone("any") == ZoneInfo("Asia/Dhaka")


def test_the_first_moment_is_open_and_the_last_is_closed_to_the_microsecond() -> None:
    hours = load('{time_zone: UTC, week: {fri: ["09:00-21:00"]}}')
    begin, end, least = moment("2026-11-20 09:00"), moment("2026-11-20 21:00"), timedelta(microseconds=1)
    asked = (begin - least, begin, end - least, end)
    assert [hours.is_open("any", at) for at in asked] == [False, True, True, False]


def test_opens_is_the_moment_itself_when_open_and_else_the_next_opening_in_utc() -> None:
    hours = load('{time_zone: Asia/Dhaka, week: {fri: ["09:00-12:00", "13:00-17:00"]}}')
    within = moment("2026-11-20 04:30")
    assert hours.opens("any", within) == within
    in_the_break, after_work = moment("2026-11-20 06:30"), moment("2026-11-20 11:00")
    assert hours.opens("any", in_the_break) == moment("2026-11-20 07:00")
    assert hours.opens("any", after_work) == moment("2026-11-27 03:00")
    elsewhere = after_work.astimezone(timezone(timedelta(hours=-11)))
    for asked in (within.astimezone(ZoneInfo("America/New_York")), elsewhere):
        opening = hours.opens("any", asked)
        assert opening is not None and opening.tzinfo is UTC
        assert opening == hours.opens("any", asked.astimezone(UTC))


def test_a_teams_keys_replace_the_houses_and_the_rest_is_the_houses() -> None:
    hours = load("""
        time_zone: Asia/Dhaka
        week: {mon: ["09:00-21:00"], wed: ["09:00-21:00"]}
        closed: ["2026-11-23"]
        teams:
          payments: {week: {mon: ["10:00-18:00"]}}
          berlin: {time_zone: Europe/Berlin}
          weekend: {closed: []}
          same: {}
    """)

    def found(team: str) -> list[str]:
        return open_periods(hours, "2026-11-23", 8, team)

    house = ["25 03:00 - 25 15:00", "30 03:00 - 30 15:00"]
    assert found("unknown") == found("") == found("same") == house
    assert found("payments") == ["30 04:00 - 30 12:00"]
    assert found("berlin") == ["25 08:00 - 25 20:00", "30 08:00 - 30 20:00"]
    assert found("weekend") == ["23 03:00 - 23 15:00", *house]
    assert [hours.zone(team).key for team in ("berlin", "payments", "unknown")] == [
        "Europe/Berlin",
        "Asia/Dhaka",
        "Asia/Dhaka",
    ]


def test_day_and_night_is_open_at_all_times_on_each_teams_own_clock() -> None:
    hours = Hours.load(ROOT / "data" / "hours.yml")
    open_ = hours.day_and_night()
    for hour in range(24 * 7):
        at = datetime(2026, 11, 22, tzinfo=UTC) + timedelta(hours=hour)
        assert open_.is_open("payments", at) and open_.is_open("support", at)
    assert open_.zone("payments") == hours.zone("payments") and open_.zone("support") == hours.zone("support")


@pytest.mark.parametrize("made", [Hours.always, lambda: Hours.load(Path("no/such/hours.yml"))])
def test_without_a_file_every_team_is_there_at_all_times(made: Callable[[], Hours]) -> None:
    hours = made()
    assert len(open_periods(hours, "2026-12-30", 4)) == 1
    for at in (moment("2028-02-29 23:59"), moment("2026-03-29 01:00")):
        assert hours.is_open("any", at)
        assert hours.opens("any", at) == at
    assert hours.zone("any").utcoffset(datetime(2026, 7, 1)) == timedelta(0)


def test_a_shop_that_never_opens_has_no_opening_and_neither_has_one_that_does_so_in_more_than_a_year() -> None:
    never = load("{time_zone: UTC, week: {}, teams: {closed: {week: {mon: []}}}}")
    assert [never.opens(team, moment("2026-11-20")) for team in ("any", "closed")] == [None, None]
    days_off = [str(date(2026, 11, 20) + timedelta(days=number)) for number in range(367)]
    later = load(
        f"{{time_zone: UTC, week: {{{', '.join(f'{day}: 09:00-10:00' for day in DAYS)}}}, closed: {days_off}}}"
    )
    opening = moment("2027-11-22 09:00")
    assert later.opens("any", opening - timedelta(days=366)) == opening
    assert later.opens("any", opening - timedelta(days=366, microseconds=1)) is None


# --- nights, midnights, intervals that touch ---


def test_a_night_shift_goes_into_the_next_day_also_from_sunday_into_monday() -> None:
    hours = load('{time_zone: UTC, week: {fri: ["22:00-06:00"], sun: ["22:00-06:00"]}}')
    assert open_periods(hours, "2026-11-20", 4) == ["20 22:00 - 21 06:00", "22 22:00 - 23 06:00"]


@pytest.mark.parametrize("night", ["22:00-24:00", "22:00-00:00"])
def test_an_opening_at_midnight_goes_on_from_the_evening_before_without_a_gap(night: str) -> None:
    hours = load(f'{{time_zone: UTC, week: {{fri: ["00:00-02:00", "{night}"], sat: ["00:00-06:00"]}}}}')
    assert open_periods(hours, "2026-11-19", 4) == ["20 00:00 - 20 02:00", "20 22:00 - 21 06:00"]
    assert hours.opens("any", moment("2026-11-19 23:59")) == moment("2026-11-20")


def test_intervals_may_touch_stand_in_any_order_and_fill_a_whole_week() -> None:
    hours = load('{time_zone: UTC, week: {fri: ["13:00-17:00", "09:00-13:00", "17:00-22:00"]}}')
    assert open_periods(hours, "2026-11-20", 1) == ["20 09:00 - 20 22:00"]
    round_the_clock = load(
        f"{{time_zone: Europe/Berlin, week: {{{', '.join(f'{day}: 00:00-24:00' for day in DAYS)}}}}}"
    )
    assert open_periods(round_the_clock, "2026-03-26", 6) == ["26 00:00 - 01 00:00"]
    assert open_periods(round_the_clock, "2026-10-22", 6) == ["22 00:00 - 28 00:00"]


# --- days off ---


def test_public_holidays_are_closed_unless_the_team_works_on_them_and_further_days_off_too() -> None:
    hours = load("""
        time_zone: Asia/Dhaka
        holidays: {country: BD}
        week: {wed: ["09:00-21:00"], thu: ["09:00-21:00"]}
        closed: ["2026-12-31"]
        teams:
          shift: {open: ["2026-12-16", "2026-12-18"]}
          abroad: {holidays: {}}
          both: {open: ["2026-12-31"]}
    """)

    def days(team: str) -> list[str]:
        return [period[:2] for period in open_periods(hours, "2026-12-16", 16, team)]

    # the 16th is Victory Day
    assert days("any") == ["17", "23", "24", "30"]
    assert days("abroad") == days("shift") == ["16", "17", "23", "24", "30"]
    assert days("both") == days("any")
    assert hours.opens("any", moment("2026-12-30 15:00")) == moment("2027-01-06 03:00")


def test_a_team_works_on_the_holidays_on_which_the_house_does_unless_it_names_its_own() -> None:
    hours = load("""
        time_zone: Asia/Dhaka
        holidays: {country: BD}
        week: {wed: ["09:00-21:00"]}
        open: ["2026-12-16"]
        teams: {same: {week: {wed: ["10:00-18:00"]}}, none: {open: []}}
    """)
    victory_day = moment("2026-12-16 06:00")
    assert [hours.is_open(team, victory_day) for team in ("any", "same", "none")] == [True, True, False]


def test_a_subdivision_has_its_own_holidays() -> None:
    text = "{{time_zone: Europe/Berlin, holidays: {{country: DE, subdivision: {}}}, week: {{tue: 09:00-18:00}}}}"
    epiphany = moment("2026-01-06 10:00")
    assert [load(text.format(code)).is_open("any", epiphany) for code in ("BY", "BE")] == [False, True]


def test_a_holiday_closes_the_night_shift_that_begins_on_it_and_not_the_one_that_runs_into_it() -> None:
    week = ", ".join(f"{day}: 22:00-06:00" for day in DAYS)
    hours = load(f"{{time_zone: Asia/Dhaka, holidays: {{country: BD}}, week: {{{week}}}}}")
    # by Dhaka's clock from the 15th at 22:00 into the holiday until 06:00, then again from the 17th
    assert open_periods(hours, "2026-12-15", 3) == ["15 16:00 - 16 00:00", "17 16:00 - 18 00:00"]


def test_a_leap_day_is_a_day_like_any_other() -> None:
    week = ", ".join(f"{day}: 09:00-10:00" for day in DAYS)
    hours = load(f"{{time_zone: UTC, week: {{{week}}}, teams: {{off: {{closed: [2028-02-29]}}}}}}")
    after_work = moment("2028-02-28 10:00")
    assert hours.opens("any", after_work) == moment("2028-02-29 09:00")
    assert hours.opens("off", after_work) == moment("2028-03-01 09:00")


# --- the clocks are changed: in Berlin from 2 to 3 on 29 March 2026, from 3 back to 2 on 25 October, at 1 in UTC ---


@pytest.mark.parametrize(
    ("week", "spring", "autumn"),
    [
        # over the change: an hour less, an hour more
        ("sun: 01:00-04:00", "29 00:00 - 29 02:00", "24 23:00 - 25 03:00"),
        ("sat: 22:00-06:00", "28 21:00 - 29 04:00", "24 20:00 - 25 05:00"),
        # at a time that is jumped over: at the jump; at one that comes twice: the first time
        ("sun: 02:30-10:00", "29 01:00 - 29 08:00", "25 00:30 - 25 09:00"),
        ("sat: 22:00-02:30", "28 21:00 - 29 01:00", "24 20:00 - 25 00:30"),
        # from and to the change itself
        ("sun: 03:00-04:00", "29 01:00 - 29 02:00", "25 02:00 - 25 03:00"),
        ("sun: 01:00-02:00", "29 00:00 - 29 01:00", "24 23:00 - 25 00:00"),
        # touching at a time that is jumped over or comes twice
        ("sun: [01:00-02:30, 02:30-04:00]", "29 00:00 - 29 02:00", "24 23:00 - 25 03:00"),
        # all within: none in spring, once and twice as long in autumn
        ("sun: 02:00-03:00", None, "25 00:00 - 25 02:00"),
        ("sun: 02:15-02:45", None, "25 00:15 - 25 00:45"),
    ],
)
def test_hours_follow_the_clocks_when_they_are_changed(week: str, spring: str | None, autumn: str) -> None:
    hours = load(f"{{time_zone: Europe/Berlin, week: {{{week}}}}}")
    assert open_periods(hours, "2026-03-28", 3) == ([spring] if spring else [])
    assert open_periods(hours, "2026-10-24", 3) == [autumn]


def test_hours_that_are_jumped_over_open_again_in_the_next_week() -> None:
    hours = load("{time_zone: Europe/Berlin, week: {sun: 02:00-03:00}}")
    assert hours.opens("any", moment("2026-03-28")) == moment("2026-04-05 00:00")


def test_opens_is_on_the_days_clock_before_and_after_the_change() -> None:
    week = ", ".join(f"{day}: 09:00-17:00" for day in DAYS)
    hours = load(f"{{time_zone: Europe/Berlin, week: {{{week}}}}}")
    nights = ("2026-03-28 20:00", "2026-03-29 20:00", "2026-10-24 20:00", "2026-10-25 20:00")
    openings = [hours.opens("any", moment(night)) for night in nights]
    assert openings == [
        moment(at) for at in ("2026-03-29 07:00", "2026-03-30 07:00", "2026-10-25 08:00", "2026-10-26 08:00")
    ]


def test_a_midnight_that_is_jumped_over_begins_the_day_at_the_jump() -> None:
    hours = load("{time_zone: America/Santiago, week: {sun: 00:00-02:00}}")
    # on 6 September 2026 it is 24:00, then 01:00
    assert open_periods(hours, "2026-09-05", 3) == ["06 04:00 - 06 05:00"]


def test_a_day_that_a_zone_leaves_out_has_no_hours() -> None:
    hours = load("{time_zone: Pacific/Apia, week: {thu: 09:00-17:00, fri: 09:00-17:00, sat: 09:00-17:00}}")
    # Samoa went from Thursday 29 to Saturday 31 December 2011
    assert open_periods(hours, "2011-12-29", 3) == ["29 19:00 - 30 03:00", "30 19:00 - 31 03:00"]


def test_a_midnight_that_comes_twice_begins_the_day_once_and_for_good() -> None:
    hours = load("{time_zone: America/St_Johns, week: {sun: 00:00-02:00}}")
    # on 7 November 2010 the clocks went from 00:01 back to 23:01, to Saturday again
    assert open_periods(hours, "2010-11-06", 3) == ["07 02:30 - 07 05:30"]


# --- properties ---

ZONES = (
    "Asia/Dhaka",
    "Europe/Berlin",
    "America/St_Johns",  # half past, and in 2010 and 2011 changed at one minute past midnight
    "America/Havana",
    "America/Santiago",
    "Africa/Cairo",
    "Australia/Lord_Howe",  # changed by half an hour
    "Pacific/Apia",
)
Week = dict[int, list[tuple[int, int]]]


@cache
def changes(zone: str) -> list[datetime]:
    """The hours (UTC) from 2010 to 2030 in which the zone's clocks are changed."""

    def found(start: datetime, step: timedelta, count: int) -> list[datetime]:
        asked = [start + number * step for number in range(count)]
        offsets = [at.astimezone(ZoneInfo(zone)).utcoffset() for at in asked]
        return [at for at, offset, following in zip(asked, offsets, offsets[1:], strict=False) if offset != following]

    days = found(moment("2010-01-01"), timedelta(days=1), 20 * 365)
    return [hour for day in days for hour in found(day, timedelta(hours=1), 25)]


@st.composite
def moments(draw: st.DrawFn, zone: str) -> datetime:
    """Any moment, or one near a change of the zone's clocks."""
    near = draw(st.booleans())
    if near and changes(zone):
        minutes = draw(st.one_of(st.integers(-90, 150), st.integers(-2880, 2880)))
        return draw(st.sampled_from(changes(zone))) + minutes * MINUTE
    return draw(st.datetimes(datetime(2010, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)))


@st.composite
def weeks(draw: st.DrawFn) -> Week:
    """By day from Monday: shifts in minutes from its midnight, not overlapping, some touching, some into the morrow."""
    points = sorted(draw(st.sets(st.integers(0, 7 * 48 - 1), max_size=14)))
    week: Week = {}
    for begin, end in zip(points, [*points[1:], *(point + 7 * 48 for point in points[:1])], strict=True):
        midnight = begin // 48 * 48
        whole_day = begin == midnight and end == midnight + 48
        if draw(st.booleans()) and (end - begin < 48 or whole_day):
            week.setdefault(begin // 48, []).append(((begin - midnight) * 30, (end - midnight) * 30))
    return week


def written(week: Week) -> dict[str, list[str]]:
    def clock(minutes: int) -> str:
        return f"{minutes // 60:02}:{minutes % 60:02}"

    return {
        DAYS[day]: [f"{clock(begin)}-{clock(end if end <= 1440 else end - 1440)}" for begin, end in shifts]
        for day, shifts in week.items()
    }


def expected_open(zone: str, week: Week, days_off: set[date], at: datetime) -> bool:
    """By the latest time that the zone's clocks have shown in the last hours, going through every minute of them."""
    clock = ZoneInfo(zone)
    latest = max((at - number * MINUTE).astimezone(clock).replace(tzinfo=None) for number in range(3 * 60))
    for day in (latest.date() - timedelta(days=1), latest.date()):
        midnight = datetime.combine(day, time())
        for begin, end in week.get(day.weekday(), []):
            if day not in days_off and midnight + begin * MINUTE <= latest < midnight + end * MINUTE:
                return True
    return False


@settings(deadline=None)
@given(data=st.data(), zone=st.sampled_from(ZONES), week=weeks())
def test_hours_are_those_that_the_clock_has_shown_and_the_next_opening_is_the_first(
    data: st.DataObject, zone: str, week: Week
) -> None:
    at = data.draw(moments(zone))
    nearby = st.sets(st.integers(-2, 9), max_size=4)
    days_off = {at.date() + timedelta(days=number) for number in data.draw(nearby)}
    hours = load(yaml.safe_dump({"time_zone": zone, "week": written(week), "closed": sorted(days_off)}))
    assert hours.is_open("any", at) == expected_open(zone, week, days_off, at)

    opening = hours.opens("any", at)
    until = opening or at + timedelta(days=365)
    samples = [at + (until - at) * (number / 200) for number in range(200)]
    if opening == at:
        assert hours.is_open("any", at)
        return
    assert not any(hours.is_open("any", sample) for sample in samples)
    if opening is None:
        assert not week
        return
    assert at < opening
    assert hours.is_open("any", opening)
    assert not hours.is_open("any", opening - timedelta(microseconds=1))


@settings(deadline=None)
@given(week=weeks(), at=st.datetimes(datetime(2010, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)))
def test_public_holidays_only_take_hours_away(week: Week, at: datetime) -> None:
    text = {"time_zone": "Europe/Berlin", "week": written(week), "holidays": {"country": "DE"}}
    hours = load(yaml.safe_dump(text | {"teams": {"always": {"holidays": {}}}}))
    assert hours.is_open("any", at) <= hours.is_open("always", at)
    opening, without = hours.opens("any", at), hours.opens("always", at)
    assert (opening is None) == (without is None)
    assert opening is None or without is None or opening >= without
