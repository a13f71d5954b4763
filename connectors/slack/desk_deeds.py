"""What agents do in Slack, read from its events and interactions.

https://docs.slack.dev/reference/events/message and https://docs.slack.dev/reference/interaction-payloads
"""

from __future__ import annotations

import re
from typing import cast

from connectors.base import BadRequest
from connectors.slack.desk_blocks import ACTION, BUTTONS
from connectors.slack.mrkdwn import plain
from connectors.slack.payloads import ID, TS, Raw, needed, part, parts, team_of, time_of, us_in, word
from handoff.relay import Deed, Pressed, Rewrote, Wrote
from handoff.relay_view import Act

# messages of people; any other kind tells what somebody did, such as joining, or is an app's
_WRITTEN = ("", "file_share", "thread_broadcast", "me_message")
MAX_VALUE = 36
# characters of Unicode by their numbers, none of them half of one
_CODES = re.compile(r"(?!0000|d[89a-f])[0-9a-f]{4,5}(-(?!0000|d[89a-f])[0-9a-f]{4,5})*")


def place_of(body: Raw) -> str:
    """The channel in which it happened, empty when it is not said."""
    channel = part(body, "event").get("channel")
    return channel if isinstance(channel, str) else ""


def written(body: Raw) -> Deed | None:
    """What a message event says: somebody wrote in a thread or in the channel, or changed or deleted what they had
    written in a thread.

    Raises:
        BadRequest: it is not of the form that Slack documents.
    """
    event, us = part(body, "event"), us_in(body)
    subtype = word(event, "subtype")
    if subtype in ("message_changed", "message_deleted"):
        return _rewritten(event, us)
    thread, ts = word(event, "thread_ts", TS), needed(event, "ts", TS)
    if subtype not in _WRITTEN or not _by_a_person(event, us):
        return None
    user, at = needed(event, "user", ID), time_of(ts)
    if at is None:
        raise BadRequest("ts is no time.")
    return Wrote(
        address=f"{_team(body, event)}:{user}",
        name=user,
        place=needed(event, "channel", ID),
        thread="" if thread == ts else thread,
        provider_id=ts,
        text=_with_emoji(plain(word(event, "text")), event),
        at=at,
        files=bool(parts(event, "files")),
    )


def pressed(body: Raw) -> Pressed | None:
    """The press of a button of ours; None when it is somebody else's.

    Raises:
        BadRequest: it is not of the form that Slack documents.
    """
    for action in parts(body, "actions"):
        act = word(action, "action_id").removeprefix(ACTION)
        if act in BUTTONS and word(action, "action_id") != act:
            user, box = part(body, "user"), part(body, "container")
            user_id = needed(user, "id", ID)
            return Pressed(
                address=f"{word(user, 'team_id', ID) or team_of(body)}:{user_id}",
                name=word(user, "username") or word(user, "name") or user_id,
                act=cast(Act, act),
                thread_id=word(action, "value")[:MAX_VALUE],
                root=needed(box, "message_ts", TS),
            )
    return None


def _rewritten(event: Raw, us: str) -> Rewrote | None:
    now, before = part(event, "message"), part(event, "previous_message")
    taken_back = word(event, "subtype") == "message_deleted" or word(now, "subtype") == "tombstone"
    # a link that was unfolded, or a reply below it, changes a message too, but not what it says
    if not _by_a_person(before, us) or not (taken_back or word(now, "text") != word(before, "text")):
        return None
    thread = word(before, "thread_ts", TS)
    if not thread:
        return None
    address = f"{word(before, 'team', ID)}:{needed(before, 'user', ID)}"
    return Rewrote(address, needed(event, "channel", ID), thread, needed(before, "ts", TS))


def _with_emoji(text: str, event: Raw) -> str:
    """Slack writes an emoji by its name, `:wave:`, which no customer's channel knows, and says in the blocks beside it
    which character that is: https://docs.slack.dev/reference/block-kit/blocks/rich-text-block"""
    left = [event.get("blocks")]
    while left:
        one = left.pop()
        if isinstance(one, list):
            left += one
        elif isinstance(one, dict):
            left += [one.get("elements")]
            name, codes, tone = (one.get(key) for key in ("name", "unicode", "skin_tone"))
            if (
                one.get("type") == "emoji"
                and isinstance(name, str)
                and isinstance(codes, str)
                and _CODES.fullmatch(codes)
            ):
                written = f":{name}::skin-tone-{tone}:" if tone else f":{name}:"
                text = text.replace(written, "".join(chr(int(code, 16)) for code in codes.split("-")))
    return text


def _team(body: Raw, event: Raw) -> str:
    """Whose member it is; in a channel that is shared with others not always of the workspace where we are."""
    return word(event, "user_team", ID) or word(event, "team", ID) or team_of(body)


def _by_a_person(message: Raw, us: str) -> bool:
    user = word(message, "user", ID)
    return bool(user) and user not in (us, "USLACKBOT") and not message.get("bot_id")
