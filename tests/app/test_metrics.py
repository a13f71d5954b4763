"""Metrics say what stands in the database."""

from datetime import timedelta

import httpx
import sqlalchemy as sa
from prometheus_client.parser import text_string_to_metric_families

from handoff import inbox, ownership, store
from handoff.clock import now
from handoff.conversations import Conversation
from handoff.inbox import Incoming
from handoff.models import conversations
from handoff.services import Services


async def values(client: httpx.AsyncClient) -> dict[tuple[str, ...], float]:
    answer = await client.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain")
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


async def write(services: Services, channel: str, address: str) -> Conversation:
    message, _ = await inbox.receive(services, Incoming(channel, f"{address}:1", address, text="hello"))
    async with services.database.read() as tx:
        found = await store.get(tx, message.conversation_id)
    assert found is not None
    return found


async def hand_over(services: Services, conversation: Conversation) -> None:
    async with services.database.write() as tx:
        locked = await store.get(tx, conversation.id, lock=True)
        assert locked is not None
        await store.save(tx, await ownership.hand_over(tx, services, locked, "human_agent", {}, now()))


async def test_an_empty_house_has_an_empty_queue(client: httpx.AsyncClient) -> None:
    assert await values(client) == {("shohay_queue_oldest_seconds",): 0.0}


async def test_conversations_turns_and_deliveries_are_counted_by_status(
    client: httpx.AsyncClient, services: Services
) -> None:
    await write(services, "website", "one")
    await write(services, "website", "two")
    await hand_over(services, await write(services, "fake", "three"))
    async with services.database.write() as tx:
        earlier = now() - timedelta(hours=1)
        await tx.execute(
            sa.update(conversations).where(conversations.c.status == "queued").values(waiting_since=earlier)
        )
    found = await values(client)
    assert found.pop(("shohay_queue_oldest_seconds",)) >= 3600
    assert found == {
        ("shohay_conversations", "bot"): 2,
        ("shohay_conversations", "queued"): 1,
        ("shohay_turns", "waiting"): 2,
        ("shohay_turns", "dropped"): 1,
        ("shohay_deliveries", "fake", "pending"): 1,
    }


async def test_metrics_hold_nothing_that_anybody_wrote(client: httpx.AsyncClient, services: Services) -> None:
    await inbox.receive(services, Incoming("website", "k", "an-address", text="a private word", name="Amina"))
    text = (await client.get("/metrics")).text
    assert not [word for word in ("an-address", "private", "Amina") if word in text]
