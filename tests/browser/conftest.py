from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from running import ROOT
from windows import DESKTOP

# the docs' pictures are taken anew by `make screenshots`; other runs leave them as they are
SCREENSHOTS = ROOT / ("docs" if os.environ.get("SHOHAY_SCREENSHOTS") else "build") / "screenshots"
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """Ended with its module: Playwright keeps an event loop running, and asyncio's tests would find it there."""
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture
def window(browser: Browser) -> Iterator[object]:
    """Opens windows of their own: nobody shares another's cookies. A page's script error fails the test."""
    contexts = []
    errors: list[str] = []

    def open_window(size: dict[str, int] = DESKTOP) -> Page:
        context = browser.new_context(viewport=size, locale="en-GB", timezone_id="Asia/Dhaka")
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on(
            "console",
            lambda message: errors.append(message.text) if "Content Security Policy" in message.text else None,
        )
        return page

    yield open_window
    for context in contexts:
        context.close()
    assert errors == []


@pytest.fixture
def picture() -> object:
    """Keeps a picture of a page for the docs."""

    def take(page: Page, name: str) -> None:
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=SCREENSHOTS / f"{name}.png", animations="disabled")

    return take
