"""Who gets in: by cookie only with its CSRF token, by role, and never without a session."""

from __future__ import annotations

from datetime import timedelta

import pytest
from handoff_testing import PASSWORD, change, hire, write
from starlette.requests import Request

from handoff import access, people
from handoff.access import Forbidden, NotSignedIn
from handoff.clock import new_id
from handoff.clock import now as clock_now
from handoff.ownership import NotFound
from handoff.people import Person
from handoff.services import Services


def request(method: str = "GET", **headers: str) -> Request:
    raw = [(name.replace("_", "-").encode(), value.encode("latin-1")) for name, value in headers.items()]
    return Request({"type": "http", "method": method, "path": "/", "query_string": b"", "headers": raw})


async def enter(services: Services, role: str = "agent") -> tuple[str, people.Session]:
    await hire(services.database, Person(new_id(), role, role.title(), role))
    signed_in = await people.sign_in(services.database, role, PASSWORD)
    assert signed_in is not None
    return signed_in


async def test_a_bearer_token_or_a_cookie_opens_the_session(services: Services) -> None:
    token, session = await enter(services)
    for given in ({"authorization": f"Bearer {token}"}, {"cookie": f"{access.COOKIE}={token}"}):
        assert await access.session(services.database, request(**given)) == session
    assert await access.session(services.database, request("POST", authorization=f"bearer {token}")) == session


async def test_without_a_valid_token_nobody_is_signed_in(services: Services) -> None:
    token, _ = await enter(services)
    for headers in (
        {},
        {"authorization": "Bearer "},
        {"authorization": f"Bearer {token}x"},
        {"authorization": f"Basic {token}"},
        {"authorization": token},
        {"cookie": f"{access.COOKIE}=nonsense"},
        {"cookie": f"other={token}"},
        {"authorization": "Bearer \xff\xfe"},
    ):
        with pytest.raises(NotSignedIn):
            await access.session(services.database, request(**headers))
    await change(services.database, "sessions", expires_at=clock_now() - timedelta(seconds=1))
    with pytest.raises(NotSignedIn):
        await access.session(services.database, request(authorization=f"Bearer {token}"))


async def test_with_a_cookie_every_change_needs_the_sessions_own_csrf_token(services: Services) -> None:
    token, session = await enter(services)
    _, other = await enter(services, "supervisor")
    cookie = f"{access.COOKIE}={token}"
    for method in ("GET", "HEAD", "OPTIONS"):
        assert await access.session(services.database, request(method, cookie=cookie)) == session
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        for given in ({}, {"x_csrf_token": ""}, {"x_csrf_token": other.csrf_token}, {"x_csrf_token": "\xe9"}):
            with pytest.raises(Forbidden):
                await access.session(services.database, request(method, cookie=cookie, **given))
        allowed = request(method, cookie=cookie, x_csrf_token=session.csrf_token)
        assert await access.session(services.database, allowed) == session


async def test_the_desk_is_for_those_who_work_there(services: Services) -> None:
    message = await write(services)
    token, _ = await enter(services)
    asked = request(authorization=f"Bearer {token}")
    for role in people.ROLES:
        await change(services.database, "people", role=role)
        person = (await access.session(services.database, asked)).person
        assert person.role == role
        async with services.database.read() as tx:
            if role == "editor":
                with pytest.raises(Forbidden):
                    await access.desk_person(services.database, asked)
                with pytest.raises(Forbidden):
                    await access.conversation(tx, person, message.conversation_id)
                continue
            assert await access.desk_person(services.database, asked) == person
            assert (await access.conversation(tx, person, message.conversation_id)).id == message.conversation_id
            with pytest.raises(NotFound):
                await access.conversation(tx, person, new_id())
