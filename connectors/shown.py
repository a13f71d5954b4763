"""Showing a channel's customer that an agent is typing: a courtesy, which never holds up and never fails anything."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping

import structlog

from connectors.base import Connector, Typing

log = structlog.get_logger(__name__)

# providers show it for about so long, and limit how often they are asked
AGAIN_SECONDS = 4.0
SECONDS = 5.0
clock = time.monotonic


class Shown:
    """See `handoff.services.Shown`; at most once every AGAIN_SECONDS for each address."""

    def __init__(self, connectors: Mapping[str, Connector]) -> None:
        self._able = {name: one for name, one in connectors.items() if isinstance(one, Typing)}
        self._last: dict[tuple[str, str], float] = {}

    async def typing(self, channel: str, address: str) -> None:
        """See `handoff.services.Shown`."""
        connector = self._able.get(channel)
        now = clock()
        if connector is None or now - self._last.get((channel, address), -AGAIN_SECONDS) < AGAIN_SECONDS:
            return
        self._last = {where: at for where, at in self._last.items() if now - at < AGAIN_SECONDS}
        self._last[channel, address] = now
        try:
            async with asyncio.timeout(SECONDS):
                await connector.typing(address)
        except Exception as error:  # neither its words nor its traceback, which may name the address
            log.warning("typing_not_shown", channel=channel, error=type(error).__name__)
