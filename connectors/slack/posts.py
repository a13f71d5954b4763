"""How a message of ours looks there: words in sections, a card as fields, buttons below, files behind.

The limits are those of https://docs.slack.dev/reference/block-kit/blocks and its elements.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from connectors import splitting
from connectors.base import OutboundFile, OutboundMessage
from connectors.slack import presses
from connectors.slack.mrkdwn import escaped, link, marked_up
from connectors.slack.places import Place
from handoff.messages import Button, Card
from handoff.privacy import has_content

MAX_SECTION = 3000
# together at most; Slack refuses blocks that are too long in all
SECTIONS = 3
MAX_FIELDS = 10
MAX_FIELD = 2000
MAX_ROW = 25
MAX_ROWS = 10
MAX_TITLE = 75

Block = dict[str, Any]


@dataclass(frozen=True)
class Post:
    """One message at Slack.

    Attributes:
        text: what is read out and shown in notifications.
        blocks: what is seen.
        file: it is this, with the text above it, if there is any.
    """

    text: str
    blocks: Sequence[Block]
    file: OutboundFile | None = None


def posts(message: OutboundMessage, place: Place) -> Sequence[Post]:
    """The message in order, the same each time; the last has card and buttons. None when there is nothing to be seen.

    An agent's name stands above the words, since they come from the app's own user. Files come after the words; a few
    words stand above the first, where they may have no blocks.
    """
    said = [text.strip() for text in splitting.split(message.text, MAX_SECTION, lambda text: len(marked_up(text)))]
    sections = [text for text in said if has_content(text)]
    groups = [sections[at : at + SECTIONS] for at in range(0, len(sections), SECTIONS)]
    name = message.author_name if message.author == "agent" else None
    plain = len(sections) <= 1 and message.card is None and not message.buttons
    if message.files and plain:
        above = [f"*{escaped(_cut(name, 200))}*"] if name else []
        return _files(message.files, "\n".join([*above, *map(marked_up, sections)]))
    made = []
    for number, group in enumerate(groups):
        blocks = [_mrkdwn_section(marked_up(text)) for text in group]
        spoken = "\n".join(escaped(text) for text in group)
        if number == 0 and name:
            blocks.insert(0, _spoken_by(name))
            spoken = f"{escaped(name)}: {spoken}"
        if number == len(groups) - 1:
            blocks += _card(message.card) if message.card else []
            blocks += _rows(message.seq, message.buttons, place)
        made.append(Post(spoken, blocks))
    return [*made, *_files(message.files)]


def _files(files: Sequence[OutboundFile], above: str = "") -> list[Post]:
    return [Post("" if number else above, (), one) for number, one in enumerate(files)]


def _mrkdwn(text: str) -> Block:
    # verbatim: Slack makes no links and mentions of it by itself
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def _mrkdwn_section(text: str) -> Block:
    return {"type": "section", "text": _mrkdwn(text)}


def _spoken_by(name: str) -> Block:
    return {"type": "context", "elements": [_mrkdwn(f"*{escaped(_cut(name, 200))}*")]}


def _card(card: Card) -> list[Block]:
    badge = f"  ·  {escaped(card.badge)}" if card.badge else ""
    blocks = [{"type": "divider"}, _mrkdwn_section(f"*{escaped(_cut(card.title, 300))}*{_cut(badge, 300)}")]
    fields = [_mrkdwn(f"*{escaped(_cut(name, 100))}*\n{escaped(_cut(value, 300))}") for name, value in card.rows]
    for at in range(0, len(fields), MAX_FIELDS):
        blocks.append({"type": "section", "fields": fields[at : at + MAX_FIELDS]})
    if card.link and len(card.link[1]) <= MAX_FIELD:
        blocks.append(_mrkdwn_section(link(_cut(card.link[0], 100), card.link[1])))
    return blocks


def _rows(seq: int, buttons: Sequence[Button], place: Place) -> list[Block]:
    elements = [
        {
            "type": "button",
            "text": {"type": "plain_text", "text": _cut(button.title, MAX_TITLE)},
            "value": presses.value(seq, number),
            "action_id": presses.action_id(number),
        }
        for number, button in enumerate(buttons[: MAX_ROW * MAX_ROWS])
    ]
    return [
        {"type": "actions", "block_id": presses.block_id(place.user, row), "elements": elements[at : at + MAX_ROW]}
        for row, at in enumerate(range(0, len(elements), MAX_ROW))
    ]


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
