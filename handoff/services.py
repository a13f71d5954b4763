"""What the steps of a conversation need from the rest of the program, handed in by `app` as values."""

from __future__ import annotations

from dataclasses import dataclass

from handoff.database import Database
from handoff.messages import Phrases
from handoff.queue import QueueRules


@dataclass(frozen=True)
class Services:
    """
    Attributes:
        push_channels: channels whose messages we must send; the others fetch theirs (the website's widget).
        languages: the languages we answer in, the default first.
        messages_per_minute: how many messages a visitor may send within any 60 seconds.
    """

    database: Database
    phrases: Phrases
    queue_rules: QueueRules
    push_channels: frozenset[str]
    languages: tuple[str, ...]
    messages_per_minute: int
