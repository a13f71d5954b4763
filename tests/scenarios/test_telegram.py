"""The main job on Telegram, with the whole program beside a server that speaks as Telegram does: question, order,
person, reply, back to the bot; by webhook in two languages, and by polling with kill -9 in between."""

from __future__ import annotations

import base64
import json
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from running import Agent, Shohay, demo_settings, eventually
from stories import STORIES
from telegram_server import Person, TelegramServer

pytestmark = [pytest.mark.model, pytest.mark.timeout(240)]

# the smallest PNG there is
CUP = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
SECRET = "webhook_secret_of_tests"


@pytest.fixture(scope="module")
def provider() -> Iterator[TelegramServer]:
    server = TelegramServer()
    yield server
    server.close()


@pytest.fixture(scope="module")
def hooked(provider: TelegramServer, tmp_path_factory: pytest.TempPathFactory, models_dir: Path) -> Iterator[Shohay]:
    """A running demo that Telegram calls."""
    folder = tmp_path_factory.mktemp("telegram")
    settings = demo_settings(folder, models_dir) | {
        "TELEGRAM_TOKEN": provider.token,
        "TELEGRAM_BASE_URL": provider.url,
        "TELEGRAM_WEBHOOK_SECRET": SECRET,
        "LOG_LEVEL": "DEBUG",
    }
    running = Shohay(settings, folder / "log").start().ready()
    eventually(lambda: provider.webhook)
    yield running
    running.stop()


@pytest.mark.parametrize("language", ["en", "bn"])
def test_a_customer_is_answered_handed_over_helped_and_handed_back(
    hooked: Shohay, provider: TelegramServer, language: str
) -> None:
    story = STORIES[language]
    agent, amina = Agent(hooked.url), Person(provider, "Amina" if language == "en" else "আমিনা", language)
    amina.write("/start")
    greeting = amina.hears("")
    assert greeting.buttons
    question, fact = story["faq"]
    amina.write(question)
    amina.hears(fact)

    question, contact, state = story["order"]
    amina.write(question)
    heard = len(eventually(lambda: amina.heard() if len(amina.heard()) > 2 else None))
    amina.write(contact)
    amina.hears(state, "10001" if language == "en" else "", after=heard)

    waiting = set(agent.queue())
    amina.write("/human")
    amina.hears(story["queued"])
    (conversation,) = set(agent.queue()) - waiting
    seen = agent.conversation(conversation)
    assert seen["channel"] == "telegram" and seen["language"] == language
    assert seen["brief"]["known"]["order_number"] == "10001"

    agent.do(conversation, "claim")
    joined = amina.hears(story["joined"])
    typing = len(provider.of("sendChatAction", amina.id))
    amina.write("hello?")
    agent.do(conversation, "messages", {"text": "secret note", "private": True})
    agent.do(conversation, "messages", {"text": f"{story['reply']} <3 & more"})
    reply = amina.hears(story["reply"])
    assert reply.text.endswith(f"\n{story['reply']} <3 & more") and reply.raw.startswith("<b>")
    assert reply.text.split("\n")[0] in joined.text
    assert not [one for one in amina.heard() if "secret note" in one.text]
    # no bot is shown typing while a person has the conversation
    assert len(provider.of("sendChatAction", amina.id)) == typing > 0

    heard = len(amina.heard())
    agent.do(conversation, "return")
    amina.hears(story["back"], after=heard)
    question, fact = story["again"]
    amina.write(question)
    amina.hears(fact, after=heard)
    sent = [one["author"] for one in agent.conversation(conversation)["messages"]]
    assert sent.count("agent") == 2 and len(amina.heard()) == len([one for one in sent if one != "customer"]) - 1


def test_a_button_is_pressed_and_an_edit_is_shown_at_the_desk_and_not_answered(
    hooked: Shohay, provider: TelegramServer
) -> None:
    agent, amina = Agent(hooked.url), Person(provider)
    amina.write("/language")
    shown = amina.hears("")
    words = next(said for said, _ in shown.buttons if said == "বাংলা")
    amina.press(words)
    assert re.search("[\u0980-\u09ff]", amina.hears("", after=1).text)
    eventually(lambda: shown.buttons == [(f"✓ {words}", "-")])

    original = amina.message(text="ডেলিভারি চার্জ কত?")
    provider.tell(message=original)
    amina.hears("৭০৳")
    heard = len(amina.heard())
    provider.tell(edited_message={**original, "text": "রিফান্ড পেতে কতদিন লাগে", "edit_date": original["date"] + 5})
    eventually(lambda: not provider.waiting)
    amina.write("/human")
    amina.hears("সারিতে")
    (mine,) = [
        one
        for one in (agent.conversation(found) for found in agent.queue())
        if any(said["text"] == "রিফান্ড পেতে কতদিন লাগে" for said in one["messages"])
    ]
    assert not [one for one in amina.heard()[heard:] if "৫–১০ দিন" in one.text]
    assert mine["channel"] == "telegram"


def test_a_photo_and_its_caption_reach_the_desk_and_one_comes_back_from_there(
    hooked: Shohay, provider: TelegramServer
) -> None:
    agent, amina = Agent(hooked.url), Person(provider)
    provider.files["cup"] = CUP
    sizes = [{"file_id": "cup", "file_unique_id": "c", "file_size": len(CUP), "width": 1, "height": 1}]
    amina.send(photo=sizes, caption="I want to talk to a human please")
    amina.hears("You are")

    def arrived() -> str:
        for one in (agent.conversation(found) for found in agent.queue()):
            for file in one["messages"][0]["files"]:
                if file["status"] == "here" and one["channel"] == "telegram":
                    return str(one["id"])
        return ""

    conversation = eventually(arrived)
    agent.do(conversation, "claim")
    agent.send_file(conversation, "zq-left cup.png", CUP, "zq: this is the left one")
    agent.do(conversation, "messages", {"text": "and that is all"})
    amina.hears("and that is all")
    *_, photo, _ = amina.heard()
    assert photo.file is not None and photo.text.endswith("\nzq: this is the left one")
    assert (photo.file.kind, photo.file.name, photo.file.content) == ("photo", "zq-left cup.png", CUP)
    delivered = eventually(
        lambda: {one["delivery"] for one in agent.conversation(conversation)["messages"]} == {"sent"}
    )
    assert delivered
    assert not any(words in hooked.log.read_text() for words in ("zq-left", "the left one"))


def test_what_is_brought_many_times_and_in_any_order_is_answered_once(hooked: Shohay, provider: TelegramServer) -> None:
    people = [Person(provider) for _ in range(3)]
    provider.copies = 10
    try:
        for one in people:
            one.write("How much is delivery?")
        eventually(lambda: not provider.waiting)
    finally:
        provider.copies = 0
    for one in people:
        one.hears("$2")
    eventually(lambda: not provider.waiting)
    assert {len(one.heard()) for one in people} == {1}
    assert {status for _, status in provider.delivered} == {200}


def test_what_has_no_secret_is_refused_and_the_log_holds_no_word_token_or_secret(
    hooked: Shohay, provider: TelegramServer
) -> None:
    amina = Person(provider)
    body = {"update_id": 1, "message": amina.message(text="zq-hollow-lantern")}
    for headers in ({}, {"X-Telegram-Bot-Api-Secret-Token": "guess"}):
        answer = httpx.post(f"{hooked.url}/hooks/telegram", json=body, headers=headers)
        assert answer.status_code == 401
    hook = {"X-Telegram-Bot-Api-Secret-Token": SECRET}
    for content in (b"zq-hollow-lantern", b'{"update_id": "zq-hollow-lantern"}'):
        assert httpx.post(f"{hooked.url}/hooks/telegram", content=content, headers=hook).status_code == 400
    amina.blocks = True
    amina.write("zq-hollow-lantern")
    eventually(lambda: provider.of("sendMessage", amina.id))
    output = hooked.log.read_text()
    secret_part = provider.token.partition(":")[2]
    assert not [one for one in (secret_part, SECRET, "zq-hollow-lantern", "hello?") if one in output]
    lines = [json.loads(line)["event"] for line in output.splitlines() if line.startswith("{")]
    assert "telegram_registered" in lines and "delivery" in lines


# of each customer: what they wrote, how often it was answered, and what became of the answer
STORED = """
select identities.address,
       sum(messages.author = 'customer'),
       sum(messages.author = 'bot' and messages.text like '%$2%'),
       max(case when messages.author = 'bot' and messages.text like '%$2%' then deliveries.status end)
from messages join conversations on conversations.id = messages.conversation_id
join identities on identities.id = conversations.identity_id
left join deliveries on deliveries.message_id = messages.id
group by identities.address
"""


@pytest.mark.timeout(400)
def test_by_polling_a_kill_loses_nothing_and_doubles_nothing(tmp_path: Path, models_dir: Path) -> None:
    provider = TelegramServer()
    settings = demo_settings(tmp_path, models_dir) | {
        "TELEGRAM_TOKEN": provider.token,
        "TELEGRAM_BASE_URL": f"{provider.url}/bot",
    }
    first = Shohay(settings, tmp_path / "log").start().ready()
    people = [Person(provider) for _ in range(12)]

    def answered() -> dict[str, tuple[int, int, str]]:
        """Once every answer was sent, or may have been."""
        with sqlite3.connect(tmp_path / "shohay.db", timeout=10) as raw:
            rows = {address: (wrote, said, fate) for address, wrote, said, fate in raw.execute(STORED)}
        settled = [fate for _, _, fate in rows.values() if fate in ("sent", "unknown")]
        return rows if len(settled) == len(people) else {}

    try:
        assert httpx.post(f"{first.url}/hooks/telegram", json={}).status_code == 404
        for one in people[:6]:
            one.write("How much is delivery?")
        # dies with some answered, some stored and some not even fetched
        eventually(lambda: any(one.heard() for one in people))
        for one in people[6:]:
            one.write("How much is delivery?")
        first.kill()
        again = Shohay(settings, first.log, port=first.port).start()
        try:
            stored = eventually(answered, 150)
            eventually(lambda: not provider.waiting)
        finally:
            again.stop()
        for one in people:
            wrote, said, fate = stored[str(one.id)]
            copies = len([shown for shown in one.heard() if "$2" in shown.text])
            assert (wrote, said) == (1, 1)
            # a send that the kill cut off may have arrived, and then it is not sent again
            assert copies == 1 if fate == "sent" else copies <= 1
        assert [fate for _, _, fate in stored.values()].count("sent") >= 4
    finally:
        first.stop()
        provider.close()
