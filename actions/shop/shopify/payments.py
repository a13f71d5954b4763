"""Payments and refunds, out of Shopify's transactions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from actions.shop.backend import Money, Payment, PaymentState, Refund, RefundState
from actions.shop.policy import Policy
from actions.shop.shopify import states
from actions.shop.shopify.gateways import Gateways, method
from actions.shop.shopify.nodes import Node

_HELD = ("AUTHORIZATION", "EMV_AUTHORIZATION")


@dataclass(frozen=True)
class Source:
    """A transaction that brought the shop money: `left` of it, in minor units, has not gone back yet. `manual`: Shopify
    only notes what goes back, and somebody has to send it."""

    id: str
    gateway: str
    left: int
    manual: bool


def payments_of(transactions: Sequence[Node], gateways: Gateways) -> tuple[Payment, ...]:
    """One payment for each sale or hold, oldest first. Of what is held, the shop has what it captured of it."""
    found = []
    for one in transactions:
        kind = one.text("kind")
        if kind != "SALE" and kind not in _HELD:
            continue
        state, amount = states.payment(one.text("status")), one.money("amountSet")
        if kind in _HELD and state is PaymentState.CAPTURED:
            state, amount = _what_became(one, transactions, amount)
        found.append(Payment(one.text("id"), method(one, gateways), state, amount, one.moment("createdAt")))
    return tuple(sorted(found, key=lambda payment: payment.created_at))


def refunds_of(
    transactions: Sequence[Node],
    refunds: Sequence[Node],
    payments: Sequence[Payment],
    policy: Policy,
    gateways: Gateways,
) -> tuple[Refund, ...]:
    """One refund for each payment that money goes back to, oldest first."""
    returns = {
        transaction.text("id"): back.text("id")
        for refund in refunds
        if (back := refund.one_or_none("return"))
        for transaction in refund.page("transactions")
    }
    found = []
    for one in transactions:
        if one.text("kind") != "REFUND":
            continue
        parent = one.one_or_none("parentTransaction")
        paid = next((payment for payment in payments if parent and payment.id == parent.text("id")), None)
        way, created = paid.method if paid else method(one, gateways), one.moment("createdAt")
        state = states.refund(one.text("status"))
        if state is RefundState.SENT and one.flag("manualPaymentGateway"):
            state = RefundState.PENDING  # whether somebody has sent it, Shopify does not know
        processed = one.moment("processedAt") if one.has("processedAt") else created
        found.append(
            Refund(
                id=one.text("id"),
                return_id=returns.get(one.text("id")),
                method=way,
                state=state,
                amount=one.money("amountSet"),
                created_at=created,
                expected_on=(created + timedelta(days=policy.refund_days[way])).date(),
                sent_at=processed if state is RefundState.SENT else None,
            )
        )
    return tuple(sorted(found, key=lambda refund: refund.created_at))


def sources_of(transactions: Sequence[Node]) -> tuple[Source, ...]:
    """Where money can go back to, oldest first."""
    found = []
    for one in sorted(transactions, key=lambda each: each.moment("createdAt")):
        if one.text("kind") in ("SALE", "CAPTURE") and one.text("status") == "SUCCESS":
            back = sum(
                each.money("amountSet").minor
                for each in transactions
                if each.text("kind") == "REFUND"
                and states.refund(each.text("status")) is not RefundState.FAILED
                and (parent := each.one_or_none("parentTransaction"))
                and parent.text("id") == one.text("id")
            )
            left = max(0, one.money("amountSet").minor - back)
            found.append(Source(one.text("id"), one.maybe("gateway") or "", left, one.flag("manualPaymentGateway")))
    return tuple(found)


def _what_became(held: Node, transactions: Sequence[Node], amount: Money) -> tuple[PaymentState, Money]:
    taken, let_go = 0, False
    for one in transactions:
        parent = one.one_or_none("parentTransaction")
        if parent and parent.text("id") == held.text("id") and one.text("status") == "SUCCESS":
            taken += one.money("amountSet").minor if one.text("kind") == "CAPTURE" else 0
            let_go |= one.text("kind") == "VOID"
    if taken:
        return PaymentState.CAPTURED, Money(taken, amount.currency)
    return PaymentState.VOIDED if let_go else PaymentState.PENDING, amount
