"""What customers prove to the bot, for the contacts whom it joins."""

from __future__ import annotations

import asyncio

import structlog

from handoff import joining
from handoff.clock import now
from handoff.database import Database, DatabaseAway

log = structlog.get_logger(__name__)

# the turn waits for it, and what came of the code must not hang on it
SECONDS = 2.0


class ChatProofs:
    """See `actions.proofs.Proofs`. A transaction of its own: that the code was right is true whatever becomes of the
    turn. What could not be joined is joined when they type the next one."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def reads_mail_of(self, conversation: str, address: str) -> None:
        """See `actions.proofs.Proofs`."""
        try:
            async with asyncio.timeout(SECONDS), self._database.write() as tx:
                await joining.prove(tx, conversation, [joining.email(address)], now())
        except (DatabaseAway, TimeoutError) as error:
            log.warning("contacts_not_joined", conversation=conversation, error=type(error).__name__)
