"""A ticket and what happens to it, as Slack shows it. https://docs.slack.dev/reference/block-kit/blocks"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from connectors.slack.mrkdwn import escaped, link, marked_up
from handoff.relay_view import Act, Line, Shown, Ticket

# characters, of a section's text, of a field of it, and of what a notification shows
MOST_TEXT = 3000
MOST_FIELD = 2000
MOST_FALLBACK = 300
MOST_FIELDS = 10
MOST_QUOTED = 300

ACTION = "desk:"
BUTTONS: Mapping[Act, str] = {"claim": "Claim", "return": "Return to bot", "resolve": "Resolve"}


@dataclass(frozen=True)
class Made:
    """A message as `chat.postMessage` takes it; the text is what notifications show."""

    text: str
    blocks: list[dict[str, Any]]


def made(shown: Shown) -> Made:
    """What agents see of it; words of people are words and nothing else, whatever stands in them."""
    return _ticket(shown) if isinstance(shown, Ticket) else _line(shown)


def _ticket(ticket: Ticket) -> Made:
    facts = [f"*{escaped(name)}*\n{_cut(value, MOST_FIELD - 200)}" for name, value in ticket.facts[:MOST_FIELDS]]
    blocks = [_section(f"*{_cut(ticket.title, 200)}*\n{_cut(ticket.state, 200)}")]
    if facts:
        blocks.append({"type": "section", "fields": [_mrkdwn(one) for one in facts]})
    if ticket.understood:
        quotes = [f"“{_cut(text, MOST_QUOTED)}” – _{escaped(meant)}_" for text, meant in ticket.understood]
        blocks.append(_section("\n".join(["*What the bot understood last*", *quotes])))
    if ticket.acts:
        buttons = [_button(act, ticket.thread_id) for act in ticket.acts]
        blocks.append({"type": "actions", "elements": buttons})
    blocks.append(_context(link("Open at the desk", ticket.url)))
    return Made(_cut(f"{ticket.title} – {ticket.state}", MOST_FALLBACK), blocks)


def _line(line: Line) -> Made:
    if line.speaker is None:
        said = " · ".join([_cut(line.text, MOST_FALLBACK), *([link("Open at the desk", line.url)] if line.url else [])])
        return Made(_cut(line.text, MOST_FALLBACK), [_context(said)])
    who = f"*{_cut(line.speaker, 200)}*" + (" · private note" if line.note else "")
    blocks = [_context(who), *(_section(part) for part in _parts(line.text))]
    if line.files:
        names = ", ".join(_cut(name, 100) for name in line.files)
        blocks.append(_context(f"{names} · {link('Open at the desk', line.url)}"))
    words = line.text.strip() or ", ".join(line.files)
    return Made(_cut(f"{line.speaker}: {words}", MOST_FALLBACK), blocks)


def _button(act: Act, thread_id: str) -> dict[str, Any]:
    button = {
        "type": "button",
        "action_id": f"{ACTION}{act}",
        "text": {"type": "plain_text", "text": BUTTONS[act]},
        "value": thread_id,
    }
    return {**button, "style": "primary"} if act in ("claim", "resolve") else button


def _parts(text: str) -> list[str]:
    """The words in as many sections as they need; escaping makes some of them longer."""
    found: list[str] = []
    rest = text.strip()
    while rest:
        size = min(len(rest), MOST_TEXT)
        while len(marked_up(rest[:size])) > MOST_TEXT:
            size -= max(1, (len(marked_up(rest[:size])) - MOST_TEXT) // 6)
        if size < len(rest):
            space = max(rest.rfind(" ", size // 2, size), rest.rfind("\n", size // 2, size))
            size = space + 1 if space > 0 else size
        part = marked_up(rest[:size].strip())
        found += [part] if part else []
        rest = rest[size:]
    return found


def _cut(text: str, most: int) -> str:
    """The text's beginning, escaped, in at most so many characters."""
    whole = escaped(" ".join(text.split()))
    if len(whole) <= most:
        return whole
    size = most - 1
    while len(escaped(text[:size])) > most - 1:
        size -= max(1, (len(escaped(text[:size])) - most) // 6)
    return f"{escaped(text[:size])}…"


def _section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": _mrkdwn(text)}


def _context(text: str) -> dict[str, Any]:
    return {"type": "context", "elements": [_mrkdwn(text)]}


def _mrkdwn(text: str) -> dict[str, Any]:
    # verbatim: no name of a channel or a person in it becomes a link or a call
    return {"type": "mrkdwn", "text": text or "…", "verbatim": True}
