"""SQLite's one writer: everyone's turn comes in order, who waits together is kept together, who breaks goes alone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

import pytest
import sqlalchemy as sa
from handoff_testing import rows

from handoff import sqlite_writer
from handoff.clock import new_id
from handoff.clock import now as clock_now
from handoff.database import Database, DatabaseAway, Transaction
from handoff.inline_sqlite import InlineConnection
from handoff.models import contacts

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


async def add(tx: Transaction, name: str) -> None:
    await tx.execute(sa.insert(contacts).values(id=new_id(), name=name, created_at=clock_now()))


async def write(database: Database, name: str, error: BaseException | None = None) -> None:
    async with database.write() as tx:
        await add(tx, name)
        if error is not None:
            raise error


async def names(database: Database) -> list[str]:
    return [row["name"] for row in await rows(database, "contacts", "id")]


@contextmanager
def counted_commits(monkeypatch: pytest.MonkeyPatch, error: Exception | None = None) -> Iterator[list[int]]:
    """How many commits there have been; each fails with `error` if there is one."""
    done: list[int] = []
    commit = InlineConnection.commit

    async def counted(connection: InlineConnection) -> None:
        done.append(1)
        if error is not None:
            raise error
        await commit(connection)

    with monkeypatch.context() as patch:
        patch.setattr(InlineConnection, "commit", counted)
        yield done


@pytest.fixture
async def held(database: Database) -> AsyncIterator[asyncio.Event]:
    """Somebody has the turn until the event is set; everything that asks meanwhile waits together."""
    go_on, begun = asyncio.Event(), asyncio.Event()

    async def holding() -> None:
        async with database.write():
            begun.set()
            await go_on.wait()

    task = asyncio.create_task(holding())
    await begun.wait()
    yield go_on
    go_on.set()
    await asyncio.gather(task, return_exceptions=True)  # in a group that is not kept it is not either


async def waiting(*writes: asyncio.Task[None]) -> None:
    """Lets tasks that were just made come as far as they can."""
    for _ in range(5 * len(writes)):
        await asyncio.sleep(0)


async def test_nobody_who_asks_again_and_again_is_served_before_who_waits(database: Database) -> None:
    order: list[int] = []

    async def greedy(number: int) -> None:
        for _ in range(20):
            async with database.write() as tx:
                await add(tx, "again")
                order.append(number)

    await asyncio.gather(*(greedy(number) for number in range(4)))
    for place in range(0, len(order), 4):
        assert sorted(order[place : place + 4]) == [0, 1, 2, 3]


async def test_who_waits_together_is_kept_by_one_commit_and_told_only_then(
    database: Database, held: asyncio.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []

    async def writing(number: int) -> None:
        await write(database, f"{number}")
        seen.append(len(await names(database)))

    tasks = [asyncio.create_task(writing(number)) for number in range(10)]
    await waiting(*tasks)
    with counted_commits(monkeypatch) as commits:
        held.set()
        await asyncio.gather(*tasks)
    assert len(commits) <= 2  # the holder's may be one of its own
    assert seen == [10] * 10
    assert await names(database) == [f"{number}" for number in range(10)]


async def test_a_group_has_an_end_so_that_its_first_is_told(
    database: Database, held: asyncio.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_writer, "MOST", 4)
    tasks = [asyncio.create_task(write(database, f"{number}")) for number in range(11)]
    await waiting(*tasks)
    with counted_commits(monkeypatch) as commits:
        held.set()
        await asyncio.gather(*tasks)
    assert len(commits) == 3
    assert len(await names(database)) == 11


@pytest.mark.parametrize("broken", [0, 3, 7])
async def test_who_breaks_leaves_nothing_and_takes_nobody_along(
    database: Database, held: asyncio.Event, broken: int
) -> None:
    tasks = [
        asyncio.create_task(write(database, f"{number}", LookupError() if number == broken else None))
        for number in range(8)
    ]
    await waiting(*tasks)
    held.set()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(one) for one in results] == [LookupError if n == broken else type(None) for n in range(8)]
    assert await names(database) == [f"{number}" for number in range(8) if number != broken]


async def test_who_learns_from_others_of_the_group_is_answered_only_when_they_are_kept(
    database: Database, held: asyncio.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A copy of a message is answered with "we have it": that must not be before the message is safe."""

    async def copy() -> None:
        async with database.write() as tx:
            if await tx.scalar(sa.select(contacts.c.id).where(contacts.c.name == "first")):
                raise LookupError("we have it")

    tasks = [asyncio.create_task(write(database, "first")), asyncio.create_task(copy())]
    await waiting(*tasks)
    with counted_commits(monkeypatch, error=OSError("no space left on device")):
        held.set()
        results = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(one) for one in results] == [DatabaseAway, DatabaseAway]
    assert await names(database) == []
    await write(database, "next")
    assert await names(database) == ["next"]


async def test_when_sqlite_takes_everything_back_by_itself_nobody_is_told_that_it_was_kept(
    database: Database, held: asyncio.Event
) -> None:
    async def full() -> None:
        async with database.write() as tx:
            await add(tx, "second")
            await tx.execute(sa.text("rollback"))  # what a full disk does
            raise LookupError

    tasks = [asyncio.create_task(one) for one in (write(database, "first"), full(), write(database, "third"))]
    await waiting(*tasks)
    held.set()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(one) for one in results] == [DatabaseAway, DatabaseAway, type(None)]
    assert await names(database) == ["third"]


@pytest.mark.parametrize("gone", [(0,), (1, 2), (4,), (0, 1, 2, 3, 4)])
async def test_whoever_gives_up_waiting_holds_up_nobody(
    database: Database, held: asyncio.Event, gone: tuple[int, ...]
) -> None:
    tasks = [asyncio.create_task(write(database, f"{number}")) for number in range(5)]
    await waiting(*tasks)
    for number in gone:
        tasks[number].cancel()
    held.set()
    await asyncio.gather(*tasks, return_exceptions=True)
    await write(database, "later")
    assert await names(database) == [f"{number}" for number in range(5) if number not in gone] + ["later"]


async def test_who_is_cancelled_when_the_turn_has_just_come_passes_it_on(
    database: Database, held: asyncio.Event
) -> None:
    tasks = [asyncio.create_task(write(database, f"{number}")) for number in range(3)]
    await waiting(*tasks)
    turns = database._turns
    assert turns is not None
    turn = turns._waiting[0]
    turn.add_done_callback(lambda _: tasks[0].cancel())
    held.set()
    assert [type(one) for one in await asyncio.gather(*tasks, return_exceptions=True)][1:] == [type(None)] * 2
    await write(database, "later")
    assert (await names(database))[-3:] == ["1", "2", "later"]


async def test_a_turn_that_never_comes_is_an_absent_database(
    database: Database, held: asyncio.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_writer, "LONGEST_WAIT_SECONDS", 0.05)
    with pytest.raises(DatabaseAway, match="busy"):
        await write(database, "late")
    held.set()
    await write(database, "next")
    assert await names(database) == ["next"]


async def test_a_commit_goes_on_when_who_waits_for_it_is_gone(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = InlineConnection.commit

    async def cancelling(connection: InlineConnection) -> None:
        task.cancel()
        await asyncio.sleep(0)
        await commit(connection)

    monkeypatch.setattr(InlineConnection, "commit", cancelling)
    task = asyncio.create_task(write(database, "kept"))
    with pytest.raises(asyncio.CancelledError):
        await task
    monkeypatch.undo()
    await write(database, "next")
    assert await names(database) == ["kept", "next"]
