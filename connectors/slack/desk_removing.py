"""Taking away what was posted of a ticket in Slack: https://docs.slack.dev/reference/methods/chat.delete

A bot may delete its own messages and nobody else's, so what agents wrote in the thread stays.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Any

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from connectors.base import RetryAfter, SendResult, Sent
from connectors.slack import outcomes
from connectors.slack.desk import EVENT_TYPE, PAGE, SlackDesk

# nothing is there, or it is another app's
NOT_THERE = frozenset({"thread_not_found", "message_not_found"})
NOT_OURS = frozenset({"cant_delete_message"})


class SlackRemover:
    """Deletes with the token of one workspace."""

    def __init__(self, token: str, web: AsyncWebClient) -> None:
        self._token = token
        self._web = web
        self._desk = SlackDesk(token, web)

    async def remove(self, place: str, thread: str | None, key: str, since: datetime) -> SendResult:
        """The replies first: as long as its first post is there, Slack knows the thread by it."""
        if thread is None:
            found = await self._desk.find(place, None, key, since)
            if isinstance(found, RetryAfter):
                return Sent()  # it was never posted
            if not isinstance(found, Sent):
                return found
            thread = found.provider_id or ""
        ours: list[str] = []
        trouble: Exception | None = None
        try:
            async for ts in self._replies(place, thread):
                ours.append(ts)
        except Exception as error:
            trouble = error
        try:  # what was found before Slack had enough of our questions need not be asked for again
            for ts in ours if trouble is not None else [*ours, thread]:
                await self._delete(place, ts)
            if trouble is not None:
                raise trouble
        except Exception as error:
            return outcomes.of_error(error)
        return Sent()

    async def _replies(self, place: str, thread: str) -> AsyncIterator[str]:
        """Those of the thread that may be ours; none may be deleted before all are found, lest a page be missed."""
        look: dict[str, Any] = {"limit": PAGE, "include_all_metadata": True, "token": self._token}
        while True:
            try:
                page = await self._web.conversations_replies(channel=place, ts=thread, **look)
            except SlackApiError as error:
                if outcomes.code_of(error) in NOT_THERE:
                    return
                raise
            for one in page.get("messages") or []:
                if one["ts"] != thread and _by_an_app(one):
                    yield one["ts"]
            look["cursor"] = (page.get("response_metadata") or {}).get("next_cursor")
            if not look["cursor"]:
                return

    async def _delete(self, place: str, ts: str) -> None:
        try:
            await self._web.chat_delete(token=self._token, channel=place, ts=ts)
        except SlackApiError as error:
            if outcomes.code_of(error) not in NOT_THERE | NOT_OURS:
                raise


def _by_an_app(message: Mapping[str, Any]) -> bool:
    kind = (message.get("metadata") or {}).get("event_type")
    return bool(message.get("bot_id")) or kind == EVENT_TYPE
