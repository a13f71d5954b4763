"""How the conversations stand while the load runs, looked up again and again, so that nobody floods the bot."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

import sqlalchemy as sa

from handoff import tickets
from handoff.clock import now as clock_now
from handoff.database import Database, DatabaseAway
from handoff.models import conversations, deliveries, identities, turns
from handoff.turns import LEASE

LOOK_SECONDS = 0.3
HELD_AT_MOST = timedelta(seconds=12)


@dataclass(frozen=True)
class Standing:
    """One conversation as it was at the last look."""

    id: str
    status: str
    agent_id: str | None
    waiting: int


@dataclass(frozen=True)
class Interrupted:
    """A turn that was being worked on when `cause` happened; `at` is on the monotonic clock."""

    cause: str
    message_id: str
    at: float


@dataclass
class Backlog:
    """The last look at every conversation, by the address of its customer and by its id.

    Attributes:
        poisoned: a conversation whose turns all break.
        ends_at: on the monotonic clock; from then on nobody begins anything new.
        resumed: by what interrupted them, seconds from then until each turn that was being worked on was over.
    """

    url: str
    standing: dict[str, Standing] = field(default_factory=dict)
    poisoned: str = ""
    ends_at: float = float("inf")
    resumed: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    _interrupted: list[Interrupted] = field(default_factory=list)
    _looked: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def watch(self) -> None:
        """Looks until cancelled; while the database is away the last look stands."""
        database = Database(self.url)
        try:
            while True:
                with contextlib.suppress(DatabaseAway):
                    await self._look(database)
                async with self._looked:
                    self._looked.notify_all()
                await asyncio.sleep(LOOK_SECONDS)
        finally:
            await database.close()

    async def interrupt(self, cause: str) -> None:
        """Remembers the turns that are being worked on now, since `cause` is about to happen to them."""
        c, t = conversations.c, turns.c
        query = (
            sa.select(sa.func.min(t.message_id))  # ids are in the order of their making
            .join(conversations, c.id == t.conversation_id)
            .where(t.status == "waiting", c.lease_owner.is_not(None), c.id != self.poisoned)
            .group_by(c.id)
        )
        database = Database(self.url)
        try:
            async with database.read() as tx:
                held = list((await tx.execute(query)).scalars())
            known = {one.message_id for one in self._interrupted}  # still counted from what befell them first
            self._interrupted += [Interrupted(cause, one, time.monotonic()) for one in held if one not in known]
        except DatabaseAway:
            pass  # then nobody works on anything
        finally:
            await database.close()

    @property
    def closing(self) -> bool:
        """Whether it is time to end."""
        return time.monotonic() > self.ends_at

    def of(self, name: str) -> Standing | None:
        """By address or id; None while it has not been seen."""
        return self.standing.get(name)

    async def until(self, holds: Callable[[], bool], seconds: float, what: str) -> None:
        """Waits for something that a look shows.

        Raises:
            AssertionError: not within `seconds`.
        """
        try:
            async with asyncio.timeout(seconds), self._looked:
                await self._looked.wait_for(holds)
        except TimeoutError:
            raise AssertionError(f"not within {seconds} s: {what}") from None

    async def room(self, name: str, window: int) -> None:
        """Waits until fewer than `window` messages of this conversation wait for their turns."""

        def holds() -> bool:
            standing = self.of(name)
            return standing is None or standing.waiting < window

        async with self._looked:
            await self._looked.wait_for(holds)

    async def quiet(self, seconds: float, hurried: bool) -> None:
        """Waits until no turn and no delivery is left to be done.

        Args:
            hurried: what nobody alive holds any more is not waited for; its time is moved on.

        Raises:
            AssertionError: something is still not done after `seconds`.
        """
        database = Database(self.url)
        left: list[str] = ["never looked"]
        try:
            async with asyncio.timeout(seconds):
                while left:
                    try:
                        if hurried:
                            await _move_on(database)
                        left = await _left(database)
                    except DatabaseAway:
                        left = ["the database is away"]
                    await asyncio.sleep(LOOK_SECONDS)
        except TimeoutError:
            raise AssertionError(f"not done after {seconds} s: {left[:10]}") from None
        finally:
            await database.close()

    async def _look(self, database: Database) -> None:
        waiting = (
            sa.select(turns.c.conversation_id, sa.func.count().label("number"))
            .where(turns.c.status == "waiting")
            .group_by(turns.c.conversation_id)
            .subquery()
        )
        c = conversations.c
        query = (
            sa.select(c.id, c.status, c.agent_id, identities.c.address, waiting.c.number)
            .join(identities, identities.c.id == c.identity_id)
            .outerjoin(waiting, waiting.c.conversation_id == c.id)
        )
        over = sa.select(turns.c.message_id).where(
            turns.c.message_id.in_([one.message_id for one in self._interrupted]), turns.c.status != "waiting"
        )
        async with database.read() as tx:
            rows = await tx.rows(query)
            finished = set((await tx.execute(over)).scalars()) if self._interrupted else set()
        for row in rows:
            one = Standing(row["id"], row["status"], row["agent_id"], row["number"] or 0)
            self.standing[row["address"]] = self.standing[row["id"]] = one
        now = time.monotonic()
        for turn in self._interrupted:
            if turn.message_id in finished:
                self.resumed[turn.cause].append(now - turn.at)
        self._interrupted = [turn for turn in self._interrupted if turn.message_id not in finished]


async def _left(database: Database) -> list[str]:
    """In words, what is still to be done."""
    c, t, d = conversations.c, turns.c, deliveries.c
    async with database.read() as tx:
        waiting = await tx.rows(sa.select(t.conversation_id, t.seq, t.attempts).where(t.status == "waiting"))
        unsent = await tx.rows(
            sa.select(d.conversation_id, d.seq, d.status, d.attempts).where(d.status.in_(("pending", "sending")))
        )
        unserved = await tx.rows(sa.select(c.id).where(c.status == "queued", c.reason == tickets.BOT_AWAY))
    return [
        *(f"turn {row['conversation_id']}/{row['seq']}, tried {row['attempts']} times" for row in waiting),
        *(f"{row['status']} {row['conversation_id']}/{row['seq']}, tried {row['attempts']} times" for row in unsent),
        *(f"{row['id']} queued for want of a bot" for row in unserved),
    ]


async def _move_on(database: Database) -> None:
    """A turn and a send each end within ten seconds, so what has been held for longer was held by the dead: their time
    runs out now and not after the half minute (a minute for a send) that the living grant them."""
    now = clock_now()
    c, d = conversations.c, deliveries.c
    async with database.write() as tx:
        await tx.execute(
            sa.update(conversations)
            .where(c.lease_owner.is_not(None), c.lease_until < now + LEASE - HELD_AT_MOST)
            .values(lease_until=now)
        )
        await tx.execute(
            sa.update(deliveries)
            .where(d.status == "sending", d.updated_at < now - HELD_AT_MOST)
            .values(updated_at=now - 10 * HELD_AT_MOST)
        )
