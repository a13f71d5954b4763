"""Wake-ups between processes on PostgreSQL, by LISTEN/NOTIFY on the channel `shohay`."""

from __future__ import annotations

import asyncio

import asyncpg
import structlog
from sqlalchemy.engine import URL

from handoff.signals import Signals

log = structlog.get_logger(__name__)


async def listen(url: URL, signals: Signals) -> None:
    """Hands every notification on to `signals` until cancelled; reconnects when the server goes away."""
    dsn = url.set(drivername="postgresql").render_as_string(hide_password=False)
    while True:
        try:
            connection = await asyncpg.connect(dsn, timeout=5)
            gone = asyncio.Event()
            connection.add_termination_listener(lambda _, gone=gone: gone.set())
            await connection.add_listener("shohay", lambda _c, _p, _ch, topic: signals.notify(topic))
            try:
                await gone.wait()
            finally:
                await connection.close(timeout=2)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError) as error:
            log.warning("notifications_lost", error=type(error).__name__)
        await asyncio.sleep(1)
