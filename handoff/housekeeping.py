"""Clearing out what has served its time, so that the tables stay small."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from handoff import relay_removals
from handoff.channel_models import desk_posts, desk_threads, files
from handoff.clock import id_at
from handoff.clock import now as clock_now
from handoff.database import Database
from handoff.models import deliveries, events, login_failures, order_news, receipts, sessions, vouchers
from handoff.news import KEPT as NEWS_KEPT

# a provider may redeliver for days (promise 2); a page that was away longer fetches everything anew anyway
KEPT = timedelta(days=7)
FAILURES_KEPT = timedelta(days=1)
# by how much the clocks of two machines may differ: what one has forgotten no other may take
CLOCKS_DIFFER = timedelta(minutes=5)
# what was sent is history; what did not arrive stays, for somebody may yet send it again
SENT_KEPT = timedelta(days=30)
# of a file that no message was sent with
UPLOADS_KEPT = timedelta(hours=1)


async def clear(database: Database) -> int:
    """Deletes receipts and events older than a week, news of orders that were dealt with, the outbox's old entries of
    what was sent or posted, uploads that went with no message, old failed sign-ins, sessions and vouchers that ran
    out, and what could not be taken away outside the desk's pages; returns how many rows went."""
    now = clock_now()
    d, p = deliveries.c, desk_posts.c
    closed_threads = sa.select(desk_threads.c.id).where(desk_threads.c.state == "closed")
    gone = 0
    async with database.write() as tx:
        for statement in (
            sa.delete(receipts).where(receipts.c.created_at < now - KEPT),
            sa.delete(events).where(events.c.created_at < now - KEPT),
            # by the messages' ids, which are in the order of time: so the primary key serves, and no index more
            sa.delete(deliveries).where(
                d.message_id < id_at(now - SENT_KEPT), d.status == "sent", d.updated_at < now - SENT_KEPT
            ),
            # of a thread that is closed: nothing is added to it any more
            sa.delete(desk_posts).where(
                p.next_at.is_(None), p.updated_at < now - SENT_KEPT, p.thread_id.in_(closed_threads)
            ),
            sa.delete(order_news).where(order_news.c.created_at < now - NEWS_KEPT, order_news.c.due_at.is_(None)),
            sa.delete(files).where(files.c.message_id.is_(None), files.c.created_at < now - UPLOADS_KEPT),
            sa.delete(login_failures).where(login_failures.c.created_at < now - FAILURES_KEPT),
            sa.delete(sessions).where(sessions.c.expires_at < now),
            sa.delete(vouchers).where(vouchers.c.expires_at < now - CLOCKS_DIFFER),
        ):
            gone += (await tx.execute(statement)).rowcount
    return gone + await relay_removals.give_up(database)
