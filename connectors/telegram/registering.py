"""Telling Telegram at the start where to bring updates, and which commands its menu shows."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

import structlog
from telegram import BotCommand, BotCommandScopeAllPrivateChats
from telegram import error as telegram_error

from connectors.telegram.client import Client
from connectors.telegram.results import wait_of
from connectors.telegram.updates import KINDS
from handoff.incoming import Command

log = structlog.get_logger(__name__)

FIRST_PAUSE = 1.0
LONGEST_PAUSE = 60.0

# by language, the default first: what each command does, in a few words
Menu = Mapping[str, Mapping[Command, str]]


@dataclass(frozen=True)
class Webhook:
    """Where Telegram brings updates, and what its calls carry so that we believe them."""

    url: str
    secret: str


async def register(client: Client, webhook: Webhook | None, menu: Menu) -> None:
    """Makes Telegram call the webhook, or without one keep updates for us to fetch; tries until it is so. Nothing that
    waits there is dropped."""
    pause = FIRST_PAUSE
    while True:
        try:
            await client.bot.get_me()
            await _bring_updates(client, webhook)
            break
        except telegram_error.InvalidToken:
            pause = LONGEST_PAUSE
            log.error("telegram_refuses_the_token", mend="Copy it from @BotFather into SHOHAY_TELEGRAM_TOKEN.")
        except telegram_error.BadRequest:
            pause = LONGEST_PAUSE
            log.error(
                "telegram_refuses_the_webhook",
                mend="It needs HTTPS on port 443, 80, 88 or 8443; see SHOHAY_PUBLIC_URL.",
            )
        except telegram_error.RetryAfter as error:
            pause = wait_of(error)
        except telegram_error.TelegramError as error:
            log.warning("telegram_away", error=type(error).__name__)
        await asyncio.sleep(pause)
        pause = min(pause * 2, LONGEST_PAUSE)
    log.info("telegram_registered", by="webhook" if webhook else "polling", bot=client.bot_id)
    try:
        await _show_menu(client, menu)
    except telegram_error.TelegramError as error:  # whatever it showed before, it goes on showing
        log.warning("telegram_menu_not_set", error=type(error).__name__)


async def _bring_updates(client: Client, webhook: Webhook | None) -> None:
    if webhook is None:
        await client.bot.delete_webhook(drop_pending_updates=False)
        return
    await client.bot.set_webhook(
        webhook.url, secret_token=webhook.secret, allowed_updates=KINDS, drop_pending_updates=False
    )


async def _show_menu(client: Client, menu: Menu) -> None:
    scope = BotCommandScopeAllPrivateChats()
    for place, (language, commands) in enumerate(menu.items()):
        shown = [BotCommand(name, does) for name, does in commands.items()]
        if place == 0:  # for clients in any language that is not listed
            await client.bot.set_my_commands(shown, scope=scope)
        await client.bot.set_my_commands(shown, scope=scope, language_code=language)
