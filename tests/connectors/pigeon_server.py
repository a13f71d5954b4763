"""Pigeon's own server: a real one on 127.0.0.1 that takes, refuses, throttles or hangs up, and keeps what it got."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from connectors.base import Request
from handoff.clock import now

SECRET = "pigeon's secret"
TOKEN = "pigeon's token"
DROP = "takes the message and hangs up without an answer"


@dataclass
class PigeonServer:
    """
    Attributes:
        took: bodies of messages that were taken.
        answers: what the next messages get in turn: a status with headers, DROP, or None to be taken.
        file_answers: the same of messages with files.
        photos: by their id.
        calls: everything else that it was asked for, as path and body.
    """

    url: str = ""
    took: list[dict[str, Any]] = field(default_factory=list)
    answers: list[tuple[int, dict[str, str]] | str | None] = field(default_factory=list)
    file_answers: list[tuple[int, dict[str, str]] | str | None] = field(default_factory=list)
    photos: dict[str, bytes] = field(default_factory=dict)
    calls: list[tuple[str, str]] = field(default_factory=list)

    def texts(self) -> list[str]:
        return [one["text"] for one in self.took]

    async def messages(self, request: web.Request) -> web.Response:
        self._check(request)
        body = await request.json()
        planned = self.file_answers if body["files"] else self.answers
        answer = planned.pop(0) if planned else None
        if isinstance(answer, tuple):
            return web.Response(status=answer[0], headers=answer[1])
        self.took.append(body)
        if answer == DROP:
            assert request.transport is not None
            request.transport.abort()
        return web.json_response({"id": 1000 + len(self.took)})

    async def note(self, request: web.Request) -> web.Response:
        self._check(request)
        self.calls.append((request.path, await request.text()))
        return web.json_response({})

    async def photo(self, request: web.Request) -> web.Response:
        self._check(request)
        content = self.photos.get(request.match_info["id"])
        return web.Response(status=404) if content is None else web.Response(body=content)

    def _check(self, request: web.Request) -> None:
        assert request.headers["Authorization"] == f"Bearer {TOKEN}"


@asynccontextmanager
async def flying() -> AsyncIterator[PigeonServer]:
    """A server that runs meanwhile."""
    server = PigeonServer()
    app = web.Application(client_max_size=16 * 1024 * 1024)
    app.router.add_post("/messages", server.messages)
    app.router.add_post("/typing", server.note)
    app.router.add_post("/presses/{id}", server.note)
    app.router.add_get("/photos/{id}", server.photo)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    server.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield server
    await runner.cleanup()


def delivered(event: object, at: int | None = None, secret: str = SECRET) -> Request:
    """An event as Pigeon delivers it, signed at `at` (Unix time), by default now."""
    body = event if isinstance(event, bytes) else json.dumps(event).encode()
    signed_at = str(int(now().timestamp()) if at is None else at)
    signature = hmac.new(secret.encode(), signed_at.encode() + b"." + body, hashlib.sha256).hexdigest()
    return Request(body, {"x-pigeon-time": signed_at, "x-pigeon-signature": signature})
