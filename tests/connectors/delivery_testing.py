"""What the tests of sending do over and over: a bot that speaks, a delivery that works, and what became of it all."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
import sqlalchemy as sa

from connectors.delivery import Delivery
from handoff import inbox, turns
from handoff.clock import new_id
from handoff.clock import now as clock_now
from handoff.incoming import Incoming
from handoff.messages import Said
from handoff.models import deliveries, messages
from handoff.services import Services
from handoff.turns import Outcome

# what does not hang on the engine is shown on one of them
on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


async def speak(services: Services, address: str, *replies: str, channel: str = "fake") -> str:
    """A customer writes and the bot says these; returns the conversation's id."""
    await inbox.receive(services, Incoming(channel, new_id(), address, "hello"))
    turn = await turns.lease_next(services, "w")
    assert turn is not None
    assert await turns.finish(services, turn, Outcome([Said(text) for text in replies], "en"), "w", None)
    return turn.conversation.id


async def deliver(delivery: Delivery) -> None:
    """Until nothing is due any more."""
    while await delivery.step():
        pass


async def pauses_end(services: Services) -> None:
    async with services.database.write() as tx:
        in_turn = sa.update(deliveries).where(deliveries.c.next_at.is_not(None))
        await tx.execute(in_turn.values(next_at=clock_now() - timedelta(seconds=1)))


async def fates(services: Services) -> dict[str, tuple[str, int, str | None]]:
    """Status, attempts and error of each message by its text."""
    query = sa.select(messages.c.text, deliveries.c.status, deliveries.c.attempts, deliveries.c.error).join(
        deliveries, deliveries.c.message_id == messages.c.id
    )
    async with services.database.read() as tx:
        return {row["text"]: (row["status"], row["attempts"], row["error"]) for row in await tx.rows(query)}


async def all_settled(services: Services) -> None:
    """Waits until nothing is on its way any more."""
    going = sa.select(sa.func.count()).where(deliveries.c.status.in_(("pending", "sending")))
    while True:
        async with services.database.read() as tx:
            if not await tx.scalar(going):
                return
        await asyncio.sleep(0.05)


@asynccontextmanager
async def running(*loops: Delivery) -> AsyncIterator[None]:
    """These work meanwhile, and are stopped as the program stops them."""
    tasks = [asyncio.create_task(one.run()) for one in loops]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
        assert all(isinstance(one, asyncio.CancelledError) for one in ended), ended


async def until(look: Callable[[], object]) -> None:
    """Waits until it is true; the test's own time limit is the end of patience."""
    while not look():  # noqa: ASYNC110 (no event tells)
        await asyncio.sleep(0.01)
