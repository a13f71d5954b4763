"""What is wrong with a request is told in one sentence, and nothing of it is stored."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from error_testing import MESSAGES, counted, told
from structlog.testing import capture_logs

from app import errors, web
from app.readiness import Readiness
from app.settings import Settings
from bot.content.live import LiveWords
from connectors.website.connector import Website
from handoff.database import Database
from handoff.inbox import MAX_TEXT
from handoff.services import Services

JSON = {"Content-Type": "application/json"}


@pytest.fixture
def database(quick_database: Database) -> Database:
    return quick_database


async def test_the_longest_text_is_taken(client: httpx.AsyncClient, visitor: dict[str, str]) -> None:
    sent = await client.post(MESSAGES, json={"client_id": "1", "text": "ক" * MAX_TEXT}, headers=visitor)
    assert sent.status_code == 201


BAD_TOKENS = {
    "none": {},
    "empty": {"Authorization": ""},
    "another scheme": {"Authorization": "Basic abc"},
    "no token": {"Authorization": "Bearer "},
    "made up": {"Authorization": "Bearer eyJ2aXNpdG9yIjoieCJ9.c2lnbmF0dXJl"},
    "not ASCII": {"Authorization": "Bearer \u0986".encode()},
    "signed by another": {"Authorization": f"Bearer {Website('another secret').new_visitor()[1]}"},
}


@pytest.mark.parametrize("headers", BAD_TOKENS.values(), ids=list(BAD_TOKENS))
async def test_an_unknown_session_is_refused_everywhere_and_nothing_is_stored(
    client: httpx.AsyncClient, services: Services, headers: dict
) -> None:
    before = await counted(services)
    for answer in (
        await client.post(MESSAGES, json={"client_id": "1", "text": "hello"}, headers=headers),
        await client.get(MESSAGES, headers=headers),
        await client.get("/api/website/events", headers=headers),
        await client.post("/api/website/language", json={"language": "bn"}, headers=headers),
    ):
        assert "new" in told(answer, 401, "unknown_session")
    assert await counted(services) == before


@pytest.mark.parametrize("language", [5, ["en"], "x" * 21])
async def test_a_bad_session_request_is_told_by_its_field(client: httpx.AsyncClient, language: object) -> None:
    answer = await client.post("/api/website/sessions", json={"language": language})
    assert told(answer, 422, "invalid").startswith("language: ")


async def test_a_session_request_that_is_no_json_is_told(client: httpx.AsyncClient, services: Services) -> None:
    told(await client.post("/api/website/sessions", content=b"{no", headers=JSON), 400, "invalid")
    told(await client.post("/api/website/sessions", content=b""), 422, "invalid")
    assert await counted(services) == [0, 0, 0, 0]


async def test_a_language_that_we_do_not_answer_in_is_told(client: httpx.AsyncClient, visitor: dict[str, str]) -> None:
    answer = await client.post("/api/website/language", json={"language": "tlh"}, headers=visitor)
    assert "en, bn" in told(answer, 400, "unknown_language")


@pytest.mark.parametrize("after", ["-1", "x", str(2**31)])
async def test_a_bad_place_in_the_conversation_is_told(
    client: httpx.AsyncClient, visitor: dict[str, str], after: str
) -> None:
    told(await client.get(MESSAGES, params={"after": after}, headers=visitor), 422, "invalid")


async def test_a_place_in_the_event_stream_that_is_no_number_is_told(
    client: httpx.AsyncClient, visitor: dict[str, str]
) -> None:
    told(await client.get("/api/website/events", headers={**visitor, "Last-Event-ID": "x"}), 422, "invalid")


@pytest.mark.parametrize("path", ["/api/website/nothing", "/wp-login.php", "/api", "/demo/../../etc/passwd"])
async def test_an_unknown_address_is_told(client: httpx.AsyncClient, path: str) -> None:
    told(await client.get(path), 404, "not_found")


async def test_a_method_that_an_address_does_not_take_is_told(client: httpx.AsyncClient) -> None:
    told(await client.put(MESSAGES), 405, "method_not_allowed")


async def test_the_fake_channel_needs_its_secret_and_its_form(client: httpx.AsyncClient, services: Services) -> None:
    body = {"key": "1", "from": "amina", "text": "hello"}
    told(await client.post("/hooks/fake", json=body), 401, "unknown_session")
    told(await client.post("/hooks/fake", json=body, headers={"X-Fake-Secret": "wrong"}), 401, "unknown_session")
    headers = {"X-Fake-Secret": "fake secret"}
    for wrong in (b"{no", b"[]", b'{"key": "1"}'):
        told(await client.post("/hooks/fake", content=wrong, headers=headers), 400, "invalid")
    assert await counted(services) == [0, 0, 0, 0]
    assert (await client.post("/hooks/fake", json=body, headers=headers)).status_code == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/desk/me"),
        ("GET", "/api/desk/conversations"),
        ("GET", "/api/desk/conversations/x"),
        ("POST", "/api/desk/conversations/x/claim"),
        ("GET", "/api/desk/events"),
    ],
)
async def test_the_desk_is_for_who_signed_in(client: httpx.AsyncClient, method: str, path: str) -> None:
    told(await client.request(method, path), 401, "not_signed_in")


async def test_a_wrong_password_and_too_many_of_them_are_told_apart(client: httpx.AsyncClient) -> None:
    body = {"name": "nobody", "password": "a guess"}
    for _ in range(5):
        told(await client.post("/api/desk/login", json=body), 401, "wrong_password")
    locked = await client.post("/api/desk/login", json=body)
    told(locked, 429, "locked_out")
    assert int(locked.headers["retry-after"]) == 30 * 60


@pytest.fixture
async def stranded(
    services: Services, settings: Settings, words: LiveWords, tmp_path: Path
) -> AsyncIterator[httpx.AsyncClient]:
    """The application over a database that is away."""
    away = Database(f"sqlite+aiosqlite:///{tmp_path / 'no' / 'such' / 'folder.db'}")
    lost = replace(services, database=away)
    app = web.build(settings, lost, words, Readiness(away), Website("secret"), [])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://shohay.test") as client:
        yield client
    await away.close()


async def test_with_the_database_away_nothing_is_confirmed(stranded: httpx.AsyncClient) -> None:
    for answer in (
        await stranded.post("/api/website/sessions", json={}),
        await stranded.post(
            MESSAGES,
            json={"client_id": "1", "text": "hello"},
            headers={"Authorization": f"Bearer {Website('secret').new_visitor()[1]}"},
        ),
        await stranded.get("/metrics"),
    ):
        told(answer, 503, "database_away")
        assert answer.headers["retry-after"] == "5"
    assert (await stranded.get("/healthz")).status_code == 200
    assert "database" in told(await stranded.get("/readyz"), 503, "not_ready")


async def test_what_nobody_expected_is_told_without_its_details(
    services: Services, settings: Settings, readiness: Readiness
) -> None:
    app = web.build(settings, services, None, readiness, Website("secret"), [])  # type: ignore[arg-type]
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://shohay.test") as client:
        with capture_logs() as logs:
            answer = await client.get("/api/website/labels")
    assert "NoneType" not in told(answer, 500, "internal")
    assert [(one["event"], one["path"], one["error"]) for one in logs] == [
        ("unexpected", "/api/website/labels", "AttributeError")
    ]


async def test_what_was_typed_into_an_address_is_not_in_the_log_of_its_error(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise KeyError("broken")

    monkeypatch.setattr("handoff.access.session", broken)
    with capture_logs() as logs:
        told(await client.get("/api/desk/conversations/zq-typed-by-somebody"), 500, "internal")
    assert [one["path"] for one in logs] == ["/api/desk/conversations/{conversation_id}"]


def test_every_refusal_has_a_status_of_the_clients() -> None:
    assert set(errors.REFUSED_STATUS.values()) <= {400, 401, 403, 404, 410, 413, 415, 429}
