"""Sending over real HTTP: in order, again only when provably not taken, and never twice by us."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from delivery_testing import deliver, fates, on_sqlite, pauses_end, running, speak
from receiver import DROP, Receiver

from app import schema
from connectors.delivery import Delivery
from connectors.fake import Fake
from handoff import outbox
from handoff.clock import now as clock_now
from handoff.database import Database
from handoff.models import deliveries
from handoff.services import Services


@pytest.fixture
def delivery(services: Services, fake: Fake) -> Delivery:
    return Delivery(services.database, {"fake": fake})


async def test_messages_arrive_in_order_within_their_conversation(
    services: Services, delivery: Delivery, fake: Fake, receiver: Receiver
) -> None:
    people = [f"v{number}" for number in range(4)]
    for turn in range(3):
        for address in people:
            await speak(services, address, f"{address} {turn}a", f"{address} {turn}b")
    another = Delivery(services.database, {"fake": fake})
    await asyncio.gather(deliver(delivery), deliver(another), deliver(delivery))
    await deliver(delivery)
    for address in people:
        assert receiver.texts(address) == [f"{address} {turn}{half}" for turn in range(3) for half in "ab"]
    assert {status for status, _, _ in (await fates(services)).values()} == {"sent"}


async def test_what_was_not_taken_is_sent_again_later_and_before_what_follows_it(
    services: Services, delivery: Delivery, receiver: Receiver
) -> None:
    receiver.answers["one"] = [(429, {"Retry-After": "3600"}), 503]
    await speak(services, "amina", "one", "two")
    await speak(services, "jonas", "three")
    await deliver(delivery)
    assert receiver.texts() == ["one", "three"]  # the pause on one chat delays no other
    assert (await fates(services))["one"] == ("pending", 1, None)
    await deliver(delivery)
    assert receiver.texts() == ["one", "three"]
    for _ in range(2):
        await pauses_end(services)
        await deliver(delivery)
    assert receiver.texts("amina") == ["one", "one", "one", "two"]
    assert (await fates(services))["one"] == ("sent", 3, None)


async def test_the_providers_own_pause_is_kept(services: Services, delivery: Delivery, receiver: Receiver) -> None:
    receiver.answers["one"] = [(429, {"Retry-After": "3600"})]
    before = clock_now()
    await speak(services, "amina", "one")
    await deliver(delivery)
    async with services.database.read() as tx:
        assert await tx.scalar(sa.select(deliveries.c.next_at)) >= before + timedelta(seconds=3600)


async def test_a_pause_for_ever_is_a_day(services: Services, delivery: Delivery, receiver: Receiver) -> None:
    receiver.answers["one"] = [(429, {"Retry-After": "9" * 400})]
    await speak(services, "amina", "one")
    await deliver(delivery)
    async with services.database.read() as tx:
        assert await tx.scalar(sa.select(deliveries.c.next_at)) <= clock_now() + timedelta(days=1.25)


async def test_a_message_that_may_have_arrived_is_never_sent_again(
    services: Services, delivery: Delivery, receiver: Receiver
) -> None:
    receiver.answers = {"one": [DROP], "two": [500]}
    await speak(services, "amina", "one", "two", "three")
    for _ in range(3):
        await deliver(delivery)
        await pauses_end(services)
    assert receiver.texts() == ["one", "two", "three"]
    assert await fates(services) == {
        "one": ("unknown", 1, "RemoteProtocolError"),
        "two": ("unknown", 1, "HTTP 500"),
        "three": ("sent", 1, None),
    }


async def test_one_cut_off_by_the_end_of_its_process_is_unknown_and_not_sent_again(
    services: Services, delivery: Delivery, receiver: Receiver
) -> None:
    await speak(services, "amina", "one", "two")
    assert (await outbox.take_due(services.database, "fake")).due  # and the process dies
    await deliver(delivery)
    assert receiver.texts() == []
    async with services.database.write() as tx:
        await tx.execute(sa.update(deliveries).values(updated_at=clock_now() - timedelta(seconds=61)))
    await deliver(delivery)
    assert receiver.texts() == ["two"]
    assert (await fates(services))["one"] == ("unknown", 1, "stopped while sending")


async def test_a_rejected_message_is_given_up_with_the_reason_and_the_next_one_goes(
    services: Services, delivery: Delivery, receiver: Receiver
) -> None:
    receiver.answers["one"] = [403]
    await speak(services, "amina", "one", "two")
    await deliver(delivery)
    assert await fates(services) == {"one": ("failed", 1, "HTTP 403"), "two": ("sent", 1, None)}


@on_sqlite
async def test_each_further_pause_is_three_times_as_long_and_no_two_are_quite_alike(
    services: Services, delivery: Delivery, receiver: Receiver
) -> None:
    chats = [f"v{number}" for number in range(4)]
    for address in chats:
        receiver.answers[address] = [503] * 7
        await speak(services, address, address)
    for attempt in range(7):
        before = clock_now()
        await deliver(delivery)
        async with services.database.read() as tx:
            at = [row["next_at"] for row in await tx.rows(sa.select(deliveries.c.next_at))]
        shortest = min(3.0**attempt, 300)
        spent = (clock_now() - before).total_seconds()
        for one in at:
            assert shortest <= (one - before).total_seconds() <= shortest * 1.25 + spent
        assert len(set(at)) == len(chats)
        await pauses_end(services)


async def test_what_is_never_taken_is_given_up_after_eight_tries(
    services: Services, delivery: Delivery, receiver: Receiver
) -> None:
    receiver.answers["one"] = [503] * 20
    await speak(services, "amina", "one", "two")
    for _ in range(10):
        await deliver(delivery)
        await pauses_end(services)
    assert receiver.texts() == ["one"] * 8 + ["two"]
    assert (await fates(services))["one"] == ("failed", 8, "not taken after many tries")


async def test_a_channel_that_is_off_fails_its_messages_and_holds_up_nobody(
    services: Services, receiver: Receiver
) -> None:
    await speak(services, "amina", "one", "two")
    await deliver(Delivery(services.database, {}))
    assert receiver.got == []
    assert await fates(services) == {text: ("failed", 1, "channel fake is off") for text in ("one", "two")}


async def test_running_it_sends_what_is_committed(services: Services, delivery: Delivery, receiver: Receiver) -> None:
    async with running(delivery):
        for number in range(3):
            receiver.arrived.clear()
            await speak(services, "amina", f"message {number}")
            await asyncio.wait_for(receiver.arrived.wait(), 10)
    assert receiver.texts() == ["message 0", "message 1", "message 2"]


async def test_it_outlives_a_database_that_is_away(
    tmp_path: Path, services: Services, fake: Fake, receiver: Receiver
) -> None:
    late = Database(f"sqlite+aiosqlite:///{tmp_path / 'later' / 'shohay.db'}")
    async with running(Delivery(late, {"fake": fake})):
        await asyncio.sleep(0.1)
        await schema.upgrade(late)  # makes the folder as well
        await speak(replace(services, database=late), "amina", "after all")
        await asyncio.wait_for(receiver.arrived.wait(), 10)
    await late.close()
    assert receiver.texts() == ["after all"]
