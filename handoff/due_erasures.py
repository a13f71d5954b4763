"""Erasures that customers asked for in the chat: carried out a little later, so that they still read that it happens.

Who asked is told so in the very conversation that is to go, and a turn cannot erase the transaction that it lives in.
So it leaves a row, in that transaction, and a worker takes it up when it is due. A worker that dies over it gives it
back by itself: the row goes with the contact.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from handoff import erasure, taking
from handoff.clock import now as clock_now
from handoff.database import Database, Transaction
from handoff.models import due_erasures

# to read the last answer, and for a channel to be sent it
GRACE = timedelta(minutes=2)
# who has taken one up has so long; SQLite's file is written anew for it, which takes a while
TAKEN_FOR = timedelta(minutes=10)


async def ask(tx: Transaction, contact_id: str, now: datetime) -> None:
    """The contact is to be erased soon; asked again, it stays as it was."""
    insert = postgresql.insert if tx.dialect == "postgresql" else sqlite.insert
    row = {"contact_id": contact_id, "asked_at": now, "due_at": now + GRACE}
    await tx.execute(insert(due_erasures).values(**row).on_conflict_do_nothing())


async def copy(tx: Transaction, contact_id: str, to: str) -> None:
    """Whatever was promised to one contact is promised to the other too, by the earlier of both times; also where a
    worker has taken it up, who may not find any more what is the other's now."""
    d = due_erasures.c
    asked = await tx.scalar(sa.select(d.asked_at).where(d.contact_id == contact_id))
    if asked is None:
        return
    known = await tx.scalar(sa.select(d.asked_at).where(d.contact_id == to))
    asked = min(asked, known) if known else asked
    await forget(tx, to)
    await tx.execute(sa.insert(due_erasures).values(contact_id=to, asked_at=asked, due_at=asked + GRACE))


async def forget(tx: Transaction, contact_id: str) -> None:
    """Nothing was promised to this contact: it is no more."""
    await tx.execute(sa.delete(due_erasures).where(due_erasures.c.contact_id == contact_id))


async def carry_out(database: Database, elsewhere: erasure.Elsewhere | None = None) -> list[erasure.Erased]:
    """Erases whoever is due, one after the other; what was erased of each.

    Raises:
        DatabaseAway: the rest is for the next time.
    """
    done = []
    while (contact_id := await _take(database)) is not None:
        done.append(await erasure.erase(database, contact_id, elsewhere))
    return done


async def _take(database: Database) -> str | None:
    """One that is due, kept from others for a while."""
    now = clock_now()
    d = due_erasures.c
    due = sa.select(d.contact_id).where(d.due_at <= now).order_by(d.due_at)
    taken = sa.update(due_erasures).values(due_at=now + TAKEN_FOR)
    row = await taking.first(database, due, lambda one: taken.where(d.contact_id == one["contact_id"]))
    return str(row["contact_id"]) if row else None
