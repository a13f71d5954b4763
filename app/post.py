"""Letters to customers: through an SMTP server, or in demo mode into a mailbox that anybody can open."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from email.errors import MessageError
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from urllib.parse import unquote, urlsplit

import aiosmtplib
import sqlalchemy as sa
from uuid_utils import uuid7

from actions.post import Document, NotSent, Post
from actions.shop import tables
from actions.values import Params
from app.attachment import Attachment
from app.settings import Settings
from bot.content.live import LiveWords
from handoff.database import Database

if TYPE_CHECKING:
    from app.documents.printer import Printer

SECONDS = 3.0
GOODBYE_SECONDS = 0.5
# a demo forgets: its mailbox keeps so many
KEPT = 50


class FilePost(Post, Protocol):
    """A post that takes files of any kind, not only what it prints itself."""

    async def send_files(
        self, to: str, language: str, phrase: str, params: Params, files: Sequence[Attachment]
    ) -> None:
        """See `actions.post.Post`."""
        ...


class SmtpPost:
    """Sends through `url`, `smtp://user:password@host:587` (with STARTTLS where the server has it) or `smtps://…`.

    Args:
        sender: the address that letters come from, with a name before it or without.
        seconds: how long printing and the server have for all of it; who waits for the letter has hardly longer.
        fonts: the folder of fonts for documents; None for the system's.
    """

    def __init__(
        self, url: str, sender: str, words: LiveWords, seconds: float = SECONDS, fonts: Path | None = None
    ) -> None:
        self._url = urlsplit(url)
        self._sender = sender
        self._words = words
        self._seconds = seconds
        self._printer = _printer(words, fonts)

    async def send(
        self, to: str, language: str, phrase: str, params: Params, documents: Sequence[Document] = ()
    ) -> None:
        """See `actions.post.Post`."""
        until = self._until()
        try:
            async with asyncio.timeout_at(until):
                files = await _printed(self._printer, documents, language)
        except TimeoutError as error:
            raise NotSent("TimeoutError") from error
        await self._send(to, _letter(self._words, language, phrase, params), files, until)

    async def send_files(
        self, to: str, language: str, phrase: str, params: Params, files: Sequence[Attachment]
    ) -> None:
        """See `FilePost`."""
        await self._send(to, _letter(self._words, language, phrase, params), files, self._until())

    def _until(self) -> float:
        return asyncio.get_running_loop().time() + self._seconds

    async def _send(self, to: str, letter: tuple[str, str], files: Sequence[Attachment], until: float) -> None:
        try:
            await self._hand_over(_message(self._sender, to, *letter, files), until)
        except (aiosmtplib.SMTPException, MessageError, OSError, ValueError, LookupError) as error:
            raise NotSent(type(error).__name__) from error

    async def _hand_over(self, message: EmailMessage, until: float) -> None:
        secure = self._url.scheme == "smtps"
        server = aiosmtplib.SMTP(
            hostname=self._url.hostname,
            port=self._url.port or (465 if secure else 587),
            username=unquote(self._url.username) if self._url.username else None,
            password=unquote(self._url.password) if self._url.password else None,
            use_tls=secure,
            timeout=self._seconds,
        )
        try:
            # its own time is for each step, of which there are many
            async with asyncio.timeout_at(until):
                await server.connect()
                await server.send_message(message)
            with suppress(aiosmtplib.SMTPException, OSError):  # it is taken, however the server says goodbye
                await server.quit(timeout=GOODBYE_SECONDS)
        finally:
            server.close()


class DemoMailbox:
    """Keeps the letters for the demo's page `/mailbox`."""

    def __init__(self, database: Database, words: LiveWords, fonts: Path | None = None) -> None:
        self._database = database
        self._words = words
        self._printer = _printer(words, fonts)

    async def send(
        self, to: str, language: str, phrase: str, params: Params, documents: Sequence[Document] = ()
    ) -> None:
        """See `actions.post.Post`."""
        files = await _printed(self._printer, documents, language)
        await self.send_files(to, language, phrase, params, files)

    async def send_files(
        self, to: str, language: str, phrase: str, params: Params, files: Sequence[Attachment]
    ) -> None:
        """See `FilePost`."""
        subject, text = _letter(self._words, language, phrase, params)
        id_ = str(uuid7())
        values = {"id": id_, "recipient": to, "subject": subject, "text": text, "at": datetime.now(UTC)}
        attached = [{"id": str(uuid7()), "mail_id": id_, "name": file.name, "content": file.content} for file in files]
        mails = tables.mails
        async with self._database.write() as tx:
            await tx.execute(sa.insert(mails), values)
            if attached:
                await tx.execute(sa.insert(tables.mail_files), attached)
            # in one statement, so that a letter that comes meanwhile is not taken for an old one
            newest = sa.select(mails.c.id).order_by(mails.c.at.desc(), mails.c.id.desc()).limit(KEPT)
            await tx.execute(sa.delete(mails).where(mails.c.id.not_in(newest)))


def post(settings: Settings, database: Database, words: LiveWords) -> FilePost | None:
    """The one that the settings name; None where nothing can be sent."""
    if settings.smtp_url:
        return SmtpPost(settings.smtp_url, settings.mail_from, words, fonts=settings.fonts_dir)
    return DemoMailbox(database, words, settings.fonts_dir) if settings.demo else None


def _letter(words: LiveWords, language: str, phrase: str, params: Params) -> tuple[str, str]:
    subject, text = (words.say(f"mail_{phrase}{part}", language, **params).text for part in ("_subject", ""))
    # a header of one line, and no value in it is read as an encoded word: line breaks could hide there
    return " ".join(subject.split()).replace("=?", "= ?"), text


def _printer(words: LiveWords, fonts: Path | None) -> Printer:
    # imported by who sends letters, not by the web server: it takes half a second
    from app.documents.fonts import Fonts
    from app.documents.printer import Printer

    return Printer(words, Fonts(fonts))


async def _printed(printer: Printer, documents: Sequence[Document], language: str) -> list[Attachment]:
    """The documents as files.

    Raises:
        NotSent: one of them cannot be printed.
    """
    try:
        printed = [await asyncio.to_thread(printer.print, document, language) for document in documents]
    except Exception as error:  # whatever is the matter with a font or with what is to be printed
        raise NotSent(type(error).__name__) from error
    return [Attachment(one.name, "application/pdf", one.content) for one in printed]


def _message(sender: str, to: str, subject: str, text: str, files: Sequence[Attachment] = ()) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, to, subject
    if "@" not in to or [address.addr_spec for address in message["To"].addresses] != [to]:
        raise ValueError("not one plain address")
    message["Date"] = format_datetime(datetime.now(UTC))
    message["Message-ID"] = make_msgid(domain=message["From"].addresses[0].domain)
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's holiday notice answers
    message.set_content(text)
    for file in files:
        maintype, _, subtype = file.type.partition("/")
        message.add_attachment(file.content, maintype=maintype, subtype=subtype, filename=file.name)
    return message
