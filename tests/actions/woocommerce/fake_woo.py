"""A WooCommerce on the loopback, as its documentation and its source describe the REST API v3; it can misbehave.

What is asked of it must be as documented: a parameter or field that the API does not have is answered with 400.
"""

import asyncio
import base64
import copy
import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from aiohttp import web

KEY, SECRET = "ck_only_for_tests", "cs_only_for_tests"
Raw = dict[str, Any]

_LISTED = {"search", "customer", "per_page", "page", "orderby", "order", "status", "include"}
_WRITABLE = {"status", "shipping", "billing", "meta_data", "line_items", "customer_note"}
_REFUND = {"amount", "reason", "api_refund", "api_restock", "line_items", "meta_data"}
_ADDRESS = {"first_name", "last_name", "company", "address_1", "address_2", "city", "state", "postcode", "country"}


def order(id_: int = 10723, **values: Any) -> Raw:
    """An order paid by card that is being packed, as the documentation's example has it."""
    address = {
        "first_name": "Amina",
        "last_name": "Rahman",
        "company": "",
        "address_1": "House 5, Road 3",
        "address_2": "Flat B2",
        "city": "Dhaka",
        "state": "",
        "postcode": "1213",
        "country": "BD",
    }
    line = {
        "id": 315,
        "name": "Woo Single #1 &amp; Sleeve",
        "product_id": 93,
        "variation_id": 0,
        "quantity": 2,
        "tax_class": "",
        "subtotal": "6.00",
        "subtotal_tax": "0.45",
        "total": "6.00",
        "total_tax": "0.45",
        "taxes": [{"id": 75, "total": "0.45", "subtotal": "0.45"}],
        "meta_data": [],
        "sku": "WS-1",
        "price": 3,
    }
    made = {
        "id": id_,
        "parent_id": 0,
        "number": str(id_),
        "order_key": "wc_order_58d2d042d1d",
        "created_via": "checkout",
        "version": "9.8.0",
        "status": "processing",
        "currency": "USD",
        "date_created": "2026-11-20T16:28:02",
        "date_created_gmt": "2026-11-20T10:28:02",
        "date_modified_gmt": "2026-11-20T10:28:08",
        "discount_total": "0.00",
        "discount_tax": "0.00",
        "shipping_total": "10.00",
        "shipping_tax": "0.00",
        "cart_tax": "0.45",
        "total": "16.45",
        "total_tax": "0.45",
        "prices_include_tax": False,
        "customer_id": 26,
        "customer_note": "",
        "billing": {**address, "email": "Amina@Example.com", "phone": "01712-345678"},
        "shipping": {**address, "phone": ""},
        "payment_method": "stripe",
        "payment_method_title": "Credit Card (Stripe)",
        "transaction_id": "ch_1",
        "date_paid_gmt": "2026-11-20T10:28:08",
        "date_completed_gmt": None,
        "cart_hash": "",
        "meta_data": [],
        "line_items": [line],
        "tax_lines": [],
        "shipping_lines": [],
        "fee_lines": [],
        "coupon_lines": [],
        "refunds": [],
    }
    return {**made, **values}


@dataclass
class Fault:
    """What goes wrong with requests whose method and path fit: `times` of them, `after` so many that go well.

    `how`: a status to answer with; "late", by `seconds`; "drop" the connection before doing anything, or "drop after"
    it is done; "say" `words`; or "twist" the answer by a function.
    """

    pattern: str
    how: int | str
    times: int = 1
    after: int = 0
    seconds: float = 0.0
    words: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    twist: Callable[[Any], Any] = lambda answer: answer


@dataclass
class FakeWoo:
    """The shop. `money` is what its payment provider sent back, by order; `stock` what lies on the shelf."""

    url: str = ""
    orders: dict[int, Raw] = field(default_factory=dict)
    refunds: dict[int, list[Raw]] = field(default_factory=dict)
    parcels: dict[int, list[Raw]] = field(default_factory=dict)
    gateways: dict[str, list[str]] = field(default_factory=lambda: {"stripe": ["products", "refunds"], "bacs": []})
    has_tracking: bool = True
    provider_says_no: bool = False
    # the tax on every order, by the city it goes to
    taxes: dict[str, str] = field(default_factory=dict)
    money: list[tuple[int, str]] = field(default_factory=list)
    stock: int = 8
    faults: list[Fault] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)
    bodies: list[Raw] = field(default_factory=list)
    strangers: int = 0
    _runner: web.AppRunner | None = None
    _next: int = 900

    def add(self, raw: Raw) -> Raw:
        self.orders[raw["id"]] = raw
        return raw

    def everything(self) -> tuple[Any, ...]:
        """All that the shop has, to compare."""
        return copy.deepcopy((self.orders, self.refunds, self.money, self.stock))

    def changes(self) -> list[str]:
        """The requests that change something."""
        return [one for one in self.seen if not one.startswith("GET")]

    async def start(self) -> None:
        app = web.Application(middlewares=[self._around])
        api, tracking = "/wp-json/wc/v3", "/wp-json/wc-shipment-tracking/v3"
        app.router.add_get(f"{api}/orders", self._list)
        app.router.add_get(f"{api}/orders/{{id}}", self._get)
        app.router.add_put(f"{api}/orders/{{id}}", self._put)
        app.router.add_get(f"{api}/orders/{{id}}/refunds", self._list_refunds)
        app.router.add_post(f"{api}/orders/{{id}}/refunds", self._refund)
        app.router.add_get(f"{api}/payment_gateways/{{id}}", self._gateway)
        app.router.add_get(f"{tracking}/orders/{{id}}/shipment-trackings", self._parcels)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        port = self._runner.addresses[0][1]
        self.url = f"http://127.0.0.1:{port}"

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    @web.middleware
    async def _around(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        what = f"{request.method} {request.path.removeprefix('/wp-json/')}"
        self.seen.append(what)
        if request.method in ("PUT", "POST"):
            self.bodies.append(await request.json())
        signed = base64.b64encode(f"{KEY}:{SECRET}".encode()).decode()
        if request.headers.get("Authorization") != f"Basic {signed}":
            self.strangers += 1
            return _wrong(401, "woocommerce_rest_cannot_view", "Sorry, you cannot view this resource.")
        fault = self._fault(what)
        if fault is None:
            return await _answered(handler, request)
        if isinstance(fault.how, int):
            return _wrong(fault.how, "something_broke", "For amina@example.com", fault.headers)
        if fault.how == "late":
            await asyncio.sleep(fault.seconds)
        if fault.how == "say":
            return web.Response(body=fault.words, content_type="text/html")
        if fault.how == "drop":
            return _dropped(request)
        answer = await _answered(handler, request)
        if fault.how == "drop after":
            return _dropped(request)
        if fault.how == "twist":
            assert isinstance(answer, web.Response) and isinstance(answer.body, bytes)
            return web.json_response(fault.twist(json.loads(answer.body)), status=answer.status)
        return answer

    def _fault(self, what: str) -> Fault | None:
        for fault in self.faults:
            if re.fullmatch(fault.pattern, what):
                if fault.after:
                    fault.after -= 1
                elif fault.times:
                    fault.times -= 1
                    return fault
        return None

    async def _list(self, request: web.Request) -> web.Response:
        asked = dict(request.query)
        if not set(asked) <= _LISTED:
            return _wrong(400, "rest_invalid_param", "Invalid parameter(s)")
        found = list(self.orders.values())
        if "search" in asked:
            word = asked["search"].casefold()
            found = [
                raw
                for raw in found
                if word == str(raw["id"]) or word in raw["number"].casefold() or word in str(raw["billing"]).casefold()
            ]
        if "customer" in asked:
            found = [raw for raw in found if str(raw["customer_id"]) == asked["customer"]]
        found.sort(key=lambda raw: (raw["date_created_gmt"], raw["id"]), reverse=asked.get("order", "desc") == "desc")
        return web.json_response(found[: int(asked.get("per_page", 10))])

    async def _get(self, request: web.Request) -> web.Response:
        return web.json_response(self._order(request))

    async def _put(self, request: web.Request) -> web.Response:
        raw, body = self._order(request), await request.json()
        if not set(body) <= _WRITABLE or not set(body.get("shipping", {})) <= _ADDRESS:
            return _wrong(400, "rest_invalid_param", "Invalid parameter(s)")
        if "shipping" in body:
            raw["shipping"] |= {name: " ".join(value.split()) for name, value in body["shipping"].items()}
            tax = Decimal(self.taxes.get(raw["shipping"]["city"], raw["total_tax"]))
            raw["total"] = str(Decimal(raw["total"]) - Decimal(raw["total_tax"]) + tax)
            raw["total_tax"] = str(tax)
        for meta in body.get("meta_data", []):
            kept = [one for one in raw["meta_data"] if one["key"] != meta["key"]]
            raw["meta_data"] = [*kept, {"id": self._id(), **meta}]
        if body.get("status", raw["status"]) != raw["status"]:
            raw["status"] = body["status"]
            if body["status"] == "cancelled":
                self.stock += sum(line["quantity"] for line in raw["line_items"])
        return web.json_response(raw)

    async def _list_refunds(self, request: web.Request) -> web.Response:
        return web.json_response(list(reversed(self.refunds.get(self._order(request)["id"], []))))

    async def _refund(self, request: web.Request) -> web.Response:
        raw, body = self._order(request), await request.json()
        if not set(body) <= _REFUND:
            return _wrong(400, "rest_invalid_param", "Invalid parameter(s)")
        made = self.refunds.setdefault(raw["id"], [])
        left = Decimal(raw["total"]) - sum(Decimal(one["amount"]) for one in made)
        by_provider = body.get("api_refund", True)
        able = "refunds" in self.gateways.get(raw["payment_method"], [])
        amount = Decimal(body["amount"])
        if amount > left or (by_provider and (not able or self.provider_says_no)):
            return _wrong(500, "woocommerce_rest_cannot_create_order_refund", "Invalid refund amount.")
        refund = {
            "id": self._id(),
            "date_created": "2026-11-22T16:00:00",
            "date_created_gmt": "2026-11-22T10:00:00",
            "amount": f"{amount:.2f}",
            "reason": body.get("reason", ""),
            "refunded_by": 1,
            "refunded_payment": by_provider,
            "meta_data": [],
            "line_items": [],
        }
        made.append(refund)
        if by_provider:
            self.money.append((raw["id"], refund["amount"]))
        if amount == left:
            raw["status"] = "refunded"
        return web.json_response(refund, status=201)

    async def _gateway(self, request: web.Request) -> web.Response:
        id_ = request.match_info["id"]
        if id_ not in self.gateways:
            return _wrong(404, "woocommerce_rest_payment_gateway_invalid", "Resource does not exist.")
        return web.json_response({"id": id_, "enabled": True, "method_supports": self.gateways[id_]})

    async def _parcels(self, request: web.Request) -> web.Response:
        if not self.has_tracking:
            return _wrong(404, "rest_no_route", "No route was found matching the URL and request method.")
        return web.json_response(self.parcels.get(self._order(request)["id"], []))

    def _order(self, request: web.Request) -> Raw:
        id_ = request.match_info["id"]
        if not id_.isdecimal() or int(id_) not in self.orders:
            answer = _wrong(404, "woocommerce_rest_shop_order_invalid_id", "Invalid ID.")
            raise web.HTTPNotFound(text=answer.text, content_type="application/json")
        return self.orders[int(id_)]

    def _id(self) -> int:
        self._next += 1
        return self._next


async def _answered(
    handler: Callable[[web.Request], Awaitable[web.StreamResponse]], request: web.Request
) -> web.StreamResponse:
    try:
        return await handler(request)
    except web.HTTPException as answer:
        return web.Response(text=answer.text, status=answer.status, content_type="application/json")


def _wrong(status: int, code: str, message: str, headers: dict[str, str] | None = None) -> web.Response:
    body = {"code": code, "message": message, "data": {"status": status}}
    return web.json_response(body, status=status, headers=headers)


def _dropped(request: web.Request) -> web.Response:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()
