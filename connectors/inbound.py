"""Taking in a request of any channel: verify → parse → receive, and only then 2xx."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import structlog

from connectors.base import Connector, Courteous, Inbound, Request, Typing
from handoff import changes, inbox, store
from handoff.conversations import Refused
from handoff.incoming import Changed
from handoff.messages import Message
from handoff.services import Services

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Received:
    """A stored message, and the address that it came from; `new` is False when this delivery was here before."""

    message: Message
    new: bool
    address: str


async def take_in(services: Services, connector: Connector, request: Request) -> list[Received]:
    """Stores every message of the request, each in its own transaction; a repeated request stores nothing twice.

    A late copy of a message that was erased meanwhile is passed over: nothing of it comes back, and a provider that
    hears that all is well sends no further copy.

    Raises:
        Forged, BadRequest: before anything is stored.
        Refused, TooMany, DatabaseAway: the message they stand for, and those after it, are not stored.
    """
    sender = connector.verify(request)
    received = []
    for incoming in connector.parse(request, sender):
        try:
            if not isinstance(incoming, Changed):
                message, new = await inbox.receive(services, incoming)
                received.append(Received(message, new, incoming.address))
        except inbox.Erased:
            continue
    return received


async def take_from_provider(services: Services, connector: Connector, request: Request) -> list[Received]:
    """Stores what a provider delivers. What we do not take is told to the customer in the chat, since the provider can
    do nothing about it and would only bring it again.

    Raises:
        Forged, BadRequest: before anything is stored.
        DatabaseAway: some of it may be stored; the same request again stores the rest.
    """
    sender = connector.verify(request)
    received = await keep(services, connector.parse(request, sender))
    await be_courteous(services, connector, request, received)
    return received


async def be_courteous(
    services: Services, connector: Connector, request: Request, received: Sequence[Received]
) -> None:
    """What a channel does for its customer once their request is stored; and where the bot is about to answer, it is
    shown typing. What breaks in this is noted and changes nothing."""
    try:
        if isinstance(connector, Courteous):
            await connector.received(request)
        if isinstance(connector, Typing):
            for one in received:
                if one.new and await _bot_answers(services, one.message):
                    await connector.typing(one.address)
    except Exception as error:  # neither its words nor its traceback, which may quote the message
        log.warning("courtesy_failed", channel=connector.name, error=type(error).__name__)


async def keep(services: Services, brought: Iterable[Inbound]) -> list[Received]:
    """Stores messages and changes of messages, each in its own transaction; see `take_from_provider`.

    Raises:
        DatabaseAway: those after the one it stands for are not stored.
    """
    received = []
    for one in brought:
        if isinstance(one, Changed):
            await changes.take(services, one)
            continue
        try:
            message, new = await inbox.receive(services, one)
            received.append(Received(message, new, one.address))
        except inbox.Erased:
            continue
        except inbox.TooMany:
            await inbox.tell_refused(services, one, "too_many")
        except Refused as refused:
            await inbox.tell_refused(services, one, refused.code)
    return received


async def _bot_answers(services: Services, message: Message) -> bool:
    """Not where a person has the conversation, nor after what the house answered at once."""
    async with services.database.read() as tx:
        conversation = await store.get(tx, message.conversation_id)
    return conversation is not None and conversation.status == "bot" and conversation.turn_waiting_since is not None
