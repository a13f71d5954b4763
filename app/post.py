"""Letters to customers: through an SMTP server, or in demo mode into a mailbox that anybody can open."""

from __future__ import annotations

from datetime import UTC, datetime
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

import aiosmtplib
import sqlalchemy as sa
from uuid_utils import uuid7

from actions.post import NotSent, Post
from actions.shop import tables
from actions.values import Params
from app.settings import Settings
from bot.content.live import LiveWords
from handoff.database import Database

SECONDS = 3.0
# a demo forgets: its mailbox keeps so many
KEPT = 50


class SmtpPost:
    """Sends through `url`, `smtp://user:password@host:587` (with STARTTLS where the server has it) or `smtps://…`."""

    def __init__(self, url: str, sender: str, words: LiveWords) -> None:
        self._url = urlsplit(url)
        self._sender = sender
        self._words = words

    async def send(self, to: str, language: str, phrase: str, params: Params) -> None:
        """See `actions.post.Post`."""
        subject, text = _letter(self._words, language, phrase, params)
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = self._sender, to, subject
        message.set_content(text)
        secure = self._url.scheme == "smtps"
        try:
            await aiosmtplib.send(
                message,
                hostname=self._url.hostname,
                port=self._url.port or (465 if secure else 587),
                username=unquote(self._url.username) if self._url.username else None,
                password=unquote(self._url.password) if self._url.password else None,
                use_tls=secure,
                timeout=SECONDS,
            )
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            raise NotSent(type(error).__name__) from error


class DemoMailbox:
    """Keeps the letters for the demo's page `/mailbox`."""

    def __init__(self, database: Database, words: LiveWords) -> None:
        self._database = database
        self._words = words

    async def send(self, to: str, language: str, phrase: str, params: Params) -> None:
        """See `actions.post.Post`."""
        subject, text = _letter(self._words, language, phrase, params)
        values = {"id": str(uuid7()), "recipient": to, "subject": subject, "text": text, "at": datetime.now(UTC)}
        mails = tables.mails
        async with self._database.write() as tx:
            await tx.execute(sa.insert(mails), values)
            newest = sa.select(mails.c.id).order_by(mails.c.at.desc(), mails.c.id.desc()).limit(KEPT)
            kept = (await tx.execute(newest)).scalars().all()
            await tx.execute(sa.delete(mails).where(mails.c.id.not_in(kept)))


def post(settings: Settings, database: Database, words: LiveWords) -> Post | None:
    """The one that the settings name; None where nothing can be sent."""
    if settings.smtp_url:
        return SmtpPost(settings.smtp_url, settings.mail_from, words)
    return DemoMailbox(database, words) if settings.demo else None


def _letter(words: LiveWords, language: str, phrase: str, params: Params) -> tuple[str, str]:
    subject, text = (words.say(f"mail_{phrase}{part}", language, **params).text for part in ("_subject", ""))
    return " ".join(subject.split()), text
