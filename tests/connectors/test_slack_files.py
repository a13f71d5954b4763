"""Files of agents in Slack: uploaded, shared once, seen in the chat; what each of the steps says decides."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
from file_samples import jpeg, pdf
from slack_server import CUT, DROP, GARBAGE, HANG, SlackServer, Throttled
from slack_testing import connected, message

from connectors.base import OutboundFile, OutboundMessage, Rejected, RetryAfter, SendResult, Sent, Unknown
from connectors.slack import uploads
from connectors.slack.connector import Slack
from connectors.slack.workspaces import Workspaces
from handoff.messages import Button

BEGIN, UPLOAD, SHARE, LOOK = "files.getUploadURLExternal", "upload", "files.completeUploadExternal", "files.info"
CUP = OutboundFile("ভাঙা কাপ.jpg", "image/jpeg", jpeg())
BILL = OutboundFile("bill.pdf", "application/pdf", pdf())


@pytest.fixture
async def slack(slack_there: SlackServer, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Slack]:
    monkeypatch.setattr(uploads, "LOOKED_FOR_SECONDS", 1.0)
    monkeypatch.setattr(uploads, "LOOK_AGAIN_SECONDS", 0.05)
    async with connected(slack_there) as opened:
        yield opened


def with_files(text: str, *files: OutboundFile, **more: Any) -> OutboundMessage:
    return message(text, **{"author": "agent", "author_name": "Rahim", "files": files, **more})


async def test_a_file_is_shared_with_the_words_above_it_in_the_chat_or_the_thread(
    slack: Slack, slack_there: SlackServer
) -> None:
    text = "See <this> & https://nodi.example/a?b=1&c=2"
    result = await slack.send(with_files(text, CUP))
    (posted,) = slack_there.posted("D0AMINA")
    assert result == Sent(posted.ts) and posted.files == [(CUP.name, CUP.content)]
    assert posted.text == "*Rahim*\nSee &lt;this&gt; &amp; <https://nodi.example/a?b=1&amp;c=2>"
    await slack.send(with_files("", BILL, address="T0NODI:C1:1.1:U0AMINA"))
    (threaded,) = slack_there.posted("C1", "1.1")
    assert (threaded.text, threaded.files) == ("*Rahim*", [("bill.pdf", BILL.content)])


async def test_what_is_said_and_what_a_file_is_called_stand_in_no_address(
    slack: Slack, slack_there: SlackServer
) -> None:
    await slack.send(with_files("between us", replace(CUP, name="secret.jpg")))
    asked = [one.address for one in slack_there.calls]
    assert len(asked) >= 3
    assert not any(word in one for one in asked for word in ("between", "secret", "xoxb"))


async def test_words_that_need_blocks_come_before_the_file(slack: Slack, slack_there: SlackServer) -> None:
    buttons = (Button("Yes", "/affirm"),)
    await slack.send(with_files("choose", CUP, BILL, buttons=buttons))
    await slack.send(with_files("A sentence of many. " * 400, CUP))
    said = [(len(one.buttons), [name for name, _ in one.files]) for one in slack_there.posted()]
    assert said == [(1, []), (0, [CUP.name]), (0, ["bill.pdf"]), (0, []), (0, [CUP.name])]
    assert "Rahim" in slack_there.posted()[0].shown and slack_there.posted()[1].text == ""


async def test_what_is_said_next_comes_after_a_file_that_slack_shows_late(
    slack: Slack, slack_there: SlackServer
) -> None:
    slack_there.shown_after = 0.4
    assert isinstance(await slack.send(with_files("one moment", CUP)), Sent)
    assert isinstance(await slack.send(message("and now?")), Sent)
    assert [one.shown for one in slack_there.posted()] == ["*Rahim*\none moment", "and now?"]


async def test_a_file_that_slack_took_and_never_showed_is_unknown(slack: Slack, slack_there: SlackServer) -> None:
    slack_there.shown_after = None
    result = await slack.send(with_files("here", CUP))
    assert result == Unknown("Slack took the file and has not shown it yet")
    assert slack_there.posted() == [] and len(slack_there.called(SHARE)) == 1


@pytest.mark.parametrize("trouble", [Throttled(1), 503, CUT, GARBAGE], ids=str)
async def test_looking_for_a_file_goes_on_when_slack_does_not_answer(
    slack: Slack, slack_there: SlackServer, trouble: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "LOOKED_FOR_SECONDS", 5.0)
    slack_there.plan(LOOK, trouble, trouble)
    result = await slack.send(with_files("here", CUP))
    assert result == Sent(slack_there.posted()[0].ts)
    assert len(slack_there.called(SHARE)) == 1


async def test_a_file_that_cannot_be_looked_for_was_taken_all_the_same(slack: Slack, slack_there: SlackServer) -> None:
    slack_there.plan(LOOK, "missing_scope")
    assert await slack.send(with_files("here", CUP)) == Sent()


async def test_a_file_that_slack_wants_to_be_asked_for_much_later_was_taken_and_is_not_asked_for_again(
    slack: Slack, slack_there: SlackServer
) -> None:
    slack_there.plan(LOOK, Throttled(30))
    assert await slack.send(with_files("here", CUP)) == Sent()
    assert len(slack_there.called(LOOK)) == 1


@pytest.mark.parametrize(
    ("trouble", "kind"), [("missing_scope", Rejected), (503, RetryAfter), (Throttled(3), RetryAfter)]
)
async def test_words_that_went_before_a_file_that_did_not_are_told_as_taken(
    slack: Slack, slack_there: SlackServer, trouble: Any, kind: type
) -> None:
    said = with_files("two of them", CUP, BILL)
    slack_there.plan(BEGIN, None, trouble)
    result = await slack.send(said)
    assert isinstance(result, kind) and result.parts == 1
    slack_there.plan(SHARE, DROP)
    result = await slack.send(replace(said, parts=1))
    assert isinstance(result, Unknown) and result.parts == 1


@pytest.mark.parametrize(
    ("step", "trouble", "result"),
    [
        # before it is shared nobody has seen anything
        (BEGIN, "missing_scope", Rejected("the app has not the scope files:write")),
        (BEGIN, Throttled(7), RetryAfter(7.0)),
        (BEGIN, 503, RetryAfter(1.0)),
        (BEGIN, DROP, RetryAfter(1.0)),
        (BEGIN, GARBAGE, RetryAfter(1.0)),
        (BEGIN, "invalid_auth", RetryAfter(60.0)),
        (BEGIN, "token_revoked", Rejected("token_revoked", gone=True)),
        (BEGIN, "file_upload_size_restricted", Rejected("file_upload_size_restricted")),
        (UPLOAD, 500, RetryAfter(1.0)),
        (UPLOAD, 429, RetryAfter(1.0)),
        (UPLOAD, CUT, RetryAfter(1.0)),
        (UPLOAD, 400, Rejected("HTTP 400 for the upload")),
        (SHARE, Throttled(7), RetryAfter(7.0)),
        (SHARE, "missing_scope", Rejected("the app has not the scope files:write")),
        (SHARE, "channel_not_found", Rejected("channel_not_found", gone=True)),
        (SHARE, "posting_to_channel_denied", Rejected("posting_to_channel_denied")),
        # from here on they may have
        (SHARE, 503, Unknown("HTTP 503")),
        (SHARE, DROP, Unknown("ServerDisconnectedError")),
        (SHARE, CUT, Unknown("ServerDisconnectedError")),
        (SHARE, "internal_error", Unknown("internal_error")),
    ],
    ids=str,
)
async def test_each_steps_answer_decides_and_nothing_is_shared_twice(
    slack: Slack, slack_there: SlackServer, step: str, trouble: Any, result: SendResult
) -> None:
    slack_there.plan(step, trouble)
    assert await slack.send(with_files("here", CUP)) == result
    assert len(slack_there.called(SHARE)) == (step == SHARE)
    assert len(slack_there.posted()) == (trouble == DROP and step == SHARE)


async def test_an_upload_that_takes_too_long_is_begun_anew(
    slack: Slack, slack_there: SlackServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "UPLOAD_SECONDS", 0.3)
    slack_there.plan(UPLOAD, HANG)
    assert await slack.send(with_files("here", CUP)) == RetryAfter(1.0)
    assert isinstance(await slack.send(with_files("here", CUP)), Sent)
    assert len(slack_there.posted()) == 1


async def test_only_the_file_that_was_not_taken_is_sent_again(slack: Slack, slack_there: SlackServer) -> None:
    said = with_files("two of them", CUP, BILL)
    slack_there.plan(BEGIN, Throttled(3))
    assert await slack.send(replace(said, parts=1)) == RetryAfter(3.0, parts=1)
    assert isinstance(await slack.send(replace(said, parts=1)), Sent)
    assert [one.files for one in slack_there.posted()] == [[("bill.pdf", BILL.content)]]


async def test_what_goes_to_a_customer_goes_to_nobody_but_slack(
    slack: Slack, slack_there: SlackServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def elsewhere(*_: Any) -> dict[str, Any]:
        return {"ok": True, "upload_url": "http://127.0.0.1:9/upload", "file_id": "F1"}

    monkeypatch.setattr(slack_there, "_files_getUploadURLExternal", elsewhere)
    assert await slack.send(with_files("here", CUP)) == Rejected("the upload does not go to Slack")


async def test_where_nobody_listens_a_file_was_not_taken() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        base = f"http://127.0.0.1:{free.getsockname()[1]}/api/"
        async with httpx.AsyncClient() as client:
            away = Slack("x", Workspaces("xoxb-x"), client, base)
            assert await away.send(with_files("here", CUP)) == RetryAfter(1.0)
