"""What an order's payments say: what the shop has, what it has too much of, what is only held."""

from collections.abc import Sequence

from actions.shop.backend import (
    ClaimKind,
    Money,
    Order,
    OrderState,
    Payment,
    PaymentMethod,
    PaymentState,
    Refund,
    RefundState,
)

# once it is one of these there is nothing left to pay another way
_OVER = {OrderState.CANCELLED, OrderState.RETURNED, OrderState.LOST}


def of_state(order: Order, state: PaymentState) -> Sequence[Payment]:
    """The payments in this state, oldest first."""
    return [payment for payment in order.payments if payment.state is state]


def gone_back(order: Order) -> int:
    """Minor units that went back or are on their way."""
    return sum(refund.amount.minor for refund in _going_back(order))


def held(order: Order) -> int:
    """Minor units of the order's money that the shop has."""
    return max(0, sum(one.amount.minor for one in of_state(order, PaymentState.CAPTURED)) - gone_back(order))


def surplus(order: Order) -> Money:
    """What was taken beyond the order's total and has not gone back; what went back for returned items, or for what was
    wrong with the order, was a part of its total."""
    taken = sum(one.amount.minor for one in of_state(order, PaymentState.CAPTURED))
    double = {claim.id for claim in order.claims if claim.kind is ClaimKind.DOUBLE_CHARGED}
    of_the_total = [one for one in _going_back(order) if one.return_id or (one.claim_id and one.claim_id not in double)]
    too_much = taken - order.total.minor - gone_back(order) + sum(one.amount.minor for one in of_the_total)
    return Money(max(0, min(too_much, held(order))), order.total.currency)


def is_waiting(order: Order) -> bool:
    """Whether the order waits for money that is there already."""
    waits = order.state in (OrderState.PAYMENT_PENDING, OrderState.PAYMENT_FAILED)
    return waits and held(order) >= order.total.minor > 0


def is_over(order: Order) -> bool:
    """Whether there is nothing left of it to be paid."""
    return order.state in _OVER


def is_payable(order: Order) -> bool:
    """Whether it is still to be paid: nothing was taken, and it is not over or paid at the door already."""
    return not is_over(order) and not of_state(order, PaymentState.CAPTURED)


def pays_at_door(order: Order) -> bool:
    """Whether it is to be paid on delivery."""
    return any(one.method is PaymentMethod.CASH_ON_DELIVERY for one in of_state(order, PaymentState.PENDING))


def _going_back(order: Order) -> Sequence[Refund]:
    return [refund for refund in order.refunds if refund.state is not RefundState.FAILED]
