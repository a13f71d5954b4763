from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa
from handoff_testing import answer, change, rows, write

from handoff import housekeeping, inbox, outbox
from handoff.clock import id_at, new_id, now
from handoff.incoming import Incoming
from handoff.models import events, messages, receipts


async def test_what_is_older_than_a_week_goes_and_everything_that_was_said_stays(services) -> None:
    for key in ("old", "new"):
        await inbox.receive(services, Incoming("website", key, "visitor", text=key))
    async with services.database.write() as tx:
        long_ago = now() - timedelta(days=8)
        old = sa.select(messages.c.id).where(messages.c.text == "old").scalar_subquery()
        await tx.execute(sa.update(receipts).where(receipts.c.message_id == old).values(created_at=long_ago))
        first = await tx.scalar(sa.select(sa.func.min(events.c.id)))
        await tx.execute(sa.update(events).where(events.c.id == first).values(created_at=long_ago))

    assert await housekeeping.clear(services.database) == 2

    async with services.database.read() as tx:
        kept = sa.select(messages.c.text).join(receipts, receipts.c.message_id == messages.c.id)
        assert [row["text"] for row in await tx.rows(kept)] == ["new"]
        assert len(await tx.rows(sa.select(messages.c.id))) == 2
        assert await tx.scalar(sa.select(sa.func.min(events.c.id))) > first


async def test_what_was_sent_a_month_ago_leaves_the_outbox_and_what_did_not_arrive_stays(services, monkeypatch) -> None:
    for status in ("sent", "failed", "unknown", "pending"):
        await write(services, address=status)
        await answer(services, status)
        for due in (await outbox.take_due(services.database, "fake")).due:
            if status != "pending":
                await outbox.settle(services.database, due, status)
    long_ago = now() - timedelta(days=29)
    await change(services.database, "deliveries", updated_at=long_ago)
    await housekeeping.clear(services.database)
    assert len(await rows(services.database, "deliveries")) == 4
    monkeypatch.setattr(housekeeping, "clock_now", lambda: now() + timedelta(days=2))
    await housekeeping.clear(services.database)
    assert len(await rows(services.database, "deliveries")) == 4  # their messages are too young
    monkeypatch.setattr(housekeeping, "clock_now", lambda: now() + timedelta(days=31))
    await housekeeping.clear(services.database)
    left = {row["status"] for row in await rows(services.database, "deliveries")}
    assert left == {"failed", "unknown", "sending"}
    assert len(await rows(services.database, "messages")) == 8


def test_ids_lie_between_the_moments_before_and_after_them() -> None:
    earlier, made, later = id_at(now() - timedelta(milliseconds=2)), new_id(), id_at(now() + timedelta(milliseconds=2))
    assert earlier < made < later
