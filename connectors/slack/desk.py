"""Agents at work in Slack: tickets posted in a channel of their team, and what they do there taken in.

A ticket's posts carry a key in their metadata, by which one that may have been taken is found again:
https://docs.slack.dev/messaging/message-metadata
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Collection
from datetime import datetime, timedelta
from typing import Any

import structlog
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from connectors.base import Rejected, RetryAfter, SendResult, Sent, Unknown
from connectors.slack import desk_deeds, outcomes
from connectors.slack.desk_blocks import ACTION, made
from connectors.slack.mrkdwn import escaped, link
from handoff.relay import Deed, Pressed, Word
from handoff.relay_view import Shown

log = structlog.get_logger(__name__)

EVENT_TYPE = "shohay_desk"
# what somebody who runs the shop can mend while we wait: the app is not in the channel, or lacks a scope
MENDABLE = frozenset({"missing_scope", "no_permission", "restricted_action"})
MENDED_SECONDS = 60.0
# the clocks of two machines may differ
CLOCKS_DIFFER = timedelta(minutes=5)
PAGE, MOST_PAGES = 200, 5
WHISPER_SECONDS = 10.0

# does what an agent wants, under the desk's rules; what it raises keeps the request from being acknowledged
Take = Callable[[Deed], Awaitable[Word | None]]


class SlackDesk:
    """Posts tickets with the token of one workspace."""

    def __init__(self, token: str, web: AsyncWebClient) -> None:
        self._token = token
        self._web = web

    async def post(self, place: str, thread: str | None, key: str, shown: Shown) -> SendResult:
        """A ticket, or something in its thread."""
        message = made(shown)
        try:
            answer = await self._web.chat_postMessage(
                token=self._token,
                channel=place,
                thread_ts=thread,
                text=message.text,
                blocks=message.blocks,
                metadata={"event_type": EVENT_TYPE, "event_payload": {"key": key}},
                unfurl_links=False,
                unfurl_media=False,
            )
        except Exception as error:
            return _refused(place, outcomes.of_error(error))
        return Sent(answer.get("ts"))

    async def rewrite(self, place: str, post: str, shown: Shown) -> SendResult:
        """The ticket as it stands now, in the place of how it stood."""
        message = made(shown)
        try:
            await self._web.chat_update(
                token=self._token, channel=place, ts=post, text=message.text, blocks=message.blocks
            )
        except Exception as error:
            return _refused(place, outcomes.of_error(error))
        return Sent(post)

    async def find(self, place: str, thread: str | None, key: str, since: datetime) -> SendResult:
        """Looks through the channel, or the thread, by the posts' keys."""
        look: dict[str, Any] = {"channel": place, "limit": PAGE, "include_all_metadata": True, "token": self._token}
        look["oldest"] = f"{(since - CLOCKS_DIFFER).timestamp():.6f}"
        try:
            for _ in range(MOST_PAGES):
                if thread is None:
                    page = await self._web.conversations_history(**look)
                else:
                    page = await self._web.conversations_replies(ts=thread, **look)
                for message in page.get("messages") or []:
                    if (message.get("metadata") or {}).get("event_payload", {}).get("key") == key:
                        return Sent(message["ts"])
                cursor = (page.get("response_metadata") or {}).get("next_cursor")
                if not cursor:
                    return RetryAfter(0.0)
                look["cursor"] = cursor
        except Exception as error:
            result = outcomes.of_error(error)
            return result if isinstance(result, Rejected) else Unknown("Slack does not answer now")
        return Rejected(f"not among the newest {PAGE * MOST_PAGES} messages")

    async def whisper(self, place: str, thread: str | None, user: str, word: Word) -> None:
        """Tells one member something in the thread, or in the channel, which nobody else sees. What goes wrong is noted
        and changes nothing."""
        text = escaped(word.text) + (f" {link('Open the desk', word.link)}" if word.link else "")
        try:
            async with asyncio.timeout(WHISPER_SECONDS):
                await self._web.chat_postEphemeral(
                    token=self._token, channel=place, user=user, thread_ts=thread, text=text
                )
        except Exception as error:  # neither its words nor its traceback, which may quote a message
            log.warning("whisper_failed", error=type(error).__name__)


class DeskListening:
    """What agents do in the desk's channels, of whatever comes from Slack; nothing there is a customer's."""

    def __init__(self, desk: SlackDesk, places: Collection[str], take: Take) -> None:
        self._desk = desk
        self._places = frozenset(places)
        self._take = take
        self._whispers: set[asyncio.Task[None]] = set()

    def join(self, app: AsyncApp) -> None:
        """Listens; to be asked before those who listen for customers."""
        app.event("message", matchers=[self._is_here])(self._written)
        app.event("app_mention", matchers=[self._is_here])(self._mentioned)
        app.action(re.compile(rf"^{re.escape(ACTION)}"))(self._pressed)

    async def _is_here(self, body: dict[str, Any]) -> bool:
        return desk_deeds.place_of(body) in self._places

    async def _written(self, body: dict[str, Any]) -> None:
        deed = desk_deeds.written(body)
        if deed is None:
            return
        word = await self._take(deed)
        if word is not None and not isinstance(deed, Pressed):
            self._tell(deed.place, deed.thread or None, deed.address, word)

    async def _mentioned(self, body: dict[str, Any]) -> None:
        """The same message comes as one too, and says all there is."""

    async def _pressed(self, body: dict[str, Any], ack: AsyncAck) -> None:
        deed = desk_deeds.pressed(body)
        word = await self._take(deed) if deed is not None else None
        await ack()
        if deed is not None and word is not None:
            self._tell(body["container"]["channel_id"], deed.root, deed.address, word)

    def _tell(self, place: str, thread: str | None, address: str, word: Word) -> None:
        """Beside the request, which is to be acknowledged within three seconds."""
        task = asyncio.create_task(self._desk.whisper(place, thread, address.partition(":")[2], word))
        self._whispers.add(task)
        task.add_done_callback(self._whispers.discard)


def _refused(place: str, result: SendResult) -> SendResult:
    if isinstance(result, Rejected) and (result.gone or result.why in MENDABLE):
        log.warning("desk_place_closed", place=place, error=result.why, mend="see docs/slack-desk.md")
        return RetryAfter(MENDED_SECONDS)
    return result
