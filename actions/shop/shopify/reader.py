"""Looks orders up at Shopify."""

import asyncio

from actions.shop.policy import Policy
from actions.shop.shopify import queries
from actions.shop.shopify.client import AdminApi
from actions.shop.shopify.gateways import Gateways
from actions.shop.shopify.nodes import Node
from actions.shop.shopify.reading import Numbers, Read, read_order

_DIGITS = 20


class Reader:
    """Orders by their number, their id and their customer. What the shop writes around numbers is asked for once."""

    def __init__(self, api: AdminApi, policy: Policy, gateways: Gateways) -> None:
        self._api = api
        self._policy = policy
        self._gateways = gateways
        self._numbers: Numbers | None = None
        self._lock = asyncio.Lock()

    async def find(self, number: str) -> Read | None:
        """The order with this number, by one question, whether there is one or not."""
        numbers = await self._known_numbers()
        # nothing but digits gets into the question
        asked = number if number.isascii() and number.isdigit() and len(number) <= _DIGITS else "0"
        found = await self._api.ask(queries.FIND, True, query=f'name:"{numbers.name(asked)}"')
        for node in found.one("orders").nodes():
            # Shopify's search also finds what is only alike
            if node.text("name") == numbers.name(number):
                return read_order(node, numbers, self._policy, self._gateways)
        return None

    async def read(self, order_id: str) -> Read | None:
        """The order with this id, as it is now."""
        numbers = await self._known_numbers()
        found = await self._api.ask(queries.READ, True, id=order_id)
        node = found.one_or_none("order")
        return read_order(node, numbers, self._policy, self._gateways) if node else None

    async def of_customer(self, customer_id: str, limit: int) -> tuple[Read, ...]:
        """The newest orders of a customer, newest first."""
        if not (customer_id.isascii() and customer_id.isdigit()):
            return ()
        found = await self._api.ask(queries.OF_CUSTOMER, True, query=f"customer_id:{customer_id}", first=limit)
        reads = []
        # one after the other: all of them at once would ask for more than the bucket holds
        for node in found.one("orders").nodes():
            read = await self.read(node.text("id"))
            if read is not None and read.order.customer.id == customer_id:
                reads.append(read)
        return tuple(reads)

    async def _known_numbers(self) -> Numbers:
        async with self._lock:
            if self._numbers is None:
                shop: Node = (await self._api.ask(queries.SHOP, True)).one("shop")
                prefix, suffix = shop.text("orderNumberFormatPrefix"), shop.text("orderNumberFormatSuffix")
                self._numbers = Numbers(prefix, suffix)
            return self._numbers
