"""Taking in a request: verified, read, stored; whatever fails on the way leaves nothing behind."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
import sqlalchemy as sa
from receiver import SECRET

from connectors import inbound
from connectors.base import BadRequest, Forged, Request
from connectors.fake import Fake
from connectors.website.connector import Website
from handoff.conversations import Refused
from handoff.models import conversations, identities, messages, receipts
from handoff.services import Services

WEBSITE = Website("a secret key")


def from_visitor(token: str, **body: Any) -> Request:
    headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
    return Request(json.dumps(body).encode(), headers)


async def counts(services: Services) -> list[int]:
    async with services.database.read() as tx:
        return [
            int(await tx.scalar(sa.select(sa.func.count()).select_from(table)) or 0)
            for table in (conversations, identities, messages, receipts)
        ]


async def test_a_visitors_message_is_stored_once_however_often_it_is_posted(services: Services) -> None:
    address, token = WEBSITE.new_visitor()
    request = from_visitor(token, client_id="1", text="hello")
    took = await asyncio.gather(*(inbound.take_in(services, WEBSITE, request) for _ in range(5)))
    assert sorted(one.new for (one,) in took) == [False] * 4 + [True]
    assert len({one.message.id for (one,) in took}) == 1
    assert await counts(services) == [1, 1, 1, 1]
    async with services.database.read() as tx:
        assert await tx.scalar(sa.select(identities.c.address)) == address


async def test_two_visitors_with_the_same_client_id_are_two_conversations(services: Services) -> None:
    for _ in range(2):
        _, token = WEBSITE.new_visitor()
        (received,) = await inbound.take_in(services, WEBSITE, from_visitor(token, client_id="1", text="hello"))
        assert received.new
    assert await counts(services) == [2, 2, 2, 2]


async def test_what_is_forged_bad_or_refused_leaves_nothing(services: Services, fake: Fake) -> None:
    _, token = WEBSITE.new_visitor()
    _, foreign = Website("another key").new_visitor()
    good = {"key": "1", "from": "amina", "text": "hello"}
    cases: list[tuple[Any, Request, type[Exception]]] = [
        (WEBSITE, from_visitor(foreign, client_id="1", text="hello"), Forged),
        (WEBSITE, from_visitor(token, client_id="1"), BadRequest),
        (WEBSITE, from_visitor(token, client_id="1", text=""), Refused),
        (WEBSITE, from_visitor(token, client_id="1", text="x" * 4001), Refused),
        (WEBSITE, from_visitor(token, client_id="1", payload="/never_offered"), Refused),
        (fake, Request(json.dumps(good).encode(), {"x-fake-secret": "guess"}), Forged),
        (fake, Request(b"[]", {"x-fake-secret": SECRET}), BadRequest),
        (fake, Request(b'{"key": "1", "from": "amina"}', {"x-fake-secret": SECRET}), Refused),
    ]
    for connector, request, error in cases:
        with pytest.raises(error):
            await inbound.take_in(services, connector, request)
        assert await counts(services) == [0, 0, 0, 0]
    (received,) = await inbound.take_in(services, fake, Request(json.dumps(good).encode(), {"x-fake-secret": SECRET}))
    assert received.new and received.message.text == "hello"


async def test_the_longest_key_and_text_fit_and_odd_characters_survive(services: Services) -> None:
    _, token = WEBSITE.new_visitor()
    text = "👍🏽 \u202eعربي\u202c ক্ষ " + "\U0010ffff" + "x" * 3900
    (received,) = await inbound.take_in(services, WEBSITE, from_visitor(token, client_id="🔑" * 100, text=text))
    async with services.database.read() as tx:
        assert await tx.scalar(sa.select(messages.c.text)) == text == received.message.text
