"""What was said: messages, their buttons, and the phrases that the house itself says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol

Author = Literal["customer", "bot", "agent", "system"]


@dataclass(frozen=True)
class Button:
    """A quick reply: what the customer reads, and what comes back when it is pressed."""

    title: str
    payload: str

    def as_json(self) -> dict[str, str]:
        return {"title": self.title, "payload": self.payload}


@dataclass(frozen=True)
class Said:
    """Words on their way to a customer, already in their language."""

    text: str
    buttons: tuple[Button, ...] = ()


@dataclass(frozen=True)
class Message:
    """One stored message; `seq` counts from 1 within its conversation."""

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


class Phrases(Protocol):
    """Where the house finds its words; the bot's content implements it."""

    def say(self, key: str, language: str, **values: Any) -> Said:
        """The phrase `key` in `language`, its placeholders filled."""
        ...
