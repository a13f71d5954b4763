"""Shopify on the loopback: real HTTP, the GraphQL that it is asked checked against the schema, orders that change, and
whatever can go wrong on the way."""

import asyncio
import hashlib
import json
import re
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from aiohttp import web
from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLResolveInfo,
    GraphQLSchema,
    build_schema,
    execute_sync,
    parse,
    validate,
)
from graphql.execution import get_directive_values
from graphql.type import GraphQLObjectType, get_named_type
from shopify_costs import cost
from shopify_orders import Json, bag, gid

SCHEMA: GraphQLSchema = build_schema((Path(__file__).parent / "schema.graphql").read_text(encoding="utf-8"))
TOKEN = "shpat_secret_token"
CLIENT_ID, CLIENT_SECRET = "id-of-the-app", "shpss_secret_secret"
NOW = "2026-11-22T10:30:00Z"
MOST_POINTS = 1000


@dataclass(frozen=True)
class Trouble:
    """What happens to one request: `work` says whether it is carried out before."""

    work: bool = False
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = None
    drop: bool = False
    delay: float = 0.0
    spoil: Callable[[Json], Any] | None = None


DROPPED = Trouble(drop=True)
DROPPED_AFTER = Trouble(work=True, drop=True)
BROKEN = Trouble(status=500, body="<html>")
BROKEN_AFTER = Trouble(work=True, status=503, body="<html>")
THROTTLED = Trouble(
    body={
        "errors": [{"message": "Throttled", "extensions": {"code": "THROTTLED"}}],
        "extensions": {
            "cost": {
                "requestedQueryCost": 400,
                "actualQueryCost": None,
                "throttleStatus": {"maximumAvailable": 2000, "currentlyAvailable": 390, "restoreRate": 100},
            }
        },
    }
)


@dataclass
class Asked:
    """One request that arrived."""

    operation: str
    variables: Json
    token: str | None


class Shopify:
    """The orders by id, and what was asked."""

    def __init__(self) -> None:
        self.orders: dict[str, Json] = {}
        self.url = ""
        self.prefix, self.suffix = "#", ""
        self.asked: list[Asked] = []
        self.tokens = {TOKEN}
        self.fetched = 0
        self.troubles: defaultdict[str, deque[Trouble]] = defaultdict(deque)
        self.looks_until_cancelled = 1
        self.declines: set[str] = set()
        self.before: dict[str, Callable[[], None]] = {}
        self._jobs: dict[str, tuple[str, int]] = {}
        self._edits: dict[str, Json] = {}
        self._refund_keys: dict[str, Json] = {}
        self._next = 9000

    def put(self, order: Json) -> Json:
        self.orders[order["id"]] = order
        return order

    def trouble(self, operation: str, *troubles: Trouble) -> None:
        """The next requests of this operation go so."""
        self.troubles[operation].extend(troubles)

    def count(self, operation: str) -> int:
        return sum(one.operation == operation for one in self.asked)

    # --- HTTP

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_post("/admin/api/2026-07/graphql.json", self._graphql)
        app.router.add_post("/admin/oauth/access_token", self._token)
        return app

    async def _token(self, request: web.Request) -> web.Response:
        form = await request.post()
        if (form.get("client_id"), form.get("client_secret")) != (CLIENT_ID, CLIENT_SECRET):
            return web.json_response({"error": "invalid_client"}, status=400)
        assert form["grant_type"] == "client_credentials"
        self.fetched += 1
        token = f"shpat_of_the_day_{self.fetched}"
        self.tokens = {token}
        return web.json_response({"access_token": token, "scope": "write_orders", "expires_in": 86399})

    async def _graphql(self, request: web.Request) -> web.StreamResponse:
        asked = await request.json()
        document = _parsed(asked["query"])
        operation = document.definitions[0].name.value  # type: ignore[union-attr]
        token = request.headers.get("X-Shopify-Access-Token")
        self.asked.append(Asked(operation, asked["variables"], token))
        if token not in self.tokens:
            return web.json_response({"errors": "[API] Invalid API key or access token"}, status=401)
        waiting = self.troubles[operation]
        trouble = waiting.popleft() if waiting else Trouble(work=True)
        await asyncio.sleep(trouble.delay)
        answer = self._answer(asked, document, operation) if trouble.work or trouble.spoil else None
        if trouble.drop:
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        body = answer if trouble.body is None else trouble.body
        if trouble.spoil and answer is not None:
            body = trouble.spoil(answer)
        text = body if isinstance(body, str) else json.dumps(body)
        return web.Response(text=text, status=trouble.status, headers=trouble.headers, content_type="application/json")

    def _answer(self, asked: Json, document: Any, operation: str) -> Json:
        said = _mistakes(asked["query"], int(asked["variables"].get("first", 0)))
        if said:
            return {"errors": [{"message": one, "extensions": {"code": "undefinedField"}} for one in said]}
        if operation in self.before:
            self.before.pop(operation)()
        roots = {name: getattr(self, f"_{name}") for name in (*SCHEMA.query_type.fields, *SCHEMA.mutation_type.fields)}  # type: ignore[union-attr]
        result = execute_sync(
            SCHEMA,
            document,
            roots,
            variable_values=asked["variables"],
            field_resolver=_field,
            type_resolver=lambda value, *_: value["__typename"],
        )
        given: Json = {"data": result.data}  # type: ignore[union-attr]
        if result.errors:  # type: ignore[union-attr]
            given["errors"] = [error.formatted for error in result.errors]  # type: ignore[union-attr]
        return given

    # --- queries

    def _shop(self, _info: GraphQLResolveInfo) -> Json:
        return {"orderNumberFormatPrefix": self.prefix, "orderNumberFormatSuffix": self.suffix}

    def _order(self, _info: GraphQLResolveInfo, id: str) -> Json | None:
        return self.orders.get(id)

    def _orders(self, _info: GraphQLResolveInfo, query: str, first: int, **_: Any) -> list[Json]:
        by_name = re.fullmatch(r'name:"([^"]*)"', query)
        by_customer = re.fullmatch(r"customer_id:(\d+)", query)
        assert by_name or by_customer, query
        newest = sorted(self.orders.values(), key=lambda one: one["createdAt"], reverse=True)
        if by_customer:
            wanted = gid("Customer", by_customer[1])
            return [one for one in newest if one["customer"] and one["customer"]["id"] == wanted]
        # the real search finds what is alike, too
        assert by_name is not None
        return [one for one in newest if by_name[1].strip("#").lower() in one["name"].lower()]

    def _job(self, _info: GraphQLResolveInfo, id: str) -> Json:
        order_id, looks = self._jobs[id]
        self._jobs[id] = (order_id, looks - 1)
        if looks <= 1:
            self.cancel_now(order_id)
        return {"id": id, "done": looks <= 1}

    def _returnableFulfillments(self, _info: GraphQLResolveInfo, orderId: str, first: int) -> list[Json]:
        order = self.orders[orderId]
        gone: defaultdict[str, int] = defaultdict(int)
        for back in order["returns"]:
            for one in back["returnLineItems"]:
                gone[one["fulfillmentLineItem"]["id"]] += one["quantity"]
        lines = [
            {"quantity": each["quantity"] - gone[each["id"]], "fulfillmentLineItem": each}
            for each in order.get("sent", [])
            if each["quantity"] > gone[each["id"]]
        ]
        return [{"id": gid("ReturnableFulfillment", 1), "returnableFulfillmentLineItems": lines}] if lines else []

    # --- mutations

    def _metafieldsSet(self, _info: GraphQLResolveInfo, metafields: list[Json]) -> Json:
        (wanted,) = metafields
        order = self.orders[wanted["ownerId"]]
        assert (wanted["namespace"], wanted["key"], wanted["type"]) == ("shohay", "changes", "json")
        assert "compareDigest" in wanted
        there = order["metafield"]["compareDigest"] if order["metafield"] else None
        if wanted["compareDigest"] != there:
            error = {"field": ["metafields"], "message": "stale", "code": "STALE_OBJECT", "elementIndex": 0}
            return {"metafields": None, "userErrors": [error]}
        digest = hashlib.sha256(wanted["value"].encode()).hexdigest()
        order["metafield"] = {"value": wanted["value"], "compareDigest": digest}
        return {"metafields": [order["metafield"]], "userErrors": []}

    def _orderCancel(self, _info: GraphQLResolveInfo, orderId: str, **how: Any) -> Json:
        order = self.orders[orderId]
        assert how["refundMethod"] == {"originalPaymentMethodsRefund": True}
        assert how["restock"] is True
        if "orderCancel" in self.declines or order["cancelledAt"] or order["fulfillments"]:
            error = {"field": ["orderId"], "message": "cannot be cancelled", "code": "INVALID"}
            return {"job": None, "orderCancelUserErrors": [error]}
        job = gid("Job", self._new())
        if self.looks_until_cancelled == 0:
            self.cancel_now(orderId)
        self._jobs[job] = (orderId, self.looks_until_cancelled)
        return {"job": {"id": job, "done": self.looks_until_cancelled == 0}, "orderCancelUserErrors": []}

    def cancel_now(self, order_id: str) -> None:
        """What the job does."""
        order = self.orders[order_id]
        if order["cancelledAt"] or order["fulfillments"]:
            return
        order["cancelledAt"] = NOW
        for one in order["lineItems"]:
            one["currentQuantity"] = 0
        order["currentTotalPriceSet"] = bag("0.00", order["presentmentCurrencyCode"])
        back = defaultdict(Decimal)
        for one in order["transactions"]:
            if one["kind"] == "REFUND" and one["parentTransaction"] and one["status"] != "FAILURE":
                back[one["parentTransaction"]["id"]] += Decimal(one["amountSet"]["presentmentMoney"]["amount"])
        for one in list(order["transactions"]):
            left = Decimal(one["amountSet"]["presentmentMoney"]["amount"]) - back[one["id"]]
            if one["kind"] in ("SALE", "CAPTURE") and one["status"] == "SUCCESS" and left > 0:
                self._refund(order, one, str(left))
                order["displayFinancialStatus"] = "REFUNDED"
            elif one["kind"] == "SALE" and one["status"] == "PENDING":
                one["status"] = "FAILURE"

    def _orderUpdate(self, _info: GraphQLResolveInfo, input: Json) -> Json:
        order, to = self.orders[input["id"]], input["shippingAddress"]
        if "orderUpdate" in self.declines:
            return {"order": None, "userErrors": [{"field": ["province"], "message": "is wrong"}]}
        name = " ".join(part for part in (to.get("firstName"), to.get("lastName")) if part)
        order["shippingAddress"] = {
            "name": name, "address1": to.get("address1"), "address2": to.get("address2"), "city": to.get("city"),
            "zip": to.get("zip"), "countryCodeV2": to.get("countryCode"), "provinceCode": to.get("provinceCode"),
            "company": to.get("company"), "phone": to.get("phone"),
        }  # fmt: skip
        return {"order": order, "userErrors": []}

    def _orderEditBegin(self, _info: GraphQLResolveInfo, id: str) -> Json:
        order = self.orders[id]
        if "orderEditBegin" in self.declines or order["cancelledAt"] or order["fulfillments"]:
            return {"calculatedOrder": None, "userErrors": [{"field": ["id"], "message": "cannot be edited"}]}
        edit = gid("CalculatedOrder", self._new())
        self._edits[edit] = {"order": id, "wanted": {}}
        lines = [
            {"id": one["id"].replace("LineItem", "CalculatedLineItem"), "quantity": one["currentQuantity"]}
            for one in order["lineItems"]
        ]
        return {"calculatedOrder": {"id": edit, "lineItems": lines}, "userErrors": []}

    def _orderEditSetQuantity(
        self, _info: GraphQLResolveInfo, id: str, lineItemId: str, quantity: int, **_: Any
    ) -> Json:
        self._edits[id]["wanted"][lineItemId.replace("Calculated", "")] = quantity
        return {"calculatedOrder": None, "userErrors": []}

    def _orderEditCommit(self, _info: GraphQLResolveInfo, id: str, **_: Any) -> Json:
        edit = self._edits.pop(id)
        order, less = self.orders[edit["order"]], Decimal(0)
        for one in order["lineItems"]:
            wanted = edit["wanted"].get(one["id"], one["currentQuantity"])
            price = Decimal(one["discountedUnitPriceAfterAllDiscountsSet"]["presentmentMoney"]["amount"])
            less += price * (one["currentQuantity"] - wanted)
            one["quantity"] = max(one["quantity"], wanted)
            one["currentQuantity"] = wanted
        now = Decimal(order["currentTotalPriceSet"]["presentmentMoney"]["amount"]) - less
        order["currentTotalPriceSet"] = bag(str(now), order["presentmentCurrencyCode"])
        return {"order": order, "userErrors": []}

    def _refundCreate(self, info: GraphQLResolveInfo, input: Json) -> Json:
        directive = SCHEMA.get_directive("idempotent")
        assert directive is not None
        said = get_directive_values(directive, info.field_nodes[0], info.variable_values)
        if said is None:
            raise GraphQLError("@idempotent is required")
        name = said["key"]
        if name in self._refund_keys:
            return self._refund_keys[name]
        order = self.orders[input["orderId"]]
        assert input["currency"] == order["presentmentCurrencyCode"]
        if "refundCreate" in self.declines:
            return {"refund": None, "order": order, "userErrors": [{"field": ["input"], "message": "no"}]}
        for wanted in input["transactions"]:
            parent = next(one for one in order["transactions"] if one["id"] == wanted["parentId"])
            assert parent["kind"] in ("SALE", "CAPTURE")
            refund = self._refund(order, parent, wanted["amount"])
        order["displayFinancialStatus"] = "PARTIALLY_REFUNDED"
        self._refund_keys[name] = {"refund": refund, "order": order, "userErrors": []}
        return self._refund_keys[name]

    def _returnCreate(self, _info: GraphQLResolveInfo, returnInput: Json) -> Json:
        order = self.orders[returnInput["orderId"]]
        if "returnCreate" in self.declines:
            return {"return": None, "userErrors": [{"field": [], "message": "no", "code": "INVALID"}]}
        sent = {each["id"]: each for each in order["sent"]}
        fee = returnInput.get("returnShippingFee")
        fees = [{"id": gid("ReturnShippingFee", self._new()), "amountSet": bag(fee["amount"]["amount"])}] if fee else []
        lines = [
            {
                "__typename": "ReturnLineItem",
                "id": gid("ReturnLineItem", self._new()),
                "quantity": one["quantity"],
                "refundedQuantity": 0,
                "returnReason": one["returnReason"],
                "returnReasonNote": one["returnReasonNote"],
                "fulfillmentLineItem": sent[one["fulfillmentLineItemId"]],
                "withCodeDiscountedTotalPriceSet": bag(str(20 * one["quantity"])),
                "restockingFee": _restocking(one),
            }
            for one in returnInput["returnLineItems"]
        ]
        back = {
            "id": gid("Return", self._new()), "name": f"{order['name']}-R{len(order['returns']) + 1}",
            "status": "OPEN", "createdAt": NOW, "closedAt": None, "decline": None, "returnShippingFees": fees,
            "returnLineItems": lines,
        }  # fmt: skip
        order["returns"].append(back)
        return {"return": back, "userErrors": []}

    def _refund(self, order: Json, parent: Json, amount: str) -> Json:
        new = {
            **parent, "id": gid("OrderTransaction", self._new()), "kind": "REFUND", "status": "SUCCESS",
            "createdAt": NOW, "processedAt": NOW, "parentTransaction": parent,
            "amountSet": bag(amount, order["presentmentCurrencyCode"]),
        }  # fmt: skip
        order["transactions"].append(new)
        refund = {"id": gid("Refund", self._new()), "return": None, "transactions": [new]}
        order["refunds"].append(refund)
        return refund

    def _new(self) -> int:
        self._next += 1
        return self._next


@cache
def _parsed(query: str) -> DocumentNode:
    return parse(query)


@cache
def _mistakes(query: str, first: int) -> list[str]:
    """What Shopify would not even begin to do."""
    errors = validate(SCHEMA, _parsed(query))
    if errors:
        return [error.message for error in errors]
    points = cost(SCHEMA, _parsed(query), {"first": first})
    return [f"costs {points}"] if points > MOST_POINTS else []


def _restocking(line: Json) -> Json | None:
    fee = line.get("restockingFee")
    if not fee:
        return None
    kept = Decimal(20 * line["quantity"]) * Decimal(fee["percentage"]) / 100
    return {"id": gid("RestockingFee", 1), "amountSet": bag(str(kept))}


def _field(source: Any, info: GraphQLResolveInfo, **arguments: Any) -> Any:
    """A field of a JSON object; a list is cut as it was asked for, and a connection where the schema has one."""
    value = source.get(info.field_name)
    if callable(value):
        value = value(info, **arguments)
    if not isinstance(value, list):
        return value
    if arguments.get("reverse") and info.field_name == "events":
        value = value[::-1]
    first = arguments.get("first") or len(value)
    kind = get_named_type(info.return_type)
    if isinstance(kind, GraphQLObjectType) and kind.name.endswith("Connection"):
        return {"nodes": value[:first], "pageInfo": {"hasNextPage": len(value) > first, "endCursor": None}}
    return value[:first]
