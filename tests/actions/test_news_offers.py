"""Whether news of an order are wanted: asked once, heard only where it was asked, taken back at any time."""

from collections.abc import Sequence
from typing import Any

import pytest
from shop_testing import OwnShop, Said, run_action, user
from sqlalchemy import update
from test_action_phrases import PHRASES, check

from actions.shop import tables
from handoff.following import hashed

AMINA = "amina@example.com"
# the house keeps it under the same
HASH = hashed(AMINA)
# of a response, what is no value of its text
FORM = {"text", "buttons", "elements", "custom", "template", "response", "image", "attachment"}
ON_ITS_WAY, DELIVERED = "10001", "10002"


def pressed(answer: str) -> dict[str, Any]:
    return user("Yes, please", "order_news", [{"entity": "choice", "value": answer}])


class Chat:
    """One customer's conversation, as far as news of orders go."""

    def __init__(self, own: OwnShop, news: bool = True) -> None:
        self._own = own
        self._news = news
        self.slots: dict[str, Any] = {"order_contact": AMINA}
        self.events: list[dict[str, Any]] = []

    async def asks(self, number: str = ON_ITS_WAY, action: str = "action_order_status") -> Said:
        self.slots["order_number"] = number
        return await self.hears(user("where is it?", action.removeprefix("action_")), action)

    async def hears(self, message: dict[str, Any], action: str) -> Said:
        """One turn: the message, and the action that answers it."""
        self.events.append(message)
        said = await run_action(self._own.shop, action, self.slots, self.events, news=self._news)
        self.slots |= said.slots
        self.events += [{"event": "action", "name": action}, *said.events, {"event": "action", "name": "action_listen"}]
        for response in said.responses:
            key = response["response"].removeprefix("utter_")
            if key in PHRASES:  # else it is the house's own
                check(key, {name: value for name, value in response.items() if name not in FORM})
        return said

    async def says(self, intent: str) -> Said:
        return await self.hears(user(intent, intent), f"action_{intent}")

    @property
    def agreed(self) -> tuple[str | None, dict[str, str]]:
        return self.slots.get("news"), self.slots.get("news_orders") or {}


async def under_way(own: OwnShop) -> None:
    """Amina's other order is on its way too."""
    other = await own.order(DELIVERED)
    await own.change(update(tables.orders).where(tables.orders.c.id == other.id).values(state="processing"))


def buttons(said: Said) -> list[tuple[str, str]]:
    return [(button["phrase"], button["payload"]) for button in said.responses[-1]["buttons"]]


async def test_who_asks_for_an_order_on_its_way_is_asked_whether_they_want_its_news(own: OwnShop) -> None:
    chat = Chat(own)
    said = await chat.asks()
    assert said.keys == ["order_status_shipped", "news_offer"]
    assert buttons(said) == [("news_yes", '/order_news{"choice": "yes"}'), ("news_no", '/order_news{"choice": "no"}')]
    assert chat.agreed == ("asked", {ON_ITS_WAY: HASH})


@pytest.mark.parametrize(("answer", "told"), [("yes", "news_on"), ("no", "news_off")])
async def test_a_button_answers_it_now_or_later(own_sqlite: OwnShop, answer: str, told: str) -> None:
    for between in (0, 3):
        chat = Chat(own_sqlite)
        await chat.asks()
        for _ in range(between):
            await chat.hears(user("hm"), "action_repeat")
        assert (await chat.hears(pressed(answer), "action_order_news")).keys == [told]
        assert chat.agreed == (answer, {ON_ITS_WAY: HASH})


@pytest.mark.parametrize(("intent", "told", "agreed"), [("affirm", "news_on", "yes"), ("deny", "news_off", "no")])
async def test_a_typed_answer_counts_right_after_the_question(
    own_sqlite: OwnShop, intent: str, told: str, agreed: str
) -> None:
    chat = Chat(own_sqlite)
    await chat.asks()
    assert (await chat.says(intent)).keys == [told]
    assert chat.agreed == (agreed, {ON_ITS_WAY: HASH})


@pytest.mark.parametrize(("intent", "told"), [("affirm", "affirmed"), ("deny", "denied")])
async def test_a_typed_answer_to_something_else_is_no_answer_to_it(own_sqlite: OwnShop, intent: str, told: str) -> None:
    chat = Chat(own_sqlite)
    assert (await chat.says(intent)).keys == [told]
    await chat.asks()
    await chat.hears(user("how much is delivery?", "shipping_cost"), "action_repeat")
    assert (await chat.says(intent)).keys == [told]
    assert chat.agreed == ("asked", {ON_ITS_WAY: HASH})


async def test_a_second_yes_is_a_yes_to_nothing(own_sqlite: OwnShop) -> None:
    chat = Chat(own_sqlite)
    await chat.asks()
    await chat.says("affirm")
    assert (await chat.says("affirm")).keys == ["affirmed"]


async def test_it_is_asked_once(own_sqlite: OwnShop) -> None:
    for answer in (None, "no"):
        chat = Chat(own_sqlite)
        await chat.asks()
        if answer:
            await chat.hears(pressed(answer), "action_order_news")
        assert (await chat.asks()).keys == ["order_status_shipped"]
        await under_way(own_sqlite)
        assert (await chat.asks(DELIVERED)).keys == ["order_status_processing"]


async def test_who_agreed_hears_that_a_further_order_is_followed_too_and_how_to_end_it(own: OwnShop) -> None:
    chat = Chat(own)
    await chat.asks()
    await chat.says("affirm")
    assert (await chat.asks()).keys == ["order_status_shipped"]
    await under_way(own)
    said = await chat.asks(DELIVERED)
    assert said.keys == ["order_status_processing", "news_of_this_too"]
    assert buttons(said) == [("news_stop", '/order_news{"choice": "no"}')]
    assert chat.agreed == ("yes", {ON_ITS_WAY: HASH, DELIVERED: HASH})


async def test_a_no_may_become_a_yes_and_back(own_sqlite: OwnShop) -> None:
    chat = Chat(own_sqlite)
    await chat.asks()
    for answer in ("no", "yes", "no", "yes"):
        await chat.hears(pressed(answer), "action_order_news")
        assert chat.agreed == (answer, {ON_ITS_WAY: HASH})


@pytest.mark.parametrize("said_before", [(), ("yes",), ("no",)])
async def test_unsubscribing_ends_the_news_and_says_how_newsletters_end(
    own_sqlite: OwnShop, said_before: Sequence[str]
) -> None:
    chat = Chat(own_sqlite)
    await chat.asks()
    for answer in said_before:
        await chat.hears(pressed(answer), "action_order_news")
    said = await chat.says("unsubscribe")
    ends = ["news_off"] if "yes" in said_before else []
    assert said.keys == [*ends, "unsubscribe_how"]
    assert chat.agreed[0] == ("no" if "yes" in said_before else said_before[0] if said_before else "asked")


async def test_nothing_is_asked_where_nothing_more_will_happen(own_sqlite: OwnShop) -> None:
    chat = Chat(own_sqlite)
    assert (await chat.asks(DELIVERED)).keys == ["order_status_delivered"]
    assert chat.agreed == (None, {})


async def test_nothing_is_asked_where_the_shop_sends_no_news(own_sqlite: OwnShop) -> None:
    chat = Chat(own_sqlite, news=False)
    assert (await chat.asks()).keys == ["order_status_shipped"]


async def test_nothing_is_asked_of_somebody_whose_order_it_is_not(own_sqlite: OwnShop) -> None:
    chat = Chat(own_sqlite)
    chat.slots["order_contact"] = "jonas@example.com"
    assert (await chat.asks()).keys == ["order_no_match"]
    assert chat.agreed == (None, {})


async def test_a_press_without_an_offer_agrees_to_nothing(own_sqlite: OwnShop) -> None:
    chat = Chat(own_sqlite)
    assert (await chat.hears(pressed("yes"), "action_order_news")).keys == ["news_off"]
    assert chat.agreed == ("no", {})


async def test_a_return_that_is_not_settled_is_asked_about_too(own: OwnShop) -> None:
    (settled, open_) = ([], [])
    for row in await own.rows(tables.returns):
        (settled if row["state"] in ("refunded", "rejected") else open_).append(row["order_id"])
    numbers = {row["id"]: (row["number"], row["customer_id"]) for row in await own.rows(tables.orders)}
    emails = {row["id"]: row["email"] for row in await own.rows(tables.customers)}
    for ids, offered in ((open_, True), (settled, False)):
        number, customer = numbers[next(one for one in ids if not (set(settled) & set(open_) & {one}))]
        chat = Chat(own)
        chat.slots["order_contact"] = emails[customer]
        said = await chat.asks(number, "action_return_status")
        assert (said.keys[1:] == ["news_offer"]) is offered


async def test_so_many_orders_are_followed_the_newest_asked_about(own_sqlite: OwnShop) -> None:
    chat = Chat(own_sqlite)
    old = {f"9{place:04d}": AMINA for place in range(20)}
    chat.slots |= {"news": "yes", "news_orders": old}
    await chat.asks()
    assert list(chat.agreed[1]) == [*list(old)[1:], ON_ITS_WAY]
