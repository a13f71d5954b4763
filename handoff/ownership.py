"""Passing a conversation between the bot, the queue and the agents: each step one transaction, the customer told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from handoff import conversations, privacy, queue, saying, store, turn_store
from handoff.clock import now as clock_now
from handoff.conversations import Conversation, Refused
from handoff.database import Transaction
from handoff.messages import Message, Said
from handoff.people import Person
from handoff.services import Services


async def hand_over(
    tx: Transaction,
    services: Services,
    conversation: Conversation,
    reason: str,
    known: dict[str, Any],
    now: datetime,
) -> Conversation:
    """The bot passes the locked conversation on and tells the customer their place; the caller saves it."""
    priority = services.queue_rules.priority(reason)
    deadline = services.queue_rules.deadline(priority, now)
    conversation = conversations.request_handoff(conversation, reason, priority, deadline, now)
    await turn_store.drop_waiting(tx, conversation.id)
    await store.open_handoff(tx, conversation, {"reason": reason, "known": known}, now)
    place = await queue.position(tx, conversation)
    key = "queue_first" if place == 1 else "queue_position"
    conversation = await saying.notice(tx, services, conversation, key, now, position=place)
    await saying.status_changed(tx, conversation, now)
    return conversation


async def claim(services: Services, conversation_id: str, person: Person) -> Conversation:
    """An agent takes the conversation; the customer hears who joined.

    Raises:
        Refused: it is not in the queue (any more), or does not exist.
    """

    async def step(tx: Transaction, conversation: Conversation, now: datetime) -> Conversation:
        conversation = conversations.claim(conversation, person.id, now)
        await store.claim_handoff(tx, conversation.id, person.id, now)
        return await saying.notice(tx, services, conversation, "agent_joined", now, agent=person.display_name)

    return await _change(services, conversation_id, step)


async def transfer(services: Services, conversation_id: str, person: Person, to: Person | None) -> Conversation:
    """Passes the conversation to another agent, or back into the queue when `to` is None.

    Raises:
        Refused: it is not this agent's, or would stay where it is.
    """

    async def step(tx: Transaction, conversation: Conversation, now: datetime) -> Conversation:
        if to is None:
            deadline = services.queue_rules.deadline(conversation.priority, now)
            conversation = conversations.requeue(conversation, person.id, deadline, now)
            place = await queue.position(tx, conversation)
            return await saying.notice(tx, services, conversation, "requeued", now, position=place)
        conversation = conversations.transfer(conversation, person.id, to.id, now)
        await store.claim_handoff(tx, conversation.id, to.id, now)
        return await saying.notice(tx, services, conversation, "agent_joined", now, agent=to.display_name)

    return await _change(services, conversation_id, step)


async def return_to_bot(services: Services, conversation_id: str, person: Person) -> Conversation:
    """Hands the conversation back; the bot goes on with all it knew.

    Raises:
        Refused: it is not this agent's.
    """

    async def step(tx: Transaction, conversation: Conversation, now: datetime) -> Conversation:
        conversation = conversations.return_to_bot(conversation, person.id, now)
        await store.close_handoff(tx, conversation.id, "returned", now)
        return await saying.notice(tx, services, conversation, "returned_to_bot", now, agent=person.display_name)

    return await _change(services, conversation_id, step)


async def resolve(services: Services, conversation_id: str, person: Person) -> Conversation:
    """Closes the conversation; a new message of the customer reopens it.

    Raises:
        Refused: it is not this agent's.
    """

    async def step(tx: Transaction, conversation: Conversation, now: datetime) -> Conversation:
        conversation = conversations.resolve(conversation, person.id, now)
        await store.close_handoff(tx, conversation.id, "resolved", now)
        return await saying.notice(tx, services, conversation, "conversation_resolved", now)

    return await _change(services, conversation_id, step)


async def expire_overdue(services: Services) -> int:
    """Gives the bot back every conversation that nobody came for, and says so; returns how many."""
    now = clock_now()
    async with services.database.read() as tx:
        due = await queue.overdue(tx, now)

    async def step(tx: Transaction, conversation: Conversation, now: datetime) -> Conversation:
        conversation = conversations.expire(conversation, now)
        await store.close_handoff(tx, conversation.id, "nobody_came", now)
        return await saying.notice(tx, services, conversation, "nobody_came", now)

    expired = 0
    for conversation_id in due:
        try:
            await _change(services, conversation_id, step)
            expired += 1
        except Refused:
            continue  # somebody claimed it just now
    return expired


async def reply(
    services: Services, conversation_id: str, person: Person, text: str, private: bool, key: str | None = None
) -> tuple[Message, bool]:
    """An agent's message, or a note that only the desk sees; returns it and whether it was new.

    Args:
        key: the Idempotency-Key; the same key again gives the message already stored.

    Raises:
        Refused: not this agent's conversation; a note needs no ownership.
    """
    now = clock_now()
    async with services.database.write() as tx:
        conversation = await _locked(tx, conversation_id)
        if key is not None:
            seen = await store.receipt(tx, "desk", f"{person.id}:{key}")
            if seen is not None:
                return seen, False
        if not private:
            conversations.check_owner(conversation, person.id)
        conversation, message = await saying.add(
            tx,
            services,
            conversation,
            "agent",
            Said(privacy.redact(text)),
            now,
            author_id=person.id,
            author_name=person.display_name,
            private=private,
        )
        if key is not None:
            await store.add_receipt(tx, "desk", f"{person.id}:{key}", message)
        await store.save(tx, conversation)
        return message, True


class NotFound(Refused):
    """There is no such conversation."""

    def __init__(self) -> None:
        super().__init__("not_found", "There is no such conversation.")


async def _change(services: Services, conversation_id: str, step: Callable[..., Any]) -> Conversation:
    now = clock_now()
    async with services.database.write() as tx:
        conversation: Conversation = await step(tx, await _locked(tx, conversation_id), now)
        await turn_store.drop_waiting(tx, conversation.id)
        await store.save(tx, conversation)
        await saying.status_changed(tx, conversation, now)
        return conversation


async def _locked(tx: Transaction, conversation_id: str) -> Conversation:
    conversation = await store.get(tx, conversation_id, lock=True)
    if conversation is None:
        raise NotFound()
    return conversation
