"""Who owns a conversation: the state machine, as pure values. The stores write what it decides.

            request_handoff            claim
   bot ───────────────────▶ queued ───────────────────▶ assigned
    ▲ ▲                       │ ▲                         │  │ │
    │ └── expire, recover ────┘ └────── requeue ──────────┘  │ │
    │                                                        │ │
    └──────────────── return_to_bot ─────────────────────────┘ │
                             resolved ◀──── resolve ───────────┘     receive reopens it with the bot

Each change of owner raises the epoch. A bot reply is stored only under the epoch that its turn began with, so the
bot can never speak over a person (promise 12).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

Status = Literal["bot", "queued", "assigned", "resolved"]


class Refused(Exception):
    """A step that the conversation's present state does not allow.

    Attributes:
        code: a stable word for programs, such as `not_yours`.
        message: one sentence for a person.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True)
class Conversation:
    """One conversation's present state; `agent_id` is set exactly while the status is `assigned`."""

    id: str
    contact_id: str
    identity_id: str
    channel: str
    status: Status
    epoch: int
    language: str
    created_at: datetime
    updated_at: datetime
    agent_id: str | None = None
    language_chosen: bool = False
    reason: str | None = None
    priority: int = 0
    waiting_since: datetime | None = None
    deadline: datetime | None = None
    last_seq: int = 0
    turn_waiting_since: datetime | None = None
    lease_owner: str | None = None
    lease_until: datetime | None = None


def receive(conversation: Conversation, now: datetime) -> Conversation:
    """The customer wrote: a resolved conversation goes back to the bot, any other stays with its owner."""
    if conversation.status == "resolved":
        conversation = _owned(conversation, "bot", now)
    return replace(conversation, updated_at=now)


def request_handoff(
    conversation: Conversation, reason: str, priority: int, deadline: datetime, now: datetime
) -> Conversation:
    """The bot passes it on: queued, with why, how urgent, and until when somebody must have come.

    Raises:
        Refused: the bot does not own it.
    """
    if conversation.status != "bot":
        raise Refused("not_with_bot", "This conversation is not with the bot, so the bot cannot pass it on.")
    return replace(
        _owned(conversation, "queued", now), reason=reason, priority=priority, waiting_since=now, deadline=deadline
    )


def claim(conversation: Conversation, agent_id: str, now: datetime) -> Conversation:
    """An agent takes it out of the queue.

    Raises:
        Refused: it is not queued; of many who try at once, one wins.
    """
    if conversation.status != "queued":
        raise Refused("not_queued", "Somebody else was faster, or this conversation is no longer waiting.")
    return _owned(conversation, "assigned", now, agent_id)


def check_owner(conversation: Conversation, agent_id: str) -> None:
    """Raises:
    Refused: the conversation is not this agent's.
    """
    if conversation.status != "assigned" or conversation.agent_id != agent_id:
        raise Refused("not_yours", "This conversation is not yours. Claim it first.")


def transfer(conversation: Conversation, agent_id: str, to: str, now: datetime) -> Conversation:
    """Its agent passes it to another.

    Raises:
        Refused: it is not this agent's, or it would stay where it is.
    """
    check_owner(conversation, agent_id)
    if to == agent_id:
        raise Refused("already_yours", "This conversation is already yours.")
    return _owned(conversation, "assigned", now, to)


def requeue(conversation: Conversation, agent_id: str, deadline: datetime, now: datetime) -> Conversation:
    """Its agent puts it back into the queue; it keeps its reason and priority and waits anew.

    Raises:
        Refused: it is not this agent's.
    """
    check_owner(conversation, agent_id)
    return replace(_owned(conversation, "queued", now), waiting_since=now, deadline=deadline)


def return_to_bot(conversation: Conversation, agent_id: str, now: datetime) -> Conversation:
    """Its agent hands it back to the bot.

    Raises:
        Refused: it is not this agent's.
    """
    check_owner(conversation, agent_id)
    return _unqueued(_owned(conversation, "bot", now))


def expire(conversation: Conversation, now: datetime) -> Conversation:
    """Nobody came in time: back to the bot, so that the customer does not wait in silence.

    Raises:
        Refused: it is not queued, or its deadline has not passed.
    """
    if conversation.status != "queued" or conversation.deadline is None or conversation.deadline > now:
        raise Refused("not_due", "This conversation is not overdue.")
    return _unqueued(_owned(conversation, "bot", now))


def recover(conversation: Conversation, now: datetime) -> Conversation:
    """The bot is back before anybody came: what was queued for want of a bot is the bot's again.

    Raises:
        Refused: it is not queued (any more).
    """
    if conversation.status != "queued":
        raise Refused("not_queued", "Somebody has claimed this conversation meanwhile.")
    return _unqueued(_owned(conversation, "bot", now))


def resolve(conversation: Conversation, agent_id: str, now: datetime) -> Conversation:
    """Its agent closes it; the customer's next message reopens it with the bot.

    Raises:
        Refused: it is not this agent's.
    """
    check_owner(conversation, agent_id)
    return _unqueued(_owned(conversation, "resolved", now))


def _owned(conversation: Conversation, status: Status, now: datetime, agent_id: str | None = None) -> Conversation:
    """The one place where ownership changes: a new epoch, and no bot turn left waiting or leased from the old one."""
    return replace(
        conversation,
        status=status,
        agent_id=agent_id,
        epoch=conversation.epoch + 1,
        updated_at=now,
        deadline=None,
        turn_waiting_since=None,
        lease_owner=None,
        lease_until=None,
    )


def _unqueued(conversation: Conversation) -> Conversation:
    return replace(conversation, reason=None, priority=0, waiting_since=None)
