"""The widget on somebody else's page: under a strict policy, as the page's attributes want it, or refused."""

from __future__ import annotations

import pytest
from elsewhere import Elsewhere
from playwright.sync_api import Page, expect
from running import Shohay, eventually
from windows import PHONE, WidgetWindow

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

CONTRASTS = """() => {
  const style = getComputedStyle(document.querySelector("shohay-widget"));
  const rgb = (name) => style.getPropertyValue(name).match(/[\\d.]+/g).map(Number);
  const linear = (share) => share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  const light = (color) => color.map((part, index) => linear(part / 255) * [0.2126, 0.7152, 0.0722][index])
    .reduce((sum, part) => sum + part);
  const contrast = (one, other) => {
    const [low, high] = [light(one), light(other)].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  };
  const [brand, on, ink, tint] = ["--brand", "--on", "--ink", "--tint"].map(rgb);
  return [contrast(brand, on), contrast(ink, [255, 255, 255]), contrast(ink, tint)];
}"""
UNREAD = "window.heard = []; addEventListener('shohay-unread', (event) => heard.push(event.detail.count))"


@pytest.fixture
def visit(shohay: Shohay, elsewhere: Elsewhere, window):
    """Opens the page with these attributes of the script's tag."""

    def open_page(attributes: str = "", language: str = "en", **kinds: object) -> Page:
        elsewhere.embed(shohay.url, attributes, language)
        page = window(**kinds)
        page.goto(elsewhere.origin)
        return page

    return open_page


@pytest.mark.parametrize("size", [None, PHONE])
def test_the_chat_works_on_a_page_that_allows_next_to_nothing(shohay: Shohay, visit, picture, size) -> None:
    page = visit(**({"size": size} if size else {}))
    customer = WidgetWindow(page, shohay, "en", goto=False)
    customer.say("Where is my order 10001?")
    expect(customer.of("bot")).to_have_count(1)
    customer.say("amina@example.com")
    expect(page.get_by_test_id("card")).to_contain_text("10001")
    # that the page's policy was never broken is looked at by the window itself
    assert page.context.cookies() == []
    assert page.evaluate("document.cookie") == ""
    assert page.evaluate("document.querySelectorAll('style, [style]:not(shohay-widget)').length") == 0
    if size is None:
        picture(page, "widget-elsewhere")


def test_the_pages_own_rules_of_style_do_not_reach_the_widget(visit) -> None:
    page = visit()
    page.get_by_test_id("launcher").click()
    button = page.get_by_test_id("suggestion").first
    look = button.evaluate(
        "node => { const s = getComputedStyle(node); return [s.fontSize, s.letterSpacing, s.color] }"
    )
    assert look[0] == "14px"
    assert look[1] == "normal"
    assert "monospace" not in button.evaluate("node => getComputedStyle(node).fontFamily")
    assert look[2] != "rgb(0, 128, 0)"


def test_the_tags_attributes_give_colour_side_title_and_language(visit, picture) -> None:
    page = visit('data-color="#7c2d92" data-position="left" data-title="Ask Rupa" data-language="de"')
    launcher = page.get_by_test_id("launcher")
    launcher.click()
    expect(page.get_by_role("dialog", name="Ask Rupa")).to_be_visible()
    expect(page.get_by_test_id("language")).to_have_value("de")
    expect(page.get_by_test_id("welcome")).to_contain_text("Guten Tag")
    for part in (launcher, page.get_by_test_id("panel")):
        box = part.bounding_box()
        assert box is not None and box["x"] < 30
    assert page.get_by_test_id("send").evaluate(
        "node => getComputedStyle(node.getRootNode().host).getPropertyValue('--brand')"
    ) == ("rgb(124 45 146)")
    picture(page, "widget-attributes")


@pytest.mark.parametrize("colour", ["#ffe94d", "white", "#000", "rebeccapurple", "no colour at all"])
def test_every_colour_can_be_read_on_and_beside(visit, colour: str) -> None:
    page = visit(f'data-color="{colour}"')
    page.get_by_test_id("launcher").click()
    ratios = page.evaluate(CONTRASTS)
    assert min(ratios) >= 4.5


def test_a_page_with_a_button_of_its_own_needs_no_launcher(shohay: Shohay, visit) -> None:
    page = visit('data-launcher="hidden"')
    page.evaluate(UNREAD)
    expect(page.locator("shohay-widget:not([hidden])")).to_be_attached()
    expect(page.get_by_test_id("launcher")).to_be_hidden()
    page.evaluate("ours.addEventListener('click', () => document.querySelector('shohay-widget').open())")
    page.get_by_role("button", name="Our own button").click()
    customer = WidgetWindow(page, shohay, "en", goto=False)
    customer.say("How much is delivery?")
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("panel")).to_be_hidden()
    assert page.evaluate("document.activeElement.id") == "ours"
    eventually(lambda: page.evaluate("heard.at(-1) > 0"))
    page.evaluate("document.querySelector('shohay-widget').open()")
    eventually(lambda: page.evaluate("heard.at(-1) === 0"))


def test_a_page_that_nobody_allowed_shows_no_chat_and_tells_its_maker_why(
    shohay: Shohay, elsewhere: Elsewhere, window
) -> None:
    page = window()
    told: list[str] = []
    page.on("console", lambda message: told.append(message.text) if message.type == "error" else None)
    elsewhere.embed(shohay.url)
    with page.expect_console_message(lambda message: "Shohay" in message.text):
        page.goto(elsewhere.unknown_origin)
    (said,) = [text for text in told if text.startswith("Shohay")]
    assert "SHOHAY_ALLOWED_ORIGINS" in said
    assert elsewhere.unknown_origin in said
    expect(page.get_by_test_id("launcher")).to_be_hidden()
