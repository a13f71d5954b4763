"""One change of an order at Shopify, once for each message: written down, noted, made, looked at, written down as done.

Shopify has no transaction around several calls, and a call whose answer is lost may have been carried out. So before
anything is done, our ledger and the order's metafield say what is about to be done. Whoever asks again finds there that
it was begun, and by the order what of it was done, does the rest, and writes it down.
"""

import asyncio
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Protocol

from actions.shop.changes import Change, ChangeKind, Doing, Refusal, Refused
from actions.shop.ledger import UNDER_WAY, Entry, Ledger
from actions.shop.shopify import queries
from actions.shop.shopify.client import AdminApi
from actions.shop.shopify.intents import Intent
from actions.shop.shopify.nodes import Node
from actions.shop.shopify.reader import Reader
from actions.shop.shopify.reading import Read
from actions.shop.trouble import ShopTrouble


class Declined(Exception):
    """Shopify understood, and does not do it."""


class Making(Protocol):
    """One kind of change, with what is wanted."""

    kind: ChangeKind

    def refusal(self, read: Read, intent: Intent | None = None) -> Refusal | None:
        """Why the order cannot be changed so now, or cannot be changed further once it was begun as `intent`."""
        ...

    def before(self, read: Read) -> Mapping[str, Any]:
        """What it is to change, as the audit's row has it."""
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
        self._under_way: set[asyncio.Task[Change]] = set()

    async def change(self, order_id: str, making: Making, doing: Doing) -> Change:
        """See `ShopBackend`. Who waits may lose patience, but what was begun with the shop is brought to its end.

        Raises:
            Refused: it is not made.
            ShopTrouble: nobody knows whether it was; asked again with the same key, it is made once.
        """
        task = asyncio.create_task(self._alone(order_id, making, doing))
        self._under_way.add(task)
        task.add_done_callback(self._over)
        return await asyncio.shield(task)

    async def label_sent(self, order_id: str, number: str) -> None:
        """Notes that the label of this return went out.

        Raises:
            ShopTrouble: it could not be noted.
        """
        async with self._ledger.alone(order_id):
            read = await self._read(order_id)
            known = any(one.number == number for one in read.order.returns)
            if known and number not in read.labels and not await self._note(read, read.intents, (*read.labels, number)):
                raise ShopTrouble("a label could not be noted with its order")

    def _over(self, task: asyncio.Task[Change]) -> None:
        self._under_way.discard(task)
        if not task.cancelled():
            task.exception()  # looked at: who asked may have gone

    async def _alone(self, order_id: str, making: Making, doing: Doing) -> Change:
        async with self._ledger.alone(order_id):
            read = await self._read(order_id)
            entry = await self._ledger.find(read.order.number, doing)
            if entry is not None and entry.done:
                return _change(entry, read)
            if entry is None:
                _allowed(making, read)
                entry = await self._ledger.begin(read.order.number, making.kind, doing, making.before(read))
            if entry.kind is not making.kind:
                raise Refused(Refusal.NOT_SUPPORTED)
            try:
                intent, read, new = await self._noted(read, making, entry)
                read = await self._make(read, making, intent, new)
            except Refused:
                await self._ledger.drop(entry)
                raise
            refunds = [one.id for one in read.order.refunds if one.id not in intent.refunds]
            after = {**making.after(read, intent), "refunds": refunds}
            return _change(await self._ledger.finish(entry, after), read)

    async def _read(self, order_id: str) -> Read:
        read = await self._reader.read(order_id)
        if read is None:
            raise Refused(Refusal.NOT_SUPPORTED)
        return read

    async def _noted(self, read: Read, making: Making, entry: Entry) -> tuple[Intent, Read, bool]:
        """The note with the order, and whether it is new. Of all who try at the same time one gets it noted."""
        for one in read.intents:
            if one.key == entry.key:
                return one, read, False
        intent = Intent(
            key=entry.key,
            reference=entry.reference,
            kind=making.kind,
            refunds=tuple(one.id for one in read.order.refunds),
            total=read.current.minor,
            at=datetime.now(UTC),
        )
        if not await self._note(read, (*read.intents, intent), read.labels):
            # sent twice, the first may have got there
            read = await self._read(read.order.id)
            if intent not in read.intents:
                raise ShopTrouble("a change could not be noted with its order")
        return intent, read, True

    async def _note(self, read: Read, intents: Sequence[Intent], labels: Sequence[str]) -> bool:
        """Whether it could be noted: only if nobody has noted anything since the order was read."""
        metafield = {
            "ownerId": read.order.id,
            "namespace": "shohay",
            "key": "changes",
            "type": "json",
            "value": json.dumps({"changes": [one.noted() for one in intents], "labels": list(labels)}),
            "compareDigest": read.digest,
        }
        answer = await self._api.ask(queries.NOTE_CHANGES, True, metafields=[metafield])
        return not answer.one("metafieldsSet").has("userErrors")

    async def _make(self, read: Read, making: Making, intent: Intent, new: bool) -> Read:
        """The order as it is once the change is made."""
        if making.done(read, intent):
            return read
        _allowed(making, read, intent)
        declined = trouble = None
        try:
            await making.make(self._api, read, intent)
        except Declined as error:
            declined = error
        except ShopTrouble as error:
            trouble = error
        read = await self._read(read.order.id)
        if making.done(read, intent):
            return read
        if trouble is not None:
            raise trouble
        if declined is not None:
            if not new and datetime.now(UTC) - intent.at < UNDER_WAY:
                raise ShopTrouble("Shopify declines a change while an earlier try at it may be on its way")
            raise Refused(making.refusal(read, intent) or Refusal.NOT_SUPPORTED) from declined
        raise ShopTrouble(f"a change of the kind {making.kind} was taken and is not to be seen")


def _allowed(making: Making, read: Read, intent: Intent | None = None) -> None:
    why = making.refusal(read, intent)
    if why is not None:
        raise Refused(why)


def _change(entry: Entry, read: Read) -> Change:
    ids = entry.after.get("refunds", [])
    return entry.change([one for one in read.order.refunds if one.id in ids])


def payload(answer: Node, mutation: str, errors: str = "userErrors") -> Node:
    """What a mutation gives back.

    Raises:
        Declined: it names errors.
    """
    found = answer.one(mutation)
    if found.has(errors):
        raise Declined(mutation)
    return found
