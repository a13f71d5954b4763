"""What the tests of Slack do over and over: a channel of ours in front of a Slack on the loopback, in one process."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI
from slack_events import SIGNING_SECRET, Sender, Signed
from slack_server import BOT_TOKEN, SlackServer

from app import errors
from connectors import inbound
from connectors.base import Inbound, OutboundMessage, Request
from connectors.slack import routes
from connectors.slack.connector import Slack
from connectors.slack.listening import Listening
from connectors.slack.workspaces import Kept, Workspaces
from handoff.services import Services

PAYLOADS = Path(__file__).parents[1] / "payloads" / "slack"


def payload(name: str) -> dict[str, Any]:
    """A body of the shape that Slack documents."""
    return dict(json.loads((PAYLOADS / f"{name}.json").read_text(encoding="utf-8")))


def request(signed: Signed) -> Request:
    return Request(signed.body, signed.headers)


def message(text: str, address: str = "T0NODI:D0AMINA", **more: Any) -> OutboundMessage:
    """What the bot says there, unless it is somebody else."""
    said = {"id": "m", "conversation_id": "c", "address": address, "seq": 4, "author": "bot", "author_name": None}
    return OutboundMessage(**{**said, "text": text, "buttons": (), **more})


@asynccontextmanager
async def connected(server: SlackServer, kept: Kept | None = None, token: str = BOT_TOKEN) -> AsyncIterator[Slack]:
    """Our channel, which asks this Slack."""
    async with httpx.AsyncClient(timeout=5) as client:
        slack = Slack(SIGNING_SECRET, Workspaces(token, kept), client, server.api)
        slack.web.timeout = 2
        yield slack


class House:
    """Our hook over HTTP in front of a real database."""

    def __init__(self, server: SlackServer, services: Services, slack: Slack, client: httpx.AsyncClient) -> None:
        self.services = services
        self.slack = slack
        self.client = client
        self.sender = Sender(server)

    async def post(self, signed: Signed, path: str = routes.EVENTS) -> int:
        """The status of the answer."""
        return (await self.client.post(path, content=signed.body, headers=signed.headers)).status_code


@asynccontextmanager
async def listening(server: SlackServer, services: Services, kept: Kept | None = None) -> AsyncIterator[House]:
    """Our hook, which stores what comes in."""
    services = replace(services, push_channels=frozenset({"slack"}))

    async def keep(brought: Sequence[Inbound]) -> None:
        await inbound.keep(services, brought)

    async with connected(server, kept) as slack:
        takes = Listening(slack, keep, SIGNING_SECRET)
        web = FastAPI()
        errors.install(web)
        web.include_router(routes.hooks(slack, takes))
        transport = httpx.ASGITransport(web, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://shohay") as client:
            yield House(server, services, slack, client)
        await takes.close()
