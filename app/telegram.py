"""The telegram channel put together from the settings: its connector, and what runs beside it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from app.settings import Settings
from bot.content.live import LiveWords
from connectors.telegram.client import Client
from connectors.telegram.connector import Telegram
from connectors.telegram.polling import Poller
from connectors.telegram.registering import Webhook, register
from handoff.incoming import COMMANDS, Command
from handoff.services import Services

Job = Callable[[], Coroutine[Any, Any, None]]


def open_telegram(settings: Settings, words: LiveWords) -> Telegram | None:
    """The channel, None when it is off; nothing is sent yet."""
    if not settings.telegram_token:
        return None
    secret = settings.telegram_webhook_secret if settings.telegram_by_webhook else ""
    return Telegram(
        Client(settings.telegram_token, settings.telegram_base_url),
        secret,
        lambda number, language: _ask_for_order(words, number, language),
    )


def jobs(
    settings: Settings, services: Services, words: LiveWords, connector: Telegram, serves: bool, works: bool
) -> list[Job]:
    """What runs until cancelled: whoever serves the web names it to Telegram, or whoever works asks for updates.

    Args:
        serves: this process has the web server, and `works`: the deliveries.
    """
    if settings.telegram_by_webhook:
        return [lambda: _be_called(settings, words, connector)] if serves else []
    alone = serves and works and services.database.dialect == "sqlite"
    return [lambda: _poll(services, words, connector, alone)] if works else []


def menu(words: LiveWords) -> Mapping[str, Mapping[Command, str]]:
    """What each command does, in every language that we answer in."""
    return {
        language: {name: words.say(f"telegram_command_{name}", language).text for name in COMMANDS}
        for language in words.current.library.languages
    }


async def _be_called(settings: Settings, words: LiveWords, connector: Telegram) -> None:
    host = "127.0.0.1" if settings.host in ("0.0.0.0", "::") else settings.host  # noqa: S104
    # a server for tests, or of one's own, stands where it reaches us without the world
    base = settings.public_url or f"http://{host}:{settings.port}"
    webhook = Webhook(f"{base}/hooks/{connector.name}", settings.telegram_webhook_secret)
    await register(connector.client, webhook, menu(words))
    await asyncio.Event().wait()


async def _poll(services: Services, words: LiveWords, connector: Telegram, alone: bool) -> None:
    await register(connector.client, None, menu(words))
    poller = Poller(services, connector)
    if alone:
        await poller.take_over()
    await poller.run()


def _ask_for_order(words: LiveWords, number: str, language: str | None) -> str:
    languages = tuple(words.current.library.languages)
    base = (language or "").partition("-")[0]
    return words.say("telegram_order", base if base in languages else languages[0], order_number=number).text.strip()
