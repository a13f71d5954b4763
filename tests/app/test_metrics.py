"""Metrics say what stands in the database."""

from datetime import timedelta

import httpx
import sqlalchemy as sa
from prometheus_client.parser import text_string_to_metric_families

from handoff import deadlines, inbox, ownership, store
from handoff.clock import now
from handoff.conversations import Conversation
from handoff.incoming import Incoming
from handoff.models import conversations, people, turns
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


async def hand_over(services: Services, conversation: Conversation, reason: str = "human_agent") -> None:
    async with services.database.write() as tx:
        locked = await store.get(tx, conversation.id, lock=True)
        assert locked is not None
        await store.save(tx, await ownership.hand_over(tx, services, locked, reason, {}, now()))


EMPTY = {
    ("shohay_queue_oldest_seconds",): 0.0,
    ("shohay_deadline_breaches",): 0.0,
    ("shohay_agents_online", "yes"): 0.0,
    ("shohay_agents_online", "no"): 0.0,
}


async def test_an_empty_house_has_an_empty_queue(client: httpx.AsyncClient) -> None:
    assert await values(client) == EMPTY


async def test_conversations_turns_and_deliveries_are_counted_by_status(
    client: httpx.AsyncClient, services: Services
) -> None:
    await write(services, "website", "one")
    await write(services, "website", "two")
    await hand_over(services, await write(services, "fake", "three"))
    found = await values(client)
    assert {key: value for key, value in found.items() if key[0] in COUNTS} == {
        ("shohay_conversations", "bot"): 2,
        ("shohay_conversations", "queued"): 1,
        ("shohay_turns", "waiting"): 2,
        ("shohay_turns", "dropped"): 1,
        ("shohay_deliveries", "fake", "pending"): 1,
    }


COUNTS = ("shohay_conversations", "shohay_turns", "shohay_deliveries")


async def test_the_queue_is_told_by_team_with_its_age(client: httpx.AsyncClient, services: Services) -> None:
    for number in range(2):
        await hand_over(services, await write(services, "website", f"support {number}"))
    await hand_over(services, await write(services, "website", "money"), "double_charged")
    earlier = now() - timedelta(hours=1)
    async with services.database.write() as tx:
        old = sa.update(conversations).where(conversations.c.team == "payments")
        await tx.execute(old.values(waiting_since=earlier))
    found = await values(client)
    assert found["shohay_queue_depth", "support"] == 2
    assert found["shohay_queue_depth", "payments"] == 1
    assert 3600 <= found["shohay_queue_oldest_by_team_seconds", "payments"] < 3700
    assert found["shohay_queue_oldest_by_team_seconds", "support"] < 600
    assert found["shohay_queue_oldest_seconds",] == found["shohay_queue_oldest_by_team_seconds", "payments"]


async def test_parked_requests_and_deadlines_that_passed_are_counted(
    client: httpx.AsyncClient, services: Services
) -> None:
    for number in range(2):
        await hand_over(services, await write(services, "website", f"v{number}"))
    async with services.database.write() as tx:
        await tx.execute(sa.update(conversations).values(deadline=now() - timedelta(seconds=1)))
    assert await deadlines.deal_with_passed(services) == 2
    found = await values(client)
    assert found["shohay_tickets_parked", "support"] == 2
    assert found["shohay_deadline_breaches",] == 2
    assert ("shohay_queue_depth", "support") not in found


async def test_people_at_the_desk_are_counted_by_whether_they_take_conversations(
    client: httpx.AsyncClient, services: Services
) -> None:
    async with services.database.write() as tx:
        for number, (role, seen, available) in enumerate(
            [
                ("agent", 0, True),
                ("supervisor", 0, True),
                ("agent", 0, False),
                ("agent", 300, True),
                ("editor", 0, True),
            ]
        ):
            await tx.execute(
                sa.insert(people).values(
                    id=str(number), name=str(number), display_name="x", role=role, password_hash="!", demo=False,
                    available=available, seen_at=now() - timedelta(seconds=seen), created_at=now(),
                )
            )  # fmt: skip
    found = await values(client)
    assert (found["shohay_agents_online", "yes"], found["shohay_agents_online", "no"]) == (2, 1)


async def test_turns_of_the_last_minutes_tell_how_long_they_took(client: httpx.AsyncClient, services: Services) -> None:
    conversation = await write(services, "website", "one")
    for number in range(20):
        await inbox.receive(services, Incoming("website", f"more:{number}", "one", text="hello"))
    async with services.database.write() as tx:
        ids = [row["message_id"] for row in await tx.rows(sa.select(turns.c.message_id).order_by(turns.c.seq))]
        for number, message_id in enumerate(ids):
            took = 60_000 if number == 0 else number * 100
            begun = now() - (timedelta(minutes=6) if number == 0 else timedelta(minutes=1))
            one = sa.update(turns).where(turns.c.message_id == message_id)
            await tx.execute(one.values(status="done", milliseconds=took, created_at=begun))
    assert conversation.status == "bot"
    found = await values(client)
    assert found["shohay_turn_seconds", "0.5"] == 1.0
    assert found["shohay_turn_seconds", "0.95"] == 1.9


async def test_metrics_hold_nothing_that_anybody_wrote(client: httpx.AsyncClient, services: Services) -> None:
    await inbox.receive(services, Incoming("website", "k", "an-address", text="a private word", name="Amina"))
    text = (await client.get("/metrics")).text
    assert not [word for word in ("an-address", "private", "Amina") if word in text]
