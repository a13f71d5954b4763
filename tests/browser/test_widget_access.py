"""The widget for everybody: by keyboard and screen reader, from right to left, without movement, in forced colours."""

from __future__ import annotations

import json

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, Route, expect
from running import Agent, Shohay, eventually
from windows import DESKTOP, PHONE, WidgetWindow

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
EXECUTABLE = {"name": "setup.exe", "mimeType": "application/x-msdownload", "buffer": b"MZ"}


def violations(page: Page) -> list[str]:
    """What axe finds wrong with the widget, movements being over."""
    page.evaluate("node => Promise.all(document.querySelector('shohay-widget').shadowRoot.getAnimations()"
                  ".filter(a => a.effect.getTiming().iterations === 1).map(a => a.finished))")  # fmt: skip
    found = Axe().run(page, context={"include": ["shohay-widget"]}, options=RULES).response["violations"]
    return [f"{one['id']}: {[node['html'] for node in one['nodes']]}" for one in found]


@pytest.mark.parametrize(("size", "language"), [(DESKTOP, "en"), (PHONE, "bn")])
def test_axe_finds_nothing_in_any_state(shohay: Shohay, window, size: dict[str, int], language: str) -> None:
    page = window(size)
    page.goto(f"{shohay.url}/?lang={language}")
    expect(page.get_by_test_id("launcher")).to_be_visible()
    assert violations(page) == [], "closed"
    customer = WidgetWindow(page, shohay, language, goto=False)
    assert violations(page) == [], "open"
    customer.say("How much is delivery?")
    expect(page.get_by_test_id("button")).not_to_have_count(0)
    assert violations(page) == [], "with messages and buttons"
    customer.say("where is my order 10001")
    customer.say("amina@example.com")
    expect(page.get_by_test_id("card")).to_be_visible()
    assert violations(page) == [], "with a card"
    page.get_by_test_id("file-input").set_input_files(EXECUTABLE)
    expect(page.get_by_test_id("upload-error")).to_contain_text("setup.exe")
    assert violations(page) == [], "with an upload that was refused"
    page.context.set_offline(True)
    expect(page.get_by_test_id("status")).to_have_attribute("data-status", "offline")
    page.get_by_test_id("input").fill("is anybody there?")
    page.get_by_test_id("input").press("Enter")
    expect(page.get_by_test_id("retry")).to_be_visible(timeout=20_000)
    assert violations(page) == [], "offline, with a message that was not sent"
    page.context.set_offline(False)


def test_axe_finds_nothing_while_a_person_is_waited_for_or_rated(shohay: Shohay, window, picture) -> None:
    customer = WidgetWindow(window(), shohay, "en")
    customer.say("I want to talk to a human please")
    expect(customer.page.get_by_test_id("status")).to_contain_text("queue")
    assert violations(customer.page) == [], "in the queue"
    agent = Agent(shohay.url)
    waiting = agent.queue()[-1]
    agent.do(waiting, "claim")
    agent.do(waiting, "messages", {"text": "Hello, this is Rahima. What can I do for you?"})
    customer.hears("agent", "this is Rahima")
    assert violations(customer.page) == [], "with a person"
    agent.do(waiting, "resolve")
    stars = customer.page.locator(".star")
    expect(stars).to_have_count(5)
    assert [star.get_attribute("aria-label")[0] for star in stars.all()] == ["1", "2", "3", "4", "5"]
    boxes = [star.bounding_box() for star in stars.all()]
    assert len({box["y"] for box in boxes}) == 1
    assert [box["x"] for box in boxes] == sorted(box["x"] for box in boxes)
    assert violations(customer.page) == [], "asked how it was"
    customer.page.get_by_role("button", name="4 – good").hover()
    picture(customer.page, "widget-rating")
    customer.page.get_by_role("button", name="4 – good").click()
    customer.hears("customer", "4 – good")
    customer.hears("system", "Thank you")


def test_the_keyboard_alone_is_enough_and_focus_comes_back(shohay: Shohay, window) -> None:
    page = window()
    page.goto(shohay.url)
    launcher = page.get_by_test_id("launcher")
    launcher.focus()
    page.keyboard.press("Enter")
    assert focused(page) == "input"
    page.keyboard.type("How much is delivery?")
    page.keyboard.press("Enter")
    expect(page.locator('[data-testid="message"][data-author="bot"]')).to_have_count(1)
    assert focused(page) == "input"
    for _ in range(8):
        page.keyboard.press("Shift+Tab")
        if focused(page) == "button":
            break
    page.keyboard.press("Enter")
    expect(page.locator('[data-testid="message"][data-author="customer"]')).to_have_count(2)
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("panel")).to_be_hidden()
    assert focused(page) == "launcher"
    expect(launcher).to_have_attribute("aria-expanded", "false")


def test_on_a_phone_tab_stays_inside(shohay: Shohay, window) -> None:
    page = window(PHONE)
    page.goto(shohay.url)
    page.get_by_test_id("launcher").click()
    expect(page.get_by_role("dialog")).to_have_attribute("aria-modal", "true")
    seen = set()
    for _ in range(12):
        page.keyboard.press("Tab")
        seen.add(focused(page))
        assert page.evaluate("document.activeElement.localName") == "shohay-widget"
    assert {"close", "language", "attach", "input"} <= seen


def test_new_messages_are_read_out_and_old_ones_are_not(shohay: Shohay, window) -> None:
    customer = WidgetWindow(window(), shohay, "en")
    log = customer.page.get_by_role("log")
    expect(log).to_have_attribute("aria-live", "polite")
    customer.say("How much is delivery?")
    expect(customer.of("bot")).to_have_count(1)
    expect(log).to_have_attribute("aria-busy", "false")
    held: list[Route] = []
    customer.page.route("**/api/website/messages?after=0", lambda route: held.append(route))
    customer.page.reload()
    customer.page.get_by_test_id("launcher").click()
    expect(log).to_have_attribute("aria-busy", "true")
    eventually(lambda: held or customer.page.wait_for_timeout(50))
    for route in held:
        route.continue_()
    expect(customer.of("bot")).to_have_count(1)
    expect(log).to_have_attribute("aria-busy", "false")


def test_from_right_to_left_everything_changes_sides(shohay: Shohay, window, picture) -> None:
    page = window(PHONE)

    def in_arabic(route: Route) -> None:
        answer = route.fetch()
        known = answer.json()
        known["languages"].insert(0, {"code": "ar", "name": "العربية"})
        known["labels"]["ar"] = known["labels"]["en"] | {
            "widget_title": "المساعدة والدعم",
            "widget_placeholder": "اكتب رسالة…",
        }
        route.fulfill(response=answer, body=json.dumps(known))

    page.route("**/api/website/labels", in_arabic)
    page.add_init_script("localStorage.setItem('shohay:language', 'ar')")
    page.goto(shohay.url)
    page.get_by_test_id("launcher").click()
    expect(page.get_by_test_id("panel")).to_have_attribute("dir", "rtl")
    page.get_by_test_id("input").fill("How much is delivery?")
    page.get_by_test_id("input").press("Enter")
    expect(page.locator('[data-author="bot"] [data-testid="button"]').first).to_be_visible()

    def left(selector: str) -> float:
        box = page.locator(selector).first.bounding_box()
        assert box is not None
        return box["x"] + box["width"] / 2

    middle = PHONE["width"] / 2
    assert left('[data-author="customer"] .bubble') < middle < left('[data-author="bot"] .bubble')
    assert left('[data-testid="close"]') < middle < left(".avatar.large")
    assert left('[data-testid="send"]') < middle < left('[data-testid="attach"]')
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    picture(page, "widget-rtl")


def test_nothing_moves_for_whoever_wants_it_so(shohay: Shohay, window) -> None:
    page = window()
    page.emulate_media(reduced_motion="reduce")
    page.goto(shohay.url)
    page.get_by_test_id("launcher").click()
    page.get_by_test_id("input").fill("How much is delivery?")
    page.get_by_test_id("input").press("Enter")
    running = "document.querySelector('shohay-widget').shadowRoot.getAnimations().length"
    assert page.evaluate(running) == 0
    expect(page.locator('[data-author="bot"]')).not_to_have_count(0)
    assert page.evaluate(running) == 0


def test_in_forced_colours_bubbles_and_buttons_keep_their_edges(shohay: Shohay, window) -> None:
    page = window()
    page.emulate_media(forced_colors="active")
    customer = WidgetWindow(page, shohay, "en")
    customer.say("How much is delivery?")
    expect(customer.of("bot")).to_have_count(1)
    for part in (".bubble", ".panel", ".launcher", ".send"):
        width = page.locator(part).first.evaluate("node => getComputedStyle(node).borderTopWidth")
        assert width == "1px", part


def focused(page: Page) -> str | None:
    """The test id of what has the focus within the widget."""
    return page.evaluate("document.querySelector('shohay-widget').shadowRoot.activeElement?.dataset.testid ?? null")
