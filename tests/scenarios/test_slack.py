"""The main job on Slack, through the real program: FAQ, order, person, reply, hand back; in English and in Bengali."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from file_samples import saved
from running import Agent, Shohay, demo_settings, eventually
from slack_events import SIGNING_SECRET, Sender, as_form, as_json
from slack_server import APP_TOKEN, BOT_TOKEN, Message, SlackServer, slack_server
from stories import STORIES

pytestmark = pytest.mark.timeout(180)

CUP = saved("PNG")


@pytest.fixture(scope="module")
def slack() -> Iterator[SlackServer]:
    with slack_server() as opened:
        yield opened


@pytest.fixture(scope="module")
def on_slack(slack: SlackServer, tmp_path_factory: pytest.TempPathFactory, models_dir: Path) -> Iterator[Shohay]:
    """The program with Slack over HTTP, at the level that logs most."""
    folder = tmp_path_factory.mktemp("on_slack")
    settings = {
        **demo_settings(folder, models_dir),
        "SLACK_BOT_TOKEN": BOT_TOKEN,
        "SLACK_SIGNING_SECRET": SIGNING_SECRET,
        "SLACK_BASE_URL": slack.api,
        "LOG_LEVEL": "DEBUG",
    }
    running = Shohay(settings, folder / "log").start().ready(180)
    yield running
    running.stop()


@dataclass
class Chatting:
    """A customer in Slack: what they write goes to the hook, what they read stands in the Slack there."""

    shohay: Shohay
    sender: Sender
    thread: str | None = None
    read: int = 0

    @property
    def there(self) -> list[Message]:
        return self.sender.slack.posted(self.sender.channel, self.thread)

    def write(self, text: str) -> None:
        body = self.sender.message(text, thread_ts=self.thread)
        assert as_json(body).post(f"{self.shohay.url}/hooks/slack/events").status_code == 200

    def heard(self, words: str) -> Message:
        """Waits for something new with these words in it."""

        def look() -> Message | None:
            for place, one in enumerate(self.there[self.read :], self.read):
                if words in one.shown:
                    self.read = place + 1
                    return one
            return None

        return eventually(look, 40)  # type: ignore[no-any-return]

    def ask(self, text: str, words: str) -> Message:
        self.write(text)
        return self.heard(words)

    def press(self, message: Message, place: int = 0) -> None:
        press = as_form(self.sender.pressed(message, message.buttons[place]))
        assert press.post(f"{self.shohay.url}/hooks/slack/actions").status_code == 200


def waiting(agent: Agent, before: set[str]) -> str:
    """The conversation that has come into the queue."""
    return str(eventually(lambda: [one for one in agent.queue() if one not in before])[0])


@pytest.mark.parametrize("language", ["en", "bn"])
def test_a_customer_is_answered_handed_over_helped_and_handed_back(
    on_slack: Shohay, slack: SlackServer, language: str
) -> None:
    story = STORIES[language]
    agent = Agent(on_slack.url)
    customer = Chatting(on_slack, Sender(slack, user=f"U0{language.upper()}", channel=f"D0{language.upper()}"))
    slack.introduce(customer.sender.user, f"Amina {language}")
    customer.ask(*story["faq"])

    question, contact, state = story["order"]
    customer.write(question)
    eventually(lambda: len(customer.there) > customer.read)
    told = customer.ask(f"<mailto:{contact}|{contact}>", state)
    assert "10001" in told.shown

    before = set(agent.queue())
    customer.ask(story["person"], story["queued"])
    conversation = waiting(agent, before)
    seen = agent.conversation(conversation)
    assert (seen["channel"], seen["language"], seen["reason"]) == ("slack", language, "human_agent")
    known = json.loads(on_slack.command("export-contact", conversation).stdout)
    assert known["contact"]["name"] == f"Amina {language}"
    assert contact in [one["text"] for one in seen["messages"]]
    agent.do(conversation, "claim")
    customer.heard(story["joined"])
    agent.do(conversation, "messages", {"text": "secret note", "private": True})
    agent.do(conversation, "messages", {"text": story["reply"]})
    replied = customer.heard(story["reply"])
    assert replied.blocks[0]["type"] == "context"  # who speaks stands above
    agent.send_file(conversation, "zq-left cup.png", CUP, "zq: this is the left one")
    assert customer.heard("zq: this is the left one").files == [("zq-left cup.png", CUP)]
    assert not any(words in on_slack.log.read_text() for words in ("zq-left", "the left one"))
    customer.write("<https://nodi.example|nodi.example> &amp; more")
    agent.do(conversation, "return")
    customer.heard(story["back"])
    question, fact = story["again"]
    customer.ask(question, fact)
    customer.ask(story["order"][0], state)
    assert not any("secret note" in one.shown for one in slack.messages)
    texts = [one["text"] for one in agent.conversation(conversation)["messages"]]
    assert "nodi.example & more" in texts


def test_in_a_channel_a_mention_opens_a_thread_and_its_buttons_work(on_slack: Shohay, slack: SlackServer) -> None:
    sender = Sender(slack, user="U0CHANNEL", channel="C0SHOP")
    mention = sender.mention("{me} How much is delivery?")
    assert as_json(mention).post(f"{on_slack.url}/hooks/slack/events").status_code == 200
    customer = Chatting(on_slack, sender, mention["event"]["ts"])
    offered = customer.heard("$2")
    title = offered.buttons[0]["text"]["text"]
    customer.press(offered)
    eventually(lambda: f"✓ {title}" in offered.shown and not offered.buttons)
    eventually(lambda: len(customer.there) > customer.read)
    assert {one.thread_ts for one in slack.posted("C0SHOP")} == {customer.thread}


def test_nothing_that_anybody_wrote_and_no_secret_stands_in_the_log(on_slack: Shohay, slack: SlackServer) -> None:
    """Promise 26."""
    customer = Chatting(on_slack, Sender(slack, user="U0LOG", channel="D0LOG"))
    marker = "zq-silver-kettle"
    slack.plan("chat.postMessage", "invalid_blocks", channel="D0LOG")
    slack.plan("auth.test", "invalid_auth")
    customer.write(marker)
    customer.ask("How much is delivery?", "$2")
    written = on_slack.log.read_text()
    assert '"delivery"' in written  # that there are lines at all
    for secret in (marker, BOT_TOKEN, SIGNING_SECRET, "How much is delivery", "amina@example.com"):
        assert secret not in written
    assert not re.search(r"xox[bp]-|xapp-|v0=[0-9a-f]{8}", written)


def test_in_socket_mode_messages_come_over_our_own_connection_and_are_acknowledged_once_stored(tmp_path: Path) -> None:
    with slack_server() as slack:
        settings = {
            **demo_settings(tmp_path, tmp_path),
            "SLACK_BOT_TOKEN": BOT_TOKEN,
            "SLACK_APP_TOKEN": APP_TOKEN,
            "SLACK_MODE": "socket",
            "SLACK_BASE_URL": slack.api,
            "LOG_LEVEL": "DEBUG",
        }
        running = Shohay(settings, tmp_path / "log", role="web").start().ready(path="/healthz")
        try:
            eventually(lambda: slack.connected)
            sender = Sender(slack)
            asked = sender.message("let me talk to somebody")
            envelope = slack.emit(asked)
            eventually(lambda: envelope in slack.acknowledged)
            # not over HTTP: there nobody could tell who it is
            assert as_json(asked).post(f"{running.url}/hooks/slack/events").status_code == 404
            slack.refresh()
            eventually(lambda: len(slack.called("apps.connections.open")) >= 3 and slack.connected == 1)
            again = slack.emit(asked, retry=1)  # the same message once more
            more = slack.emit(sender.message("please"))
            eventually(lambda: {again, more} <= set(slack.acknowledged))
            agent = Agent(running.url)
            # no worker is there, so no bot either: it is an agent who reads it
            found = eventually(lambda: agent.get("/conversations").json()["conversations"])
            (one,) = [shown for shown in found if shown["channel"] == "slack"]
            said = [message for message in agent.conversation(one["id"])["messages"] if message["author"] == "customer"]
            assert [message["text"] for message in said] == ["let me talk to somebody", "please"]
        finally:
            running.stop()
        written = (tmp_path / "log").read_text()
        assert "let me talk" not in written and not re.search(r"xox[bp]-|xapp-|ticket=", written)
