"""A WooCommerce of the test's own, and the real backend that asks it."""

from collections.abc import AsyncIterator, Callable

import httpx
import pytest
from fake_woo import KEY, SECRET, FakeWoo, order
from shop_testing import POLICY, OwnShop

from actions.shop.ledger import Ledger
from actions.shop.woocommerce import client as client_module
from actions.shop.woocommerce.client import WooClient
from actions.shop.woocommerce.orders import Reading
from actions.shop.woocommerce.reader import OrderReader
from actions.shop.woocommerce.shop import WooShop

MakeShop = Callable[..., WooShop]


@pytest.fixture
async def woo(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[FakeWoo]:
    """A WooCommerce with one paid order."""
    monkeypatch.setattr(client_module, "PAUSE_SECONDS", 0.01)
    made = FakeWoo()
    made.add(order())
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(trust_env=False) as client:
        yield client


@pytest.fixture
def reader(woo: FakeWoo, http: httpx.AsyncClient) -> OrderReader:
    return OrderReader(WooClient(woo.url, KEY, SECRET, http), Reading(POLICY, {}))


@pytest.fixture
def woo_shop(reader: OrderReader, own: OwnShop) -> WooShop:
    """The shop, which writes down its changes in a database of each kind."""
    return WooShop(reader, Ledger(own.writing))


@pytest.fixture
def woo_shop_sqlite(reader: OrderReader, own_sqlite: OwnShop) -> WooShop:
    return WooShop(reader, Ledger(own_sqlite.writing))
