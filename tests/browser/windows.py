"""What a customer and an agent do in their windows, by the pages' own test ids."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect
from running import PASSWORD, Shohay

DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}
SMALL = {"width": 360, "height": 640}


class WidgetWindow:
    """A customer's browser on the demo shop's page, or on the one that is there."""

    def __init__(self, page: Page, shohay: Shohay, language: str, goto: bool = True) -> None:
        self.page = page
        if goto:
            page.goto(f"{shohay.url}/?lang={language}")
        if not page.get_by_test_id("panel").is_visible():
            page.get_by_test_id("launcher").click()
        select = page.get_by_test_id("language")
        expect(select).to_be_visible()
        if select.input_value() != language:
            select.select_option(language)

    def say(self, text: str) -> None:
        self.page.get_by_test_id("input").fill(text)
        self.page.get_by_test_id("input").press("Enter")
        expect(self.of("customer").last).to_contain_text(text)

    def of(self, author: str) -> Locator:
        """Bubbles of one author."""
        return self.page.locator(f'[data-testid="message"][data-author="{author}"]')

    def hears(self, author: str, text: str) -> None:
        expect(self.of(author).filter(has_text=text).last).to_be_visible()


class DeskWindow:
    """An agent's browser at the desk."""

    def __init__(self, page: Page, shohay: Shohay, name: str = "agent") -> None:
        self.page = page
        page.goto(f"{shohay.url}/desk")
        page.get_by_test_id("login-name").fill(name)
        page.get_by_test_id("login-password").fill(PASSWORD)
        page.get_by_test_id("login-submit").click()
        self._url = shohay.url
        self.stands()

    def stands(self) -> None:
        """Waits until the page has its list, or the team's page its board: from then on it can be used."""
        expect(self.page.locator("#stand")).to_have_count(1)

    def row(self, conversation_id: str) -> Locator:
        """The conversation's row in the list."""
        return self.page.locator(f'[data-testid="conversation-row"][data-conversation="{conversation_id}"]')

    def open(self, conversation_id: str) -> None:
        """Opens a conversation from the list that is shown."""
        self.row(conversation_id).click()
        expect(self.page.get_by_test_id("transcript")).to_be_visible()

    def visit(self, conversation_id: str, tab: str = "queued") -> None:
        """Opens a conversation by its address."""
        self.page.goto(f"{self._url}/desk/conversations/{conversation_id}?tab={tab}")
        self.stands()
        expect(self.page.get_by_test_id("transcript")).to_be_visible()

    def tab(self, name: str) -> None:
        self.press(f"queue-tab-{name}")

    def unfold(self) -> Locator:
        """The brief, opened."""
        brief = self.page.get_by_test_id("brief")
        if brief.get_attribute("open") is None:
            brief.locator("summary").first.click()
        return brief

    def press(self, test_id: str) -> None:
        self.page.get_by_test_id(test_id).click()

    def write(self, text: str, note: bool = False) -> None:
        if note:
            self.press("note-toggle")
        else:
            self.press("reply-toggle")
        self.page.get_by_test_id("reply-text").fill(text)
        self.page.get_by_test_id("reply-text").press("Enter")
        expect(self.said(text)).to_be_visible()

    def said(self, text: str) -> Locator:
        return self.page.get_by_test_id("message").filter(has_text=text).last
