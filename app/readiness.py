"""Whether the bot can answer now, and if not, why."""

from __future__ import annotations

import asyncio

from handoff import workers
from handoff.database import Database, DatabaseAway

LOOK_SECONDS = 2.0


class Readiness:
    """Looks whether any worker is alive with a model; `ready` is the last look."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._reason = "The bot is starting."

    @property
    def ready(self) -> bool:
        return not self._reason

    @property
    def reason(self) -> str:
        """One sentence, empty when ready."""
        return self._reason

    async def look(self) -> None:
        """Looks now."""
        try:
            async with self._database.read() as tx:
                alive = await workers.alive(tx)
        except DatabaseAway:
            self._set("The database cannot be reached.")
            return
        self._set("" if alive else "The bot is starting, or no worker is running.")

    async def watch(self) -> None:
        """Looks again and again until cancelled, and at once when a worker comes or goes."""
        signals = self._database.signals.subscribe("model")
        try:
            while True:
                await self.look()
                await signals.wait(LOOK_SECONDS)
        finally:
            signals.close()

    def _set(self, reason: str) -> None:
        changed = bool(reason) != bool(self._reason)
        self._reason = reason
        if changed:
            # after this look's own wake-up was taken, so that open pages hear of the change
            asyncio.get_running_loop().call_soon(self._database.signals.notify, "ready")
