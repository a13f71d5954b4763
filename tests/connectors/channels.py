"""Every channel, for the tests that run over all of them. A new one is a class as `channel.Channel` and a line here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from channel import Channel, PushChannel
from channel_fake import FakeChannel
from channel_pigeon import PigeonChannel
from channel_slack import SlackChannel
from channel_telegram import TelegramChannel
from channel_website import WebsiteChannel
from fastapi import FastAPI

from app import web
from app.readiness import Readiness
from app.settings import Settings
from bot.content.live import LiveWords
from connectors import inbound
from connectors.base import Request
from connectors.inbound import Received
from connectors.website.connector import Website
from handoff.services import Services

# a channel with stickers has `sticker`, one whose messages we send has `far_end`
CHANNELS: Sequence[Callable[[], Channel]] = [
    WebsiteChannel,
    FakeChannel,
    PigeonChannel,
    TelegramChannel,
    SlackChannel,
]


def _over(channels: Sequence[Callable[[], Channel]]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("make", channels, ids=lambda one: one.__name__.removesuffix("Channel").lower())


on_every_channel = _over(CHANNELS)
on_every_channel_with_stickers = _over([one for one in CHANNELS if hasattr(one, "sticker")])
on_every_push_channel = _over([one for one in CHANNELS if hasattr(one, "far_end")])
on_every_push_channel_with_files = _over(
    [one for one in CHANNELS if hasattr(one, "far_end") and one().connector.capabilities.files_out]
)


def serving(services: Services, channel: Channel) -> Services:
    """The services of a house that has this channel."""
    name, can = channel.connector.name, channel.connector.capabilities
    pushes, takes_files = ({name} if able else set() for able in (can.push, can.files_out))
    return replace(services, push_channels=frozenset(pushes), file_channels=frozenset(takes_files))


def house(services: Services, words: LiveWords, channel: PushChannel) -> FastAPI:
    """The house with this channel's address."""
    settings, readiness = Settings(_env_file=None), Readiness(services.database)
    routers = channel.routers(services)
    hooks = [] if routers else [channel.connector]
    return web.build(settings, services, words, readiness, Website("secret"), hooks, routers)


async def take(services: Services, channel: Channel, request: Request) -> list[Received]:
    """The request as its route takes it."""
    if channel.connector.capabilities.push:
        return await inbound.take_from_provider(services, channel.connector, request)
    return await inbound.take_in(services, channel.connector, request)
