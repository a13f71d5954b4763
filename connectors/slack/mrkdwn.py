"""Slack's markup: read as the words that people see, and written so that words of ours stay what they are.

https://docs.slack.dev/messaging/formatting-message-text
"""

from __future__ import annotations

import re
from html import unescape

_SPECIAL = re.compile(r"<([^<>|]*)(?:\|([^<>]*))?>")
_URL = re.compile(r"https?://[^\s<>|]+")
# what ends a sentence or closes a bracket behind an address is none of it
_BEHIND = re.compile(r"""[.,;:!?'"”’»…।]+$""")
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


def plain(text: str, us: str = "") -> str:
    """What the customer wrote, without the mention of us; links and mentions as they look."""
    if us:
        # one space at most: a run of them would be looked through from each of its places
        text = re.sub(rf"[ \t]?{_mention(us)}", "", text)
    words = _SPECIAL.sub(lambda found: _shown(found[1], found[2]), text)
    return _unescaped(words).strip()


def mentions(text: str, user: str) -> bool:
    """Whether this user is spoken to in it."""
    return bool(user) and re.search(_mention(user), text) is not None


def escaped(text: str) -> str:
    """Text in which nothing is a mention, a channel or a link."""
    return text.translate(_ESCAPES)


def marked_up(text: str) -> str:
    """Text in which nothing but addresses of pages is anything else than words."""
    written, at = [], 0
    for found in _URL.finditer(text):
        address = _without_what_is_behind(found[0])
        end = found.start() + len(address)
        written += [escaped(text[at : found.start()]), f"<{escaped(address)}>"]
        at = end
    return "".join([*written, escaped(text[at:])])


def link(title: str, address: str) -> str:
    """An address of a page under a title; the title alone when it is no such address."""
    if not _URL.fullmatch(address):
        return escaped(title)
    return f"<{escaped(address)}|{escaped(title).replace('|', '/')}>"


def _mention(user: str) -> str:
    return rf"<@{re.escape(user)}(?:\|[^<>]*)?>"


def _shown(what: str, label: str | None) -> str:
    if what.startswith(("@", "#")):
        return f"{what[0]}{label or what[1:]}"
    if what.startswith("!"):
        return label or f"@{what[1:].split('^')[0]}"
    return _link_as_written(what, label)


def _link_as_written(address: str, label: str | None) -> str:
    """Slack makes links of addresses that were typed; then the label is what was typed."""
    bare = address.removeprefix("mailto:").removeprefix("tel:")
    if label is None or label == bare:
        return bare
    if bare.removeprefix("https://").removeprefix("http://").rstrip("/") == label.rstrip("/"):
        return label
    return f"{label} ({bare})" if bare == address else label


def _unescaped(text: str) -> str:
    # only these three are escaped; `&copy;` is what somebody typed
    return re.sub(r"&(?:amp|lt|gt);", lambda found: unescape(found[0]), text)


def _without_what_is_behind(address: str) -> str:
    address = _BEHIND.sub("", address)
    while address.endswith(")") and address.count("(") < address.count(")"):
        address = _BEHIND.sub("", address[:-1])
    return address
