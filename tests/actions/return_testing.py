"""What the tests of returns share: orders that came so many days ago, and talks up to a step."""

from datetime import UTC, datetime, timedelta

from form_testing import Talk, talk
from shop_testing import OwnShop
from sqlalchemy import update

from actions.heard import CHOICE
from actions.shop import tables
from actions.shop.backend import Order

# two lines of one piece each, nothing returned
TWO_LINES, OWNER = "10120", "tanvir@example.com"
# one line of two pieces
TWO_PIECES, PIECES_OWNER = "10161", "charlotte@example.com"
# one line of one piece
ONE_PIECE, PIECE_OWNER = "10112", "hugo@example.com"
# two pairs of earrings, which do not come back, and a mat
EARRINGS, EARRINGS_OWNER = "10143", "sabrina@example.com"


async def came(own: OwnShop, number: str, days: int = 3) -> Order:
    """The order, all of whose parcels came so many days ago."""
    order = await own.order(number)
    at = datetime.now(UTC) - timedelta(days=days)
    change = update(tables.shipments).where(tables.shipments.c.order_id == order.id)
    await own.change(change.values(delivered_at=at, state="delivered"))
    return await own.order(number)


async def press(one: Talk, detail: str, chosen: str) -> list[str]:
    """Press the button that answers the question of a detail."""
    payload = f'/choose{{"choice": "{detail}:{chosen}"}}'
    return await one.says(payload, "choose", **{CHOICE: f"{detail}:{chosen}"})


async def asked_for_the_code(own: OwnShop, intent: str = "start_return", sender: str = "v") -> Talk:
    """A talk about the first line of an order with two, until the code is asked for."""
    order, one = await came(own, TWO_LINES), talk(own, sender, intent)
    said = await one.says("it", intent, order_number=TWO_LINES, email=OWNER)
    assert said == ["return_which_items"]
    assert await press(one, "items", order.items[0].id) == ["return_why"]
    if intent == "start_return":
        assert await press(one, "reason", "changed_mind") == ["return_money_or_exchange"]
        assert await press(one, "outcome", "money") == ["ask_one_time_code"]
    else:
        assert await press(one, "reason", "too_small") == ["exchange_for_what"]
        assert await one.says("the same lamp in silver") == ["ask_one_time_code"]
    return one


async def asked_to_confirm(own: OwnShop, intent: str = "start_return", sender: str = "v") -> Talk:
    """The same, until the summary."""
    one = await asked_for_the_code(own, intent, sender)
    kind = "return" if intent == "start_return" else "exchange"
    assert await one.says(own.letters.sent[-1].code) == [f"{kind}_summary", "confirm_change"]
    return one
