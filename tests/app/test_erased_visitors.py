"""A visitor of the website whose chat was erased: their session is over, and nothing of it is shown to anybody."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
from error_testing import MESSAGES, counted, told

from handoff import erasure, people
from handoff.services import Services

PASSWORD = "নদীর-তীরে-7"


async def erase(services: Services, conversation_id: str) -> None:
    async with services.database.read() as tx:
        contact_id = await erasure.find(tx, conversation_id)
    assert contact_id is not None
    assert (await erasure.erase(services.database, contact_id)).unswept is None


@pytest.fixture
async def opened(client: httpx.AsyncClient) -> dict[str, Any]:
    """A visitor's session with a message in it: conversation id, headers and the message's body."""
    session = (await client.post("/api/website/sessions", json={"language": "en"})).json()
    headers = {"Authorization": f"Bearer {session['token']}"}
    body = {"client_id": "1", "text": "my secret"}
    assert (await client.post(MESSAGES, json=body, headers=headers)).status_code == 201
    return {"id": session["conversation_id"], "headers": headers, "body": body}


async def test_a_late_copy_is_gone_and_everything_else_asks_for_a_new_session(
    client: httpx.AsyncClient, services: Services, opened: dict[str, Any]
) -> None:
    await erase(services, opened["id"])
    headers = opened["headers"]
    for _ in range(2):
        assert "start a new one" in told(
            await client.post(MESSAGES, json=opened["body"], headers=headers), 410, "erased"
        )
    for answer in (
        await client.post(MESSAGES, json={"client_id": "2", "text": "hello again"}, headers=headers),
        await client.get(MESSAGES, headers=headers),
        await client.get("/api/website/events", headers=headers),
        await client.post("/api/website/language", json={"language": "bn"}, headers=headers),
    ):
        assert "start a new one" in told(answer, 401, "unknown_session")
    assert await counted(services) == [0, 0, 0, 1]

    session = (await client.post("/api/website/sessions", json={"language": "en"})).json()
    assert session["conversation_id"] != opened["id"]
    headers = {"Authorization": f"Bearer {session['token']}"}
    again = await client.post(MESSAGES, json={"client_id": "2", "text": "hello again"}, headers=headers)
    assert (again.status_code, again.json()["seq"]) == (201, 1)
    page = (await client.get(MESSAGES, headers=headers)).json()
    assert [message["text"] for message in page["messages"]] == ["hello again"]


async def test_an_open_stream_ends_so_that_the_widget_asks_again(
    client: httpx.AsyncClient, services: Services, opened: dict[str, Any]
) -> None:
    # a request over this transport is answered once its stream has ended
    stream = asyncio.create_task(client.get("/api/website/events", headers=opened["headers"]))
    await asyncio.sleep(0.2)
    assert not stream.done()
    await erase(services, opened["id"])
    answer = await asyncio.wait_for(stream, 10)
    assert answer.status_code == 200
    assert "erased" not in answer.text


async def test_the_desk_finds_no_such_conversation_and_no_word_of_it(
    client: httpx.AsyncClient, services: Services, opened: dict[str, Any]
) -> None:
    await people.add(services.database, "rahim", "Rahim", "agent", PASSWORD)
    signed_in = (await client.post("/api/desk/login", json={"name": "rahim", "password": PASSWORD})).json()
    client.cookies.clear()
    headers = {"Authorization": f"Bearer {signed_in['token']}"}
    path = f"/api/desk/conversations/{opened['id']}"
    assert "my secret" in (await client.get(path, headers=headers)).text
    await erase(services, opened["id"])
    told(await client.get(path, headers=headers), 404, "not_found")
    told(await client.post(f"{path}/messages", json={"text": "hello?"}, headers=headers), 404, "not_found")
    told(await client.post(f"{path}/claim", headers=headers), 404, "not_found")
    pane = await client.get(f"/desk/conversations/{opened['id']}/pane", headers=headers)
    assert (pane.status_code, "There is no such conversation" in pane.text) == (404, True)
    for page in (f"/api/desk/conversations?q={opened['id']}", "/api/desk/conversations?q=secret"):
        assert (await client.get(page, headers=headers)).json()["conversations"] == []
    assert "my secret" not in (await client.get("/desk/list?tab=bot", headers=headers)).text


async def test_a_provider_hears_that_a_late_copy_is_taken_and_sends_it_no_more(
    client: httpx.AsyncClient, services: Services
) -> None:
    headers = {"x-fake-secret": "fake secret"}
    body = {"key": "1", "from": "amina", "text": "my secret"}
    taken = await client.post("/hooks/fake", json=body, headers=headers)
    assert len(taken.json()["messages"]) == 1
    async with services.database.read() as tx:
        contact_id = await erasure.find(tx, "fake:amina")
    assert contact_id is not None
    await erasure.erase(services.database, contact_id)
    for _ in range(3):
        late = await client.post("/hooks/fake", json=body, headers=headers)
        assert (late.status_code, late.json()) == (200, {"messages": []})
    assert await counted(services) == [0, 0, 0, 1]
