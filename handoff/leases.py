"""Who of many processes does what only one may do at a time; one that dies loses it when its time runs out."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from handoff.channel_models import polling_leases
from handoff.clock import now as clock_now
from handoff.database import Database


async def hold(database: Database, name: str, holder: str, seconds: float) -> bool:
    """Takes the lease when nobody has it, or lengthens one's own; False while somebody else has it.

    Raises:
        DatabaseAway: nothing was changed.
    """
    now = clock_now()
    lease = polling_leases.c
    async with database.write() as tx:
        insert = postgresql.insert if tx.dialect == "postgresql" else sqlite.insert
        until = now + timedelta(seconds=seconds)
        taking = insert(polling_leases).values(name=name, holder=holder, held_until=until)
        free = sa.or_(lease.holder == holder, lease.held_until < now)
        taken = await tx.execute(
            taking.on_conflict_do_update(
                index_elements=[lease.name], set_={"holder": holder, "held_until": until}, where=free
            )
        )
        return taken.rowcount > 0


async def let_go(database: Database, name: str, holder: str | None = None) -> None:
    """Frees the lease if this holder has it, or whoever does.

    Raises:
        DatabaseAway: nothing was changed.
    """
    mine = polling_leases.c.name == name
    if holder is not None:
        mine = sa.and_(mine, polling_leases.c.holder == holder)
    async with database.write() as tx:
        await tx.execute(sa.delete(polling_leases).where(mine))
