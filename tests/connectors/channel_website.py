"""The widget's requests."""

from __future__ import annotations

import json
from collections.abc import Sequence

from connectors.base import Connector, Request
from connectors.website.connector import Website
from handoff import inbox
from handoff.services import Services


class WebsiteChannel:
    """The widget."""

    def __init__(self) -> None:
        self.connector = Website("a secret key")
        self._tokens: dict[str, str] = {}

    async def begin(self, services: Services, chat: str) -> None:
        address, self._tokens[chat] = self.connector.new_visitor()
        await inbox.open_session(services, "website", address, "en")

    def message(self, chat: str, number: int, text: str) -> Request:
        token = self._tokens.get(chat) or self.connector.new_visitor()[1]
        headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
        return Request(json.dumps({"client_id": str(number), "text": text}).encode(), headers)

    def again(self, chat: str, number: int, text: str, copy: int) -> Request:
        return self.message(chat, number, text)

    def forged(self, request: Request) -> Sequence[Request]:
        _, token = Website("another key").new_visitor()
        return [
            Request(request.body, {**request.headers, "authorization": value})
            for value in ("", "Bearer ", "Bearer guess", f"Bearer {token}", request.headers["authorization"] + "x")
        ]

    def without_secret(self) -> Connector:
        return Website("")
