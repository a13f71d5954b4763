"""Slack as the settings want it: its connector, what listens, and where its requests come in."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import httpx
from fastapi import APIRouter

from app.settings import Settings
from connectors import inbound
from connectors.base import Inbound
from connectors.slack import installing, routes, socket_mode
from connectors.slack.connector import CHANNEL, Slack
from connectors.slack.listening import Join, Listening
from connectors.slack.workspaces import Workspaces
from handoff.database import Database
from handoff.installations import Installations
from handoff.services import Services


def connector(settings: Settings, database: Database, client: httpx.AsyncClient) -> Slack | None:
    """The channel, when it is on."""
    if not settings.slack:
        return None
    kept = Installations(database, CHANNEL) if settings.slack_client_id else None
    workspaces = Workspaces(settings.slack_bot_token, kept)
    secret = settings.slack_signing_secret if settings.slack_mode == "http" else ""
    return Slack(secret, workspaces, client, settings.slack_base_url)


def listening(settings: Settings, services: Services, slack: Slack, before: Sequence[Join] = ()) -> Listening:
    """What takes Slack's requests, whichever way they come.

    Args:
        before: who else listens, and is asked before customers' messages are taken.
    """

    async def keep(brought: Sequence[Inbound]) -> None:
        await inbound.keep(services, brought)

    return Listening(slack, keep, settings.slack_signing_secret, before)


def routers(settings: Settings, secret: str, slack: Slack, takes: Listening) -> list[APIRouter]:
    """Where requests come in.

    Args:
        secret: the house's, from which the one is made that signs an installation's state.
    """
    found = [routes.hooks(slack, takes)] if settings.slack_mode == "http" else []
    kept = slack.workspaces.kept
    if kept is not None:
        signing = hashlib.sha256(f"slack installation:{secret}".encode()).hexdigest()
        ids = (settings.slack_client_id, settings.slack_client_secret)
        found.append(routes.installing(installing.flow(slack.web, kept, *ids, signing, settings.public_url)))
    return found


async def run(settings: Settings, slack: Slack, takes: Listening) -> None:
    """What goes on all the time where requests come in, until cancelled."""
    try:
        await slack.workspaces.introduce(slack.web)
        if settings.slack_mode == "socket":
            await socket_mode.run(slack, takes, settings.slack_app_token)
    finally:
        await takes.close()
