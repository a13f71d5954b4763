"""Customers who write on through whatever happens, over the fake channel and over the website."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass, field
from typing import Protocol

from backlog import Backlog
from ledger import Acknowledged
from line import Answer, Line
from running import FAKE_SECRET

# understood with or without a marker, and each another intent than its neighbours
QUESTIONS = (
    "How much is delivery?",
    "can I pay with bKash",
    "do you deliver abroad",
    "what is your return policy",
    "how long do refunds take",
)
COPIES = 11


class Customer(Protocol):
    """Somebody who writes; `name` is also the marker of their messages."""

    name: str
    line: Line

    @property
    def seen_as(self) -> str:
        """What the backlog knows the conversation by."""
        ...

    async def deliver(self, key: str, text: str, url: str | None = None) -> Answer | None:
        """One delivery of a message; an acknowledgement is noted in the ledger."""
        ...


@dataclass
class Chatter:
    """Writes over the fake channel, as a messenger's provider delivers it."""

    name: str
    line: Line

    @property
    def seen_as(self) -> str:
        return self.name

    async def deliver(self, key: str, text: str, url: str | None = None) -> Answer | None:
        body = {"key": key, "from": self.name, "text": text, "language": "en"}
        answer = await self.line.send("POST", "/hooks/fake", body, {"X-Fake-Secret": FAKE_SECRET}, url=url)
        if answer is not None:
            message_id = answer.body["messages"][0]
            self.line.ledger.acknowledge(Acknowledged("fake", key, self.name, text, message_id))
        return answer


@dataclass
class Visitor:
    """Writes on the website, as the widget does."""

    name: str
    line: Line
    conversation_id: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def seen_as(self) -> str:
        return self.conversation_id

    async def open(self) -> None:
        """Opens the session."""
        send = self.line.send
        answer = await self.line.until_answered(lambda: send("POST", "/api/website/sessions", {"language": "en"}, {}))
        self.conversation_id = answer.body["conversation_id"]
        self.headers = {"Authorization": f"Bearer {answer.body['token']}"}

    async def deliver(self, key: str, text: str, url: str | None = None) -> Answer | None:
        body = {"client_id": key, "text": text}
        answer = await self.line.send("POST", "/api/website/messages", body, self.headers, url=url)
        if answer is not None:
            self.line.ledger.acknowledge(
                Acknowledged("website", key, self.name, text, answer.body["id"], answer.body["seq"])
            )
        return answer


@dataclass
class Chat:
    """One customer's side of a conversation: message after message, each acknowledged before the next is written."""

    customer: Customer
    chance: random.Random
    written: list[tuple[str, str]] = field(default_factory=list)

    async def say(self, text: str | None = None, copies: int = 1) -> Answer:
        """Writes a message, delivered until it is acknowledged, `copies` times at once."""
        number = len(self.written)
        key = f"{self.customer.name}-{number}"
        text = f"{text or QUESTIONS[number % len(QUESTIONS)]} [{self.customer.name}m{number}]"
        self.written.append((key, text))
        if copies > 1:
            await asyncio.gather(*(self.customer.deliver(key, text) for _ in range(copies)))
        return await self.customer.line.until_answered(lambda: self.customer.deliver(key, text))

    async def repeat(self) -> None:
        """An earlier message is delivered again, as providers do after hours."""
        await self.customer.deliver(*self.chance.choice(self.written))

    async def talk(self, count: int, backlog: Backlog, window: int, pause: float) -> None:
        """Writes `count` questions, or fewer when time is up, with at most `window` of them unanswered. Of the first,
        and of about one in twenty, eleven copies arrive at once; about as many arrive again, spaced, later.

        Args:
            pause: seconds between two messages, on average.
        """
        for _ in range(count):
            await backlog.room(self.customer.seen_as, window)
            if backlog.closing:
                return
            await self.say(copies=COPIES if not self.written or self.chance.random() < 0.05 else 1)
            if self.chance.random() < 0.05:
                await self.repeat()
            await asyncio.sleep(self.chance.uniform(0, 2 * pause))
