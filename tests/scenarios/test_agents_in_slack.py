"""Agents answer from Slack: a website's customer, the whole program, and a Slack on the loopback."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from running import Agent, Customer, Shohay, demo_settings, eventually
from slack_events import SIGNING_SECRET, Sender, as_form, as_json
from slack_server import BOT_TOKEN, Message, SlackServer, slack_server
from stories import STORIES

PLACE = "C0DESK"
MEMBER = "U0RAHIM"


@pytest.fixture(scope="module")
def slack() -> Iterator[SlackServer]:
    with slack_server() as opened:
        yield opened


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, models_dir: Path, slack: SlackServer) -> Iterator[Shohay]:
    """The program, with a channel of Slack for its agents, of whom one is known there."""
    folder = tmp_path_factory.mktemp("slack_desk")
    on_slack = {
        "SLACK_BOT_TOKEN": BOT_TOKEN,
        "SLACK_SIGNING_SECRET": SIGNING_SECRET,
        "SLACK_BASE_URL": slack.api,
        "SLACK_DESK_CHANNELS": PLACE,
        "PUBLIC_URL": "https://help.shop.example",
    }
    running = Shohay(demo_settings(folder, models_dir) | on_slack, folder / "log").start().ready()
    linked = running.command("user", "link", "agent", "--slack", f"T0NODI:{MEMBER}")
    assert linked.returncode == 0, linked.stderr
    yield running
    running.stop()


class Member:
    """Somebody in the workspace, at work in the desk's channel."""

    def __init__(self, house: Shohay, slack: SlackServer, user: str = MEMBER) -> None:
        self._url = house.url
        self._slack = slack
        self.sends = Sender(slack, user=user, channel=PLACE)

    def press(self, root: Message, act: str, times: int = 1) -> None:
        button = next(one for one in root.buttons if one["action_id"] == f"desk:{act}")
        request = as_form(self.sends.pressed(root, button))
        for _ in range(times):
            assert request.post(f"{self._url}/hooks/slack/actions").status_code == 200

    def write(self, root: Message, text: str, times: int = 1, **more: Any) -> str:
        """Writes in the ticket's thread; of several deliveries each but the first is a retry under an id of its own."""
        ts = self._slack.new_ts()
        for number in range(times):
            request = as_json(self.sends.message(text, ts, root.ts, **more))
            self._post(request.again(number) if number else request)
        return ts

    def edit(self, root: Message, ts: str, text: str) -> None:
        self._post(as_json(self.sends.changed(ts, text, "before", root.ts)))

    def told(self) -> list[str]:
        return [one.text for one in self._slack.whispered(self.sends.user)]

    def _post(self, request: Any) -> None:
        assert request.post(f"{self._url}/hooks/slack/events").status_code == 200


def ticket(slack: SlackServer, conversation_id: str) -> Message:
    """The post that tells of this conversation's newest request."""

    def look() -> Message | None:
        found = [one for one in slack.posted(PLACE) if one.thread_ts is None and conversation_id in one.shown]
        return found[-1] if found else None

    return eventually(look)  # type: ignore[no-any-return]


def in_thread(slack: SlackServer, root: Message, words: str) -> None:
    """Waits until somebody reads it there."""
    eventually(lambda: any(words in one.shown for one in slack.posted(PLACE, root.ts)))


@pytest.mark.parametrize("language", ["bn", "en"])
def test_a_customer_of_the_website_is_helped_from_slack_and_handed_back(
    house: Shohay, slack: SlackServer, language: str
) -> None:
    story = STORIES[language]
    customer, rahim = Customer(house.url), Member(house, slack)
    question, contact, state = story["order"]
    customer.ask(question)
    assert state in customer.ask(contact)
    asked = customer.write(story["person"])
    root = ticket(slack, customer.conversation_id)
    for words in ("Asked for a person", "Waiting for somebody.", "Order and contact match", "10001, shipped"):
        assert words in root.shown
    assert {"bn": "Bangla", "en": "English"}[language] in root.shown
    assert f"https://help.shop.example/desk/conversations/{customer.conversation_id}" in root.shown

    rahim.press(root, "claim", times=2)
    joined = eventually(lambda: [one for one in customer.page(asked)["messages"] if story["joined"] in one["text"]])
    assert len(joined) == 1
    in_thread(slack, root, "has it now.")
    eventually(lambda: [one["action_id"] for one in root.buttons] == ["desk:return", "desk:resolve"])

    rahim.write(root, "!note a regular, be kind", times=2)
    rahim.write(root, story["reply"], times=11)
    heard = customer.heard(asked, author="agent")
    assert [one["text"] for one in heard] == [story["reply"]]
    customer.write("আর কতক্ষণ? <b>" if language == "bn" else "how much longer? <b>")
    in_thread(slack, root, "আর কতক্ষণ? &lt;b&gt;" if language == "bn" else "how much longer? &lt;b&gt;")
    assert all("be kind" not in one["text"] for one in customer.page()["messages"])

    seen = Agent(house.url).conversation(customer.conversation_id)["messages"]
    mine = [(one["author_name"], one["text"], one["private"]) for one in seen if one["author"] == "agent"]
    name = mine[0][0]
    assert mine == [(name, "a regular, be kind", True), (name, story["reply"], False)]
    # what was written in the thread stands there already
    assert not [one for one in slack.posted(PLACE, root.ts) if "be kind" in one.shown or story["reply"] in one.shown]

    back = customer.page()["messages"][-1]["seq"]
    rahim.press(root, "return")
    assert story["back"] in customer.heard(back, author="system")[0]["text"]
    in_thread(slack, root, "has returned it to the bot.")
    eventually(lambda: root.buttons == [])
    question, fact = story["again"]
    answer = customer.heard(customer.write(question), author="bot")[0]
    assert fact in answer["text"] and answer["language"] == language
    assert rahim.told() == []


def test_resolved_from_slack_the_customer_is_asked_how_it_was_and_the_next_request_is_a_ticket_of_its_own(
    house: Shohay, slack: SlackServer
) -> None:
    customer, rahim = Customer(house.url), Member(house, slack)
    customer.ask("human agent please")
    first = ticket(slack, customer.conversation_id)
    rahim.press(first, "claim")
    in_thread(slack, first, "has it now.")
    eventually(lambda: len(first.buttons) == 2)
    rahim.press(first, "resolve")
    eventually(lambda: customer.page()["status"] == "resolved")
    in_thread(slack, first, "Resolved by")
    assert customer.page()["messages"][-1]["buttons"]
    customer.ask("human agent please")
    second = eventually(lambda: (found := ticket(slack, customer.conversation_id)) and found.ts != first.ts and found)
    assert [one["action_id"] for one in second.buttons] == ["desk:claim"]


def test_who_is_unknown_or_does_not_have_it_is_told_so_alone_and_the_customer_hears_nothing(
    house: Shohay, slack: SlackServer
) -> None:
    customer, rahim, stranger = Customer(house.url), Member(house, slack), Member(house, slack, "U0STRANGER")
    asked = customer.write("human agent please")
    root = ticket(slack, customer.conversation_id)
    stranger.press(root, "claim")
    link = eventually(lambda: stranger.told())[0]
    assert "<https://help.shop.example/desk/link?token=" in link
    before = len(rahim.told())
    rahim.write(root, "hello?")
    assert "press Claim first" in eventually(lambda: rahim.told()[before:])[0]
    Agent(house.url, "agent2").do(customer.conversation_id, "claim")
    in_thread(slack, root, "has it now.")
    rahim.write(root, "hello?")
    assert "has this conversation" in eventually(lambda: rahim.told()[before + 1 :])[0]
    assert [one for one in customer.page(asked)["messages"] if one["author"] == "agent"] == []


def test_what_is_edited_or_deleted_in_slack_stays_as_it_is_at_the_customers_and_the_agent_hears_so(
    house: Shohay, slack: SlackServer
) -> None:
    customer, rahim = Customer(house.url), Member(house, slack)
    asked = customer.write("human agent please")
    root = ticket(slack, customer.conversation_id)
    rahim.press(root, "claim")
    ts = rahim.write(root, "It comes tomorrow.")
    customer.heard(asked, author="agent")
    before = len(rahim.told())
    rahim.edit(root, ts, "It comes today.")
    assert "changes nothing" in eventually(lambda: rahim.told()[before:])[0]
    assert "It comes tomorrow." in [one["text"] for one in customer.page(asked)["messages"]]


def test_talk_in_the_desks_channel_is_nobodys_request(house: Shohay, slack: SlackServer) -> None:
    rahim, before = Member(house, slack), len(slack.posted(PLACE))
    for made in (rahim.sends.mention("{me} how much is delivery?"), rahim.sends.message("lunch?")):
        assert as_json(made).post(f"{house.url}/hooks/slack/events").status_code == 200
    customer = Customer(house.url)
    customer.ask("How much is delivery?")
    everything = Agent(house.url).get("/conversations", q="lunch").json()["conversations"]
    everything += Agent(house.url).get("/conversations", q="{me}").json()["conversations"]
    assert everything == [] and len(slack.posted(PLACE)) == before


def test_what_was_not_posted_when_the_program_was_killed_is_posted_once_afterwards(
    house: Shohay, slack: SlackServer
) -> None:
    customer = Customer(house.url)
    customer.ask("How much is delivery?")
    before = len(slack.called("chat.postMessage"))
    slack.seconds = 5.0  # it dies while Slack takes its time, which has the post by then
    try:
        customer.ask("human agent please")
        eventually(lambda: len(slack.called("chat.postMessage")) > before)
        house.kill()
    finally:
        slack.seconds = 0.0
    time.sleep(6)  # by now Slack has what it was given, or never will
    database = house.settings["DATABASE_URL"].removeprefix("sqlite+aiosqlite:///")
    with closing(sqlite3.connect(database)) as raw:
        # the 45 seconds in which whoever took it might still be alive are over
        over = "2020-01-01 00:00:00.000000"
        done = raw.execute("update desk_posts set next_at = ?, updated_at = ? where status = 'sending'", (over, over))
        assert done.rowcount == 1
        raw.commit()
    house.start().ready(path="/healthz")
    ticket(slack, customer.conversation_id)
    Agent(house.url).do(customer.conversation_id, "claim")
    root = ticket(slack, customer.conversation_id)
    in_thread(slack, root, "has it now.")
    of_it = [one for one in slack.posted(PLACE) if one.thread_ts is None and customer.conversation_id in one.shown]
    assert len(of_it) == 1


def test_what_was_posted_to_slack_of_an_erased_customer_is_deleted_there_though_the_program_stood_still(
    house: Shohay, slack: SlackServer
) -> None:
    house.ready()
    customer = Customer(house.url)
    customer.ask("human agent please")
    root = ticket(slack, customer.conversation_id)
    customer.write("my secret")
    in_thread(slack, root, "my secret")
    house.kill()
    erased = house.command("erase-contact", customer.conversation_id, "--yes")
    assert erased.returncode == 0, erased.stderr
    assert not root.deleted
    house.start().ready(path="/healthz")
    eventually(lambda: root.deleted)
    assert slack.posted(PLACE, root.ts) == []
    assert [one for one in slack.posted(PLACE) if "my secret" in one.shown] == []
