"""What of an order is seen at one glance beside the words."""

from typing import Any

import pytest
from shop_testing import LANGUAGES, NOW, ROOT, RunAction

from actions.order_card import order_card
from actions.order_lines import item_name
from actions.order_status import beside_card, order_status
from actions.shop.backend import Order
from actions.values import day, ident, names
from bot.content.live import LiveWords
from bot.dialogue.answers import Answers, as_said
from handoff.messages import Card

Orders = dict[str, Order]
PAGE = "https://shop.example/track/{number}"
AMINA: dict[str, Any] = {"order_contact": "amina@example.com"}


@pytest.fixture(scope="module")
def words() -> LiveWords:
    return LiveWords(ROOT / "data")


def shown(words: LiveWords, order: Order, language: str, page: str | None = PAGE) -> Card:
    card = words.say("order_status_placed", language, card=order_card(order, page)).card
    assert card is not None
    return card


def test_a_card_names_order_state_day_items_total_and_parcel(words: LiveWords, orders: Orders) -> None:
    card = shown(words, orders["10001"], "en")
    number = orders["10001"].shipments[-1].tracking_number
    assert (card.title, card.badge) == ("Order 10001", "on its way")
    assert [name for name, _ in card.rows] == ["Expected", "Items", "Total", "Courier", "Tracking number"]
    assert dict(card.rows)["Items"] == "Hand-loomed cotton saree\n2 × Glass bangles set"
    assert dict(card.rows)["Tracking number"] == number
    assert card.link == ("Follow the parcel", f"https://shop.example/track/{number}")


def test_without_a_page_to_follow_parcels_there_is_no_link(words: LiveWords, orders: Orders) -> None:
    assert shown(words, orders["10001"], "en", page=None).link is None


def test_what_has_come_is_expected_no_more_and_what_has_not_left_has_no_number(
    words: LiveWords, orders: Orders
) -> None:
    assert "Expected" not in dict(shown(words, orders["10002"], "en").rows)
    assert orders["10003"].shipments == ()
    assert {"Courier", "Tracking number"}.isdisjoint(dict(shown(words, orders["10003"], "en").rows))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_order_of_the_demo_has_a_card_in_every_language(words: LiveWords, orders: Orders, language: str) -> None:
    for order in orders.values():
        card = shown(words, order, language)
        texts = [card.title, card.badge, *(text for row in card.rows for text in row)]
        assert all(text and "{" not in text for text in texts)
        assert order.number in card.title


def beside(words: LiveWords, order: Order, language: str) -> tuple[str, str, Card]:
    """All the words about an order, those beside its card, and the card."""
    key, params = order_status(order, NOW.date())
    card = order_card(order, PAGE) | {"beside": beside_card(order, NOW.date())}
    said = words.say(key, language, card=card, **params)
    assert said.card is not None
    return said.text, said.card.beside, said.card


def test_beside_a_card_stands_only_what_the_card_does_not_say(words: LiveWords, orders: Orders) -> None:
    text, left, _ = beside(words, orders["10001"], "en")
    assert left.splitlines()[0] == "Your order 10001 is on its way to Dhaka."
    assert [line.split(" (")[0] for line in left.splitlines()[1:]] == ["Latest news"]
    assert len(text.splitlines()) == 5
    assert beside(words, orders["10003"], "en")[1] == "We are getting your order 10003 ready."


def test_an_apology_an_agreed_time_money_and_earlier_parcels_stay_beside_it(words: LiveWords, orders: Orders) -> None:
    left = "\n".join(beside(words, order, "en")[1] for order in orders.values())
    for part in ("I am sorry that it is late", "You have not been charged", "refund"):
        assert part in left
    several = next(order for order in orders.values() if len(order.shipments) > 1)
    older, newest = (several.shipments[place].tracking_number for place in (0, -1))
    left = beside(words, several, "en")[1]
    assert older in left and newest not in left


@pytest.mark.parametrize("language", LANGUAGES)
def test_of_all_that_the_words_say_card_and_words_beside_it_leave_nothing_out(
    words: LiveWords, orders: Orders, language: str
) -> None:
    for order in orders.values():
        text, left, card = beside(words, order, language)
        seen = "\n".join([left, *(value for _, value in card.rows)])
        facts = [item_name(item, item.quantity) for item in order.items]
        for parcel in order.shipments:
            facts += [names(parcel.carrier), ident(parcel.tracking_number)]
        if order.expected_on:
            facts.append(day(order.expected_on))
        told = [words.current._value(fact, language) for fact in facts]
        assert [fact for fact in told if fact in text and fact not in seen] == []
        assert set(left.splitlines()) <= set(text.splitlines())


async def test_the_answer_brings_its_card_through_rasa(act: RunAction, words: LiveWords) -> None:
    said = await act("action_order_status", {"order_number": "10001", **AMINA})
    response = dict(said.responses[0])
    name = response.pop("response")
    tracker: Any = None
    answer = await Answers(words=words).generate(name, tracker, "any", language="de", **response)
    assert answer is not None
    found = as_said(answer)
    assert found.card is not None
    assert (found.card.title, found.card.badge) == ("Bestellung 10001", "unterwegs")
    assert as_said({"text": "no card", "custom": None}).card is None


def test_a_card_is_stored_whole_and_one_of_before_is_read_too(words: LiveWords, orders: Orders) -> None:
    _, _, card = beside(words, orders["10001"], "en")
    raw = card.as_json()
    assert Card.from_json(raw) == card
    assert raw.pop("beside")
    assert Card.from_json(raw).beside == ""
