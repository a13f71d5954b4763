"""The demo shop: always the same three orders, every state, and nothing that could not be true."""

import re
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from shop_testing import DEMO, LANGUAGES, NOW, make_tables, sqlite_engine
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine
from uuid_utils import UUID

from actions.shop import tables
from actions.shop.backend import (
    Order,
    OrderState,
    PaymentMethod,
    PaymentState,
    RefundState,
    Rejection,
    ReturnState,
    ShipmentState,
    TrackingCode,
)
from actions.shop.demo import load_demo
from actions.shop.demo_chance import Chance
from actions.shop.demo_content import read_content
from actions.shop.demo_orders import make_customers, make_orders
from actions.shop.sql import SqlShop

Orders = dict[str, Order]

SHIPPED = {
    OrderState.PARTIALLY_SHIPPED,
    OrderState.SHIPPED,
    OrderState.OUT_FOR_DELIVERY,
    OrderState.READY_FOR_PICKUP,
    OrderState.DELIVERY_FAILED,
    OrderState.DELIVERED,
    OrderState.LOST,
    OrderState.RETURNED,
    OrderState.PARTIALLY_REFUNDED,
}
DELIVERED = {OrderState.DELIVERED, OrderState.RETURNED, OrderState.PARTIALLY_REFUNDED}


def made() -> list[Order]:
    content = read_content(DEMO)
    chance = Chance(content.seed)
    return make_orders(content, make_customers(content, NOW, chance), NOW, chance)


def test_the_same_moment_gives_the_same_shop() -> None:
    assert made() == made()


async def test_orders_come_back_from_the_tables_as_they_were_made(engine: AsyncEngine) -> None:
    shop = SqlShop(engine)
    for order in made()[::4]:
        assert await shop.find_order(order.number) == order


async def test_loading_again_changes_nothing(engine: AsyncEngine) -> None:
    assert await load_demo(engine, NOW + timedelta(days=1), DEMO) == 0
    async with engine.connect() as connection:
        assert await connection.scalar(select(func.count()).select_from(tables.orders)) == 200


async def test_a_failed_load_leaves_nothing_behind(tmp_path: Path) -> None:
    engine = sqlite_engine(tmp_path / "shop.db")
    await make_tables(engine)
    broken = tmp_path / "demo"
    broken.mkdir()
    for file in DEMO.glob("*.yml"):
        content = file.read_text(encoding="utf-8")
        (broken / file.name).write_text(content.replace('"+919000000036"', '"+919000000035"'), encoding="utf-8")
    with pytest.raises(Exception, match="UNIQUE"):
        await load_demo(engine, NOW, broken)
    async with engine.connect() as connection:
        assert await connection.scalar(select(func.count()).select_from(tables.customers)) == 0
    await engine.dispose()


def test_10001_of_amina_is_on_its_way_paid_in_taka(orders: Orders) -> None:
    order = orders["10001"]
    assert (order.customer.email, order.customer.phone) == ("amina@example.com", "+8801712345678")
    assert (order.state, order.total.currency) == (OrderState.SHIPPED, "BDT")
    assert [parcel.state for parcel in order.shipments] == [ShipmentState.IN_TRANSIT]
    assert order.expected_on is not None and order.expected_on > NOW.date()


def test_10002_of_amina_is_delivered_with_a_return_under_way(orders: Orders) -> None:
    order = orders["10002"]
    assert order.customer.email == "amina@example.com"
    assert order.state is OrderState.DELIVERED
    assert [each.state for each in order.returns] == [ReturnState.IN_TRANSIT]


def test_10003_of_jonas_is_processing_paid_in_euros(orders: Orders) -> None:
    order = orders["10003"]
    assert order.customer.email == "jonas@example.com"
    assert (order.state, order.total.currency) == (OrderState.PROCESSING, "EUR")


def test_there_are_200_orders_of_60_people_numbered_from_10001(orders: Orders) -> None:
    assert sorted(orders) == [str(number) for number in range(10001, 10201)]
    assert len({order.customer.email for order in orders.values()}) == 60


def test_every_state_and_currency_occurs(orders: Orders) -> None:
    every = list(orders.values())
    assert {order.state for order in every} == set(OrderState)
    assert {order.total.currency for order in every} == {"BDT", "INR", "USD", "EUR", "GBP"}
    assert {each.state for order in every for each in order.shipments} == set(ShipmentState)
    assert {each.code for order in every for p in order.shipments for each in p.events} == set(TrackingCode)
    assert {each.state for order in every for each in order.payments} == set(PaymentState)
    assert {each.method for order in every for each in order.payments} == set(PaymentMethod)
    assert {each.state for order in every for each in order.returns} == set(ReturnState)
    assert {each.rejection for order in every for each in order.returns} == {None, *Rejection}
    assert {each.state for order in every for each in order.refunds} == set(RefundState)


def test_totals_are_items_and_shipping_in_one_currency(orders: Orders) -> None:
    for order in orders.values():
        goods = sum(item.price.minor * item.quantity for item in order.items)
        assert order.total.minor == goods + order.shipping.minor
        amounts = [order.shipping, *(item.price for item in order.items), *(p.amount for p in order.payments)]
        amounts += [each.amount for each in (*order.returns, *order.refunds)]
        assert {amount.currency for amount in amounts} == {order.total.currency}


def test_nothing_happened_in_the_future_or_before_its_cause(orders: Orders) -> None:
    for order in orders.values():
        times = [order.customer.created_at, order.placed_at]
        assert times == sorted(times)
        for parcel in order.shipments:
            reported = [order.placed_at, *(event.at for event in parcel.events), NOW]
            assert reported == sorted(reported)
            assert parcel.announced_at == parcel.events[0].at
        delivered = [parcel.delivered_at for parcel in order.shipments if parcel.delivered_at]
        for each in order.returns:
            assert delivered[0] < each.requested_at <= each.changed_at <= NOW
        for refund in order.refunds:
            assert order.placed_at <= refund.created_at <= (refund.sent_at or refund.created_at) <= NOW
            assert refund.state is RefundState.SENT or refund.expected_on >= NOW.date()
        assert all(order.placed_at <= payment.created_at <= NOW for payment in order.payments)


def test_parcels_fit_their_order(orders: Orders) -> None:
    for order in orders.values():
        states = {parcel.state for parcel in order.shipments}
        if order.state in DELIVERED:
            assert states == {ShipmentState.DELIVERED}
        elif order.state is OrderState.PACKED:
            assert states == {ShipmentState.ANNOUNCED}
        elif order.state not in SHIPPED:
            assert not states
        else:
            assert states and ShipmentState.DELIVERED not in states


def test_money_fits_its_order(orders: Orders) -> None:
    for order in orders.values():
        captured = sum(p.amount.minor for p in order.payments if p.state is PaymentState.CAPTURED)
        assert captured in (0, order.total.minor)
        assert sum(refund.amount.minor for refund in order.refunds) <= captured
        if order.state in DELIVERED:
            assert captured
        if order.state in {OrderState.PAYMENT_FAILED, OrderState.PAYMENT_PENDING}:
            assert not captured
        if order.state is OrderState.CANCELLED and captured:
            assert sum(refund.amount.minor for refund in order.refunds) == captured
        if order.state in {OrderState.RETURNED, OrderState.PARTIALLY_REFUNDED}:
            assert [refund.state for refund in order.refunds] == [RefundState.SENT]


def test_returns_hold_only_what_was_ordered_and_pay_back_its_price(orders: Orders) -> None:
    for order in orders.values():
        by_id = {item.id: item for item in order.items}
        for each in order.returns:
            assert order.state in DELIVERED
            assert all(0 < item.quantity <= by_id[item.order_item_id].quantity for item in each.items)
            assert each.amount.minor == sum(by_id[i.order_item_id].price.minor * i.quantity for i in each.items)
            assert (each.refund is not None) == (each.state in {ReturnState.INSPECTED, ReturnState.REFUNDED})
            assert each.refund is None or each.refund in order.refunds
            if each.state is ReturnState.LABEL_SENT:
                assert each.label_valid_until is not None and each.label_valid_until >= NOW.date()


def test_whatever_is_read_has_a_name_in_every_language(orders: Orders) -> None:
    for order in orders.values():
        names = [order.city, *(item.names for item in order.items), *(p.carrier for p in order.shipments)]
        names += [event.place for parcel in order.shipments for event in parcel.events if event.place]
        for name in names:
            assert set(name) == set(LANGUAGES)
            assert all(isinstance(text, str) and text for text in name.values())
            assert re.search("[\u0980-\u09ff]", name["bn"])
        # carriers keep their names in Hindi
        assert all(re.search("[\u0900-\u097f]", name["hi"]) for name in (order.city, *(i.names for i in order.items)))


def test_ids_are_version_7_and_numbers_are_used_once(orders: Orders) -> None:
    every = list(orders.values())
    ids = [order.id for order in every]
    for order in every:
        for part in (order.items, order.shipments, order.payments, order.returns, order.refunds):
            ids += [each.id for each in part]
    assert {UUID(each).version for each in ids} == {7}
    tracking = [parcel.tracking_number for order in every for parcel in order.shipments]
    returns = [each.number for order in every for each in order.returns]
    for used in (ids, tracking, returns):
        assert max(Counter(used).values()) == 1
