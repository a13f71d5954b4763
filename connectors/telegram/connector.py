"""The channel: what Telegram brings is read by `updates`, what we say is dressed by `rendering`."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Sequence
from dataclasses import replace
from typing import TypedDict

import httpx
from telegram import InlineKeyboardMarkup, InputFile, LinkPreviewOptions, Message
from telegram import error as telegram_error
from telegram.constants import ChatAction, ParseMode

from connectors.base import (
    Capabilities,
    Fetched,
    Forged,
    Inbound,
    NotFetched,
    OutboundMessage,
    Rejected,
    Request,
    SendResult,
    Sent,
)
from connectors.telegram import updates
from connectors.telegram.client import SECRET_HEADER, Client
from connectors.telegram.errands import Errands
from connectors.telegram.keyboards import spent
from connectors.telegram.rendering import LIMIT, Part, render
from connectors.telegram.results import is_about_markup, is_about_picture, result_of
from connectors.telegram.updates import CHANNEL, AskForOrder
from handoff.pace import Rate

# https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this names 30 a second over all chats, one
# a second in a chat and 20 a minute in a group; what is left of the 30 is for further parts and courtesies
RATE = Rate(per_second=25, seconds_between=1.0, per_minute=20, is_group=lambda address: address.startswith("-"))
NO_PREVIEW = LinkPreviewOptions(is_disabled=True)


class _Look(TypedDict):
    parse_mode: ParseMode | None
    reply_markup: InlineKeyboardMarkup | None


class Telegram:
    """Private chats with one bot. Without a webhook secret no request is genuine: then updates are polled."""

    name = CHANNEL
    capabilities = Capabilities(
        push=True, buttons=True, typing=True, max_length=LIMIT, files=True, files_out=True, edit=True, rate=RATE
    )

    def __init__(self, client: Client, webhook_secret: str, ask_for_order: AskForOrder) -> None:
        """
        Args:
            ask_for_order: the words of a customer who follows a link that names an order.
        """
        self.client = client
        self._secret = webhook_secret.encode()
        self._ask_for_order = ask_for_order
        self._errands = Errands()

    def verify(self, request: Request) -> str:
        """Raises:
        Forged: the secret is wrong or missing, or we have none.
        """
        given = request.headers.get(SECRET_HEADER, "").encode()
        if not hmac.compare_digest(given, self._secret) or not self._secret:
            raise Forged("The secret is wrong.")
        return CHANNEL

    def parse(self, request: Request, sender: str) -> Sequence[Inbound]:
        """Raises:
        BadRequest: it is none of Telegram's updates.
        """
        return updates.parse(request.body, self.client.bot_id, self._ask_for_order)

    async def send(self, message: OutboundMessage) -> SendResult:
        """All of its parts, from the first that was not taken yet, a second apart."""
        parts = render(message)
        if not parts:
            return Rejected("there is nothing in it to be seen")
        result: SendResult = Sent()
        for place in range(message.parts, len(parts)):
            if place > message.parts:
                await asyncio.sleep(RATE.seconds_between)
            result = await self._send(message.address, parts[place])
            if not isinstance(result, Sent):
                return replace(result, parts=place)
        return result

    async def received(self, request: Request) -> None:
        """Ends the waiting sign of a pressed button and marks what was chosen."""
        query = updates.read(request.body).callback_query
        if query is None:
            return
        self._errands.start(self.client.bot.answer_callback_query(query.id))
        shown = query.message
        if isinstance(shown, Message) and shown.reply_markup is not None and isinstance(query.data, str):
            marked = spent(shown.reply_markup, query.data)
            if marked.inline_keyboard != shown.reply_markup.inline_keyboard:
                self._errands.start(
                    self.client.bot.edit_message_reply_markup(shown.chat.id, shown.message_id, reply_markup=marked)
                )

    async def typing(self, address: str) -> None:
        """Shows it for five seconds or until something is said; whoever calls is not kept waiting."""
        self._errands.start(self.client.bot.send_chat_action(int(address), ChatAction.TYPING))

    async def fetch(self, reference: str, most: int) -> Fetched | NotFetched:
        """Telegram gives bots files of up to 20 MB (https://core.telegram.org/bots/api#getfile)."""
        try:
            found = await self.client.bot.get_file(reference)
            if found.file_path is None:
                return NotFetched("it has no address", final=False)
            return Fetched(await self.client.content(found.file_path, most))
        except telegram_error.BadRequest as error:
            return NotFetched(error.message, final=True, too_big="too big" in error.message.lower())
        except telegram_error.TelegramError as error:
            return NotFetched(type(error).__name__, final=False)
        except httpx.HTTPStatusError as error:
            status = error.response.status_code
            return NotFetched(f"HTTP {status}", final=status in (400, 403, 404, 410))
        except httpx.HTTPError as error:
            return NotFetched(type(error).__name__, final=False)

    async def close(self) -> None:
        await self._errands.close()
        await self.client.close()

    async def _send(self, address: str, part: Part) -> SendResult:
        dressed, as_photo = True, part.photo
        while True:
            try:
                return await self._say(address, part, dressed, as_photo)
            except telegram_error.TelegramError as error:
                # what was refused for its looks was not taken, and may be taken without
                if as_photo and is_about_picture(error):
                    as_photo = False
                elif dressed and is_about_markup(error):
                    dressed = False
                else:
                    return result_of(error)

    async def _say(self, address: str, part: Part, dressed: bool, as_photo: bool) -> SendResult:
        """
        Raises:
            TelegramError: it was not taken, or nobody knows.
        """
        bot, chat = self.client.bot, int(address)
        text, keyboard = (part.html, part.keyboard) if dressed else (part.plain, part.plain_keyboard)
        look: _Look = {"parse_mode": ParseMode.HTML if dressed else None, "reply_markup": keyboard}
        if part.file is None:
            taken = await bot.send_message(chat, text, link_preview_options=NO_PREVIEW, **look)
        else:
            content = InputFile(part.file.content, filename=part.file.name)
            send = bot.send_photo if as_photo else bot.send_document
            taken = await send(chat, content, caption=text or None, **look)
        return Sent(str(taken.message_id))
