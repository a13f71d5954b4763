"""The website's connector: whatever comes in, it is messages or one clear refusal; and only our tokens are taken."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from itsdangerous import URLSafeSerializer

from connectors.base import BadRequest, Forged, OutboundMessage, Request, Sent
from connectors.website.connector import MAX_CLIENT_ID, Website

JSON = {"content-type": "application/json"}
WEBSITE = Website("a secret key")

any_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
# half-characters as JSON can carry them
any_text = st.text(alphabet=st.characters() | st.sampled_from(["\ud800", "\udfff", "\x00"]), max_size=120)
nearly_right = st.fixed_dictionaries(
    {},
    optional={
        "client_id": any_text | any_json,
        "text": any_text | any_json,
        "payload": any_text | any_json,
        "files": st.lists(any_text | any_json, max_size=12) | any_json,
    },
)


def parse(body: bytes, headers: dict[str, str] | None = None) -> Any:
    return WEBSITE.parse(Request(body, JSON if headers is None else headers), "visitor")


@given(any_json | nearly_right)
@example({"client_id": "a", "text": ""})
@example({"client_id": "a", "payload": ""})
@example({"client_id": "\x00", "text": "hello"})
@example({"client_id": "\ud800", "text": "hello"})
@example({"client_id": "a", "text": "\udfff"})
@example({"client_id": "a", "text": ["hello"]})
@example({"client_id": "a", "text": [], "files": ["1"]})
@example({"client_id": "a", "payload": "/x", "files": ["1"]})
@example({"client_id": "a", "files": ["\x00"]})
@example({"client_id": "a", "files": ["1"] * 11})
@example({"client_id": "a", "files": {"1": "2"}})
@example({"client_id": "a", "files": ["1" * 37]})
def test_any_json_is_a_message_or_a_bad_request(raw: Any) -> None:
    try:
        parsed = parse(json.dumps(raw).encode())
    except BadRequest as error:
        assert str(error).endswith(".")
        return
    (message,) = parsed
    assert (message.channel, message.address) == ("website", "visitor")
    assert message.key == f"visitor:{raw['client_id']}"
    assert 1 <= len(raw["client_id"]) <= MAX_CLIENT_ID
    assert (message.text, message.payload) == (raw.get("text") or "", raw.get("payload"))
    assert message.uploads == tuple(dict.fromkeys(raw.get("files") or ()))
    assert len(message.uploads) <= 10 and all(1 <= len(one) <= 36 for one in message.uploads)
    assert (raw.get("text") is None and not message.uploads) != (raw.get("payload") is None)
    for stored in (message.key, message.text, message.payload or "", *message.uploads):
        stored.encode()  # PostgreSQL takes neither half-characters nor NUL
        assert "\x00" not in stored


@given(st.binary(max_size=80))
@example(b"")
@example(b"{")
@example(b"\xff\xfe{")
@example(b"[" * 100_000)
@example(b"9" * 10_000)
def test_any_bytes_are_a_message_or_a_bad_request(body: bytes) -> None:
    with pytest.raises(BadRequest):
        parse(body)


@given(st.dictionaries(st.just("content-type"), st.text(max_size=40)))
def test_what_does_not_call_itself_json_is_a_bad_request(headers: dict[str, str]) -> None:
    body = json.dumps({"client_id": "1", "text": "hello"}).encode()
    if "application/json" not in headers.get("content-type", ""):
        with pytest.raises(BadRequest, match=r"application/json\.$"):
            parse(body, headers)


def test_typed_text_files_and_a_pressed_button_are_taken() -> None:
    (typed,) = parse(json.dumps({"client_id": "1", "text": "আমার অর্ডার কোথায়?"}).encode())
    assert (typed.text, typed.payload) == ("আমার অর্ডার কোথায়?", None)
    (shown,) = parse(b'{"client_id": "3", "files": ["a", "b", "a"]}')
    assert (shown.text, shown.payload, shown.uploads) == ("", None, ("a", "b"))
    (both,) = parse(b'{"client_id": "4", "text": "broken", "files": ["a"]}')
    assert (both.text, both.uploads) == ("broken", ("a",))
    (pressed,) = parse(
        b'{"client_id": "2", "payload": "/human_agent"}', {"content-type": "application/json; charset=utf-8"}
    )
    assert (pressed.text, pressed.payload) == ("", "/human_agent")


def bearer(token: str) -> Request:
    return Request(b"", {"authorization": f"Bearer {token}"})


def test_every_visitor_gets_an_address_and_a_token_of_their_own() -> None:
    visitors = [WEBSITE.new_visitor() for _ in range(50)]
    assert len({address for address, _ in visitors}) == 50
    for address, token in visitors:
        assert WEBSITE.verify(bearer(token)) == address
        assert WEBSITE.verify(Request(b"", {"authorization": f"bearer {token}"})) == address


def forgeries() -> list[str]:
    address, token = WEBSITE.new_visitor()
    other = Website("another key").new_visitor()[1]
    payload, signature = token.split(".")
    flipped = signature[:3] + ("A" if signature[3] != "A" else "B") + signature[4:]
    victim = base64.urlsafe_b64encode(json.dumps({"visitor": address}).encode()).decode().rstrip("=")
    same_key = URLSafeSerializer("a secret key", salt="something else").dumps({"visitor": address})
    foreign_shape = [
        str(URLSafeSerializer("a secret key", salt="website-visitor").dumps(shape))
        for shape in (None, [], "visitor", {"other": address})
    ]
    return [
        other,
        f"{payload}.{flipped}",
        f"{payload}.{other.split('.')[1]}",
        f"{other.split('.')[0]}.{signature}",
        f"{victim}.{signature[:-1]}",
        payload,
        f"{payload}.",
        f".{signature}",
        f" {token}",
        token.upper(),
        str(same_key),
        *foreign_shape,
        "",
        ".",
        "\xff\xfe.\xff",
        f"{token}\x00",
    ]


FORGED = forgeries()


@pytest.mark.parametrize("forged", FORGED, ids=range(len(FORGED)))
def test_a_forged_token_is_refused(forged: str) -> None:
    with pytest.raises(Forged):
        WEBSITE.verify(bearer(forged))


@given(st.text(alphabet=st.characters(max_codepoint=255), max_size=60))
def test_no_other_header_lets_anybody_in(header: str) -> None:
    with pytest.raises(Forged):
        WEBSITE.verify(Request(b"", {"authorization": header}))


def test_without_the_header_nobody_gets_in() -> None:
    _, token = WEBSITE.new_visitor()
    for headers in ({}, {"cookie": f"token={token}"}, {"authorization": token}, {"authorization": f"Basic {token}"}):
        with pytest.raises(Forged):
            WEBSITE.verify(Request(b"", headers))


async def test_nothing_is_pushed_to_the_website() -> None:
    assert not WEBSITE.capabilities.push
    message = OutboundMessage("m", "c", "visitor", 1, "bot", "Shohay", "hello", ())
    assert isinstance(await WEBSITE.send(message), Sent)
