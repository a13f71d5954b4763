"""What cannot be claimed is refused before any question or code; a shop that is down leads to a person."""

from typing import Any

import pytest
from claim_testing import CHEAP, DEAR, TWO, TWO_OWNER, chosen, code_typed, freshen, item_of, over, set_order
from form_testing import talk
from shop_testing import OwnShop
from sqlalchemy import update

from actions.shop import tables
from actions.shop.backend import Order, OrderState
from actions.shop.changes import Change, ChangeKind, ClaimWish, Doing

KINDS = ("damaged_item", "wrong_item", "missing_item")
WORDS = "the handle is broken off"


@pytest.fixture
async def mine_sqlite(own_sqlite: OwnShop) -> OwnShop:
    return await freshen(own_sqlite)


EARLY = [s for s in OrderState if s not in ("delivered", "partially_refunded", "cancelled", "returned", "lost")]


@pytest.mark.parametrize("intent", KINDS)
@pytest.mark.parametrize("state", EARLY)
async def test_what_has_not_come_is_refused_before_any_question(
    mine_sqlite: OwnShop, orders: dict[str, Order], intent: str, state: OrderState
) -> None:
    order = next(
        one for one in orders.values() if one.state is state and not any(s.delivered_at for s in one.shipments)
    )
    before, one = await mine_sqlite.everything(), talk(mine_sqlite, intent=intent)
    said = await one.says("broken", intent, order_number=order.number, email=order.customer.email)
    assert said == ["claim_too_early"]
    assert [button["intent"] for button in one.params("claim_too_early")["buttons"]] == ["order_status", "human_agent"]
    assert over(one) and mine_sqlite.letters.sent == [] and await mine_sqlite.everything() == before


@pytest.mark.parametrize("state", ["cancelled", "returned", "lost"])
async def test_what_is_not_with_the_customer_is_refused(mine_sqlite: OwnShop, state: str) -> None:
    await set_order(mine_sqlite, TWO, state=state)
    one = talk(mine_sqlite, intent="damaged_item")
    assert await one.says("broken", "damaged_item", order_number=TWO, email=TWO_OWNER) == ["claim_not_possible"]
    assert over(one) and mine_sqlite.letters.sent == []


async def test_after_the_window_a_warranty_or_a_person_is_offered(own_sqlite: OwnShop) -> None:
    late = {"delivered_at": (await own_sqlite.rows(tables.shipments))[0]["announced_at"].replace(year=2026, month=1)}
    order = await own_sqlite.order(TWO)
    await own_sqlite.change(update(tables.shipments).where(tables.shipments.c.order_id == order.id).values(late))
    one = talk(own_sqlite, intent="damaged_item")
    assert await one.says("broken", "damaged_item", order_number=TWO, email=TWO_OWNER) == ["claim_too_late"]
    assert [button["intent"] for button in one.params("claim_too_late")["buttons"]] == ["warranty_claim", "human_agent"]


async def test_what_is_claimed_already_is_told_with_its_number(mine_sqlite: OwnShop) -> None:
    for n, sku in enumerate((CHEAP, DEAR)):
        one = talk(mine_sqlite, f"v{n}", intent="damaged_item")
        said = await one.says("broken", "damaged_item", order_number=TWO, email=TWO_OWNER)
        if said == ["claim_items"]:
            said = await one.says("x", **chosen("items", item_of(await mine_sqlite.order(TWO), sku)))
        await one.says(WORDS)
        await code_typed(mine_sqlite, one, await one.says("x", **chosen("remedy", "replacement")))
        await one.says("yes", "affirm")
    one = talk(mine_sqlite, "w", intent="missing_item")
    said = await one.says("missing", "missing_item", order_number=TWO, email=TWO_OWNER)
    assert said == ["claim_already_done"]
    lines = one.params("claim_already_done")["details"]["lines"]
    assert [line["params"]["claim"]["id"] for line in lines] == ["K10010-1", "K10010-2"]


async def test_a_shop_that_knows_no_claims_hands_over(mine_sqlite: OwnShop) -> None:
    one = talk(mine_sqlite, intent="damaged_item")
    one.shop = Without(mine_sqlite)  # type: ignore[assignment]
    said = await one.says("broken", "damaged_item", order_number=TWO, email=TWO_OWNER)
    assert said == ["claim_not_supported"] and one.slots["handoff_reason"] == "damaged_item"


class Without:
    """A shop that can do nothing but find."""

    can: frozenset[ChangeKind] = frozenset()

    def __init__(self, own: OwnShop) -> None:
        self.find_order = own.shop.find_order


class Failing:
    """A shop that goes away before its n-th answer."""

    def __init__(self, own: OwnShop, answers: int) -> None:
        self._own, self._answers = own, answers
        self.can = own.shop.can

    def _or_fail(self) -> None:
        if self._answers <= 0:
            raise OSError("no route to host")
        self._answers -= 1

    async def find_order(self, number: str) -> Order | None:
        self._or_fail()
        return await self._own.shop.find_order(number)

    async def open_claim(self, order_id: str, wish: ClaimWish, doing: Doing) -> Change:
        self._or_fail()
        return await self._own.shop.open_claim(order_id, wish, doing)


@pytest.mark.parametrize("answers", range(6))
async def test_a_shop_that_is_down_leads_to_a_person_at_every_step(mine_sqlite: OwnShop, answers: int) -> None:
    one = talk(mine_sqlite, intent="damaged_item")
    one.shop = Failing(mine_sqlite, answers)  # type: ignore[assignment]
    order = await mine_sqlite.order(TWO)
    steps: list[tuple[str, dict[str, Any]]] = [
        ("broken", {"intent": "damaged_item", "order_number": TWO, "email": TWO_OWNER}),
        ("this", chosen("items", item_of(order, DEAR))),
        (WORDS, {}),
        ("x", chosen("remedy", "refund")),
        ("CODE", {}),
        ("yes", {"intent": "affirm"}),
    ]
    said: list[str] = []
    for text, how in steps:
        typed = mine_sqlite.letters.sent[-1].code if text == "CODE" else text
        said = await one.says(typed, **how)
        if not one.on:
            break
    assert said == ["shop_unavailable"]
    assert one.slots["handoff_reason"] == "shop_unavailable"
    assert over(one) and await mine_sqlite.rows(tables.claims) == []
    if answers > 2:
        # nothing that was said is lost
        assert WORDS in one.slots["wished"]


async def test_what_is_all_on_its_way_back_already_is_told_so(mine_sqlite: OwnShop) -> None:
    number, contact = "10022", "rafiq@example.com"
    one = talk(mine_sqlite, intent="damaged_item")
    assert await one.says("broken", "damaged_item", order_number=number, email=contact) == ["claim_already_done"]
    (line,) = one.params("claim_already_done")["details"]["lines"]
    assert line["phrase"] == "claim_line_nothing_left"
