"""What Telegram tells: an update of https://core.telegram.org/bots/api#update becomes messages and changes of ours."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from telegram import CallbackQuery, Message, Update
from telegram.constants import ChatType

from connectors.base import BadRequest, Inbound
from connectors.telegram.keyboards import pressed
from connectors.telegram.values import clean, identifier, language_of, reference_of, size_of
from handoff.files import MOST_BYTES
from handoff.incoming import COMMANDS, Changed, Command, Incoming, Offered, Unsupported

CHANNEL = "telegram"
# all that we ask for; whatever else comes says nothing to us
KINDS = ("message", "edited_message", "callback_query")
# in bytes: a long message that quotes another, both in letters that JSON escapes and with a hundred links in each. One
# that is refused for its size is brought again and again, and keeps away what its customer writes after it
LARGEST_UPDATE = 256 * 1024
# what a message may be that is neither words, a photo nor a document, in the order in which it is looked for: an
# animation is a document too, and a venue a location
UNSUPPORTED: Mapping[str, Unsupported] = {
    "sticker": "sticker",
    "voice": "voice",
    "audio": "voice",
    "animation": "video",
    "video": "video",
    "video_note": "video",
    "venue": "place",
    "location": "place",
    "contact": "contact",
    "dice": "other",
    "poll": "other",
    "game": "other",
    "story": "other",
    "paid_media": "other",
    "invoice": "other",
    "checklist": "other",
}
# what is read of a message. The library breaks on a part that is older or newer than itself, such as a poll's, and
# with that part we would lose the whole message
_READ = ("message_id", "from", "chat", "date", "edit_date", "text", "caption", "photo", "document", "reply_markup")
_READ_OF_PRESS = ("id", "data", "message", "inline_message_id", "chat_instance")
_COMMAND = re.compile(r"/([a-z]+)(?:@\w+)?(?:\s+(\S.*))?", re.IGNORECASE | re.DOTALL)
# what a link https://t.me/OurBot?start=… may carry: lang_bn, order_10001, or lang_bn-order_10001
_START = re.compile(r"(?:lang_([a-z]{2}))?(?:(?:^|-)order_([A-Za-z0-9_-]+))?")
_FORM = "This is no update as Telegram sends them."
# what a text that is a number, and the like, ends in
_ODD = (TypeError, ValueError, AttributeError, KeyError, OverflowError)

# the words that ask for an order of this number, in the language nearest to a client's
AskForOrder = Callable[[str, str | None], str]


def read(body: bytes) -> Update:
    """The update, with nothing in it when it is of a kind that we did not ask for.

    Raises:
        BadRequest: it is none of Telegram's.
    """
    return _read(body)[0]


def _read(body: bytes) -> tuple[Update, dict[str, Any]]:
    """The update, and as it came."""
    try:
        raw = json.loads(body)
        if not isinstance(raw, dict) or type(raw["update_id"]) is not int:
            raise BadRequest(_FORM)
        lean: dict[str, Any] = {"update_id": raw["update_id"]}
        for kind in KINDS:
            if kind in raw:
                lean[kind] = _lean(raw[kind])
        if "callback_query" in lean and "message" in lean["callback_query"]:
            lean["callback_query"]["message"] = _lean(lean["callback_query"]["message"])
        return Update.de_json(lean), raw
    except BadRequest:
        raise
    except Exception as error:  # the library looks into whatever it is given, and breaks in as many ways
        raise BadRequest(_FORM) from error


def _lean(raw: dict[str, Any]) -> dict[str, Any]:
    return {name: part for name, part in raw.items() if name in _READ or name in _READ_OF_PRESS}


def parse(body: bytes, bot_id: int, ask_for_order: AskForOrder) -> list[Inbound]:
    """What a private chat's customer wrote, pressed or changed; nothing for groups, channels and all else.

    Raises:
        BadRequest: it is none of Telegram's.
    """
    update, raw = _read(body)
    key = f"{bot_id}:{update.update_id}"
    try:
        if update.message is not None:
            return _message(update.message, raw["message"], key, ask_for_order)
        if update.edited_message is not None:
            return _edited(update.edited_message, key)
        if update.callback_query is not None:
            return _press(update.callback_query, key)
    except _ODD as error:
        raise BadRequest(_FORM) from error
    return []


def _message(message: Message, raw: dict[str, Any], key: str, ask_for_order: AskForOrder) -> list[Inbound]:
    sender = message.from_user
    if not _is_private(message) or sender is None or sender.is_bot:
        return []
    wrote = message.text if message.text is not None else message.caption
    text = clean(wrote)
    unsupported = next((name for name in UNSUPPORTED if name in raw), None)
    files = () if unsupported else _files(message)
    if unsupported in ("sticker", "dice"):
        text = clean(raw[unsupported].get("emoji"))
    if not (wrote or files or unsupported):
        return []  # something that Telegram says about the chat
    language = language_of(sender)
    command, argument = _command(text)
    if command == "start":
        chosen, order = _start(argument)
        language = chosen or language
        if order:
            command, text = None, ask_for_order(order, language)
    return [
        Incoming(
            CHANNEL,
            key,
            identifier(message.chat.id),
            text=text,
            command=command,
            files=files,
            unsupported=UNSUPPORTED[unsupported] if unsupported else None,
            language=language,
            name=clean(sender.full_name),
            person=identifier(sender.id),
            provider_id=identifier(message.message_id),
        )
    ]


def _edited(message: Message, key: str) -> list[Inbound]:
    if not _is_private(message) or message.from_user is None:
        return []
    text = message.text if message.text is not None else message.caption
    if text is None and not (message.photo or message.document):
        return []  # a place that moves, or a button of ours that was changed
    chat, number = identifier(message.chat.id), identifier(message.message_id)
    return [Changed(CHANNEL, chat, number, clean(text), key, at=message.edit_date)]


def _press(query: CallbackQuery, key: str) -> list[Inbound]:
    button = pressed(query.data)
    if query.message is None or query.message.chat.type != ChatType.PRIVATE or button is None:
        return []
    return [
        Incoming(
            CHANNEL,
            key,
            identifier(query.message.chat.id),
            button=button,
            language=language_of(query.from_user),
            name=clean(query.from_user.full_name),
            person=identifier(query.from_user.id),
        )
    ]


def _files(message: Message) -> tuple[Offered, ...]:
    if message.document is not None:
        name = clean(message.document.file_name) or f"file-{identifier(message.message_id)}"
        return (Offered(reference_of(message.document.file_id), name, size_of(message.document.file_size)),)
    if not message.photo:
        return ()
    # the same picture in several sizes
    sizes = sorted(
        (size_of(one.width) * size_of(one.height), size_of(one.file_size), one.file_id) for one in message.photo
    )
    fitting = [one for one in sizes if one[1] <= MOST_BYTES]
    _, size, reference = (fitting or sizes)[-1]
    return (Offered(reference_of(reference), f"photo-{identifier(message.message_id)}.jpg", size),)


def _command(text: str) -> tuple[Command | None, str]:
    """The command and what was written after it; none for words, and for commands that we do not have."""
    match = _COMMAND.fullmatch(text.strip())
    if match is None:
        return None, ""
    return next((one for one in COMMANDS if one == match[1].lower()), None), match[2] or ""


def _start(argument: str) -> tuple[str | None, str | None]:
    """Language and order's number of a link that opens the chat."""
    match = _START.fullmatch(argument)
    return (match[1], match[2]) if match else (None, None)


def _is_private(message: Message) -> bool:
    return message.chat.type == ChatType.PRIVATE
