"""Who may see or do what at the desk and the studio; the only way there to a signed-in person or a conversation."""

from __future__ import annotations

import hmac

from starlette.requests import Request

from handoff import people, presence, store
from handoff.clock import now as clock_now
from handoff.conversations import Conversation
from handoff.database import Database, Transaction
from handoff.ownership import NotFound
from handoff.people import DESK_ROLES, SUPERVISORS, Person, Session

COOKIE = "shohay_session"
CSRF_HEADER = "x-csrf-token"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class NotSignedIn(Exception):
    """No valid session came with the request."""


class Forbidden(Exception):
    """Signed in, but this is not for them; the message says why."""


def token(request: Request) -> tuple[str, bool]:
    """The session's token that came with a request, empty when none did; and whether as a bearer token."""
    scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
    by_bearer = scheme.lower() == "bearer" and bool(bearer)
    return bearer if by_bearer else request.cookies.get(COOKIE, ""), by_bearer


async def still_open(database: Database, opener: str) -> bool:
    """Whether the session that this token opened has neither been left nor run out."""
    async with database.read() as tx:
        return await people.session_of(tx, opener, clock_now()) is not None


async def session(database: Database, request: Request) -> Session:
    """The session of a request, by bearer token or cookie.

    A cookie is sent by the browser unasked, so with it every change must also carry the session's CSRF token.

    Raises:
        NotSignedIn: no session, or it has run out.
        Forbidden: a change without the CSRF token.
    """
    opener, by_bearer = token(request)
    if not opener:
        raise NotSignedIn
    async with database.read() as tx:
        found = await people.session_of(tx, opener, clock_now())
    if found is None:
        raise NotSignedIn
    if not by_bearer and request.method not in _SAFE:
        given = request.headers.get(CSRF_HEADER, "")
        if not hmac.compare_digest(given.encode(), found.csrf_token.encode()):
            raise Forbidden("The page is out of date; reload it and try again.")
    return found


async def desk_person(database: Database, request: Request) -> Person:
    """Who is at the desk; asking for anything there is a sign of life.

    Raises:
        NotSignedIn, Forbidden: see `session`; also for roles that do not work at the desk.
    """
    found = await session(database, request)
    person = found.person
    if person.role not in DESK_ROLES:
        raise Forbidden("Your account does not work at the desk; ask an administrator.")
    if found.seen_at is None or found.seen_at < clock_now() - presence.BEAT:
        await presence.seen(database, person.id)
    return person


async def supervisor(database: Database, request: Request) -> Person:
    """Who is at the desk, and may step in anywhere.

    Raises:
        NotSignedIn, Forbidden: see `desk_person`; also for those who are no supervisors.
    """
    person = await desk_person(database, request)
    if person.role not in SUPERVISORS:
        raise Forbidden("Only a supervisor may do this.")
    return person


async def conversation(tx: Transaction, person: Person, conversation_id: str) -> Conversation:
    """A conversation that this person may read; every desk role may read all of them.

    Raises:
        NotFound: there is no such conversation.
        Forbidden: not a desk role.
    """
    if person.role not in DESK_ROLES:
        raise Forbidden("Your account does not work at the desk; ask an administrator.")
    found = await store.get(tx, conversation_id)
    if found is None:
        raise NotFound()
    return found
