"""What customers are called where they write, on channels whose providers tell it only when they are asked.

It is asked for once their first message is stored, and no message waits for it. Whoever takes one up has it for a
while, and it then comes back by itself; a result is noted only by who took it last.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from handoff import joining, privacy, taking
from handoff.clock import now as clock_now
from handoff.database import Database
from handoff.models import contacts, identities

TAKEN_FOR = timedelta(seconds=45)
# what is in the way, such as a permission that is missing, is tried for about a month
MAX_ATTEMPTS = 30


@dataclass(frozen=True)
class DueName:
    """Somebody on `channel` whom it calls `person`; this is attempt number `attempts`."""

    identity_id: str
    channel: str
    person: str
    attempts: int


async def take_due(database: Database) -> DueName | None:
    """Takes the one who has waited longest in hand; None when nobody is due."""
    now = clock_now()
    i = identities.c
    due = sa.select(i.id, i.channel, i.person, i.name_attempts).where(i.name_due_at <= now).order_by(i.name_due_at)
    taken = sa.update(identities).values(name_attempts=i.name_attempts + 1, name_due_at=now + TAKEN_FOR)
    row = await taking.first(database, due, lambda one: taken.where(i.id == one["id"]))
    return DueName(row["id"], row["channel"], row["person"] or "", row["name_attempts"] + 1) if row else None


async def told(database: Database, due: DueName, name: str) -> bool:
    """They are called this; who has a name already keeps it. False when it is no longer this attempt's to say."""
    now = clock_now()
    i = identities.c
    same = sa.or_(i.id == due.identity_id, sa.and_(i.channel == due.channel, i.person == due.person))
    async with database.write() as tx:
        # all of theirs at once, in the order in which an erasure takes them
        held = await tx.rows(sa.select(i.id).where(same).order_by(i.id).with_for_update())
        contact_id = await tx.scalar(sa.select(i.contact_id).where(_in_hand(due)))
        if contact_id is None:  # erased, say
            return False
        theirs = i.id.in_([row["id"] for row in held])
        await tx.execute(sa.update(identities).where(theirs).values(name_due_at=None))
        nameless = sa.and_(contacts.c.id == contact_id, contacts.c.name.is_(None))
        await tx.execute(sa.update(contacts).where(nameless).values(name=privacy.name(name)))
        await joining.tell(tx, [contact_id], now)
    return True


async def not_told(database: Database, due: DueName, again_at: datetime | None) -> None:
    """Nobody said what they are called; they are asked for again then, or never."""
    async with database.write() as tx:
        await tx.execute(sa.update(identities).where(_in_hand(due)).values(name_due_at=again_at))


def _in_hand(due: DueName) -> sa.ColumnElement[bool]:
    """The identity, if it is due since this very attempt."""
    i = identities.c
    return sa.and_(i.id == due.identity_id, i.name_due_at.is_not(None), i.name_attempts == due.attempts)
