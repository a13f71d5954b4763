"""The requests and the server of the example of docs/connectors.md."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import count
from typing import Any

import httpx
from channel import DROPPED, NOWHERE, THROTTLED, FarEnd
from example_channel import Pigeon
from fastapi import APIRouter
from payload_files import payload
from pigeon_server import DROP, SECRET, TOKEN, PigeonServer, delivered, flying

from connectors.base import Connector, Request
from handoff.services import Services

PLANNED = {THROTTLED: (429, {"Retry-After": "0"}), DROPPED: DROP}


class PigeonChannel:
    """The example of docs/connectors.md."""

    path = "/hooks/pigeon"

    def __init__(self) -> None:
        self.connector = Pigeon(TOKEN, SECRET, NOWHERE, httpx.AsyncClient())
        self._events = count(1)

    async def begin(self, services: Services, chat: str) -> None:
        pass

    def message(self, chat: str, number: int, text: str) -> Request:
        return self._message("message", chat, number, text=text)

    def again(self, chat: str, number: int, text: str, copy: int) -> Request:
        request = self.message(chat, number, text)
        return replace(request, headers={**request.headers, "x-pigeon-retry": str(copy)})

    def sticker(self, chat: str, number: int) -> Request:
        return self._message("sticker", chat, number)

    def forged(self, request: Request) -> Sequence[Request]:
        old = int(request.headers["x-pigeon-time"]) - 301
        return [
            replace(request, headers={}),
            replace(request, headers={**request.headers, "x-pigeon-time": str(old)}),
            replace(request, body=request.body + b" "),
            delivered(request.body, old),
            delivered(request.body, secret="a guess"),
        ]

    def without_secret(self) -> Connector:
        return Pigeon(TOKEN, "", NOWHERE, httpx.AsyncClient())

    def routers(self, services: Services) -> Sequence[APIRouter]:
        return ()

    @asynccontextmanager
    async def far_end(self) -> AsyncIterator[FarEnd]:
        async with flying() as server, httpx.AsyncClient() as client:
            yield _PigeonEnd(server, client)

    def _message(self, name: str, chat: str, number: int, **changes: Any) -> Request:
        event = {"event": f"e{next(self._events)}", "chat": chat, "id": number}
        writer = {"id": chat, "name": "Amina", "language": "en"}
        return delivered({**payload("pigeon", name), **event, "from": writer, **changes})


class _PigeonEnd:
    def __init__(self, server: PigeonServer, client: httpx.AsyncClient) -> None:
        self._server = server
        self.connector = Pigeon(TOKEN, SECRET, server.url, client)
        self.away = Pigeon(TOKEN, SECRET, NOWHERE, client)

    def answer(self, text: str, *answers: str) -> None:
        self._server.answers = [PLANNED[one] for one in answers]

    def answer_file(self, text: str, *answers: str) -> None:
        self._server.file_answers = [PLANNED[one] for one in answers]

    def texts(self) -> list[str]:
        return self._server.texts()

    def files(self) -> list[tuple[str, bytes]]:
        return [(file["name"], b64decode(file["content"])) for one in self._server.took for file in one["files"]]
