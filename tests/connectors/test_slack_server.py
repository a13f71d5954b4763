"""The Slack on the loopback, asked by Slack's own client: it answers as documented, and misbehaves as it is told."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import aiohttp
import httpx
import pytest
from slack_events import SIGNING_SECRET, Sender, as_form, as_json
from slack_sdk.errors import SlackApiError
from slack_sdk.signature import SignatureVerifier
from slack_sdk.web.async_client import AsyncWebClient
from slack_server import (
    APP_TOKEN,
    BOT_TOKEN,
    CLIENT_ID,
    CLIENT_SECRET,
    CUT,
    DROP,
    GARBAGE,
    SlackServer,
    Throttled,
    Workspace,
    slack_server,
)


@pytest.fixture
def slack() -> Iterator[SlackServer]:
    with slack_server() as opened:
        yield opened


def client(slack: SlackServer, token: str = BOT_TOKEN) -> AsyncWebClient:
    return AsyncWebClient(token, base_url=slack.api, retry_handlers=[])


def button(**more: Any) -> dict[str, Any]:
    text = {"type": "plain_text", "text": "Yes"}
    return {"type": "actions", "elements": [{"type": "button", "text": text, "value": "1:0", **more}]}


def section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


async def test_a_post_is_kept_changed_and_taken_back(slack: SlackServer) -> None:
    asked = client(slack)
    who = await asked.auth_test()
    assert (who["team_id"], who["user_id"]) == ("T0NODI", "U0SHOHAY")
    made = await asked.chat_postMessage(channel="C1", text="hello", thread_ts="1.1", blocks=[section("hi"), button()])
    (kept,) = slack.posted("C1", "1.1")
    assert (kept.ts, kept.text, kept.shown) == (made["ts"], "hello", "hi")
    assert [one["value"] for one in kept.buttons] == ["1:0"]
    await asked.chat_update(channel="C1", ts=made["ts"], text="hello", blocks=[section("done")])
    assert (kept.shown, kept.buttons, kept.edits) == ("done", [], 1)
    await asked.chat_delete(channel="C1", ts=made["ts"])
    assert slack.posted() == []
    await asked.chat_postEphemeral(channel="C1", user="U1", text="psst")
    assert slack.posted() == [] and [one.text for one in slack.whispered("U1")] == ["psst"]
    assert [one.method for one in slack.calls][1:3] == ["chat.postMessage", "chat.update"]


@pytest.mark.parametrize(
    "blocks",
    [
        [section("x" * 3001)],
        [section("")],
        [section("x")] * 51,
        [{"type": "actions", "elements": [button()["elements"][0]] * 26}],
        [button(text={"type": "plain_text", "text": "x" * 76})],
        [button(text={"type": "mrkdwn", "text": "x"})],
        [button(value="x" * 2001)],
        [{"type": "section", "fields": [{"type": "mrkdwn", "text": "x"}] * 11}],
        [{"type": "hologram"}],
    ],
)
async def test_blocks_beyond_slacks_limits_are_refused(slack: SlackServer, blocks: Any) -> None:
    with pytest.raises(SlackApiError) as refused:
        await client(slack).chat_postMessage(channel="C1", text="x", blocks=blocks)
    assert refused.value.response["error"] == "invalid_blocks"
    assert slack.posted() == []


async def test_a_wrong_token_an_archived_channel_and_no_words_are_refused(slack: SlackServer) -> None:
    slack.gone["C2"] = "is_archived"
    cases: list[tuple[str, dict[str, Any], str]] = [
        ("xoxb-guess", {"channel": "C1", "text": "x"}, "invalid_auth"),
        (BOT_TOKEN, {"channel": "C2", "text": "x"}, "is_archived"),
        (BOT_TOKEN, {"channel": "nowhere", "text": "x"}, "channel_not_found"),
        (BOT_TOKEN, {"channel": "C1", "text": ""}, "no_text"),
        (BOT_TOKEN, {"channel": "C1", "text": "x" * 40_001}, "msg_too_long"),
    ]
    for token, given, error in cases:
        with pytest.raises(SlackApiError) as refused:
            await client(slack, token).chat_postMessage(**given)
        assert refused.value.response["error"] == error
    assert slack.posted() == [] and len(slack.calls) == len(cases)


async def test_it_fails_as_it_is_told_and_then_works_again(slack: SlackServer) -> None:
    asked = client(slack)
    plan = [Throttled(7), "fatal_error", 500, DROP, CUT, GARBAGE]
    slack.plan("chat.postMessage", *plan, channel="C1")
    with pytest.raises(SlackApiError) as throttled:
        await asked.chat_postMessage(channel="C1", text="0")
    assert throttled.value.response.status_code == 429 and throttled.value.response.headers["Retry-After"] == "7"
    for number, error in enumerate((SlackApiError, SlackApiError, aiohttp.ClientError, aiohttp.ClientError, Exception)):
        with pytest.raises(error):
            await asked.chat_postMessage(channel="C1", text=str(number + 1))
    await asked.chat_postMessage(channel="C2", text="elsewhere")
    await asked.chat_postMessage(channel="C1", text="last")
    # what was taken although nobody was told so
    assert [one.text for one in slack.posted("C1")] == ["3", "5", "last"]


async def test_a_channel_takes_no_more_than_its_rate(slack: SlackServer) -> None:
    slack.per_second, asked = 1, client(slack)
    await asked.chat_postMessage(channel="C1", text="1")
    await asked.chat_postMessage(channel="C2", text="1")
    with pytest.raises(SlackApiError) as refused:
        await asked.chat_postMessage(channel="C1", text="2")
    assert refused.value.response.headers["Retry-After"] == "1"


def test_a_file_is_for_who_has_the_token(slack: SlackServer) -> None:
    shared = Sender(slack).shared("look", ("F1", "photo.png", b"\x89PNG"))
    url = shared["event"]["files"][0]["url_private"]
    assert httpx.get(url, headers={"authorization": f"Bearer {BOT_TOKEN}"}).content == b"\x89PNG"
    assert b"Sign in" in httpx.get(url).content


async def test_an_installation_gives_the_token_of_its_workspace_once(slack: SlackServer) -> None:
    other = Workspace("T0OTHER", "Other", "U0OTHERBOT", "B0OTHERBOT", "xoxb-other")
    slack.codes["code"] = other
    asked = AsyncWebClient(base_url=slack.api, retry_handlers=[])
    given = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "code": "code"}
    assert (await asked.oauth_v2_access(**given))["access_token"] == "xoxb-other"
    with pytest.raises(SlackApiError):
        await asked.oauth_v2_access(**given)
    assert (await client(slack, "xoxb-other").auth_test())["team_id"] == "T0OTHER"


async def test_socket_mode_hands_out_envelopes_and_hears_what_was_acknowledged(slack: SlackServer) -> None:
    asked = AsyncWebClient(base_url=slack.api, retry_handlers=[])
    opened = await asked.apps_connections_open(app_token=APP_TOKEN)
    async with aiohttp.ClientSession() as session, session.ws_connect(opened["url"]) as socket:
        assert (await socket.receive_json())["type"] == "hello"
        envelope_id = slack.emit(Sender(slack).message("hello"))
        envelope = await socket.receive_json()
        assert envelope["envelope_id"] == envelope_id and envelope["payload"]["event"]["text"] == "hello"
        await socket.send_json({"envelope_id": envelope_id})
        slack.refresh()
        assert (await socket.receive_json())["type"] == "disconnect"
    assert slack.acknowledged == [envelope_id]


def test_requests_are_signed_as_slack_signs(slack: SlackServer) -> None:
    verifier = SignatureVerifier(SIGNING_SECRET)
    sender = Sender(slack)
    for signed in (as_json(sender.message("hello")), as_form(sender.verification())):
        assert verifier.is_valid_request(signed.body, signed.headers)
        assert verifier.is_valid_request(signed.again(2).body, signed.again(2).headers)
        assert signed.again(2).headers["x-slack-retry-num"] == "2"
    old = as_json(sender.message("hello"), at=time.time() - 301)
    assert not verifier.is_valid_request(old.body, old.headers)
    forged = as_json(sender.message("hello"), secret="guess")
    assert not verifier.is_valid_request(forged.body, forged.headers)


def test_the_same_message_may_come_under_two_event_ids_and_as_a_mention(slack: SlackServer) -> None:
    sender = Sender(slack, channel="C1")
    first = sender.message("hi")
    again = sender.event(first["event"])
    assert first["event_id"] != again["event_id"] and first["event"] == again["event"]
    mention = sender.mention("{me} hi", ts=first["event"]["ts"])
    assert mention["event"]["text"] == "<@U0SHOHAY> hi" and mention["event"]["ts"] == first["event"]["ts"]
    assert json.loads(as_json(mention).body)["event"]["type"] == "app_mention"
