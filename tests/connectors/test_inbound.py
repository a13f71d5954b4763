"""Taking in a request: verified, read, stored; whatever fails on the way leaves nothing behind."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from receiver import SECRET

from connectors import inbound
from connectors.base import BadRequest, Forged, Request
from connectors.fake import Fake
from connectors.website.connector import Website
from handoff import erasure, inbox
from handoff.conversations import Refused
from handoff.incoming import Incoming
from handoff.models import conversations, identities, messages, receipts
from handoff.services import Services

WEBSITE = Website("a secret key")


def from_visitor(token: str, **body: Any) -> Request:
    headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
    return Request(json.dumps(body).encode(), headers)


async def visit(services: Services) -> tuple[str, str]:
    """A visitor with an open session: their address and token."""
    address, token = WEBSITE.new_visitor()
    await inbox.open_session(services, "website", address, "en")
    return address, token


async def counts(services: Services) -> list[int]:
    async with services.database.read() as tx:
        return [
            int(await tx.scalar(sa.select(sa.func.count()).select_from(table)) or 0)
            for table in (conversations, identities, messages, receipts)
        ]


async def test_a_visitors_message_is_stored_once_however_often_it_is_posted(services: Services) -> None:
    address, token = await visit(services)
    request = from_visitor(token, client_id="1", text="hello")
    took = await asyncio.gather(*(inbound.take_in(services, WEBSITE, request) for _ in range(5)))
    assert sorted(one.new for (one,) in took) == [False] * 4 + [True]
    assert len({one.message.id for (one,) in took}) == 1
    assert await counts(services) == [1, 1, 1, 1]
    async with services.database.read() as tx:
        assert await tx.scalar(sa.select(identities.c.address)) == address


async def test_two_visitors_with_the_same_client_id_are_two_conversations(services: Services) -> None:
    for _ in range(2):
        _, token = await visit(services)
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
    _, token = await visit(services)
    text = "👍🏽 \u200fعربي\u200e ক্ষ " + "\U0010ffff" + "x" * 3900
    (received,) = await inbound.take_in(services, WEBSITE, from_visitor(token, client_id="🔑" * 100, text=text))
    async with services.database.read() as tx:
        assert await tx.scalar(sa.select(messages.c.text)) == text == received.message.text


async def erase(services: Services, who: str) -> None:
    async with services.database.read() as tx:
        contact_id = await erasure.find(tx, who)
    assert contact_id is not None
    await erasure.erase(services.database, contact_id)


async def test_a_late_copy_of_an_erased_message_is_passed_over_and_what_comes_with_it_is_stored(
    services: Services,
) -> None:
    class Several(Fake):
        """Several messages in a request, as providers send them after a pause."""

        def parse(self, request: Request, sender: str) -> list[Incoming]:
            return [one for raw in json.loads(request.body) for one in Fake.parse(self, _request(raw), sender)]

    connector = Several(SECRET, "http://127.0.0.1:9/", httpx.AsyncClient())
    first = {"key": "1", "from": "amina", "text": "my secret"}
    (received,) = await inbound.take_in(services, connector, _request([first]))
    await erase(services, "fake:amina")

    assert await inbound.take_in(services, connector, _request([first])) == []
    assert await counts(services) == [0, 0, 0, 1]
    second = {"key": "2", "from": "amina", "text": "hello again"}
    (fresh,) = await inbound.take_in(services, connector, _request([first, second]))
    assert (fresh.message.text, fresh.message.seq, fresh.new) == ("hello again", 1, True)
    assert fresh.message.conversation_id != received.message.conversation_id


async def test_a_visitor_whose_chat_was_erased_is_unknown_until_they_open_a_new_session(services: Services) -> None:
    address, token = await visit(services)
    first = from_visitor(token, client_id="1", text="my secret")
    await inbound.take_in(services, WEBSITE, first)
    await erase(services, f"website:{address}")

    assert await inbound.take_in(services, WEBSITE, first) == []
    with pytest.raises(Refused) as refused:
        await inbound.take_in(services, WEBSITE, from_visitor(token, client_id="2", text="hello again"))
    assert refused.value.code == "unknown_session"
    assert await counts(services) == [0, 0, 0, 1]
    _, token = await visit(services)
    (fresh,) = await inbound.take_in(services, WEBSITE, from_visitor(token, client_id="1", text="hello again"))
    assert (fresh.message.seq, fresh.new) == (1, True)


def _request(body: object) -> Request:
    return Request(json.dumps(body).encode(), {"x-fake-secret": SECRET})
