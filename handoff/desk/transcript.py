"""A conversation's messages as the lines of a page: days between them, who speaks on, which button was pressed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from typing import Any

from handoff import ratings
from handoff.sniffing import SHOWN

SAME_BREATH = timedelta(minutes=5)
TROUBLE = frozenset({"failed", "unknown"})


@dataclass(frozen=True)
class Offer:
    """A button that the customer was offered."""

    title: str
    pressed: bool


@dataclass(frozen=True)
class Sent:
    """A file that came with a message.

    Attributes:
        size: in bytes, 0 when nobody has said it.
        status: `here`, `waiting`, `refused` or `failed`, as `handoff.messages.File` says.
        shown: it is a picture that a browser can show.
    """

    id: str
    name: str
    size: int
    status: str
    shown: bool


@dataclass(frozen=True)
class Before:
    """What a message said before its customer changed it, and since when, in the reader's time zone."""

    text: str
    at: datetime


@dataclass(frozen=True)
class Line:
    """One message.

    Attributes:
        author: `customer`, `bot`, `agent` or `system`.
        intent: what the bot understood, where it is to be shown: with the bot's answer, or with the customer's message
            when the bot had no answer to it.
        at: when, in the reader's time zone.
        day: the day that begins with this line; None on the same day as the line above.
        goes_on: the author of the line above speaks on, so they need not be named again.
        pressed: the customer pressed a button instead of typing.
        rated: the score from 1 to 5 that the customer gave with it.
        delivery: `pending`, `sending`, `sent`, `failed` or `unknown`, of an agent's message to the customer; of the
            bot's and the house's only the last two, which an agent should know of.
        delivery_error: why it did not arrive, or perhaps not.
        seen: the newest message of an agent that the customer has read.
        before: what it said before its customer changed it, the oldest first.
        deleted: its customer took it back; nothing is left of what it said.
    """

    id: str
    seq: int
    author: str
    author_name: str | None
    text: str
    private: bool
    language: str | None
    intent: str | None
    confidence: float | None
    at: datetime
    day: str | None
    goes_on: bool
    pressed: bool
    rated: int | None
    offers: tuple[Offer, ...]
    files: tuple[Sent, ...]
    delivery: str | None
    delivery_error: str | None
    seen: bool
    before: tuple[Before, ...]
    deleted: bool


def lines(
    messages: Sequence[Mapping[str, Any]], zone: tzinfo, today: date, after: int = 0, customer_seen: int = 0
) -> list[Line]:
    """The lines with a seq above `after`, oldest first.

    Args:
        messages: all messages of the conversation, as `views.conversation_detail` gives them.
        zone: the reader's time zone.
        today: the reader's day.
        customer_seen: the seq of the newest message of an agent that the customer has read.
    """
    pressed = _pressed(messages)
    found: list[Line] = []
    before: Line | None = None
    for place, message in enumerate(messages):
        at = datetime.fromisoformat(message["created_at"]).astimezone(zone)
        new_day = before is None or before.at.date() != at.date()
        speaker = (message["author"], message["author_name"], message["private"])
        following = messages[place + 1]["author"] if place + 1 < len(messages) else None
        delivery = _delivery(message)
        told_below = message["author"] == "customer" and following == "bot"
        line = Line(
            id=message["id"],
            seq=message["seq"],
            author=message["author"],
            author_name=message["author_name"],
            text=message["text"],
            private=message["private"],
            language=message["language"],
            intent=None if told_below else message["intent"],
            confidence=None if told_below else message["confidence"],
            at=at,
            day=day_name(at.date(), today) if new_day else None,
            goes_on=(
                before is not None
                and not new_day
                and (before.author, before.author_name, before.private) == speaker
                and at - before.at < SAME_BREATH
            ),
            pressed=message["payload"] is not None,
            rated=_rated(message["payload"]),
            offers=tuple(
                Offer(button["title"], (message["seq"], button["payload"]) in pressed) for button in message["buttons"]
            ),
            files=tuple(
                Sent(file["id"], file["name"], file["size"], file["status"], file["type"] in SHOWN)
                for file in message["files"]
            ),
            delivery=delivery,
            delivery_error=message.get("delivery_error") if delivery in TROUBLE else None,
            seen=message["seq"] == customer_seen,
            before=tuple(
                Before(edit["text"], datetime.fromisoformat(edit["since"]).astimezone(zone))
                for edit in message["edits"]
            ),
            deleted=message["deleted"],
        )
        if line.seq > after:
            found.append(line)
        before = line
    return found


def day_name(day: date, today: date) -> str:
    """The day as a person says it: Today, Yesterday, or its date, with the year when it is another."""
    if day == today:
        return "Today"
    if day == today - timedelta(days=1):
        return "Yesterday"
    return f"{day:%A}, {day.day} {day:%B}" + (f" {day.year}" if day.year != today.year else "")


def _delivery(message: Mapping[str, Any]) -> str | None:
    if message["author"] == "customer" or message["private"]:
        return None
    status: str = message["delivery"]
    return status if message["author"] == "agent" or status in TROUBLE else None


def _rated(payload: str | None) -> int | None:
    score = (payload or "").removeprefix(ratings.PREFIX)
    return int(score) if payload != score and score in map(str, ratings.SCORES) else None


def _pressed(messages: Sequence[Mapping[str, Any]]) -> set[tuple[int, str]]:
    """Seq and payload of every offered button that was pressed; of equal ones, the newest one offered by then."""
    offered: dict[str, int] = {}
    found = set()
    for message in messages:
        if message["payload"] is not None and message["payload"] in offered:
            found.add((offered[message["payload"]], message["payload"]))
        for button in message["buttons"]:
            offered[button["payload"]] = message["seq"]
    return found
