"""The page on which an agent says who they are in Slack: signing in first, and a click that says so."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect
from running import PASSWORD, Shohay, demo_settings
from slack_events import SIGNING_SECRET
from slack_server import BOT_TOKEN, slack_server

from handoff.desk.linking import Links

pytestmark = pytest.mark.browser
MEMBER = "T0NODI:U0RAHIM"


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shohay]:
    """The web alone, with a desk in Slack."""
    folder = tmp_path_factory.mktemp("link_page")
    with slack_server() as slack:
        on_slack = {
            "SLACK_BOT_TOKEN": BOT_TOKEN,
            "SLACK_SIGNING_SECRET": SIGNING_SECRET,
            "SLACK_BASE_URL": slack.api,
            "SLACK_DESK_CHANNELS": "C0DESK",
        }
        running = Shohay(demo_settings(folder, folder) | on_slack, folder / "log", role="web").start()
        yield running.ready(path="/healthz")
        running.stop()


def test_an_agent_signs_in_reads_whose_the_link_is_and_confirms_it(web: Shohay, window: Callable[[], Page]) -> None:
    page = window()
    token = Links("only-for-tests").token("slack", MEMBER, "rahim <b>")
    page.goto(f"{web.url}/desk/link?token={token}")
    page.get_by_test_id("login-name").fill("agent")
    page.get_by_test_id("login-password").fill(PASSWORD)
    page.get_by_test_id("login-submit").click()
    expect(page.get_by_test_id("link-name")).to_have_text("rahim <b>")
    page.get_by_test_id("link-confirm").click()
    expect(page.get_by_test_id("link-done")).to_be_visible()
    expect(page.get_by_test_id("link-confirm")).to_be_hidden()
    gone = web.command("user", "unlink", "--slack", MEMBER)
    assert "nobody's account any more" in gone.stdout
    page.get_by_test_id("link-confirm").evaluate("button => { button.hidden = false; button.disabled = false }")
    page.get_by_test_id("link-confirm").evaluate("button => { button.dataset.token = 'forged' }")
    page.get_by_test_id("link-confirm").click()
    expect(page.get_by_test_id("link-error")).to_contain_text("too old or not whole")
