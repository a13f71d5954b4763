"""Quiet hours, read from the file and kept by anybody's clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handoff.quiet import Quiet

NIGHT = Quiet(21 * 60, 8 * 60)
NOON = Quiet(13 * 60, 15 * 60)
DHAKA, BERLIN = ZoneInfo("Asia/Dhaka"), ZoneInfo("Europe/Berlin")


def at(text: str, zone: ZoneInfo) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


@pytest.mark.parametrize(
    ("quiet", "moment", "until"),
    [
        (NIGHT, "2026-11-22T20:59", None),
        (NIGHT, "2026-11-22T21:00", "2026-11-23T08:00"),
        (NIGHT, "2026-11-22T23:59", "2026-11-23T08:00"),
        (NIGHT, "2026-11-23T00:00", "2026-11-23T08:00"),
        (NIGHT, "2026-11-23T07:59", "2026-11-23T08:00"),
        (NIGHT, "2026-11-23T08:00", None),
        (NOON, "2026-11-23T12:59", None),
        (NOON, "2026-11-23T13:00", "2026-11-23T15:00"),
        (NOON, "2026-11-23T15:00", None),
        (NOON, "2026-11-23T02:00", None),
    ],
)
def test_it_is_over_when_the_clock_of_the_zone_says_so(quiet: Quiet, moment: str, until: str | None) -> None:
    for zone in (DHAKA, BERLIN):
        expected = at(until or moment, zone)
        assert quiet.over(at(moment, zone), zone) == expected
        assert quiet.over(at(moment, zone).astimezone(UTC), zone) == expected


def test_the_same_moment_is_quiet_for_one_and_not_for_another() -> None:
    moment = at("2026-11-22T22:00", DHAKA)
    assert NIGHT.over(moment, DHAKA) > moment
    assert NIGHT.over(moment, BERLIN) == moment


@given(
    begins=st.integers(0, 1439),
    ends=st.integers(0, 1439),
    moment=st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)),
    zone=st.sampled_from([DHAKA, BERLIN, ZoneInfo("America/New_York"), ZoneInfo("Australia/Lord_Howe")]),
)
def test_it_ends_within_a_day_and_what_comes_out_is_never_quiet(
    begins: int, ends: int, moment: datetime, zone: ZoneInfo
) -> None:
    if begins == ends:
        return
    quiet, now = Quiet(begins, ends), moment.replace(tzinfo=UTC)
    over = quiet.over(now, zone)
    assert now <= over <= now + timedelta(hours=26)
    assert quiet.over(over, zone) == over


def test_the_file_may_leave_it_out_or_name_two_times() -> None:
    assert Quiet.of(None) is None
    assert Quiet.of({"from": "21:00", "to": "08:00"}) == NIGHT


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ({"from": 1260, "to": "08:00"}, "in quotes"),
        ({"from": "21", "to": "08:00"}, "from must be a time"),
        ({"from": "24:00", "to": "08:00"}, "from must be a time"),
        ({"from": "21:00", "to": "8:60"}, "to must be a time"),
        ({"from": "21:00"}, "must be of the form"),
        ({"from": "21:00", "to": "08:00", "zone": "UTC"}, "must be of the form"),
        ({"from": "21:00", "to": "21:00"}, "ends when it begins"),
        ("21:00-08:00", "must be of the form"),
        ([], "must be of the form"),
    ],
)
def test_what_cannot_be_used_is_told_with_its_mend(raw: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Quiet.of(raw)
