"""A channel as the tests that run over all of them need it: genuine requests, forged ones, and the provider's end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from fastapi import APIRouter

from connectors.base import Connector, Request
from handoff.services import Services

NOWHERE = "http://127.0.0.1:9"
THROTTLED, DROPPED = "throttled", "dropped"


class Channel(Protocol):
    """One channel's requests. `number` is the message's own within its chat: the same number is the same message.

    Attributes:
        connector: it, which reaches nobody.
    """

    connector: Connector

    async def begin(self, services: Services, chat: str) -> None:
        """What comes before a customer's first message; nothing on most channels."""
        ...

    def message(self, chat: str, number: int, text: str) -> Request:
        """The customer writes this."""
        ...

    def again(self, chat: str, number: int, text: str, copy: int) -> Request:
        """The same message in another delivery, with all that its provider changes then."""
        ...

    def forged(self, request: Request) -> Sequence[Request]:
        """The request as somebody else would try to send it."""
        ...

    def without_secret(self) -> Connector:
        """Raises:
        ValueError: the channel does not begin without its secret.
        """
        ...


class StickerChannel(Channel, Protocol):
    """A channel that has stickers."""

    def sticker(self, chat: str, number: int) -> Request:
        """The customer sends one."""
        ...


class PushChannel(Channel, Protocol):
    """A channel whose provider calls us, and whose messages we send.

    Attributes:
        path: where its provider calls.
    """

    path: str

    def routers(self, services: Services) -> Sequence[APIRouter]:
        """What takes its requests there; nothing where the hook of all channels does."""
        ...

    def far_end(self) -> Any:
        """An async context of a provider that runs meanwhile, as `FarEnd`."""
        ...


class FarEnd(Protocol):
    """A provider and a connector that reaches it.

    Attributes:
        connector: sends to it.
        away: sends to where nobody listens.
    """

    connector: Connector
    away: Connector

    def answer(self, text: str, *answers: str) -> None:
        """What the next tries of this message get, THROTTLED or DROPPED; after these it is taken."""
        ...

    def answer_file(self, text: str, *answers: str) -> None:
        """The same of a message with a file, whose last step this is."""
        ...

    def texts(self) -> list[str]:
        """What arrived, throttled tries left out; of a file the words that stand with it."""
        ...

    def files(self) -> list[tuple[str, bytes]]:
        """Name and content of each file that arrived, in order."""
        ...
