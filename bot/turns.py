"""The loop: next waiting conversation → one bot turn → one transaction."""

from __future__ import annotations

import asyncio
import traceback
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

import structlog

from bot import bursts
from handoff import turn_store, turns
from handoff.bursts import joined
from handoff.clock import new_id
from handoff.clock import now as clock_now
from handoff.conversations import Conversation
from handoff.database import DatabaseAway
from handoff.services import Services

if TYPE_CHECKING:
    from bot.dialogue.dialogue import Dialogue

log = structlog.get_logger(__name__)

TURN_SECONDS = 10.0
LOOK_AGAIN_SECONDS = 1.0
SIDE_BY_SIDE = 4


class Model(Protocol):
    """Where the turn loop finds the dialogue in use; None while there is none."""

    @property
    def current(self) -> Dialogue | None: ...


class TurnLoop:
    """Answers waiting messages, a few at a time; several processes share the work by leases.

    While one turn waits for the shop, others go on; turns of one conversation never run side by side.
    """

    def __init__(self, services: Services, model: Model) -> None:
        self._services = services
        self._model = model
        self.worker = new_id()

    async def run(self) -> None:
        """Works until cancelled; gives its leases back then."""
        signals = self._services.database.signals.subscribe("turns", "model")
        free = asyncio.Semaphore(SIDE_BY_SIDE)
        woken = True
        try:
            async with asyncio.TaskGroup() as running:
                while True:
                    await free.acquire()
                    turn = await self._lease(woken)
                    if turn is not None:
                        running.create_task(self._answer_in(free, *turn))
                        continue
                    free.release()
                    woken = await signals.wait(LOOK_AGAIN_SECONDS)
        finally:
            signals.close()
            await asyncio.shield(self._release())

    async def step(self) -> bool:
        """Runs one turn; False when there was none to run, or no model to run it with."""
        turn = await self._lease(woken=True)
        if turn is not None:
            await self._answer(*turn)
        return turn is not None

    async def _lease(self, woken: bool) -> tuple[Dialogue, turns.Turn] | None:
        dialogue = self._model.current
        if dialogue is None:
            return None
        try:
            turn = await turns.lease_next(self._services, self.worker, look_first=not woken)
        except DatabaseAway as error:
            log.warning("database_away", error=str(error))
            return None
        return (dialogue, turn) if turn is not None else None

    async def _answer_in(self, free: asyncio.Semaphore, dialogue: Dialogue, turn: turns.Turn) -> None:
        try:
            await self._answer(dialogue, turn)
        except DatabaseAway as error:
            log.warning("database_away", error=str(error))  # the lease runs out, and the turn is taken up again
        finally:
            free.release()

    async def _answer(self, dialogue: Dialogue, turn: turns.Turn) -> None:
        conversation = turn.conversation
        try:
            async with asyncio.timeout(TURN_SECONDS):
                if not dialogue.holds(conversation.id, turn.events_at):
                    await self._recall(dialogue, conversation.id)
                if await dialogue.asks(conversation.id) and await self._a_person_had_it(conversation.id):
                    await dialogue.leave_form(conversation.id)
                if turn.more:
                    turn = await _one_thought(dialogue, turn)
                message = replace(turn.message, text=joined(one.text for one in turn.messages))
                outcome, events = await dialogue.handle(
                    message,
                    conversation.language,
                    conversation.language_chosen,
                    _customer(conversation),
                    clock_now().astimezone(self._services.hours.zone(conversation.team)).date(),
                    [one.id for one in turn.messages],
                )
            stood = await turns.finish(self._services, turn, outcome, self.worker, events)
        except DatabaseAway:
            dialogue.forget(conversation.id)
            raise
        except Exception as error:
            dialogue.forget(conversation.id)
            where = traceback.extract_tb(error.__traceback__)[-1]
            log.error(
                "turn_failed",
                conversation=conversation.id,
                message=turn.message.id,
                messages=len(turn.messages),
                error=type(error).__name__,
                at=f"{where.filename}:{where.lineno}",
            )
            too_slow = isinstance(error, TimeoutError)  # the turn's own limit, or an action's
            await turns.fail(self._services, turn, self.worker, type(error).__name__, final=too_slow)
            return
        except asyncio.CancelledError:
            dialogue.forget(conversation.id)
            raise
        if stood:
            dialogue.keep(conversation.id)
        else:
            dialogue.forget(conversation.id)
        log.info(
            "turn",
            conversation=conversation.id,
            intent=outcome.intent,
            messages=len(turn.messages),
            ms=round(outcome.milliseconds, 1),
        )

    async def _recall(self, dialogue: Dialogue, conversation_id: str) -> None:
        async with self._services.database.read() as tx:
            rows = await turn_store.load_events(tx, conversation_id)
        dialogue.recall(conversation_id, rows)

    async def _a_person_had_it(self, conversation_id: str) -> bool:
        async with self._services.database.read() as tx:
            return await turn_store.person_since_last(tx, conversation_id)

    async def _release(self) -> None:
        try:
            await turns.release(self._services, self.worker)
        except DatabaseAway:
            log.warning("leases_not_released")


def _customer(conversation: Conversation) -> dict[str, str] | None:
    """The shop's customer, where the shop has vouched for them."""
    found = {"id": conversation.customer_id, "email": conversation.customer_email}
    return {name: value for name, value in found.items() if value} or None


async def _one_thought(dialogue: Dialogue, turn: turns.Turn) -> turns.Turn:
    """The turn for as much of the burst as is one thought."""
    texts = [message.text for message in turn.messages]
    asked = await dialogue.asks(turn.conversation.id)
    return turn.only(await bursts.one_thought(texts, dialogue.parse, asked))
