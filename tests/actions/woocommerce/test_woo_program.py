"""The program opens the shop that its settings name, for the actions and for the desk."""

import httpx
import pytest
from fake_woo import KEY, SECRET, FakeWoo
from form_testing import Talk
from shop_testing import POLICY, ROOT, OwnShop
from sqlalchemy import select

from actions.shop import tables
from actions.shop.sql import SqlShop
from actions.shop.woocommerce.shop import WooShop
from app.order_panel import ShopOrders
from app.settings import Settings
from app.shops import open_shop
from bot.content.live import LiveWords


@pytest.fixture
def woo_settings(woo: FakeWoo) -> Settings:
    return Settings(
        shop="woocommerce",
        woocommerce_url=f"{woo.url}/",
        woocommerce_key=KEY,
        woocommerce_secret=SECRET,
        woocommerce_payments="shells=nagad",
        database_url="sqlite+aiosqlite:///unused.db",
    )


async def test_the_shop_of_the_settings_is_asked(
    woo_settings: Settings, woo: FakeWoo, own: OwnShop, http: httpx.AsyncClient
) -> None:
    woo.orders[10723]["payment_method"] = "shells"
    shop = open_shop(woo_settings, own.database, POLICY, http)
    assert isinstance(shop, WooShop)
    found = await shop.find_order("10723")
    assert found is not None and found.payments[0].method == "nagad"
    assert await shop.find_order("10003") is None  # the demo's


async def test_without_one_it_is_our_own(own: OwnShop, http: httpx.AsyncClient) -> None:
    shop = open_shop(Settings(shop="sql"), own.database, POLICY, http)
    assert isinstance(shop, SqlShop)
    found = await shop.find_order("10003")
    assert found is not None and await own.order("10003") == found


async def test_a_change_is_written_down_in_our_database(
    woo_settings: Settings, woo: FakeWoo, own: OwnShop, http: httpx.AsyncClient
) -> None:
    talk = Talk(open_shop(woo_settings, own.database, POLICY, http), own.codes)
    await talk.says("cancel", "cancel_order", order_number="10723", email="amina@example.com")
    await talk.says(own.letters.sent[-1].code)
    assert await talk.says("yes", "affirm") == ["cancelled"]
    async with own.database.read() as tx:
        assert await tx.scalar(select(tables.changes.c.reference)) == "C10723-1"


async def test_the_desk_shows_the_order(woo_settings: Settings, own: OwnShop, http: httpx.AsyncClient) -> None:
    shop = open_shop(woo_settings, own.database, POLICY, http)
    panel = ShopOrders(shop, POLICY.goodwill, LiveWords(ROOT / "data"), "Asia/Dhaka")
    shown = await panel.glimpse("10723")
    assert shown is not None
    assert (shown["number"], shown["state"], shown["customer"]) == ("10723", "processing", "Amina Rahman")
    assert shown["items"] == "2 × Woo Single #1 & Sleeve"
    assert await panel.glimpse("99999") is None
