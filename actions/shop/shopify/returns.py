"""Returns, as Shopify keeps them."""

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta

from actions.shop.backend import Money, Refund, Rejection, Return, ReturnItem, ReturnState
from actions.shop.policy import Policy
from actions.shop.shopify import states
from actions.shop.shopify.nodes import Node
from actions.shop.trouble import ShopTrouble

_NAME = re.compile(r".*-R(\d+)")


def returns_of(
    order: Node, number: str, refunds: Sequence[Refund], labels: Collection[str], policy: Policy
) -> tuple[tuple[Return, ...], Mapping[str, str]]:
    """The returns of an order, oldest first, and what was noted with each; those taken back are left out.

    `labels`: the numbers of those whose label went out through us.
    """
    found, notes = [], {}
    for node in order.page("returns"):
        if node.text("status") == "CANCELED":
            continue
        lines = _lines(node)
        back = next((refund for refund in refunds if refund.return_id == node.text("id")), None)
        name = _number(node.text("name"), number)
        note = " ".join(line.maybe("returnReasonNote") or "" for line in lines)
        state = _state(node.text("status"), back)
        if state is ReturnState.APPROVED and name in labels:
            state = ReturnState.LABEL_SENT
        # of a return that the shop's staff opened we know no label
        ours = any(word.startswith(f"C{number}-") for word in note.split())
        asked = node.moment("createdAt")
        declined = node.one_or_none("decline")
        rejection = states.rejection(declined.text("reason")) if declined else Rejection.NOT_RETURNABLE
        closed = node.moment("closedAt") if node.has("closedAt") else None
        found.append(
            Return(
                id=node.text("id"),
                order_id=order.text("id"),
                number=name,
                state=state,
                items=tuple(_item(line) for line in lines),
                amount=_amount(order, node, lines),
                requested_at=asked,
                changed_at=closed or (back.created_at if back else asked),
                label_valid_until=asked.date() + timedelta(days=policy.returns.label_days) if ours else None,
                rejection=rejection if state is ReturnState.REJECTED else None,
                refund=back,
                reason=states.reason(lines[0].text("returnReason")) if lines else None,
            )
        )
        notes[node.text("id")] = note
    return tuple(sorted(found, key=lambda one: one.requested_at)), notes


def returned_pieces(order: Node) -> Mapping[str, int]:
    """How many pieces of each line came back by returns, and were refunded."""
    pieces: Counter[str] = Counter()
    for node in order.page("returns"):
        for line in _lines(node):
            pieces[_line_item(line)] += line.whole("refundedQuantity")
    return pieces


def _lines(node: Node) -> list[Node]:
    # what came back without an order's line (another kind of line) has nothing of these
    return [line for line in node.page("returnLineItems") if line.has("id")]


def _item(line: Node) -> ReturnItem:
    return ReturnItem(line.text("id"), _line_item(line), line.whole("quantity"))


def _line_item(line: Node) -> str:
    return line.one("fulfillmentLineItem").one("lineItem").text("id")


def _state(word: str, refund: Refund | None) -> ReturnState:
    if word == "DECLINED":
        return ReturnState.REJECTED
    if refund is not None:
        return ReturnState.REFUNDED
    # Shopify does not say where an open return is
    known = {"REQUESTED": ReturnState.REQUESTED, "OPEN": ReturnState.APPROVED, "CLOSED": ReturnState.RECEIVED}
    if word not in known:
        raise ShopTrouble("an unknown status of a return")
    return known[word]


def _amount(order: Node, node: Node, lines: Sequence[Node]) -> Money:
    """What the pieces cost, less what the shop keeps for restocking and sending."""
    kept = [fee.money("amountSet").minor for fee in node.listed("returnShippingFees", 100)]
    kept += [fee.money("amountSet").minor for line in lines if (fee := line.one_or_none("restockingFee"))]
    worth = sum(line.money("withCodeDiscountedTotalPriceSet").minor for line in lines)
    return Money(max(0, worth - sum(kept)), order.text("presentmentCurrencyCode"))


def _number(name: str, order_number: str) -> str:
    """`#1001-R2` is R1001-2, the form in which customers hear and type it."""
    found = _NAME.fullmatch(name)
    return f"R{order_number}-{found[1]}" if found else name
