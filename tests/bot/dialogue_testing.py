"""A customer who talks to a dialogue, with the stored events kept as the database keeps them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from bot.dialogue.dialogue import Dialogue
from handoff.clock import new_id, now
from handoff.messages import Message
from handoff.turn_store import StoredEvents
from handoff.turns import Outcome


class Customer:
    """One conversation. `rows` are its stored events: a row at position 0 replaces older generations."""

    def __init__(self, dialogue: Dialogue, language: str = "en") -> None:
        self.dialogue = dialogue
        self.id = new_id()
        self.language = language
        self.chosen = False
        self.rows: list[StoredEvents] = []
        self._seq = 0
        dialogue.recall(self.id, [])

    async def says(self, text: str) -> Outcome:
        return await self._turn(text, None)

    async def presses(self, payload: str) -> Outcome:
        return await self._turn("the button's title", payload)

    def moves_to(self, dialogue: Dialogue) -> None:
        """From now on another dialogue answers, with nothing but what was stored."""
        self.dialogue = dialogue
        dialogue.recall(self.id, self.rows)

    async def _turn(self, text: str, payload: str | None) -> Outcome:
        self._seq += 1
        message = Message(new_id(), self.id, self._seq, "customer", text, now(), payload=payload)
        try:
            outcome, stored = await self.dialogue.handle(message, self.language, self.chosen)
        except Exception:
            self.dialogue.forget(self.id)
            raise
        if stored is not None:
            self.rows = [*([] if stored.position == 0 else self.rows), stored]
        self.dialogue.keep(self.id)
        self.language = outcome.language
        self.chosen = self.chosen or outcome.language_chosen
        return outcome


def texts(outcome: Outcome) -> list[str]:
    return [reply.text for reply in outcome.replies]


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    """Waits for what must come about; the test's own time limit ends a wait in vain."""
    while not await condition():  # noqa: ASYNC110 (the database is what changes)
        await asyncio.sleep(0.01)


@asynccontextmanager
async def running(task: Awaitable[None]) -> AsyncIterator[asyncio.Task]:
    """Runs something that works until it is cancelled; its failure is the test's."""
    started = asyncio.ensure_future(task)
    try:
        yield started
    finally:
        started.cancel()
        (result,) = await asyncio.gather(started, return_exceptions=True)
        assert isinstance(result, asyncio.CancelledError), result
