"""The bot's work: which conversation waits for a turn, who works on it, and what a turn leaves behind.

A lease on the conversation's row lets one worker at a time run its turns; it runs out by itself, so a killed worker's
work is taken up by another (promise 7). It is not renewed: a turn is ended long before its lease. A turn is finished in
one transaction: Rasa's events, the replies, the handoff if one was asked for, and the mark that its messages are done
(promise 6).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Any

import sqlalchemy as sa

from handoff import bursts, due_erasures, following, ownership, saying, store, turn_store
from handoff.clock import now as clock_now
from handoff.conversations import Conversation
from handoff.database import Transaction
from handoff.messages import Message, Said
from handoff.models import conversations as conversation_table
from handoff.models import messages, turns, workers
from handoff.services import Services

LEASE = timedelta(seconds=30)
MAX_ATTEMPTS = 5


@dataclass(frozen=True)
class Turn:
    """What the bot is to answer at once, under the epoch in which that was decided.

    Attributes:
        message: the customer's oldest unanswered message; its id is the turn's, whatever else the turn answers.
        attempts: how often `message` has been tried, this time included.
        events_at: generation and position of Rasa's newest stored events.
        more: what came in one burst with `message`, in its order; the bot decides how much of it is one thought.
        left: what was leased with the turn and is left for later ones.
    """

    conversation: Conversation
    message: Message
    attempts: int
    events_at: tuple[int, int] | None
    more: tuple[Message, ...] = ()
    left: tuple[Message, ...] = ()

    @property
    def messages(self) -> tuple[Message, ...]:
        """All that the turn answers, in order."""
        return (self.message, *self.more)

    def only(self, count: int) -> Turn:
        """The turn for its first `count` messages, at least one; the others go on waiting."""
        return replace(self, more=self.more[: count - 1], left=(*self.more[count - 1 :], *self.left))


@dataclass(frozen=True)
class Outcome:
    """What the bot made of a turn's messages.

    Attributes:
        language: the language it answered in, kept for the conversation.
        handoff_reason: set when a person is needed.
        known: what was collected so far (slot names and values), for the agent's brief.
        news: what was agreed on about news of orders, where the turn was about that.
        erase: the customer wants everything about them erased, and is sure of it.
    """

    replies: Sequence[Said]
    language: str
    language_chosen: bool = False
    intent: str | None = None
    confidence: float | None = None
    handoff_reason: str | None = None
    known: dict[str, Any] = field(default_factory=dict)
    milliseconds: float = 0.0
    news: following.Wish | None = None
    erase: bool = False


async def lease_next(services: Services, worker: str, look_first: bool = False) -> Turn | None:
    """Takes the conversation that waits longest and is free; returns its oldest unanswered message, and with it what
    came in the same burst.

    The same transaction counts the attempt, so a message that kills its worker is not tried for ever. A second try is
    of one message alone, so that a bad one among the others does not take them with it.

    Args:
        look_first: nothing is expected, so look without taking the writer's place.
    """
    now = clock_now()
    c = conversation_table.c
    due = sa.and_(c.turn_waiting_since.is_not(None), sa.or_(c.lease_until.is_(None), c.lease_until < now))
    query = sa.select(conversation_table).where(due).order_by(c.turn_waiting_since).limit(1)
    if look_first:
        async with services.database.read() as reading:
            if await reading.scalar(sa.select(c.id).where(due).limit(1)) is None:
                return None
    async with services.database.write() as tx:
        row = await tx.row(query.with_for_update(skip_locked=True))
        # the lease begins when it is given: a writer may have waited for its place
        return await _lease(tx, services, Conversation(**row), worker, clock_now()) if row else None


async def finish(
    services: Services, turn: Turn, outcome: Outcome, worker: str, rasa_events: turn_store.StoredEvents | None
) -> bool:
    """Stores all that the turn brought about, or nothing of it.

    Returns:
        False when the conversation is no longer the bot's to speak in, or another worker's to answer: nothing of the
        turn is stored. Who took it has dropped the message or answers it, so its mark is theirs.
    """
    now = clock_now()
    async with services.database.write() as tx:
        conversation = await store.get(tx, turn.conversation.id, lock=True)
        if conversation is None or conversation.epoch != turn.conversation.epoch or conversation.lease_owner != worker:
            return False
        if not conversation.language_chosen or outcome.language_chosen:
            conversation = replace(
                conversation,
                language=outcome.language,
                language_chosen=conversation.language_chosen or outcome.language_chosen,
            )
        if rasa_events is not None:
            await turn_store.add_events(tx, conversation.id, rasa_events)
        bot_name = services.phrases.say("bot_name", conversation.language).text
        for reply in outcome.replies:
            conversation, _ = await saying.add(
                tx,
                services,
                conversation,
                "bot",
                reply,
                now,
                author_name=bot_name,
                intent=outcome.intent,
                confidence=outcome.confidence,
            )
        answered = [message.id for message in turn.messages]
        await turn_store.annotate(tx, answered, outcome.intent, outcome.confidence, outcome.language)
        await turn_store.mark(tx, answered, "done", outcome.milliseconds)
        await _untried(tx, turn)
        if outcome.news is not None:
            conversation = await following.keep(tx, conversation, outcome.news, now)
        if outcome.erase:
            await due_erasures.ask(tx, conversation.contact_id, now)
        if outcome.handoff_reason is not None:
            conversation = await ownership.hand_over(
                tx, services, conversation, outcome.handoff_reason, outcome.known, now
            )
        else:
            conversation = await _after_turn(tx, conversation)
        await store.save(tx, conversation)
    return True


async def fail(services: Services, turn: Turn, worker: str, error: str, final: bool = False) -> None:
    """A turn broke: it is tried again later, and after the last try the customer goes to a person (promise 11).

    Args:
        final: this was the last try already; one that took too long is not waited for again (promise 17).
    """
    now = clock_now()
    async with services.database.write() as tx:
        conversation = await store.get(tx, turn.conversation.id, lock=True)
        if conversation is None or conversation.epoch != turn.conversation.epoch or conversation.lease_owner != worker:
            return
        if turn.attempts < MAX_ATTEMPTS and not final:
            # the lease stands as the pause before the next try: 1, 2, 4, 8 seconds
            pause = timedelta(seconds=2 ** (turn.attempts - 1))
            conversation = replace(conversation, lease_owner=None, lease_until=now + pause)
            await _untried(tx, turn)
        else:
            tried = [message.id for message in turn.messages]
            conversation = await _give_up(tx, services, conversation, tried, error, now)
        await store.save(tx, conversation)


async def take_over(services: Services) -> None:
    """This process is alone on its database: what a process that died had leased is free at once.

    Were another one alive after all, its running turns would be dropped when they finish, and done again.
    """
    c = conversation_table.c
    async with services.database.write() as tx:
        await tx.execute(
            sa.update(conversation_table).where(c.lease_until.is_not(None)).values(lease_owner=None, lease_until=None)
        )
        await tx.execute(sa.delete(workers))


async def release(services: Services, worker: str) -> None:
    """A worker that stops in order gives its leases back at once."""
    c = conversation_table.c
    async with services.database.write() as tx:
        await tx.execute(
            sa.update(conversation_table).where(c.lease_owner == worker).values(lease_owner=None, lease_until=None)
        )
        tx.wake("turns")


async def _lease(
    tx: Transaction, services: Services, conversation: Conversation, worker: str, now: datetime
) -> Turn | None:
    waiting = await tx.rows(
        sa.select(messages, turns.c.attempts)
        .join(turns, turns.c.message_id == messages.c.id)
        .where(turns.c.conversation_id == conversation.id, turns.c.status == "waiting")
        .order_by(turns.c.seq)
        .limit(bursts.MOST)
    )
    if not waiting:
        await store.save(tx, replace(conversation, turn_waiting_since=None))
        return None
    message, attempts = store.as_message(waiting[0]), waiting[0]["attempts"] + 1
    if attempts > MAX_ATTEMPTS:
        # every try ended its worker, or the last one did: nobody was left to call `fail`
        await store.save(tx, await _give_up(tx, services, conversation, [message.id], "its worker stopped", now))
        tx.wake("turns")
        return None
    conversation = replace(conversation, lease_owner=worker, lease_until=now + LEASE)
    await store.save(tx, conversation)
    untried = takewhile(lambda row: row["attempts"] == 0, waiting[1:] if attempts == 1 else ())
    more = bursts.after(message, map(store.as_message, untried))
    events_at = await turn_store.newest_events(tx, conversation.id)
    turn = Turn(conversation, message, attempts, events_at, more)
    await turn_store.count_try(tx, [one.id for one in turn.messages])
    return turn


async def _untried(tx: Transaction, turn: Turn) -> None:
    """What the turn left for later was counted with it, but not tried."""
    if turn.left:
        await turn_store.count_try(tx, [message.id for message in turn.left], -1)


async def _give_up(
    tx: Transaction,
    services: Services,
    conversation: Conversation,
    message_ids: Sequence[str],
    error: str,
    now: datetime,
) -> Conversation:
    await turn_store.mark(tx, message_ids, "failed", None, error[:200])
    conversation = await saying.notice(tx, services, conversation, "bot_failed", now)
    return await ownership.hand_over(tx, services, conversation, "bot_failed", {}, now)


async def _after_turn(tx: Transaction, conversation: Conversation) -> Conversation:
    since = await turn_store.waiting_since(tx, conversation.id)
    if since is not None:
        tx.wake("turns")
    return replace(conversation, turn_waiting_since=since, lease_owner=None, lease_until=None)
