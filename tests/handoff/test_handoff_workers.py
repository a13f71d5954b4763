"""Which workers can answer: those whose heart beats."""

from __future__ import annotations

from datetime import timedelta

from handoff_testing import change, rows

from handoff import workers
from handoff.clock import new_id
from handoff.clock import now as clock_now
from handoff.database import Database


async def alive(database: Database) -> int:
    async with database.read() as tx:
        return await workers.alive(tx)


async def test_a_worker_counts_while_it_beats_and_no_longer_when_it_is_gone(database: Database) -> None:
    first, second = new_id(), new_id()
    assert await alive(database) == 0
    for _ in range(3):
        await workers.beat(database, first, "model-1")
    await workers.beat(database, second, "model-1")
    assert await alive(database) == 2
    await workers.gone(database, first)
    await workers.gone(database, first)
    assert await alive(database) == 1


async def test_a_worker_that_was_killed_stops_counting_by_itself_and_counts_again_when_it_beats(
    database: Database,
) -> None:
    worker = new_id()
    await workers.beat(database, worker, "model-1")
    await change(database, "workers", seen_at=clock_now() - workers.ALIVE - timedelta(seconds=1))
    assert await alive(database) == 0
    await workers.beat(database, worker, "model-2")
    assert await alive(database) == 1
    assert [row["model"] for row in await rows(database, "workers")] == ["model-2"]


async def test_a_new_worker_is_told_of_and_sweeps_away_those_long_dead(database: Database) -> None:
    await workers.beat(database, new_id(), "model-1")
    await change(database, "workers", seen_at=clock_now() - timedelta(days=2))
    watching = database.signals.subscribe("model")
    worker = new_id()
    await workers.beat(database, worker, "model-1")
    assert await watching.wait(5)
    assert [row["id"] for row in await rows(database, "workers")] == [worker]
    await workers.beat(database, worker, "model-1")
    assert not await watching.wait(0.01)
    watching.close()
