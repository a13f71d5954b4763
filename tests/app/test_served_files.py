"""Files over HTTP: uploaded by a visitor, given to them and to the desk, to nobody else, and never as a page."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import asdict
from urllib.parse import quote, unquote

import httpx
import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher
from file_samples import REFUSED, SCRIPT, TAKEN, jpeg, pdf, png

from connectors.website.connector import Website
from handoff import access, inbox, ownership, people, uploads
from handoff.clock import new_id, now
from handoff.database import Database
from handoff.files import MOST_BYTES
from handoff.incoming import Incoming, Offered
from handoff.models import conversations
from handoff.models import people as people_table
from handoff.people import Person
from handoff.services import Services
from handoff.sniffing import sniff

FILES = "/api/website/files"
MESSAGES = "/api/website/messages"
BYTES = {"Content-Type": "application/octet-stream"}
Headers = dict[str, str]
# what does not hang on the engine is shown on one of them
on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


async def session(client: httpx.AsyncClient) -> Headers:
    """A new visitor's headers."""
    answer = await client.post("/api/website/sessions", json={})
    return {"Authorization": f"Bearer {answer.json()['token']}"}


async def desk(database: Database, role: str) -> str:
    """The token of somebody who is signed in with this role."""
    person = Person(new_id(), role, role.title(), role)
    async with database.write() as tx:
        hashed = PasswordHasher(time_cost=1, memory_cost=64).hash("password")
        row = {**asdict(person), "password_hash": hashed, "demo": False, "created_at": now()}
        await tx.execute(sa.insert(people_table), row)
    signed_in = await people.sign_in(database, role, "password")
    assert signed_in is not None
    return signed_in[0]


async def upload(
    client: httpx.AsyncClient, who: Headers, content: bytes | None = None, name: str = ""
) -> httpx.Response:
    headers = {**who, **BYTES, "X-File-Name": quote(name)}
    return await client.post(FILES, content=jpeg() if content is None else content, headers=headers)


async def uploaded(client: httpx.AsyncClient, who: Headers, content: bytes | None = None, name: str = "") -> str:
    answer = await upload(client, who, content, name)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def send(client: httpx.AsyncClient, who: Headers, *ids: str, text: str | None = None) -> httpx.Response:
    return await client.post(MESSAGES, json={"client_id": new_id(), "files": ids, "text": text}, headers=who)


async def taken_over(services: Services) -> tuple[str, Person]:
    """The id of the conversation that began first, and the person who has it now."""
    rahim = Person(new_id(), "rahim", "Rahim", "supervisor")
    async with services.database.read() as tx:
        conversation_id = str(await tx.scalar(sa.select(conversations.c.id).order_by(conversations.c.id).limit(1)))
    await ownership.take_over(services, conversation_id, rahim)
    return conversation_id, rahim


@pytest.mark.parametrize("kind", TAKEN)
async def test_a_file_is_uploaded_sent_shown_and_given_back(
    client: httpx.AsyncClient, visitor: Headers, kind: str
) -> None:
    answer = await upload(client, visitor, TAKEN[kind], "ভাঙা কাপ.exe")
    assert answer.status_code == 201
    file = answer.json()
    assert set(file) == {"id", "name", "type", "size"}
    assert file["type"] == kind and file["name"].startswith("ভাঙা কাপ.")
    assert (await send(client, visitor, file["id"])).status_code == 201
    message = (await client.get(MESSAGES, headers=visitor)).json()["messages"][0]
    assert (message["author"], message["text"]) == ("customer", "")
    assert message["files"] == [{**file, "status": "here"}]
    given = await client.get(f"/files/{file['id']}", headers=visitor)
    kept = sniff(TAKEN[kind])
    assert kept is not None and given.content == kept.content
    assert (given.status_code, given.headers["content-type"], len(given.content)) == (200, kind, file["size"])


@on_sqlite
@pytest.mark.parametrize("content", [jpeg(), png() + SCRIPT, pdf("/JavaScript (alert\\(1\\))")])
async def test_whatever_is_in_it_it_is_never_a_page(
    client: httpx.AsyncClient, visitor: Headers, content: bytes
) -> None:
    id_ = await uploaded(client, visitor, content, 'a"b;\r\nX-Evil: 1.html')
    given = await client.get(f"/files/{id_}", headers=visitor)
    assert given.headers["content-disposition"].startswith("attachment; filename*=UTF-8''")
    assert given.headers["x-content-type-options"] == "nosniff"
    assert given.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert given.headers["cache-control"] == "private, no-store"
    assert given.headers["cross-origin-resource-policy"] == "same-origin"
    assert "html" not in given.headers["content-type"] and "x-evil" not in given.headers
    assert SCRIPT not in given.content
    name = unquote(given.headers["content-disposition"].split("''")[1])
    assert name.startswith("a_b; X-Evil_ 1.")


@on_sqlite
async def test_what_is_no_photo_and_no_pdf_is_415_whatever_it_says(client: httpx.AsyncClient, visitor: Headers) -> None:
    headers = {**visitor, "Content-Type": "image/jpeg", "X-File-Name": "photo.jpg"}
    for name, content in REFUSED.items():
        answer = await client.post(FILES, content=content, headers=headers)
        assert (answer.status_code, answer.json()["error"]["code"]) == (415, "wrong_type"), name


async def pieces(size: int) -> AsyncIterator[bytes]:
    for start in range(0, size, 65536):
        yield b"\xff" * min(65536, size - start)


@on_sqlite
@pytest.mark.parametrize("declared", [True, False])
async def test_a_file_over_5_mb_is_413_as_soon_as_it_passes_the_limit(
    client: httpx.AsyncClient, visitor: Headers, declared: bool
) -> None:
    read = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read
        while True:
            read += 65536
            yield bytes(65536)

    content = bytes(MOST_BYTES + 1) if declared else endless()
    answer = await client.post(FILES, content=content, headers={**visitor, **BYTES})
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_large")
    assert "5 MB" in answer.json()["error"]["message"]
    assert read <= MOST_BYTES + 2 * 65536


@on_sqlite
async def test_a_file_of_5_mb_is_taken_and_every_other_path_keeps_its_64_kb(
    client: httpx.AsyncClient, visitor: Headers
) -> None:
    content = pdf("x" * (MOST_BYTES - len(pdf(""))))
    assert (await upload(client, visitor, content)).json()["size"] == MOST_BYTES
    for path in (MESSAGES, "/hooks/fake", FILES + "/", FILES + "x"):
        assert (await client.post(path, content=content, headers=visitor)).status_code == 413


@on_sqlite
async def test_who_has_no_chat_uploads_nothing_and_none_of_it_is_read(client: httpx.AsyncClient) -> None:
    read = 0

    async def body() -> AsyncIterator[bytes]:
        nonlocal read
        for _ in range(10):
            read += 1
            yield bytes(65536)

    for headers in (
        {},
        {"Authorization": "Bearer guessed"},
        {"Authorization": f"Bearer {Website('x').new_visitor()[1]}"},
    ):
        answer = await client.post(FILES, content=body(), headers={**headers, **BYTES})
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, "unknown_session")
    assert read == 0


@on_sqlite
@pytest.mark.parametrize("name", ["%", "%00%0d%0a", "%ff%fe", "%ED%A0%80", "a" * 2400, "😀" * 10, ""])
async def test_any_name_is_taken_or_refused_by_a_clear_word(
    client: httpx.AsyncClient, visitor: Headers, name: str
) -> None:
    headers = {**visitor, **BYTES, "X-File-Name": name.encode().decode("latin-1")}
    raw = [(key.encode(), value.encode("latin-1")) for key, value in headers.items()]
    answer = await client.post(FILES, content=jpeg(), headers=raw)
    assert answer.status_code == 201
    assert answer.json()["name"].endswith(".jpg")


async def test_the_eleventh_upload_that_waits_is_429(client: httpx.AsyncClient, visitor: Headers) -> None:
    ids = [await uploaded(client, visitor) for _ in range(10)]
    answer = await upload(client, visitor)
    assert (answer.status_code, answer.json()["error"]["code"]) == (429, "too_many_uploads")
    assert (await send(client, visitor, *ids)).status_code == 201
    assert (await upload(client, visitor)).status_code == 201


async def test_files_that_are_not_theirs_cannot_be_sent(client: httpx.AsyncClient, visitor: Headers) -> None:
    foreign = await uploaded(client, await session(client))
    for ids in ([foreign], [new_id()], ["x"]):
        answer = await send(client, visitor, *ids, text="hello")
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "unknown_file")
    assert (await client.get(MESSAGES, headers=visitor)).json()["messages"] == []


async def test_a_file_is_for_its_customer_and_the_desk_and_everybody_else_hears_that_there_is_none(
    client: httpx.AsyncClient, services: Services
) -> None:
    amina, jonas = await session(client), await session(client)
    bearers = {role: await desk(services.database, role) for role in ("agent", "supervisor", "admin", "editor")}
    callers: dict[str, Headers] = {"nobody": {}, "amina": amina, "jonas": jonas}
    for role, token in bearers.items():
        callers[role] = {"Cookie": f"{access.COOKIE}={token}"}
        callers[f"{role} by token"] = {"Authorization": f"Bearer {token}"}
    callers["guess"] = {"Authorization": "Bearer guessed", "Cookie": f"{access.COOKIE}=guessed"}
    sent = {"amina": await uploaded(client, amina), "jonas": await uploaded(client, jonas)}
    for who, id_ in sent.items():
        assert (await send(client, callers[who], id_)).status_code == 201
    waiting = await uploaded(client, amina)
    offered = Incoming("fake", new_id(), "rahim", files=(Offered("http://127.0.0.1:1/a", "a.jpg"),))
    fetching = (await inbox.receive(services, offered))[0].files[0].id
    at_desk = {name for name in callers if name.startswith(("agent", "supervisor", "admin"))}
    conversation_id, rahim = await taken_over(services)
    from_desk, unsent = [
        (await uploads.take_from_desk(services, conversation_id, rahim, "bill.pdf", pdf())).id for _ in range(2)
    ]
    await ownership.reply(services, conversation_id, rahim, "", private=False, file=from_desk)
    allowed = {
        from_desk: {"amina", *at_desk},
        # not even its own agent gets what was not sent: nobody needs it from here
        unsent: set(),
        sent["amina"]: {"amina", *at_desk},
        sent["jonas"]: {"jonas", *at_desk},
        waiting: {"amina"},
        fetching: set(),
        new_id(): set(),
        "x": set(),
    }
    missing = (await client.get(f"/files/{new_id()}")).json()
    for id_, who in allowed.items():
        for name, headers in callers.items():
            given = await client.get(f"/files/{id_}", headers=headers)
            assert given.status_code == (200 if name in who else 404), (id_, name)
            if name not in who:
                assert given.json() == missing
    # an address that is none, whoever asks
    assert {(await client.get("/files/%00", headers=headers)).status_code for headers in callers.values()} == {400}


@on_sqlite
async def test_the_listed_site_may_upload_with_a_name(client: httpx.AsyncClient) -> None:
    asked = await client.options(
        FILES,
        headers={
            "Origin": "https://shop.example",
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization,content-type,x-file-name",
        },
    )
    assert asked.status_code == 200


@on_sqlite
async def test_an_agent_uploads_up_to_5_mb_over_the_whole_application_and_no_more(
    client: httpx.AsyncClient, services: Services, visitor: Headers
) -> None:
    await send(client, visitor, text="hello")
    supervisor = {"Authorization": f"Bearer {await desk(services.database, 'supervisor')}"}
    conversation_id, _ = await taken_over(services)
    assert (
        await client.post(f"/api/desk/conversations/{conversation_id}/takeover", headers=supervisor)
    ).status_code == 200
    for size, status in ((MOST_BYTES, 201), (MOST_BYTES + 1, 413)):
        answer = await client.post(
            "/api/desk/files",
            params={"conversation": conversation_id},
            content=pdf("x" * (size - len(pdf("")))),
            headers={**supervisor, **BYTES, "X-File-Name": "bill.pdf"},
        )
        assert answer.status_code == status, answer.text
