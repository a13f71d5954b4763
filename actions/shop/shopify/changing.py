"""One change of an order at Shopify, once for each message: noted, made, looked at, written down.

Shopify has no transaction around several calls, and a call whose answer is lost may have been carried out. So before
anything is done, what is intended is noted with the order itself (`intents`). Whoever asks again finds by the note that
it was begun and by the order what of it was done, does the rest, and writes it down.
"""

import asyncio
import dataclasses
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol
from weakref import WeakValueDictionary

from sqlalchemy.engine import RowMapping

from actions.shop.changes import Change, ChangeKind, Doing, Refusal, Refused
from actions.shop.rows import change_of
from actions.shop.shopify import queries
from actions.shop.shopify.client import AdminApi
from actions.shop.shopify.failed import ShopifyFailed
from actions.shop.shopify.intents import Intent
from actions.shop.shopify.ledger import Ledger
from actions.shop.shopify.nodes import Node
from actions.shop.shopify.reader import Reader
from actions.shop.shopify.reading import Read

# a change that was noted this lately and is not written down may still be under way
_UNDER_WAY = timedelta(seconds=60)


class Declined(Exception):
    """Shopify understood, and does not do it."""


class Making(Protocol):
    """One kind of change, with what is wanted."""

    kind: ChangeKind

    def refusal(self, read: Read) -> Refusal | None:
        """Why the order cannot be changed so now."""
        ...

    def before(self, read: Read) -> Mapping[str, Any]:
        """What it is to change, as the audit's row has it."""
        ...

    def wish(self, read: Read) -> Mapping[str, Any]:
        """What is wanted, as it is noted."""
        ...

    def done(self, read: Read, intent: Intent) -> bool:
        """Whether the order is as it was wanted."""
        ...

    async def make(self, api: AdminApi, read: Read, intent: Intent) -> None:
        """Do what of it is not done yet.

        Raises:
            Declined: Shopify does not do it.
        """
        ...

    def after(self, read: Read, intent: Intent) -> Mapping[str, Any]:
        """What is another now, but for refunds."""
        ...


class Changing:
    """Makes changes, one at a time for each order."""

    def __init__(self, api: AdminApi, reader: Reader, ledger: Ledger) -> None:
        self._api = api
        self._reader = reader
        self._ledger = ledger
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def change(self, order_id: str, making: Making, doing: Doing) -> Change:
        """See `ShopBackend`.

        Raises:
            Refused: it is not made.
            ShopifyFailed: nobody knows whether it was; asked again with the same key, it is made once.
        """
        async with self._locks.setdefault(order_id, asyncio.Lock()):
            read = await self._read(order_id)
            written = await self._ledger.row(doing.key)
            if written is not None:
                if written["order_number"] != read.order.number:
                    raise Refused(Refusal.NOT_SUPPORTED)
                return _change(written, read)
            intent = next((one for one in read.intents if one.key == doing.key), None)
            if intent is None:
                intent, read = await self._announce(read, making, doing)
            elif intent.kind is not making.kind:
                raise Refused(Refusal.NOT_SUPPORTED)
            elif not making.done(read, intent):
                _allowed(making, read)
            read = await self._make(read, making, intent)
            new = [one.id for one in read.order.refunds if one.id not in intent.refunds]
            after = {**making.after(read, intent), "refunds": new}
            return _change(await self._ledger.write(read.order.number, intent, doing, after), read)

    async def _read(self, order_id: str) -> Read:
        read = await self._reader.read(order_id)
        if read is None:
            raise Refused(Refusal.NOT_SUPPORTED)
        return read

    async def _announce(self, read: Read, making: Making, doing: Doing) -> tuple[Intent, Read]:
        """Notes what is about to be done. Only one of all who try at the same time gets it noted."""
        _allowed(making, read)
        keys, now = await self._ledger.keys(read.order.number), datetime.now(UTC)
        if any(now - one.at < _UNDER_WAY and one.key not in keys for one in read.intents):
            raise ShopifyFailed("another change of this order is under way")
        intent = Intent(
            key=doing.key,
            reference=f"C{read.order.number}-{max(len(read.intents), len(keys)) + 1}",
            kind=making.kind,
            before=making.before(read),
            wish=making.wish(read),
            refunds=tuple(one.id for one in read.order.refunds),
            at=now,
        )
        noted = [one.noted() for one in (*read.intents, intent)]
        metafield = {
            "ownerId": read.order.id,
            "namespace": "shohay",
            "key": "changes",
            "type": "json",
            "value": json.dumps({"changes": noted}),
            # only if nobody has noted anything since it was read
            "compareDigest": read.digest,
        }
        answer = await self._api.ask(queries.NOTE_CHANGES, True, metafields=[metafield])
        if answer.one("metafieldsSet").has("userErrors"):
            # sent twice, the first may have got there
            read = await self._read(read.order.id)
            if intent not in read.intents:
                raise ShopifyFailed("the change could not be noted with the order")
        return intent, read

    async def _make(self, read: Read, making: Making, intent: Intent) -> Read:
        """The order as it is once the change is made."""
        if making.done(read, intent):
            return read
        declined = failed = None
        try:
            await making.make(self._api, read, intent)
        except Declined as error:
            declined = error
        except ShopifyFailed as error:
            failed = error
        read = await self._read(read.order.id)
        if making.done(read, intent):
            return read
        if failed is not None:
            raise failed
        if declined is not None:
            raise Refused(making.refusal(read) or Refusal.NOT_SUPPORTED) from declined
        raise ShopifyFailed(f"a change of the kind {making.kind} was taken and is not to be seen")


def _allowed(making: Making, read: Read) -> None:
    why = making.refusal(read)
    if why is not None:
        raise Refused(why)


def _change(row: RowMapping, read: Read) -> Change:
    ids = row["after"].get("refunds", [])
    return dataclasses.replace(change_of(row, ()), refunds=tuple(one for one in read.order.refunds if one.id in ids))


def payload(answer: Node, mutation: str, errors: str = "userErrors") -> Node:
    """What a mutation gives back.

    Raises:
        Declined: it names errors.
    """
    found = answer.one(mutation)
    if found.has(errors):
        raise Declined(mutation)
    return found
