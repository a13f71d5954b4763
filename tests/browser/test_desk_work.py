"""What an agent does with a conversation, in a real browser: take the next, pass on, put aside, take over."""

from __future__ import annotations

import re

import pytest
from desk_story import CHARGED, ask_for_person, clear_queue, given_to, set_scene, set_team
from playwright.sync_api import expect
from running import Agent, Shohay, eventually
from windows import DeskWindow

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


def test_next_takes_the_conversation_that_suits_and_says_calmly_when_there_is_none(shohay: Shohay, window) -> None:
    set_team(shohay, "agent2", "payments")
    try:
        clear_queue(Agent(shohay.url, "agent2"))
        ask_for_person(shohay)
        wanted = ask_for_person(shohay, CHARGED)
        desk = DeskWindow(window(), shohay, "agent2")
        desk.page.keyboard.press("n")
        expect(desk.page.get_by_test_id("status")).to_have_text("With you")
        assert wanted.conversation_id in desk.page.url
        expect(desk.page.get_by_test_id("reply-text")).to_be_focused()
        desk.press("resolve")
        expect(desk.page.get_by_test_id("status")).to_have_text("Resolved")
        desk.press("next")
        expect(desk.page.get_by_test_id("toast")).to_contain_text("Nobody is waiting whom you should take next")
    finally:
        set_team(shohay, "agent2")


def test_n_is_a_letter_where_one_writes(shohay: Shohay, window) -> None:
    ask_for_person(shohay)
    desk = DeskWindow(window(), shohay)
    before = Agent(shohay.url).queue()
    desk.page.get_by_test_id("search").press_sequentially("no one named")
    expect(desk.page.get_by_test_id("search")).to_have_value("no one named")
    assert set(before) <= set(Agent(shohay.url).queue())


def test_a_transfer_to_a_team_takes_its_note_along_and_the_customer_never_sees_it(
    shohay: Shohay, window, picture
) -> None:
    set_scene(shohay)
    customer = given_to(shohay)
    desk = DeskWindow(window(), shohay)
    desk.visit(customer.conversation_id, "mine")
    desk.press("transfer")
    send = desk.page.get_by_test_id("transfer-send")
    expect(send).to_be_disabled()
    payments = desk.page.get_by_test_id("transfer-to-team-payments")
    payments.check()
    expect(send).to_have_text("Transfer to Payments")
    desk.page.get_by_test_id("transfer-note").fill("She was charged twice too, please look at the bank’s side.")
    picture(desk.page, "desk-transfer")
    send.click()
    expect(desk.page.get_by_test_id("status")).to_have_text("Waiting")
    expect(desk.page.get_by_test_id("team")).to_have_text("Payments")
    expect(desk.said("She was charged twice")).to_have_attribute("data-private", "true")
    assert "charged twice" not in str(customer.page())
    desk.tab("queued")
    expect(desk.row(customer.conversation_id).get_by_test_id("row-team")).to_have_text("Payments")


def test_a_transfer_names_who_is_here_and_what_was_typed_survives_what_happens_meanwhile(
    shohay: Shohay, window
) -> None:
    customer = given_to(shohay)
    colleague = Agent(shohay.url, "agent2")
    colleague.post("/presence", {"available": False})
    desk = DeskWindow(window(), shohay)
    desk.visit(customer.conversation_id, "mine")
    desk.press("transfer")
    target = desk.page.locator("label", has=desk.page.get_by_test_id("transfer-to-agent2"))
    expect(target).to_contain_text("Away")
    target.click()
    desk.page.get_by_test_id("transfer-note").fill("half a senten")
    customer.write("are you still there?")
    expect(desk.said("are you still there?")).to_be_visible()
    colleague.post("/presence", {"available": True})
    customer.write("hello?")
    expect(target).to_contain_text("Available")
    expect(desk.page.get_by_test_id("transfer-note")).to_have_value("half a senten")
    desk.page.get_by_test_id("transfer-send").click()
    expect(desk.page.get_by_test_id("status")).to_have_text("With Daniel Costa")
    assert colleague.conversation(customer.conversation_id)["owner"] == "Daniel Costa"


def test_a_note_stays_a_note_when_the_conversation_becomes_ones_own_meanwhile(shohay: Shohay, window) -> None:
    customer = ask_for_person(shohay)
    desk = DeskWindow(window(), shohay)
    desk.visit(customer.conversation_id)
    desk.press("note-toggle")
    desk.page.get_by_test_id("reply-text").press_sequentially("He shouted at me, ")
    Agent(shohay.url).do(customer.conversation_id, "claim")
    expect(desk.page.get_by_test_id("status")).to_have_text("With you")
    expect(desk.page.get_by_test_id("note-toggle")).to_have_attribute("aria-pressed", "true")
    desk.page.get_by_test_id("reply-text").press_sequentially("be careful")
    desk.page.get_by_test_id("reply-text").press("Enter")
    expect(desk.said("He shouted at me, be careful")).to_have_attribute("data-private", "true")
    assert "shouted" not in str(customer.page())


def test_who_is_given_a_conversation_is_told_and_one_click_opens_it(shohay: Shohay, window) -> None:
    customer = given_to(shohay, "agent2")
    desk = DeskWindow(window(), shohay)
    Agent(shohay.url, "agent2").do(customer.conversation_id, "transfer", {"agent": "agent"})
    notice = desk.page.get_by_test_id("notice").filter(has_text="Given to you")
    expect(notice).to_be_visible()
    notice.get_by_role("link").click()
    expect(desk.page.get_by_test_id("status")).to_have_text("With you")
    assert customer.conversation_id in desk.page.url


def test_a_supervisor_takes_over_after_one_question_and_the_agent_can_no_longer_answer(shohay: Shohay, window) -> None:
    customer = given_to(shohay)
    agent, supervisor = DeskWindow(window(), shohay), DeskWindow(window(), shohay, "supervisor")
    for desk in (agent, supervisor):
        desk.visit(customer.conversation_id, "assigned")
    expect(agent.page.get_by_test_id("takeover")).to_have_count(0)
    supervisor.press("takeover")
    expect(supervisor.page.get_by_text("Rahima Khatun can no longer answer")).to_be_visible()
    supervisor.page.get_by_role("button", name="Leave it").click()
    expect(supervisor.page.get_by_test_id("takeover-confirm")).to_be_hidden()
    expect(supervisor.page.get_by_test_id("status")).to_have_text("With Rahima Khatun")
    supervisor.press("takeover")
    supervisor.press("takeover-confirm")
    expect(supervisor.page.get_by_test_id("status")).to_have_text("With you")
    expect(agent.page.get_by_test_id("owner")).to_contain_text("Nasreen Haque is answering")
    expect(agent.page.get_by_test_id("reply-toggle")).to_have_count(0)


def test_what_is_snoozed_stands_aside_until_the_customer_writes(shohay: Shohay, window) -> None:
    customer = given_to(shohay)
    desk = DeskWindow(window(), shohay)
    desk.visit(customer.conversation_id, "mine")
    desk.press("snooze")
    expect(desk.page.get_by_test_id("snooze-hour")).to_contain_text(re.compile(r"\d\d:\d\d"))
    expect(desk.page.get_by_test_id("snooze-tomorrow")).to_contain_text("09:00")
    desk.press("snooze-tomorrow")
    expect(desk.page.get_by_test_id("snoozed")).to_contain_text("Snoozed until tomorrow 09:00")
    expect(desk.row(customer.conversation_id)).to_have_count(0)
    desk.tab("snoozed")
    expect(desk.row(customer.conversation_id)).to_contain_text("until tomorrow 09:00")
    customer.write("one more thing")
    expect(desk.row(customer.conversation_id)).to_have_count(0)
    desk.tab("mine")
    expect(desk.row(customer.conversation_id)).to_contain_text("one more thing")


def test_one_can_snooze_until_a_time_of_ones_own_and_take_it_up_again(shohay: Shohay, window) -> None:
    customer = given_to(shohay)
    desk = DeskWindow(window(), shohay)
    desk.visit(customer.conversation_id, "mine")
    own_time = desk.page.evaluate("new Date(Date.now() + 5 * 864e5).toLocaleDateString('sv') + 'T16:45'")
    desk.press("snooze")
    desk.page.get_by_test_id("snooze-at").fill(own_time)
    desk.press("snooze-own")
    expect(desk.page.get_by_test_id("snoozed")).to_contain_text("16:45")
    snoozed = Agent(shohay.url).conversation(customer.conversation_id)["snoozed_until"]
    assert snoozed == f"{own_time[:10]}T10:45:00.000Z"  # Dhaka is six hours ahead
    desk.press("wake")
    expect(desk.page.get_by_test_id("snoozed")).to_have_count(0)
    expect(desk.row(customer.conversation_id)).to_be_visible()


def test_an_agent_who_goes_away_is_offered_nothing_and_reads_what_that_means(shohay: Shohay, window) -> None:
    desk = DeskWindow(window(), shohay)
    switch = desk.page.get_by_test_id("available")
    expect(switch).to_have_attribute("aria-checked", "true")
    switch.click()
    expect(desk.page.get_by_text("You are away: nothing new comes to you.")).to_be_visible()

    def available() -> bool:
        agents = Agent(shohay.url).get("/agents").json()["agents"]
        return bool(next(one["available"] for one in agents if one["name"] == "agent"))

    eventually(lambda: not available())
    desk.page.reload()
    desk.stands()
    expect(switch).to_have_attribute("aria-checked", "false")
    switch.focus()
    desk.page.keyboard.press("Space")
    expect(switch).to_have_attribute("aria-checked", "true")
    eventually(available)


def test_a_whole_transfer_can_be_done_with_the_keyboard_alone(shohay: Shohay, window) -> None:
    customer = given_to(shohay)
    Agent(shohay.url, "agent2").queue()  # is at the desk, so stands first among the colleagues
    desk = DeskWindow(window(), shohay)
    desk.visit(customer.conversation_id, "mine")
    keys = desk.page.keyboard
    desk.page.get_by_test_id("transfer").focus()
    keys.press("Enter")
    expect(desk.page.get_by_test_id("transfer-to-agent2")).to_be_focused()
    keys.press("Space")
    keys.press("Escape")
    expect(desk.page.get_by_test_id("transfer-send")).to_be_hidden()
    expect(desk.page.get_by_test_id("transfer")).to_be_focused()
    keys.press("Enter")
    expect(desk.page.get_by_test_id("transfer-to-agent2")).to_be_focused()
    keys.press("Tab")
    keys.type("by keyboard")
    keys.press("Tab")
    keys.press("Enter")
    expect(desk.page.get_by_test_id("status")).to_have_text("With Daniel Costa")
    expect(desk.said("by keyboard")).to_be_visible()
