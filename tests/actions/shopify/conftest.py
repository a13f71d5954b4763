"""A shop at Shopify to test against, on the loopback."""

from collections.abc import AsyncIterator

import httpx
import pytest
from aiohttp import web
from shop_testing import POLICY, OwnShop
from shopify_local import TOKEN, Shopify

from actions.shop.shopify.credentials import FixedToken
from actions.shop.shopify.shop import ShopifyShop, shopify_shop


@pytest.fixture
async def shopify() -> AsyncIterator[Shopify]:
    """The orders at Shopify; none at first."""
    local = Shopify()
    runner = web.AppRunner(local.app())
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    assert site._server is not None
    local.url = f"http://127.0.0.1:{site._server.sockets[0].getsockname()[1]}"
    yield local
    await runner.cleanup()


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient() as opened:
        yield opened


@pytest.fixture
def shop(shopify: Shopify, client: httpx.AsyncClient, own_sqlite: OwnShop) -> ShopifyShop:
    """That shop as the actions see it, with what is written down in SQLite."""
    return shopify_shop(shopify.url, FixedToken(TOKEN), POLICY, own_sqlite.writing, client)


@pytest.fixture
def shop_on_both(shopify: Shopify, client: httpx.AsyncClient, own: OwnShop) -> ShopifyShop:
    """The same, once on each database."""
    return shopify_shop(shopify.url, FixedToken(TOKEN), POLICY, own.writing, client)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses that nobody looks at are short."""
    monkeypatch.setattr("actions.shop.shopify.client._PAUSE_SECONDS", 0.01)
    monkeypatch.setattr("actions.shop.shopify.cancel._PAUSE_SECONDS", 0.01)
