"""Single values of an update as they can be stored. Each raises TypeError or ValueError for what is none."""

from __future__ import annotations

from typing import Any

from telegram import User

LARGEST_ID = 2**63
LARGEST_SIZE = 2**31 - 1
LONGEST_LANGUAGE = 20


def language_of(user: User) -> str | None:
    """The language of their client, an IETF tag such as `pt-br`; None when it does not say."""
    code = user.language_code
    return code.lower()[:LONGEST_LANGUAGE] if isinstance(code, str) and code.isascii() and code.isprintable() else None


def clean(text: Any) -> str:
    """It without what cannot be stored: JSON may carry halves of characters, and PostgreSQL takes no NUL. To refuse the
    update would only bring it again."""
    if text is None:
        return ""
    if not isinstance(text, str):
        raise TypeError
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "ignore").replace("\x00", "")


def identifier(value: Any) -> str:
    """A number that names a chat, a person or a message."""
    if type(value) is not int or not -LARGEST_ID <= value < LARGEST_ID:
        raise ValueError
    return str(value)


def size_of(value: Any) -> int:
    """Bytes or pixels, 0 when Telegram does not say."""
    if value is None:
        return 0
    if type(value) is not int or not 0 <= value < LARGEST_ID:
        raise ValueError
    return min(value, LARGEST_SIZE)


def reference_of(value: Any) -> str:
    """What names a file."""
    cleaned = clean(value)
    if not cleaned:
        raise ValueError
    return cleaned
