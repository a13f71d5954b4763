"""Every text of the flows that change an order before it comes has its words, and all that fills them."""

from datetime import timedelta
from typing import Any

import pytest
from shop_testing import POLICY, OwnShop, run_action, services, user
from test_action_phrases import Everywhere, check
from test_changing_sql import AT_THE_DOOR, PAID, TRIED, just_placed, to_window

from actions.address_details import CityDetail, PostcodeDetail, StreetDetail
from actions.change_delivery_address import ValidateChangeDeliveryAddressForm
from actions.change_order import ValidateChangeOrderForm
from actions.delivery_failed import ValidateDeliveryFailedForm
from actions.delivery_slot import ValidateDeliverySlotForm
from actions.order_status import order_status
from actions.shop.backend import Order
from actions.shop.changes import Refusal

NAMED = {"text", "buttons", "elements", "custom", "template", "response", "image", "attachment"}


class WithButtons(Everywhere):
    """Looks at the buttons' words, too."""

    def utter_message(self, *args: Any, response: str | None = None, **params: Any) -> None:
        super().utter_message(*args, response=response, **params)
        for button in params.get("buttons") or ():
            if "phrase" in button:
                check(button["phrase"], button.get("params", {}))


def test_every_refusal_can_be_said_of_every_order(orders: dict[str, Order], own_sqlite: OwnShop) -> None:
    shop = services(own_sqlite.shop)
    for form in (
        ValidateChangeDeliveryAddressForm(shop),
        ValidateChangeOrderForm(shop),
        ValidateDeliverySlotForm(shop),
        ValidateDeliveryFailedForm(shop),
    ):
        for order in orders.values():
            for why in Refusal:
                form.refuse(order, why, WithButtons())


def test_every_question_for_an_address_can_be_asked(orders: dict[str, Order]) -> None:
    for kind in (StreetDetail, PostcodeDetail, CityDetail):
        detail = kind(POLICY.changing.cities)
        check(detail.unclear, {})
        for number in (PAID, AT_THE_DOOR):
            detail.ask(orders[number], {"country": orders[number].country}, WithButtons())


async def test_every_step_of_an_address_can_be_said(orders: dict[str, Order], own_sqlite: OwnShop) -> None:
    form = ValidateChangeDeliveryAddressForm(services(own_sqlite.shop))
    for order in orders.values():
        for country, city in (("XX", "Dhaka"), (order.country, order.city["en"]), (order.country, "Nobinagar")):
            known = {"country": country, "recipient": "A", "street": "B 1", "postcode": "", "city": city}
            await form.settle(order, known, WithButtons(), None)  # type: ignore[arg-type]
            form.summarise(order, known, WithButtons())


@pytest.mark.parametrize("number", [PAID, AT_THE_DOOR])
async def test_every_step_of_other_items_can_be_said(own_sqlite: OwnShop, number: str) -> None:
    form, order = ValidateChangeOrderForm(services(own_sqlite.shop)), await own_sqlite.order(number)
    first = [order.items[0].id]
    for detail in await form.details_of(order):
        check(detail.unclear, {})
        detail.ask(order, {"items": first}, WithButtons())
    for known in (
        {"change_what": "other", "wanted": "blue"},
        {"change_what": "remove", "items": [item.id for item in order.items]},
        {"change_what": "remove", "items": first},
        {"change_what": "quantity", "items": first, "new_quantity": 2},
        {"change_what": "quantity", "items": first, "new_quantity": 200},
    ):
        await form.settle(order, known, WithButtons(), None)  # type: ignore[arg-type]
        if known["change_what"] != "other":
            form.summarise(order, known, WithButtons())


async def test_every_step_of_another_day_can_be_said(own_sqlite: OwnShop) -> None:
    shop, order = services(own_sqlite.shop), await own_sqlite.order(TRIED)
    for form in (ValidateDeliverySlotForm(shop), ValidateDeliveryFailedForm(shop)):
        known: dict[str, Any] = {}
        windows = await own_sqlite.shop.delivery_windows(order.id)
        known = {"delivery_day": windows[0].on.isoformat(), "delivery_window": "09:00-13:00"}
        for detail in await form.details_of(order):
            check(detail.unclear, {})
            detail.ask(order, known, WithButtons())
        form.summarise(order, known, WithButtons())
        await form.settle(order, known, WithButtons(), None)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("action", "number", "details"),
    [
        ("action_change_order", PAID, {"items": 0}),
        ("action_change_order", AT_THE_DOOR, {"items": 0, "new_quantity": 2}),
        ("action_change_delivery_address", AT_THE_DOOR, {"street": "B 1", "postcode": "", "city": "Sylhet"}),
        ("action_delivery_slot", TRIED, {}),
        ("action_delivery_failed", TRIED, {}),
    ],
)
async def test_what_is_told_afterwards_can_be_said(
    own_sqlite: OwnShop, action: str, number: str, details: dict[str, Any]
) -> None:
    await just_placed(own_sqlite, number)
    order = await own_sqlite.order(number)
    windows = await own_sqlite.shop.delivery_windows(order.id)
    known = {"country": order.country, "recipient": "A", **details}
    known |= {"items": [order.items[0].id]} if "items" in details else {}
    known |= {"delivery_day": windows[0].on.isoformat(), "delivery_window": "09:00-13:00"} if windows else {}
    slots = {"approved_order": order.id, "details": known, "order_number": number}
    said = await run_action(own_sqlite.shop, action, slots, [user("yes")])
    (response,) = said.responses
    assert said.keys[0] in ("items_changed", "address_changed", "delivery_moved")
    check(said.keys[0], {name: value for name, value in response.items() if name not in NAMED})


async def test_an_order_that_was_moved_can_be_told(own_sqlite: OwnShop) -> None:
    await to_window(own_sqlite, TRIED)
    order = await own_sqlite.order(TRIED)
    assert order.delivery is not None
    form = ValidateDeliverySlotForm(services(own_sqlite.shop))
    hours = f"{order.delivery.start:%H:%M}-{order.delivery.end:%H:%M}"
    known = {"delivery_day": order.delivery.on.isoformat(), "delivery_window": hours}
    assert await form.settle(order, known, WithButtons(), None) is not None  # type: ignore[arg-type]
    key, params = order_status(order, order.delivery.on)
    check(key, params)
    lines = [line["phrase"] for line in params["details"]["lines"]]  # type: ignore[index,call-overload]
    assert "delivery_agreed" in lines and "order_line_expected" not in lines
    _, later = order_status(order, order.delivery.on + timedelta(days=1))
    assert "order_line_late" in str(later)
