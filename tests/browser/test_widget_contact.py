"""Nobody is there: the widget asks for an address or a number in a form, and the chat takes it as well."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect
from running import Agent, Shohay, eventually
from test_widget_access import focused, violations
from windows import DESKTOP, PHONE, WidgetWindow

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

# the button that asks for the form, its label, what is said of half an address, and what is said when it is kept
WORDS = {
    "en": ("Leave an e-mail or phone number", "E-mail address or phone number", "not a complete", "get in touch"),
    "de": ("E-Mail oder Telefon angeben", "E-Mail-Adresse oder Telefonnummer", "nicht vollständig", "meldet sich"),
    "bn": ("ই-মেইল বা ফোন নম্বর দেব", "ই-মেইল ঠিকানা বা ফোন নম্বর", "সম্পূর্ণ নয়", "যোগাযোগ করবেন"),
}


class Waiting(WidgetWindow):
    """A customer in the queue with nobody at the desk, who has been asked how to go on."""

    def __init__(self, page: Page, desk_only: Shohay, agent: Agent, text: str, language: str = "en") -> None:
        super().__init__(page, desk_only, language)
        self.language, self._agent = language, agent
        self.say(text)
        (found,) = eventually(lambda: agent.get("/conversations", q=text).json()["conversations"])
        self.conversation = str(found["id"])
        agent.do(self.conversation, "takeover")
        agent.do(self.conversation, "transfer", {})
        expect(self.page.get_by_role("button", name=WORDS[language][0])).to_be_enabled()

    def ask(self) -> None:
        """Presses the button after which the form comes."""
        self.page.get_by_role("button", name=WORDS[self.language][0]).click()
        expect(self.form).to_be_visible()

    @property
    def form(self) -> Locator:
        return self.page.get_by_test_id("contact-form")

    @property
    def field(self) -> Locator:
        return self.form.get_by_label(WORDS[self.language][1])

    @property
    def error(self) -> Locator:
        return self.page.get_by_test_id("contact-error")

    def again(self) -> None:
        """The page is loaded anew, and the panel opened."""
        self.page.reload()
        self.page.get_by_test_id("launcher").click()

    def left(self) -> str | None:
        """The address or number that the desk has."""
        contact = self._agent.conversation(self.conversation)["brief"]["contact"]
        return str(contact) if contact else None


@pytest.fixture(scope="module")
def agent(desk_only: Shohay) -> Agent:
    """Somebody who is signed in, and not there."""
    agent = Agent(desk_only.url, "supervisor")
    assert agent.post("/presence", {"available": False}).status_code == 200
    return agent


@pytest.mark.parametrize(
    ("language", "size", "contact", "kept"),
    [
        ("en", DESKTOP, "amina@example.com", "amina@example.com"),
        ("bn", PHONE, "০১৭১২-৩৪৫৬৭৮", "01712345678"),
        ("de", PHONE, "+880 1712 345678", "+8801712345678"),
    ],
)
def test_an_address_is_left_in_a_form_and_said_back(
    desk_only: Shohay, agent: Agent, window, picture, language: str, size: dict[str, int], contact: str, kept: str
) -> None:
    customer = Waiting(window(size), desk_only, agent, f"a lamp for {kept} {language}", language)
    customer.ask()
    assert violations(customer.page) == [], "asked"
    customer.field.fill("amina@")
    customer.field.press("Enter")
    expect(customer.form.get_by_role("alert")).to_contain_text(WORDS[language][2])
    expect(customer.field).to_have_attribute("aria-invalid", "true")
    expect(customer.field).to_have_accessible_description(customer.error.inner_text())
    assert violations(customer.page) == [], "with an error"
    picture(customer.page, f"widget-contact-error-{language}")
    customer.field.fill(contact)
    expect(customer.error).to_be_empty()
    expect(customer.field).to_have_attribute("aria-invalid", "false")
    picture(customer.page, f"widget-contact-{language}")
    assert customer.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    customer.form.get_by_role("button").first.click()
    expect(customer.form).to_be_hidden()
    customer.hears("customer", contact)
    customer.hears("system", WORDS[language][3])
    expect(customer.of("system").last).to_contain_text(kept)
    assert customer.left() == kept
    picture(customer.page, f"widget-contact-kept-{language}")
    customer.again()
    customer.hears("system", WORDS[language][3])
    expect(customer.form).to_be_hidden()


def test_what_is_neither_is_not_sent_and_nothing_of_it_is_lost(desk_only: Shohay, agent: Agent, window) -> None:
    customer = Waiting(window(), desk_only, agent, "what is no address")
    customer.ask()
    said = customer.of("customer").count()
    for wrong in ("", "amina", "amina@example", "12345", "4111 1111 1111 1111"):
        customer.field.fill(wrong)
        customer.field.press("Enter")
        expect(customer.error).not_to_be_empty()
        expect(customer.field).to_have_value(wrong)
        expect(customer.field).to_be_focused()
    expect(customer.of("customer")).to_have_count(said)
    assert customer.left() is None


def test_what_only_the_server_sees_through_is_asked_for_again_and_still_stands_there(
    desk_only: Shohay, agent: Agent, window
) -> None:
    customer = Waiting(window(), desk_only, agent, "the server sees through it")
    customer.ask()
    customer.field.fill("amina@example..com")
    customer.field.press("Enter")
    customer.hears("system", "could not find")
    expect(customer.form).to_be_visible()
    expect(customer.field).to_have_value("amina@example..com")
    expect(customer.field).to_be_focused()
    expect(customer.page.get_by_test_id("contact-later")).to_be_hidden()  # the message has that button
    customer.field.fill("amina@example.com")
    customer.field.press("Enter")
    customer.hears("system", "get in touch")
    assert customer.left() == "amina@example.com"


def test_after_a_reload_the_form_is_there_with_what_was_typed(desk_only: Shohay, agent: Agent, window) -> None:
    customer = Waiting(window(), desk_only, agent, "the page is loaded anew")
    customer.ask()
    customer.field.press_sequentially("amina@exa")
    customer.again()
    expect(customer.form).to_be_visible()
    expect(customer.field).to_have_value("amina@exa")
    expect(customer.error).to_be_empty()
    customer.field.fill("amina@example.com")
    customer.field.press("Enter")
    expect(customer.form).to_be_hidden()
    assert eventually(customer.left) == "amina@example.com"


def test_a_second_tab_has_it_too_and_loses_it_with_the_first(desk_only: Shohay, agent: Agent, window) -> None:
    customer = Waiting(window(), desk_only, agent, "two tabs of one chat")
    other = customer.page.context.new_page()
    other.goto(desk_only.url)
    other.get_by_test_id("launcher").click()
    customer.ask()
    expect(other.get_by_test_id("contact-form")).to_be_visible()
    assert focused(other) == "input"  # it was not asked for here
    customer.field.fill("amina@example.com")
    customer.field.press("Enter")
    expect(other.get_by_test_id("contact-form")).to_be_hidden()
    expect(other.locator('[data-author="system"]').last).to_contain_text("get in touch")


def test_typed_in_the_chat_it_is_taken_as_well_and_the_form_is_gone(desk_only: Shohay, agent: Agent, window) -> None:
    customer = Waiting(window(), desk_only, agent, "typed in the chat")
    customer.ask()
    customer.say("it is amina@example.com")
    customer.hears("system", "get in touch")
    expect(customer.form).to_be_hidden()
    assert customer.left() == "amina@example.com"


def test_who_would_rather_not_says_so_by_a_button(desk_only: Shohay, agent: Agent, window) -> None:
    customer = Waiting(window(), desk_only, agent, "rather not today")
    customer.ask()
    customer.field.fill("amina")
    customer.form.get_by_role("button", name="Wait here").click()
    expect(customer.form).to_be_hidden()
    customer.hears("customer", "Wait here")
    customer.hears("system", "you keep your place")
    assert focused(customer.page) == "input"
    customer.ask()
    expect(customer.field).to_be_empty()
    assert customer.left() is None


def test_somebody_who_comes_ends_it(desk_only: Shohay, agent: Agent, window) -> None:
    customer = Waiting(window(), desk_only, agent, "somebody comes after all")
    customer.ask()
    expect(customer.field).to_be_focused()
    agent.do(customer.conversation, "claim")
    expect(customer.form).to_be_hidden()
    assert focused(customer.page) == "input"


def test_the_keyboard_alone_is_enough_for_it(desk_only: Shohay, agent: Agent, window) -> None:
    customer = Waiting(window(), desk_only, agent, "no mouse at hand")
    page = customer.page
    page.get_by_role("button", name=WORDS["en"][0]).focus()
    page.keyboard.press("Enter")
    expect(customer.field).to_be_focused()
    page.keyboard.type("amina")
    page.keyboard.press("Enter")
    expect(customer.error).not_to_be_empty()
    page.keyboard.press("Tab")
    expect(customer.form.get_by_role("button", name="Send")).to_be_focused()
    page.keyboard.press("Tab")
    expect(customer.page.get_by_test_id("contact-later")).to_be_focused()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("End")
    page.keyboard.type("@example.com")
    page.keyboard.press("Enter")
    customer.hears("system", "get in touch")
    assert focused(page) == "input"
    assert customer.left() == "amina@example.com"


def test_the_keyboard_stays_with_who_is_writing_something_else(desk_only: Shohay, agent: Agent, window) -> None:
    customer = Waiting(window(), desk_only, agent, "writing something else")
    page, held = customer.page, []
    page.route("**/api/website/messages", lambda route: held.append(route))
    page.get_by_role("button", name=WORDS["en"][0]).click()
    page.keyboard.type("while I")
    eventually(lambda: held or page.wait_for_timeout(50))
    held[0].continue_()
    expect(customer.form).to_be_visible()
    page.keyboard.type(" write")
    expect(page.get_by_test_id("input")).to_have_value("while I write")


def test_on_a_phone_tab_goes_through_the_form_and_stays_inside(desk_only: Shohay, agent: Agent, window) -> None:
    customer = Waiting(window(PHONE), desk_only, agent, "tab on a phone")
    customer.ask()
    seen = set()
    for _ in range(14):
        customer.page.keyboard.press("Tab")
        seen.add(focused(customer.page))
        assert customer.page.evaluate("document.activeElement.localName") == "shohay-widget"
    assert {"contact", "contact-later", "input", "close"} <= seen


def test_from_right_to_left_it_begins_at_the_right(desk_only: Shohay, agent: Agent, window, picture) -> None:
    customer = Waiting(window(PHONE), desk_only, agent, "from the right to the left")
    customer.ask()
    customer.page.get_by_test_id("panel").evaluate("panel => { panel.dir = 'rtl' }")
    send, later = (customer.form.get_by_role("button").nth(place).bounding_box() for place in (0, 1))
    assert send is not None and later is not None
    assert send["x"] > later["x"]
    picture(customer.page, "widget-contact-rtl")
