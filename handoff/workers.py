"""Which workers are alive and with which model, so that any process can say whether the bot can answer."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from handoff.clock import now as clock_now
from handoff.database import Database, Transaction
from handoff.models import workers

BEAT_SECONDS = 5.0
ALIVE = timedelta(seconds=20)


async def beat(database: Database, worker_id: str, model: str) -> None:
    """This worker is alive and answers with `model`."""
    now = clock_now()
    async with database.write() as tx:
        changed = await tx.execute(sa.update(workers).where(workers.c.id == worker_id).values(model=model, seen_at=now))
        if changed.rowcount == 0:
            await tx.execute(sa.delete(workers).where(workers.c.seen_at < now - timedelta(days=1)))
            await tx.execute(sa.insert(workers).values(id=worker_id, model=model, seen_at=now))
            tx.wake("model")


async def gone(database: Database, worker_id: str) -> None:
    """This worker stops in order."""
    async with database.write() as tx:
        await tx.execute(sa.delete(workers).where(workers.c.id == worker_id))
        tx.wake("model")


async def alive(tx: Transaction) -> int:
    """How many workers can answer now."""
    query = sa.select(sa.func.count()).where(workers.c.seen_at > clock_now() - ALIVE)
    return int(await tx.scalar(query) or 0)
