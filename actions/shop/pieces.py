"""How many pieces of an order's line something can still be done with."""

from collections.abc import Callable

from actions.shop.backend import ClaimState, Order, OrderItem, Remedy, ReturnState

Pieces = Callable[[Order, OrderItem], int]


def kept(order: Order, item: OrderItem) -> int:
    """As many as were bought and are not in a return already; of a rejected return they stay with the customer."""
    returned = sum(
        piece.quantity
        for one in order.returns
        if one.state is not ReturnState.REJECTED
        for piece in one.items
        if piece.order_item_id == item.id
    )
    return item.quantity - returned


def returnable(order: Order, item: OrderItem) -> int:
    """As many as are kept and were not paid back already because something was wrong with them."""
    paid_back = sum(
        claim.items.get(item.id, 0)
        for claim in order.claims
        if claim.state is ClaimState.GRANTED and claim.remedy is Remedy.REFUND
    )
    return kept(order, item) - paid_back
