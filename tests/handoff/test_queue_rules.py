"""`data/handoff.yml`: how urgent, whose, by when; and every mistake in it told with its mend."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from running import ROOT

from handoff.queue_rules import QueueRules, Target

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
RULES = """
default_priority: 1
priorities: {complaint: 3, bot_failed: 2}
raise_minutes: 10
targets:
  3: {first_response: 5, next_response: 4}
  2: {first_response: 10, next_response: 10}
  1: {first_response: 15, next_response: 0.5}
warn_percent: 70
any_agent_after_seconds: 60
skills: {double_charged: payments}
teams:
  support: {title: Support}
  payments: {title: Payments, assign: auto, reasons: [double_charged]}
"""


def load(tmp_path: Path, text: str = RULES) -> QueueRules:
    path = tmp_path / "handoff.yml"
    path.write_text(text, encoding="utf-8")
    return QueueRules.load(path)


def test_each_reason_has_its_priority_its_team_and_its_targets(tmp_path: Path) -> None:
    rules = load(tmp_path)
    assert [rules.priority(reason) for reason in ("complaint", "bot_failed", "anything else")] == [3, 2, 1]
    assert [rules.team(reason) for reason in ("double_charged", "complaint", "anything else")] == [
        "payments",
        "support",
        "support",
    ]
    assert rules.target(3) == Target(timedelta(minutes=5), timedelta(minutes=4))
    assert rules.target(1).next_response == timedelta(seconds=30)
    assert (rules.teams["payments"].assign, rules.teams["support"].assign) == ("auto", "pull")
    assert rules.any_agent_after == timedelta(seconds=60)


def test_a_priority_without_a_line_has_the_next_lower_ones_target(tmp_path: Path) -> None:
    rules = load(tmp_path)
    assert rules.target(4) == rules.target(99) == rules.target(3)
    assert rules.target(0) == rules.target(1)
    gap = load(
        tmp_path, RULES.replace("  2: {first_response: 10, next_response: 10}\n", "").replace("failed: 2", "failed: 1")
    )
    assert gap.target(2) == gap.target(1)


def test_waiting_counts_as_much_as_priority_so_nobody_is_overtaken_for_ever(tmp_path: Path) -> None:
    rules = load(tmp_path)
    urgent = rules.rank(3, NOW)
    assert rules.rank(1, NOW) > urgent
    assert rules.rank(1, NOW - timedelta(minutes=19)) > urgent
    assert rules.rank(1, NOW - timedelta(minutes=21)) < urgent
    assert rules.rank(2, NOW) == rules.rank(1, NOW - timedelta(minutes=10))


@given(
    st.tuples(st.integers(0, 9), st.integers(0, 10_000)),
    st.tuples(st.integers(0, 9), st.integers(0, 10_000)),
)
def test_of_two_requests_the_more_urgent_and_the_older_is_never_behind(
    one: tuple[int, int], other: tuple[int, int]
) -> None:
    rules = QueueRules.load(ROOT / "data" / "handoff.yml")
    if one[0] >= other[0] and one[1] >= other[1]:
        ranks = [rules.rank(priority, NOW - timedelta(seconds=age)) for priority, age in (one, other)]
        assert ranks[0] <= ranks[1]


def test_the_warning_comes_when_the_named_share_of_the_time_has_gone(tmp_path: Path) -> None:
    rules = load(tmp_path)
    deadline = NOW + timedelta(minutes=10)
    assert rules.warn_from("first", 2, deadline) == NOW + timedelta(minutes=7)
    assert rules.warn_from("next", 3, NOW) == NOW - timedelta(seconds=72)


@pytest.mark.parametrize(
    ("wrong", "right", "told"),
    [
        ("  3: {first_response: 5, next_response: 4}\n", "", r"no line for priority 3; add one"),
        ("  1: {first_response: 15, next_response: 0.5}\n", "", r"no line for priority 1; add one"),
        ("first_response: 5, next_response: 4", "first_response: 5", r"priority 3 must name first_response and next"),
        ("first_response: 5", "first_response: 0", r"first_response must be above 0"),
        ("raise_minutes: 10", "raise_minutes: -1", r"raise_minutes must be above 0"),
        ("warn_percent: 70", "warn_percent: 100", r"warn_percent must be below 100"),
        ("assign: auto", "assign: magic", r"team payments: assign is 'magic'; write auto or pull"),
        ("{title: Support}", "[support]", r"team support is not of the form"),
        ("{title: Support}", "{title: Support, reasons: [double_charged]}", r"both support and payments take double"),
    ],
)
def test_what_cannot_be_used_is_named(tmp_path: Path, wrong: str, right: str, told: str) -> None:
    assert wrong in RULES
    with pytest.raises(ValueError, match=told):
        load(tmp_path, RULES.replace(wrong, right))


def test_a_file_without_teams_is_told(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="teams names none; add one"):
        load(tmp_path, RULES[: RULES.index("teams:")] + "teams: {}\n")
    with pytest.raises(KeyError, match="teams"):
        load(tmp_path, RULES[: RULES.index("teams:")])


def test_the_shops_own_rules_can_be_used_and_put_damage_before_a_plain_wish() -> None:
    rules = QueueRules.load(ROOT / "data" / "handoff.yml")
    assert rules.priority("damaged_item") > rules.priority("bot_failed") > rules.priority("human_agent")
    targets = [rules.target(rules.priority(reason)) for reason in ("damaged_item", "human_agent")]
    assert targets[0].first_response < targets[1].first_response
    assert rules.team("double_charged") == "payments"
    assert rules.team("human_agent") == next(iter(rules.teams)) == "support"
