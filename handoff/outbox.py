"""What is to be sent: in order within each conversation, taken by one worker, settled once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from handoff import events, pace, store, turnstile
from handoff.clock import now as clock_now
from handoff.database import Database, Transaction
from handoff.messages import Message
from handoff.models import channel_pace, conversations, deliveries, identities, messages
from handoff.pace import Rate
from handoff.turnstile import status_is

MAX_ATTEMPTS = 8
MAX_ERROR = 200


@dataclass(frozen=True)
class Due:
    """A message to send to `address` on `channel`, not before `send_at`; this is attempt number `attempts`, begun at
    `taken_at`. So many `parts` of it were taken before."""

    message: Message
    channel: str
    address: str
    attempts: int
    taken_at: datetime
    send_at: datetime
    parts: int = 0


@dataclass(frozen=True)
class Taken:
    """What to send now; and when there may be more, None when nothing waits."""

    due: Sequence[Due]
    look_at: datetime | None


async def take_due(database: Database, channel: str, limit: int = 1, rate: Rate | None = None) -> Taken:
    """Marks the channel's next due deliveries as being sent, at most `limit` and as many as the rate has slots for."""
    now = clock_now()
    look_at = await _look_at(database, channel, rate)
    if look_at is None or look_at > now:
        return Taken([], look_at)
    d = deliveries.c
    async with database.write() as tx:
        if rate is not None:
            expected = await pace.locked(tx, channel, now)
            now = clock_now()
            limit = len(pace.slots(rate, expected, now, limit)[0])
            if limit == 0:
                return Taken([], pace.opens(rate, expected))
        query = sa.select(d.message_id).where(_waits(channel), d.next_at <= now).order_by(d.next_at).limit(limit)
        ids = [row["message_id"] for row in await tx.rows(query.with_for_update(skip_locked=True))]
        if not ids:  # another worker was faster
            return Taken([], now)
        times = [now] * len(ids)
        if rate is not None:
            times, after = pace.slots(rate, expected, now, len(ids))
            await pace.save(tx, channel, after)
        await tx.execute(
            sa.update(deliveries)
            .where(d.message_id.in_(ids))
            .values(status="sending", attempts=d.attempts + 1, updated_at=now)
        )
        return Taken(await _read(tx, ids, times), now)


async def settle(
    database: Database,
    due: Due,
    status: str,
    error: str | None = None,
    rate: Rate | None = None,
    parts: int = 0,
) -> bool:
    """The attempt is over: sent, failed or unknown, with so many parts taken of what did not arrive as a whole; False
    when it was no longer this attempt's to say."""
    now = clock_now()
    message = due.message
    async with database.write() as tx:
        await turnstile.hold(tx, message.conversation_id)
        values = {
            "status": status,
            "error": storable(error),
            "next_at": None,
            "updated_at": now,
            "parts": max(due.parts, parts),
        }
        news = status != "sent" or message.author == "agent"
        if not await _end(tx, due, "sending", values):
            # the database was away, and somebody has meanwhile given the attempt up: now we know better
            if not await _end(tx, due, "unknown", values):
                return False
            news = True
        if rate is not None:
            opens_at = await pace.chat_opens(tx, rate, message.conversation_id, due.address, now)
            if opens_at is not None:
                await turnstile.shut_until(tx, message.conversation_id, opens_at)
        await turnstile.let_next(tx, message.conversation_id, now)
    if news:
        async with database.write() as tx:
            await tell(tx, message.conversation_id, message.id, status, now)
    return True


async def give_up_chat(database: Database, conversation_id: str, why: str) -> None:
    """Nothing more can be sent there: what waits behind is failed too, and the desk sees it."""
    now = clock_now()
    d = deliveries.c
    waiting = sa.and_(d.conversation_id == conversation_id, status_is("pending"))
    async with database.write() as tx:
        await turnstile.hold(tx, conversation_id)
        ids = [row["message_id"] for row in await tx.rows(sa.select(d.message_id).where(waiting))]
        values = {"status": "failed", "error": storable(why), "next_at": None, "updated_at": now}
        await tx.execute(sa.update(deliveries).where(d.message_id.in_(ids), waiting).values(**values))
    for message_id in ids:
        async with database.write() as tx:
            await tell(tx, conversation_id, message_id, "failed", now)


async def retry(database: Database, due: Due, at: datetime, parts: int = 0) -> None:
    """It was provably not taken, but for so many parts of it; try the rest again then, or what an agent has meanwhile
    sent again of what was said before it."""
    conversation_id = due.message.conversation_id
    async with database.write() as tx:
        await turnstile.hold(tx, conversation_id)
        first = await turnstile.first_waiting(tx, conversation_id)
        earlier = first is not None and first["seq"] < due.message.seq
        # not at first and then taken back: of a row that is changed twice, PostgreSQL looks at the conversation's row
        # too, and whoever has that may be waiting for the line
        next_at = None if earlier else at
        values = {"status": "pending", "next_at": next_at, "updated_at": clock_now(), "parts": parts}
        if await _end(tx, due, "sending", values) and earlier:
            await turnstile.let_next(tx, conversation_id, clock_now(), not_before=at)


async def pause(database: Database, channel: str, until: datetime, rate: Rate | None) -> None:
    """The provider takes nothing from us until then, for any chat."""
    if rate is not None:
        until += rate.tolerance
    async with database.write() as tx:
        expected = await pace.locked(tx, channel, clock_now())
        await pace.save(tx, channel, max(expected, until))


async def tell(tx: Transaction, conversation_id: str, message_id: str, status: str, now: datetime) -> None:
    """The desk sees what became of a message. Not under a line that is held without its conversation: who speaks in one
    may hold the events and wait for the line."""
    payload = {"message_id": message_id, "status": status}
    await events.append(tx, "delivery", conversation_id, payload, now, public=False)


def _waits(channel: str) -> sa.ColumnElement[bool]:
    return sa.and_(deliveries.c.channel == channel, status_is("pending"), deliveries.c.next_at.is_not(None))


async def _look_at(database: Database, channel: str, rate: Rate | None) -> datetime | None:
    """From when on something can be taken, None when nothing waits; a look that disturbs nobody."""
    d = deliveries.c
    first = sa.select(d.next_at).where(_waits(channel)).order_by(d.next_at).limit(1).scalar_subquery()
    expected = sa.select(channel_pace.c.next_at).where(channel_pace.c.channel == channel).scalar_subquery()
    async with database.read() as tx:
        row = await tx.row(sa.select(first.label("first"), expected.label("expected")))
    if row is None or row["first"] is None:
        return None
    first_at: datetime = row["first"]
    return first_at if row["expected"] is None else max(first_at, pace.opens(rate, row["expected"]))


async def _read(tx: Transaction, ids: Sequence[str], times: Sequence[datetime]) -> list[Due]:
    d = deliveries.c
    rows = await tx.rows(
        sa.select(messages, d.channel, d.attempts, d.parts, d.updated_at, identities.c.address)
        .join(deliveries, d.message_id == messages.c.id)
        .join(conversations, conversations.c.id == messages.c.conversation_id)
        .join(identities, identities.c.id == conversations.c.identity_id)
        .where(messages.c.id.in_(ids))
        .order_by(d.next_at)
    )
    return [
        Due(
            store.as_message(row),
            row["channel"],
            row["address"],
            row["attempts"],
            row["updated_at"],
            send_at,
            row["parts"],
        )
        for row, send_at in zip(rows, times, strict=True)
    ]


async def _end(tx: Transaction, due: Due, status: str, values: dict[str, Any]) -> bool:
    """Changes the delivery if it still is in this status since this very attempt."""
    query = sa.update(deliveries).where(
        deliveries.c.message_id == due.message.id, status_is(status), deliveries.c.updated_at == due.taken_at
    )
    return bool((await tx.execute(query.values(**values))).rowcount)


def storable(error: str | None) -> str | None:
    """A provider's words as the column takes them: not too long, and no halves of characters."""
    if error is None:
        return None
    return error.encode(errors="replace").decode().replace("\x00", "")[:MAX_ERROR]
