"""What the steps of a conversation need from the rest of the program, handed in by `app` as values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from handoff.database import Database
from handoff.hours import Hours
from handoff.messages import Phrases
from handoff.queue_rules import QueueRules


class OrderPanel(Protocol):
    """Where the desk looks an order up; the shop's side implements it."""

    async def glimpse(self, number: str) -> Mapping[str, str] | None:
        """The order's state in a few named lines, such as `state` or `total`; None when there is no such order."""
        ...


class Shown(Protocol):
    """Where a channel shows its customer that an agent is typing; the connectors' side implements it."""

    async def typing(self, channel: str, address: str) -> None:
        """Shows it for some seconds, where the channel can; raises nothing."""
        ...


@dataclass(frozen=True)
class Services:
    """
    Attributes:
        push_channels: channels whose messages we must send; the others fetch theirs (the website's widget).
        file_channels: channels on which agents can send files.
        languages: the languages we answer in, the default first.
        messages_per_minute: how many messages a visitor may send within any 60 seconds.
        find_contact: the e-mail address or phone number in a text, if there is one.
        orders: where the brief looks up the order it names; None without a shop.
        shown: where channels show that an agent is typing; None where none of them does.
    """

    database: Database
    phrases: Phrases
    queue_rules: QueueRules
    hours: Hours
    push_channels: frozenset[str]
    languages: tuple[str, ...]
    messages_per_minute: int
    find_contact: Callable[[str], str | None]
    orders: OrderPanel | None = None
    shown: Shown | None = None
    file_channels: frozenset[str] = frozenset()
