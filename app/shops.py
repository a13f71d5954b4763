"""Where the orders are: the shop system that the settings name."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

import httpx
from sqlalchemy.ext.asyncio import AsyncConnection

from actions.shop.backend import ShopBackend
from actions.shop.ledger import Ledger
from actions.shop.policy import Policy
from actions.shop.shopify.credentials import ClientCredentials, Credentials, FixedToken
from actions.shop.shopify.shop import shopify_shop
from actions.shop.sql import SqlShop, Writing
from actions.shop.woocommerce.client import WooClient
from actions.shop.woocommerce.orders import Reading
from actions.shop.woocommerce.payments import parse
from actions.shop.woocommerce.reader import OrderReader
from actions.shop.woocommerce.shop import WooShop
from app.settings import Settings
from handoff.database import Database


def open_shop(settings: Settings, database: Database, policy: Policy, client: httpx.AsyncClient) -> ShopBackend:
    """The shop, which asks over `client` where it is elsewhere; what it changes is written down in `database`."""
    if settings.shop == "woocommerce":
        asking = WooClient(settings.woocommerce_url, settings.woocommerce_key, settings.woocommerce_secret, client)
        reading = Reading(policy, parse(settings.woocommerce_payments))
        return WooShop(OrderReader(asking, reading), Ledger(writing(database)))
    if settings.shop == "shopify":
        url = f"https://{settings.shopify_shop}"
        gateways = parse(settings.shopify_payments)
        credentials = _shopify_credentials(settings, url)
        return shopify_shop(url, credentials, policy, writing(database), client, gateways)
    return SqlShop(database.engine, policy, writing(database))


def _shopify_credentials(settings: Settings, url: str) -> Credentials:
    if settings.shopify_token:
        return FixedToken(settings.shopify_token)
    return ClientCredentials(url, settings.shopify_client_id, settings.shopify_client_secret)


def writing(database: Database) -> Writing:
    """Opens transactions that write as everything else in the program does."""

    @contextlib.asynccontextmanager
    async def opened() -> AsyncIterator[AsyncConnection]:
        async with database.write() as tx:
            yield tx.connection

    return opened
