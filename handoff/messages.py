"""What was said: messages, their buttons, and the phrases that the house itself says."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol

Author = Literal["customer", "bot", "agent", "system"]
FileStatus = Literal["waiting", "here", "refused", "failed"]


@dataclass(frozen=True)
class Button:
    """A quick reply: what the customer reads, and what comes back when it is pressed."""

    title: str
    payload: str

    def as_json(self) -> dict[str, str]:
        return {"title": self.title, "payload": self.payload}


@dataclass(frozen=True)
class Card:
    """Something to be seen at one glance beside the words, which say all of it too: an order and how it stands.

    Attributes:
        badge: its state in a word or two.
        rows: what is named and its value, such as ("Total", "৳ 1,250").
        link: where more of it is, as title and address.
        beside: the words without what the card says too, for a page that shows both; empty where all of them are said.
    """

    title: str
    badge: str = ""
    rows: tuple[tuple[str, str], ...] = ()
    link: tuple[str, str] | None = None
    beside: str = ""

    def as_json(self) -> dict[str, Any]:
        return {
            "title": self.title,
            "badge": self.badge,
            "rows": [list(row) for row in self.rows],
            "link": list(self.link) if self.link else None,
            "beside": self.beside,
        }

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Card:
        """What `as_json` wrote, also before there was `beside`."""
        rows = tuple((str(name), str(value)) for name, value in raw["rows"])
        link = raw["link"]
        return cls(raw["title"], raw["badge"], rows, (link[0], link[1]) if link else None, raw.get("beside", ""))


@dataclass(frozen=True)
class File:
    """A file that goes with a message; its content lies in `handoff.files`.

    Attributes:
        type: its media type by its own first bytes; empty while it is still to be fetched.
        size: in bytes.
        status: `here`; `waiting` to be fetched from the channel's provider; `refused` for its kind or size; `failed`
            when the provider did not give it.
    """

    id: str
    name: str
    type: str
    size: int
    status: FileStatus

    def as_json(self) -> dict[str, Any]:
        return {**self.uploaded(), "status": self.status}

    def uploaded(self) -> dict[str, Any]:
        """What whoever uploaded it is told."""
        return {"id": self.id, "name": self.name, "type": self.type, "size": self.size}


@dataclass(frozen=True)
class Said:
    """Words on their way to a customer, already in their language."""

    text: str
    buttons: tuple[Button, ...] = ()
    card: Card | None = None


@dataclass(frozen=True)
class Message:
    """One stored message; `seq` counts from 1 within its conversation.

    Attributes:
        edited_at: when its customer changed it where they wrote it; `text` is what it says now.
        deleted: its customer took it back there; its text is gone.
    """

    id: str
    conversation_id: str
    seq: int
    author: Author
    text: str
    created_at: datetime
    author_id: str | None = None
    author_name: str | None = None
    payload: str | None = None
    buttons: tuple[Button, ...] = ()
    private: bool = False
    language: str | None = None
    intent: str | None = None
    confidence: float | None = None
    files: tuple[File, ...] = ()
    card: Card | None = None
    edited_at: datetime | None = None
    deleted: bool = False


def bare(text: str) -> str:
    """What is the same however it is shouted: "where?" and "WHERE???"."""
    text = unicodedata.normalize("NFC", text).casefold().strip()
    while text and unicodedata.category(text[-1])[0] in "PSZ":
        text = text[:-1]
    return text or "?"


def alike(one: str, other: str) -> bool:
    """Whether both say the same, however it is shouted; of signs alone, such as emoji, whether they are the same."""
    said = bare(one), bare(other)
    return said[0] == said[1] if set(said) != {"?"} else one.strip() == other.strip()


class Phrases(Protocol):
    """Where the house finds its words; the bot's content implements it."""

    def say(self, key: str, language: str, **values: Any) -> Said:
        """The phrase `key` in `language`, its placeholders filled."""
        ...
