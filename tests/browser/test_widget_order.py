"""An order in the chat: the card beside the words that it does not say, and a photo of what is wrong with it."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect
from running import Shohay
from test_widget_files import CUP, choose, file, photo
from windows import DESKTOP, PHONE, WidgetWindow

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

ASKED = {
    "en": ("Where is my order 10001?", "Order 10001", "on its way", "3,680"),
    "bn": ("আমার অর্ডার 10001 কোথায়?", "অর্ডার 10001", "পথে আছে", "৩,৬৮০"),
    "de": ("Wo ist meine Bestellung 10001?", "Bestellung 10001", "unterwegs", "3.680"),
}


@pytest.mark.parametrize(("language", "size"), [("en", DESKTOP), ("bn", PHONE), ("de", PHONE)])
def test_an_order_is_told_and_shown_as_a_card(
    shohay: Shohay, window, picture, language: str, size: dict[str, int]
) -> None:
    question, title, state, total = ASKED[language]
    customer = WidgetWindow(window(size), shohay, language)
    customer.say(question)
    expect(customer.of("bot")).to_have_count(1)
    customer.say("amina@example.com")
    card = customer.page.get_by_test_id("card")
    for part in (title, state, total):
        expect(card).to_contain_text(part)
    expect(card.get_by_role("link")).to_have_attribute(
        "href", "https://nodi.example/track/" + tracking(card.inner_text())
    )
    expect(card.get_by_role("link")).to_have_attribute("rel", "noopener noreferrer")
    bubble = customer.of("bot").last.get_by_test_id("bubble")
    expect(bubble).to_contain_text("10001")
    assert tracking(card.inner_text()) not in bubble.inner_text()  # nothing is said twice
    assert len(bubble.inner_text().splitlines()) == 2  # how it stands, and the parcel's news
    picture(customer.page, f"widget-card-{language}")
    assert customer.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    customer.page.reload()
    customer = WidgetWindow(customer.page, shohay, language, goto=False)
    expect(customer.page.get_by_test_id("card")).to_contain_text(title)


def test_a_photo_of_what_came_broken_is_shown_where_it_was_sent(shohay: Shohay, window, picture) -> None:
    customer = WidgetWindow(window(), shohay, "en")
    choose(customer.page, file(*CUP, photo()))
    expect(customer.page.locator('[data-testid="upload"][data-state="done"]')).to_have_count(1)
    customer.page.get_by_test_id("input").fill("My cup came broken")
    picture(customer.page, "widget-upload")
    customer.page.get_by_test_id("send").click()
    expect(customer.of("bot")).not_to_have_count(0)
    expect(customer.of("customer").locator(".file.picture canvas")).to_be_visible()
    picture(customer.page, "widget-photo")


def tracking(text: str) -> str:
    """The tracking number among a card's words."""
    return next(word for word in text.split() if word.startswith("RX"))
