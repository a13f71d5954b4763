"""What each of Slack's payloads says to us, and that nothing else than messages or a BadRequest comes of any JSON."""

from __future__ import annotations

import contextlib
import copy
import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from slack_events import SIGNING_SECRET, as_form, as_json
from slack_testing import PAYLOADS, payload, request

from connectors.base import BadRequest, Inbound, Request
from connectors.slack.connector import Slack
from connectors.slack.workspaces import Workspaces
from handoff.incoming import Changed, Incoming, Offered

SLACK = Slack(SIGNING_SECRET, Workspaces("xoxb-x"), httpx.AsyncClient())
TEAM, USER = "T061EG9R6", "T061EG9R6:U2147483697"
DM = f"{TEAM}:D024BE91L"
CHANNEL = f"{TEAM}:C2147483705"
TS, THREAD = "1732233600.000200", "1732233500.000100"
URL = f"https://files.slack.com/files-pri/{TEAM}"


def said(text: str, address: str = DM, **more: Any) -> Incoming:
    channel = ":".join(address.split(":")[:2])
    known = {"key": f"{channel}:{TS}", "person": USER, "ask_name": True, "provider_id": TS}
    return Incoming("slack", address=address, text=text, **{**known, **more})


def pressed(address: str, channel: str, **more: Any) -> Incoming:
    key = f"{channel}:1732233600.000900:4:1"
    return Incoming("slack", key=key, address=address, button=(4, 1), person=USER, ask_name=True, **more)


def changed(text: str, address: str = DM) -> Changed:
    key = f"{':'.join(address.split(':')[:2])}:{TS}:1732233700.000000"
    return Changed("slack", address, TS, text, key, at=datetime(2024, 11, 22, 0, 1, 40, tzinfo=UTC))


def taken_back() -> Changed:
    return Changed("slack", DM, TS, None, key=f"{DM}:{TS}:taken_back")


OWN_THREAD = f"{CHANNEL}:{TS}:U2147483697"
IN_THREAD = f"{CHANNEL}:{THREAD}:U2147483697"
EXPECTED: dict[str, list[Inbound]] = {
    "message_im": [said("How much is delivery?")],
    "message_im_bengali": [said("ডেলিভারি চার্জ কত?")],
    "message_im_email_link": [said("it is amina@example.com, my site nodi.example")],
    "message_im_escaped": [said("is 2 < 3 && 4 > 3? &lt; https://nodi.example/a?b=1&c=2")],
    "message_im_mentions": [said("ask @U0OTHER1 in #orders @here 18 Feb 2014")],
    "message_im_thread": [said("and this one?", f"{DM}:{THREAD}")],
    "message_im_emoji": [said(":tada: :heart:")],
    "message_im_zero_width": [said("\u200b\u200d\ufeff")],
    "message_im_rtl_override": [said("invoice\u202efdp.exe")],
    "message_im_huge": [said("a" * 12_000)],
    "message_im_me": [said("waits for the parcel")],
    "message_channel_unasked": [],
    "message_channel_mention": [said("where is my order 10001?", OWN_THREAD)],
    "message_channel_thread": [said("amina@example.com", IN_THREAD, opens=False)],
    "message_channel_thread_broadcast": [said("thanks!", IN_THREAD, opens=False)],
    "message_group_dm_mention": [said("hello", f"{TEAM}:G024BE91L:{TS}:U2147483697")],
    "app_mention": [said("where is my order 10001?", OWN_THREAD)],
    "app_mention_in_thread": [said("Hey, are you there?", IN_THREAD)],
    "app_mention_bare": [said("", OWN_THREAD, command="start")],
    "message_changed": [changed("Where is order 10002")],
    "message_changed_thread": [changed("Where is order 10002", IN_THREAD)],
    "message_changed_unfurled": [],
    "message_changed_tombstone": [taken_back()],
    "message_changed_own": [],
    "message_deleted": [taken_back()],
    "message_deleted_own": [],
    "file_share": [
        said(
            "it came broken",
            files=(Offered(f"{TEAM} F2147483862 {URL}-F2147483862/broken_cup.jpg", "broken cup.jpg", 144538),),
        )
    ],
    "file_share_without_words": [
        said(
            "",
            files=(
                Offered(f"{TEAM} F1AAAAAAA {URL}-F1AAAAAAA/a.png", "a.png", 900),
                Offered(f"{TEAM} F2BBBBBBB {URL}-F2BBBBBBB/b.pdf", "b.pdf", 1200),
            ),
        )
    ],
    "file_share_voice": [said("", unsupported="voice")],
    "file_share_video": [said("", unsupported="video")],
    "file_share_external": [said("", unsupported="other")],
    "file_share_other_workspace": [said("see", files=(Offered(f"{TEAM} F6FFFFFFF", "c.png"),))],
    "file_share_own": [],
    "message_shared": [said("", unsupported="other")],
    "bot_message": [],
    "message_own": [],
    "message_slackbot": [],
    "channel_join": [],
    "shared_channel": [said("hello", OWN_THREAD)],
    "reaction_added": [],
    "app_home_opened": [],
    "app_uninstalled": [],
    "tokens_revoked": [],
    "url_verification": [],
    "block_actions": [pressed(DM, DM)],
    "block_actions_thread": [pressed(IN_THREAD, CHANNEL, opens=False)],
    "block_actions_of_somebody_else": [],
    "block_actions_foreign": [],
    "block_actions_bad_value": [],
    "view_submission": [],
}
NAMES = sorted(path.stem for path in PAYLOADS.glob("*.json"))


def parse(body: object) -> list[Inbound]:
    return list(SLACK.parse(Request(json.dumps(body).encode(), {"content-type": "application/json"}), "slack"))


def test_every_payload_has_its_meaning_written_down() -> None:
    assert sorted(EXPECTED) == NAMES and len(NAMES) > 40


@pytest.mark.parametrize("name", NAMES)
def test_what_a_payload_says_as_json_and_as_a_form(name: str) -> None:
    body = payload(name)
    for signed in (as_json(body), as_form(body)):
        assert list(SLACK.parse(request(signed), SLACK.verify(request(signed)))) == EXPECTED[name]


def test_a_mention_and_its_message_are_the_same_message() -> None:
    assert parse(payload("app_mention")) == parse(payload("message_channel_mention"))


BAD = [
    b"",
    b"null",
    b"[]",
    b'"text"',
    b"7",
    b"{",
    b"\xff\xfe",
    b"payload=",
    b"payload=%7B",
    b"payload=[]",
    b"text=hello",
    b"[" * 100_000,
    b'{"a":' * 100_000,
    b'{"type": 7}',
    b'{"type": "event_callback", "event": []}',
    b'{"type": "event_callback", "event": {"type": ["message"]}}',
    b'{"type": "event_callback", "event": {"type": "message", "user": "U1"}}',
    b'{"type": "event_callback", "team_id": "T1", "event": {"type": "message", "user": "U1", "channel": "D1"}}',
    b'{"type": "block_actions", "actions": [{"action_id": "choice:1", "value": 7}]}',
]


@pytest.mark.parametrize("body", BAD)
def test_what_is_no_request_of_slack_is_a_bad_request(body: bytes) -> None:
    with pytest.raises(BadRequest):
        SLACK.parse(Request(body, {}), "slack")


def test_ids_times_and_texts_that_cannot_be_are_bad_requests() -> None:
    cases = {
        "channel": ["d1", "D1:D2", "D" * 41, 7, None, {}],
        "ts": ["now", "1.2.3", "1", "-1.0", 1732233600.0002, ""],
        "user": ["<@U1>", "U 1", 7, []],
        "thread_ts": ["later", 5],
        "text": ["\ud800", "a\x00b", 7, ["hello"]],
        "files": ["F1", [7], [{"id": 7}], [{}]],
    }
    for name, values in cases.items():
        for value in values:
            body = payload("message_im")
            body["event"][name] = value
            if name == "text" and isinstance(value, str):
                body["event"].pop("blocks")
            with pytest.raises(BadRequest):
                parse(body)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


def is_fit(brought: list[Inbound]) -> bool:
    return all(isinstance(one, Incoming | Changed) and len(one.address) <= 200 for one in brought) and all(
        len(one.key or "") <= 200 and (isinstance(one, Changed) or len(one.person or "") <= 100) for one in brought
    )


@given(JSON)
def test_of_any_json_come_messages_or_a_bad_request_and_nothing_else(body: Any) -> None:
    for raw in (json.dumps(body).encode(), urlencode({"payload": json.dumps(body)}).encode()):
        with contextlib.suppress(BadRequest):
            assert is_fit(list(SLACK.parse(Request(raw, {}), "slack")))


@given(st.sampled_from(NAMES), st.data())
def test_of_a_payload_with_anything_in_any_place_come_messages_or_a_bad_request(name: str, data: st.DataObject) -> None:
    body = copy.deepcopy(payload(name))
    for _ in range(data.draw(st.integers(1, 3))):
        _replace_one(body, data)
    with contextlib.suppress(BadRequest):
        assert is_fit(parse(body))


@given(st.binary(max_size=200), st.sampled_from(["", "application/json", "application/x-www-form-urlencoded"]))
def test_of_any_bytes_too(body: bytes, content_type: str) -> None:
    with contextlib.suppress(BadRequest):
        assert is_fit(list(SLACK.parse(Request(body, {"content-type": content_type}), "slack")))


def _replace_one(node: Any, data: st.DataObject) -> None:
    """Puts something else, or nothing, in some place of it."""
    while True:
        keys = list(node) if isinstance(node, dict) else list(range(len(node)))
        if not keys:
            return
        key = data.draw(st.sampled_from(keys))
        inner = node[key]
        if not isinstance(inner, dict | list) or not inner or data.draw(st.booleans()):
            if isinstance(node, dict) and data.draw(st.booleans()):
                del node[key]
            else:
                node[key] = data.draw(JSON)
            return
        node = inner
