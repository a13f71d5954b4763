"""Clearing out what has served its time, so that the tables stay small."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from handoff.clock import now as clock_now
from handoff.database import Database
from handoff.models import events, login_failures, receipts, sessions

# a provider may redeliver for days (promise 2); a page that was away longer fetches everything anew anyway
KEPT = timedelta(days=7)
FAILURES_KEPT = timedelta(days=1)


async def clear(database: Database) -> int:
    """Deletes receipts and events older than a week, old failed sign-ins and sessions that ran out; returns how many
    rows went."""
    now = clock_now()
    gone = 0
    async with database.write() as tx:
        for statement in (
            sa.delete(receipts).where(receipts.c.created_at < now - KEPT),
            sa.delete(events).where(events.c.created_at < now - KEPT),
            sa.delete(login_failures).where(login_failures.c.created_at < now - FAILURES_KEPT),
            sa.delete(sessions).where(sessions.c.expires_at < now),
        ):
            gone += (await tx.execute(statement)).rowcount
    return gone
