"""Letters leave through a real mail server, or lie in the demo's mailbox; one that does not leave is `NotSent`."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from smtp_server import HOST, MailServer, certificate, serving, speaking

from actions.post import NotSent
from actions.shop.tables import mails
from actions.values import Params, ident
from app.post import KEPT, DemoMailbox, SmtpPost, post
from app.settings import Settings
from bot.content.live import LiveWords
from handoff.database import Database

# the server lets people sign in without TLS where a test is about something else
pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")

JONAS = "jonas@example.com"
SHOP = "নদী স্টোর <help@nodi.example>"
CODE = "048213"
PASSWORD = "pa:ss/w@rd #১?%"
TYPED_PASSWORD = "pa%3Ass%2Fw%40rd%20%23%E0%A7%A7%3F%25"
# what a letter has, and no line more
HEADERS = {
    "From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted",
    "Content-Type", "Content-Transfer-Encoding", "MIME-Version",
}  # fmt: skip
LETTERS = {
    "bn": (
        "অর্ডার 10003-এর জন্য আপনার কোড",
        "আমাদের চ্যাটে কেউ আপনার অর্ডার 10003 বদলাতে বা আপনার আরও তথ্য দেখতে চাইছেন। আপনি হলে সেখানে এই কোডটি লিখুন:",
        "নদী স্টোর",
    ),
    "de": (
        "Ihr Code für Bestellung 10003",
        "Jemand möchte in unserem Chat Ihre Bestellung 10003 ändern oder mehr von Ihren Daten sehen. "
        "Wenn Sie es sind, geben Sie dort diesen Code ein:",
        "Nodi Store",
    ),
}


def code_letter(number: str = "10003", code: str = CODE) -> Params:
    return {"code": ident(code), "number": number}


def smtp(port: int, words: LiveWords, user: str = "", scheme: str = "smtp", seconds: float = 10) -> SmtpPost:
    return SmtpPost(f"{scheme}://{user}{HOST}:{port}", SHOP, words, seconds)


@pytest.fixture
async def server() -> AsyncIterator[MailServer]:
    async with serving(MailServer()) as opened:
        yield opened


@pytest.mark.parametrize("language", LETTERS)
async def test_a_letter_arrives_whole_in_the_customers_language(
    language: str, server: MailServer, words: LiveWords
) -> None:
    await smtp(server.port, words).send(JONAS, language, "code", code_letter())
    (letter,) = server.letters
    subject, first, last = LETTERS[language]
    lines = letter.get_content().splitlines()
    assert (letter["Subject"], str(letter["From"]), letter["To"]) == (subject, SHOP, JONAS)
    assert letter.get_content_charset() == "utf-8"
    assert (lines[0], lines[-1]) == (first, last)
    assert CODE in lines
    assert server.to == [[JONAS]]
    assert not letter.defects


async def test_in_no_language_is_anything_left_to_fill_in(server: MailServer, words: LiveWords) -> None:
    languages = list(words.current.library.languages)
    for language in languages:
        await smtp(server.port, words).send(JONAS, language, "code", code_letter())
    for language, letter in zip(languages, server.letters, strict=True):
        whole = letter["Subject"] + letter.get_content()
        assert not {"{", "}"} & set(whole), language
        assert CODE in letter.get_content() and "10003" in letter["Subject"], language


async def test_a_letter_says_when_it_was_written_and_that_nobody_needs_to_answer(
    server: MailServer, words: LiveWords
) -> None:
    for _ in range(2):
        await smtp(server.port, words).send(JONAS, "en", "code", code_letter())
    one, another = server.letters
    assert one["Date"].datetime.tzinfo is not None
    assert one["Message-ID"] != another["Message-ID"]
    assert one["Message-ID"].endswith("@nodi.example>")
    assert one["Auto-Submitted"] == "auto-generated"


async def test_user_and_password_are_percent_encoded_in_the_url(words: LiveWords) -> None:
    async with serving(MailServer(people={"shop@nodi.example": PASSWORD})) as server:
        await smtp(server.port, words, f"shop%40nodi.example:{TYPED_PASSWORD}@").send(
            JONAS, "de", "code", code_letter()
        )
    assert server.signed_in == ["shop@nodi.example"]


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
async def test_a_letter_goes_over_tls_where_the_server_has_it(
    scheme: str, words: LiveWords, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    believed, context = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(believed))
    at_once = scheme == "smtps"
    async with serving(MailServer(people={"shop": "word"}), context, at_once) as server:
        await smtp(server.port, words, "shop:word@", scheme).send(JONAS, "en", "code", code_letter())
    assert server.secure == [True]
    assert server.signed_in == ["shop"]


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
async def test_to_a_server_with_a_certificate_that_nobody_believes_nothing_is_told(
    scheme: str, words: LiveWords, tmp_path: Path
) -> None:
    _, context = certificate(tmp_path)
    async with serving(MailServer(people={"shop": "word"}), context, scheme == "smtps") as server:
        await not_sent(smtp(server.port, words, "shop:word@", scheme))
    assert server.letters == server.signed_in == []


async def not_sent(by: SmtpPost, to: str = JONAS) -> None:
    """Nothing but NotSent comes, and it says nothing that is not meant for logs."""
    with pytest.raises(NotSent) as raised:
        await by.send(to, "de", "code", code_letter())
    said = f"{raised.value!s} {raised.value!r}"
    for kept in (JONAS, "jonas", "help@nodi.example", CODE, PASSWORD, TYPED_PASSWORD, "shop", HOST, "10003"):
        assert kept not in said


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("MAIL", f"550 {CODE}: no letters from help@nodi.example"),
        ("RCPT", f"550 5.1.1 <{JONAS}> is not known here"),
        ("RCPT", f"450 4.2.1 <{JONAS}> is full, come again"),
        ("DATA", f"554 5.7.1 this looks like junk to {JONAS}"),
        ("DATA", "421 going home"),
        ("DATA", "what"),
    ],
)
async def test_a_letter_that_the_server_refuses_is_not_sent(
    command: str, answer: str, server: MailServer, words: LiveWords
) -> None:
    server.answers[command] = answer
    await not_sent(smtp(server.port, words))
    assert server.letters == []


@pytest.mark.parametrize("user", ["", "shop:wrong@", f"somebody:{TYPED_PASSWORD}@", "shop@"])
async def test_a_letter_of_somebody_who_may_not_send_is_not_sent(user: str, words: LiveWords) -> None:
    async with serving(MailServer(people={"shop": PASSWORD})) as server:
        await not_sent(smtp(server.port, words, user))
    assert server.letters == []


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
async def test_where_no_server_listens_nothing_is_sent(scheme: str, words: LiveWords) -> None:
    with socket.create_server((HOST, 0)) as closed:
        port = closed.getsockname()[1]
    await not_sent(smtp(port, words, scheme=scheme))


async def test_smtps_to_a_server_without_tls_sends_nothing(server: MailServer, words: LiveWords) -> None:
    await not_sent(smtp(server.port, words, scheme="smtps", seconds=0.5))
    assert server.letters == []


async def hangs(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(60)


async def greets_and_hangs(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"220 mail.test\r\n")
    await asyncio.sleep(60)


async def hangs_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    pass


async def greets_and_hangs_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"220 mail.test\r\n")
    await reader.readline()


async def speaks_nonsense(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write("HTTP/1.1 400 কী?\r\n\r\n".encode())
    await reader.read()


async def never_ends_its_greeting(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while True:
        writer.write(b"220-welcome\r\n")
        await writer.drain()
        await asyncio.sleep(0.02)


@pytest.mark.parametrize(
    "speak", [hangs, greets_and_hangs, hangs_up, greets_and_hangs_up, speaks_nonsense, never_ends_its_greeting]
)
async def test_a_server_that_hangs_or_talks_nonsense_is_given_up(speak: Any, words: LiveWords) -> None:
    async with speaking(speak) as port:
        await not_sent(smtp(port, words, seconds=0.3))


async def test_a_server_that_is_in_time_with_every_answer_and_late_with_all_is_given_up(words: LiveWords) -> None:
    answers = {b"EHLO": b"250 mail.test", b"DATA": b"354 go on", b".\r\n": b"250 OK", b"QUIT": b"221 bye"}
    finished = []

    async def dawdles(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.test\r\n")
        in_letter = False
        while line := await reader.readline():
            if in_letter and line != b".\r\n":
                continue
            in_letter = line == b"DATA\r\n"
            await asyncio.sleep(0.2)
            writer.write(answers.get(line[:4].strip(b" "), b"250 OK") + b"\r\n")
            finished.append(line)

    async with speaking(dawdles) as port:
        await not_sent(smtp(port, words, seconds=0.5))
    assert b".\r\n" not in finished


async def test_what_the_server_has_taken_is_sent_however_it_says_goodbye(words: LiveWords) -> None:
    async def takes_and_hangs_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for answer in (b"220 mail.test", b"250 mail.test", b"250 OK", b"250 OK", b"354 go on"):
            writer.write(answer + b"\r\n")
            await reader.readline()
        await reader.readuntil(b"\r\n.\r\n")
        writer.write(b"250 OK\r\n")

    async with speaking(takes_and_hangs_up) as port:
        await smtp(port, words).send(JONAS, "de", "code", code_letter())


INJECTED = [
    "10003\r\nBcc: somebody@else.example",
    "10003\nBcc: somebody@else.example",
    "10003\r\n\r\nAnother letter",
    "10003\x0bBcc: somebody@else.example",
    "10003\x85Bcc: somebody@else.example",
    "10003\u2028Bcc: somebody@else.example",
    "10003\x00\x1b[2J",
    "10003\r\n.\r\nMAIL FROM:<somebody@else.example>",
    "{code} {shop_name}",
    "=?utf-8?q?=0D=0ABcc:_somebody@else.example?=",
    "\n=?utf-8?b?DQpCY2M6IHNvbWVib2R5QGVsc2UuZXhhbXBsZQ==?=",
    "=\n?utf-8?q?=0D=0ABcc:_somebody@else.example?=",
    "ক" * 300 + "\r\nBcc: somebody@else.example",
]


@pytest.mark.parametrize("number", INJECTED, ids=lambda one: ascii(one)[1:40])
async def test_no_value_adds_a_header_a_recipient_or_a_letter(
    number: str, server: MailServer, words: LiveWords
) -> None:
    await smtp(server.port, words).send(JONAS, "de", "code", code_letter(number))
    (letter,) = server.letters
    assert set(letter.keys()) == HEADERS
    assert server.to == [[JONAS]]
    assert len(str(letter["Subject"]).splitlines()) == 1
    assert "Geben Sie" not in letter["Subject"] and CODE not in letter["Subject"]
    assert letter.get_content().splitlines()[-1] == "Nodi Store"


@pytest.mark.parametrize(
    "to",
    [
        "",
        "jonas",
        "jonas@",
        "@example.com",
        f"{JONAS}, somebody@else.example",
        f"{JONAS},somebody@else.example",
        f"Jonas <{JONAS}>",
        f"{JONAS}\r\nBcc: somebody@else.example",
        f"{JONAS}>\r\nRCPT TO:<somebody@else.example",
        f"{JONAS} SIZE=1",
        "jonas\x00@example.com",
        "(jonas)@example.com",
        "=?utf-8?q?=0D=0ABcc:_somebody@else.example?=",
        "=?utf-8?q?=0D=0ABcc:_somebody?=@else.example",
        "\udcff@example.com",
    ],
)
async def test_a_letter_goes_to_one_plain_address_or_nowhere(to: str, server: MailServer, words: LiveWords) -> None:
    await not_sent(smtp(server.port, words), to)
    assert server.letters == []


async def kept(database: Database) -> list[Any]:
    async with database.read() as tx:
        return list(await tx.rows(sa.select(mails).order_by(mails.c.at)))


async def test_the_demos_mailbox_keeps_a_letter_as_it_would_have_been_sent(
    database: Database, words: LiveWords
) -> None:
    await DemoMailbox(database, words).send(JONAS, "bn", "code", code_letter())
    (letter,) = await kept(database)
    subject, first, last = LETTERS["bn"]
    assert (letter.recipient, letter.subject) == (JONAS, subject)
    lines = letter.text.splitlines()
    assert (lines[0], lines[-1]) == (first, last)
    assert CODE in lines


async def test_the_demos_mailbox_keeps_the_newest(database: Database, words: LiveWords) -> None:
    mailbox = DemoMailbox(database, words)
    for number in range(KEPT + 3):
        await mailbox.send(JONAS, "en", "code", code_letter(str(number)))
    assert [letter.subject for letter in await kept(database)] == [
        f"Your code for order {number}" for number in range(3, KEPT + 3)
    ]


async def test_of_letters_that_come_together_the_demos_mailbox_loses_none(database: Database, words: LiveWords) -> None:
    mailbox = DemoMailbox(database, words)
    await asyncio.gather(*(mailbox.send(JONAS, "en", "code", code_letter(f"old-{n}")) for n in range(KEPT)))
    for wave in range(4):
        numbers = [f"{wave}-{number}" for number in range(10)]
        await asyncio.gather(*(mailbox.send(JONAS, "en", "code", code_letter(number)) for number in numbers))
        there = {letter.subject.split()[-1] for letter in await kept(database)}
        assert there >= set(numbers)


@pytest.fixture
def quick(quick_database: Database) -> Database:
    return quick_database


async def test_without_a_mail_server_only_a_demo_has_letters(quick: Database, words: LiveWords) -> None:
    assert post(Settings(_env_file=None), quick, words) is None
    letters = post(Settings(_env_file=None, demo=True), quick, words)
    assert letters is not None
    await letters.send(JONAS, "en", "code", code_letter())
    assert [letter.recipient for letter in await kept(quick)] == [JONAS]


@pytest.mark.parametrize("demo", [False, True])
async def test_with_a_mail_server_letters_go_there_in_a_demo_too(
    demo: bool, quick: Database, words: LiveWords, server: MailServer
) -> None:
    settings = Settings(_env_file=None, demo=demo, smtp_url=f"smtp://{HOST}:{server.port}", mail_from=SHOP)
    letters = post(settings, quick, words)
    assert letters is not None
    await letters.send(JONAS, "en", "code", code_letter())
    (letter,) = server.letters
    assert isinstance(letter, EmailMessage) and letter["To"] == JONAS
    assert await kept(quick) == []
