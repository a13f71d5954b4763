"""The setting of agents who answer from Slack: channels of teams that there are, or what to write instead."""

from __future__ import annotations

import pytest

from app import slack_desk
from app.settings import ROOT, BadSettings, load
from handoff.desk.linking import Links
from handoff.queue_rules import QueueRules

RULES = QueueRules.load(ROOT / "data" / "handoff.yml")
SLACK = {"SHOHAY_SLACK_BOT_TOKEN": "xoxb-1", "SHOHAY_SLACK_SIGNING_SECRET": "abc"}


def name(monkeypatch: pytest.MonkeyPatch, **values: str) -> None:
    for key, value in values.items():
        monkeypatch.setenv(key, value)


def test_without_the_setting_nobody_works_in_slack(monkeypatch: pytest.MonkeyPatch) -> None:
    name(monkeypatch, **SLACK)
    assert slack_desk.outside(load(), "secret", RULES) is None


def test_teams_have_their_channels_and_links_lead_to_the_public_address(monkeypatch: pytest.MonkeyPatch) -> None:
    channels = "payments=C0456, C0123"
    name(monkeypatch, SHOHAY_SLACK_DESK_CHANNELS=channels, SHOHAY_PUBLIC_URL="https://help.shop.example", **SLACK)
    found = slack_desk.outside(load(), "secret", RULES)
    assert found is not None
    assert (found.place("payments"), found.place("support")) == ("C0456", "C0123")
    assert found.desk_url("1") == "https://help.shop.example/desk/conversations/1"
    base, _, token = found.link_url("T1:U1", "rahim").partition("?token=")
    assert base == "https://help.shop.example/desk/link"
    claimed = Links("secret").read(token)
    assert claimed is not None and (claimed.channel, claimed.address, claimed.name) == ("slack", "T1:U1", "rahim")
    assert Links("another").read(token) is None


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"SHOHAY_SLACK_DESK_CHANNELS": "#support", **SLACK}, "SHOHAY_SLACK_DESK_CHANNELS: name channels by their ids"),
        ({"SHOHAY_SLACK_DESK_CHANNELS": "C0123"}, "SHOHAY_SLACK_DESK_CHANNELS: set SHOHAY_SLACK_BOT_TOKEN too"),
    ],
)
def test_what_cannot_be_used_is_named(monkeypatch: pytest.MonkeyPatch, values: dict[str, str], said: str) -> None:
    name(monkeypatch, **values)
    with pytest.raises(BadSettings, match=said):
        load()


def test_a_team_that_is_none_is_named_with_those_that_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    name(monkeypatch, SHOHAY_SLACK_DESK_CHANNELS="returns=C0123", **SLACK)
    with pytest.raises(BadSettings, match=r"there is no team returns; data/handoff\.yml has support, payments"):
        slack_desk.outside(load(), "secret", RULES)
