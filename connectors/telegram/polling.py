"""Asking Telegram for updates, where it cannot call us; one process does at a time.

An update is confirmed by the next call's offset, and that names only what is stored by then; so what was not stored
comes again, and what comes again is known by its key. The offset is said once and never kept: after a week without
updates Telegram may go on with lower numbers (https://core.telegram.org/bots/api#update), which an old offset would
confirm unseen.
"""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from typing import Any

import structlog
from telegram import error as telegram_error

from connectors import inbound
from connectors.base import BadRequest, Request
from connectors.telegram.connector import Telegram
from connectors.telegram.results import wait_of
from connectors.telegram.updates import KINDS
from handoff import leases
from handoff.clock import new_id
from handoff.database import DatabaseAway
from handoff.services import Services

log = structlog.get_logger(__name__)

WAIT_SECONDS = 20
# a call may take that long, and its timeouts
HELD_SECONDS = 45.0
LOOK_SECONDS = 3.0
LONGEST_PAUSE = 30.0
TOKEN_PAUSE = 60.0
MOST_TRIES = 5


class Poller:
    """Fetches updates while it holds the lease for its bot."""

    def __init__(self, services: Services, connector: Telegram, wait: int = WAIT_SECONDS) -> None:
        """
        Args:
            wait: seconds that Telegram may keep a call waiting for an update.
        """
        self._services = services
        self._connector = connector
        self._wait = wait
        self._lease = f"{connector.name}:{connector.client.bot_id}"
        self._holder = new_id()
        self._confirm: int | None = None
        self._pause = 0.0
        # how often each update could not be stored
        self._tries: dict[int, int] = {}

    async def run(self) -> None:
        """Works until cancelled."""
        try:
            while True:
                try:
                    if await leases.hold(self._services.database, self._lease, self._holder, HELD_SECONDS):
                        await self._round()
                    else:
                        self._confirm = None  # whoever has it may be elsewhere by now
                        await asyncio.sleep(LOOK_SECONDS)
                except DatabaseAway as error:
                    log.warning("database_away", error=str(error))
                    await asyncio.sleep(1.0)
        finally:
            with suppress(DatabaseAway):
                await leases.let_go(self._services.database, self._lease, self._holder)

    async def take_over(self) -> None:
        """This process is alone on its database: a lease that is left was of one that died."""
        await leases.let_go(self._services.database, self._lease)

    async def _round(self) -> None:
        try:
            found = await self._connector.client.updates(self._confirm, self._wait, KINDS)
        except telegram_error.TelegramError as error:
            await asyncio.sleep(self._pause_after(error))
            return
        self._confirm, self._pause = None, 0.0
        for raw in found:
            if not isinstance(raw, dict) or type(raw.get("update_id")) is not int:
                continue
            if not await self._store(raw["update_id"], raw):
                return
            self._confirm = raw["update_id"] + 1

    async def _store(self, update_id: int, raw: dict[str, Any]) -> bool:
        """False when it is to come again.

        Raises:
            DatabaseAway: likewise.
        """
        request = Request(json.dumps(raw).encode(), {})
        try:
            brought = self._connector.parse(request, self._connector.name)
            received = await inbound.keep(self._services, brought)
        except BadRequest:
            log.error("update_not_understood", update=update_id)
            return True
        except DatabaseAway:
            raise
        except Exception as error:  # one that breaks us must not keep all others away for ever
            tries = self._tries[update_id] = self._tries.get(update_id, 0) + 1
            log.error("update_not_stored", update=update_id, tries=tries, error=type(error).__name__, exc_info=error)
            if tries < MOST_TRIES:
                await asyncio.sleep(tries)
                return False
            received = []
        self._tries.pop(update_id, None)
        await inbound.be_courteous(self._services, self._connector, request, received)
        return True

    def _pause_after(self, error: telegram_error.TelegramError) -> float:
        """Seconds until the next call; what a person has to mend is told in full."""
        match error:
            case telegram_error.RetryAfter():
                return wait_of(error)
            case telegram_error.InvalidToken():
                log.error("telegram_refuses_the_token", mend="Copy it from @BotFather into SHOHAY_TELEGRAM_TOKEN.")
                return TOKEN_PAUSE
            case telegram_error.Conflict():
                log.error(
                    "telegram_conflict",
                    mend="Another program polls with this bot's token, or set a webhook for it: stop that one, or make "
                    "a bot of its own for each.",
                )
        self._pause = min(max(self._pause * 2, 1.0), LONGEST_PAUSE)
        if not isinstance(error, telegram_error.Conflict):
            log.warning("telegram_away", error=type(error).__name__)
        return self._pause
