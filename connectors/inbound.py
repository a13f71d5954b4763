"""Taking in a request of any channel: verify → parse → receive, and only then 2xx."""

from __future__ import annotations

from dataclasses import dataclass

from connectors.base import Connector, Request
from handoff import inbox
from handoff.messages import Message
from handoff.services import Services


@dataclass(frozen=True)
class Received:
    """A stored message; `new` is False when this delivery was here before."""

    message: Message
    new: bool


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
            received.append(Received(*await inbox.receive(services, incoming)))
        except inbox.Erased:
            continue
    return received
