"""What of an order is seen at one glance beside the words."""

from typing import Any

import pytest
from shop_testing import LANGUAGES, ROOT, RunAction

from actions.order_card import order_card
from actions.shop.backend import Order
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
    assert [name for name, _ in card.rows] == ["Expected", "Items", "Total", "Tracking number"]
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
    assert {"Tracking number"}.isdisjoint(dict(shown(words, orders["10003"], "en").rows))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_order_of_the_demo_has_a_card_in_every_language(words: LiveWords, orders: Orders, language: str) -> None:
    for order in orders.values():
        card = shown(words, order, language)
        texts = [card.title, card.badge, *(text for row in card.rows for text in row)]
        assert all(text and "{" not in text for text in texts)
        assert order.number in card.title


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
