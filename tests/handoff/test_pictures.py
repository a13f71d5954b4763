"""Agents' pictures: given at the desk, seen by everybody, never anything but pictures."""

from __future__ import annotations

import io
import random
from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI
from file_samples import REFUSED, SECRET, gif, heic, jpeg, pdf, png, saved, webp
from handoff_testing import PASSWORD, RAHIM, SADIA, ask_for_person, count, hire
from PIL import Image

from app import errors
from app.middleware import BodyLimit, SecurityHeaders
from connectors.website import routes as website_routes
from connectors.website.connector import Website
from handoff import ownership, people, pictures
from handoff.clock import new_id
from handoff.desk import routes
from handoff.services import Services

PNG, JPEG, WEBP = png(), jpeg(), webp()
WEBSITE = Website("a secret for tests")


def noise(side: int) -> bytes:
    """A picture that cannot be made smaller."""
    return saved("PNG", Image.frombytes("RGB", (side, side), random.Random(side).randbytes(3 * side * side)))


@pytest.fixture
async def http(services: Services) -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()
    errors.install(app)
    app.add_middleware(BodyLimit, streamed={routes.PICTURE})
    app.add_middleware(SecurityHeaders)
    app.include_router(routes.router(services, secure_cookies=False))
    app.include_router(website_routes.router(services, WEBSITE, dict, lambda: True))
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://desk.test") as client:
        yield client


@pytest.fixture
async def rahim(services: Services) -> dict[str, str]:
    """Rahim's headers."""
    await hire(services.database, RAHIM)
    signed_in = await people.sign_in(services.database, RAHIM.name, PASSWORD)
    assert signed_in is not None
    return {"Authorization": f"Bearer {signed_in[0]}"}


async def test_a_picture_is_seen_by_everybody_and_by_nobody_once_it_is_taken_away(
    http: httpx.AsyncClient, rahim: dict[str, str]
) -> None:
    for content, kind in ((PNG, "image/png"), (JPEG, "image/jpeg"), (WEBP, "image/webp")):
        # whatever it is said to be
        given = await http.post("/api/desk/picture", content=content, headers={**rahim, "Content-Type": "text/html"})
        assert given.status_code == 200
        path = given.json()["picture"]
        seen = await http.get(path)
        assert (seen.status_code, seen.headers["content-type"]) == (200, kind)
        assert Image.open(io.BytesIO(seen.content)).size == (40, 30)
        assert SECRET.encode() in content
        assert SECRET.encode() not in seen.content  # nor where it was taken
        assert seen.headers["x-content-type-options"] == "nosniff"
        assert seen.headers["content-security-policy"] == "default-src 'none'; sandbox"
        assert seen.headers["cross-origin-resource-policy"] == "cross-origin"
        assert "max-age" in seen.headers["cache-control"]
        assert (await http.get("/api/desk/me", headers=rahim)).json()["picture"] == path
    assert (await http.delete("/api/desk/picture", headers=rahim)).status_code == 204
    assert (await http.get(path)).status_code == 404
    assert (await http.get("/api/desk/me", headers=rahim)).json()["picture"] is None


async def test_a_new_picture_has_a_new_address(http: httpx.AsyncClient, rahim: dict[str, str]) -> None:
    paths = {(await http.post("/api/desk/picture", content=PNG, headers=rahim)).json()["picture"] for _ in range(3)}
    assert len(paths) == 3


async def test_what_is_no_picture_or_too_large_is_refused_and_the_one_before_stays(
    http: httpx.AsyncClient, rahim: dict[str, str]
) -> None:
    path = (await http.post("/api/desk/picture", content=PNG, headers=rahim)).json()["picture"]
    before = (await http.get(path)).content
    others = {"empty": b"", "gif": gif(), "heic": heic(), "pdf": pdf(), **REFUSED}
    for name, content in others.items():
        answer = await http.post("/api/desk/picture", content=content, headers={**rahim, "Content-Type": "image/png"})
        assert (answer.status_code, answer.json()["error"]["code"]) == (415, "wrong_type"), name
    large, too_large = noise(400), noise(450)
    assert len(large) < pictures.MOST_BYTES < len(too_large)
    answer = await http.post("/api/desk/picture", content=too_large, headers=rahim)
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_large")
    assert (await http.get(path)).content == before
    assert (await http.post("/api/desk/picture", content=large, headers=rahim)).status_code == 200


async def test_nobody_gives_or_takes_anothers_picture(
    services: Services, http: httpx.AsyncClient, rahim: dict[str, str]
) -> None:
    await http.post("/api/desk/picture", content=PNG, headers=rahim)
    for headers in ({}, {"Authorization": f"Bearer {WEBSITE.new_visitor()[1]}"}):
        assert (await http.post("/api/desk/picture", content=JPEG, headers=headers)).status_code == 401
        assert (await http.delete("/api/desk/picture", headers=headers)).status_code == 401
    for person_id in (new_id(), SADIA.id, "x", "%00", "%ED%A0%80"):
        assert (await http.get(f"/api/website/agents/{person_id}/picture")).status_code == 404
    assert await count(services.database, "pictures") == 1


async def test_a_customer_sees_the_picture_of_who_wrote(
    services: Services, http: httpx.AsyncClient, rahim: dict[str, str]
) -> None:
    path = (await http.post("/api/desk/picture", content=PNG, headers=rahim)).json()["picture"]
    conversation = await ask_for_person(services)
    await ownership.claim(services, conversation.id, RAHIM)
    message, _ = await ownership.reply(services, conversation.id, RAHIM, "hello", private=False)
    async with services.database.read() as tx:
        faces = await pictures.paths(tx, [message.author_id, SADIA.id, None])
        stands = await website_routes._stands(tx, services, conversation.id)
    assert faces == {RAHIM.id: path}
    assert website_routes.message_json(message, faces)["author_picture"] == path
    assert stands is not None
    assert stands["agent_picture"] == path
