"""A message that we do not take: its customer hears in the chat why, once, and nothing of it is kept."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from handoff_testing import answer, change, count, dump, lease, notices, phrase, rows, said, write

from handoff import erasure, inbox
from handoff.clock import new_id
from handoff.clock import now as clock_now
from handoff.incoming import Incoming
from handoff.services import Services


async def tell(services: Services, code: str, address: str = "amina", **details: object) -> str:
    """Refuses a message of this customer; returns its delivery's key."""
    incoming = Incoming("fake", str(details.pop("key", new_id())), address, **details)  # type: ignore[arg-type]
    await inbox.tell_refused(services, incoming, code)
    return incoming.key


async def conversation_id(services: Services) -> str:
    (found,) = await rows(services.database, "conversations")
    return str(found["id"])


@pytest.mark.parametrize("code", [*inbox.TOLD, "something else"])
async def test_each_reason_is_told_in_the_customers_language(services: Services, code: str) -> None:
    await tell(services, code, language="bn")
    key = f"refused_{code}" if code in inbox.TOLD else "refused"
    assert await said(services, await conversation_id(services)) == [("system", phrase(services, key, "bn"))]
    assert await count(services.database, "turns") == 0
    (delivery,) = await rows(services.database, "deliveries")
    assert delivery["status"] == "pending"


async def test_a_delivery_that_comes_again_and_again_is_told_once(services: Services) -> None:
    refused = Incoming("fake", "update-1", "amina", "x" * 4001)
    await asyncio.gather(*(inbox.tell_refused(services, refused, "too_long") for _ in range(11)))
    await inbox.tell_refused(services, refused, "too_long")
    assert await notices(services, await conversation_id(services)) == [phrase(services, "refused_too_long")]
    await write(services, "hello")
    await answer(services, "Hello!")
    await inbox.tell_refused(services, refused, "too_long")
    assert len(await notices(services, await conversation_id(services))) == 1


async def test_one_delivery_under_two_addresses_at_once_is_told_to_one_of_them(services: Services) -> None:
    both = [Incoming("fake", "same", f"visitor-{number}") for number in range(8)]
    await asyncio.gather(*(inbox.tell_refused(services, one, "empty") for one in both))
    assert await count(services.database, "messages") == 1
    assert await count(services.database, "conversations") == 1


async def test_the_same_reason_is_not_told_again_until_a_message_was_taken(services: Services) -> None:
    await write(services, "hello")
    await tell(services, "too_many")
    await answer(services, "Hello!")
    for _ in range(3):
        await tell(services, "too_many")
    told = [phrase(services, "refused_too_many")]
    assert await notices(services, await conversation_id(services)) == told
    await tell(services, "too_long")
    await tell(services, "too_many")
    told.append(phrase(services, "refused_too_long"))
    assert await notices(services, await conversation_id(services)) == told
    await write(services, "are you there?")
    await tell(services, "too_many")
    assert await notices(services, await conversation_id(services)) == [*told, told[0]]


async def test_what_was_refused_may_be_sent_again_later_as_another_message(services: Services) -> None:
    strict = replace(services, messages_per_minute=1)
    await write(strict, "one")
    with pytest.raises(inbox.TooMany):
        await inbox.receive(strict, Incoming("fake", "two", "amina", "two"))
    await inbox.tell_refused(strict, Incoming("fake", "two", "amina", "two"), "too_many")
    await change(services.database, "messages", created_at=clock_now() - timedelta(seconds=61))
    _, new = await inbox.receive(strict, Incoming("fake", "two", "amina", "two"))
    assert not new  # its provider only brings the old delivery again, and its customer was told to send it anew
    await write(strict, "two", key="three")
    assert (await lease(services)).message.text == "one"
    assert [text for author, text in await said(services, await conversation_id(services)) if author == "customer"] == [
        "one",
        "two",
    ]


async def test_where_a_channel_opens_conversations_itself_nobody_unknown_is_told(services: Services) -> None:
    await inbox.tell_refused(services, Incoming("fake", "1", "nobody", opens=False), "empty")
    for table in ("conversations", "identities", "contacts", "messages", "receipts"):
        assert await count(services.database, table) == 0


async def test_a_late_copy_of_a_refused_message_brings_an_erased_customer_not_back(services: Services) -> None:
    refused = Incoming("fake", "update-1", "amina-the-customer", "x" * 4001, name="Amina")
    await inbox.tell_refused(services, refused, "too_long")
    async with services.database.read() as tx:
        contact_id = await erasure.find(tx, "fake:amina-the-customer")
    assert contact_id is not None
    await erasure.erase(services.database, contact_id)
    await inbox.tell_refused(services, refused, "too_long")
    for table in ("conversations", "identities", "contacts", "messages"):
        assert await count(services.database, table) == 0
    assert "amina" not in (await dump(services.database)).lower()
