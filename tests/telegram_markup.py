"""What Telegram makes of the HTML that a bot sends: the text that a reader sees, or its refusal.

As documented at https://core.telegram.org/bots/api#html-style.
"""

from __future__ import annotations

import html as entities
import re

TAGS = frozenset(
    {"b", "strong", "i", "em", "u", "ins", "s", "strike", "del", "span", "tg-spoiler", "tg-emoji", "a", "code", "pre"}
    | {"blockquote"}
)
_ENTITY = re.compile(r"&(?:lt|gt|amp|quot|#\d{1,7}|#x[0-9a-fA-F]{1,6});")


class Unreadable(Exception):
    """Telegram cannot parse it; the message is what it answers."""


def seen(html: str) -> str:
    """The text as a reader sees it.

    Raises:
        Unreadable: a tag is unknown, open, or closes nothing.
    """
    text, open_tags, place = [], [], 0
    while place < len(html):
        character = html[place]
        if character == "<":
            end = html.find(">", place)
            if end < 0:
                raise Unreadable(f"unclosed start tag at byte offset {place}")
            tag = html[place + 1 : end]
            name = tag.lstrip("/").split(" ")[0].lower()
            if tag.startswith("/"):
                if not open_tags or open_tags.pop() != name:
                    raise Unreadable(f'unmatched end tag at byte offset {place}, expected "</{name}>"')
            elif name not in TAGS:
                raise Unreadable(f'unsupported start tag "{name}" at byte offset {place}')
            else:
                open_tags.append(name)
            place = end + 1
        elif character == "&" and (match := _ENTITY.match(html, place)):
            text.append(entities.unescape(match[0]))
            place = match.end()
        else:
            text.append(character)
            place += 1
    if open_tags:
        raise Unreadable(f'can\'t find end tag corresponding to start tag "{open_tags[-1]}"')
    return "".join(text)


def length(text: str) -> int:
    """In UTF-16 code units, as Telegram counts."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
