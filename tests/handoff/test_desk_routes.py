"""The desk's API: who may do what, what comes back, and what is said when it may not be."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import httpx
import pytest
import sqlalchemy as sa
from fastapi import FastAPI
from file_samples import jpeg, pdf
from handoff_testing import (
    NASREEN,
    PASSWORD,
    RAHIM,
    SADIA,
    arrive,
    ask_for_person,
    hire,
    rows,
    said,
    state,
    update,
    write,
)

from app import errors
from handoff import people, presence, signs
from handoff.clock import iso, new_id, now
from handoff.desk import routes
from handoff.files import MOST_BYTES
from handoff.models import deliveries
from handoff.people import Person
from handoff.services import Services

EDITOR = Person(new_id(), "tapan", "Tapan", "editor")


@pytest.fixture
async def http(services: Services) -> AsyncIterator[httpx.AsyncClient]:
    async with over(services) as client:
        yield client


@asynccontextmanager
async def over(services: Services) -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()
    errors.install(app)
    app.include_router(routes.router(services, secure_cookies=False))
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://desk.test/api/desk") as client:
        yield client


class Desk:
    """Somebody signed in."""

    def __init__(self, http: httpx.AsyncClient, token: str) -> None:
        self._http = http
        self.headers = {"Authorization": f"Bearer {token}"}

    async def get(self, path: str, **params: str) -> httpx.Response:
        return await self._http.get(path, params=params, headers=self.headers)

    async def post(self, path: str, body: Any = None) -> httpx.Response:
        return await self._http.post(path, json=body, headers=self.headers)

    async def upload(self, conversation_id: str, content: Any, name: str = "") -> httpx.Response:
        headers, params = {**self.headers, "X-File-Name": quote(name)}, {"conversation": conversation_id}
        return await self._http.post("/files", params=params, content=content, headers=headers)

    async def delete(self, path: str) -> httpx.Response:
        return await self._http.delete(path, headers=self.headers)


async def enter(services: Services, http: httpx.AsyncClient, person: Person = RAHIM, **profile: Any) -> Desk:
    if person.role in people.DESK_ROLES:
        await arrive(services.database, person, **profile)
    else:
        await hire(services.database, person)
    signed_in = await people.sign_in(services.database, person.name, PASSWORD)
    assert signed_in is not None
    return Desk(http, signed_in[0])


def refused(answer: httpx.Response, status: int, code: str) -> str:
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code), answer.text
    message = str(answer.json()["error"]["message"])
    assert message.endswith(".")
    return message


async def online(services: Services, person: Person) -> bool:
    async with services.database.read() as tx:
        found = await presence.agent(tx, person.id, now())
    return found is not None and found.online


async def test_signing_in_is_being_at_the_desk_and_signing_out_is_not(
    services: Services, http: httpx.AsyncClient
) -> None:
    await hire(services.database, RAHIM)
    answer = await http.post("/login", json={"name": "rahim", "password": PASSWORD})
    assert answer.status_code == 200
    assert answer.json()["role"] == "agent"
    assert await online(services, RAHIM)
    desk = Desk(http, answer.json()["token"])
    http.cookies.clear()
    assert (await desk.post("/logout")).status_code == 204
    assert not await online(services, RAHIM)
    refused(await desk.get("/me"), 401, "not_signed_in")


async def test_an_editor_who_signs_in_is_not_at_the_desk(services: Services, http: httpx.AsyncClient) -> None:
    desk = await enter(services, http, EDITOR)
    await http.post("/login", json={"name": "tapan", "password": PASSWORD})
    http.cookies.clear()
    assert all(row["seen_at"] is None for row in await rows(services.database, "people"))
    conversation = await ask_for_person(services)
    for answer in (
        await desk.post("/next"),
        await desk.get("/agents"),
        await desk.get("/teams"),
        await desk.post("/presence", {"available": True}),
        await desk.post(f"/conversations/{conversation.id}/takeover"),
        await desk.post(f"/conversations/{conversation.id}/snooze", {"until": None}),
    ):
        refused(answer, 403, "forbidden")


async def test_whoever_asks_for_anything_is_at_the_desk(services: Services, http: httpx.AsyncClient) -> None:
    desk = await enter(services, http)
    await update(services.database, "people", RAHIM.id, seen_at=now() - timedelta(minutes=5))
    assert not await online(services, RAHIM)
    assert (await desk.get("/conversations")).status_code == 200
    assert await online(services, RAHIM)


async def test_next_gives_the_first_that_suits_with_its_brief_or_nothing(
    services: Services, http: httpx.AsyncClient
) -> None:
    desk = await enter(services, http, languages=["en"])
    answer = await desk.post("/next")
    assert (answer.status_code, answer.content) == (204, b"")
    await ask_for_person(services, "bengali", language="bn")
    english = await ask_for_person(services, "english", reason="complaint")
    answer = await desk.post("/next")
    assert answer.status_code == 200
    detail = answer.json()
    assert (detail["id"], detail["status"], detail["agent_id"]) == (english.id, "assigned", RAHIM.id)
    assert detail["brief"]["reason"] == "complaint"
    assert (detail["deadline"], detail["deadline_kind"]) == (iso(english.deadline), "first")
    assert (await desk.post("/next")).status_code == 204


async def test_only_a_supervisor_takes_over(services: Services, http: httpx.AsyncClient) -> None:
    agent = await enter(services, http)
    supervisor = await enter(services, http, NASREEN)
    message = await write(services, "with the bot")
    path = f"/conversations/{message.conversation_id}/takeover"
    assert "supervisor" in refused(await agent.post(path), 403, "forbidden")
    answer = await supervisor.post(path)
    assert answer.status_code == 200
    assert (answer.json()["status"], answer.json()["owner"]) == ("assigned", "Nasreen")
    refused(await supervisor.post(path), 409, "already_yours")
    await supervisor.post(f"/conversations/{message.conversation_id}/resolve")
    refused(await supervisor.post(path), 409, "resolved")
    refused(await supervisor.post(f"/conversations/{new_id()}/takeover"), 404, "not_found")


async def test_a_transfer_reaches_a_colleague_or_a_team_with_its_note(
    services: Services, http: httpx.AsyncClient
) -> None:
    rahim, sadia = await enter(services, http), await enter(services, http, SADIA)
    conversation = await ask_for_person(services)
    path = f"/conversations/{conversation.id}"
    await rahim.post(f"{path}/claim")
    refused(await sadia.post(f"{path}/transfer", {"agent": "sadia"}), 409, "not_yours")
    answer = await rahim.post(f"{path}/transfer", {"agent": "sadia", "note": "she knows lamps"})
    assert (answer.status_code, answer.json()["owner"]) == (200, "Sadia")
    assert [one["text"] for one in answer.json()["messages"] if one["private"]] == ["she knows lamps"]

    answer = await sadia.post(f"{path}/transfer", {"team": "payments", "note": " \n"})
    detail = answer.json()
    assert (detail["status"], detail["team"], detail["queue_position"]) == ("queued", "payments", 1)
    assert len([one for one in detail["messages"] if one["private"]]) == 1
    assert "lamps" not in str(await said(services, conversation.id))


async def test_a_transfer_to_nobody_or_nowhere_is_refused_and_changes_nothing(
    services: Services, http: httpx.AsyncClient
) -> None:
    desk = await enter(services, http)
    await hire(services.database, EDITOR)
    conversation = await ask_for_person(services)
    path = f"/conversations/{conversation.id}"
    await desk.post(f"{path}/claim")
    before = await state(services, conversation.id)
    for body, status, code in (
        ({"agent": "nobody"}, 400, "unknown_agent"),
        ({"agent": "tapan"}, 400, "unknown_agent"),
        ({"agent": "rahim", "note": "me"}, 409, "already_yours"),
        ({"team": "cooks", "note": "mind the stove"}, 400, "unknown_team"),
    ):
        refused(await desk.post(f"{path}/transfer", body), status, code)
    too_long = await desk.post(f"{path}/transfer", {"note": "x" * 4001})
    assert refused(too_long, 422, "invalid").startswith("note")
    assert await state(services, conversation.id) == before
    assert "stove" not in str(await said(services, conversation.id, private=True))


async def test_put_aside_it_comes_back_when_it_is_asked_for(services: Services, http: httpx.AsyncClient) -> None:
    desk, other = await enter(services, http), await enter(services, http, SADIA)
    conversation = await ask_for_person(services)
    path = f"/conversations/{conversation.id}/snooze"
    refused(await desk.post(path, {"until": iso(now() + timedelta(hours=1))}), 409, "not_yours")
    await desk.post(f"/conversations/{conversation.id}/claim")
    until = now() + timedelta(hours=1)
    refused(await other.post(path, {"until": iso(until)}), 409, "not_yours")
    answer = await desk.post(path, {"until": iso(until)})
    assert (answer.json()["snoozed_until"], answer.json()["deadline"]) == (iso(until), None)
    for bad in (now() - timedelta(hours=1), now() + timedelta(days=31)):
        refused(await desk.post(path, {"until": iso(bad)}), 400, "bad_time")
    refused(await desk.post(path, {"until": "tomorrow"}), 422, "invalid")
    refused(await desk.post(path, {"until": "2026-11-23T10:00:00"}), 422, "invalid")  # whose clock?
    refused(await desk.post(path, {}), 422, "invalid")
    answer = await desk.post(path, {"until": None})
    assert (answer.json()["snoozed_until"], answer.json()["deadline_kind"]) == (None, "next")


async def test_presence_is_what_the_agent_says_and_everybody_sees_it(
    services: Services, http: httpx.AsyncClient
) -> None:
    desk = await enter(services, http, languages=["en", "bn"], teams=["payments"], capacity=3)
    await hire(services.database, SADIA)
    answer = await desk.post("/presence", {"available": False})
    assert answer.status_code == 200
    me = answer.json()
    assert (me["available"], me["online"], me["capacity"], me["load"]) == (False, True, 3, 0)
    refused(await desk.post("/presence", {"available": "later"}), 422, "invalid")
    found = {one["name"]: one for one in (await desk.get("/agents")).json()["agents"]}
    assert found["rahim"] == {**me, "languages": ["bn", "en"], "teams": ["payments"], "skills": []}
    assert (found["sadia"]["online"], found["sadia"]["available"]) == (False, True)


async def test_teams_say_who_is_here_whether_they_are_open_and_how_many_wait(
    services: Services, http: httpx.AsyncClient
) -> None:
    desk = await enter(services, http, teams=["support"])
    await arrive(services.database, SADIA)
    for number in range(2):
        await ask_for_person(services, f"v{number}")
    teams = {one["name"]: one for one in (await desk.get("/teams")).json()["teams"]}
    assert list(teams) == ["support", "payments"]
    support = teams["support"]
    assert (support["title"], support["assign"], support["open"], support["waiting"]) == ("Support", "pull", True, 2)
    assert (support["here"], teams["payments"]["here"]) == (["rahim", "sadia"], ["sadia"])
    assert teams["payments"]["waiting"] == 0


async def test_the_list_is_the_queue_in_its_order_and_can_be_narrowed(
    services: Services, http: httpx.AsyncClient
) -> None:
    desk = await enter(services, http)
    plain = await ask_for_person(services, "plain")
    urgent = await ask_for_person(services, "urgent", reason="complaint")
    money = await ask_for_person(services, "money", reason="payment_failed")
    await update(services.database, "conversations", plain.id, deadline_state="breached")

    async def ids(**params: str) -> list[str]:
        answer = await desk.get("/conversations", status="queued", **params)
        return [one["id"] for one in answer.json()["conversations"]]

    assert await ids() == [urgent.id, money.id, plain.id]
    assert await ids(team="payments") == [money.id]
    assert await ids(late="true") == [plain.id]
    assert await ids(undelivered="true") == []
    await fail_deliveries(services, urgent.id)
    assert await ids(undelivered="true") == [urgent.id]


async def fail_deliveries(services: Services, conversation_id: str) -> None:
    async with services.database.write() as tx:
        mine = sa.update(deliveries).where(deliveries.c.conversation_id == conversation_id)
        await tx.execute(mine.values(status="failed"))


async def test_an_event_stream_ends_with_its_session(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    """Or who signed out in another window would be at the desk for ever."""
    monkeypatch.setattr(presence, "BEAT", timedelta(0))
    await hire(services.database, RAHIM)
    signed_in = await people.sign_in(services.database, "rahim", PASSWORD)
    assert signed_in is not None
    token = signed_in[0]
    stream = routes._watch(services, token, RAHIM.id, 0)
    await ask_for_person(services)
    first = await anext(stream)
    assert first.event == "message"
    assert await online(services, RAHIM)
    async with services.database.write() as tx:
        await people.sign_out(tx, token)
        await presence.left(tx, RAHIM.id)
    rest = [event async for event in stream]
    assert all(event.event in ("message", "status") for event in rest)
    assert not await online(services, RAHIM)


class Courtesy:
    """Where channels would show that an agent types."""

    def __init__(self) -> None:
        self.shown: list[tuple[str, str]] = []

    async def typing(self, channel: str, address: str) -> None:
        self.shown.append((channel, address))


async def test_an_owner_who_types_is_seen_typing_on_the_customers_channel(services: Services) -> None:
    courtesy = Courtesy()
    async with over(replace(services, shown=courtesy)) as http:
        rahim, sadia = await enter(services, http), await enter(services, http, SADIA)
        conversation = await ask_for_person(services)
        path = f"/conversations/{conversation.id}"
        await rahim.post(f"{path}/claim")
        refused(await sadia.post(f"{path}/typing"), 409, "not_yours")
        assert courtesy.shown == []
        assert (await rahim.post(f"{path}/typing")).status_code == 204
        assert courtesy.shown == [("fake", "amina")]
        refused(await sadia.post(f"{path}/seen", {"seq": 1}), 409, "not_yours")
        assert (await rahim.post(f"{path}/seen", {"seq": 1})).status_code == 204
        assert (await rahim.get(path)).json()["agent_seen"] == 1


async def test_the_desk_hears_signs_beside_the_events_and_without_a_place_among_them(services: Services) -> None:
    async with over(services) as http:
        desk = await enter(services, http)
        conversation = await ask_for_person(services)
        await desk.post(f"/conversations/{conversation.id}/claim")
        reply = (await desk.post(f"/conversations/{conversation.id}/messages", {"text": "hello"})).json()
        stream = routes._watch(services, desk.headers["Authorization"].split()[1], RAHIM.id, 10**9)
        heard = asyncio.create_task(anext(aiter(stream)))
        await asyncio.sleep(0)
        await signs.typing(services.database, conversation.id, "customer")
        event = await asyncio.wait_for(heard, 10)
        assert (event.event, event.id) == ("signs", None)
        quiet = {"conversation_id": conversation.id, "agent_seen": 0}
        assert json.loads(str(event.data)) == {**quiet, "customer_typing": True, "customer_seen": 0}
        await signs.seen(services.database, conversation.id, "customer", reply["seq"])
        event = await asyncio.wait_for(anext(aiter(stream)), 10)
        assert json.loads(str(event.data)) == {**quiet, "customer_typing": True, "customer_seen": reply["seq"]}
        await stream.aclose()  # type: ignore[attr-defined]


async def test_a_file_is_uploaded_goes_with_a_message_and_is_told_with_it(
    services: Services, http: httpx.AsyncClient
) -> None:
    desk = await enter(services, http)
    conversation = await ask_for_person(services)
    path = f"/conversations/{conversation.id}"
    await desk.post(f"{path}/claim")
    answer = await desk.upload(conversation.id, pdf(), "রসিদ.exe")
    assert answer.status_code == 201
    file = answer.json()
    assert file == {"id": file["id"], "name": "রসিদ.pdf", "type": "application/pdf", "size": len(pdf())}
    answer = await desk.post(f"{path}/messages", {"file": file["id"]})
    assert (answer.status_code, answer.json()["files"]) == (201, [{**file, "status": "here"}])
    told = (await desk.get(path)).json()["messages"][-1]
    assert (told["text"], told["files"], told["delivery"]) == ("", [{**file, "status": "here"}], "pending")
    refused(await desk.post(f"{path}/messages", {"file": file["id"]}), 409, "file_sent")
    refused(await desk.post(f"{path}/messages", {"file": "x" * 37}), 422, "invalid")
    refused(await desk.post(f"{path}/messages", {}), 400, "empty")


async def test_who_may_not_send_there_uploads_nothing_and_none_of_it_is_read(
    services: Services, http: httpx.AsyncClient
) -> None:
    rahim, sadia, tapan = [await enter(services, http, person) for person in (RAHIM, SADIA, EDITOR)]
    conversation = await ask_for_person(services)
    await rahim.post(f"/conversations/{conversation.id}/claim")
    read = 0

    async def body() -> AsyncIterator[bytes]:
        nonlocal read
        for _ in range(10):
            read += 1
            yield bytes(65536)

    refused(await sadia.upload(conversation.id, body()), 409, "not_yours")
    refused(await tapan.upload(conversation.id, body()), 403, "forbidden")
    refused(await Desk(http, "guessed").upload(conversation.id, body()), 401, "not_signed_in")
    refused(await rahim.upload(new_id(), body()), 404, "not_found")
    assert read == 0
    without = replace(services, file_channels=frozenset())
    async with over(without) as elsewhere:
        answer = await Desk(elsewhere, rahim.headers["Authorization"].split()[1]).upload(conversation.id, body())
        assert "Fake" in refused(answer, 409, "no_files")
    assert (read, await rows(services.database, "files")) == (0, [])


async def test_a_file_that_is_none_or_too_large_is_refused_and_no_more_of_it_is_read_than_may_be(
    services: Services, http: httpx.AsyncClient
) -> None:
    desk = await enter(services, http)
    conversation = await ask_for_person(services)
    await desk.post(f"/conversations/{conversation.id}/claim")
    read = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read
        while True:
            read += 65536
            yield b"\xff" * 65536

    refused(await desk.upload(conversation.id, endless()), 413, "too_large")
    assert read <= MOST_BYTES + 2 * 65536
    refused(await desk.upload(conversation.id, b"<svg/>", "a.jpg"), 415, "wrong_type")
    refused(await desk.upload(conversation.id, b""), 400, "empty_file")
    assert await rows(services.database, "files") == []


async def test_an_upload_is_taken_back_by_whoever_made_it(services: Services, http: httpx.AsyncClient) -> None:
    rahim, sadia = await enter(services, http), await enter(services, http, SADIA)
    conversation = await ask_for_person(services)
    await rahim.post(f"/conversations/{conversation.id}/claim")
    file = (await rahim.upload(conversation.id, jpeg())).json()
    for who, left in ((sadia, 1), (rahim, 0), (rahim, 0)):
        assert (await who.delete(f"/files/{file['id']}")).status_code == 204
        assert len(await rows(services.database, "files")) == left
