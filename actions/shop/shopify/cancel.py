"""Cancelling an order at Shopify, which gives the money back by itself."""

import asyncio
from collections.abc import Mapping
from typing import Any

from actions.shop.backend import OrderState
from actions.shop.changes import ChangeKind, Refusal
from actions.shop.policy import Policy
from actions.shop.shopify import queries
from actions.shop.shopify.changing import payload
from actions.shop.shopify.client import AdminApi
from actions.shop.shopify.intents import Intent
from actions.shop.shopify.reading import Read
from actions.shop.trouble import ShopTrouble

# Shopify cancels some time after it was told to, mostly at once
_LOOKS, _PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 20, 0.1, 2.0


class Cancel:
    """The whole order, as the policy's `cancel_while` allows."""

    kind = ChangeKind.CANCEL

    def __init__(self, policy: Policy) -> None:
        self._policy = policy

    def refusal(self, read: Read, intent: Intent | None = None) -> Refusal | None:
        """See `Making`."""
        refusal = self._policy.cancellation(read.order)
        by_hand = any(source.manual and source.left for source in read.sources)
        return refusal or (Refusal.NOT_SUPPORTED if by_hand else None)

    def before(self, read: Read) -> Mapping[str, Any]:
        """See `Making`."""
        return {"state": read.order.state.value}

    def done(self, read: Read, intent: Intent) -> bool:
        """See `Making`."""
        return read.order.state is OrderState.CANCELLED

    async def make(self, api: AdminApi, read: Read, intent: Intent) -> None:
        """See `Making`."""
        answer = await api.ask(queries.CANCEL, False, id=read.order.id, note=intent.reference)
        job = payload(answer, "orderCancel", "orderCancelUserErrors").one("job")
        for look in range(_LOOKS):
            if job.flag("done"):
                return
            await asyncio.sleep(min(_PAUSE_SECONDS * 2**look, _LONGEST_PAUSE_SECONDS))
            job = (await api.ask(queries.JOB, True, id=job.text("id"))).one("job")
        raise ShopTrouble("the order is still being cancelled")

    def after(self, read: Read, intent: Intent) -> Mapping[str, Any]:
        """See `Making`."""
        return {"state": read.order.state.value}
