"""The widget when nobody answers: what was written stays, arrives once, and all windows of a browser agree."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, Route, expect
from running import Agent, Shohay, eventually
from windows import PHONE, WidgetWindow

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

MESSAGES = "**/api/website/messages"
LANGUAGE = "**/api/website/language"


@pytest.fixture
def agent(desk_only: Shohay) -> Agent:
    return Agent(desk_only.url, "supervisor")


def taken_over(agent: Agent, text: str) -> str:
    """The conversation with this text in it, which the supervisor now has."""
    (found,) = eventually(lambda: agent.get("/conversations", q=text).json()["conversations"])
    agent.do(found["id"], "takeover")
    return str(found["id"])


def cut_off(page: Page, desk_only: Shohay, agent: Agent, before: str, *addresses: str) -> tuple[WidgetWindow, str]:
    """A customer whom the supervisor has after these first words, and for whom these addresses are out of reach now;
    and the conversation."""
    customer = WidgetWindow(page, desk_only, "en")
    customer.say(before)
    conversation = taken_over(agent, before)
    for address in addresses:
        customer.page.route(address, lambda route: route.abort())
    return customer, conversation


def stored(agent: Agent, conversation_id: str) -> list[str]:
    return [one["text"] for one in agent.conversation(conversation_id)["messages"] if one["author"] == "customer"]


def test_what_is_written_while_the_server_is_away_arrives_once_and_in_order_when_it_is_back(
    desk_only: Shohay, agent: Agent, window, picture
) -> None:
    customer = WidgetWindow(window(PHONE), desk_only, "en")
    resumed: list[str | None] = []
    customer.page.on(
        "request",
        lambda request: resumed.append(request.headers.get("last-event-id")) if "/events" in request.url else None,
    )
    customer.say("a lamp that came broken")
    conversation = taken_over(agent, "a lamp that came broken")
    agent.do(conversation, "messages", {"text": "I am looking into it."})
    customer.hears("agent", "looking into it")

    desk_only.stop()
    customer.say("first of two")
    customer.say("second of two")
    expect(customer.page.get_by_test_id("status")).to_have_attribute("data-status", "offline")
    picture(customer.page, "widget-offline")
    desk_only.start().ready(path="/healthz")
    agent.do(conversation, "messages", {"text": "Said while you were away."})
    expect(customer.of("agent").last).to_contain_text("while you were away", timeout=30_000)
    expect(customer.page.get_by_test_id("status")).to_have_attribute("data-status", "assigned")
    eventually(lambda: len(stored(agent, conversation)) == 3, 40)
    assert stored(agent, conversation) == ["a lamp that came broken", "first of two", "second of two"]
    expect(customer.page.locator('[data-state="sending"], [data-state="failed"]')).to_have_count(0)
    expect(customer.of("customer")).to_have_count(3)
    expect(customer.of("agent")).to_have_count(2)
    assert resumed[-1], "the stream was not taken up where it had broken off"


def test_a_message_that_could_not_be_sent_says_so_and_is_sent_by_a_tap(desk_only: Shohay, agent: Agent, window) -> None:
    customer, conversation = cut_off(window(), desk_only, agent, "before the break", MESSAGES)
    customer.say("during the break")
    retry = customer.page.get_by_test_id("retry")
    expect(retry).to_have_text("Not sent, tap to retry", timeout=20_000)
    customer.page.unroute(MESSAGES)
    retry.click()
    expect(retry).to_have_count(0)
    eventually(lambda: stored(agent, conversation) == ["before the break", "during the break"])


def test_what_could_not_be_sent_is_not_overtaken_by_what_was_written_after_it(
    desk_only: Shohay, agent: Agent, window
) -> None:
    customer, conversation = cut_off(window(), desk_only, agent, "before the gap", MESSAGES)
    customer.say("first of two")
    retry = customer.page.get_by_test_id("retry")
    expect(retry).to_have_count(1, timeout=20_000)
    customer.say("second of two")
    expect(retry).to_have_count(2, timeout=20_000)
    customer.page.unroute(MESSAGES)
    retry.last.click()
    expect(retry).to_have_count(0)
    eventually(lambda: stored(agent, conversation) == ["before the gap", "first of two", "second of two"])


def test_a_language_chosen_between_two_messages_lets_none_overtake_the_other(
    desk_only: Shohay, agent: Agent, window
) -> None:
    customer, conversation = cut_off(window(), desk_only, agent, "before the choice", MESSAGES, LANGUAGE)
    customer.say("one of two")
    customer.page.get_by_test_id("language").select_option("de")
    customer.say("two of two")
    retry = customer.page.get_by_test_id("retry")
    expect(retry).to_have_count(1, timeout=20_000)
    for address in (MESSAGES, LANGUAGE):
        customer.page.unroute(address)
    retry.click()
    eventually(lambda: stored(agent, conversation) == ["before the choice", "one of two", "two of two"])
    eventually(lambda: agent.conversation(conversation)["language"] == "de")


def test_a_language_chosen_while_the_session_is_being_opened_is_not_lost(
    desk_only: Shohay, agent: Agent, window
) -> None:
    page, held = window(), []
    page.route("**/api/website/sessions", lambda route: held.append(route))
    page.goto(f"{desk_only.url}/?lang=en")
    page.get_by_test_id("launcher").click()
    expect(page.get_by_test_id("language")).to_be_visible()
    page.wait_for_timeout(200)
    assert len(held) == 1
    asked: list[str] = []
    page.on(
        "request", lambda request: asked.append(request.url.rpartition("/")[2]) if request.method == "POST" else None
    )
    customer = WidgetWindow(page, desk_only, "de", goto=False)
    customer.say("eine Lampe aus Messing")
    held[0].continue_()
    conversation = taken_over(agent, "eine Lampe aus Messing")
    assert agent.conversation(conversation)["language"] == "de"
    page.wait_for_timeout(200)  # what was asked meanwhile is heard of here only now
    assert asked.index("language") < asked.index("messages")


def test_a_message_under_way_goes_on_from_the_shops_next_page_and_so_does_a_draft(
    desk_only: Shohay, agent: Agent, window
) -> None:
    customer = WidgetWindow(window(), desk_only, "en")
    customer.say("before the next page")
    conversation = taken_over(agent, "before the next page")
    # the server takes the message, but its answer is lost
    taken: list[Route] = []

    def lose_the_answer(route: Route) -> None:
        if not taken:
            route.fetch()
        taken.append(route)

    customer.page.route(MESSAGES, lose_the_answer)
    customer.say("taken without an answer")
    customer.page.get_by_test_id("input").fill("half a sen")
    eventually(lambda: len(stored(agent, conversation)) == 2)
    customer.page.unroute(MESSAGES)
    customer.page.reload()
    customer.page.get_by_test_id("launcher").click()
    expect(customer.of("customer")).to_have_count(2)
    expect(customer.page.locator('[data-state="sending"], [data-state="failed"]')).to_have_count(0)
    expect(customer.page.get_by_test_id("input")).to_have_value("half a sen")
    assert stored(agent, conversation) == ["before the next page", "taken without an answer"]


def test_two_tabs_are_in_step(desk_only: Shohay, agent: Agent, window) -> None:
    one = WidgetWindow(window(), desk_only, "en")
    one.say("written in the first tab")
    conversation = taken_over(agent, "written in the first tab")
    page: Page = one.page.context.new_page()
    page.goto(desk_only.url)
    expect(page.locator('[data-author="customer"]')).to_have_count(1)
    agent.do(conversation, "messages", {"text": "Hello to both of you."})
    one.hears("agent", "both of you")
    # read in one, it is no news in the other
    expect(page.get_by_test_id("unread")).to_be_hidden()
    two = WidgetWindow(page, desk_only, "en", goto=False)
    two.say("written in the second tab")
    one.hears("customer", "written in the second tab")
    expect(one.of("customer")).to_have_count(2)
    two.page.get_by_test_id("language").select_option("bn")
    expect(one.page.get_by_test_id("language")).to_have_value("bn")
    assert one.page.get_by_test_id("bubble").all_inner_texts() == two.page.get_by_test_id("bubble").all_inner_texts()


def test_unread_messages_are_counted_at_the_launcher_until_they_are_seen(
    desk_only: Shohay, agent: Agent, window
) -> None:
    customer = WidgetWindow(window(), desk_only, "en")
    customer.say("I close this now")
    conversation = taken_over(agent, "I close this now")
    customer.page.get_by_test_id("close").click()
    for number in (1, 2):
        agent.do(conversation, "messages", {"text": f"answer {number}"})
    expect(customer.page.get_by_test_id("unread")).to_have_text("2")
    expect(customer.page.get_by_role("button", name="Open chat (new messages: 2)")).to_be_visible()
    customer.page.reload()
    expect(customer.page.get_by_test_id("unread")).to_have_text("2")
    customer.page.get_by_test_id("launcher").click()
    expect(customer.of("agent")).to_have_count(2)
    customer.page.get_by_test_id("close").click()
    expect(customer.page.get_by_test_id("unread")).to_be_hidden()
