"""How quickly a channel's provider takes messages, and the one row that makes all workers keep to it.

The limit over all chats is a generic cell rate algorithm (GCRA; ATM Forum, Traffic Management 4.0, section 4.4.2): the
row holds when the next message is expected. One that comes no earlier than `burst - 1` steps before that may go and
moves the row on by a step. The limit of one chat lies in its own deliveries, see `handoff.turnstile`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from handoff.database import Transaction
from handoff.models import channel_pace, deliveries

MINUTE = timedelta(minutes=1)
# slots are given away a little early and several at once, so that a worker that looks late loses none
AHEAD = timedelta(milliseconds=150)


@dataclass(frozen=True)
class Rate:
    """
    Attributes:
        per_second: messages a second over all chats.
        burst: how many may go at the same moment after a pause; within any one second there are never more than
            `per_second + burst - 1`.
        seconds_between: pause between two messages to one chat.
        per_minute: messages that one chat may get within any minute; None is no such limit.
        is_group: to which addresses `per_minute` applies; None is all of them.
    """

    per_second: float
    burst: int = 1
    seconds_between: float = 0.0
    per_minute: int | None = None
    is_group: Callable[[str], bool] | None = None

    @property
    def step(self) -> timedelta:
        """Time between two messages, rounded up so that rounding never makes it quicker."""
        return timedelta(microseconds=math.ceil(1_000_000 / self.per_second))

    @property
    def tolerance(self) -> timedelta:
        """How much earlier than expected a message may go."""
        return self.step * (self.burst - 1)


def slots(rate: Rate, expected: datetime, now: datetime, wanted: int) -> tuple[list[datetime], datetime]:
    """When the next messages may go, as many as are wanted but none later than AHEAD; and when the one after these is
    expected."""
    found: list[datetime] = []
    while len(found) < wanted:
        at = max(now, expected - rate.tolerance)
        if at > now + AHEAD:
            break
        found.append(at)
        expected = max(expected, at) + rate.step
    return found, expected


def opens(rate: Rate | None, expected: datetime) -> datetime:
    """From when on it is worth asking for a slot, or for anything when there is no rate."""
    return expected - rate.tolerance - AHEAD if rate else expected


async def locked(tx: Transaction, channel: str, now: datetime) -> datetime:
    """When the channel's next message is expected; its row is held to the end of the transaction."""
    query = sa.select(channel_pace.c.next_at).where(channel_pace.c.channel == channel).with_for_update()
    found = await tx.scalar(query)
    if found is None:
        insert = postgresql.insert if tx.dialect == "postgresql" else sqlite.insert
        await tx.execute(insert(channel_pace).values(channel=channel, next_at=now).on_conflict_do_nothing())
        found = await tx.scalar(query)
    assert isinstance(found, datetime)
    return found


async def save(tx: Transaction, channel: str, expected: datetime) -> None:
    """Writes the channel's row, which the caller holds."""
    await tx.execute(sa.update(channel_pace).where(channel_pace.c.channel == channel).values(next_at=expected))


async def chat_opens(tx: Transaction, rate: Rate, conversation_id: str, address: str, now: datetime) -> datetime | None:
    """From when on the chat may be sent to again, when it was sent to just now; None when it may be at once."""
    opening = now + timedelta(seconds=rate.seconds_between)
    if rate.per_minute is not None and (rate.is_group is None or rate.is_group(address)):
        d = deliveries.c
        oldest = await tx.scalar(
            sa.select(d.updated_at)
            .where(d.conversation_id == conversation_id, d.next_at.is_(None), d.status != "pending")
            .where(d.updated_at > now - MINUTE)
            .order_by(d.updated_at.desc())
            .offset(rate.per_minute - 1)
            .limit(1)
        )
        if oldest is not None:
            opening = max(opening, oldest + MINUTE)
    return opening if opening > now else None
