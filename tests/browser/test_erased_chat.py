"""A chat that is erased while open on both sides: the customer's page begins anew, the agent's says it is gone."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect
from running import Agent, Shohay, eventually
from windows import DeskWindow, WidgetWindow

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

SECRET = "zq-woven-basket"


def test_an_erased_chat_leaves_both_pages_and_the_customer_goes_on_in_a_new_one(shohay: Shohay, window) -> None:
    customer = WidgetWindow(window(), shohay, "en")
    customer.say(f"my word is {SECRET}")
    customer.hears("bot", "")
    (found,) = eventually(lambda: Agent(shohay.url).get("/conversations", q=SECRET).json()["conversations"])
    desk = DeskWindow(window(), shohay)
    desk.visit(found["id"], tab="bot")
    expect(desk.said(SECRET)).to_be_visible()

    erased = shohay.command("erase-contact", found["id"], "--yes")
    assert erased.returncode == 0, erased.stderr
    expect(desk.page.locator("#missing")).to_be_visible()
    expect(desk.row(found["id"])).to_have_count(0)
    expect(customer.page.get_by_text(SECRET)).to_have_count(0)
    expect(desk.page.get_by_text(SECRET)).to_have_count(0)

    customer.say("How much is delivery?")
    customer.hears("bot", "$2")
    expect(customer.of("customer")).to_have_count(1)
    assert Agent(shohay.url).get("/conversations", q=SECRET).json()["conversations"] == []


def test_a_customer_who_writes_before_their_page_has_heard_of_it_is_answered_all_the_same(
    shohay: Shohay, window
) -> None:
    customer = WidgetWindow(window(), shohay, "en")
    for text in (f"my word is {SECRET}-too", "hello", "thanks"):
        customer.say(text)
    expect(customer.of("bot")).not_to_have_count(0)
    (found,) = eventually(lambda: Agent(shohay.url).get("/conversations", q=f"{SECRET}-too").json()["conversations"])
    # its stream hears nothing: what the customer writes is the first that tells
    customer.page.route("**/api/website/events", lambda route: route.abort())
    customer.page.context.set_offline(True)
    assert shohay.command("erase-contact", found["id"], "--yes").returncode == 0
    customer.page.context.set_offline(False)
    customer.say("How much is delivery?")
    customer.page.unroute("**/api/website/events")
    customer.hears("bot", "$2")
    expect(customer.page.get_by_text(SECRET)).to_have_count(0)
