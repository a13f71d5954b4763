"""What was erased leaves the memory of workers too, which hold the trackers of recent conversations (promise 25)."""

from __future__ import annotations

import asyncio
import contextlib

from bot.turns import Model
from handoff import turn_store
from handoff.database import Database, DatabaseAway

LOOK_SECONDS = 20.0


async def keep_forgetting(database: Database, model: Model) -> None:
    """Looks again and again until cancelled."""
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        with contextlib.suppress(DatabaseAway):
            await forget_erased(database, model)


async def forget_erased(database: Database, model: Model) -> None:
    """Forgets every conversation that is in memory and no longer in the database."""
    dialogue = model.current
    held = dialogue.held() if dialogue is not None else []
    if dialogue is None or not held:
        return
    async with database.read() as tx:
        gone = await turn_store.erased(tx, held)
    for conversation_id in gone:
        dialogue.forget(conversation_id)
