"""Who owns a conversation: the state machine, as pure values. The stores write what it decides.

            request_handoff, resume           claim, take_over
   bot ──────────────────────────▶ queued ───────────────────▶ assigned
    ▲ ▲                              │ ▲                         │  │ │
    │ └── leave_queue ───────────────┘ └────── requeue ──────────┘  │ │
    │                                                               │ │
    └──────────────── return_to_bot ────────────────────────────────┘ │
                             resolved ◀──── resolve ──────────────────┘     receive reopens it with the bot

Each change of owner raises the epoch. A bot reply is stored only under the epoch that its turn began with, so the
bot can never speak over a person (promise 12). Whenever a customer waits for a person there is a deadline (promise 13).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

Status = Literal["bot", "queued", "assigned", "resolved"]
DeadlineKind = Literal["first", "next"]
DeadlineState = Literal["warned", "breached"]


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
    """One conversation's present state; `agent_id` is set exactly while the status is `assigned`.

    Attributes:
        rank: its place in the queue, earlier first; set exactly while it is queued.
        deadline: by when somebody must have answered; of which kind, and how far it has come.
        snoozed_until: its agent has put it aside until then, or until the customer writes.
        expects: what the customer's next words are when they are no question: a `contact`, the same `again` because
            the first words were none, or a `comment`.
        choice: what the customer chose when nobody was there: `wait` or `contact`.
        absence_told: the customer knows that nobody is there now.
        news: whether the customer wants to be told news of their orders; None before they were asked.
        customer_id, customer_email: the shop's customer, where the shop has vouched for them.
    """

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
    team: str = "support"
    waiting_since: datetime | None = None
    rank: datetime | None = None
    deadline: datetime | None = None
    deadline_kind: DeadlineKind | None = None
    deadline_state: DeadlineState | None = None
    agent_since: datetime | None = None
    snoozed_until: datetime | None = None
    expects: Literal["contact", "again", "comment"] | None = None
    choice: Literal["wait", "contact"] | None = None
    absence_told: bool = False
    news: Literal["asked", "yes", "no"] | None = None
    last_seq: int = 0
    turn_waiting_since: datetime | None = None
    lease_owner: str | None = None
    lease_until: datetime | None = None
    customer_id: str | None = None
    customer_email: str | None = None


@dataclass(frozen=True)
class Ticket:
    """What the queue needs to know of a request for a person.

    Attributes:
        since: when the customer first asked; a ticket that comes back keeps it.
        rank: the place in the queue that `since` and the priority give it.
        deadline: by when somebody must have answered.
    """

    reason: str
    priority: int
    team: str
    since: datetime
    rank: datetime
    deadline: datetime


def receive(conversation: Conversation, reply_by: datetime, now: datetime) -> Conversation:
    """The customer wrote: a resolved conversation goes back to the bot, any other stays with its owner.

    Args:
        reply_by: when an agent has it, by when they are to answer, unless an earlier message already waits.
    """
    if conversation.status == "resolved":
        conversation = _unqueued(_owned(conversation, "bot", now))
    elif conversation.status == "assigned":
        conversation = replace(_due(conversation, "next", reply_by), snoozed_until=None)
    return replace(conversation, updated_at=now)


def request_handoff(conversation: Conversation, ticket: Ticket, now: datetime) -> Conversation:
    """The bot passes it on: queued, with why, how urgent, and until when somebody must have answered.

    Raises:
        Refused: the bot does not own it.
    """
    if conversation.status != "bot":
        raise Refused("not_with_bot", "This conversation is not with the bot, so the bot cannot pass it on.")
    return _queued(conversation, ticket, now)


def claim(conversation: Conversation, agent_id: str, reply_by: datetime, now: datetime) -> Conversation:
    """An agent takes it out of the queue; the deadline stands until they have answered.

    Args:
        reply_by: by when they are to answer, should the deadline have passed already.

    Raises:
        Refused: it is not queued; of many who try at once, one wins.
    """
    if conversation.status != "queued":
        raise Refused("not_queued", "Somebody else was faster, or this conversation is no longer waiting.")
    return _due_from_now(_owned(conversation, "assigned", now, agent_id), "first", reply_by)


def take_over(conversation: Conversation, agent_id: str, reply_by: datetime, now: datetime) -> Conversation:
    """A supervisor takes it from whoever has it: the bot, the queue or an agent.

    Raises:
        Refused: it is already theirs, or resolved.
    """
    if conversation.status == "resolved":
        raise Refused("resolved", "This conversation is resolved; the customer's next message reopens it.")
    if conversation.agent_id == agent_id:
        raise Refused("already_yours", "This conversation is already yours.")
    taken = _owned(conversation, "assigned", now, agent_id)
    return replace(_due_from_now(taken, "next", reply_by), waiting_since=taken.waiting_since or now)


def resume(conversation: Conversation, ticket: Ticket) -> Conversation:
    """What the customer waited for before the bot went on with them is why a person comes now."""
    return replace(
        conversation,
        reason=ticket.reason,
        priority=ticket.priority,
        team=ticket.team,
        waiting_since=ticket.since,
    )


def check_owner(conversation: Conversation, agent_id: str) -> None:
    """Raises:
    Refused: the conversation is not this agent's.
    """
    if conversation.status != "assigned" or conversation.agent_id != agent_id:
        raise Refused("not_yours", "This conversation is not yours. Claim it first.")


def answered(conversation: Conversation) -> Conversation:
    """Its agent wrote to the customer, who waits no longer."""
    return replace(_undue(conversation), snoozed_until=None)


def transfer(conversation: Conversation, agent_id: str, to: str, reply_by: datetime, now: datetime) -> Conversation:
    """Its agent passes it to another, who is to answer by then.

    Raises:
        Refused: it is not this agent's, or it would stay where it is.
    """
    check_owner(conversation, agent_id)
    if to == agent_id:
        raise Refused("already_yours", "This conversation is already yours.")
    return _due_from_now(_owned(conversation, "assigned", now, to), "next", reply_by)


def requeue(conversation: Conversation, agent_id: str, ticket: Ticket, now: datetime) -> Conversation:
    """Its agent puts it back into the queue, or has vanished.

    Raises:
        Refused: it is not this agent's.
    """
    check_owner(conversation, agent_id)
    return _queued(conversation, ticket, now)


def return_to_bot(conversation: Conversation, agent_id: str, now: datetime) -> Conversation:
    """Its agent hands it back to the bot.

    Raises:
        Refused: it is not this agent's.
    """
    check_owner(conversation, agent_id)
    return _unqueued(_owned(conversation, "bot", now))


def leave_queue(conversation: Conversation, now: datetime) -> Conversation:
    """The bot goes on with it: the customer wants that, nobody is there, or the bot is back after an outage.

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


def snooze(conversation: Conversation, agent_id: str, until: datetime) -> Conversation:
    """Its agent puts it aside; it comes back at that time, or when the customer writes.

    Raises:
        Refused: it is not this agent's.
    """
    check_owner(conversation, agent_id)
    return replace(_undue(conversation), snoozed_until=until)


def unsnooze(conversation: Conversation, agent_id: str, reply_by: datetime) -> Conversation:
    """Its agent takes it up again, as if its time had come; nothing changes when it was not put aside.

    Raises:
        Refused: it is not this agent's.
    """
    check_owner(conversation, agent_id)
    if conversation.snoozed_until is None:
        return conversation
    return replace(_due(conversation, "next", reply_by), snoozed_until=None)


def wake(conversation: Conversation, reply_by: datetime, now: datetime) -> Conversation:
    """The time it was put aside for is over.

    Raises:
        Refused: it is not put aside, or not until a time that has come.
    """
    if conversation.snoozed_until is None or conversation.snoozed_until > now:
        raise Refused("not_due", "This conversation is not to be woken.")
    return replace(_due(conversation, "next", reply_by), snoozed_until=None)


def warn(conversation: Conversation) -> Conversation:
    """Its deadline is near."""
    return replace(conversation, deadline_state="warned")


def breach(conversation: Conversation, now: datetime) -> Conversation:
    """Its deadline has passed and nobody has answered. In the queue that may happen again and again, each time with a
    later deadline: who waits there always has one.

    Raises:
        Refused: there is no deadline that has passed, or its agent knows already.
    """
    if conversation.deadline is None or conversation.deadline > now:
        raise Refused("not_due", "This conversation is not overdue.")
    if conversation.deadline_state == "breached" and conversation.status != "queued":
        raise Refused("not_due", "That this conversation is overdue is known.")
    return replace(conversation, deadline_state="breached")


def escalate(conversation: Conversation, priority: int, rank: datetime) -> Conversation:
    """A queued conversation becomes more urgent."""
    return replace(conversation, priority=priority, rank=rank)


def postpone(conversation: Conversation, deadline: datetime) -> Conversation:
    """The customer chose to wait for when people are back; what was late is on time again."""
    return replace(conversation, deadline=deadline, deadline_state=None)


def look_again_at(conversation: Conversation, deadline: datetime) -> Conversation:
    """The deadline at another time; what was late stays late."""
    return replace(conversation, deadline=deadline)


def wants_person(conversation: Conversation, reason: str) -> Conversation:
    """It is a person that the customer waits for, whatever they were queued for."""
    return replace(conversation, reason=reason)


def _queued(conversation: Conversation, ticket: Ticket, now: datetime) -> Conversation:
    return replace(
        _owned(conversation, "queued", now),
        reason=ticket.reason,
        priority=ticket.priority,
        team=ticket.team,
        waiting_since=ticket.since,
        rank=ticket.rank,
        deadline=ticket.deadline,
        deadline_kind="first",
        deadline_state=None,
    )


def _owned(conversation: Conversation, status: Status, now: datetime, agent_id: str | None = None) -> Conversation:
    """The one place where ownership changes: a new epoch, nothing left waiting or leased from the old one."""
    return replace(
        conversation,
        status=status,
        agent_id=agent_id,
        agent_since=now if agent_id else None,
        epoch=conversation.epoch + 1,
        updated_at=now,
        rank=None,
        snoozed_until=None,
        expects=None,
        choice=None,
        absence_told=False,
        turn_waiting_since=None,
        lease_owner=None,
        lease_until=None,
    )


def _unqueued(conversation: Conversation) -> Conversation:
    return replace(_undue(conversation), reason=None, priority=0, waiting_since=None)


def _due(conversation: Conversation, kind: DeadlineKind, by: datetime) -> Conversation:
    """With a deadline; one that already runs is not put off."""
    if conversation.deadline is not None:
        return conversation
    return replace(conversation, deadline=by, deadline_kind=kind, deadline_state=None)


def _due_from_now(conversation: Conversation, kind: DeadlineKind, by: datetime) -> Conversation:
    """For whoever has it from now on: a deadline that has passed begins anew."""
    if conversation.deadline_state == "breached":
        return replace(conversation, deadline=by, deadline_state=None)
    return _due(conversation, kind, by)


def _undue(conversation: Conversation) -> Conversation:
    return replace(conversation, deadline=None, deadline_kind=None, deadline_state=None)
