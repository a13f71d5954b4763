"""What a channel is. A connector knows its provider's formats; it has no database and no business rule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from handoff.incoming import Changed, Incoming
from handoff.messages import Button, Card
from handoff.pace import Rate

# what a request of a provider brings: a message, or a change of an earlier one
Inbound = Incoming | Changed


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
class OutboundFile:
    """A file on its way out; `type` is its media type by its own bytes, and `name` ends accordingly."""

    name: str
    type: str
    content: bytes = field(repr=False)


@dataclass(frozen=True)
class OutboundMessage:
    """A message on its way out, in the order of `seq` within its conversation.

    Attributes:
        parts: how many parts of it were taken already, as `send` said before of one that is too long.
        card: what may be shown beside the text, which says all of it too.
        files: what goes along with the text, which may then be empty; only where the channel says `files_out`.
    """

    id: str
    conversation_id: str
    address: str
    seq: int
    author: str
    author_name: str | None
    text: str
    buttons: Sequence[Button]
    card: Card | None = None
    language: str | None = None
    parts: int = 0
    files: Sequence[OutboundFile] = ()


@dataclass(frozen=True)
class Sent:
    """The provider took it.

    Attributes:
        provider_id: what the provider calls it within the chat; of several parts the last.
    """

    provider_id: str | None = None


@dataclass(frozen=True)
class Rejected:
    """The provider will never take it; `why` is shown at the desk.

    Attributes:
        gone: nor anything else for this chat: its customer has blocked us, or it is no more.
        parts: how many parts of it were taken before the one that was not; when an agent sends it again, the rest is.
    """

    why: str
    gone: bool = False
    parts: int = 0


@dataclass(frozen=True)
class RetryAfter:
    """It was provably not taken; try again after `seconds`.

    Attributes:
        everyone: the provider takes nothing from us for that long, for any chat.
        parts: how many parts of it were taken before the one that was not.
    """

    seconds: float
    everyone: bool = False
    parts: int = 0


@dataclass(frozen=True)
class Unknown:
    """It may or may not have been taken, so it is not sent again by itself (promise 8).

    Attributes:
        parts: how many parts of it were surely taken, as in `Rejected`.
    """

    why: str
    parts: int = 0


SendResult = Sent | Rejected | RetryAfter | Unknown


@dataclass(frozen=True)
class Capabilities:
    """What the channel can show.

    Attributes:
        push: we must send; otherwise the customer's page fetches, as on the website.
        typing: it can show that somebody is typing (`Typing`).
        files: customers can send files there (`FileSource`).
        files_out: agents can send files there (`OutboundMessage.files`).
        edit: customers can change there what they have written.
        max_length: characters a message may have; a longer one is sent in parts.
        rate: how quickly it takes messages; None is as quickly as we send.
    """

    push: bool
    buttons: bool
    typing: bool
    max_length: int
    files: bool = False
    files_out: bool = False
    edit: bool = False
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

    def parse(self, request: Request, sender: str) -> Sequence[Inbound]:
        """What is in a verified request; nothing when it is of a kind that says nothing to us."""
        ...

    async def send(self, message: OutboundMessage) -> SendResult:
        """Hands it to the provider once. Several messages are sent side by side, never two of one conversation."""
        ...


@runtime_checkable
class Courteous(Protocol):
    """A connector that does something for its customer once their request is stored, such as ending a button's
    waiting sign. What it raises is noted and changes nothing."""

    async def received(self, request: Request) -> None: ...


@runtime_checkable
class Typing(Protocol):
    """A connector that can show that somebody is typing to this address, for some seconds. What it raises is noted and
    changes nothing."""

    async def typing(self, address: str) -> None: ...


@dataclass(frozen=True)
class Named:
    """What a customer is called where they write."""

    name: str


@runtime_checkable
class Acquainted(Protocol):
    """A connector whose provider tells what a customer is called only when it is asked (`Incoming.ask_name`)."""

    async def name_of(self, person: str) -> Named | Rejected | RetryAfter | Unknown:
        """What somebody is called whom `Incoming.person` named; `Rejected` when that will never be told."""
        ...


@dataclass(frozen=True)
class Fetched:
    """A file as its provider gave it."""

    content: bytes


@dataclass(frozen=True)
class NotFetched:
    """The provider did not give it.

    Attributes:
        final: it never will.
        too_big: since it is longer than what was asked for, which some providers say without giving anything.
    """

    why: str
    final: bool
    too_big: bool = False


@runtime_checkable
class FileSource(Protocol):
    """A connector whose files are fetched after their message is stored."""

    async def fetch(self, reference: str, most: int) -> Fetched | NotFetched:
        """The file that an `Incoming` named by this reference; no more than `most` bytes are read of it, and a longer
        one comes cut off there: how long a file may be is not the connector's to say."""
        ...
