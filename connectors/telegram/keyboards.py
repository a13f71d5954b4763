"""Buttons under a message. Of a pressed one comes back which message's and which of them it was: a payload of ours may
be longer than the 64 bytes that Telegram keeps for it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from handoff.messages import Button, Card

MOST_BUTTONS = 100
LONGEST_TITLE = 64
LONGEST_LINK = 2000
# what a button says once it was pressed, and that it does nothing more
CHOSEN = "✓ "
SPENT = "-"
_PRESSED = re.compile(r"([0-9]{1,9}):([0-9]{1,3})")


def keyboard(seq: int, buttons: Sequence[Button], card: Card | None) -> InlineKeyboardMarkup | None:
    """A row for each button, after one for the card's link; None when there is none.

    Args:
        card: None also where its link is to be left out.
    """
    rows = []
    if card is not None and card.link is not None and _is_link(card.link[1]):
        rows.append([InlineKeyboardButton(_title(card.link[0]), url=card.link[1])])
    for place, button in enumerate(buttons[: MOST_BUTTONS - 1]):
        rows.append([InlineKeyboardButton(_title(button.title), callback_data=f"{seq}:{place}")])
    return InlineKeyboardMarkup(rows) if rows else None


def pressed(data: object) -> tuple[int, int] | None:
    """Seq and place of the button whose data this is; None when it is none of ours, or spent."""
    match = _PRESSED.fullmatch(data) if isinstance(data, str) else None
    return (int(match[1]), int(match[2])) if match else None


def spent(shown: InlineKeyboardMarkup, data: str) -> InlineKeyboardMarkup:
    """The keyboard after this button of it was pressed: what was chosen stays, marked, and links do."""
    rows = []
    for row in shown.inline_keyboard:
        for button in row:
            if button.url is not None:
                rows.append([button])
            elif button.callback_data == data:
                rows.append([InlineKeyboardButton(f"{CHOSEN}{button.text}", callback_data=SPENT)])
    return InlineKeyboardMarkup(rows)


def _title(title: str) -> str:
    title = " ".join(title.split()) or "…"
    return title if len(title) <= LONGEST_TITLE else f"{title[: LONGEST_TITLE - 1].rstrip()}…"


def _is_link(url: str) -> bool:
    """Whether Telegram would take it: it refuses a whole message for an address that is on no public host."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and "." in host and url.split() == [url] and len(url) <= LONGEST_LINK
