"""What the desk is shown, as JSON-ready values; the API and the pages read the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from handoff import brief, changes, presence, queue, signs, store
from handoff.clock import iso
from handoff.clock import now as clock_now
from handoff.conversations import Conversation
from handoff.database import Transaction
from handoff.messages import Message
from handoff.models import contacts, conversations, deliveries, messages, people
from handoff.presence import Agent
from handoff.services import Services
from handoff.signs import Signs
from handoff.turnstile import status_is

PAGE = 50
MOST_COUNTED = 1000
MOST_SKIPPED = 2**31 - 1
# who has heard nothing for longer than this is not waiting for that message any more
LOST = timedelta(days=7)
STATUSES = ("queued", "assigned", "bot", "resolved")
# of a message that the customer's page fetches, or that was sent so long ago that its delivery is cleared away
ARRIVED: dict[str, str | None] = {"delivery": "sent", "delivery_error": None}


@dataclass(frozen=True)
class Filter:
    """Which conversations are looked for; each field narrows it.

    Attributes:
        status: one of STATUSES.
        agent_id: only those that this agent owns.
        search: words of a message, or a conversation's id.
        begun: only those in which somebody wrote something.
        teams: only those of these teams.
        snoozed: only those put aside, or only those that are not.
        late: only those whose deadline has passed.
        undelivered: only those with a message that did not arrive, or perhaps not.
        to_send_again: of these, only such as are not resolved, and the message not older than LOST.
    """

    status: str | None = None
    agent_id: str | None = None
    teams: frozenset[str] = frozenset()
    snoozed: bool | None = None
    late: bool = False
    undelivered: bool = False
    to_send_again: bool = False
    search: str = ""
    begun: bool = False


@dataclass(frozen=True)
class Glimpse:
    """What a row of the list tells of a conversation besides its state: who writes, and the newest words of theirs,
    the bot's or an agent's. Notices and private notes are passed over.

    Attributes:
        file: the name of the first file that came with these words.
    """

    contact_name: str | None
    author: str | None = None
    author_name: str | None = None
    text: str = ""
    said_at: datetime | None = None
    file: str | None = None


async def conversation_list(
    tx: Transaction, wanted: Filter, after: str | None = None, limit: int = PAGE
) -> dict[str, Any]:
    """One page of conversations in the order in which they want to be looked at; `next` asks for more.

    The queue in its own order; what is put aside by when it comes back; what is late or an agent's by when somebody
    must answer; the others by last change.
    """
    c = conversations.c
    query = _matching(_with_agent(), wanted).limit(limit + 1)
    if wanted.status == "queued":
        query = query.order_by(c.rank, c.id)
    elif wanted.snoozed:
        query = query.order_by(c.snoozed_until, c.id)
    elif wanted.late or wanted.agent_id:
        query = query.order_by(c.deadline.is_(None), c.deadline, c.updated_at.desc(), c.id.desc())
    else:
        query = query.order_by(c.updated_at.desc(), c.id.desc())
    skipped = min(int(after), MOST_SKIPPED) if after and after.isdecimal() else 0
    rows = await tx.rows(query.offset(skipped))
    return {
        "conversations": [_row(row) for row in rows[:limit]],
        "next": str(skipped + limit) if len(rows) > limit else None,
    }


async def glimpses(tx: Transaction, ids: Sequence[str]) -> dict[str, Glimpse]:
    """A glimpse of each of these conversations."""
    m = messages.c
    newest = (
        sa.select(m.conversation_id, sa.func.max(m.seq).label("seq"))
        .where(m.conversation_id.in_(ids), m.author != "system", m.private.is_(False))
        .group_by(m.conversation_id)
        .subquery()
    )
    query = (
        sa.select(conversations.c.id, contacts.c.name, m.author, m.author_name, m.text, m.created_at, m.files)
        .join(contacts, contacts.c.id == conversations.c.contact_id)
        .outerjoin(newest, newest.c.conversation_id == conversations.c.id)
        .outerjoin(messages, sa.and_(m.conversation_id == newest.c.conversation_id, m.seq == newest.c.seq))
        .where(conversations.c.id.in_(ids))
    )
    return {
        row["id"]: Glimpse(
            row["name"],
            row["author"],
            row["author_name"],
            row["text"] or "",
            row["created_at"],
            row["files"][0]["name"] if row["files"] else None,
        )
        for row in await tx.rows(query)
    }


async def matches(tx: Transaction, ids: Sequence[str], search: str) -> dict[str, str]:
    """Of each of these conversations, the newest message in which the words occur."""
    m = messages.c
    newest = (
        sa.select(m.conversation_id, sa.func.max(m.seq).label("seq"))
        .where(m.conversation_id.in_(ids), m.text.ilike(_like(search)))
        .group_by(m.conversation_id)
        .subquery()
    )
    at = sa.and_(m.conversation_id == newest.c.conversation_id, m.seq == newest.c.seq)
    rows = await tx.rows(sa.select(m.conversation_id, m.text).join(newest, at))
    return {row["conversation_id"]: row["text"] for row in rows}


async def with_undelivered(tx: Transaction, ids: Sequence[str]) -> frozenset[str]:
    """Which of these conversations have a message that did not arrive, or perhaps not."""
    rows = await tx.rows(_undelivered().where(deliveries.c.conversation_id.in_(ids)))
    return frozenset(row["conversation_id"] for row in rows)


async def conversation_detail(tx: Transaction, conversation: Conversation, now: datetime) -> dict[str, Any]:
    """The conversation with its brief and everything that was said since it began."""
    row = await tx.row(_with_agent().where(conversations.c.id == conversation.id))
    assert row is not None
    said = await store.transcript(tx, conversation.id, private=True)
    d = deliveries.c
    sending = sa.select(d.message_id, d.status, d.error).where(d.conversation_id == conversation.id)
    fates = {
        row["message_id"]: {"delivery": row["status"], "delivery_error": row["error"]} for row in await tx.rows(sending)
    }
    edits = await changes.earlier(tx, conversation.id)
    return {
        **_row(row),
        "queue_position": await queue.position(tx, conversation) if conversation.status == "queued" else None,
        **signs_json(await signs.of(tx, conversation.id)),
        "brief": await brief.brief(tx, conversation, said, now),
        "messages": [{**message_json(one, edits.get(one.id, ())), **fates.get(one.id, ARRIVED)} for one in said],
    }


async def counts(tx: Transaction, wanted: Mapping[str, Filter]) -> dict[str, int]:
    """How many conversations each of these filters finds, by its name; none is counted beyond MOST_COUNTED, so that an
    old shop's numbers cost no more than a young one's."""
    numbers = [_number(one).label(name) for name, one in wanted.items()]
    row = await tx.row(sa.select(*numbers))
    return {name: int(row[name]) for name in wanted} if row else {}


def agent_json(agent: Agent) -> dict[str, Any]:
    """Somebody who works at the desk; no language, skill or team named means all."""
    return {
        "id": agent.person.id,
        "name": agent.person.name,
        "display_name": agent.person.display_name,
        "role": agent.person.role,
        "languages": sorted(agent.languages),
        "skills": sorted(agent.skills),
        "teams": sorted(agent.teams),
        "capacity": agent.capacity,
        "load": agent.load,
        "available": agent.available,
        "online": agent.there,
    }


async def teams(tx: Transaction, services: Services, now: datetime) -> list[dict[str, Any]]:
    """Every team: who of it is here, whether its hours run, how many wait for it and since when, how many are late."""
    c = conversations.c
    late = sa.func.sum(sa.case((c.deadline_state == "breached", 1), else_=0)).label("late")
    columns = [c.team, sa.func.count().label("n"), sa.func.min(c.waiting_since).label("since"), late]
    query = sa.select(*columns).where(c.status == "queued").group_by(c.team)
    waiting = {row["team"]: row for row in await tx.rows(query)}
    everyone = await presence.agents(tx, now)
    return [
        {
            "name": team.name,
            "title": team.title,
            "assign": team.assign,
            "open": services.hours.is_open(team.name, now),
            "opens": iso(services.hours.opens(team.name, now)),
            "here": [agent.person.name for agent in presence.of_team(everyone, team.name)],
            "waiting": int(waiting[team.name]["n"]) if team.name in waiting else 0,
            "waiting_since": iso(waiting[team.name]["since"]) if team.name in waiting else None,
            "late": int(waiting[team.name]["late"]) if team.name in waiting else 0,
        }
        for team in services.queue_rules.teams.values()
    ]


def signs_json(known: Signs) -> dict[str, Any]:
    """Whether the customer is typing, and how far they and their agent have read."""
    return {
        "customer_typing": known.typing_for("customer", clock_now()) > 0,
        "customer_seen": known.customer_seen,
        "agent_seen": known.agent_seen,
    }


def message_json(message: Message, earlier: Sequence[changes.Earlier] = ()) -> dict[str, Any]:
    """A message as the desk sees it; what the bot understood stands on the customer's message and its replies.

    Args:
        earlier: what it said before its customer changed it.
    """
    return {
        "id": message.id,
        "seq": message.seq,
        "author": message.author,
        "author_name": message.author_name,
        "text": message.text,
        "payload": message.payload,
        "buttons": [button.as_json() for button in message.buttons],
        "files": [file.as_json() for file in message.files],
        "private": message.private,
        "language": message.language,
        "intent": message.intent,
        "confidence": message.confidence,
        "edited_at": iso(message.edited_at),
        "edits": [before.as_json() for before in earlier],
        "deleted": message.deleted,
        "created_at": iso(message.created_at),
    }


def _matching(query: sa.Select[Any], wanted: Filter) -> sa.Select[Any]:
    c = conversations.c
    if wanted.status:
        query = query.where(c.status == wanted.status)
    if wanted.agent_id:
        query = query.where(c.agent_id == wanted.agent_id)
    if wanted.teams:
        query = query.where(c.team.in_(wanted.teams))
    if wanted.snoozed is not None:
        query = query.where(c.snoozed_until.is_not(None) if wanted.snoozed else c.snoozed_until.is_(None))
    if wanted.late:
        query = query.where(c.deadline_state == "breached")
    if wanted.undelivered:
        lost = sa.select(deliveries.c.conversation_id).where(deliveries.c.status.in_(("failed", "unknown")))
        query = query.where(c.id.in_(lost))
    if wanted.begun:
        query = query.where(c.last_seq > 0)
    if wanted.to_send_again:
        recent = _undelivered().where(deliveries.c.updated_at > clock_now() - LOST)
        query = query.where(c.status != "resolved", c.id.in_(recent))
    if wanted.search:
        found = sa.select(messages.c.conversation_id).where(messages.c.text.ilike(_like(wanted.search)))
        query = query.where(sa.or_(c.id == wanted.search, c.id.in_(found)))
    return query


def _number(wanted: Filter) -> sa.ScalarSelect[int]:
    found = _matching(sa.select(conversations.c.id), wanted).limit(MOST_COUNTED).subquery()
    return sa.select(sa.func.count()).select_from(found).scalar_subquery()


def _undelivered() -> sa.Select[Any]:
    return sa.select(deliveries.c.conversation_id).where(status_is("failed", "unknown"))


def _like(search: str) -> str:
    return f"%{search.replace('%', '').replace('_', '')}%"


def _with_agent() -> sa.Select[Any]:
    return sa.select(conversations, people.c.display_name.label("agent_name")).outerjoin(
        people, people.c.id == conversations.c.agent_id
    )


def _row(row: sa.RowMapping) -> dict[str, Any]:
    owner = {"bot": "bot", "resolved": "bot", "queued": "queue"}.get(row["status"], row["agent_name"])
    return {
        "id": row["id"],
        "status": row["status"],
        "owner": owner,
        "agent_id": row["agent_id"],
        "epoch": row["epoch"],
        "channel": row["channel"],
        "language": row["language"],
        "reason": row["reason"],
        "priority": row["priority"],
        "waiting_since": iso(row["waiting_since"]),
        "team": row["team"],
        "deadline": iso(row["deadline"]),
        "deadline_kind": row["deadline_kind"],
        "deadline_state": row["deadline_state"],
        "snoozed_until": iso(row["snoozed_until"]),
        "updated_at": iso(row["updated_at"]),
    }
