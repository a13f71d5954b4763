"""The settings of a shop at Shopify: complete and plain, or a sentence that says what to write."""

import httpx
import pytest

from actions.shop.policy import Policy
from actions.shop.shopify.shop import ShopifyShop
from app.settings import ROOT, BadSettings, load
from app.shops import open_shop
from handoff.database import Database

APP = {"SHOHAY_SHOPIFY_CLIENT_ID": "abc", "SHOHAY_SHOPIFY_CLIENT_SECRET": "shpss_def"}


def name(monkeypatch: pytest.MonkeyPatch, **values: str) -> None:
    for key, value in values.items():
        monkeypatch.setenv(key, value)


@pytest.mark.parametrize(
    ("address", "host"),
    [
        ("nodi.myshopify.com", "nodi.myshopify.com"),
        ("https://nodi-2.myshopify.com/", "nodi-2.myshopify.com"),
    ],
)
async def test_the_shop_at_shopify_is_opened(monkeypatch: pytest.MonkeyPatch, address: str, host: str) -> None:
    name(monkeypatch, SHOHAY_SHOP="shopify", SHOHAY_SHOPIFY_SHOP=address, **APP)
    settings = load()
    assert settings.shopify_shop == host
    async with httpx.AsyncClient() as client:
        database = Database("sqlite+aiosqlite:///:memory:")
        shop = open_shop(settings, database, Policy.load(ROOT / "data" / "shop.yml"), client)
        await database.close()
    assert isinstance(shop, ShopifyShop)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({**APP}, "SHOHAY_SHOPIFY_SHOP: name the shop's own address"),
        ({"SHOHAY_SHOPIFY_SHOP": "http://nodi.myshopify.com", **APP}, "SHOHAY_SHOPIFY_SHOP: name"),
        ({"SHOHAY_SHOPIFY_SHOP": "nodi.example", **APP}, "SHOHAY_SHOPIFY_SHOP: name"),
        ({"SHOHAY_SHOPIFY_SHOP": "nodi.myshopify.com.evil.example", **APP}, "SHOHAY_SHOPIFY_SHOP: name"),
        ({"SHOHAY_SHOPIFY_SHOP": "evil.example/nodi.myshopify.com", **APP}, "SHOHAY_SHOPIFY_SHOP: name"),
        ({"SHOHAY_SHOPIFY_SHOP": "nodi.myshopify.com"}, "SHOHAY_SHOPIFY_TOKEN: set SHOHAY_SHOPIFY_CLIENT_ID"),
        (
            {"SHOHAY_SHOPIFY_SHOP": "nodi.myshopify.com", "SHOHAY_SHOPIFY_CLIENT_ID": "abc"},
            "SHOHAY_SHOPIFY_TOKEN: set SHOHAY_SHOPIFY_CLIENT_ID",
        ),
        (
            {"SHOHAY_SHOPIFY_SHOP": "nodi.myshopify.com", "SHOHAY_SHOPIFY_TOKEN": "shpat_x\nX-Evil: 1"},
            "SHOHAY_SHOPIFY_TOKEN: copy it",
        ),
    ],
)
def test_what_is_missing_or_wrong_is_said_without_the_secret(
    monkeypatch: pytest.MonkeyPatch, values: dict[str, str], said: str
) -> None:
    name(monkeypatch, SHOHAY_SHOP="shopify", **values)
    with pytest.raises(BadSettings) as wrong:
        load()
    assert said in str(wrong.value)
    assert "shpss" not in str(wrong.value)
    assert "Evil" not in str(wrong.value)


def test_the_settings_of_shopify_are_of_no_matter_elsewhere() -> None:
    assert load().shop == "sql"
