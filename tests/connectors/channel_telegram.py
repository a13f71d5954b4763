"""Telegram's requests, and the server that its real client talks to."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from channel import DROPPED, NOWHERE, THROTTLED, FarEnd
from fastapi import APIRouter
from payload_files import payload
from telegram_server import DROPPED as TAKEN_IN_SILENCE
from telegram_server import TOKEN, Person, TelegramServer, flood

from app.settings import Settings
from connectors.base import Connector, Request
from connectors.telegram.client import SECRET_HEADER, Client
from connectors.telegram.connector import Telegram
from handoff.services import Services

SECRET = "only_between_us"
# the server's first person has this id, and so has the first chat
FIRST_CHAT = 5_000_000
# updates of one chat are numbered within their own
UPDATES = 1000


class TelegramChannel:
    """Private chats with one bot, by webhook."""

    path = "/hooks/telegram"

    def __init__(self) -> None:
        self.connector = _telegram(NOWHERE)
        self._chats: list[str] = []

    async def begin(self, services: Services, chat: str) -> None:
        pass

    def message(self, chat: str, number: int, text: str) -> Request:
        return self._update("text", chat, number, text=text)

    def again(self, chat: str, number: int, text: str, copy: int) -> Request:
        return self.message(chat, number, text)

    def sticker(self, chat: str, number: int) -> Request:
        return self._update("sticker_without_emoji", chat, number)

    def forged(self, request: Request) -> Sequence[Request]:
        wrong = ("", "a guess", SECRET[:-1], SECRET + "x", "গোপন")
        return [Request(request.body, headers) for headers in ({}, *({SECRET_HEADER: one} for one in wrong))]

    def without_secret(self) -> Connector:
        settings = Settings(_env_file=None, telegram_token=TOKEN, telegram_mode="webhook", telegram_webhook_secret="")
        return _telegram(NOWHERE, settings.telegram_webhook_secret)

    def routers(self, services: Services) -> Sequence[APIRouter]:
        return ()

    @asynccontextmanager
    async def far_end(self) -> AsyncIterator[FarEnd]:
        server = TelegramServer()
        end = _TelegramEnd(server)
        try:
            yield end
        finally:
            await end.connector.close()
            await end.away.close()
            server.close()

    def _update(self, name: str, chat: str, number: int, **said: Any) -> Request:
        if chat not in self._chats:
            self._chats.append(chat)
        place, update = self._chats.index(chat), payload("telegram", name)
        who = {"id": FIRST_CHAT + place}
        message = update["message"]
        update["update_id"] += place * UPDATES + number
        message |= {"message_id": number + 1, "from": message["from"] | who, "chat": message["chat"] | who, **said}
        return Request(json.dumps(update).encode(), {"content-type": "application/json", SECRET_HEADER: SECRET})


class _TelegramEnd:
    def __init__(self, server: TelegramServer) -> None:
        self._server = server
        self._customer = Person(server)
        self.connector = _telegram(server.url)
        self.away = _telegram(NOWHERE)

    def answer(self, text: str, *answers: str) -> None:
        made = {THROTTLED: flood(0), DROPPED: TAKEN_IN_SILENCE}
        self._server.plan("sendMessage", *(made[one] for one in answers))

    def answer_file(self, text: str, *answers: str) -> None:
        made = {THROTTLED: flood(0), DROPPED: TAKEN_IN_SILENCE}
        self._server.plan("sendPhoto", *(made[one] for one in answers))

    def files(self) -> list[tuple[str, bytes]]:
        return [(one.file.name, one.file.content) for one in self._customer.heard() if one.file is not None]

    def texts(self) -> list[str]:
        return [one.text for one in self._customer.heard()]


def _telegram(url: str, secret: str = SECRET) -> Telegram:
    return Telegram(Client(TOKEN, url), secret, lambda number, language: f"order {number}")
