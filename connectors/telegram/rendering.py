"""How a message of ours looks there: words with the speaking person's name, in as many parts as it takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from telegram import InlineKeyboardMarkup

from connectors.base import OutboundMessage
from connectors.splitting import split
from connectors.telegram.keyboards import keyboard
from handoff.privacy import has_content

LIMIT = 4096  # UTF-16 code units after the markup is read, https://core.telegram.org/bots/api#sendmessage


@dataclass(frozen=True)
class Part:
    """One message at Telegram, and the same without anything that it could stumble over.

    Attributes:
        html: https://core.telegram.org/bots/api#html-style
    """

    html: str
    plain: str
    keyboard: InlineKeyboardMarkup | None = None
    plain_keyboard: InlineKeyboardMarkup | None = None


def render(message: OutboundMessage) -> Sequence[Part]:
    """Its parts in order, the same each time; the last has the buttons. None when there is nothing to be seen.

    An agent's name stands above the words, as a group's members have theirs; bot and house speak as the bot that the
    chat is with. A card's lines are left out, since the words say them all; its link becomes a button.
    """
    name = message.author_name if message.author == "agent" else None
    above = units(name) + 1 if name else 0
    texts = [text for text in split(message.text, LIMIT, units, max(LIMIT - above, 1)) if has_content(text)]
    parts = [Part(escape(text, quote=False), text) for text in texts]
    if parts and name:
        parts[0] = Part(f"<b>{escape(name, quote=False)}</b>\n{parts[0].html}", f"{name}\n{parts[0].plain}")
    if parts:
        bare = keyboard(message.seq, message.buttons, None)
        full = keyboard(message.seq, message.buttons, message.card)
        parts[-1] = Part(parts[-1].html, parts[-1].plain, full, bare)
    return parts


def units(text: str) -> int:
    """Its length as Telegram counts, in UTF-16 code units."""
    return len(text) + sum(character > "\uffff" for character in text)
