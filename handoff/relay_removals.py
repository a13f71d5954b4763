"""What is to be taken away outside the desk's pages, since its customer was erased: threads, by their ids alone.

A thread is done with when a try found nothing of ours there that began late enough for all that was on its way when the
customer was erased to have arrived. Whoever takes one up has it for a while; it then comes back by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
import structlog

from handoff import taking
from handoff.channel_models import desk_posts, desk_removals, desk_threads
from handoff.clock import now as clock_now
from handoff.database import Database, Transaction

log = structlog.get_logger(__name__)

TOPIC = "desk_removals"
# a post is sent for half a minute at most, and a while later its provider shows it
SETTLED = timedelta(seconds=90)
TAKEN_FOR = timedelta(minutes=3)
# what is in the way, such as a place that we are not in, is tried for so long
MOST = timedelta(days=30)


@dataclass(frozen=True)
class Removal:
    """A thread of which nothing of ours is to be left; this is attempt number `attempts`, begun at `taken_at`.

    Attributes:
        thread: the provider's id of its first post; none when that is not known.
        key: what the first post is found by at the provider.
        begun_at: nothing of it is older.
    """

    thread_id: str
    channel: str
    place: str
    thread: str | None
    begun_at: datetime
    asked_at: datetime
    attempts: int
    taken_at: datetime

    @property
    def key(self) -> str:
        return f"{self.thread_id}:1"


async def ask(tx: Transaction, conversation_ids: Sequence[str], now: datetime) -> None:
    """Nothing of these conversations' threads is to be left there; the caller takes away what we keep of them."""
    t, p = desk_threads.c, desk_posts.c
    never = sa.exists().where(p.thread_id == t.id, p.kind == "opening", p.status == "failed")
    theirs = sa.and_(t.conversation_id.in_(conversation_ids), sa.or_(t.thread.is_not(None), ~never))
    columns = (t.id.label("thread_id"), t.channel, t.place, t.thread, t.created_at.label("begun_at"))
    rows = [dict(row) for row in await tx.rows(sa.select(*columns).where(theirs))]
    for row in rows:
        await tx.execute(sa.insert(desk_removals).values(**row, asked_at=now, next_at=now))
    if rows:
        tx.wake(TOPIC)


async def take(database: Database, channel: str) -> Removal | None:
    """Takes the one that has been due longest in hand; None when none is."""
    now = clock_now()
    r = desk_removals.c
    due = sa.select(desk_removals).where(r.channel == channel, r.next_at <= now).order_by(r.next_at)
    taken = sa.update(desk_removals).values(attempts=r.attempts + 1, next_at=now + TAKEN_FOR)
    row = await taking.first(database, due, lambda one: taken.where(r.thread_id == one["thread_id"]))
    if row is None:
        return None
    kept = {name: row[name] for name in ("thread_id", "channel", "place", "thread", "begun_at", "asked_at")}
    return Removal(**kept, attempts=row["attempts"] + 1, taken_at=now)


async def nothing_left(database: Database, removal: Removal) -> bool:
    """Nothing of ours is there now; True when nothing will come any more, and it is done with."""
    settled_at = removal.asked_at + SETTLED
    done = removal.taken_at >= settled_at
    async with database.write() as tx:
        if done:
            await tx.execute(sa.delete(desk_removals).where(_in_hand(removal)))
        else:
            again = sa.update(desk_removals).where(_in_hand(removal))
            await tx.execute(again.values(next_at=settled_at, error=None))
    return done


async def try_again(database: Database, removal: Removal, at: datetime, why: str) -> None:
    """Something may be left there."""
    async with database.write() as tx:
        again = sa.update(desk_removals).where(_in_hand(removal))
        await tx.execute(again.values(next_at=at, error=why[:200]))


async def give_up(database: Database) -> int:
    """Forgets what was tried for too long, or not at all, since the channel is off, and says in the log of each where
    it is to be deleted by hand; returns how many."""
    r = desk_removals.c
    old = sa.select(desk_removals).where(r.asked_at < clock_now() - MOST)
    async with database.write() as tx:
        rows = await tx.rows(old.with_for_update(skip_locked=True))
        await tx.execute(sa.delete(desk_removals).where(r.thread_id.in_([row["thread_id"] for row in rows])))
    for row in rows:
        where = {name: row[name] for name in ("channel", "place", "thread", "error")}
        log.error("desk_removal_given_up", **where, mend="delete it there by hand; see docs/slack-desk.md")
    return len(rows)


def _in_hand(removal: Removal) -> sa.ColumnElement[bool]:
    """It, if it is this very attempt's."""
    r = desk_removals.c
    return sa.and_(r.thread_id == removal.thread_id, r.attempts == removal.attempts)
