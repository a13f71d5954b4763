"""Who is at the desk: known by the heartbeat of their pages, and by what they ask for. And who works outside its pages:
known by what they do there, and by their word."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from handoff.clock import now as clock_now
from handoff.database import Database, Transaction
from handoff.models import conversations, people, sessions
from handoff.people import DESK_ROLES, Person

# every beat is a write, so not more often than needed to notice within 60 s that somebody has vanished (promise 13)
BEAT = timedelta(seconds=10)
VANISHED = timedelta(seconds=50)
# outside nothing is heard of who merely reads, so whatever they do there tells for longer
OUTSIDE = timedelta(minutes=30)
# a day's work, for who says that they are there and does not say when they go
SHIFT = timedelta(hours=8)


@dataclass(frozen=True)
class Agent:
    """Somebody who works at the desk, with what suits them and what they have in hand.

    Attributes:
        languages, skills, teams: none named means all.
        capacity: how many conversations may be given to them at once; they may still claim more by themselves.
        load: conversations that are theirs and not put aside.
        available: they want to be given new ones.
        online: their desk was heard of just now.
        outside: they are at work outside the desk's pages.
    """

    person: Person
    languages: frozenset[str]
    skills: frozenset[str]
    teams: frozenset[str]
    capacity: int
    load: int
    available: bool
    online: bool
    outside: bool = False

    def on_team(self, team: str) -> bool:
        return not self.teams or team in self.teams

    @property
    def there(self) -> bool:
        """At the desk, or at work outside of it."""
        return self.online or self.outside

    @property
    def here(self) -> bool:
        """There and taking conversations."""
        return self.there and self.available

    @property
    def room(self) -> int:
        """How many more may be given to them."""
        return max(0, self.capacity - self.load)


async def seen(database: Database, person_id: str) -> None:
    """Their desk is open."""
    now = clock_now()
    async with database.write() as tx:
        row = await tx.row(sa.select(people.c.seen_at).where(people.c.id == person_id))
        await tx.execute(sa.update(people).where(people.c.id == person_id).values(seen_at=now))
        if row is None or row["seen_at"] is None or row["seen_at"] < now - VANISHED:
            tx.wake("queue")  # somebody came


async def acted_outside(database: Database, person_id: str) -> None:
    """They have just done something outside the desk's pages, and are taken to be there for a while."""
    now = clock_now()
    async with database.write() as tx:
        known = sa.select(people.c.seen_at, people.c.outside_until).where(people.c.id == person_id)
        row = await tx.row(known.with_for_update())  # they may be saying just now that they stay for longer
        if row is None:
            return
        until = max(row["outside_until"] or now, now + OUTSIDE)
        await tx.execute(sa.update(people).where(people.c.id == person_id).values(seen_at=now, outside_until=until))
        if not _there(row, now):
            tx.wake("queue")  # somebody came


async def said_outside(database: Database, person_id: str, here: bool, at: datetime) -> bool:
    """They say outside that they are at work and want to be given new conversations, or that they do not for now.

    Args:
        at: when they wrote it, by the channel's clock.

    Returns: False when it was said before, or when they have said something newer since: then nothing changes.
    """
    now = clock_now()
    p = people.c
    values = {"available": here, "seen_at": now, "outside_said_at": at}
    if here:
        values["outside_until"] = now + SHIFT
    newest = sa.or_(p.outside_said_at.is_(None), p.outside_said_at < at)
    async with database.write() as tx:
        said = await tx.execute(sa.update(people).where(p.id == person_id, newest).values(**values))
        if said.rowcount:
            tx.wake("queue")
    return bool(said.rowcount)


async def silent_outside(tx: Transaction, person_id: str, now: datetime) -> None:
    """Somebody waited for them in vain, and is theirs no longer: they are not there, whatever they said, until they do
    something again. Else they would be given the same customer once more."""
    silent = sa.or_(people.c.seen_at.is_(None), people.c.seen_at <= online_since(now))
    await tx.execute(sa.update(people).where(people.c.id == person_id, silent).values(outside_until=None))


async def left(tx: Transaction, person_id: str) -> None:
    """They signed out; while they are signed in elsewhere too, their other desk says whether they are there."""
    elsewhere = sa.exists().where(sessions.c.person_id == person_id, sessions.c.expires_at > clock_now())
    gone = sa.update(people).where(people.c.id == person_id, ~elsewhere)
    await tx.execute(gone.values(seen_at=None))
    tx.wake("queue")


async def set_available(database: Database, person_id: str, available: bool) -> None:
    """They want to be given new conversations, or not for now; what is theirs stays theirs."""
    async with database.write() as tx:
        values = {"available": available, "seen_at": clock_now()}
        await tx.execute(sa.update(people).where(people.c.id == person_id).values(**values))
        tx.wake("queue")


async def agents(tx: Transaction, now: datetime) -> list[Agent]:
    """Everybody who works at the desk, by name."""
    c = conversations.c
    load = (
        sa.select(c.agent_id, sa.func.count().label("load"))
        .where(c.agent_id.is_not(None), c.snoozed_until.is_(None))
        .group_by(c.agent_id)
        .subquery()
    )
    query = (
        sa.select(people, sa.func.coalesce(load.c.load, 0).label("load"))
        .outerjoin(load, load.c.agent_id == people.c.id)
        .where(people.c.role.in_(DESK_ROLES))
        .order_by(people.c.name)
    )
    return [_agent(row, now) for row in await tx.rows(query)]


async def agent(tx: Transaction, person_id: str, now: datetime) -> Agent | None:
    return next((one for one in await agents(tx, now) if one.person.id == person_id), None)


def of_team(everyone: Iterable[Agent], team: str) -> list[Agent]:
    """Who of them is here for this team."""
    return [one for one in everyone if one.here and one.on_team(team)]


def online_since(now: datetime) -> datetime:
    """Who was last heard of before this has vanished."""
    return now - VANISHED


def _there(row: sa.RowMapping, now: datetime) -> bool:
    return _online(row, now) or _outside(row, now)


def _online(row: sa.RowMapping, now: datetime) -> bool:
    return row["seen_at"] is not None and row["seen_at"] > online_since(now)


def _outside(row: sa.RowMapping, now: datetime) -> bool:
    return row["outside_until"] is not None and row["outside_until"] > now


def _agent(row: sa.RowMapping, now: datetime) -> Agent:
    return Agent(
        person=Person(row["id"], row["name"], row["display_name"], row["role"]),
        languages=frozenset(row["languages"]),
        skills=frozenset(row["skills"]),
        teams=frozenset(row["teams"]),
        capacity=row["capacity"],
        load=row["load"],
        available=row["available"],
        online=_online(row, now),
        outside=_outside(row, now),
    )
