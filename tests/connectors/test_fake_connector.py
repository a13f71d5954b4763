"""The fake channel over real HTTP: what the other end answers decides what the message's fate is."""

from __future__ import annotations

import json
import socket
from typing import Any

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from receiver import DROP, GARBAGE, HANG, SECRET, Receiver

from connectors.base import (
    BadRequest,
    Fetched,
    Forged,
    NotFetched,
    OutboundMessage,
    Rejected,
    Request,
    RetryAfter,
    SendResult,
    Sent,
    Unknown,
)
from connectors.fake import Fake
from handoff.incoming import Incoming, Offered
from handoff.messages import Button

MESSAGE = OutboundMessage("m1", "c1", "amina", 3, "bot", "সহায়", "আপনার অর্ডার পথে", (Button("মানুষ চাই", "/human_agent"),))
PARSING = Fake(SECRET, "http://127.0.0.1:1", httpx.AsyncClient())

any_text = st.text(alphabet=st.characters() | st.sampled_from(["\ud800", "\x00"]), max_size=210)
any_value = st.none() | st.booleans() | st.integers() | st.floats() | any_text | st.lists(st.integers(), max_size=2)
nearly_right = st.fixed_dictionaries(
    {},
    optional={name: any_value for name in ("key", "from", "text", "payload", "language")}
    | {"files": any_value | st.lists(st.dictionaries(st.sampled_from(["url", "name", "size"]), any_value), max_size=3)},
)


def test_only_the_secret_gets_a_request_in() -> None:
    assert PARSING.verify(Request(b"", {"x-fake-secret": SECRET})) == "fake"
    for headers in (
        {},
        {"x-fake-secret": ""},
        {"x-fake-secret": SECRET + "x"},
        {"x-fake-secret": "\xe9"},
        {"authorization": SECRET},
    ):
        with pytest.raises(Forged):
            PARSING.verify(Request(b"", headers))


@given(nearly_right | any_value)
@example({"key": "1", "from": "amina", "text": "hello", "language": 7})
@example({"key": "1", "from": "amina", "payload": ["/human_agent"]})
@example({"key": "k" * 201, "from": "amina", "text": "hello"})
@example({"key": "1", "from": "\ud800", "text": "hello"})
@example({"key": "1", "from": "amina", "files": [{"url": "x", "name": "\x00"}]})
@example({"key": "1", "from": "amina", "files": [{"url": "x", "name": "y", "size": "big"}]})
@example({"key": "1", "from": "amina", "files": "files"})
def test_any_json_is_a_message_or_a_bad_request(raw: Any) -> None:
    try:
        (message,) = PARSING.parse(Request(json.dumps(raw).encode(), {}), "fake")
    except BadRequest:
        return
    assert (message.channel, message.key, message.address) == ("fake", raw["key"], raw["from"])
    offered = [said for file in message.files for said in (file.reference, file.name)]
    for stored in (message.key, message.address, message.text, message.payload or "", message.language or "", *offered):
        stored.encode()
        assert "\x00" not in stored
    assert len(message.key) <= 200 and len(message.address) <= 200


@given(st.binary(max_size=60))
@example(b"[" * 100_000)
def test_any_bytes_are_a_bad_request(body: bytes) -> None:
    with pytest.raises(BadRequest):
        PARSING.parse(Request(body, {}), "fake")


def test_a_message_is_taken_with_all_it_says() -> None:
    file = {"url": "http://127.0.0.1:1/a.jpg", "name": "a.jpg", "size": 7}
    raw = {"key": "7", "from": "amina", "text": "hello", "payload": "/x", "language": "bn", "files": [file]}
    offered = (Offered("http://127.0.0.1:1/a.jpg", "a.jpg", 7),)
    assert PARSING.parse(Request(json.dumps(raw).encode(), {}), "fake") == [
        Incoming("fake", "7", "amina", text="hello", payload="/x", language="bn", files=offered)
    ]


async def test_the_other_end_gets_the_message_as_it_was_said(fake: Fake, receiver: Receiver) -> None:
    assert isinstance(await fake.send(MESSAGE), Sent)
    assert receiver.got == [
        {
            "id": "m1",
            "to": "amina",
            "seq": 3,
            "author": "bot",
            "text": "আপনার অর্ডার পথে",
            "buttons": [{"title": "মানুষ চাই", "payload": "/human_agent"}],
        }
    ]


@pytest.mark.parametrize(
    ("answer", "result"),
    [
        (200, Sent()),
        (201, Sent()),
        (204, Sent()),
        (429, RetryAfter(1.0)),
        ((429, {"Retry-After": "7"}), RetryAfter(7.0)),
        ((503, {"Retry-After": "30"}), RetryAfter(30.0)),
        ((429, {"Retry-After": "Sun, 22 Nov 2026 10:00:00 GMT"}), RetryAfter(1.0)),
        ((429, {"Retry-After": "-5"}), RetryAfter(1.0)),
        ((429, {"Retry-After": "inf"}), RetryAfter(1.0)),
        ((429, {"Retry-After": "nan"}), RetryAfter(1.0)),
        ((429, {"Retry-After": "5", "X-RateLimit-Global": "true"}), RetryAfter(5.0, everyone=True)),
        ((503, {"X-RateLimit-Global": "false"}), RetryAfter(1.0)),
        (400, Rejected("HTTP 400")),
        (403, Rejected("HTTP 403")),
        (404, Rejected("HTTP 404")),
        (302, Unknown("HTTP 302")),
        (500, Unknown("HTTP 500")),
        (502, Unknown("HTTP 502")),
        (DROP, Unknown("RemoteProtocolError")),
        (GARBAGE, Unknown("RemoteProtocolError")),
        (HANG, Unknown("ReadTimeout")),
    ],
    ids=str,
)
async def test_the_answer_decides_the_result(fake: Fake, receiver: Receiver, answer: Any, result: SendResult) -> None:
    receiver.answers[MESSAGE.text] = [answer]
    assert await fake.send(MESSAGE) == result
    assert len(receiver.got) == 1


async def test_with_nobody_listening_it_was_provably_not_taken() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    async with httpx.AsyncClient() as client:
        assert await Fake(SECRET, f"http://127.0.0.1:{port}", client).send(MESSAGE) == RetryAfter(1.0)


async def test_a_file_is_fetched_from_where_messages_are_sent_to_and_no_further_than_asked(
    fake: Fake, receiver: Receiver
) -> None:
    receiver.files["/a.jpg"] = bytes(range(200))
    assert await fake.fetch(receiver.at_path("/a.jpg"), 500) == Fetched(bytes(range(200)))
    assert await fake.fetch(receiver.at_path("/a.jpg"), 200) == Fetched(bytes(range(200)))
    assert await fake.fetch(receiver.at_path("/a.jpg"), 50) == Fetched(bytes(range(50)))


@pytest.mark.parametrize(
    ("answer", "result"),
    [
        (404, NotFetched("HTTP 404", final=True)),
        (500, NotFetched("HTTP 500", final=False)),
        (429, NotFetched("HTTP 429", final=False)),
        ((302, {"Location": "http://127.0.0.1:1/secret"}), NotFetched("HTTP 302", final=False)),
        (DROP, NotFetched("RemoteProtocolError", final=False)),
        (HANG, NotFetched("ReadTimeout", final=False)),
    ],
    ids=str,
)
async def test_a_file_that_is_not_given_is_told(
    fake: Fake, receiver: Receiver, answer: Any, result: NotFetched
) -> None:
    receiver.files["/a.jpg"] = b"x"
    receiver.answers["/a.jpg"] = [answer]
    assert await fake.fetch(receiver.at_path("/a.jpg"), 500) == result


async def test_no_other_place_is_asked_for_a_file(fake: Fake, receiver: Receiver) -> None:
    port = receiver.url.rsplit(":", 1)[1].split("/")[0]
    for url in (
        "http://169.254.169.254/latest/meta-data",
        f"http://localhost:{port}/a.jpg",
        f"https://127.0.0.1:{port}/a.jpg",
        f"http://127.0.0.1:{port}@evil.example/a.jpg",
        f"http://127.0.0.1:{int(port) - 1}/a.jpg",
        "file:///etc/passwd",
        "/a.jpg",
        "http://[::1",
        "",
    ):
        got = await fake.fetch(url, 500)
        assert got == NotFetched("not at this channel's place", final=True), url
    assert receiver.asked == []
