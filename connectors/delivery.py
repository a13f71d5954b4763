"""Sending what is due: retried only when it was provably not taken, given up after a while, never doubled by us."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import timedelta

import structlog

from connectors.base import Connector, OutboundMessage, Rejected, RetryAfter, Sent
from handoff import outbox
from handoff.clock import now as clock_now
from handoff.database import Database, DatabaseAway

log = structlog.get_logger(__name__)

LOOK_AGAIN_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 300.0


class Delivery:
    """Hands due messages to their channels."""

    def __init__(self, database: Database, connectors: Mapping[str, Connector]) -> None:
        self._database = database
        self._connectors = connectors

    async def run(self) -> None:
        """Works until cancelled."""
        signals = self._database.signals.subscribe("deliveries")
        try:
            while True:
                try:
                    while await self.step():
                        pass
                except DatabaseAway as error:
                    log.warning("database_away", error=str(error))
                await signals.wait(LOOK_AGAIN_SECONDS)
        finally:
            signals.close()

    async def step(self) -> bool:
        """Sends one message; False when none is due."""
        due = await outbox.take_due(self._database)
        if due is None:
            return False
        connector = self._connectors.get(due.channel)
        if connector is None:
            await outbox.settle(self._database, due.message.id, "failed", f"channel {due.channel} is off")
            return True
        result = await connector.send(
            OutboundMessage(
                id=due.message.id,
                conversation_id=due.message.conversation_id,
                address=due.address,
                seq=due.message.seq,
                author=due.message.author,
                author_name=due.message.author_name,
                text=due.message.text,
                buttons=due.message.buttons,
            )
        )
        if isinstance(result, Sent):
            await outbox.settle(self._database, due.message.id, "sent")
        elif isinstance(result, Rejected):
            await outbox.settle(self._database, due.message.id, "failed", result.why)
        elif isinstance(result, RetryAfter) and due.attempts < outbox.MAX_ATTEMPTS:
            await outbox.retry(self._database, due.message.id, clock_now() + _pause(result.seconds, due.attempts))
        elif isinstance(result, RetryAfter):
            await outbox.settle(self._database, due.message.id, "failed", "not taken after many tries")
        else:
            await outbox.settle(self._database, due.message.id, "unknown", result.why)
        log.info("delivery", message=due.message.id, channel=due.channel, result=type(result).__name__)
        return True


def _pause(asked: float, attempts: int) -> timedelta:
    """What the provider asked for, and on repeated failures longer, with jitter so that not all come back at once."""
    seconds = max(asked, min(2.0 ** (attempts - 1), LONGEST_PAUSE_SECONDS))
    return timedelta(seconds=seconds * random.uniform(1.0, 1.25))  # noqa: S311 (no secret hangs on it)
