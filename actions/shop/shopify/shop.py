"""A shop at Shopify: its orders are read and changed over the Admin GraphQL API."""

from collections.abc import Mapping
from types import MappingProxyType

import httpx

from actions.shop.backend import Address, DeliveryWindow, Order, Return
from actions.shop.changes import Change, ChangeKind, ClaimWish, Doing, Refusal, Refused, ReturnWish
from actions.shop.ledger import Ledger
from actions.shop.policy import Policy
from actions.shop.shopify.cancel import Cancel
from actions.shop.shopify.changing import Changing
from actions.shop.shopify.client import AdminApi
from actions.shop.shopify.credentials import Credentials
from actions.shop.shopify.gateways import Gateways
from actions.shop.shopify.move import Move
from actions.shop.shopify.open_return import OpenReturn
from actions.shop.shopify.quantities import Quantities
from actions.shop.shopify.reader import Reader
from actions.shop.sql import Writing

_CAN = frozenset({ChangeKind.CANCEL, ChangeKind.ITEMS, ChangeKind.ADDRESS, ChangeKind.RETURN})


class ShopifyShop:
    """A `ShopBackend` over Shopify. What was changed through us is written down in our own database."""

    def __init__(self, api: AdminApi, policy: Policy, gateways: Gateways, ledger: Ledger) -> None:
        self._policy = policy
        self._reader = Reader(api, policy, gateways)
        self._changing = Changing(api, self._reader, ledger)

    @property
    def can(self) -> frozenset[ChangeKind]:
        """See `ShopBackend`. Shopify knows neither delivery windows nor claims; what is wanted in exchange, a person
        has to look up."""
        return _CAN

    async def find_order(self, number: str) -> Order | None:
        """See `ShopBackend`."""
        read = await self._reader.find(number)
        return read.order if read else None

    async def find_return(self, order_number: str, return_number: str | None) -> Return | None:
        """See `ShopBackend`."""
        order = await self.find_order(order_number)
        found = [one for one in order.returns if return_number in (None, one.number)] if order else []
        return found[-1] if found else None

    async def orders_of(self, customer_id: str, limit: int) -> tuple[Order, ...]:
        """See `ShopBackend`."""
        return tuple(read.order for read in await self._reader.of_customer(customer_id, limit))

    async def cancel(self, order_id: str, doing: Doing) -> Change:
        """See `ShopBackend`."""
        return await self._changing.change(order_id, Cancel(self._policy), doing)

    async def change_items(self, order_id: str, quantities: Mapping[str, int], doing: Doing) -> Change:
        """See `ShopBackend`."""
        return await self._changing.change(order_id, Quantities(self._policy, self._reader, quantities), doing)

    async def change_address(
        self, order_id: str, address: Address, city: Mapping[str, str], country: str, doing: Doing
    ) -> Change:
        """See `ShopBackend`."""
        return await self._changing.change(order_id, Move(self._policy, address, city, country), doing)

    async def delivery_windows(self, order_id: str) -> tuple[DeliveryWindow, ...]:
        """Shopify has none."""
        return ()

    async def move_delivery(self, order_id: str, window: DeliveryWindow, doing: Doing) -> Change:
        """Shopify has no delivery windows."""
        raise Refused(Refusal.NOT_SUPPORTED)

    async def open_return(self, order_id: str, wish: ReturnWish, doing: Doing) -> Change:
        """See `ShopBackend`."""
        return await self._changing.change(order_id, OpenReturn(self._policy, wish), doing)

    async def label_sent(self, order_id: str, number: str) -> None:
        """See `ShopBackend`."""
        await self._changing.label_sent(order_id, number)

    async def open_claim(self, order_id: str, wish: ClaimWish, doing: Doing) -> Change:
        """Shopify keeps no claims."""
        raise Refused(Refusal.NOT_SUPPORTED)


def shopify_shop(
    url: str,
    credentials: Credentials,
    policy: Policy,
    writing: Writing,
    client: httpx.AsyncClient,
    gateways: Gateways = MappingProxyType({}),
) -> ShopifyShop:
    """The shop at `url`, such as `https://nodi.myshopify.com`. The client stays the caller's to close; `gateways` are
    the shop's own names of payment methods."""
    return ShopifyShop(AdminApi(url, credentials, client), policy, gateways, Ledger(writing))
