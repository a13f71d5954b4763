"""Work that is due, taken in hand by one of many workers: due again a while later, unless they are done by then."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from handoff.database import Database


async def first(
    database: Database, due: sa.Select[Any], taken: Callable[[sa.RowMapping], sa.Update]
) -> sa.RowMapping | None:
    """Takes the first that is due in hand, and returns it as it was; None when none is, or others were faster.

    Args:
        due: what is, in order.
        taken: puts off when the row is due again, so that nobody else takes it meanwhile.

    Raises:
        DatabaseAway: nothing was taken, as far as anybody knows.
    """
    due = due.limit(1)
    async with database.read() as tx:  # mostly there is none, and then nobody waits for the writer's place
        if await tx.row(due) is None:
            return None
    async with database.write() as tx:
        row = await tx.row(due.with_for_update(skip_locked=True))
        if row is not None:
            await tx.execute(taken(row))
    return row
