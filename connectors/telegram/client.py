"""Telegram's client: python-telegram-bot's `Bot` with our limits of time, and nothing of it that queues or retries."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import httpx
from telegram import Bot
from telegram.request import HTTPXRequest

from handoff.streams import up_to

API = "https://api.telegram.org"
# what its requests to a webhook carry
SECRET_HEADER = "x-telegram-bot-api-secret-token"  # noqa: S105 (its name)
# below the time that a lane gives one send, so that it is told what broke
CONNECT_SECONDS = 5.0
READ_SECONDS = 15.0
POOL_SECONDS = 5.0
AT_ONCE = 32


class _Bot(Bot):
    async def unread_updates(self, offset: int | None, seconds: int, kinds: Sequence[str]) -> list[Any]:
        """As they came: the library's own `get_updates` gives none at all when it cannot read one of them."""
        asked: dict[str, Any] = {"timeout": seconds, "offset": offset, "allowed_updates": list(kinds)}
        found = await self._post("getUpdates", asked, read_timeout=seconds + READ_SECONDS)
        return found if isinstance(found, list) else []


class Client:
    """One bot's line to Telegram.

    Attributes:
        bot_id: the bot's own user id, with which its token begins.
        bot: for every method but `getUpdates`.
    """

    def __init__(self, token: str, base_url: str = API) -> None:
        """
        Args:
            token: as @BotFather gave it, `123456:ABC…`.
            base_url: of Telegram or of a server that speaks as it does, with `/bot` at the end or without.
        """
        root = base_url.rstrip("/").removesuffix("/bot")
        self.bot_id = int(token.partition(":")[0])
        # two, since a call that was cut off when the last holder stopped may not have given its connection back
        self._requests = (_request(at_once=2), _request(AT_ONCE))
        self._files = httpx.AsyncClient(timeout=httpx.Timeout(READ_SECONDS, connect=CONNECT_SECONDS))
        self.bot = _Bot(
            token,
            base_url=f"{root}/bot",
            base_file_url=f"{root}/file/bot",
            get_updates_request=self._requests[0],
            request=self._requests[1],
        )

    async def updates(self, offset: int | None, seconds: int, kinds: Sequence[str]) -> list[Any]:
        """What has come since, as Telegram wrote it; waits for the first for so many seconds.

        Args:
            offset: confirms everything below it; None confirms nothing and gives the earliest that is not confirmed.

        Raises:
            TelegramError: nothing was taken.
        """
        return await self.bot.unread_updates(offset, seconds, kinds)

    async def content(self, url: str, most: int) -> bytes:
        """What lies at a file's address, which holds the token; cut off at `most` bytes.

        Raises:
            httpx.HTTPError: it was not given.
        """
        async with self._files.stream("GET", url) as answer:
            answer.raise_for_status()
            return await up_to(answer.aiter_bytes(), most)

    async def close(self) -> None:
        for request in self._requests:
            await request.shutdown()
        await self._files.aclose()


def _request(at_once: int) -> HTTPXRequest:
    return HTTPXRequest(
        connection_pool_size=at_once,
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        write_timeout=READ_SECONDS,
        pool_timeout=POOL_SECONDS,
    )
