"""Documents go with letters: through a mail server as attachments, in the demo as files that can be downloaded."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import unquote

import httpx
import pytest
import sqlalchemy as sa
from documents_testing import invoice, label, needs_fonts, orders, read
from smtp_server import HOST, MailServer, serving

from actions.post import Document, DocumentKind, NotSent
from actions.shop.tables import mail_files, mails
from actions.values import Params, ident
from app.post import KEPT, DemoMailbox, SmtpPost, post
from app.settings import Settings
from bot.content.live import LiveWords
from handoff.database import Database

JONAS = "jonas@example.com"
LINK = re.compile(r'<a href="(/mailbox/files/[^"]+)" download>([^<]+)</a>')
PARAMS: Params = {"code": ident("048213"), "number": "10002"}


@pytest.fixture
async def server() -> AsyncIterator[MailServer]:
    async with serving(MailServer()) as opened:
        yield opened


def smtp(server: MailServer, words: LiveWords) -> SmtpPost:
    return SmtpPost(f"smtp://{HOST}:{server.port}", "Nodi Store <help@nodi.example>", words, 10)


async def files(database: Database) -> list[str]:
    async with database.read() as tx:
        return [row["name"] for row in await tx.rows(sa.select(mail_files.c.name).order_by(mail_files.c.id))]


@pytest.mark.parametrize("language", ["de", "bn"])
async def test_documents_are_attached_with_their_names(language: str, server: MailServer, words: LiveWords) -> None:
    needs_fonts(language)
    await smtp(server, words).send(JONAS, language, "code", PARAMS, [invoice(), label()])
    (letter,) = server.letters
    attached = list(letter.iter_attachments())
    names = {"de": ["Rechnung-10002.pdf", "Retourenetikett-R10002-1.pdf"],
             "bn": ["ইনভয়েস-10002.pdf", "রিটার্ন-লেবেল-R10002-1.pdf"]}  # fmt: skip
    assert [one.get_filename() for one in attached] == names[language]
    assert {one.get_content_type() for one in attached} == {"application/pdf"}
    assert "10002" in read(attached[0].get_content())
    body = letter.get_body()
    assert isinstance(body, EmailMessage) and "048213" in body.get_content()
    assert not letter.defects


async def test_a_letter_without_documents_has_no_attachments(server: MailServer, words: LiveWords) -> None:
    await smtp(server, words).send(JONAS, "de", "code", PARAMS)
    assert not server.letters[0].is_multipart()


async def test_a_document_that_cannot_be_printed_is_a_letter_that_is_not_sent(
    server: MailServer, words: LiveWords, database: Database
) -> None:
    nothing = Document(DocumentKind.RETURN_LABEL, orders()["10002"])
    for by in (smtp(server, words), DemoMailbox(database, words)):
        with pytest.raises(NotSent):
            await by.send(JONAS, "de", "code", PARAMS, [invoice(), nothing])
    assert server.letters == []
    assert await files(database) == []


async def test_printing_takes_of_the_time_that_the_letter_has(server: MailServer, words: LiveWords) -> None:
    hasty = SmtpPost(f"smtp://{HOST}:{server.port}", "Nodi Store <help@nodi.example>", words, seconds=0.001)
    with pytest.raises(NotSent):
        await hasty.send(JONAS, "de", "code", PARAMS, [invoice()])
    assert server.letters == []


async def test_the_demos_mailbox_shows_files_and_gives_them_out(
    client: httpx.AsyncClient, database: Database, words: LiveWords
) -> None:
    needs_fonts("bn")
    mailbox = DemoMailbox(database, words)
    await mailbox.send(JONAS, "bn", "code", PARAMS, [invoice(), label()])
    await mailbox.send(JONAS, "en", "code", PARAMS)
    page = (await client.get("/mailbox")).text
    first, second = page.split("<article>")[1:]  # the newest letter stands first
    assert LINK.findall(first) == []
    links = LINK.findall(second)
    assert [name for _, name in links] == ["ইনভয়েস-10002.pdf", "রিটার্ন-লেবেল-R10002-1.pdf"]
    file = await client.get(links[0][0])
    assert file.status_code == 200
    assert "10002" in read(file.content)
    headers = file.headers
    assert headers["content-type"] == "application/pdf"
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    kind, _, name = headers["content-disposition"].partition("; filename*=UTF-8''")
    assert (kind, unquote(name)) == ("attachment", "ইনভয়েস-10002.pdf")


@pytest.mark.parametrize("id_", ["no-such-file", "0", "..%2F..%2Fetc%2Fpasswd", "' or 1=1"])
async def test_a_file_that_is_not_there_is_not_found(client: httpx.AsyncClient, id_: str) -> None:
    assert (await client.get(f"/mailbox/files/{id_}")).status_code == 404


async def test_a_forgotten_letter_takes_its_files_along(database: Database, words: LiveWords) -> None:
    mailbox = DemoMailbox(database, words)
    await mailbox.send(JONAS, "en", "code", PARAMS, [invoice()])
    assert len(await files(database)) == 1
    for _ in range(KEPT):
        await mailbox.send(JONAS, "en", "code", PARAMS)
    assert await files(database) == []
    async with database.read() as tx:
        assert len(await tx.rows(sa.select(mails.c.id))) == KEPT


async def test_documents_are_printed_with_the_fonts_of_the_setting(
    database: Database, words: LiveWords, tmp_path: Path
) -> None:
    settings = Settings(_env_file=None, demo=True, fonts_dir=tmp_path)
    demo = post(settings, database, words)
    assert demo is not None
    await demo.send(JONAS, "bn", "code", PARAMS, [invoice()])
    assert await files(database) == ["Invoice-10002.pdf"]
