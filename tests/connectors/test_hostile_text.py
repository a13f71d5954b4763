"""Texts that are too much, nothing at all or not what they look like have one answer on every channel."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
import sqlalchemy as sa
from channel import Channel, StickerChannel
from channels import on_every_channel, on_every_channel_with_stickers, serving, take
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.base import BadRequest, Request
from handoff import turns
from handoff.conversations import Refused
from handoff.incoming import Changed, Incoming
from handoff.models import messages
from handoff.plain_text import MOST_MARKS
from handoff.schema import metadata
from handoff.services import Services

# what is stored, and goes to the bot
TAKEN = {
    "the longest": ("ক" * 4000, "ক" * 4000),
    "spaces around": ("\u3000 hello \n\u00a0", "hello"),
    "an override": ("refund to \u202e20001\u202c please", "refund to 20001 please"),
    "an embedding that never ends": ("\u202b\u202ahello\u2066\u2067", "hello"),
    "controls": ("a\x07b\x1b[31mc\x7fd\x9be", "ab[31mcde"),
    "ends of lines": ("one\r\ntwo\rthree\u2028four\x0bfive", "one\ntwo\nthree\nfour\nfive"),
    "marks without end": ("Z" + "\u0351" * 3000 + "algo", "Z" + "\u0351" * MOST_MARKS + "algo"),
    "emoji alone": ("😡😡", "😡😡"),
    "a family": ("👩\u200d👩\u200d👧\u200d👦", "👩\u200d👩\u200d👧\u200d👦"),
    "a flag of tags": ("🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",) * 2,
    "a heart by its selector": ("❤\ufe0f", "❤\ufe0f"),
    "Bengali with joiners": ("র\u200d্যাব ক্\u200cষ", "র\u200d্যাব ক্\u200cষ"),
    "Arabic with its marks of direction": ("\u200fرقم الطلب 10001\u200e", "\u200fرقم الطلب 10001\u200e"),
    "a script": ("<script>alert(1)</script>", "<script>alert(1)</script>"),
    "a format": ("%s %n {0} ${x} {{7*7}}", "%s %n {0} ${x} {{7*7}}"),
    "a statement": ("'; drop table messages; --", "'; drop table messages; --"),
    "private use and the last of all": ("a\ue000\U0010ffff", "a\ue000\U0010ffff"),
}
# what is refused, and why
REFUSED = {
    "too long": ("ক" * 4001, "too_long"),
    "far too long": ("x" * 30_000, "too_long"),
    "nothing": ("", "empty"),
    "spaces": (" \t\r\n\u3000\u2003", "empty"),
    "zero width": ("\u200b\u200c\u200d\u2060\ufeff", "empty"),
    "only directions": ("\u202e\u2066\u200f", "empty"),
    "fillers": ("\u3164\u115f\uffa0\u2800", "empty"),
    "selectors of nothing": ("\ufe0f\U000e0100\u034f", "empty"),
}


# what no database takes
UNSTORABLE = ("a\x00b", "a\ud800b", "\udfff", "\x00")


async def stored(services: Services, conversation_id: str | None = None) -> list[tuple[str, str]]:
    """Author and text of what was said there, or anywhere."""
    query = sa.select(messages.c.author, messages.c.text).order_by(messages.c.seq)
    if conversation_id is not None:
        query = query.where(messages.c.conversation_id == conversation_id)
    async with services.database.read() as tx:
        return [(row["author"], row["text"]) for row in await tx.rows(query)]


async def cleared(services: Services) -> None:
    async with services.database.write() as tx:
        for name in ("turns", "deliveries", "receipts", "provider_messages", "messages"):
            await tx.execute(sa.delete(metadata.tables[name]))


@on_every_channel
async def test_a_text_is_stored_as_it_reads_and_goes_to_the_bot(
    services: Services, make: Callable[[], Channel]
) -> None:
    channel = make()
    services = serving(services, channel)
    for case, (text, kept) in TAKEN.items():
        await channel.begin(services, case)
        (received,) = await take(services, channel, channel.message(case, 1, text))
        assert await stored(services, received.message.conversation_id) == [("customer", kept)], case
        turn = await turns.lease_next(services, "w")
        assert turn is not None and turn.message.text == kept, case


@on_every_channel
async def test_a_text_that_is_refused_is_not_stored_and_its_customer_hears_why(
    services: Services, make: Callable[[], Channel]
) -> None:
    channel = make()
    services = serving(services, channel)
    for case, (text, code) in REFUSED.items():
        await channel.begin(services, case)
        request = channel.message(case, 1, text)
        if not channel.connector.capabilities.push:
            with pytest.raises(Refused) as refused:
                await take(services, channel, request)
            assert refused.value.code == code, case
            assert await stored(services) == [], case
        elif text or _says_something(channel, request):
            assert await take(services, channel, request) == [], case
            assert await stored(services) == [("system", services.phrases.say(f"refused_{code}", "en").text)], case
        assert await turns.lease_next(services, "w") is None
        await cleared(services)


@on_every_channel
async def test_what_no_database_takes_is_refused_or_left_out(services: Services, make: Callable[[], Channel]) -> None:
    channel = make()
    services = serving(services, channel)
    for text in UNSTORABLE:
        await channel.begin(services, repr(text))
        try:
            await take(services, channel, channel.message(repr(text), 1, text))
        except BadRequest:
            assert await stored(services) == []
            continue
        told = ("system", services.phrases.say("refused_empty", "en").text)
        assert await stored(services) == [("customer", "ab") if "a" in text else told], repr(text)
        await cleared(services)


@on_every_channel_with_stickers
async def test_a_sticker_is_answered_by_asking_for_words(
    services: Services, make: Callable[[], StickerChannel]
) -> None:
    channel = make()
    services = serving(services, channel)
    (received,) = await take(services, channel, channel.sticker("c1", 1))
    assert received.message.text == services.phrases.say("sent_sticker", "en").text
    assert await stored(services) == [("customer", received.message.text), _words_only(services)]
    assert await turns.lease_next(services, "w") is None


ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats()
    | st.text(st.characters(codec=None), max_size=12)
    | st.sampled_from(["\ud800", "\x00", "1:1", "9" * 400, "-1:", "message"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@on_every_channel
@settings(max_examples=150, derandomize=True)
@given(data=st.data())
def test_whatever_is_in_a_request_it_is_messages_or_a_bad_request(
    make: Callable[[], Channel], data: st.DataObject
) -> None:
    channel = _made(make)
    request = _genuine(channel)
    if data.draw(st.booleans(), label="of its form"):
        body: Any = _mangled(_as_json(request), data)
        mangled = Request(_dumped(body), request.headers)
    else:
        raw = data.draw(st.binary(max_size=60) | ANYTHING.map(_dumped) | st.sampled_from(BROKEN))
        mangled = Request(raw, request.headers)
    try:
        found = channel.connector.parse(mangled, "c1")
    except BadRequest:
        return
    assert all(isinstance(one, Incoming | Changed) for one in found)


BROKEN = [
    b"",
    b" ",
    b"{",
    b'{"',
    b"[" * 30_000,
    b'{"a":' * 20_000,
    b"null",
    b"true",
    b"5",
    b"NaN",
    b"1e999",
    b"1" * 5000,
    b'"text"',
    b"[]",
    b"[{}]",
    b"{}",
    b"\xff\xfe",
    b"\xef\xbb\xbf{}",
    b"\x00",
    '{"text": "a"}'.encode("utf-16"),
    b'{"text": "\xc3"}',
    b"payload=%7B%7D",
    b"<xml/>",
]


@on_every_channel
def test_what_is_malformed_is_a_bad_request_or_says_nothing(make: Callable[[], Channel]) -> None:
    channel = make()
    for body in BROKEN:
        try:
            assert not channel.connector.parse(Request(body, _genuine(channel).headers), "c1"), body[:40]
        except BadRequest as bad:
            assert str(bad).endswith("."), body[:40]


@cache
def _made(make: Callable[[], Channel]) -> Channel:
    """One for all examples: an HTTP client of its own costs more than they do."""
    return make()


def _words_only(services: Services) -> tuple[str, str]:
    return ("system", services.phrases.say("words_only", "en").text)


def _genuine(channel: Channel) -> Request:
    return channel.message("c1", 1, "hello")


def _says_something(channel: Channel, request: Request) -> bool:
    """Whether the channel takes a message without words for one of text, and not for something else or nothing."""
    found = channel.connector.parse(request, channel.connector.verify(request))
    return any(isinstance(one, Incoming) and one.unsupported is None for one in found)


def _as_json(request: Request) -> Any:
    return json.loads(request.body)


def _dumped(value: Any) -> bytes:
    return json.dumps(value).encode()


def _mangled(value: Any, data: st.DataObject) -> Any:
    """The value with something in it replaced or left out, however deep."""
    if isinstance(value, dict) and value and data.draw(st.integers(0, 3)):
        key = data.draw(st.sampled_from(sorted(value)))
        if data.draw(st.integers(0, 4)) == 0:
            return {name: one for name, one in value.items() if name != key}
        return {**value, key: _mangled(value[key], data)}
    if isinstance(value, list) and value and data.draw(st.integers(0, 3)):
        return [_mangled(value[0], data), *value[1:]]
    return data.draw(ANYTHING)
