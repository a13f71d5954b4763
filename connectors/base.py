"""What a channel is. A connector knows its provider's formats; it has no database and no business rule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from handoff.inbox import Incoming
from handoff.messages import Button
from handoff.pace import Rate


class BadRequest(Exception):
    """The request is not one of this channel's; the message is one sentence for whoever sent it."""


class Forged(Exception):
    """The request is not genuine: its secret, signature or token is wrong or missing."""


@dataclass(frozen=True)
class Request:
    """What came in over HTTP; header names are lower-case."""

    body: bytes
    headers: Mapping[str, str]


@dataclass(frozen=True)
class OutboundMessage:
    """A message on its way out, in the order of `seq` within its conversation."""

    id: str
    conversation_id: str
    address: str
    seq: int
    author: str
    author_name: str | None
    text: str
    buttons: Sequence[Button]


@dataclass(frozen=True)
class Sent:
    """The provider took it."""


@dataclass(frozen=True)
class Rejected:
    """The provider will never take it; `why` is shown at the desk."""

    why: str


@dataclass(frozen=True)
class RetryAfter:
    """It was provably not taken; try again after `seconds`.

    Attributes:
        everyone: the provider takes nothing from us for that long, for any chat.
    """

    seconds: float
    everyone: bool = False


@dataclass(frozen=True)
class Unknown:
    """It may or may not have been taken, so it is not sent again by itself (promise 8)."""

    why: str


SendResult = Sent | Rejected | RetryAfter | Unknown


@dataclass(frozen=True)
class Capabilities:
    """What the channel can show.

    Attributes:
        push: we must send; otherwise the customer's page fetches, as on the website.
        max_length: characters a message may have.
        rate: how quickly it takes messages; None is as quickly as we send.
    """

    push: bool
    buttons: bool
    typing: bool
    max_length: int
    rate: Rate | None = None


def is_text(text: str) -> bool:
    """Whether it can be stored: JSON may carry halves of characters, and PostgreSQL takes no NUL."""
    return not any("\ud800" <= character <= "\udfff" or character == "\x00" for character in text)


class Connector(Protocol):
    """One channel. `verify` raises `Forged`, `parse` raises `BadRequest`; what `send` raises is taken for `Unknown`."""

    name: str
    capabilities: Capabilities

    def verify(self, request: Request) -> str:
        """Who sent it, in the channel's own terms."""
        ...

    def parse(self, request: Request, sender: str) -> Sequence[Incoming]:
        """The messages in a verified request."""
        ...

    async def send(self, message: OutboundMessage) -> SendResult:
        """Hands it to the provider once. Several messages are sent side by side, never two of one conversation."""
        ...
