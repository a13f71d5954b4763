"""Agents at work in Slack, as the settings want it: where, what listens there, and what posts."""

from __future__ import annotations

from urllib.parse import quote

from fastapi import APIRouter

from app.settings import BadSettings, Settings
from connectors.relaying import Relay
from connectors.removing import Removing
from connectors.slack import desk_places
from connectors.slack.connector import CHANNEL, Slack
from connectors.slack.desk import DeskListening, SlackDesk
from connectors.slack.desk_removing import SlackRemover
from connectors.slack.listening import Join
from handoff import relay
from handoff.desk import linking
from handoff.desk.linking import Links
from handoff.queue_rules import QueueRules
from handoff.relay import Deed, Word
from handoff.relay_threads import ANY_TEAM, Outside
from handoff.services import Services


def outside(settings: Settings, secret: str, rules: QueueRules) -> Outside | None:
    """Where agents work in Slack; None when they do not.

    Raises:
        BadSettings: a team is named that is none.
    """
    if not settings.slack_desk_channels:
        return None
    places = desk_places.parse(settings.slack_desk_channels)
    unknown = set(places) - {*rules.teams, ANY_TEAM}
    if unknown:
        teams = ", ".join(rules.teams)
        raise BadSettings(f"SHOHAY_SLACK_DESK_CHANNELS: there is no team {min(unknown)}; data/handoff.yml has {teams}.")
    links, base = Links(secret), settings.public_url or f"http://{settings.host}:{settings.port}"
    return Outside(
        CHANNEL,
        places,
        desk_url=lambda conversation_id: f"{base}/desk/conversations/{conversation_id}",
        link_url=lambda address, name: f"{base}{linking.PATH}?token={quote(links.token(CHANNEL, address, name))}",
    )


def join(settings: Settings, services: Services, slack: Slack, there: Outside) -> Join:
    """What listens to agents, before anybody listens to customers."""

    async def take(deed: Deed) -> Word | None:
        return await relay.take(services, there, deed)

    return DeskListening(_desk(settings, slack), there.places.values(), take).join


def posting(settings: Settings, services: Services, slack: Slack, there: Outside) -> Relay:
    """What tells agents there what happens."""
    return Relay(services, there, _desk(settings, slack))


def removing(settings: Settings, services: Services, slack: Slack) -> Removing:
    """What takes away from there what was posted of customers who were erased; also of a place that is no more set."""
    return Removing(services.database, CHANNEL, SlackRemover(settings.slack_bot_token, slack.web))


def router(services: Services, secret: str) -> APIRouter:
    """The page on which an agent says who they are in Slack."""
    return linking.router(services, Links(secret))


def _desk(settings: Settings, slack: Slack) -> SlackDesk:
    return SlackDesk(settings.slack_bot_token, slack.web)
