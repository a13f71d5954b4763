"""What Telegram's refusals mean for a message (promise 8), as python-telegram-bot raises them."""

from __future__ import annotations

import json
import re
from datetime import timedelta

import httpx
from telegram import error as telegram_error

from connectors.base import Rejected, RetryAfter, SendResult, Unknown

# the connection never came about, so nothing was written to it
_NEVER_WRITTEN = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
_GONE = ("chat not found", "user not found", "peer_id_invalid", "user_is_blocked", "user is deactivated")
_MARKUP = ("entit", "button", "reply markup", "keyboard", "url")
# a picture that is too large, too long or too narrow for one, or that Telegram cannot read
_PICTURE = ("photo_invalid_dimensions", "photo_save_file_invalid", "image_process_failed")
_HTTP_CODE = re.compile(r"\((\d{3})\)")
SOON_SECONDS = 1.0
# a token that was taken back is replaced by a person; until then nothing of the channel can be sent
TOKEN_SECONDS = 120.0


def result_of(error: telegram_error.TelegramError) -> SendResult:
    """Only what was provably not taken is tried again."""
    match error:
        case telegram_error.RetryAfter():
            return RetryAfter(wait_of(error))
        case telegram_error.Forbidden() | telegram_error.ChatMigrated():
            return Rejected(error.message, gone=True)
        case telegram_error.InvalidToken():
            return RetryAfter(TOKEN_SECONDS, everyone=True)
        case telegram_error.BadRequest():
            return Rejected(error.message, gone=any(words in error.message.lower() for words in _GONE))
        case telegram_error.NetworkError() if isinstance(error.__cause__, _NEVER_WRITTEN):
            return RetryAfter(SOON_SECONDS)
        case telegram_error.NetworkError() if error.message.lower().startswith("too many requests"):
            return RetryAfter(SOON_SECONDS)  # a 429 that does not say for how long
        case _:
            return Unknown(_kind(error))


def wait_of(error: telegram_error.RetryAfter) -> float:
    """The seconds that Telegram asks for."""
    asked: object = error._retry_after  # the public name warns of its own change of type
    return asked.total_seconds() if isinstance(asked, timedelta) else SOON_SECONDS


def is_about_markup(error: telegram_error.TelegramError) -> bool:
    """Whether it was refused for how it is dressed: the words alone may be taken."""
    return isinstance(error, telegram_error.BadRequest) and any(word in error.message.lower() for word in _MARKUP)


def is_about_picture(error: telegram_error.TelegramError) -> bool:
    """Whether it was refused as a picture: as a file it may be taken."""
    return isinstance(error, telegram_error.BadRequest) and any(word in error.message.lower() for word in _PICTURE)


def _kind(error: telegram_error.TelegramError) -> str:
    """What broke: HTTP's own word or code for it, or what Telegram said. What httpx says may hold the address, and that
    the token."""
    if isinstance(error.__cause__, httpx.HTTPError):
        return type(error.__cause__).__name__
    code = _HTTP_CODE.search(error.message)
    if code is not None:
        return f"HTTP {code[1]}"
    said_by_telegram = error.__cause__ is None or isinstance(error.__cause__, json.JSONDecodeError)
    return error.message if said_by_telegram else type(error).__name__
