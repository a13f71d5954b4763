"""SQLite's one writer: transactions take turns in the order they asked, and those that wait together share a commit.

A commit waits for the disk, some milliseconds, while a transaction's statements take a fraction of one. So whoever asks
while a commit is on its way joins the next one. Each is told that it is done only when the commit that keeps it is; one
that breaks is taken back alone.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncTransaction

# how many transactions one commit may keep: the first of them waits for the last
MOST = 32
LONGEST_WAIT_SECONDS = 10.0


@dataclass(eq=False)
class Group:
    """Transactions that one commit keeps; `kept` is done when it has, or has failed."""

    connection: AsyncConnection
    members: int = 0
    kept: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    def fail(self, error: BaseException) -> None:
        """Nothing of it is kept."""
        if not self.kept.done():
            self.kept.set_exception(error)
            self.kept.exception()  # looked at, also when everybody who waited for it is gone


class SqliteWriter:
    """Hands the turn on from one transaction to the next. The engine begins with `BEGIN IMMEDIATE`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._taken = False
        self._waiting: deque[asyncio.Future[Group | None]] = deque()
        self._keeping: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that is committed when the block has ended well and this returns.

        Raises:
            TimeoutError: its turn did not come within LONGEST_WAIT_SECONDS.
            sqlalchemy.exc.DBAPIError: it was not committed.
        """
        group = await self._turn() or await self._open()
        own: AsyncTransaction | None = None
        try:
            if group.members:  # the first can be taken back with the whole group
                own = await group.connection.begin_nested()
            yield group.connection
            if own is not None:
                await own.commit()
        except BaseException as error:
            if not group.members:
                await self._drop(group)
                raise
            await self._take_back(group, own)
            if isinstance(error, Exception):
                # it may tell what others of the group have written, as "we had this message already" does
                await asyncio.shield(group.kept)
            raise
        group.members += 1
        self._pass_on(group)
        await asyncio.shield(group.kept)

    async def close(self) -> None:
        """Waits for the commit that is on its way."""
        if self._keeping is not None and not self._keeping.done():
            await asyncio.wait([self._keeping])
        self._taken = False
        self._waiting.clear()

    async def _turn(self) -> Group | None:
        """Waits for the turn; gives the group to join, or None when a new one is to be opened."""
        if not self._taken:
            self._taken = True
            return None
        turn: asyncio.Future[Group | None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            async with asyncio.timeout(LONGEST_WAIT_SECONDS):
                return await turn
        except BaseException as error:
            if turn.done() and not turn.cancelled():  # it came at the moment of giving up
                self._pass_on(turn.result())
            if isinstance(error, TimeoutError):
                raise TimeoutError(f"the database was busy for {LONGEST_WAIT_SECONDS:.0f} s") from error
            raise

    def _pass_on(self, group: Group | None) -> None:
        """Lets the next one into the group, or commits it when it is full or nobody waits."""
        while self._waiting and self._waiting[0].done():  # gave up waiting
            self._waiting.popleft()
        if group is not None and (not self._waiting or group.members >= MOST or group.kept.done()):
            self._keeping = asyncio.get_running_loop().create_task(self._keep(group))
        elif self._waiting:
            self._waiting.popleft().set_result(group)
        else:
            self._taken = False

    async def _open(self) -> Group:
        try:
            connection = await self._engine.connect()
            try:
                await connection.begin()
            except BaseException:
                await connection.close()
                raise
        except BaseException:
            self._pass_on(None)
            raise
        return Group(connection)

    async def _keep(self, group: Group) -> None:
        """Commits; a task of its own, since whoever waits for it may be cancelled."""
        try:
            if not group.kept.done():
                await group.connection.commit()
                group.kept.set_result(None)
        except BaseException as error:
            group.fail(error)
        finally:
            if group.kept.exception() is not None:
                await group.connection.invalidate()  # who knows what is still open in it
            await self._drop(group)

    async def _drop(self, group: Group) -> None:
        """Rolls back what is not committed, and lets the next group begin."""
        try:
            await group.connection.close()
        finally:
            self._pass_on(None)

    async def _take_back(self, group: Group, own: AsyncTransaction | None) -> None:
        try:
            if own is not None:
                await own.rollback()
        except sa.exc.DBAPIError as error:
            # SQLite has taken back the whole transaction by itself, as it does when the disk is full
            group.fail(error)
        finally:
            self._pass_on(group)
