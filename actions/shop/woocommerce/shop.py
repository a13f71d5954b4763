"""A shop whose orders are in WooCommerce."""

import asyncio
from collections.abc import Coroutine, Mapping
from typing import Any

from actions.shop.backend import Address, DeliveryWindow, Order, Return
from actions.shop.changes import Change, ChangeKind, ClaimWish, Doing, Refusal, Refused, ReturnWish
from actions.shop.ledger import Ledger
from actions.shop.woocommerce.cancelling import cancel
from actions.shop.woocommerce.moving import Destination, move
from actions.shop.woocommerce.reader import OrderReader

_CAN = frozenset({ChangeKind.CANCEL, ChangeKind.ADDRESS})


class WooShop:
    """A `ShopBackend` over WooCommerce's REST API. Without a `ledger` nothing can be changed."""

    def __init__(self, reader: OrderReader, ledger: Ledger | None = None) -> None:
        self._reader = reader
        self._ledger = ledger
        self._under_way: set[asyncio.Task[Change]] = set()

    async def find_order(self, number: str) -> Order | None:
        """See `ShopBackend`."""
        return await self._reader.by_number(number)

    async def find_return(self, order_number: str, return_number: str | None) -> Return | None:
        """None: WooCommerce knows of no returns."""
        return None

    async def orders_of(self, customer_id: str, limit: int) -> tuple[Order, ...]:
        """See `ShopBackend`."""
        return await self._reader.of(customer_id, limit)

    @property
    def can(self) -> frozenset[ChangeKind]:
        """See `ShopBackend`."""
        return _CAN if self._ledger else frozenset()

    async def cancel(self, order_id: str, doing: Doing) -> Change:
        """See `ShopBackend`."""
        return await self._to_its_end(order_id, cancel(self._reader, self._changing(), order_id, doing))

    async def change_items(self, order_id: str, quantities: Mapping[str, int], doing: Doing) -> Change:
        """See `ShopBackend`."""
        raise Refused(Refusal.NOT_SUPPORTED)

    async def change_address(
        self, order_id: str, address: Address, city: Mapping[str, str], country: str, doing: Doing
    ) -> Change:
        """See `ShopBackend`."""
        to = Destination(address, city, country)
        return await self._to_its_end(order_id, move(self._reader, self._changing(), order_id, to, doing))

    async def delivery_windows(self, order_id: str) -> tuple[DeliveryWindow, ...]:
        """None: WooCommerce knows of no days of delivery."""
        return ()

    async def move_delivery(self, order_id: str, window: DeliveryWindow, doing: Doing) -> Change:
        """See `ShopBackend`."""
        raise Refused(Refusal.NOT_SUPPORTED)

    async def open_return(self, order_id: str, wish: ReturnWish, doing: Doing) -> Change:
        """See `ShopBackend`."""
        raise Refused(Refusal.NOT_SUPPORTED)

    async def label_sent(self, order_id: str, number: str) -> None:
        """Not kept: there are no returns here."""

    async def open_claim(self, order_id: str, wish: ClaimWish, doing: Doing) -> Change:
        """See `ShopBackend`."""
        raise Refused(Refusal.NOT_SUPPORTED)

    def _changing(self) -> Ledger:
        if self._ledger is None:
            raise Refused(Refusal.NOT_SUPPORTED)
        return self._ledger

    async def _to_its_end(self, order_id: str, making: Coroutine[Any, Any, Change]) -> Change:
        """Makes a change, the next of this order when it is made. Who waits may lose patience, but what was begun with
        the shop is brought to its end."""
        task = asyncio.create_task(self._alone(order_id, making))
        self._under_way.add(task)
        task.add_done_callback(self._over)
        return await asyncio.shield(task)

    async def _alone(self, order_id: str, making: Coroutine[Any, Any, Change]) -> Change:
        async with self._changing().alone(order_id):
            return await making

    def _over(self, task: asyncio.Task[Change]) -> None:
        self._under_way.discard(task)
        if not task.cancelled():
            task.exception()  # looked at: who asked may have gone
