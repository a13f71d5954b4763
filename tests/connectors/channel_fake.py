"""The requests and the receiving end of the channel for development and tests."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import httpx
from channel import DROPPED, NOWHERE, THROTTLED, FarEnd
from fastapi import APIRouter
from receiver import DROP, SECRET, Receiver, receiving

from connectors.base import Connector, Request
from connectors.fake import Fake
from handoff.services import Services


class FakeChannel:
    """The channel for development and tests."""

    path = "/hooks/fake"

    def __init__(self) -> None:
        self.connector = Fake(SECRET, NOWHERE, httpx.AsyncClient())

    async def begin(self, services: Services, chat: str) -> None:
        pass

    def message(self, chat: str, number: int, text: str) -> Request:
        body = {"key": f"{chat}:{number}", "from": chat, "text": text, "language": "en"}
        return Request(json.dumps(body).encode(), {"x-fake-secret": SECRET})

    def again(self, chat: str, number: int, text: str, copy: int) -> Request:
        return self.message(chat, number, text)

    def forged(self, request: Request) -> Sequence[Request]:
        return [Request(request.body, headers) for headers in ({}, {"x-fake-secret": ""}, {"x-fake-secret": "গোপন"})]

    def without_secret(self) -> Connector:
        return Fake("", NOWHERE, httpx.AsyncClient())

    def routers(self, services: Services) -> Sequence[APIRouter]:
        return ()

    @asynccontextmanager
    async def far_end(self) -> AsyncIterator[FarEnd]:
        async with receiving() as receiver, httpx.AsyncClient() as client:
            yield _FakeEnd(receiver, client)


class _FakeEnd:
    def __init__(self, receiver: Receiver, client: httpx.AsyncClient) -> None:
        self._receiver = receiver
        self._throttled: list[str] = []
        self.connector = Fake(SECRET, receiver.url, client)
        self.away = Fake(SECRET, NOWHERE, client)

    def answer(self, text: str, *answers: str) -> None:
        made = {THROTTLED: (429, {"Retry-After": "0"}), DROPPED: DROP}
        self._receiver.answers[text] = [made[one] for one in answers]
        self._throttled += [text for one in answers if one == THROTTLED]

    def answer_file(self, text: str, *answers: str) -> None:
        self.answer(text, *answers)

    def texts(self) -> list[str]:
        return [one["text"] for one in self._taken()]

    def files(self) -> list[tuple[str, bytes]]:
        return [(file["name"], b64decode(file["content"])) for one in self._taken() for file in one.get("files", ())]

    def _taken(self) -> list[dict[str, Any]]:
        got, throttled = [], list(self._throttled)
        for one in self._receiver.got:
            if one["text"] in throttled:
                throttled.remove(one["text"])
            else:
                got.append(one)
        return got
