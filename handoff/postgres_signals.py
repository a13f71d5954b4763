"""Wake-ups between processes on PostgreSQL, by LISTEN/NOTIFY."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

import asyncpg
import sqlalchemy as sa
import structlog
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import AsyncEngine

from handoff.signals import Signals

log = structlog.get_logger(__name__)

CHANNEL = "shohay"
_TELL = sa.select(sa.func.pg_notify(CHANNEL, sa.func.unnest(sa.bindparam("topics", type_=ARRAY(sa.String)))))


class Announcer:
    """Tells the other processes what was committed here.

    Not within the transaction: of transactions that notify, PostgreSQL lets only one at a time commit, each waiting for
    the disk by itself. What is lost when this process dies in between is found by the others' next look.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._topics: set[str] = set()
        self._telling: asyncio.Task[None] | None = None

    def tell(self, topics: Iterable[str]) -> None:
        """Returns at once; what comes while the last ones are being told goes together."""
        self._topics.update(topics)
        if self._topics and (self._telling is None or self._telling.done()):
            self._telling = asyncio.get_running_loop().create_task(self._tell())

    async def close(self) -> None:
        """Waits until all is told."""
        if self._telling is not None and not self._telling.done():
            await asyncio.wait([self._telling])

    async def _tell(self) -> None:
        while self._topics:
            topics, self._topics = sorted(self._topics), set()
            try:
                async with self._engine.connect() as connection:
                    await connection.execute(_TELL, {"topics": topics})
            except (sa.exc.SQLAlchemyError, OSError, TimeoutError) as error:
                log.warning("notifications_not_sent", error=type(error).__name__)


async def listen(url: URL, signals: Signals) -> None:
    """Hands every notification on to `signals` until cancelled; reconnects when the server goes away."""
    dsn = url.set(drivername="postgresql").render_as_string(hide_password=False)
    while True:
        try:
            connection = await asyncpg.connect(dsn, timeout=5)
            gone = asyncio.Event()
            connection.add_termination_listener(lambda _, gone=gone: gone.set())
            await connection.add_listener(CHANNEL, lambda _c, _p, _ch, topic: signals.notify(topic))
            try:
                await gone.wait()
            finally:
                await connection.close(timeout=2)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError) as error:
            log.warning("notifications_lost", error=type(error).__name__)
        await asyncio.sleep(1)
