from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from elsewhere import Elsewhere
from fake_provider import Provider
from playwright.sync_api import Browser, Page, sync_playwright
from running import ROOT, Shohay, demo_settings
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


# no test may hang on the hour at which it runs: support is open at all times, payments not before three days from now
HOURS = """
time_zone: Asia/Dhaka
week: {{{always}}}
teams:
  payments:
    week: {{{later}: ["09:00-18:00"]}}
"""
ALWAYS = ", ".join(f'{day}: ["00:00-24:00"]' for day in ("sat", "sun", "mon", "tue", "wed", "thu", "fri"))


@pytest.fixture(scope="session")
def provider() -> Iterator[Provider]:
    """Where the fake channel sends to."""
    opened = Provider()
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def elsewhere() -> Iterator[Elsewhere]:
    """Somebody else's site, which may embed the widget."""
    opened = Elsewhere()
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def shohay(
    tmp_path_factory: pytest.TempPathFactory, models_dir: Path, provider: Provider, elsewhere: Elsewhere
) -> Iterator[Shohay]:
    """A running demo with opening hours of its own and a fake channel that can refuse."""
    folder = tmp_path_factory.mktemp("browser")
    project = folder / "project"
    shutil.copytree(ROOT / "data", project / "data")
    for name in ("config.yml", "domain.yml", "endpoints.yml"):
        shutil.copy(ROOT / name, project)
    later = datetime.now(ZoneInfo("Asia/Dhaka")) + timedelta(days=3)
    hours = HOURS.format(always=ALWAYS, later=f"{later:%a}".lower())
    (project / "data" / "hours.yml").write_text(hours, encoding="utf-8")
    settings = demo_settings(folder, models_dir)
    settings |= {"PROJECT_DIR": str(project), "FAKE_SEND_URL": provider.url}
    settings |= {"ALLOWED_ORIGINS": elsewhere.origin}
    running = Shohay(settings, folder / "log").start().ready()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def desk_only(tmp_path_factory: pytest.TempPathFactory, elsewhere: Elsewhere) -> Iterator[Shohay]:
    """A server in which no bot works, so that it is there in a moment, for tests that need none or stop it."""
    folder = tmp_path_factory.mktemp("desk-only")
    settings = demo_settings(folder, folder / "models") | {"ALLOWED_ORIGINS": elsewhere.origin}
    running = Shohay(settings, folder / "log", role="web").start().ready(path="/healthz")
    yield running
    running.stop()


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
