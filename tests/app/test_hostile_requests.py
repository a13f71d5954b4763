"""Requests that nobody means well, to every operation that our OpenAPI describes: all are refused, none breaks it."""

from __future__ import annotations

import json
import re
from itertools import product
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from handoff import people
from handoff.services import Services

PASSWORD = "a password for tests"
HOSTILE = ("a\x00b", "\udcff", "9" * 20, "-1", "🏴" * 40, "'", "%00", "../../etc/passwd", "")


@pytest.fixture
async def tokens(client: httpx.AsyncClient, services: Services, visitor: dict[str, str]) -> list[dict[str, str]]:
    """What a visitor and an administrator at the desk send along."""
    await people.add(services.database, "admin", "Admin", "admin", PASSWORD)
    signed_in = await client.post("/api/desk/login", json={"name": "admin", "password": PASSWORD})
    client.cookies.clear()
    return [visitor, {"Authorization": f"Bearer {signed_in.json()['token']}"}]


def filled(schema: dict[str, Any], described: dict[str, Any], hostile: Any) -> Any:
    """A body of this form with the same in every place."""
    if "$ref" in schema:
        return filled(described["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]], described, hostile)
    if "properties" in schema:
        return {name: filled(one, described, hostile) for name, one in schema["properties"].items()}
    return hostile


async def test_what_no_database_takes_breaks_no_operation_wherever_it_stands(
    client: httpx.AsyncClient, services: Services, tokens: list[dict[str, str]]
) -> None:
    described = (await client.get("/openapi.json")).json()
    broken = []
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
            names = [one["name"] for one in operation.get("parameters", []) if one["in"] == "query"]
            for hostile, role in product(HOSTILE, tokens):
                if path.endswith("/logout") or (method == "get" and path.endswith("/events")):
                    continue  # the one ends the session, and the other does not end
                told = quote(hostile, errors="surrogatepass")
                address = re.sub(r"\{\w+\}", told or "x", path) + "?" + "&".join(f"{name}={told}" for name in names)
                content = json.dumps(filled(body, described, hostile)).encode() if body else b""
                headers = {**role, "Content-Type": "application/json"}
                answer = await client.request(method, address, content=content, headers=headers)
                if answer.status_code >= 500 and path != "/readyz":
                    broken.append(f"{method} {address}: {answer.status_code}")
    assert not broken, "\n".join(broken)


@pytest.mark.parametrize("path", ["/api/website/events", "/api/desk/events"])
async def test_a_stream_begins_at_no_number_that_there_cannot_be(
    client: httpx.AsyncClient, tokens: list[dict[str, str]], path: str
) -> None:
    for number in ("-1", str(2**63), "9" * 400, "1.5", "one", "১e9"):
        headers = {**tokens["desk" in path], "Last-Event-ID": number.encode()}
        assert (await client.get(path, headers=headers)).status_code == 422, number


async def test_what_the_description_closes_is_closed(client: httpx.AsyncClient) -> None:
    described = (await client.get("/openapi.json")).json()
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            if "security" not in operation:
                continue
            body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
            content = json.dumps(filled(body, described, "x")).encode() if body else b""
            for headers in ({}, {"Authorization": "Bearer guess"}):
                answer = await client.request(
                    method, path, content=content, headers={**headers, "Content-Type": "application/json"}
                )
                assert answer.status_code in (401, 422), f"{method} {path}: {answer.status_code}"
                assert body or answer.status_code == 401, f"{method} {path}"


BODIES = (
    b"[" * 30_000,
    b'{"text":' * 5_000,
    b'{"text": 1e999, "until": NaN, "available": ' + b"9" * 5_000 + b"}",
    b"\xff\xfe\x00",
    b"text=hello",
    b"",
)
HEADERS: tuple[dict[str, bytes], ...] = (
    {"Content-Type": b"text/plain"},
    {"Content-Type": b"application/json; charset=nonsense"},
    {"Content-Type": b"multipart/form-data"},
    {"Content-Type": b"\xff\xfe"},
    {"Content-Encoding": b"gzip"},
    {"Authorization": b"Bearer \xff\xfe"},
    {"Authorization": b"Bearer " + b"x" * 8_000},
    {"Authorization": b"Basic Og=="},
    {"Cookie": b"shohay_session=\xff; ;=;"},
    {"X-CSRF-Token": b"\xff", "Idempotency-Key": b"\xff" * 100},
    {"Accept": b"\x80", "Accept-Language": b";;q=", "Origin": b"null", "Range": b"bytes=9-1"},
)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_no_body_and_no_header_breaks_an_operation(
    client: httpx.AsyncClient, services: Services, tokens: list[dict[str, str]]
) -> None:
    described = (await client.get("/openapi.json")).json()
    broken = []
    for path, methods in described["paths"].items():
        for method in methods:
            if path.endswith("/logout") or (method == "get" and path.endswith("/events")):
                continue
            for body, more in (*((one, HEADERS[1]) for one in BODIES), *((b"{}", one) for one in HEADERS)):
                for role in tokens:
                    headers = {"Content-Type": "application/json", **role, **more}
                    answer = await client.request(method, path, content=body, headers=headers)
                    if answer.status_code >= 500 and path != "/readyz":
                        broken.append(f"{method} {path} {body[:20]!r} {more}: {answer.status_code}")
    assert not broken, "\n".join(broken)
