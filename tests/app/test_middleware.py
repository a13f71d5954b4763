"""What holds for every request: the body's limit, the headers, and who may call from another site."""

from collections.abc import AsyncIterator

import httpx
import pytest
import sqlalchemy as sa

from app import web
from app.middleware import MAX_BODY, SECURITY_HEADERS
from app.readiness import Readiness
from app.settings import Settings
from bot.content.live import LiveWords
from connectors.website.connector import Website
from handoff.database import Database
from handoff.models import messages
from handoff.services import Services

MESSAGES = "/api/website/messages"
JSON = {"Content-Type": "application/json"}


@pytest.fixture
def database(quick_database: Database) -> Database:
    return quick_database


async def pieces(size: int, piece: int = 8192) -> AsyncIterator[bytes]:
    """A body of that many bytes without a declared length."""
    for start in range(0, size, piece):
        yield b" " * min(piece, size - start)


async def stored(services: Services) -> int:
    async with services.database.read() as tx:
        return await tx.scalar(sa.select(sa.func.count()).select_from(messages))


@pytest.mark.parametrize("path", [MESSAGES, "/api/website/sessions", "/api/desk/login", "/hooks/fake", "/nowhere"])
@pytest.mark.parametrize("declared", [True, False])
async def test_a_body_over_64_kb_is_refused_whoever_sends_it(
    client: httpx.AsyncClient, services: Services, visitor: dict[str, str], path: str, declared: bool
) -> None:
    content = b" " * (MAX_BODY + 1) if declared else pieces(MAX_BODY + 1)
    answer = await client.post(path, content=content, headers={**visitor, **JSON})
    assert answer.status_code == 413
    assert answer.json() == {"error": {"code": "too_large", "message": "The request is larger than 64 KB."}}
    assert await stored(services) == 0


async def test_a_body_without_end_is_refused_as_soon_as_it_passes_the_limit(
    client: httpx.AsyncClient, visitor: dict[str, str]
) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 8192
            yield b" " * 8192

    answer = await client.post(MESSAGES, content=endless(), headers={**visitor, **JSON})
    assert answer.status_code == 413
    assert sent <= MAX_BODY + 2 * 8192


@pytest.mark.parametrize("declared", [True, False])
async def test_a_body_of_exactly_64_kb_is_read(
    client: httpx.AsyncClient, services: Services, visitor: dict[str, str], declared: bool
) -> None:
    text = b'{"client_id": "1", "text": "hello"}'
    padding = b" " * (MAX_BODY - len(text))

    async def body() -> AsyncIterator[bytes]:
        yield padding[:100]
        yield padding[100:]
        yield text

    content = padding + text if declared else body()
    answer = await client.post(MESSAGES, content=content, headers={**visitor, **JSON})
    assert answer.status_code == 201
    assert await stored(services) == 1


@pytest.mark.parametrize("length", ["-1", "x", ""])
async def test_a_declared_length_that_is_no_number_helps_nobody(
    client: httpx.AsyncClient, visitor: dict[str, str], length: str
) -> None:
    headers = {**visitor, **JSON, "Content-Length": length}
    answer = await client.post(MESSAGES, content=b" " * (MAX_BODY + 1), headers=headers)
    assert answer.status_code == 413


PATHS = ["/", "/healthz", "/readyz", "/metrics", "/widget.js", "/desk", "/nowhere", "/openapi.json", "/demo/shop.css"]


@pytest.mark.parametrize("path", PATHS)
async def test_every_answer_has_the_security_headers(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)
    # the widget's script is the one thing that other sites are to load
    own = {"Cross-Origin-Resource-Policy": "cross-origin"} if path == "/widget.js" else {}
    for name, value in {**SECURITY_HEADERS, **own}.items():
        assert answer.headers[name] == value


async def test_refusals_have_the_security_headers_too(client: httpx.AsyncClient) -> None:
    for answer in (
        await client.post(MESSAGES, content=b" " * (MAX_BODY + 1)),
        await client.post(MESSAGES, json={}),
        await client.put(MESSAGES),
    ):
        assert answer.is_client_error
        assert set(SECURITY_HEADERS.items()) <= {(name, answer.headers.get(name)) for name in SECURITY_HEADERS}


def test_no_foreign_script_may_run() -> None:
    policy = dict(part.split(maxsplit=1) for part in SECURITY_HEADERS["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == "'self'"
    assert policy["object-src"] == policy["base-uri"] == policy["frame-ancestors"] == "'none'"
    assert "unsafe" not in SECURITY_HEADERS["Content-Security-Policy"]


async def preflight(client: httpx.AsyncClient, origin: str) -> httpx.Response:
    return await client.options(
        MESSAGES,
        headers={
            "Origin": origin,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization,content-type",
        },
    )


async def test_a_listed_site_may_embed_the_widget(client: httpx.AsyncClient, visitor: dict[str, str]) -> None:
    asked = await preflight(client, "https://shop.example")
    assert asked.status_code == 200
    assert asked.headers["access-control-allow-origin"] == "https://shop.example"
    sent = await client.post(
        MESSAGES, json={"client_id": "1", "text": "hi"}, headers={**visitor, "Origin": "https://shop.example"}
    )
    assert sent.headers["access-control-allow-origin"] == "https://shop.example"


@pytest.mark.parametrize("origin", ["https://evil.example", "https://shop.example.evil", "http://shop.example", "null"])
async def test_a_site_that_is_not_listed_may_not(client: httpx.AsyncClient, origin: str) -> None:
    asked = await preflight(client, origin)
    assert asked.status_code == 400
    assert "access-control-allow-origin" not in asked.headers
    simple = await client.get("/api/website/labels", headers={"Origin": origin})
    assert "access-control-allow-origin" not in simple.headers


async def test_with_no_site_listed_none_may_and_with_a_star_all(
    services: Services, words: LiveWords, readiness: Readiness
) -> None:
    for listed, allowed in (("", None), ("*", "*")):
        settings = Settings(_env_file=None, allowed_origins=listed)
        app = web.build(settings, services, words, readiness, Website("secret"), [])
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://shohay.test") as client:
            answer = await client.get("/api/website/labels", headers={"Origin": "https://any.example"})
            assert answer.headers.get("access-control-allow-origin") == allowed


async def test_no_site_gets_the_desks_cookie(client: httpx.AsyncClient) -> None:
    for origin in ("https://shop.example", "https://evil.example"):
        assert "access-control-allow-credentials" not in (await preflight(client, origin)).headers
