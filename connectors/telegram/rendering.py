"""How a message of ours looks there: words with the speaking person's name, in as many parts as it takes, and files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from html import escape

from telegram import InlineKeyboardMarkup

from connectors.base import OutboundFile, OutboundMessage
from connectors.splitting import split
from connectors.telegram.keyboards import keyboard
from handoff.privacy import has_content

# UTF-16 code units after the markup is read, of a message and of what stands under a file
LIMIT = 4096  # https://core.telegram.org/bots/api#sendmessage
CAPTION = 1024  # https://core.telegram.org/bots/api#sendphoto
# what Telegram shows as a picture; a GIF would stand still, and others it does not read
PHOTOS = frozenset({"image/jpeg", "image/png", "image/webp"})


@dataclass(frozen=True)
class Part:
    """One message at Telegram, and the same without anything that it could stumble over.

    Attributes:
        html: https://core.telegram.org/bots/api#html-style
        file: what the words stand under; then there may be none.
    """

    html: str
    plain: str
    keyboard: InlineKeyboardMarkup | None = None
    plain_keyboard: InlineKeyboardMarkup | None = None
    file: OutboundFile | None = None

    @property
    def photo(self) -> bool:
        """Its file is to be looked at."""
        return self.file is not None and self.file.type in PHOTOS


def render(message: OutboundMessage) -> Sequence[Part]:
    """Its parts in order, the same each time; the last has the buttons. None when there is nothing to be seen.

    An agent's name stands above the words, as a group's members have theirs; bot and house speak as the bot that the
    chat is with. A card's lines are left out, since the words say them all; its link becomes a button. Files come after
    the words; words that are short enough stand under the first.
    """
    name = message.author_name if message.author == "agent" else None
    above = units(name) + 1 if name else 0
    texts = [text for text in split(message.text, LIMIT, units, max(LIMIT - above, 1)) if has_content(text)]
    parts = [Part(escape(text, quote=False), text) for text in texts]
    files = [Part("", "", file=one) for one in message.files]
    if files and len(texts) == 1 and above + units(texts[0]) <= CAPTION:
        files[0] = replace(parts.pop(), file=files[0].file)
    parts += files
    if parts and name:
        html, plain = f"<b>{escape(name, quote=False)}</b>\n{parts[0].html}", f"{name}\n{parts[0].plain}"
        parts[0] = replace(parts[0], html=html.rstrip("\n"), plain=plain.rstrip("\n"))
    if parts:
        bare = keyboard(message.seq, message.buttons, None)
        full = keyboard(message.seq, message.buttons, message.card)
        parts[-1] = replace(parts[-1], keyboard=full, plain_keyboard=bare)
    return parts


def units(text: str) -> int:
    """Its length as Telegram counts, in UTF-16 code units."""
    return len(text) + sum(character > "\uffff" for character in text)
