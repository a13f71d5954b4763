"""What an agent sees at a glance: what is late or did not arrive, the order, what was before, who is there."""

from __future__ import annotations

import re

import pytest
from desk_story import CHARGED, ask_for_person, change, given_to, set_deadline, set_scene
from fake_provider import DROPPED, REFUSED, FakeCustomer, Provider
from playwright.sync_api import Page, expect
from running import Agent, Customer, Shohay, eventually
from windows import PHONE, SMALL, DeskWindow

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

ATTACK = '<img src=x onerror="document.title=\'owned\'"><script>document.title="owned"</script>'


def test_what_is_late_is_marked_by_sign_and_word_and_a_supervisor_is_told(shohay: Shohay, window, picture) -> None:
    set_scene(shohay)
    customer = given_to(shohay)
    customer.write("are you there?")
    agent, supervisor = DeskWindow(window(), shohay), DeskWindow(window(), shohay, "supervisor")
    agent.tab("mine")
    due = agent.row(customer.conversation_id).get_by_test_id("due")
    expect(due).to_contain_text("due in")
    set_deadline(shohay, customer.conversation_id, 60)
    expect(due).to_contain_text("due soon")
    expect(due).to_have_attribute("data-state", "near")
    expect(agent.page.get_by_test_id("notice").filter(has_text="Answer soon")).to_be_visible()
    set_deadline(shohay, customer.conversation_id, -30)
    expect(due).to_contain_text(re.compile(r"late 0:\d\d"))
    expect(agent.page.get_by_test_id("notice").filter(has_text="waits for your answer")).to_be_visible()
    told = supervisor.page.get_by_test_id("notice").filter(has_text="with Rahima Khatun")
    expect(told).to_contain_text("Late")
    supervisor.tab("late")
    expect(supervisor.row(customer.conversation_id).get_by_test_id("due")).to_contain_text("late")
    picture(supervisor.page, "desk-late")
    agent.open(customer.conversation_id)
    agent.write("I am here now")
    expect(agent.page.locator("#facts").get_by_test_id("due")).to_have_count(0)
    expect(supervisor.row(customer.conversation_id)).to_have_count(0)


def test_a_message_that_did_not_arrive_says_so_and_can_be_sent_again(
    shohay: Shohay, window, provider: Provider, picture
) -> None:
    set_scene(shohay)
    customer = FakeCustomer(shohay)
    conversation_id = customer.wants_a_person(Agent(shohay.url))
    desk = DeskWindow(window(), shohay)
    desk.open(conversation_id)
    desk.press("claim")
    desk.write(f"Your parcel is {REFUSED}.")
    refused = desk.said(REFUSED)
    expect(refused.get_by_test_id("delivery")).to_have_text(re.compile("Not delivered"), timeout=70_000)
    expect(refused.get_by_test_id("resend")).to_be_visible()
    desk.write(f"Shall I {DROPPED}?")
    unsure = desk.said(DROPPED)
    expect(unsure.get_by_test_id("delivery")).to_have_text(re.compile("Perhaps not delivered"), timeout=70_000)
    expect(unsure.get_by_test_id("resend")).to_be_hidden()
    unsure.get_by_test_id("resend-ask").click()
    expect(unsure.get_by_text("It may have arrived. Send it again?")).to_be_visible()
    expect(unsure.get_by_test_id("resend")).to_be_visible()
    picture(desk.page, "desk-undelivered")
    unsure.get_by_role("button", name="No").click()
    expect(unsure.get_by_test_id("resend")).to_be_hidden()
    desk.tab("undelivered")
    expect(desk.row(conversation_id).get_by_test_id("row-undelivered")).to_be_visible()


def test_what_is_sent_again_arrives_once_and_the_mark_goes(shohay: Shohay, window, provider: Provider) -> None:
    customer = FakeCustomer(shohay)
    conversation_id = customer.wants_a_person(Agent(shohay.url))
    desk = DeskWindow(window(), shohay)
    desk.open(conversation_id)
    desk.press("claim")
    desk.write(f"Your other parcel is {REFUSED}.")
    line = desk.said("Your other parcel")
    expect(line.get_by_test_id("delivery-error")).to_have_text(re.compile("403"), timeout=70_000)
    desk.tab("undelivered")
    expect(desk.row(conversation_id)).to_be_visible()
    provider.calm = True
    try:
        line.get_by_test_id("resend").click()
        expect(line.get_by_test_id("delivery")).to_have_text(re.compile("Sent"), timeout=70_000)
    finally:
        provider.calm = False
    expect(line.get_by_test_id("resend")).to_have_count(0)
    expect(desk.row(conversation_id)).to_have_count(0)
    assert provider.got.count(f"Your other parcel is {REFUSED}.") == 1


def test_the_brief_tells_how_the_order_stands_and_how_surely_it_is_theirs(shohay: Shohay, window) -> None:
    customer = Customer(shohay.url)
    customer.ask("Where is my order 10001?")
    customer.ask("amina@example.com")
    customer.ask("I want to talk to a human please")
    desk = DeskWindow(window(), shohay)
    desk.open(customer.conversation_id)
    expect(desk.page.get_by_test_id("order-state")).to_have_text("Shipped")
    order = desk.page.get_by_test_id("order")
    for words in ("10001", "Amina", "BDT", "Parcel", "Payment"):
        expect(order).to_contain_text(words)
    expect(desk.page.get_by_test_id("verification")).to_have_text(re.compile("Order and contact match"))


def test_an_earlier_rating_stands_in_the_brief_and_its_presses_in_the_transcript(
    shohay: Shohay, window, picture
) -> None:
    set_scene(shohay)
    customer = given_to(shohay)
    agent = Agent(shohay.url)
    agent.do(customer.conversation_id, "messages", {"text": "Done, it is on its way."})
    agent.do(customer.conversation_id, "resolve")
    customer.heard(customer.press("rating:4"), "system")
    customer.heard(customer.press("rating:comment"), "system")
    customer.heard(customer.write("Quick and kind, thank you!"), "system")
    customer.ask("Where is my order 10001?")
    customer.ask("amina@example.com")
    customer.ask("I want to talk to a human please")
    desk = DeskWindow(window(), shohay)
    desk.visit(customer.conversation_id)
    earlier = desk.page.get_by_test_id("earlier")
    expect(earlier.locator(".stars")).to_have_attribute("data-score", "4")
    expect(earlier.get_by_test_id("rating-comment")).to_contain_text("Quick and kind, thank you!")
    expect(desk.page.get_by_test_id("transcript").locator(".stars")).to_have_attribute("data-score", "4")
    earlier.get_by_role("button").first.click()
    expect(desk.page.get_by_text("Done, it is on its way.")).to_be_in_viewport()
    picture(desk.page, "desk-brief")


def test_scripts_in_a_message_a_note_a_contact_and_a_comment_are_text_and_nothing_else(shohay: Shohay, window) -> None:
    customer = given_to(shohay)
    agent = Agent(shohay.url)
    agent.do(customer.conversation_id, "resolve")
    customer.heard(customer.press("rating:1"), "system")
    customer.heard(customer.press("rating:comment"), "system")
    customer.heard(customer.write(f"comment {ATTACK}"), "system")
    customer.heard(customer.write("I want to talk to a human please"), "system")
    agent.do(customer.conversation_id, "claim")
    customer.write(f"customer {ATTACK}")
    attack = f"x@y.example\"'>{ATTACK}"
    change(
        shohay,
        "update handoffs set contact = ? where conversation_id = ?",
        attack,
        customer.conversation_id,
    )
    desk = DeskWindow(window(), shohay)
    desk.visit(customer.conversation_id, "mine")
    desk.write(f"note {ATTACK}", note=True)
    expect(desk.page.get_by_test_id("contact")).to_have_text(attack)
    expect(desk.page.get_by_test_id("rating-comment")).to_contain_text("comment <img")
    assert str(desk.page.get_by_test_id("contact").get_attribute("href")).startswith("mailto:x@y.example%22")
    desk.press("transfer")
    desk.page.get_by_test_id("transfer-to-agent2").check(force=True)
    desk.page.get_by_test_id("transfer-note").fill(f"transfer {ATTACK}")
    desk.press("transfer-send")
    expect(desk.said("transfer <img")).to_be_visible()
    assert desk.page.locator("img[src=x]").count() == 0
    assert "owned" not in desk.page.title()


def test_a_contact_that_was_left_can_be_written_to_with_one_click(shohay: Shohay, window) -> None:
    customer = ask_for_person(shohay, CHARGED)  # payments is closed: the customer is asked how to go on
    customer.heard(customer.press("handoff:contact"), "system")
    customer.heard(customer.write("karim@example.org, please"), "system")
    desk = DeskWindow(window(), shohay)
    desk.visit(customer.conversation_id)
    contact = desk.page.get_by_test_id("contact")
    expect(contact).to_have_text("karim@example.org")
    expect(contact).to_have_attribute("href", "mailto:karim@example.org")


def test_a_team_can_be_looked_at_by_itself_and_the_address_keeps_it(shohay: Shohay, window) -> None:
    payments, support = ask_for_person(shohay, CHARGED), ask_for_person(shohay)
    desk = DeskWindow(window(), shohay)
    expect(desk.row(support.conversation_id)).to_be_visible()
    desk.page.get_by_test_id("team-filter").select_option("payments")
    expect(desk.row(payments.conversation_id)).to_be_visible()
    expect(desk.row(support.conversation_id)).to_have_count(0)
    desk.page.reload()
    desk.stands()
    expect(desk.page.get_by_test_id("team-filter")).to_have_value("payments")
    expect(desk.row(payments.conversation_id)).to_be_visible()
    expect(desk.row(support.conversation_id)).to_have_count(0)


def test_the_teams_page_tells_who_is_there_and_follows_what_changes(shohay: Shohay, window, picture) -> None:
    set_scene(shohay)
    given_to(shohay, "agent2")
    colleague = Agent(shohay.url, "agent2")
    desk = DeskWindow(window(), shohay)
    desk.press("team-link")
    person = desk.page.get_by_test_id("person-agent2")
    expect(person).to_contain_text("Available")
    expect(person).to_contain_text(re.compile(r"\d+ of 5"))
    expect(desk.page.get_by_test_id("person-agent")).to_contain_text("you")
    expect(desk.page.get_by_test_id("queue-support")).to_contain_text("Open")
    expect(desk.page.get_by_test_id("queue-payments")).to_contain_text(re.compile(r"Closed, opens \w{3} 09:00"))
    expect(desk.page.get_by_test_id("queue-payments")).to_contain_text(re.compile(r"[1-9]\d* waiting"))
    picture(desk.page, "desk-team")
    colleague.post("/presence", {"available": False})
    expect(person).to_contain_text("Away", timeout=20_000)
    colleague.post("/presence", {"available": True})
    expect(person).to_contain_text("Available", timeout=20_000)


def test_every_page_fits_a_phone(shohay: Shohay, window, picture) -> None:
    set_scene(shohay)
    customer = Customer(shohay.url)
    customer.ask("Where is my order 10001?")
    customer.ask("amina@example.com")
    customer.ask("I want to talk to a human please")
    Agent(shohay.url).do(customer.conversation_id, "claim")
    for size, kept in ((PHONE, True), (SMALL, False)):
        desk = DeskWindow(window(size), shohay)
        _fits(desk.page)
        desk.visit(customer.conversation_id, "mine")
        _fits(desk.page)
        expect(desk.unfold().get_by_test_id("order-state")).to_be_visible()
        _fits(desk.page)
        for menu, button in (("transfer", "transfer-send"), ("snooze", "snooze-own")):
            desk.press(menu)
            expect(desk.page.get_by_test_id(button)).to_be_in_viewport(ratio=1)
            _fits(desk.page)
            if kept and menu == "transfer":
                picture(desk.page, "desk-phone-transfer")
            desk.page.keyboard.press("Escape")
        desk.page.goto(f"{shohay.url}/desk/team")
        expect(desk.page.get_by_test_id("person-agent")).to_be_visible()
        _fits(desk.page)


def test_an_agent_without_a_session_sees_only_the_door(shohay: Shohay, window) -> None:
    page = window()
    page.goto(f"{shohay.url}/desk/team")
    expect(page.get_by_test_id("login-name")).to_be_visible()
    expect(page.get_by_test_id("team-page")).to_have_count(0)


def test_the_customers_words_are_announced_where_they_wait_and_not_where_they_are_read(shohay: Shohay, window) -> None:
    customer = given_to(shohay)
    desk = DeskWindow(window(), shohay)
    customer.write("hello, anybody?")
    notice = desk.page.get_by_test_id("notice").filter(has_text="wrote to you")
    expect(notice).to_be_visible()
    expect(notice).not_to_contain_text("anybody")
    notice.get_by_role("link").click()
    expect(desk.said("hello, anybody?")).to_be_visible()
    expect(notice).to_have_count(0)
    customer.write("thank you for coming")
    expect(desk.said("thank you for coming")).to_be_visible()
    eventually(lambda: desk.page.locator("#tab-mine .count").inner_text() != "")
    expect(notice).to_have_count(0)


def _fits(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
