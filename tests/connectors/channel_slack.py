"""Slack's requests, and the server that its real client talks to."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from itertools import count

import httpx
from channel import DROPPED, NOWHERE, THROTTLED, FarEnd
from fastapi import APIRouter
from payload_files import payload
from slack_events import SIGNING_SECRET, Signed, as_json
from slack_server import BOT_TOKEN, DROP, SlackServer, Throttled, slack_server

from app import slack
from app.settings import Settings
from connectors.base import Connector, Request
from connectors.slack import routes
from connectors.slack.connector import Slack
from connectors.slack.workspaces import Workspaces
from handoff.services import Services

ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


class SlackChannel:
    """Direct messages in one workspace, over HTTP."""

    # Bolt acknowledges there, for the same check of what is genuine
    path = routes.EVENTS

    def __init__(self) -> None:
        self.connector = _slack(f"{NOWHERE}/api/", httpx.AsyncClient())
        self._chats: list[str] = []
        self._events = count(1)

    async def begin(self, services: Services, chat: str) -> None:
        pass

    def message(self, chat: str, number: int, text: str) -> Request:
        return _as_request(self._signed(chat, number, text))

    def again(self, chat: str, number: int, text: str, copy: int) -> Request:
        signed = self._signed(chat, number, text)
        return _as_request(signed.again(copy) if copy else signed)

    def forged(self, request: Request) -> Sequence[Request]:
        event, signed = json.loads(request.body), Signed(request.body, dict(request.headers))
        signature = signed.headers["x-slack-signature"]
        moment = int(signed.headers["x-slack-request-timestamp"])
        return [
            Request(request.body, {"content-type": "application/json"}),
            Request(request.body + b" ", request.headers),
            *(
                Request(request.body, {**request.headers, "x-slack-signature": one})
                for one in ("", "v0=", "v0=গোপন", signature[:-1])
            ),
            Request(request.body, {**request.headers, "x-slack-request-timestamp": str(moment - 1)}),
            _as_request(as_json(event, at=moment - 310)),
            _as_request(as_json(event, at=moment + 310)),
            _as_request(as_json(event, secret="a guess")),
        ]

    def without_secret(self) -> Connector:
        settings = Settings(_env_file=None, slack_bot_token=BOT_TOKEN, slack_signing_secret="")
        return Slack(settings.slack_signing_secret, Workspaces(BOT_TOKEN), httpx.AsyncClient())

    def routers(self, services: Services) -> Sequence[APIRouter]:
        settings = Settings(_env_file=None, slack_bot_token=BOT_TOKEN, slack_signing_secret=SIGNING_SECRET)
        return slack.routers(settings, "secret", self.connector, slack.listening(settings, services, self.connector))

    @asynccontextmanager
    async def far_end(self) -> AsyncIterator[FarEnd]:
        with slack_server() as server:
            async with httpx.AsyncClient() as client:
                yield _SlackEnd(server, client)

    def _signed(self, chat: str, number: int, text: str) -> Signed:
        """Each is an event of its own, also where the message is the same."""
        if chat not in self._chats:
            self._chats.append(chat)
        place, body = self._chats.index(chat), payload("slack", "message_im")
        moment = f"{1700000000 + number}.000100"
        said = {"text": text.translate(ESCAPES), "ts": moment, "event_ts": moment}
        who = {"user": f"U0{place:06}", "channel": f"D0{place:06}"}
        event = {name: value for name, value in body["event"].items() if name != "blocks"}
        body |= {"event_id": f"Ev{next(self._events):06}", "event": event | said | who}
        return as_json(body)


class _SlackEnd:
    def __init__(self, server: SlackServer, client: httpx.AsyncClient) -> None:
        self._server = server
        self.connector = _slack(server.api, client)
        self.away = _slack(f"{NOWHERE}/api/", client)

    def answer(self, text: str, *answers: str) -> None:
        made = {THROTTLED: Throttled(0), DROPPED: DROP}
        self._server.plan("chat.postMessage", *(made[one] for one in answers))

    def answer_file(self, text: str, *answers: str) -> None:
        made = {THROTTLED: Throttled(0), DROPPED: DROP}
        self._server.plan("files.completeUploadExternal", *(made[one] for one in answers))

    def files(self) -> list[tuple[str, bytes]]:
        return [file for one in self._server.posted() for file in one.files]

    def texts(self) -> list[str]:
        return [one.shown for one in self._server.posted()]


def _slack(url: str, client: httpx.AsyncClient) -> Slack:
    return Slack(SIGNING_SECRET, Workspaces(BOT_TOKEN), client, url)


def _as_request(signed: Signed) -> Request:
    return Request(signed.body, signed.headers)
