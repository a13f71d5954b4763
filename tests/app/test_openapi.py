"""Every operation of our OpenAPI, called with what it allows and what it does not: never a 5xx, and always an answer
that it describes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from shutil import copy
from traceback import format_exception_only
from typing import Any

import httpx
import pytest
import requests
import schemathesis
from argon2 import PasswordHasher
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from app import web
from app.readiness import Readiness
from app.settings import Settings
from bot.content.live import LiveWords
from connectors.fake import Fake
from connectors.website.connector import Website
from handoff import inbox, people
from handoff.database import Database
from handoff.incoming import Incoming
from handoff.services import Services

BASE = "http://shohay.test"
PASSWORD = "a password for tests"
ROLES = ("nobody", "visitor", "agent", "admin")
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
EXAMPLES = 10


@dataclass
class House:
    """The application with somebody in every role, on an event loop of its own."""

    app: Any
    runner: asyncio.Runner
    client: httpx.AsyncClient
    headers: dict[str, dict[str, str]]
    conversation_id: str

    def call(self, case: Case, role: str) -> httpx.Response:
        """Sends it as this role."""
        sent = requests.Request(**case.as_transport_kwargs(base_url=BASE)).prepare()
        headers = [(_raw(name), _raw(value)) for name, value in sent.headers.items()]
        headers += [(_raw(name), _raw(value)) for name, value in self.headers[role].items()]
        request = httpx.Request(sent.method or "", sent.url or "", headers=headers, content=sent.body or b"")
        return self.runner.run(self.client.send(request))


def _raw(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode("latin-1", errors="replace")


@pytest.fixture
def house(
    migrated: Path,
    tmp_path: Path,
    words: LiveWords,
    services_over: Callable[[Database], Services],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[House]:
    # quick, since it is not passwords that are looked at here
    monkeypatch.setattr(people, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    copy(migrated, tmp_path / "openapi.db")
    with asyncio.Runner() as runner:
        opened = runner.run(_open(runner, f"sqlite+aiosqlite:///{tmp_path / 'openapi.db'}", words, services_over))
        yield opened[0]
        runner.run(opened[0].client.aclose())
        runner.run(opened[1].close())


async def _open(
    runner: asyncio.Runner, url: str, words: LiveWords, services_over: Callable[[Database], Services]
) -> tuple[House, Database]:
    database = Database(url)
    services = services_over(database)
    made = Settings(_env_file=None, demo=True, shop_events_secret="s" * 32, allowed_origins="https://shop.example")
    fake = Fake("fake secret", "http://127.0.0.1:9/", httpx.AsyncClient())
    app = web.build(made, services, words, Readiness(database), Website("a secret"), [fake])
    # a 500 is an answer to look at
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    client = httpx.AsyncClient(transport=transport, base_url=BASE)
    visitor = (await client.post("/api/website/sessions", json={"language": "en"})).json()
    headers = {"nobody": {}, "visitor": {"Authorization": f"Bearer {visitor['token']}"}}
    for role in ("agent", "admin"):
        await people.add(database, role, role.title(), role, PASSWORD)
        signed_in = await client.post("/api/desk/login", json={"name": role, "password": PASSWORD})
        headers[role] = {"Authorization": f"Bearer {signed_in.json()['token']}"}
    client.cookies.clear()
    message, _ = await inbox.receive(services, Incoming("fake", "1", "amina", "hello"))
    return House(app, runner, client, headers, message.conversation_id), database


def streams(path: str, role: str) -> bool:
    """Whether this is answered by a stream that does not end by itself."""
    return path.endswith("/events") and (
        (path.startswith("/api/website/") and role == "visitor")
        or (path.startswith("/api/desk/") and role in ("agent", "admin"))
    )


def operations(house: House) -> list[Any]:
    """All of them; signing out comes last, for there is nothing to be done after it."""
    described = deepcopy(house.app.openapi())
    for methods in described["paths"].values():
        for operation in methods.values():
            operation.pop("security", None)  # who calls is for each call to say
    schema = schemathesis.openapi.from_dict(described)
    found = [result.ok() for result in schema.get_all_operations()]
    assert len(found) > 20
    return sorted(found, key=lambda one: one.path.endswith("/logout"))


def can_be_wrong(operation: Any) -> bool:
    """Whether there is anything to get wrong by its description: an id in a path may be any text, a file any bytes."""
    described = [one.raw_schema for one in operation.body]
    structured = any(one.get("format") != "binary" for one in described)
    return bool(structured or operation.query or operation.headers)


def try_out(house: House, operation: Any, mode: GenerationMode) -> None:
    """Calls it in every role.

    Raises:
        FailureGroup: an answer is none of those that are described.
    """
    negative = mode is GenerationMode.NEGATIVE
    # no bot runs here, and it is by 503 that this is told
    checks = [one for one in CHECKS if one is not not_a_server_error or operation.path != "/readyz"]

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(
        case=operation.as_strategy(mode),
        role=st.sampled_from([role for role in ROLES if not streams(operation.path, role)]),
        known=st.booleans(),
    )
    def call(case: Case, role: str, known: bool) -> None:
        if known and "conversation_id" in case.path_parameters:
            case.path_parameters["conversation_id"] = house.conversation_id
        wanted = [*checks, negative_data_rejection] if negative and not known else checks
        case.validate_response(house.call(case, role), checks=wanted)

    call()


@pytest.mark.timeout(300)
@pytest.mark.parametrize("mode", GenerationMode, ids=lambda mode: mode.value)
def test_no_operation_breaks_and_each_answers_as_it_is_described(house: House, mode: GenerationMode) -> None:
    wrong = []
    for operation in operations(house):
        if mode is GenerationMode.NEGATIVE and not can_be_wrong(operation):
            continue
        try:
            try_out(house, operation, mode)
        except (Exception, BaseExceptionGroup) as error:
            wrong.append(f"{operation.label}: {''.join(format_exception_only(error))}")
    assert not wrong, "\n\n".join(wrong)


async def test_every_error_that_is_answered_is_described(client: httpx.AsyncClient) -> None:
    described = (await client.get("/openapi.json")).json()
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            said = operation["responses"]["default"]["content"]["application/json"]["schema"]
            assert said == {"$ref": "#/components/schemas/Error"}, f"{method} {path}"
            assert "422" not in operation["responses"], f"{method} {path}"
