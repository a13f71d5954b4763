"""Sending an order elsewhere in WooCommerce: only where nothing else changes by it, and once."""

from collections.abc import Callable
from typing import Any

import pytest
from fake_woo import FakeWoo, Fault, order
from shop_testing import OwnShop, differences

from actions.shop import tables
from actions.shop.backend import Address
from actions.shop.changes import Change, ChangeKind, Doing, Refusal, Refused
from actions.shop.trouble import ShopTrouble
from actions.shop.woocommerce.shop import WooShop

ID = "10723"
NEW = Address("Amina Rahman", "House 9, Road 27", "1209")
DHAKA = {"en": "Dhaka", "bn": "ঢাকা"}


@pytest.fixture
def free_delivery(woo: FakeWoo) -> None:
    """Then it costs nothing more elsewhere."""
    woo.orders[10723] |= {"shipping_total": "0.00", "total": "6.45"}


async def move(
    shop: WooShop, to: Address = NEW, city: dict[str, str] = DHAKA, country: str = "BD", key: str = "m", id_: str = ID
) -> Change:
    return await shop.change_address(id_, to, city, country, Doing(key, "v", 2))


async def refused(shop: WooShop, **to: Any) -> Refusal:
    with pytest.raises(Refused) as why:
        await move(shop, **to)
    return why.value.why


async def test_the_parcel_goes_elsewhere_and_nothing_else_changes(
    woo: FakeWoo, woo_shop: WooShop, own: OwnShop
) -> None:
    woo.add(order(10724))
    before, was, audit = await woo_shop.find_order(ID), woo.everything(), await own.everything()
    change = await move(woo_shop)
    now = await woo_shop.find_order(ID)
    assert before is not None and now is not None
    assert (now.address, now.city, now.country) == (NEW, {"en": "Dhaka"}, "BD")
    assert (now.total, now.state, now.items, now.payments) == (
        before.total,
        before.state,
        before.items,
        before.payments,
    )
    raw = woo.orders[10723]
    assert raw["billing"] == was[0][10723]["billing"]
    assert (raw["shipping"]["first_name"], raw["shipping"]["last_name"]) == ("Amina", "Rahman")
    assert {name for name in raw if raw[name] != was[0][10723][name]} == {"shipping", "meta_data"}
    assert (woo.orders[10724], woo.money, woo.stock) == (was[0][10724], [], 8)
    changed = differences(audit, await own.everything())
    assert set(changed) == {"shop_changes"}
    (row,) = changed["shop_changes"]
    assert (row["kind"], row["reference"], row["order_number"]) == ("address", "C10723-1", "10723")
    assert row["after"] == {"recipient": "Amina Rahman", "street": NEW.street, "postcode": "1209", "city": DHAKA}
    old = {
        "recipient": "Amina Rahman",
        "street": "House 5, Road 3, Flat B2",
        "postcode": "1213",
        "city": {"en": "Dhaka"},
    }
    assert {name: row["before"][name] for name in old} == old
    assert (change.kind, change.reference, change.after) == (ChangeKind.ADDRESS, "C10723-1", row["after"])


@pytest.mark.parametrize(
    ("recipient", "names"),
    [("Amina Rahman", ("Amina", "Rahman")), ("Jonas van der Berg", ("Jonas van der", "Berg")), ("Mina", ("Mina", ""))],
)
async def test_whose_name_is_on_the_door_is_kept_in_two(
    woo: FakeWoo, woo_shop_sqlite: WooShop, recipient: str, names: tuple[str, str]
) -> None:
    await move(woo_shop_sqlite, Address(recipient, "House 9", "1209"))
    shipping = woo.orders[10723]["shipping"]
    assert (shipping["first_name"], shipping["last_name"]) == names


async def test_a_city_that_is_the_same_in_another_language_stays_as_it_is_written(
    woo: FakeWoo, woo_shop_sqlite: WooShop
) -> None:
    woo.orders[10723]["shipping"] |= {"city": "ঢাকা", "state": "BD-13"}
    await move(woo_shop_sqlite)
    assert (woo.orders[10723]["shipping"]["city"], woo.orders[10723]["shipping"]["state"]) == ("ঢাকা", "BD-13")


async def test_where_delivery_costs_something_else_it_does_not_go(woo: FakeWoo, woo_shop: WooShop) -> None:
    assert await refused(woo_shop, city={"en": "Khulna"}) is Refusal.NOT_POSSIBLE
    assert await refused(woo_shop, city={}) is Refusal.NOT_POSSIBLE
    assert woo.changes() == []


@pytest.mark.usefixtures("free_delivery")
async def test_another_city_is_taken_where_no_state_says_otherwise(woo: FakeWoo, woo_shop_sqlite: WooShop) -> None:
    await move(woo_shop_sqlite, city={"en": "Khulna", "bn": "খুলনা"})
    assert woo.orders[10723]["shipping"]["city"] == "Khulna"
    woo.orders[10723]["shipping"] |= {"state": "BD-27"}
    assert await refused(woo_shop_sqlite, city={"bn": "সিলেট"}, key="m2") is Refusal.NOT_SUPPORTED
    woo.orders[10723]["shipping"] |= {"state": ""}
    await move(woo_shop_sqlite, city={"bn": "সিলেট"}, key="m3")
    assert woo.orders[10723]["shipping"]["city"] == "সিলেট"


@pytest.mark.parametrize(
    ("status", "why"),
    [
        ("completed", Refusal.TOO_LATE),
        ("cancelled", Refusal.ALREADY_DONE),
        ("refunded", Refusal.ALREADY_DONE),
        ("partial-shipped", Refusal.TOO_LATE),
    ],
)
async def test_what_has_left_is_not_called_back(
    woo: FakeWoo, woo_shop: WooShop, own: OwnShop, status: str, why: Refusal
) -> None:
    woo.orders[10723]["status"] = status
    before = woo.everything()
    assert await refused(woo_shop) is why
    assert (woo.everything(), await own.rows(tables.changes), woo.changes()) == (before, [], [])


async def test_another_country_and_what_is_no_order_are_for_a_person(woo: FakeWoo, woo_shop: WooShop) -> None:
    assert await refused(woo_shop, country="IN") is Refusal.NOT_POSSIBLE
    assert await refused(woo_shop, id_="99999") is Refusal.NOT_SUPPORTED
    assert woo.changes() == []


@pytest.mark.usefixtures("free_delivery")
async def test_where_it_costs_something_else_it_is_put_back_and_a_person_takes_over(
    woo: FakeWoo, woo_shop: WooShop, own: OwnShop
) -> None:
    """WooCommerce reckons the taxes anew, and the customer has paid."""
    woo.taxes = {"Dhaka": "0.45", "Khulna": "0.95"}
    before, audit = await woo_shop.find_order(ID), await own.everything()
    assert await refused(woo_shop, city={"en": "Khulna"}) is Refusal.NOT_SUPPORTED
    assert await woo_shop.find_order(ID) == before
    assert differences(audit, await own.everything()) == {}
    assert len(woo.changes()) == 2
    # and the same message may try again
    woo.taxes = {}
    assert (await move(woo_shop, city={"en": "Khulna"})).reference == "C10723-1"


async def test_the_same_message_changes_nothing_twice_and_no_other_order(
    woo: FakeWoo, woo_shop: WooShop, own: OwnShop
) -> None:
    woo.add(order(10724))
    change = await move(woo_shop)
    before, audit = woo.everything(), await own.everything()
    assert await move(woo_shop) == change
    assert await refused(woo_shop, id_="10724") is Refusal.NOT_SUPPORTED
    assert (woo.everything(), await own.everything()) == (before, audit)
    again = await move(woo_shop, Address("Amina Rahman", "House 1", "1000"), key="m2")
    assert again.reference == "C10723-2"


@pytest.mark.parametrize("how", ["drop", "drop after", 500])
@pytest.mark.parametrize("after", range(7))
async def test_whatever_request_breaks_the_same_message_again_brings_it_to_its_end(
    woo: FakeWoo, woo_shop_sqlite: WooShop, own_sqlite: OwnShop, how: int | str, after: int
) -> None:
    woo.faults = [Fault(".*", how, times=3, after=after)]
    broke = False
    try:
        await move(woo_shop_sqlite)
    except ShopTrouble:
        broke = True
    woo.faults = []
    await move(woo_shop_sqlite)
    now = await woo_shop_sqlite.find_order(ID)
    assert now is not None and now.address == NEW
    (row,) = await own_sqlite.rows(tables.changes)
    assert (row["after"]["street"], row["before"]["street"]) == (NEW.street, "House 5, Road 3, Flat B2")
    assert broke == (after not in (1, 5, 6))


@pytest.mark.usefixtures("free_delivery")
@pytest.mark.parametrize("how", ["drop", "drop after", 500])
async def test_putting_back_that_breaks_is_done_when_the_message_comes_again(
    woo: FakeWoo, woo_shop_sqlite: WooShop, own_sqlite: OwnShop, how: int | str
) -> None:
    woo.taxes = {"Dhaka": "0.45", "Khulna": "0.95"}
    before = await woo_shop_sqlite.find_order(ID)
    woo.faults = [Fault("PUT .*", how, times=2, after=1)]
    with pytest.raises(ShopTrouble):
        await move(woo_shop_sqlite, city={"en": "Khulna"})
    woo.faults = []
    assert await refused(woo_shop_sqlite, city={"en": "Khulna"}) is Refusal.NOT_SUPPORTED
    assert await woo_shop_sqlite.find_order(ID) == before
    assert await own_sqlite.rows(tables.changes) == []


@pytest.mark.parametrize(
    "twist",
    [
        lambda raw: {**raw, "shipping": {**raw["shipping"], "address_1": "House 5, Road 3"}},
        lambda raw: {**raw, "meta_data": []},
        lambda raw: {**raw, "id": 10724},
        lambda raw: {**raw, "shipping": {}},
    ],
)
async def test_an_answer_that_does_not_say_so_is_not_believed(
    woo: FakeWoo, woo_shop_sqlite: WooShop, twist: Callable[[Any], Any]
) -> None:
    woo.faults = [Fault("PUT .*", "twist", twist=twist)]
    with pytest.raises(ShopTrouble):
        await move(woo_shop_sqlite)
