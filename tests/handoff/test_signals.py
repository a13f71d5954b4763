"""Wake-ups: everyone who waits is told, nobody else, and between processes over PostgreSQL."""

from __future__ import annotations

import asyncio

import pytest
import sqlalchemy as sa
from running import POSTGRES
from sqlalchemy.engine import make_url
from structlog.testing import capture_logs

from handoff.clock import new_id
from handoff.database import Database
from handoff.events import topic
from handoff.postgres_signals import listen
from handoff.signals import Signals


async def test_a_wake_up_reaches_every_waiter_of_its_topic_and_no_other() -> None:
    signals = Signals()
    mine, also, other = signals.subscribe("a", "b"), signals.subscribe("a"), signals.subscribe("c")
    signals.notify("a")
    assert await mine.wait(5) and await also.wait(5)
    assert not await other.wait(0.01)
    signals.notify("b")
    assert await mine.wait(5)
    assert not await also.wait(0.01)


async def test_wake_ups_between_two_waits_are_remembered_and_folded_into_one() -> None:
    signals = Signals()
    waiter = signals.subscribe("a")
    for _ in range(3):
        signals.notify("a")
    assert await waiter.wait(5)
    assert not await waiter.wait(0.01)


async def test_a_closed_subscription_hears_nothing_more_and_leaves_nothing_behind() -> None:
    signals = Signals()
    gone, stays = signals.subscribe("a", "b"), signals.subscribe("a")
    gone.close()
    signals.notify("a")
    signals.notify("b")
    assert await stays.wait(5)
    assert not await gone.wait(0.01)
    stays.close()
    assert not signals._waiters


@pytest.mark.parametrize("database", [pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True)
async def test_a_change_in_one_process_wakes_another_after_its_commit_and_over_a_lost_connection(
    database: Database,
) -> None:
    elsewhere = Signals()  # what another process would hold
    conversation_id = new_id()
    url = make_url(POSTGRES).update_query_dict({"application_name": conversation_id})
    listening = asyncio.create_task(listen(url, elsewhere))
    waiter = elsewhere.subscribe(topic(conversation_id))

    async def change_until_heard() -> None:
        for _ in range(200):  # the listener connects, or reconnects, meanwhile
            async with database.write() as tx:
                tx.wake(topic(conversation_id))
            if await waiter.wait(0.05):
                return
        raise AssertionError("the other process was never woken")

    await change_until_heard()
    while await waiter.wait(0.2):
        pass
    with pytest.raises(LookupError):
        async with database.write() as tx:
            tx.wake(topic(conversation_id))
            raise LookupError
    assert not await waiter.wait(0.2)

    async with database.read() as tx:
        mine = sa.text("select pg_terminate_backend(pid) from pg_stat_activity where application_name = :name")
        cut = await tx.rows(mine.bindparams(name=conversation_id))
    assert cut
    await change_until_heard()
    listening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await listening
    waiter.close()


@pytest.mark.parametrize("database", [pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True)
async def test_of_many_changes_at_once_another_process_hears_every_topic(database: Database) -> None:
    elsewhere = Signals()
    listening = asyncio.create_task(listen(make_url(POSTGRES), elsewhere))
    topics = [topic(new_id()) for _ in range(40)]
    heard = [elsewhere.subscribe(one) for one in topics]
    ready = elsewhere.subscribe("ready")

    async def change(*woken: str) -> None:
        async with database.write() as tx:
            for one in woken:
                tx.wake(one)

    for _ in range(200):  # the listener connects meanwhile
        await change("ready")
        if await ready.wait(0.05):
            break
    await asyncio.gather(*(change(*topics[number : number + 2]) for number in range(39)))
    assert all(await asyncio.gather(*(one.wait(5) for one in heard)))
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)


@pytest.mark.parametrize("database", [pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True)
async def test_wake_ups_that_cannot_be_sent_break_nothing(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are hints: whoever misses one looks again by itself."""
    mine = database.signals.subscribe("changed")
    nobody = Database("postgresql+asyncpg://postgres@127.0.0.1:1/shohay")
    monkeypatch.setattr(database, "_announcer", nobody._announcer)
    with capture_logs() as logs:
        async with database.write() as tx:
            tx.wake("changed")
        await nobody.close()
    assert [one["event"] for one in logs] == ["notifications_not_sent"]
    assert await mine.wait(1)
    mine.close()
