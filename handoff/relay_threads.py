"""Where outside the desk's pages tickets are worked on: a thread for each, and the posts that it shows in order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa

from handoff.channel_models import desk_posts, desk_threads
from handoff.clock import new_id
from handoff.conversations import Conversation
from handoff.database import Transaction
from handoff.models import conversations, people
from handoff.people import DESK_ROLES

TOPIC = "desk_posts"
ANY_TEAM = "*"

State = Literal["queued", "assigned", "parked", "moved", "closed"]
# what a post shows: the ticket and how it stands now; the same written over the first post; what was said, changed or
# taken back; who has the conversation now; that an answer is due; that an answer did not arrive
Kind = Literal["opening", "refresh", "message", "edit", "state", "deadline", "undelivered"]


@dataclass(frozen=True)
class Outside:
    """A channel that agents work in too.

    Attributes:
        channel: its name, as in `person_addresses`.
        places: where the tickets of a team are posted, by the team's name; those of all others under `ANY_TEAM`.
        desk_url: where the desk shows a conversation, by its id.
        link_url: where somebody with this address and name there says who they are at the desk; good for a while.
    """

    channel: str
    places: Mapping[str, str]
    desk_url: Callable[[str], str]
    link_url: Callable[[str, str], str]

    def place(self, team: str) -> str | None:
        """Where this team's tickets are posted, None when nowhere."""
        return self.places.get(team, self.places.get(ANY_TEAM))


@dataclass(frozen=True)
class Thread:
    """A ticket in a place outside.

    Attributes:
        thread: the provider's id of its first post; none until that was taken.
        shown_seq, epoch, state, agent_id: what is, or is to be, shown there: the newest message, and who has the
            conversation since which epoch.
        worker_id: who works on it from there.
    """

    id: str
    handoff_id: str
    conversation_id: str
    channel: str
    place: str
    thread: str | None
    shown_seq: int
    epoch: int
    state: State
    agent_id: str | None
    worker_id: str | None
    created_at: datetime

    @property
    def live(self) -> bool:
        """Its ticket is open, and worked on here."""
        return self.state in ("queued", "assigned", "parked")


async def live(tx: Transaction, channel: str, conversation_id: str) -> Thread | None:
    """Where the conversation's open ticket is worked on now."""
    t = desk_threads.c
    of_it = sa.and_(t.channel == channel, t.conversation_id == conversation_id, t.state.not_in(("moved", "closed")))
    return _thread(await tx.row(sa.select(desk_threads).where(of_it).order_by(t.id.desc()).limit(1)))


async def with_live(tx: Transaction, channel: str, conversation_ids: set[str]) -> set[str]:
    """Those of the conversations that have an open ticket there."""
    t = desk_threads.c
    of_them = sa.and_(t.channel == channel, t.conversation_id.in_(conversation_ids))
    query = sa.select(t.conversation_id).where(of_them, t.state.not_in(("moved", "closed"))).distinct()
    return {row["conversation_id"] for row in await tx.rows(query)}


async def by_id(tx: Transaction, thread_id: str) -> Thread | None:
    return _thread(await tx.row(sa.select(desk_threads).where(desk_threads.c.id == thread_id)))


async def at(tx: Transaction, channel: str, place: str, thread: str) -> Thread | None:
    """The ticket whose first post the provider calls `thread`."""
    t = desk_threads.c
    here = sa.and_(t.channel == channel, t.place == place, t.thread == thread)
    return _thread(await tx.row(sa.select(desk_threads).where(here)))


async def of_ticket(tx: Transaction, channel: str, place: str, handoff_id: str) -> Thread | None:
    """The thread of a ticket in this place, closed or not."""
    t = desk_threads.c
    here = sa.and_(t.channel == channel, t.place == place, t.handoff_id == handoff_id)
    return _thread(await tx.row(sa.select(desk_threads).where(here)))


async def begin(
    tx: Transaction,
    channel: str,
    place: str,
    handoff_id: str,
    conversation_id: str,
    epoch: int,
    seq: int,
    now: datetime,
) -> Thread:
    """A thread for a ticket that waits since this epoch; its first post tells of it.

    Args:
        seq: the newest message that the first post sums up.
    """
    values = {
        "id": new_id(),
        "handoff_id": handoff_id,
        "conversation_id": conversation_id,
        "channel": channel,
        "place": place,
        "thread": None,
        "shown_seq": seq,
        "epoch": epoch,
        "state": "queued",
        "agent_id": None,
        "worker_id": None,
        "created_at": now,
    }
    await tx.execute(sa.insert(desk_threads).values(**values))
    thread = Thread(**values)  # type: ignore[arg-type]
    await post(tx, thread, "opening", {}, now)
    return thread


async def note(tx: Transaction, thread_id: str, **shown: Any) -> None:
    """What is so there now: `shown_seq`, `epoch`, `state`, `agent_id`, `worker_id` or `thread`."""
    await tx.execute(sa.update(desk_threads).where(desk_threads.c.id == thread_id).values(**shown))


async def post(tx: Transaction, thread: Thread, kind: Kind, body: Mapping[str, Any], now: datetime) -> None:
    """Adds a post at the thread's end; only who follows the events adds any, one at a time."""
    p = desk_posts.c
    newest = await tx.scalar(sa.select(sa.func.max(p.position)).where(p.thread_id == thread.id))
    await tx.execute(
        sa.insert(desk_posts).values(
            thread_id=thread.id,
            position=int(newest or 0) + 1,
            conversation_id=thread.conversation_id,
            kind=kind,
            body=dict(body),
            status="pending",
            attempts=0,
            next_at=now,
            updated_at=now,
        )
    )
    tx.wake(TOPIC)


def kept_outside() -> sa.ColumnElement[bool]:
    """Conversations that their agent works on from outside, as long as that agent works at the desk at all."""
    t, c = desk_threads.c, conversations.c
    theirs = sa.and_(t.conversation_id == c.id, t.worker_id == c.agent_id, t.state.not_in(("moved", "closed")))
    at_work = sa.exists().where(people.c.id == t.worker_id, people.c.role.in_(DESK_ROLES))
    return sa.exists().where(theirs, at_work).correlate(conversations)


async def is_kept_outside(tx: Transaction, conversation: Conversation) -> bool:
    """The same of one conversation."""
    query = sa.select(conversations.c.id).where(conversations.c.id == conversation.id, kept_outside())
    return await tx.scalar(query) is not None


async def has_post(tx: Transaction, thread: Thread, kind: Kind, body: Mapping[str, Any]) -> bool:
    """Whether the thread shows this already, or is to."""
    p = desk_posts.c
    rows = await tx.rows(sa.select(p.body).where(p.thread_id == thread.id, p.kind == kind))
    return any(row["body"] == dict(body) for row in rows)


def _thread(row: sa.RowMapping | None) -> Thread | None:
    return Thread(**row) if row else None
