"""What a customer's page hears of the agent: that they are typing, and how far they have read; and what it tells."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from fastapi import FastAPI

from app import errors
from connectors.website import routes
from connectors.website.connector import CHANNEL, Website
from handoff import inbox, ownership, presence, signs, store
from handoff.clock import new_id, now
from handoff.conversations import Conversation
from handoff.incoming import Incoming
from handoff.models import people
from handoff.people import Person
from handoff.services import Services

RAHIM = Person(new_id(), "rahim", "Rahim", "agent")
WEBSITE = Website("a secret for tests")


@pytest.fixture
async def http(services: Services) -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()
    errors.install(app)
    app.include_router(routes.router(services, WEBSITE, dict, lambda: True))
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://shop.test/api/website") as client:
        yield client


async def with_agent(services: Services) -> tuple[Conversation, dict[str, str]]:
    """A visitor whom Rahim is answering, and the visitor's headers."""
    async with services.database.write() as tx:
        values = {"id": RAHIM.id, "name": RAHIM.name, "display_name": RAHIM.display_name, "role": RAHIM.role}
        await tx.execute(sa.insert(people).values(**values, password_hash="!", demo=False, created_at=now()))
    await presence.seen(services.database, RAHIM.id)
    address, token = WEBSITE.new_visitor()
    await inbox.receive(services, Incoming(CHANNEL, new_id(), address, "a person, please"))
    async with services.database.write() as tx:
        found = await store.of_identity(tx, CHANNEL, address, lock=True)
        assert found is not None
        await store.save(tx, await ownership.hand_over(tx, services, found, "human_agent", {}, now()))
    claimed = await ownership.claim(services, found.id, RAHIM)
    return claimed, {"Authorization": f"Bearer {token}"}


class Page:
    """A page that watches."""

    def __init__(self, services: Services, conversation: Conversation) -> None:
        self._stream = routes._watch(services, conversation.id, 10**9, lambda: True)

    async def hears(self) -> tuple[str, dict[str, Any]]:
        async with asyncio.timeout(10):
            event = await anext(self._stream)
        assert event.id is None or event.event == "message"
        return str(event.event), json.loads(str(event.data))

    async def close(self) -> None:
        await self._stream.aclose()  # type: ignore[attr-defined]


async def test_a_page_hears_that_the_agent_types_and_when_it_is_over(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signs, "TYPING", timedelta(seconds=2))
    # by itself, and not only at the next look at something else
    monkeypatch.setattr(routes, "LOOK_AGAIN_SECONDS", 60.0)
    conversation, _ = await with_agent(services)
    page = Page(services, conversation)
    assert (await page.hears())[0] == "status"
    hearing = asyncio.create_task(page.hears())
    await ownership.typing(services, conversation.id, RAHIM)
    assert await hearing == ("typing", {"author": "agent", "active": True})
    assert await page.hears() == ("typing", {"author": "agent", "active": False})
    await page.close()


async def test_a_page_hears_how_far_the_agent_has_read_and_a_later_one_too(
    services: Services, http: httpx.AsyncClient
) -> None:
    conversation, headers = await with_agent(services)
    page = Page(services, conversation)
    assert (await page.hears())[0] == "status"
    assert (await http.get("/messages", headers=headers)).json()["agent_seen"] == 0
    await ownership.seen(services, conversation.id, RAHIM, 99)
    assert await page.hears() == ("seen", {"agent_seen": 1})
    assert (await http.get("/messages", headers=headers)).json()["agent_seen"] == 1
    later = Page(services, conversation)
    assert [await later.hears() for _ in range(2)][1] == ("seen", {"agent_seen": 1})
    await page.close()
    await later.close()


async def test_what_the_customer_types_and_reads_reaches_the_signs(services: Services, http: httpx.AsyncClient) -> None:
    conversation, headers = await with_agent(services)
    reply, _ = await ownership.reply(services, conversation.id, RAHIM, "hello, I am Rahim", private=False)
    assert (await http.post("/typing", headers=headers)).status_code == 204
    assert (await http.post("/seen", headers=headers, json={"seq": reply.seq})).status_code == 204
    async with services.database.read() as tx:
        known = await signs.of(tx, conversation.id)
    assert known.typing_for("customer", now()) > 0
    assert known.customer_seen == reply.seq


async def test_signs_of_nobody_or_of_nonsense_are_refused(services: Services, http: httpx.AsyncClient) -> None:
    _, headers = await with_agent(services)
    strangers: list[dict[str, str]] = [{}, {"Authorization": f"Bearer {WEBSITE.new_visitor()[1]}"}]
    for stranger in strangers:
        assert (await http.post("/typing", headers=stranger)).status_code == 401
        assert (await http.post("/seen", headers=stranger, json={"seq": 1})).status_code == 401
    for body in ({}, {"seq": -1}, {"seq": "x"}, {"seq": 2**31}, []):
        answer = await http.post("/seen", headers=headers, json=body)
        assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid")
