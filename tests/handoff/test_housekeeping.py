from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from handoff import housekeeping, inbox
from handoff.clock import now
from handoff.inbox import Incoming
from handoff.models import events, messages, receipts


async def test_what_is_older_than_a_week_goes_and_everything_that_was_said_stays(services) -> None:
    for key in ("old", "new"):
        await inbox.receive(services, Incoming("website", key, "visitor", text=key))
    async with services.database.write() as tx:
        long_ago = now() - timedelta(days=8)
        await tx.execute(sa.update(receipts).where(receipts.c.key == "old").values(created_at=long_ago))
        first = await tx.scalar(sa.select(sa.func.min(events.c.id)))
        await tx.execute(sa.update(events).where(events.c.id == first).values(created_at=long_ago))

    assert await housekeeping.clear(services.database) == 2

    async with services.database.read() as tx:
        assert [row["key"] for row in await tx.rows(sa.select(receipts.c.key))] == ["new"]
        assert len(await tx.rows(sa.select(messages.c.id))) == 2
        assert await tx.scalar(sa.select(sa.func.min(events.c.id))) > first
