"""A WooCommerce that is away, slow, busy or talks nonsense gives no answer rather than a wrong one."""

import asyncio
import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from fake_woo import KEY, SECRET, FakeWoo, Fault, order
from shop_testing import run_action
from trusting import self_signed

from actions.shop.trouble import ShopTrouble
from actions.shop.woocommerce import client as client_module
from actions.shop.woocommerce.client import WooClient
from actions.shop.woocommerce.reader import OrderReader
from actions.shop.woocommerce.shop import WooShop

ONE = "GET wc/v3/orders/10723"
KNOWN = {"order_number": "10723", "order_contact": "amina@example.com"}


@pytest.fixture
def shop(reader: OrderReader) -> WooShop:
    return WooShop(reader)


@pytest.mark.parametrize("how", [429, 500, 502, 503, 504, "drop"])
async def test_reading_is_tried_again(woo: FakeWoo, shop: WooShop, how: int | str) -> None:
    woo.faults = [Fault(ONE, how, times=2)]
    assert await shop.find_order("10723") is not None
    assert woo.seen.count(ONE) == 3
    woo.faults = [Fault(ONE, how, times=99)]
    woo.seen.clear()
    with pytest.raises(ShopTrouble, match=ONE):
        await shop.find_order("10723")
    assert woo.seen.count(ONE) == 3


@pytest.mark.parametrize("how", [301, 400, 401, 403, 404, 418])
async def test_a_no_is_not_asked_again(woo: FakeWoo, shop: WooShop, how: int) -> None:
    woo.faults = [Fault(ONE, how, times=99, headers={"Location": "http://127.0.0.1:9/"} if how == 301 else {})]
    with pytest.raises(ShopTrouble, match=f"{ONE}: {how} something_broke"):
        await shop.find_order("10723")
    assert woo.seen.count(ONE) == 1


async def test_a_missing_page_is_no_missing_order(woo: FakeWoo, http: httpx.AsyncClient, reader: OrderReader) -> None:
    """The address is wrong, or WordPress has its permalinks off: no customer is to hear 'no such order' for that."""
    elsewhere = OrderReader(WooClient(f"{woo.url}/blog", KEY, SECRET, http), reader.reading)
    with pytest.raises(ShopTrouble, match="404 without a code"):
        await elsewhere.by_number("10723")


async def test_a_wrong_key_is_told_and_an_order_looks_no_different_then(
    woo: FakeWoo, http: httpx.AsyncClient, reader: OrderReader
) -> None:
    stranger = OrderReader(WooClient(woo.url, KEY, "cs_wrong", http), reader.reading)
    for number in ("10723", "99999"):
        with pytest.raises(ShopTrouble, match="401 woocommerce_rest_cannot_view"):
            await stranger.by_number(number)
    assert woo.strangers == len(woo.seen)


async def test_who_is_told_to_wait_waits_as_long(woo: FakeWoo, shop: WooShop) -> None:
    woo.faults = [Fault(ONE, 429, headers={"Retry-After": "1"})]
    began = time.monotonic()
    assert await shop.find_order("10723") is not None
    assert 1.0 <= time.monotonic() - began < 3


@pytest.mark.parametrize("as_time", [False, True])
async def test_who_is_told_to_wait_long_does_not(woo: FakeWoo, shop: WooShop, as_time: bool) -> None:
    later = format_datetime(datetime.now(UTC) + timedelta(minutes=2), usegmt=True) if as_time else "120"
    woo.faults = [Fault(ONE, 429, times=9, headers={"Retry-After": later})]
    began = time.monotonic()
    with pytest.raises(ShopTrouble, match="429"):
        await shop.find_order("10723")
    assert time.monotonic() - began < 1
    assert woo.seen.count(ONE) == 1


@pytest.mark.parametrize("told", ["soon", "-5", "", "Thu, 32 Nov 2026"])
async def test_what_is_no_time_to_wait_is_not_waited(woo: FakeWoo, shop: WooShop, told: str) -> None:
    woo.faults = [Fault(ONE, 503, headers={"Retry-After": told})]
    assert await shop.find_order("10723") is not None


async def test_a_slow_answer_is_not_waited_for(woo: FakeWoo, shop: WooShop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "READ_SECONDS", 0.1)
    woo.faults = [Fault(ONE, "late", seconds=0.5)]
    assert await shop.find_order("10723") is not None  # the second try is quick
    woo.faults = [Fault(ONE, "late", seconds=0.5, times=9)]
    with pytest.raises(ShopTrouble, match="Time"):
        await shop.find_order("10723")


async def test_nobody_there_is_trouble(http: httpx.AsyncClient, reader: OrderReader, woo: FakeWoo) -> None:
    await woo.stop()
    with pytest.raises(ShopTrouble, match="ConnectError"):
        await reader.by_number("10723")


@pytest.mark.parametrize(
    "words",
    [b"", b"<html>Briefly unavailable for scheduled maintenance.</html>", b'{"id": 10723', b"\xff\xfe", b"[" * 99999],
)
async def test_what_is_no_json_is_no_answer(woo: FakeWoo, shop: WooShop, words: bytes) -> None:
    woo.faults = [Fault(ONE, "say", times=9, words=words)]
    with pytest.raises(ShopTrouble, match="200, but no JSON"):
        await shop.find_order("10723")


def without(name: str) -> Callable[[Any], Any]:
    return lambda raw: {key: value for key, value in raw.items() if key != name}


def having(name: str, value: object) -> Callable[[Any], Any]:
    return lambda raw: {**raw, name: value}


REQUIRED = ("id", "number", "status", "currency", "date_created_gmt", "total", "shipping_total", "shipping_tax",
            "customer_id", "billing", "shipping", "line_items")  # fmt: skip
NONSENSE = [
    ("id", "10723"), ("id", True), ("id", -1), ("number", 10723), ("status", "teleported"), ("currency", "dollars"),
    ("date_created_gmt", "yesterday"), ("date_created_gmt", 0), ("total", 16.45), ("total", "NaN"), ("total", "-1.00"),
    ("total", "9e99"), ("total", "16,45"), ("customer_id", "26"), ("billing", []), ("shipping", None),
    ("line_items", {}), ("line_items", ["x"]), ("line_items", [{**order()["line_items"][0], "quantity": 0}]),
    ("line_items", [{**order()["line_items"][0], "quantity": "2"}]), ("payment_method", 5), ("date_paid_gmt", "never"),
    ("billing", {**order()["billing"], "email": 5}),
]  # fmt: skip


@pytest.mark.parametrize(
    "twist",
    [without(name) for name in REQUIRED] + [having(name, value) for name, value in NONSENSE] + [lambda raw: [raw]],
)
async def test_an_order_that_is_not_as_documented_is_no_answer(
    woo: FakeWoo, shop: WooShop, twist: Callable[[Any], Any]
) -> None:
    wrong = woo.orders.pop(10723)
    woo.faults = [
        Fault(ONE, "twist", times=9, twist=lambda _: twist(wrong)),
        Fault("GET wc/v3/orders", "twist", times=9, twist=lambda _: []),
    ]
    woo.orders[10723] = wrong
    with pytest.raises(ShopTrouble):
        await shop.find_order("10723")


@pytest.mark.parametrize(
    ("pattern", "answer"),
    [
        ("GET wc/v3/orders", {}),
        ("GET wc/v3/orders", ["x"]),
        (f"{ONE}/refunds", {}),
        (f"{ONE}/refunds", [{"id": 1}]),
        (f"{ONE}/refunds", [{"id": 1, "amount": "1.00", "date_created_gmt": None, "refunded_payment": True}]),
        (f"{ONE}/refunds", [{"id": 1, "amount": "1.00", "date_created_gmt": "2026-11-21T20:07:11"}]),
        (".*shipment-trackings", {"tracking_id": "x"}),
        (".*shipment-trackings", [{"tracking_id": "x", "tracking_number": 5}]),
    ],
)
async def test_lists_that_are_not_as_documented_are_no_answer(
    woo: FakeWoo, shop: WooShop, pattern: str, answer: object
) -> None:
    woo.faults = [Fault(pattern, "twist", times=9, twist=lambda _: answer)]
    with pytest.raises(ShopTrouble):
        await shop.find_order("10723")


async def test_the_customer_hears_it_and_goes_to_a_person(woo: FakeWoo, shop: WooShop) -> None:
    woo.faults = [Fault(ONE, 500, times=9)]
    said = await run_action(shop, "action_order_status", KNOWN)
    assert said.keys == ["shop_unavailable"]
    assert said.slots == {"handoff_reason": "shop_unavailable"}


async def test_a_found_order_is_told(woo: FakeWoo, shop: WooShop) -> None:
    said = await run_action(shop, "action_order_status", KNOWN)
    assert said.keys == ["order_status_processing"]
    assert (await run_action(shop, "action_order_status", {**KNOWN, "order_number": "99999"})).keys == [
        "order_no_match"
    ]
    other = {**KNOWN, "order_contact": "somebody@example.com"}
    assert (await run_action(shop, "action_order_status", other)).keys == ["order_no_match"]


async def test_the_log_says_what_is_the_matter_and_nothing_of_key_or_customer(
    woo: FakeWoo, shop: WooShop, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for fault in (Fault(ONE, 500, times=9), Fault(ONE, 401, times=9), Fault(ONE, "drop", times=9)):
        woo.faults = [fault]
        await run_action(shop, "action_order_status", KNOWN)
    woo.orders[10723]["total"] = "amina@example.com"
    woo.faults = []
    await run_action(shop, "action_order_status", KNOWN)
    ours = [record.getMessage() for record in caplog.records if record.name.startswith("actions")]
    assert "action_order_status: no answer from the shop: GET wc/v3/orders/10723: 500 something_broke" in ours
    assert "action_order_status: no answer from the shop: the shop's answer has no usable total" in ours
    for word in (KEY, SECRET, "amina", "Rahman", "1712", "Basic"):
        assert not any(word in record.getMessage() for record in caplog.records)


async def test_who_is_impatient_is_let_go_at_once(woo: FakeWoo, shop: WooShop) -> None:
    woo.faults = [Fault(ONE, "late", seconds=1)]
    began = time.monotonic()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await shop.find_order("10723")
    assert time.monotonic() - began < 0.5


async def test_a_certificate_that_is_not_believed_ends_it(
    http: httpx.AsyncClient, reader: OrderReader, tmp_path: Path
) -> None:
    heard: list[bytes] = []

    async def listen(said: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await said.read(100))
        writer.close()

    server = await asyncio.start_server(listen, "127.0.0.1", 0, ssl=self_signed(tmp_path))
    async with server:
        port = server.sockets[0].getsockname()[1]
        shop = OrderReader(WooClient(f"https://localhost:{port}", KEY, SECRET, http), reader.reading)
        with pytest.raises(ShopTrouble, match="ConnectError"):
            await shop.by_number("10723")
    assert b"".join(heard) == b""
