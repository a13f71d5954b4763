"""A bad message is refused and leaves nothing in either database; a good one is stored once, and not too many."""

import asyncio
import json
from dataclasses import replace

import httpx
from error_testing import MESSAGES, counted, told

from app import web
from app.readiness import Readiness
from app.settings import Settings
from bot.content.live import LiveWords
from connectors.website.connector import Website
from handoff.inbox import MAX_TEXT
from handoff.services import Services

JSON = {"Content-Type": "application/json"}


BAD_BODIES = {
    "not JSON": (b"{no json", JSON, 400, "invalid"),
    "cut off": (b'{"client_id": "1", "text": "hel', JSON, 400, "invalid"),
    "empty": (b"", JSON, 400, "invalid"),
    "not UTF-8": (b'{"client_id": "1", "text": "\xff\xfe"}', JSON, 400, "invalid"),
    "nested too deep": (b"[" * 30_000, JSON, 400, "invalid"),
    "a list": (b"[]", JSON, 400, "invalid"),
    "a number": (b"5", JSON, 400, "invalid"),
    "null": (b"null", JSON, 400, "invalid"),
    "no client_id": (b'{"text": "hello"}', JSON, 400, "invalid"),
    "a client_id that is a number": (b'{"client_id": 5, "text": "hello"}', JSON, 400, "invalid"),
    "an empty client_id": (b'{"client_id": "", "text": "hello"}', JSON, 400, "invalid"),
    "a long client_id": (json.dumps({"client_id": "x" * 101, "text": "a"}).encode(), JSON, 400, "invalid"),
    "neither text nor payload": (b'{"client_id": "1"}', JSON, 400, "invalid"),
    "text and payload": (b'{"client_id": "1", "text": "a", "payload": "/a"}', JSON, 400, "invalid"),
    "a text that is a list": (b'{"client_id": "1", "text": ["a"]}', JSON, 400, "invalid"),
    "half a letter": (b'{"client_id": "1", "text": "\\ud800"}', JSON, 400, "invalid"),
    "a null character": (b'{"client_id": "1", "text": "a\\u0000b"}', JSON, 400, "invalid"),
    "half a letter in client_id": (b'{"client_id": "\\ud800", "text": "a"}', JSON, 400, "invalid"),
    "a null character in client_id": (b'{"client_id": "a\\u0000", "text": "a"}', JSON, 400, "invalid"),
    "a form": (b"client_id=1&text=hello", {"Content-Type": "application/x-www-form-urlencoded"}, 400, "invalid"),
    "plain text": (b'{"client_id": "1", "text": "hello"}', {"Content-Type": "text/plain"}, 400, "invalid"),
    "no content type": (b'{"client_id": "1", "text": "hello"}', {}, 400, "invalid"),
    "no text": (b'{"client_id": "1", "text": ""}', JSON, 400, "empty"),
    "only spaces": (b'{"client_id": "1", "text": " \\n\\t\\u00a0\\u200b"}', JSON, 400, "empty"),
    "too much text": (json.dumps({"client_id": "1", "text": "ক" * (MAX_TEXT + 1)}).encode(), JSON, 400, "too_long"),
    "a button that was not offered": (b'{"client_id": "1", "payload": "/restart"}', JSON, 400, "unknown_button"),
}


async def test_a_bad_message_is_refused_and_nothing_is_stored(
    client: httpx.AsyncClient, services: Services, visitor: dict[str, str]
) -> None:
    before = await counted(services)
    for case, (body, headers, status, code) in BAD_BODIES.items():
        told(await client.post(MESSAGES, content=body, headers={**visitor, **headers}), status, code, case)
        assert await counted(services) == before, case


async def test_a_message_sent_again_is_answered_with_the_same_and_stored_once(
    client: httpx.AsyncClient, services: Services, visitor: dict[str, str]
) -> None:
    first = await client.post(MESSAGES, json={"client_id": "1", "text": "hello"}, headers=visitor)
    again = await client.post(MESSAGES, json={"client_id": "1", "text": "hello"}, headers=visitor)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert (await counted(services))[2] == 1


async def test_over_the_limit_a_visitor_is_asked_to_wait_and_nothing_is_stored(
    services: Services, settings: Settings, words: LiveWords, readiness: Readiness
) -> None:
    app = web.build(settings, replace(services, messages_per_minute=3), words, readiness, Website("secret"), [])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://shohay.test") as client:
        tokens = [(await client.post("/api/website/sessions", json={})).json()["token"] for _ in range(2)]
        one, other = ({"Authorization": f"Bearer {token}"} for token in tokens)
        for number in range(3):
            sent = await client.post(MESSAGES, json={"client_id": str(number), "text": "hi"}, headers=one)
            assert sent.status_code == 201
        over = await client.post(MESSAGES, json={"client_id": "3", "text": "hi"}, headers=one)
        assert "wait" in told(over, 429, "too_many")
        assert over.headers["retry-after"] == "60"
        assert (await counted(services))[2] == 3
        # what is stored already is still confirmed, and neighbours notice nothing
        assert (await client.post(MESSAGES, json={"client_id": "2", "text": "hi"}, headers=one)).status_code == 200
        assert (await client.post(MESSAGES, json={"client_id": "3", "text": "hi"}, headers=other)).status_code == 201


async def test_many_messages_at_once_do_not_pass_the_limit(
    services: Services, settings: Settings, words: LiveWords, readiness: Readiness
) -> None:
    app = web.build(settings, replace(services, messages_per_minute=3), words, readiness, Website("secret"), [])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://shohay.test") as client:
        token = (await client.post("/api/website/sessions", json={})).json()["token"]
        sent = await asyncio.gather(
            *(
                client.post(
                    MESSAGES,
                    json={"client_id": str(number), "text": "hi"},
                    headers={"Authorization": f"Bearer {token}"},
                )
                for number in range(8)
            )
        )
    assert sorted(one.status_code for one in sent) == [201] * 3 + [429] * 5
    assert (await counted(services))[2] == 3
