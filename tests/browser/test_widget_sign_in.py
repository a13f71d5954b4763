"""A customer who is signed in at the shop: their chat on another device, and nobody's after they have signed out."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect
from running import Agent, Shohay, eventually
from windows import PHONE, WidgetWindow

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

AMINA = "amina@example.com"
JONAS = "jonas@example.com"


def sign_in(page: Page, email: str) -> None:
    """Chooses on the demo shop's page who is signed in; empty is nobody."""
    page.locator("#signed-in").select_option(email)


def signed_in_chat(desk_only: Shohay, window, text: str) -> WidgetWindow:
    """Amina, who has written this after signing in."""
    customer = WidgetWindow(window(), desk_only, "en")
    with customer.page.expect_response("**/api/website/identity") as told:
        sign_in(customer.page, AMINA)
    assert told.value.ok
    customer.say(text)
    expect(customer.of("customer").last).to_have_attribute("data-state", "sent")
    return customer


def test_a_customer_who_signs_in_on_another_device_goes_on_in_their_chat_there(desk_only: Shohay, window) -> None:
    first = signed_in_chat(desk_only, window, "written on the computer")
    second = WidgetWindow(window(PHONE), desk_only, "en")
    expect(second.of("customer")).to_have_count(0)
    sign_in(second.page, AMINA)
    second.hears("customer", "written on the computer")
    second.say("written on the phone")
    expect(second.of("customer").last).to_have_attribute("data-state", "sent", timeout=20_000)
    first.hears("customer", "written on the phone")
    agent = Agent(desk_only.url, "supervisor")
    (found,) = eventually(lambda: agent.get("/conversations", q="written on the phone").json()["conversations"])
    agent.do(found["id"], "takeover")
    agent.do(found["id"], "messages", {"text": "Good to see you on both."})
    for device in (first, second):
        device.hears("agent", "on both")
    second.page.reload()
    second = WidgetWindow(second.page, desk_only, "en", goto=False)
    expect(second.of("customer")).to_have_count(2)


def test_somebody_elses_chat_is_never_shown_to_who_signs_in_next_on_the_device(desk_only: Shohay, window) -> None:
    customer = signed_in_chat(desk_only, window, "only Amina may read this")
    page = customer.page
    page.get_by_test_id("input").fill("half a thought of Amina")
    page.get_by_test_id("close").click()
    sign_in(page, "")
    page.get_by_test_id("launcher").click()
    expect(customer.of("customer")).to_have_count(0)
    expect(page.get_by_test_id("input")).to_have_value("")
    page.get_by_test_id("close").click()
    sign_in(page, JONAS)
    page.get_by_test_id("launcher").click()
    customer.say("this is Jonas")
    expect(page.get_by_text("only Amina may read this")).to_have_count(0)
    page.reload()
    customer = WidgetWindow(page, desk_only, "en", goto=False)
    expect(customer.of("customer")).to_have_count(1)
    expect(customer.of("customer").first).to_contain_text("this is Jonas")
