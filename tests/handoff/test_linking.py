"""Saying at the desk who one is elsewhere: by a link that is good for ten minutes, and only after a click."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from handoff_testing import PASSWORD, RAHIM, hire

from app import errors
from handoff import access, addresses, people
from handoff.clock import new_id
from handoff.desk import linking
from handoff.desk.linking import Links
from handoff.people import Person
from handoff.services import Services

EDITOR = Person(new_id(), "tapan", "Tapan", "editor")
ADDRESS = "T0NODI:U0RAHIM"
LINKS = Links("only-for-tests")


@pytest.fixture
async def http(services: Services) -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()
    errors.install(app)
    app.include_router(linking.router(services, LINKS))
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://desk.test") as client:
        yield client


async def signed_in(services: Services, person: Person = RAHIM) -> dict[str, Any]:
    """The browser's cookie, as the desk gives it."""
    await hire(services.database, person)
    found = await people.sign_in(services.database, person.name, PASSWORD)
    assert found is not None
    return {"cookies": {access.COOKIE: found[0]}}


async def owner(services: Services) -> str | None:
    async with services.database.read() as tx:
        found = await addresses.person_at(tx, "slack", ADDRESS)
    return found.name if found else None


def csrf(page: str) -> dict[str, str]:
    found = re.search(r'name="csrf-token" content="([^"]+)"', page)
    assert found is not None
    return {access.CSRF_HEADER: found[1]}


async def test_the_link_shows_whose_it_is_and_only_the_click_links(services: Services, http: httpx.AsyncClient) -> None:
    token = LINKS.token("slack", ADDRESS, "<b>rahim</b>")
    http.cookies.update((await signed_in(services))["cookies"])
    page = await http.get(linking.PATH, params={"token": token})
    assert page.status_code == 200
    assert "&lt;b&gt;rahim&lt;/b&gt;" in page.text and ADDRESS in page.text and "signed in as Rahim" in page.text
    assert await owner(services) is None
    done = await http.post("/api/desk/link", json={"token": token}, headers=csrf(page.text))
    assert done.status_code == 204
    assert await owner(services) == "rahim"


async def test_without_the_pages_own_token_nothing_is_linked(services: Services, http: httpx.AsyncClient) -> None:
    http.cookies.update((await signed_in(services))["cookies"])
    done = await http.post("/api/desk/link", json={"token": LINKS.token("slack", ADDRESS, "rahim")})
    assert done.status_code == 403
    assert await owner(services) is None


async def test_who_is_not_signed_in_signs_in_first_and_who_has_no_place_at_the_desk_has_none_here(
    services: Services, http: httpx.AsyncClient
) -> None:
    token = LINKS.token("slack", ADDRESS, "rahim")
    page = await http.get(linking.PATH, params={"token": token})
    assert "Sign in to the desk" in page.text
    assert (await http.post("/api/desk/link", json={"token": token})).status_code == 401
    http.cookies.update((await signed_in(services, EDITOR))["cookies"])
    page = await http.get(linking.PATH, params={"token": token})
    assert page.status_code == 403
    done = await http.post("/api/desk/link", json={"token": token}, headers=csrf(page.text))
    assert done.status_code == 403
    assert await owner(services) is None


@pytest.mark.parametrize("kind", ["forged", "old", "nothing"])
async def test_a_link_that_is_not_ours_or_too_old_links_nobody(
    services: Services, http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    token = {"forged": Links("another").token("slack", ADDRESS, "x"), "nothing": ""}.get(kind)
    if token is None:
        token = LINKS.token("slack", ADDRESS, "rahim")
        monkeypatch.setattr(linking, "VALID_SECONDS", -1)
    http.cookies.update((await signed_in(services))["cookies"])
    page = await http.get(linking.PATH, params={"token": token})
    assert page.status_code == 410 and "too old" in page.text
    done = await http.post("/api/desk/link", json={"token": token}, headers=csrf(page.text))
    assert (done.status_code, done.json()["error"]["code"]) == (410, "bad_link")
    assert await owner(services) is None
