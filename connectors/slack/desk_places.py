"""In which channels of Slack the desk's teams work: `C0123` for all of them, or `support=C0123, payments=C0456`."""

from __future__ import annotations

import re

from handoff.relay_threads import ANY_TEAM

_CHANNEL = re.compile(r"[CG][A-Z0-9]{2,40}")


def parse(text: str) -> dict[str, str]:
    """Channels by team; one without a team is for all that are not named.

    Raises:
        ValueError: what is wrong, and how to write it.
    """
    found: dict[str, str] = {}
    for one in (part.strip() for part in text.split(",")):
        team, equals, channel = (side.strip() for side in one.rpartition("="))
        if not _CHANNEL.fullmatch(channel) or (equals and not team):
            raise ValueError("name channels by their ids: C0123, or support=C0123, payments=C0456")
        if (team or ANY_TEAM) in found:
            raise ValueError(f"name one channel for {team or 'all teams'}, not two")
        found[team or ANY_TEAM] = channel
    return found
