"""The demo shop's orders: some 200 in every state, counted back from the moment of making.

Each order's story is thrown first (how long packing, the way, a return took, and how long ago that ended); the
story's length then says when the order was placed, so nothing ever lies in the future.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import cycle

from actions.shop.backend import (
    Address,
    Customer,
    Money,
    Order,
    OrderItem,
    OrderState,
    Payment,
    PaymentMethod,
    PaymentState,
    Refund,
    RefundState,
    Rejection,
    Return,
    ReturnState,
)
from actions.shop.demo_chance import Chance
from actions.shop.demo_content import HOME, DemoContent, Product
from actions.shop.demo_parcels import Way, parcel, ways_of
from actions.shop.demo_returns import Course, course_to, make_refund, make_return

_S = OrderState

# Hours since the last thing happened to an order in this state.
_IDLE: Mapping[OrderState, tuple[float, float]] = {
    _S.PLACED: (0.5, 8),
    _S.PAYMENT_PENDING: (1, 20),
    _S.PAYMENT_FAILED: (2, 200),
    _S.PROCESSING: (6, 30),
    _S.PACKED: (2, 20),
    _S.PARTIALLY_SHIPPED: (4, 30),
    _S.SHIPPED: (2, 20),
    _S.OUT_FOR_DELIVERY: (0.5, 4),
    _S.READY_FOR_PICKUP: (5, 60),
    _S.DELIVERY_FAILED: (3, 20),
    _S.DELIVERED: (24, 900),
    _S.LOST: (24, 200),
    _S.CANCELLED: (100, 700),
    _S.RETURNED: (24, 500),
    _S.PARTIALLY_REFUNDED: (72, 500),
}
_IDLE_IN_RETURN = (3, 40)
_LATE = 0.15
_AGE_OF_SHOP = timedelta(days=400)


def make_customers(content: DemoContent, now: datetime, chance: Chance) -> dict[str, Customer]:
    """The customers by e-mail, who joined one after the other long before their orders."""
    joined = _moment(now) - _AGE_OF_SHOP
    made = {}
    for person in content.people:
        joined += chance.span((1, 48))
        made[person.email] = Customer(
            id=chance.uuid(joined),
            name=person.name,
            email=person.email,
            phone=person.phone,
            language=person.language,
            country=person.country,
            created_at=joined,
        )
    return made


def make_orders(content: DemoContent, customers: Mapping[str, Customer], now: datetime, chance: Chance) -> list[Order]:
    """All orders, the fixed ones first. The people who have fixed ones have no others."""
    maker = _Maker(content, _moment(now), chance)
    products = {product.sku: product for product in content.products}
    number = content.first_number
    made = []
    for fixed in content.always:
        draft = _Draft(
            number=str(number),
            customer=customers[fixed.email],
            state=fixed.state,
            products=tuple((products[sku], count) for sku, count in fixed.items.items()),
            return_state=fixed.return_state,
            returned=fixed.returned_items,
            late=False,
        )
        made.append(maker.order(draft))
        number += 1
    fixed_people = {fixed.email for fixed in content.always}
    others = cycle([customer for email, customer in customers.items() if email not in fixed_people])
    return_states = iter(chance.deal(content.returns))
    for state in chance.deal(content.states):
        return_state = next(return_states, None) if state is _S.DELIVERED else None
        made.append(maker.order(maker.draft(str(number), next(others), state, return_state)))
        number += 1
    return made


@dataclass(frozen=True)
class _Draft:
    """What is settled about an order before its story: `returned` says how many of which product came back."""

    number: str
    customer: Customer
    state: OrderState
    products: tuple[tuple[Product, int], ...]
    return_state: ReturnState | None
    returned: Mapping[str, int]
    late: bool


def _moment(now: datetime) -> datetime:
    return now.astimezone(UTC).replace(microsecond=0)


class _Maker:
    def __init__(self, content: DemoContent, now: datetime, chance: Chance) -> None:
        self._content = content
        self._now = now
        self._chance = chance
        # Rare things come in turns, so that no seed leaves one out.
        self._rejections = cycle(Rejection)
        self._refunds_of_cancelled = cycle([RefundState.SENT, RefundState.PENDING, RefundState.FAILED])
        self._cancelled_unpaid = cycle([True, False, False])
        self._partial_with_return = cycle([True, False])

    def draft(self, number: str, customer: Customer, state: OrderState, return_state: ReturnState | None) -> _Draft:
        """An order of made-up products; of a return, one piece of the first comes back, or all of everything."""
        chance = self._chance
        least = 2 if state in {_S.PARTIALLY_SHIPPED, _S.PARTIALLY_REFUNDED} else 1
        chosen = chance.some(self._content.products, max(least, chance.one([1, 1, 2, 2, 3])))
        products = tuple((product, chance.one([1, 1, 1, 2])) for product in chosen)
        returned: dict[str, int] = {}
        if state is _S.RETURNED:
            return_state = ReturnState.REFUNDED
            returned = {product.sku: count for product, count in products}
        elif state is _S.PARTIALLY_REFUNDED and next(self._partial_with_return):
            return_state = ReturnState.REFUNDED
        if return_state and not returned:
            returned = {chosen[0].sku: 1}
        return _Draft(number, customer, state, products, return_state, returned, chance.happens(_LATE))

    def order(self, draft: _Draft) -> Order:
        """The order with its whole story."""
        chance, content = self._chance, self._content
        number, customer, state = draft.number, draft.customer, draft.state
        ways = ways_of(state, customer.country, chance)
        course = self._course(draft.return_state)
        placed_at = self._now - self._story_length(state, ways, course)
        order_id = chance.uuid(placed_at)

        currency = content.currencies[customer.country]
        items = tuple(
            OrderItem(chance.uuid(placed_at), product.sku, product.names, count, product.prices[currency])
            for product, count in draft.products
        )
        shipping = content.shipping[currency]
        goods = Money(sum(item.price.minor * item.quantity for item in items), currency)
        total = Money(goods.minor + shipping.minor, currency)

        method = self._method(state, customer.country)
        expected_on = self._expected_on(state, placed_at, ways, customer.country, draft.late)
        city = chance.one(content.cities[customer.country])
        carrier = chance.one(content.carriers(customer.country))
        origin = content.cities[HOME][0]
        shipments = tuple(parcel(way, placed_at, expected_on, carrier, origin, city, chance) for way in ways)

        returns: tuple[Return, ...] = ()
        if course:
            delivered_at = placed_at + ways[0].length
            pieces = [(item, draft.returned[item.sku]) for item in items if item.sku in draft.returned]
            returns = (make_return(course, order_id, f"R{number}-1", delivered_at, pieces, method, chance),)
        refunds = tuple(each.refund for each in returns if each.refund)
        return Order(
            id=order_id,
            number=number,
            state=state,
            customer=customer,
            city=city,
            country=customer.country,
            shipping=shipping,
            total=total,
            placed_at=placed_at,
            expected_on=expected_on,
            items=items,
            shipments=shipments,
            payments=self._payments(state, placed_at, total, method),
            returns=returns,
            refunds=refunds or self._refunds(state, placed_at, ways, goods, total, method),
            address=self._address(customer),
        )

    def _address(self, customer: Customer) -> Address:
        """Always the same for the same person, by the last digits of their id."""
        there, digits = self._content.streets[customer.country], int(customer.id[-4:], 16)
        street = there.streets[digits % len(there.streets)].format(number=digits % 180 + 1)
        return Address(customer.name, street, there.postcode)

    def _course(self, state: ReturnState | None) -> Course | None:
        if state is None:
            return None
        return course_to(state, next(self._rejections) if state is ReturnState.REJECTED else None, self._chance)

    def _story_length(self, state: OrderState, ways: tuple[Way, ...], course: Course | None) -> timedelta:
        in_return = course is not None and state is _S.DELIVERED
        idle = self._chance.span(_IDLE_IN_RETURN if in_return else _IDLE[state])
        way = max((way.length for way in ways), default=timedelta())
        return way + (course.length if course else timedelta()) + idle

    def _expected_on(
        self, state: OrderState, placed_at: datetime, ways: tuple[Way, ...], country: str, late: bool
    ) -> date | None:
        """What the customer was promised: past for what has ended or is late, today or later for the rest."""
        today, days = self._now.date(), self._chance.number
        if state in {_S.CANCELLED, _S.PAYMENT_FAILED}:
            return None
        if state in {_S.DELIVERED, _S.RETURNED, _S.PARTIALLY_REFUNDED}:
            return (placed_at + ways[0].length).date() + timedelta(days=days(0, 1))
        if state is _S.LOST:
            return placed_at.date() + timedelta(days=days(4, 8))
        if state in {_S.OUT_FOR_DELIVERY, _S.READY_FOR_PICKUP}:
            return today
        if state is _S.DELIVERY_FAILED:
            return today + timedelta(days=1)
        if state is _S.SHIPPED and late:
            return max(placed_at.date(), today - timedelta(days=days(1, 2)))
        soon = days(1, 3) if state in {_S.SHIPPED, _S.PARTIALLY_SHIPPED} else days(3, 5)
        return today + timedelta(days=soon if country == HOME else soon + 5)

    def _method(self, state: OrderState, country: str) -> PaymentMethod:
        methods = self._content.methods[country]
        at_door = PaymentMethod.CASH_ON_DELIVERY
        if state is _S.CANCELLED and at_door in methods and next(self._cancelled_unpaid):
            return at_door
        if state in {_S.PAYMENT_PENDING, _S.PAYMENT_FAILED, _S.CANCELLED}:
            methods = [method for method in methods if method is not at_door]
        return self._chance.one(methods)

    def _payments(
        self, state: OrderState, placed_at: datetime, total: Money, method: PaymentMethod
    ) -> tuple[Payment, ...]:
        delivered = {_S.DELIVERED, _S.RETURNED, _S.PARTIALLY_REFUNDED}
        at_door = method is PaymentMethod.CASH_ON_DELIVERY
        result = PaymentState.CAPTURED
        if state is _S.PAYMENT_FAILED:
            result = PaymentState.FAILED
        elif state is _S.PAYMENT_PENDING or (at_door and state not in delivered):
            result = PaymentState.VOIDED if state is _S.CANCELLED else PaymentState.PENDING
        attempts = self._chance.number(1, 2) if result is PaymentState.FAILED else 1
        at = placed_at
        made = []
        for _ in range(attempts):
            at += self._chance.span((0.02, 0.2))
            made.append(Payment(self._chance.uuid(at), method, result, total, at))
        return tuple(made)

    def _refunds(
        self,
        state: OrderState,
        placed_at: datetime,
        ways: tuple[Way, ...],
        goods: Money,
        total: Money,
        method: PaymentMethod,
    ) -> tuple[Refund, ...]:
        """What went back without a return: all of a paid order that was cancelled, or part of one for a fault."""
        chance = self._chance
        if state is _S.PARTIALLY_REFUNDED:
            part = Money(goods.minor * chance.number(2, 5) // 10, goods.currency)
            began = placed_at + ways[0].length + chance.span((4, 24))
            return (make_refund(method, part, began, began + chance.span((2, 24)), None, chance),)
        if state is not _S.CANCELLED or method is PaymentMethod.CASH_ON_DELIVERY:
            return ()
        outcome = next(self._refunds_of_cancelled)
        if outcome is RefundState.SENT:
            began = placed_at + chance.span((1, 24))
            return (make_refund(method, total, began, began + chance.span((6, 48)), None, chance),)
        began = self._now - chance.span((2, 20))
        return (replace(make_refund(method, total, began, None, None, chance), state=outcome),)
