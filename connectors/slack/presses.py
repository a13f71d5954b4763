"""A pressed button, read and settled: what was chosen then stands where the buttons were.

https://docs.slack.dev/reference/interaction-payloads/block_actions-payload
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from connectors.slack.events import CHANNEL
from connectors.slack.payloads import ID, TS, Raw, needed, part, parts, team_of, word
from connectors.slack.places import Place
from handoff.incoming import Incoming

# of the buttons below what we say to customers; others' have other ids
ACTION_ID = re.compile(r"choice:\d{1,4}", re.ASCII)
_VALUE = re.compile(r"(\d{1,9}):(\d{1,4})", re.ASCII)
_BLOCK_ID = re.compile(r"choices:(\w*):\d{1,4}", re.ASCII)


@dataclass(frozen=True)
class Settled:
    """What a message looks like once one of its buttons was pressed."""

    team: str
    channel: str
    ts: str
    text: str
    blocks: Sequence[dict[str, Any]]


def action_id(place: int) -> str:
    """The id of a message's button at this place."""
    return f"choice:{place}"


def value(seq: int, place: int) -> str:
    """What comes back when the button at this place of the conversation's message is pressed."""
    return f"{seq}:{place}"


def block_id(user: str | None, number: int) -> str:
    """The id of a row of buttons that are this user's to press; anybody's who sees them when there is none."""
    return f"choices:{user or ''}:{number}"


def read(body: Raw) -> Sequence[Incoming]:
    """The press of one of our buttons by the one to whom they were offered.

    Raises:
        BadRequest: it is not of the form that Slack documents.
    """
    action = _ours(body)
    if action is None:
        return []
    chosen = _VALUE.fullmatch(word(action, "value"))
    offered_to = _BLOCK_ID.fullmatch(word(action, "block_id"))
    user = needed(part(body, "user"), "id", ID)
    if chosen is None or offered_to is None or offered_to[1] not in ("", user):
        return []
    team, box = team_of(body), part(body, "container")
    channel, ts = needed(box, "channel_id", ID), needed(box, "message_ts", TS)
    place = Place.of(team, channel, ts, word(box, "thread_ts", TS) or None, user)
    return [
        Incoming(
            CHANNEL,
            # pressed twice before it is gone, it was chosen once
            key=f"{team}:{channel}:{ts}:{chosen[0]}",
            address=str(place),
            button=(int(chosen[1]), int(chosen[2])),
            person=f"{team}:{user}",
            ask_name=True,
            opens=place.direct,
        )
    ]


def settled(body: Raw) -> Settled | None:
    """The message without its buttons and with the chosen one's title; None when this was no press of ours."""
    if not read(body):
        return None
    action, message, box = _ours(body), part(body, "message"), part(body, "container")
    title = word(part(action or {}, "text"), "text")
    kept = [dict(block) for block in parts(message, "blocks") if block.get("type") != "actions"]
    if not title or not kept:
        return None
    chosen = {"type": "context", "elements": [{"type": "plain_text", "text": f"✓ {title}"}]}
    where = (team_of(body), needed(box, "channel_id", ID), needed(box, "message_ts", TS))
    return Settled(*where, word(message, "text") or title, [*kept, chosen])


def _ours(body: Raw) -> Raw | None:
    for action in parts(body, "actions"):
        if ACTION_ID.fullmatch(word(action, "action_id")):
            return action
    return None
