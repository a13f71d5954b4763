"""Sending over the real client to a server that speaks as Telegram does: its answer decides the message's fate."""

from __future__ import annotations

import asyncio
import socket
import time
from dataclasses import replace

import pytest
from delivery_testing import deliver, fates, on_sqlite, pauses_end, running, speak, until
from file_samples import gif, heic, jpeg, pdf, picture, png, saved, webp
from telegram_server import (
    BAD_BUTTON,
    BAD_MARKUP,
    BLOCKED,
    BROKEN,
    DEACTIVATED,
    DROPPED,
    GARBAGE,
    GATEWAY,
    GATEWAY_AFTER,
    LARGEST_FILE,
    NO_CHAT,
    UNAUTHORIZED,
    Person,
    TelegramServer,
    Trouble,
    flood,
)

from connectors.base import (
    Fetched,
    NotFetched,
    OutboundFile,
    OutboundMessage,
    Rejected,
    RetryAfter,
    SendResult,
    Sent,
    Unknown,
)
from connectors.delivery import Delivery
from connectors.telegram import client
from connectors.telegram.client import Client
from connectors.telegram.connector import Telegram
from connectors.telegram.errands import MOST
from handoff.messages import Button, Card
from handoff.services import Services

SAID = OutboundMessage("m", "c", "1", 3, "bot", None, "Is 3 < 5 & 5 > 3?", (Button("হ্যাঁ", "/affirm"),))
# the calendar's clock and the server's may differ by a hair
HAIR = 0.01
LONG = "A sentence that is said again. " * 300


@pytest.fixture
def amina(provider: TelegramServer) -> Person:
    return Person(provider)


async def test_a_message_arrives_as_it_was_said_with_its_buttons(
    telegram: Telegram, provider: TelegramServer, amina: Person
) -> None:
    result = await telegram.send(replace(SAID, address=str(amina.id)))
    (shown,) = amina.heard()
    assert result == Sent(str(shown.message_id))
    assert (shown.text, shown.buttons, shown.html) == ("Is 3 < 5 & 5 > 3?", [("হ্যাঁ", "3:0")], True)


@pytest.mark.parametrize(
    ("trouble", "result", "taken"),
    [
        (flood(7), RetryAfter(7.0), 0),
        (Trouble(429, "Too Many Requests"), RetryAfter(1.0), 0),
        (BLOCKED, Rejected("Forbidden: bot was blocked by the user", gone=True), 0),
        (DEACTIVATED, Rejected("Forbidden: user is deactivated", gone=True), 0),
        (NO_CHAT, Rejected("Chat not found", gone=True), 0),
        (Trouble(400, "Bad Request: message is too long"), Rejected("Message is too long"), 0),
        (Trouble(400, "Bad Request: group chat was upgraded", {"migrate_to_chat_id": -100}), "gone", 0),
        (UNAUTHORIZED, RetryAfter(120.0, everyone=True), 0),
        (Trouble(404, "Not Found"), RetryAfter(120.0, everyone=True), 0),
        (BROKEN, Unknown("Internal Server Error"), 0),
        (GATEWAY, Unknown("HTTP 502"), 0),
        (GATEWAY_AFTER, Unknown("HTTP 502"), 1),
        (DROPPED, Unknown("RemoteProtocolError"), 1),
        (GARBAGE, Unknown("Invalid server response"), 1),
    ],
    ids=str,
)
async def test_the_answer_decides_the_result_and_nothing_is_sent_twice(
    telegram: Telegram, provider: TelegramServer, amina: Person, trouble: Trouble, result: SendResult | str, taken: int
) -> None:
    provider.plan("sendMessage", trouble)
    given = await telegram.send(replace(SAID, address=str(amina.id)))
    if result == "gone":
        assert isinstance(given, Rejected) and given.gone
    else:
        assert given == result
    assert (len(provider.of("sendMessage")), len(amina.heard())) == (1, taken)


async def test_with_no_answer_in_time_it_may_have_arrived(
    provider: TelegramServer, amina: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "READ_SECONDS", 0.3)
    impatient = Telegram(Client(provider.token, provider.url), "", lambda number, language: number)
    provider.plan("sendMessage", Trouble(200, taken=True, seconds=2))
    assert await impatient.send(replace(SAID, address=str(amina.id))) == Unknown("ReadTimeout")
    assert len(amina.heard()) == 1
    await impatient.close()


async def test_with_nobody_listening_it_was_provably_not_taken() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    nobody = Telegram(Client("1:a", f"http://127.0.0.1:{port}"), "", lambda number, language: number)
    assert await nobody.send(SAID) == RetryAfter(1.0)
    await nobody.close()


@pytest.mark.parametrize("trouble", [BAD_MARKUP, BAD_BUTTON])
async def test_what_is_refused_for_its_dress_is_said_plainly_once(
    telegram: Telegram, provider: TelegramServer, amina: Person, trouble: Trouble
) -> None:
    provider.plan("sendMessage", trouble)
    card = Card("Order", link=("Track it", "https://carrier.example/t"))
    said = replace(SAID, address=str(amina.id), author="agent", author_name="Rahim", card=card)
    assert isinstance(await telegram.send(said), Sent)
    (shown,) = amina.heard()
    assert (shown.text, shown.html) == ("Rahim\nIs 3 < 5 & 5 > 3?", False)
    assert shown.buttons == [("হ্যাঁ", "3:0")]
    provider.plan("sendMessage", trouble, trouble)
    assert isinstance(await telegram.send(said), Rejected)
    assert len(amina.heard()) == 1


async def test_of_a_long_message_only_the_parts_that_were_not_taken_are_sent_again(
    telegram: Telegram, provider: TelegramServer, amina: Person
) -> None:
    said = replace(SAID, address=str(amina.id), text=LONG)
    provider.plan("sendMessage", Trouble(200, taken=True), flood(3))
    assert await telegram.send(said) == RetryAfter(3.0, parts=1)
    result = await telegram.send(replace(said, parts=1))
    heard = amina.heard()
    assert result == Sent(str(heard[-1].message_id))
    assert " ".join(one.text for one in heard) == LONG.strip()
    assert [bool(one.buttons) for one in heard] == [False, False, True]
    assert all(one.text.endswith(".") for one in heard)
    taken = [call.at for call in provider.of("sendMessage") if call.status == 200]
    assert taken[2] - taken[1] >= 1


async def test_a_message_whose_parts_were_all_taken_is_sent(telegram: Telegram, amina: Person) -> None:
    assert await telegram.send(replace(SAID, address=str(amina.id), parts=1)) == Sent()
    assert amina.heard() == []


@on_sqlite
async def test_a_message_that_was_taken_before_the_line_dropped_is_unknown_and_there_is_one_copy(
    services: Services, telegram: Telegram, provider: TelegramServer, amina: Person
) -> None:
    provider.plan("sendMessage", DROPPED)
    await speak(services, str(amina.id), "one", "two", channel="telegram")
    delivery = Delivery(services.database, {"telegram": telegram})
    await deliver(delivery)
    await pauses_end(services)
    await deliver(delivery)
    assert [one.text for one in amina.heard()] == ["one", "two"]
    assert await fates(services) == {"one": ("unknown", 1, "RemoteProtocolError"), "two": ("sent", 1, None)}


@on_sqlite
@pytest.mark.parametrize("gone", [BLOCKED, NO_CHAT], ids=["blocked", "no chat"])
async def test_who_blocks_us_or_is_gone_ends_delivery_cleanly(
    services: Services, telegram: Telegram, provider: TelegramServer, amina: Person, gone: Trouble
) -> None:
    provider.plan("sendMessage", gone)
    await speak(services, str(amina.id), "one", "two", "three", channel="telegram")
    delivery = Delivery(services.database, {"telegram": telegram})
    await deliver(delivery)
    await pauses_end(services)
    await deliver(delivery)
    assert len(provider.of("sendMessage")) == 1
    assert {status for status, _, _ in (await fates(services)).values()} == {"failed"}


@on_sqlite
async def test_with_a_token_that_is_refused_nothing_is_lost(
    services: Services, telegram: Telegram, provider: TelegramServer, amina: Person
) -> None:
    provider.plan("sendMessage", UNAUTHORIZED)
    await speak(services, str(amina.id), "one", "two", channel="telegram")
    delivery = Delivery(services.database, {"telegram": telegram})
    await deliver(delivery)
    assert {status for status, _, _ in (await fates(services)).values()} == {"pending"}
    assert amina.heard() == []


async def test_a_chat_told_to_wait_delays_others_by_nothing_and_each_chat_gets_one_a_second(
    services: Services, telegram: Telegram, provider: TelegramServer
) -> None:
    slow, others = Person(provider), [Person(provider) for _ in range(10)]
    provider.plan("sendMessage", flood(8), chat=slow.id)
    await speak(services, str(slow.id), "first", "second", channel="telegram")
    async with running(Delivery(services.database, {"telegram": telegram})):
        async with asyncio.timeout(100):
            await until(lambda: provider.of("sendMessage", slow.id))
            for one in others:
                await speak(services, str(one.id), "hello", "again", channel="telegram")
            await until(lambda: len(slow.heard()) == 2)
    throttled = provider.of("sendMessage", slow.id)
    assert throttled[1].at - throttled[0].at >= 8
    assert [one.text for one in slow.heard()] == ["first", "second"]
    for one in others:
        first, second = one.heard()
        assert first.at < throttled[1].at
        assert second.at - first.at >= 1 - HAIR
    for place, at in enumerate(sorted(call.at for call in provider.of("sendMessage"))):
        assert at - throttled[0].at >= place / 30 - HAIR


async def test_a_file_is_fetched_cut_off_or_not_given(telegram: Telegram, provider: TelegramServer) -> None:
    provider.files = {"small": b"\x89PNG" + b"x" * 96, "long": b"x" * 101, "huge": bytes(LARGEST_FILE + 1)}
    assert await telegram.fetch("small", 100) == Fetched(provider.files["small"])
    assert await telegram.fetch("long", 100) == Fetched(b"x" * 100)
    assert await telegram.fetch("huge", 100) == NotFetched("File is too big", final=True, too_big=True)
    assert isinstance(gone := await telegram.fetch("never", 100), NotFetched) and gone.final and not gone.too_big
    provider.plan("getFile", flood(3), UNAUTHORIZED, BROKEN)
    for _ in range(3):
        assert isinstance(later := await telegram.fetch("small", 100), NotFetched) and not later.final
    for status, final in ((404, True), (500, False)):
        provider.plan("file", Trouble(status))
        assert await telegram.fetch("small", 100) == NotFetched(f"HTTP {status}", final=final)


async def test_no_courtesy_keeps_anybody_waiting(telegram: Telegram, provider: TelegramServer, amina: Person) -> None:
    provider.plan("sendChatAction", Trouble(200, taken=True, seconds=2))
    began = time.monotonic()
    for _ in range(100):
        await telegram.typing(str(amina.id))
    assert time.monotonic() - began < 1.5
    assert len(telegram._errands._running) == MOST
    await until(lambda: provider.of("sendChatAction"))
    assert provider.of("sendChatAction")[0].parameters == {"chat_id": str(amina.id), "action": "typing"}


def with_file(amina: Person, content: bytes, kind: str, name: str, text: str = "It is <this> one") -> OutboundMessage:
    file = OutboundFile(name, kind, content)
    said = replace(SAID, address=str(amina.id), author="agent", author_name="Rahim", text=text)
    return replace(said, buttons=(), files=(file,))


@pytest.mark.parametrize(
    ("content", "kind", "name", "shown_as"),
    [
        (jpeg(), "image/jpeg", "ভাঙা কাপ.jpg", "photo"),
        (png(), "image/png", "it's 100 % a cup;.png", "photo"),
        (webp(), "image/webp", "cup.webp", "photo"),
        (gif(), "image/gif", "cup.gif", "document"),
        (heic(), "image/heic", "cup.heic", "document"),
        (pdf(), "application/pdf", "bill (2).pdf", "document"),
    ],
    ids=lambda one: one if isinstance(one, str) and "/" in one else "",
)
async def test_a_file_arrives_byte_for_byte_by_its_name_with_the_words_under_it(
    telegram: Telegram, amina: Person, content: bytes, kind: str, name: str, shown_as: str
) -> None:
    result = await telegram.send(with_file(amina, content, kind, name))
    (shown,) = amina.heard()
    assert result == Sent(str(shown.message_id))
    assert (shown.text, shown.html) == ("Rahim\nIt is <this> one", True)
    assert shown.file is not None
    assert (shown.file.kind, shown.file.name, shown.file.content) == (shown_as, name, content)


@pytest.mark.parametrize("size", [(9000, 1100), (2100, 100)])
async def test_a_picture_of_a_shape_that_telegram_does_not_show_goes_as_a_file(
    telegram: Telegram, provider: TelegramServer, amina: Person, size: tuple[int, int]
) -> None:
    content = saved("JPEG", picture(size), quality=20)
    assert isinstance(await telegram.send(with_file(amina, content, "image/jpeg", "long.jpg")), Sent)
    (shown,) = amina.heard()
    assert shown.file is not None and (shown.file.kind, shown.file.content) == ("document", content)
    assert [len(provider.of(method)) for method in ("sendPhoto", "sendDocument")] == [1, 1]


@pytest.mark.parametrize(
    ("trouble", "result", "taken"),
    [
        (flood(7), RetryAfter(7.0), 0),
        (BLOCKED, Rejected("Forbidden: bot was blocked by the user", gone=True), 0),
        (
            Trouble(400, "Bad Request: not enough rights to send photos to the chat"),
            Rejected("Not enough rights to send photos to the chat"),
            0,
        ),
        (GATEWAY_AFTER, Unknown("HTTP 502"), 1),
        (BROKEN, Unknown("Internal Server Error"), 0),
        (DROPPED, Unknown("RemoteProtocolError"), 1),
    ],
    ids=str,
)
async def test_the_answer_decides_what_became_of_a_file_and_it_is_not_sent_twice(
    telegram: Telegram, provider: TelegramServer, amina: Person, trouble: Trouble, result: SendResult, taken: int
) -> None:
    provider.plan("sendPhoto", trouble)
    assert await telegram.send(with_file(amina, jpeg(), "image/jpeg", "cup.jpg")) == result
    assert (len(provider.of("sendPhoto")), len(amina.heard())) == (1, taken)
    assert provider.of("sendDocument") == []


async def test_what_stands_under_a_file_is_said_plainly_when_it_is_refused_for_its_dress(
    telegram: Telegram, provider: TelegramServer, amina: Person
) -> None:
    provider.plan("sendPhoto", BAD_MARKUP)
    assert isinstance(await telegram.send(with_file(amina, jpeg(), "image/jpeg", "cup.jpg")), Sent)
    (shown,) = amina.heard()
    assert (shown.text, shown.html) == ("Rahim\nIt is <this> one", False)
    assert shown.file is not None and shown.file.content == jpeg()


async def test_of_long_words_and_a_file_only_what_was_not_taken_is_sent_again(
    telegram: Telegram, provider: TelegramServer, amina: Person
) -> None:
    said = with_file(amina, pdf(), "application/pdf", "bill.pdf", text="A sentence that is said again. " * 100)
    provider.plan("sendDocument", flood(3))
    assert await telegram.send(said) == RetryAfter(3.0, parts=1)
    assert isinstance(await telegram.send(replace(said, parts=1)), Sent)
    words, file = amina.heard()
    assert (words.file, file.text) == (None, "") and file.file is not None
    assert (file.file.name, file.file.content) == ("bill.pdf", pdf())
    assert words.text.startswith("Rahim\nA sentence")


async def test_with_nobody_listening_a_file_was_provably_not_taken(amina: Person) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    nobody = Telegram(Client("1:a", f"http://127.0.0.1:{port}"), "", lambda number, language: number)
    assert await nobody.send(with_file(amina, jpeg(), "image/jpeg", "cup.jpg")) == RetryAfter(1.0)
    await nobody.close()
