"""What is to be posted outside the desk's pages: in order within each thread, taken by one worker, settled once.

A post with a `next_at` is open, and nothing behind it in its thread goes before it is settled. One that may have been
taken is looked for before anything else is done with it: what is found was sent, what is not there was not taken and is
sent again, and what cannot be looked for stays `unknown`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from handoff import relay_threads, store
from handoff.channel_models import desk_posts, desk_threads
from handoff.clock import now as clock_now
from handoff.database import Database, Transaction
from handoff.outbox import storable
from handoff.relay_threads import TOPIC, Thread

# longer than any attempt takes: who has it in hand is dead
STALE = timedelta(seconds=45)
# what a provider has taken and does not show yet is shown by then
SETTLES = timedelta(seconds=20)
# a place that takes nothing, such as a channel that we are not in, is tried for about a day
MAX_ATTEMPTS = 300
LONGEST_PAUSE = timedelta(minutes=5)


@dataclass(frozen=True)
class Post:
    """Something to show in a thread; this is attempt number `attempts`, begun at `taken_at`.

    Attributes:
        thread: the provider's id of the thread; none for its first post.
        tried_at: an attempt of then may have been taken, and is to be looked for.
    """

    thread_id: str
    position: int
    conversation_id: str
    place: str
    thread: str | None
    kind: relay_threads.Kind
    body: dict[str, Any]
    attempts: int
    taken_at: datetime
    tried_at: datetime | None

    @property
    def key(self) -> str:
        """What it is found by at the provider."""
        return f"{self.thread_id}:{self.position}"


async def take(database: Database, channel: str, limit: int) -> list[Post]:
    """Marks the next due post of each thread as being sent, of at most `limit` threads."""
    now = clock_now()
    p, t = desk_posts.c, desk_threads.c
    first = (
        sa.select(p.thread_id, sa.func.min(p.position).label("position"))
        .where(p.next_at.is_not(None))
        .group_by(p.thread_id)
        .subquery()
    )
    due = (
        sa.select(desk_posts, t.place, t.thread, t.created_at)
        .join(first, sa.and_(first.c.thread_id == p.thread_id, first.c.position == p.position))
        .join(desk_threads, t.id == p.thread_id)
        .where(t.channel == channel, p.next_at <= now)
        .order_by(p.next_at)
        .limit(limit)
    )
    async with database.read() as tx:
        if not await tx.rows(due.limit(1)):
            return []  # a look that disturbs nobody
    async with database.write() as tx:
        await tx.alone(f"desk_posts:{channel}")
        return [one for row in await tx.rows(due) if (one := await _taken(tx, row, now)) is not None]


async def sent(database: Database, post: Post, provider_id: str | None) -> None:
    """It is shown there.

    Args:
        provider_id: what the provider calls it; that of the first post names the thread.
    """
    async with database.write() as tx:
        if await _end(tx, post, status="sent", next_at=None, error=None) and post.kind == "opening" and provider_id:
            t = desk_threads.c
            named = sa.update(desk_threads).where(t.id == post.thread_id, t.thread.is_(None))
            await tx.execute(named.values(thread=provider_id))
        tx.wake(TOPIC)


async def not_taken(database: Database, post: Post, seconds: float, why: str) -> None:
    """It is provably not there: tried again after that long, and longer each time, until nobody wants it any more."""
    now = clock_now()
    if post.attempts >= MAX_ATTEMPTS:
        await failed(database, post, why)
        return
    longer = timedelta(seconds=3.0 ** min(post.attempts - 1, 8))
    # one that was looked for and is not there has waited long enough
    pause = timedelta() if post.tried_at else max(timedelta(seconds=seconds), min(longer, LONGEST_PAUSE))
    async with database.write() as tx:
        await _end(tx, post, status="pending", next_at=now + pause, error=storable(why))


async def failed(database: Database, post: Post, why: str) -> None:
    """It will never be taken. Without its first post there is no thread, so nothing behind that can be."""
    await _give_up(database, post, "failed", why)


async def unknown(database: Database, post: Post, why: str, look: bool) -> None:
    """It may be there.

    Args:
        look: it can be looked for, in a while.
    """
    if not look:
        await _give_up(database, post, "unknown", why)
        return
    async with database.write() as tx:
        # updated_at goes on saying when it was tried
        tried_at = post.tried_at or post.taken_at
        await _end(
            tx, post, status="unknown", next_at=clock_now() + SETTLES / 4, error=storable(why), updated_at=tried_at
        )


async def learned(tx: Transaction, thread: Thread, provider_id: str) -> None:
    """Somebody did something to the first post, so it is there, and this is what the provider calls it."""
    if thread.thread is not None:
        return
    p = desk_posts.c
    first = sa.and_(p.thread_id == thread.id, p.kind == "opening")
    await tx.execute(sa.update(desk_posts).where(first).values(status="sent", next_at=None, error=None))
    await relay_threads.note(tx, thread.id, thread=provider_id)
    tx.wake(TOPIC)


async def shown_seq(tx: Transaction, thread: Thread) -> int:
    """The newest message up to which the thread shows all: what waits to be posted nobody has read there."""
    p = desk_posts.c
    waiting = sa.and_(p.thread_id == thread.id, p.kind == "message", p.next_at.is_not(None))
    rows = await tx.rows(sa.select(p.body).where(waiting))
    found = await store.messages_by_id(tx, [row["body"]["message_id"] for row in rows])
    return min([thread.shown_seq, *(one.seq - 1 for one in found.values())])


async def fates(database: Database, conversation_id: str) -> Sequence[tuple[str, str]]:
    """Kind and status of all that was to be posted of a conversation, in order."""
    p = desk_posts.c
    query = sa.select(p.kind, p.status).where(p.conversation_id == conversation_id).order_by(p.thread_id, p.position)
    async with database.read() as tx:
        return [(row["kind"], row["status"]) for row in await tx.rows(query)]


async def _taken(tx: Transaction, row: sa.RowMapping, now: datetime) -> Post | None:
    """None when who had it in hand has settled it in this moment."""
    p = desk_posts.c
    mine = sa.and_(p.thread_id == row["thread_id"], p.position == row["position"])
    as_read = sa.and_(mine, p.status == row["status"], p.updated_at == row["updated_at"], p.next_at == row["next_at"])
    taking = {"status": "sending", "attempts": row["attempts"] + 1, "next_at": now + STALE, "updated_at": now}
    if (await tx.execute(sa.update(desk_posts).where(as_read).values(**taking))).rowcount == 0:
        return None
    return Post(
        thread_id=row["thread_id"],
        position=row["position"],
        conversation_id=row["conversation_id"],
        place=row["place"],
        thread=row["thread"],
        kind=row["kind"],
        body=row["body"],
        attempts=row["attempts"] + 1,
        taken_at=now,
        tried_at=None if row["status"] == "pending" else row["updated_at"],
    )


async def _give_up(database: Database, post: Post, status: str, why: str) -> None:
    async with database.write() as tx:
        if not await _end(tx, post, status=status, next_at=None, error=storable(why)):
            return
        if post.kind == "opening":
            p = desk_posts.c
            rest = sa.and_(p.thread_id == post.thread_id, p.next_at.is_not(None))
            lost = {"status": "failed", "next_at": None, "error": "its thread was never begun"}
            await tx.execute(sa.update(desk_posts).where(rest).values(**lost))
            await tx.execute(sa.update(desk_threads).where(desk_threads.c.id == post.thread_id).values(state="closed"))
        tx.wake(TOPIC)


async def _end(tx: Transaction, post: Post, **values: Any) -> bool:
    """Changes the post if it still is in the hand of this very attempt."""
    p = desk_posts.c
    mine = sa.and_(p.thread_id == post.thread_id, p.position == post.position)
    held = sa.and_(mine, p.status == "sending", p.updated_at == post.taken_at)
    return bool((await tx.execute(sa.update(desk_posts).where(held).values(**values))).rowcount)
