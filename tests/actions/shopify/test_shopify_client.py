"""Whatever goes wrong between Shopify and us ends in a whole answer or in one plain failure; secrets stay secret."""

import asyncio
import copy
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from graphql import parse, validate
from shop_testing import POLICY, OwnShop
from shopify_costs import cost
from shopify_local import (
    BROKEN,
    CLIENT_ID,
    CLIENT_SECRET,
    DROPPED,
    MOST_POINTS,
    SCHEMA,
    THROTTLED,
    TOKEN,
    Shopify,
    Trouble,
)
from shopify_orders import order

from actions.shop.shopify import client as client_module
from actions.shop.shopify import gateways, queries
from actions.shop.shopify.credentials import ClientCredentials, FixedToken
from actions.shop.shopify.shop import ShopifyShop, shopify_shop
from actions.shop.trouble import ShopTrouble

DOCUMENTS = {name: text for name, text in vars(queries).items() if isinstance(text, str) and "{" in text}
WHOLE = {name: text for name, text in DOCUMENTS.items() if name not in ("ORDER_PARTS", "__doc__")}


@pytest.mark.parametrize("name", WHOLE)
def test_all_that_is_asked_is_in_the_schema_and_costs_less_than_shopify_refuses(name: str) -> None:
    document = parse(WHOLE[name])
    assert validate(SCHEMA, document) == []
    assert cost(SCHEMA, document, {"first": 20}) < MOST_POINTS * 3 / 4


def test_a_misspelt_field_would_be_seen() -> None:
    assert validate(SCHEMA, parse(queries.FIND.replace("cancelledAt", "canceledAt")))


async def test_the_token_goes_in_its_header_and_nowhere_else(shopify: Shopify, shop: ShopifyShop) -> None:
    shopify.put(order())
    await shop.find_order("1001")
    assert {one.token for one in shopify.asked} == {TOKEN}
    assert TOKEN not in str([one.variables for one in shopify.asked])


@pytest.mark.parametrize(
    "trouble",
    [
        DROPPED,
        BROKEN,
        THROTTLED,
        Trouble(status=429, headers={"Retry-After": "0.2"}, body="slow down"),
        Trouble(status=502, body=""),
        Trouble(body={"errors": [{"message": "Throttled"}]}),
        Trouble(body={"errors": [{"message": "x", "extensions": {"code": "INTERNAL_SERVER_ERROR"}}]}),
    ],
)
async def test_what_passes_is_asked_again(shopify: Shopify, shop: ShopifyShop, trouble: Trouble) -> None:
    shopify.put(order())
    shopify.trouble("Find", trouble)
    assert await shop.find_order("1001") is not None
    assert shopify.count("Find") == 2


async def test_it_waits_as_long_as_shopify_says(shopify: Shopify, shop: ShopifyShop) -> None:
    shopify.put(order())
    await shop.find_order("1001")
    for trouble, seconds in [
        (Trouble(status=429, headers={"Retry-After": "0.7"}, body=""), 0.7),
        (THROTTLED, 0.1),
    ]:
        shopify.trouble("Find", trouble)
        began = asyncio.get_running_loop().time()
        await shop.find_order("1001")
        assert seconds <= asyncio.get_running_loop().time() - began < seconds + 0.4


async def test_it_gives_up_after_three_tries(shopify: Shopify, shop: ShopifyShop) -> None:
    shopify.put(order())
    shopify.trouble("Find", *[BROKEN] * 10)
    with pytest.raises(ShopTrouble, match="HTTP 500"):
        await shop.find_order("1001")
    assert shopify.count("Find") == 3


async def test_a_customer_does_not_wait_for_long(shopify: Shopify, shop: ShopifyShop) -> None:
    shopify.put(order())
    shopify.trouble("Find", Trouble(status=429, headers={"Retry-After": "30"}, body=""))
    with pytest.raises(ShopTrouble, match="429"):
        await asyncio.wait_for(shop.find_order("1001"), 1)


async def test_a_shop_that_is_silent_is_not_waited_for(
    shopify: Shopify, shop: ShopifyShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_module, "TIMEOUT", httpx.Timeout(0.1))
    shopify.put(order())
    shopify.trouble("Find", *[Trouble(work=True, delay=0.4)] * 3)
    with pytest.raises(ShopTrouble, match="ReadTimeout"):
        await shop.find_order("1001")


async def test_a_shop_that_is_not_there_fails(client: httpx.AsyncClient, own_sqlite: OwnShop) -> None:
    nowhere = shopify_shop("http://127.0.0.1:9", FixedToken(TOKEN), POLICY, own_sqlite.writing, client)
    with pytest.raises(ShopTrouble, match="ConnectError"):
        await nowhere.find_order("1001")


def without(*path: Any) -> Callable[[Any], Any]:
    """The answer without one thing."""
    return put(None, *path)


def put(value: Any, *path: Any) -> Callable[[Any], Any]:
    def spoil(answer: Any) -> Any:
        answer = copy.deepcopy(answer)
        inner = answer
        for step in path[:-1]:
            inner = inner[step]
        inner[path[-1]] = value
        return answer

    return spoil


NODE = ("data", "orders", "nodes", 0)


@pytest.mark.parametrize(
    "trouble",
    [
        Trouble(body="<html>Maintenance</html>"),
        Trouble(body=""),
        Trouble(body=[]),
        Trouble(body={}),
        Trouble(body={"data": None}),
        Trouble(body={"data": {"orders": None}}),
        Trouble(status=404, body="Not Found"),
        Trouble(status=402, body="{}"),
        Trouble(status=301, headers={"Location": "https://elsewhere.example/"}, body=""),
        Trouble(body={"errors": "nonsense"}),
        Trouble(body={"errors": [{"message": "x", "extensions": {"code": "ACCESS_DENIED"}}], "data": None}),
        # part of the data beside an error
        Trouble(spoil=lambda answer: {**answer, "errors": [{"message": "no access", "path": ["orders"]}]}),
        Trouble(spoil=without(*NODE, "createdAt")),
        Trouble(spoil=put("yesterday", *NODE, "createdAt")),
        Trouble(spoil=put("2026-11-20T09:15:00", *NODE, "createdAt")),
        Trouble(spoil=put("SHIPPED_MAYBE", *NODE, "displayFulfillmentStatus")),
        Trouble(spoil=put("OWED", *NODE, "displayFinancialStatus")),
        Trouble(spoil=put("a lot", *NODE, "totalPriceSet", "presentmentMoney", "amount")),
        Trouble(spoil=put("-5.00", *NODE, "totalPriceSet", "presentmentMoney", "amount")),
        Trouble(spoil=put("NaN", *NODE, "totalPriceSet", "presentmentMoney", "amount")),
        Trouble(spoil=put(72, *NODE, "totalPriceSet", "presentmentMoney", "amount")),
        Trouble(spoil=put("2", *NODE, "lineItems", "nodes", 0, "currentQuantity")),
        Trouble(spoil=put(True, *NODE, "lineItems", "nodes", 0, "currentQuantity")),
        Trouble(spoil=put("GIFT", *NODE, "transactions", 0, "status")),
        Trouble(spoil=without(*NODE, "lineItems")),
        Trouble(spoil=put({}, *NODE, "transactions")),
        Trouble(spoil=put({"value": "no JSON", "compareDigest": "x"}, *NODE, "metafield")),
        Trouble(spoil=put({"value": '{"changes": [{}]}', "compareDigest": "x"}, *NODE, "metafield")),
        Trouble(spoil=put([None], "data", "orders", "nodes")),
    ],
)
async def test_nonsense_is_a_failure_and_never_an_answer(shopify: Shopify, shop: ShopifyShop, trouble: Trouble) -> None:
    shopify.put(order())
    shopify.trouble("Find", trouble)
    with pytest.raises(ShopTrouble):
        await shop.find_order("1001")
    assert shopify.count("Find") == 1


async def test_neither_tokens_nor_customers_are_in_any_log_or_failure(
    shopify: Shopify, shop: ShopifyShop, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    shopify.put(order())
    said = []
    quoting = {"errors": [{"message": f"{TOKEN} amina@example.com 1001"}]}
    for trouble in (
        BROKEN,
        DROPPED,
        Trouble(status=403, body=f"{TOKEN} amina@example.com"),
        Trouble(body=quoting),
        Trouble(spoil=put("amina@example.com", *NODE, "createdAt")),
        Trouble(spoil=put("amina@example.com", *NODE, "displayFulfillmentStatus")),
        Trouble(spoil=put("amina@example.com", *NODE, "transactions", 0, "status")),
    ):
        shopify.trouble("Find", *[trouble] * 3)
        with pytest.raises(ShopTrouble) as failed:
            await shop.find_order("1001")
        said.append(str(failed.value))
        shopify.troubles.clear()
    shopify.tokens.clear()
    with pytest.raises(ShopTrouble, match="HTTP 401") as failed:
        await shop.find_order("1001")
    everything = " ".join([*said, str(failed.value), caplog.text]).lower()
    assert TOKEN not in everything
    assert "amina" not in everything


async def test_a_later_version_that_answers_instead_is_told_once(
    shopify: Shopify, shop: ShopifyShop, caplog: pytest.LogCaptureFixture
) -> None:
    shopify.put(order())
    later = Trouble(spoil=lambda answer: answer, headers={"X-Shopify-API-Version": "2027-07"})
    shopify.trouble("Find", later, later)
    await shop.find_order("1001")
    await shop.find_order("1001")
    assert caplog.text.count("version 2027-07") == 1


@pytest.fixture
def app_shop(shopify: Shopify, client: httpx.AsyncClient, own_sqlite: OwnShop) -> ShopifyShop:
    """The shop of an app that fetches its tokens."""
    credentials = ClientCredentials(shopify.url, CLIENT_ID, CLIENT_SECRET)
    return shopify_shop(shopify.url, credentials, POLICY, own_sqlite.writing, client)


async def test_an_app_fetches_its_token_once_a_day(
    shopify: Shopify, app_shop: ShopifyShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shopify.put(order())
    await asyncio.gather(*(app_shop.find_order("1001") for _ in range(5)))
    assert shopify.fetched == 1
    clock = asyncio.get_running_loop().time() + 90_000
    monkeypatch.setattr("actions.shop.shopify.credentials.time.monotonic", lambda: clock)
    assert await app_shop.find_order("1001") is not None
    assert shopify.fetched == 2


async def test_a_token_that_was_taken_away_is_fetched_anew(shopify: Shopify, app_shop: ShopifyShop) -> None:
    shopify.put(order())
    await app_shop.find_order("1001")
    shopify.tokens = {"another"}
    assert await app_shop.find_order("1001") is not None
    assert shopify.fetched == 2


async def test_a_wrong_secret_fails_without_telling_it(
    shopify: Shopify, client: httpx.AsyncClient, own_sqlite: OwnShop
) -> None:
    wrong = ClientCredentials(shopify.url, CLIENT_ID, "shpss_wrong")
    with pytest.raises(ShopTrouble, match="no token: HTTP 400") as failed:
        await shopify_shop(shopify.url, wrong, POLICY, own_sqlite.writing, client).find_order("1001")
    assert "shpss" not in str(failed.value)


def test_the_page_names_every_gateway_that_is_known_and_each_limit() -> None:
    page = (Path(__file__).parents[3] / "docs" / "shopify.md").read_text(encoding="utf-8")
    assert {name for name in gateways._KNOWN if f"`{name}`" not in page} == set()
    limits = (30, queries.PARCELS - 1, queries.TRANSACTIONS - 1, queries.REFUNDS - 1, 4, 6)
    said = "more than {} lines, {} parcels, {} transactions, {} refunds, or {} returns of {} lines".format(*limits)
    assert said in page
    assert f"version {client_module.VERSION}" in page
