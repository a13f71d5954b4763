"""From which addresses of a channel the desk's people write there."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from handoff.channel_models import person_addresses
from handoff.clock import now as clock_now
from handoff.database import Database, Transaction
from handoff.models import people
from handoff.people import DISABLED, Person


async def link(database: Database, channel: str, address: str, person: Person) -> None:
    """Who writes from this address is this person from now on, whoever it was before."""
    async with database.write() as tx:
        insert = postgresql.insert if tx.dialect == "postgresql" else sqlite.insert
        values = {"person_id": person.id, "created_at": clock_now()}
        kept = insert(person_addresses).values(channel=channel, address=address, **values)
        await tx.execute(kept.on_conflict_do_update(index_elements=["channel", "address"], set_=values))


async def unlink(database: Database, channel: str, address: str) -> bool:
    """Who writes from this address is nobody of the desk any more, nor there by what they did; False when nobody
    was."""
    a = person_addresses.c
    here = sa.and_(a.channel == channel, a.address == address)
    async with database.write() as tx:
        theirs = people.c.id.in_(sa.select(a.person_id).where(here))
        await tx.execute(sa.update(people).where(theirs).values(outside_until=None))
        gone = await tx.execute(sa.delete(person_addresses).where(here))
        return bool(gone.rowcount)


async def person_at(tx: Transaction, channel: str, address: str) -> Person | None:
    """Who writes from this address; nobody, when their account was closed."""
    a = person_addresses.c
    query = (
        sa.select(people.c.id, people.c.name, people.c.display_name, people.c.role)
        .join(person_addresses, a.person_id == people.c.id)
        .where(a.channel == channel, a.address == address, people.c.password_hash != DISABLED)
    )
    row = await tx.row(query)
    return Person(**row) if row else None


async def of_person(tx: Transaction, channel: str, person_id: str) -> Sequence[str]:
    """The addresses from which this person writes."""
    a = person_addresses.c
    query = sa.select(a.address).where(a.channel == channel, a.person_id == person_id).order_by(a.address)
    return [row["address"] for row in await tx.rows(query)]
