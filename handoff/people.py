"""Agents, supervisors, editors and administrators: their accounts and their signed-in sessions."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import sqlalchemy as sa
from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

from handoff.clock import new_id
from handoff.clock import now as clock_now
from handoff.database import Database, Transaction
from handoff.models import login_failures, people, sessions

ROLES = ("agent", "supervisor", "editor", "admin")
DESK_ROLES = frozenset({"agent", "supervisor", "admin"})
SUPERVISORS = frozenset({"supervisor", "admin"})
SESSION_LIFE = timedelta(hours=12)
FAILURES_ALLOWED = 5
FAILURES_WINDOW = timedelta(minutes=30)

DISABLED = "!"

_hasher = PasswordHasher()


@dataclass(frozen=True)
class Person:
    """Somebody who works here; `role` is one of ROLES."""

    id: str
    name: str
    display_name: str
    role: str


@dataclass(frozen=True)
class Session:
    """A signed-in person; every change they make must also carry the CSRF token or the bearer token itself."""

    person: Person
    csrf_token: str
    seen_at: datetime | None = None


class LockedOut(Exception):
    """Too many failed sign-ins under this name; `retry_after` is in seconds."""

    retry_after = int(FAILURES_WINDOW.total_seconds())


async def add(database: Database, name: str, display_name: str, role: str, password: str, demo: bool = False) -> Person:
    """Creates an account, or gives the existing one this role and password.

    Raises:
        ValueError: the role is unknown or the password shorter than 8 characters.
    """
    if role not in ROLES:
        raise ValueError(f"unknown role {role!r}; choose one of: {', '.join(ROLES)}")
    if len(password) < 8:
        raise ValueError("the password must have at least 8 characters")
    hashed = await asyncio.to_thread(_hasher.hash, password)
    async with database.write() as tx:
        await tx.alone(f"person:{name}")  # several processes start at once and make the same accounts
        row = await tx.row(sa.select(people).where(people.c.name == name))
        values = {"display_name": display_name, "role": role, "password_hash": hashed, "demo": demo}
        if row is None:
            person_id = new_id()
            await tx.execute(sa.insert(people).values(id=person_id, name=name, created_at=clock_now(), **values))
        else:
            person_id = row["id"]
            await tx.execute(sa.update(people).where(people.c.id == person_id).values(**values))
            await tx.execute(sa.delete(sessions).where(sessions.c.person_id == person_id))
    return Person(person_id, name, display_name, role)


async def set_profile(
    database: Database,
    person_id: str,
    languages: Sequence[str] | None = None,
    skills: Sequence[str] | None = None,
    teams: Sequence[str] | None = None,
    capacity: int | None = None,
) -> None:
    """Which conversations suit this person, and how many may be given to them at once; what is None stays as it is.

    Args:
        languages, skills, teams: an empty list means all.

    Raises:
        ValueError: the capacity is below 0.
    """
    if capacity is not None and capacity < 0:
        raise ValueError("the capacity must be 0 or more")
    lists = {"languages": languages, "skills": skills, "teams": teams}
    values: dict[str, Any] = {name: sorted(set(some)) for name, some in lists.items() if some is not None}
    if capacity is not None:
        values["capacity"] = capacity
    if values:
        async with database.write() as tx:
            await tx.execute(sa.update(people).where(people.c.id == person_id).values(**values))


async def ensure_demo(
    database: Database, name: str, display_name: str, role: str, password: str, profile: Mapping[str, Any] | None = None
) -> None:
    """A demo account with this password; signed-in sessions stay when nothing changed.

    Args:
        profile: languages, skills, teams and capacity of a new account; see `set_profile`.
    """
    async with database.read() as tx:
        row = await tx.row(sa.select(people).where(people.c.name == name))
    if row and row["role"] == role and await asyncio.to_thread(_fits, row["password_hash"], password):
        return
    if row and not row["demo"]:
        return  # somebody real took the name
    person = await add(database, name, display_name, role, password, demo=True)
    await set_profile(database, person.id, **(profile or {}))


async def remove_demo(database: Database) -> None:
    """Ends the demo accounts' sessions and makes their passwords useless; their messages keep their names."""
    async with database.write() as tx:
        demo = sa.select(people.c.id).where(people.c.demo.is_(True))
        await tx.execute(sa.delete(sessions).where(sessions.c.person_id.in_(demo)))
        await tx.execute(sa.update(people).where(people.c.demo.is_(True)).values(password_hash=DISABLED))


async def everyone(tx: Transaction) -> list[Person]:
    return [_person(row) for row in await tx.rows(sa.select(people).order_by(people.c.name))]


async def by_name(tx: Transaction, name: str) -> Person | None:
    row = await tx.row(sa.select(people).where(people.c.name == name))
    return _person(row) if row else None


async def sign_in(database: Database, name: str, password: str) -> tuple[str, Session] | None:
    """The session's token and the session, or None when name and password do not fit.

    Raises:
        LockedOut: five failures under this name within 30 minutes.
    """
    now = clock_now()
    async with database.write() as tx:
        await tx.alone(f"sign_in:{name[:60]}")
        # counted before the password is looked at, and in the same transaction as the count: parallel guesses
        # cannot slip past the limit
        failures = await tx.scalar(
            sa.select(sa.func.count()).where(
                login_failures.c.name == name[:60], login_failures.c.created_at > now - FAILURES_WINDOW
            )
        )
        if int(failures or 0) >= FAILURES_ALLOWED:
            raise LockedOut
        failure = new_id()
        await tx.execute(sa.insert(login_failures).values(id=failure, name=name[:60], created_at=now))
        row = await tx.row(sa.select(people).where(people.c.name == name))
    if not await asyncio.to_thread(_fits, row["password_hash"] if row else _nobody(), password) or row is None:
        return None
    token = secrets.token_urlsafe(32)
    session = Session(_person(row), secrets.token_urlsafe(32))
    async with database.write() as tx:
        await tx.execute(sa.delete(login_failures).where(login_failures.c.name == name[:60]))
        await tx.execute(sa.delete(sessions).where(sessions.c.expires_at < now))
        await tx.execute(
            sa.insert(sessions).values(
                token_hash=_hash(token),
                person_id=session.person.id,
                csrf_token=session.csrf_token,
                created_at=now,
                expires_at=now + SESSION_LIFE,
            )
        )
    return token, session


async def session_of(tx: Transaction, token: str, now: datetime) -> Session | None:
    """The session that `token` opens, if it has not run out."""
    row = await tx.row(
        sa.select(people, sessions.c.csrf_token)
        .join(sessions, sessions.c.person_id == people.c.id)
        .where(sessions.c.token_hash == _hash(token), sessions.c.expires_at > now)
    )
    return Session(_person(row), row["csrf_token"], row["seen_at"]) if row else None


async def sign_out(tx: Transaction, token: str) -> None:
    await tx.execute(sa.delete(sessions).where(sessions.c.token_hash == _hash(token)))


def _person(row: sa.RowMapping) -> Person:
    return Person(row["id"], row["name"], row["display_name"], row["role"])


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


@cache
def _nobody() -> str:
    """A hash that nothing fits, checked when the name is unknown: a wrong name takes as long as a wrong password."""
    return _hasher.hash(secrets.token_hex(16))


def _fits(hashed: str, password: str) -> bool:
    try:
        return _hasher.verify(hashed, password)
    except (VerificationError, ValueError):
        return False
