"""Orders only to their owner: a foreign and a missing order are one and the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shop_testing import REGIONS, run_action

from actions.shop.backend import Order
from actions.shop.sql import SqlShop
from actions.typed import Contact, parse_contact
from actions.verification import Level, match

Orders = dict[str, Order]


def contact(text: str) -> Contact:
    parsed = parse_contact(text, REGIONS)
    assert parsed is not None
    return parsed


def test_of_all_pairs_of_contact_and_order_only_the_owners_match(orders: Orders) -> None:
    customers = {order.customer.id: order.customer for order in orders.values()}
    typed = [(owner, contact(owner.email.title())) for owner in customers.values()]
    typed += [(owner, contact(owner.phone)) for owner in customers.values() if owner.phone]
    # As people type it at home: without the country's code.
    typed += [(o, contact("0" + o.phone[4:])) for o in customers.values() if o.phone and o.country == "BD"]
    assert len(typed) > 140
    for owner, each in typed:
        for order in orders.values():
            expected = Level.MATCHED if order.customer.id == owner.id else Level.NONE
            assert match(order, each) is expected
        assert match(None, each) is Level.NONE


def test_without_a_contact_nothing_matches(orders: Orders) -> None:
    assert match(orders["10001"], None) is Level.NONE
    assert match(None, None) is Level.NONE


def test_an_order_without_a_phone_number_matches_no_phone_number(orders: Orders) -> None:
    order = next(order for order in orders.values() if order.customer.phone is None)
    assert match(order, contact("+8801712345678")) is Level.NONE
    assert match(order, contact(order.customer.email)) is Level.MATCHED


def test_digits_of_any_script_match(orders: Orders) -> None:
    assert match(orders["10001"], contact("০১৭১২৩৪৫৬৭৮")) is Level.MATCHED
    assert match(orders["10001"], contact("+८८० १७१२ ३४५६७८")) is Level.MATCHED


@given(st.text(max_size=60))
def test_whatever_is_typed_a_missing_order_never_matches(text: str) -> None:
    assert match(None, parse_contact(text, REGIONS)) is Level.NONE


def test_reading_is_less_than_changing() -> None:
    assert Level.NONE < Level.MATCHED < Level.VERIFIED


@pytest.mark.parametrize("action", ["action_order_status", "action_return_status"])
async def test_foreign_and_missing_orders_get_identical_replies(action: str, shop: SqlShop, orders: Orders) -> None:
    async def reply(number: str, typed: str) -> object:
        return await run_action(shop, action, {"order_number": number, "order_contact": typed, "lookup_misses": 0})

    missing = await reply("99999", "amina@example.com")
    for number, order in list(orders.items())[2::5]:
        other = "jonas@example.com" if order.customer.email != "jonas@example.com" else "amina@example.com"
        assert await reply(number, other) == missing
    assert await reply("10003", "01712345678") == missing
    assert await reply("77777", "01712345678") == missing
