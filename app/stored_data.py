"""A copy of what is stored about a customer, by e-mail: one file to read, and the same for programs."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from actions.post import NotSent
from app.attachment import Attachment
from app.post import FilePost
from bot.content.live import LiveWords
from handoff import due_erasures, erasure, files
from handoff.database import Database

HTML_NAME, JSON_NAME = "data.html", "data.json"
# what goes along of what a customer sent; a letter may not grow without end, and the mail server has not long for it
MOST_ATTACHED = 5 * 1024 * 1024
PAGE = Path(__file__).with_name("data_copy")


class ChatData:
    """See `actions.stored_data.StoredData`: all that the database has of the contact who speaks in a conversation.

    Left out are agents' private notes: they may be about others, and nobody has read them through before they go out.

    Args:
        post: who sends the copy; None where nobody can.
    """

    def __init__(self, database: Database, words: LiveWords, post: FilePost | None) -> None:
        self._database = database
        self._words = words
        self._post = post

    @property
    def erased_within(self) -> timedelta:
        """See `actions.stored_data.StoredData`."""
        return due_erasures.GRACE

    async def send_copy(self, conversation: str, to: str, language: str) -> None:
        """See `actions.stored_data.StoredData`."""
        async with self._database.read() as tx:
            contact_id = await erasure.find(tx, conversation)
        found = await erasure.export(self._database, contact_id) if contact_id else None
        if contact_id is None or found is None or self._post is None:
            raise NotSent("there is nothing to send, or nobody to send it")
        told = without_notes(found)
        written = json.dumps(told, ensure_ascii=False, indent=2)
        sent = await self._sent(contact_id)
        attached = [
            Attachment(HTML_NAME, "text/html", page(told, self._words, language, sent).encode()),
            Attachment(JSON_NAME, "application/json", written.encode()),
            *sent.values(),
        ]
        await self._post.send_files(to, language, "data_copy", {}, attached)

    async def _sent(self, contact_id: str) -> dict[str, Attachment]:
        """The files of theirs that fit, by their ids."""
        fitting = {}
        async with self._database.read() as tx:
            async for one in files.of_contact(tx, contact_id, most=MOST_ATTACHED):
                fitting[one.file.id] = Attachment(one.file.name, one.file.type, one.content)
        return fitting


def without_notes(found: Mapping[str, Any]) -> dict[str, Any]:
    """The export without agents' private notes."""
    talks = [
        {**talk, "messages": [message for message in talk["messages"] if not message["private"]]}
        for talk in found["conversations"]
    ]
    return {**found, "conversations": talks}


def page(found: Mapping[str, Any], words: LiveWords, language: str, attached: Collection[str] = ()) -> str:
    """The export as a page of its own, which needs nothing from anywhere; its times are by the shop's clock.

    Args:
        attached: the ids of the files that go along.
    """

    def say(key: str, **values: Any) -> str:
        return words.say(f"copy_{key}", language, **values).text

    def moment(text: str | None) -> str:
        return say("moment", at={"datetime": text}) if text else ""

    show = Environment(loader=FileSystemLoader(PAGE), autoescape=True, undefined=StrictUndefined)
    spoken = words.current.library.answered_in(language)
    values = {"found": found, "say": say, "moment": moment, "language": spoken, "attached": attached}
    return show.get_template("page.html").render(values)
