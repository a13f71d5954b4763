"""Where a conversation is in Slack, and how that is written as an address."""

from __future__ import annotations

import re
from dataclasses import dataclass

_ADDRESS = re.compile(r"(\w+):(\w+)(?::(\d+\.\d+)(?::(\w+))?)?", re.ASCII)


@dataclass(frozen=True)
class Place:
    """A direct chat, or a thread of it or of a channel.

    In a channel a thread is a conversation of the one who began it with us: what we tell in it is about their orders,
    and nobody else who writes there may ask for more. Somebody else's mention in it is a conversation of their own.

    Attributes:
        team: the workspace, T….
        channel: D… of a direct chat, otherwise C… or G….
        thread: the `ts` of its first message; none in a direct chat itself.
        user: whose it is, U…, in a channel.
    """

    team: str
    channel: str
    thread: str | None = None
    user: str | None = None

    def __str__(self) -> str:
        return ":".join(part for part in (self.team, self.channel, self.thread, self.user) if part)

    @classmethod
    def of(cls, team: str, channel: str, ts: str, thread: str | None, user: str) -> Place:
        """Where a message belongs to, by what Slack says of it."""
        in_thread = thread if thread != ts else None
        if channel.startswith("D"):
            return cls(team, channel, in_thread)
        return cls(team, channel, in_thread or ts, user)

    @classmethod
    def read(cls, address: str) -> Place:
        """
        Raises:
            ValueError: it is no address of this channel.
        """
        found = _ADDRESS.fullmatch(address)
        if found is None:
            raise ValueError("not an address of Slack")
        return cls(*found.groups())

    @property
    def direct(self) -> bool:
        """Nobody but the customer reads it."""
        return self.channel.startswith("D")
