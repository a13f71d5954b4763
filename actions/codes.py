"""One-time codes: who can read the mail of the address on an order may change it.

Six digits, a few minutes, five tries; stored as a keyed hash and compared in constant time. What a code was good for is
kept with it: half an hour, this conversation, this order.
"""

import hashlib
import hmac
import secrets
from datetime import UTC, datetime, timedelta
from enum import Enum, auto
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.engine import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils import uuid7

from actions.post import NotSent, Post
from actions.shop import tables as t
from actions.shop.backend import Order
from actions.shop.sql import Writing
from actions.typed import fold_digits

DIGITS = 6
TRIES = 5
GOOD_FOR = timedelta(minutes=30)
# letters for one order within an hour, from whatever conversation: nobody's mailbox is to be flooded
LETTERS, WITHIN = 5, timedelta(hours=1)


class Checked(Enum):
    """What a typed code turned out to be."""

    RIGHT = auto()
    WRONG = auto()
    EXPIRED = auto()
    SPENT = auto()


class TooManyLetters(Exception):
    """No more codes are sent for this order for a while."""


class OneTimeCodes:
    """Sends codes and checks them. `secret` keys the hashes, so that a copy of the database alone tells no code; a code
    can be typed for as long as `valid`."""

    def __init__(self, writing: Writing, post: Post, secret: bytes, valid: timedelta) -> None:
        self._writing = writing
        self._post = post
        self._secret = secret
        self._valid = valid

    async def send(self, conversation: str, order: Order, key: str, language: str, phrase: str = "code") -> None:
        """Sends a code to the order's address in the letter `phrase`, once for each message `key` of the customer.

        Raises:
            TooManyLetters: there have been enough for this order.
            actions.post.NotSent: the letter was not taken, or this message had one for something else.
        """
        code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"
        async with self._writing() as connection:
            await _alone(connection, order.id)
            row = (await connection.execute(select(t.codes).where(t.codes.c.key == key))).mappings().first()
            if row is not None and (row["conversation"], row["order_id"]) != (conversation, order.id):
                raise NotSent("this message had a letter for something else")
            if row is not None and row["sent_at"] is not None:
                return
            if row is None:
                await self._make_room(connection, order.id)
                row = await self._insert(connection, conversation, order.id, key)
            # a letter that was never known to be sent is written anew, since its code is not known any more
            written = {"code_hash": self._hash(str(row["id"]), code), "created_at": datetime.now(UTC)}
            await connection.execute(update(t.codes).where(t.codes.c.id == row["id"]).values(written))
        await self._post.send(order.customer.email, language, phrase, {"code": {"id": code}, "number": order.number})
        async with self._writing() as connection:
            sent = update(t.codes).where(t.codes.c.id == row["id"]).values(sent_at=datetime.now(UTC))
            await connection.execute(sent)

    async def check(self, conversation: str, order_id: str, typed: str) -> Checked:
        """Whether the digits typed are those sent last; each try counts."""
        digits = "".join(letter for letter in fold_digits(typed) if letter.isdecimal())
        async with self._writing() as connection:
            row = await _newest(connection, conversation, order_id)
            if row is None or row["used_at"] is not None or datetime.now(UTC) - row["created_at"] > self._valid:
                return Checked.EXPIRED
            if row["tries"] >= TRIES:
                return Checked.SPENT
            tries = row["tries"] + 1
            right = hmac.compare_digest(self._hash(str(row["id"]), digits), str(row["code_hash"]))
            values: dict[str, Any] = {"tries": tries, **({"used_at": datetime.now(UTC)} if right else {})}
            await connection.execute(update(t.codes).where(t.codes.c.id == row["id"]).values(values))
        if right:
            return Checked.RIGHT
        return Checked.SPENT if tries >= TRIES else Checked.WRONG

    async def waiting(self, conversation: str, order_id: str) -> bool:
        """Whether a code was sent that can still be typed."""
        async with self._writing() as connection:
            row = await _newest(connection, conversation, order_id)
        fresh = row is not None and datetime.now(UTC) - row["created_at"] <= self._valid
        return bool(fresh and row and row["sent_at"] and not row["used_at"] and row["tries"] < TRIES)

    async def verified(self, conversation: str, order_id: str) -> bool:
        """Whether this conversation's customer has typed the right code for this order of late."""
        since = datetime.now(UTC) - GOOD_FOR
        used = select(t.codes.c.id).where(
            t.codes.c.conversation == conversation, t.codes.c.order_id == order_id, t.codes.c.used_at >= since
        )
        async with self._writing() as connection:
            return (await connection.execute(used.limit(1))).first() is not None

    async def _make_room(self, connection: AsyncConnection, order_id: str) -> None:
        lately = select(func.count()).select_from(t.codes).where(
            t.codes.c.order_id == order_id, t.codes.c.created_at >= datetime.now(UTC) - WITHIN
        )  # fmt: skip
        if ((await connection.execute(lately)).scalar() or 0) >= LETTERS:
            raise TooManyLetters

    async def _insert(self, connection: AsyncConnection, conversation: str, order_id: str, key: str) -> RowMapping:
        values = {
            "id": str(uuid7()),
            "order_id": order_id,
            "conversation": conversation,
            "key": key,
            "code_hash": "",
            "tries": 0,
            "created_at": datetime.now(UTC),
        }
        await connection.execute(insert(t.codes), values)
        return (await connection.execute(select(t.codes).where(t.codes.c.id == values["id"]))).mappings().one()

    def _hash(self, salt: str, code: str) -> str:
        return hmac.new(self._secret, f"{salt}:{code}".encode(), hashlib.sha256).hexdigest()


async def _alone(connection: AsyncConnection, order_id: str) -> None:
    """One letter about an order after the other, or those asked for at once would not be counted. The order may be in
    another system, so there is no row to lock; SQLite has one writer anyway."""
    if connection.dialect.name == "postgresql":
        key = func.hashtextextended(f"shohay:codes:{order_id}", 0)
        await connection.execute(select(func.pg_advisory_xact_lock(key)))


async def _newest(connection: AsyncConnection, conversation: str, order_id: str) -> RowMapping | None:
    newest = (
        select(t.codes)
        .where(t.codes.c.conversation == conversation, t.codes.c.order_id == order_id)
        .order_by(t.codes.c.created_at.desc(), t.codes.c.id.desc())
        .limit(1)
        .with_for_update()
    )
    return (await connection.execute(newest)).mappings().first()
