"""What Slack's events bring: messages, edits and deletions. https://docs.slack.dev/reference/events"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from connectors.base import Inbound
from connectors.slack.mrkdwn import mentions, plain
from connectors.slack.payloads import ID, TS, Raw, needed, part, parts, team_of, time_of, us_in, word
from connectors.slack.places import Place
from handoff.incoming import Changed, Incoming, Offered, Unsupported

CHANNEL = "slack"
MAX_NAME = 200
# messages of people; any other kind of message tells what somebody did, such as joining, or is another app's
_WRITTEN = ("", "file_share", "thread_broadcast", "me_message")
# once for each message
_TAKEN_BACK = "taken_back"
_SPOKEN: Mapping[str, Unsupported] = {"audio": "voice", "video": "video"}


def read(body: Raw) -> Sequence[Inbound]:
    """What an event says to us; nothing when it is of a kind that says nothing.

    Raises:
        BadRequest: it is not of the form that Slack documents.
    """
    event = part(body, "event")
    kind = word(event, "type")
    if kind not in ("message", "app_mention"):
        return []
    subtype = word(event, "subtype")
    if subtype == "message_changed":
        return _changed(body, event)
    if subtype == "message_deleted":
        return _deleted(body, event)
    return _message(body, event) if subtype in _WRITTEN else []


def _message(body: Raw, event: Raw) -> Sequence[Inbound]:
    us, text = us_in(body), word(event, "text")
    if not _by_a_person(event, us):
        return []
    team, channel = team_of(body), needed(event, "channel", ID)
    ts, thread, user = needed(event, "ts", TS), word(event, "thread_ts", TS), needed(event, "user", ID)
    place = Place.of(team, channel, ts, thread or None, user)
    # an event of its own tells of a mention, but it is the same message
    spoken_to = place.direct or word(event, "type") == "app_mention" or mentions(text, us)
    if not spoken_to and not thread:
        return []
    words = plain(text, us)
    files, other = _files(event, team)
    if not words and not files and event.get("attachments"):
        other = other or "other"  # somebody else's message that was passed on, say
    greets = spoken_to and not (place.direct or words or files or other)
    return [
        Incoming(
            CHANNEL,
            key=f"{team}:{channel}:{ts}",
            address=str(place),
            text=words,
            command="start" if greets else None,
            files=files,
            unsupported=None if words or files else other,
            person=f"{team}:{user}",
            ask_name=True,
            provider_id=ts,
            # what else is said in a thread is ours to read only once we are in it
            opens=spoken_to,
        )
    ]


def _changed(body: Raw, event: Raw) -> Sequence[Inbound]:
    now, us = part(event, "message"), us_in(body)
    taken_back = word(now, "subtype") == "tombstone"  # its thread is still there
    before = part(event, "previous_message") if taken_back else now
    edited = part(now, "edited")
    # a link that was unfolded, or a reply below it, changes a message too, but not what it says
    if not _by_a_person(before, us) or not (taken_back or edited):
        return []
    if taken_back:
        return _change(body, event, before, None, _TAKEN_BACK)
    return _change(body, event, now, plain(word(now, "text"), us), needed(edited, "ts", TS))


def _deleted(body: Raw, event: Raw) -> Sequence[Inbound]:
    before = part(event, "previous_message")
    return _change(body, event, before, None, _TAKEN_BACK) if _by_a_person(before, us_in(body)) else []


def _change(body: Raw, event: Raw, message: Raw, text: str | None, moment: str) -> Sequence[Inbound]:
    """
    Args:
        moment: of the edit, by which it is known: its copies come as other events, and so does it once more when a link
            in it is unfolded.
    """
    team, channel = team_of(body), needed(event, "channel", ID)
    ts, thread, user = needed(message, "ts", TS), word(message, "thread_ts", TS), needed(message, "user", ID)
    address = str(Place.of(team, channel, ts, thread or None, user))
    key = f"{team}:{channel}:{ts}:{moment}"
    return [Changed(CHANNEL, address, ts, text, key, at=None if text is None else time_of(moment))]


def _by_a_person(message: Raw, us: str) -> bool:
    """Neither by us nor by another app, nor by Slack itself."""
    user = word(message, "user", ID)
    return bool(user) and user not in (us, "USLACKBOT") and not message.get("bot_id")


def _files(event: Raw, team: str) -> tuple[tuple[Offered, ...], Unsupported | None]:
    """What can be fetched; and what it is instead when it cannot be read: spoken, filmed, or kept elsewhere."""
    offered: list[Offered] = []
    other: Unsupported | None = None
    for one in parts(event, "files"):
        spoken = _SPOKEN.get(word(one, "mimetype").split("/")[0])
        if spoken is not None or word(one, "mode") not in ("", "hosted", "snippet"):
            other = spoken or other or "other"
            continue
        size = one.get("size")
        known = size if isinstance(size, int) and 0 <= size < 2**31 else 0
        name = word(one, "name")[:MAX_NAME] or "file"
        offered.append(Offered(f"{team} {needed(one, 'id', ID)} {word(one, 'url_private')}".strip(), name, known))
    return tuple(offered), other
