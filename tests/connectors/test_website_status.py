"""What a waiting customer's page knows of the queue: place and expected wait, each new place, and what it is asked."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from connectors.website import routes
from connectors.website.connector import CHANNEL
from handoff import events, inbox, ownership, presence, store
from handoff.absence import CONTACT, WAIT
from handoff.clock import new_id, now
from handoff.conversations import Conversation
from handoff.incoming import Incoming
from handoff.models import people
from handoff.people import Person
from handoff.services import Services

RAHIM = Person(new_id(), "rahim", "Rahim", "agent")


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routes, "COUNT_AGAIN", timedelta(0))
    monkeypatch.setattr(routes, "LOOK_AGAIN_SECONDS", 0.01)


async def come(services: Services) -> None:
    """Rahim is at the desk."""
    async with services.database.write() as tx:
        await tx.execute(
            sa.insert(people).values(
                id=RAHIM.id, name=RAHIM.name, display_name=RAHIM.display_name, role=RAHIM.role,
                password_hash="!", demo=False, created_at=now(), seen_at=now(),
            )
        )  # fmt: skip


async def wait_for_person(services: Services, visitor: str) -> Conversation:
    await inbox.receive(services, Incoming(CHANNEL, new_id(), visitor, "a person, please"))
    async with services.database.write() as tx:
        found = await store.of_identity(tx, CHANNEL, visitor)
        assert found is not None
        locked = await store.get(tx, found.id, lock=True)
        assert locked is not None
        queued = await ownership.hand_over(tx, services, locked, "human_agent", {}, now())
        await store.save(tx, queued)
    return queued


class Page:
    """A page that watches."""

    def __init__(self, services: Services, conversation: Conversation, since: int = 10**9) -> None:
        self._stream = routes._watch(services, conversation.id, since, lambda: True)
        self._events: AsyncIterator[Any] = aiter(self._stream)

    async def status(self) -> tuple[str, int | None, int | None]:
        data = await self._heard("status")
        return data["status"], data["queue_position"], data["expected_wait_minutes"]

    async def expects(self) -> str | None:
        """What the next status says that the customer's words will be taken for."""
        expects = (await self._heard("status"))["expects"]
        return None if expects is None else str(expects)

    async def messages(self, count: int) -> list[str]:
        """The authors of the next messages."""
        return [str((await self._heard("message"))["author"]) for _ in range(count)]

    async def _heard(self, kind: str) -> Any:
        async with asyncio.timeout(10):
            event = await anext(self._events)
        assert event.event == kind
        return json.loads(event.data)

    async def hears_nothing(self) -> bool:
        try:
            async with asyncio.timeout(0.2):
                await anext(self._events)
        except TimeoutError:
            return True
        return False

    async def close(self) -> None:
        await self._stream.aclose()  # type: ignore[attr-defined]


async def test_a_waiting_customers_page_hears_each_new_place(services: Services) -> None:
    await come(services)
    waiting = [await wait_for_person(services, f"v{number}") for number in range(3)]
    page = Page(services, waiting[2])
    assert await page.status() == ("queued", 3, 2)
    await ownership.claim(services, waiting[0].id, RAHIM)
    assert await page.status() == ("queued", 2, 1)
    await ownership.claim(services, waiting[1].id, RAHIM)
    assert await page.status() == ("queued", 1, 1)
    assert await page.hears_nothing()
    await page.close()


async def test_with_nobody_there_no_wait_is_promised_and_somebody_who_comes_is_news(services: Services) -> None:
    conversation = await wait_for_person(services, "v")
    page = Page(services, conversation)
    assert await page.status() == ("queued", 1, None)
    await come(services)
    assert await page.status() == ("queued", 1, 2)
    await presence.set_available(services.database, RAHIM.id, False)
    assert await page.status() == ("queued", 1, None)
    await page.close()


async def test_who_does_not_wait_has_neither_place_nor_wait(services: Services) -> None:
    await come(services)
    conversation = await wait_for_person(services, "v")
    await ownership.claim(services, conversation.id, RAHIM)
    page = Page(services, conversation)
    assert await page.status() == ("assigned", None, None)
    await page.close()


async def test_a_page_knows_that_an_address_is_asked_for_and_when_that_is_over(services: Services) -> None:
    conversation = await wait_for_person(services, "v")
    async with services.database.read() as tx:
        page = Page(services, conversation, await events.latest_id(tx, conversation.id))
    assert await page.expects() is None

    async def says(text: str = "", payload: str | None = None) -> None:
        await inbox.receive(services, Incoming(CHANNEL, new_id(), "v", text, payload=payload))

    await says(payload=CONTACT)
    assert await page.expects() == "contact"
    assert await page.messages(2) == ["customer", "system"]
    await says("what for?")  # asked once more, so nothing has changed
    assert await page.messages(2) == ["customer", "system"]
    await says("amina@example.com")
    assert await page.expects() is None
    assert await page.messages(2) == ["customer", "system"]
    for choice in (CONTACT, WAIT):
        await says(payload=choice)
        assert await page.expects() == ("contact" if choice == CONTACT else None)
        assert await page.messages(2) == ["customer", "system"]
    await page.close()


async def test_to_a_person_who_has_come_no_address_is_left(services: Services) -> None:
    conversation = await wait_for_person(services, "v")
    await come(services)
    await inbox.receive(services, Incoming(CHANNEL, new_id(), "v", payload=CONTACT))
    await ownership.claim(services, conversation.id, RAHIM)
    page = Page(services, conversation)
    assert await page.expects() is None
    await page.close()
