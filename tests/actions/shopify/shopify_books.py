"""The orders of the local Shopify, with what queries tell of them and what mutations make of them."""

import hashlib
import re
from collections import defaultdict
from decimal import Decimal
from pathlib import Path
from typing import Any

from graphql import GraphQLError, GraphQLResolveInfo, GraphQLSchema, build_schema
from graphql.execution import get_directive_values
from shopify_orders import Json, bag, gid

SCHEMA: GraphQLSchema = build_schema((Path(__file__).parent / "schema.graphql").read_text(encoding="utf-8"))
NOW = "2026-11-22T10:30:00Z"


class Books:
    """The orders by id. `declines` names the mutations that Shopify does not do; it cancels after so many looks."""

    def __init__(self) -> None:
        self.orders: dict[str, Json] = {}
        self.prefix, self.suffix = "#", ""
        self.looks_until_cancelled = 1
        self.declines: set[str] = set()
        self._jobs: dict[str, tuple[str, int]] = {}
        self._edits: dict[str, Json] = {}
        self._refund_keys: dict[str, Json] = {}
        self._next = 9000

    def put(self, order: Json) -> Json:
        self.orders[order["id"]] = order
        return order

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


def _restocking(line: Json) -> Json | None:
    fee = line.get("restockingFee")
    if not fee:
        return None
    kept = Decimal(20 * line["quantity"]) * Decimal(fee["percentage"]) / 100
    return {"id": gid("RestockingFee", 1), "amountSet": bag(str(kept))}
