"""Files for customers: handed to Slack, shared in the chat, and looked for there.

Until the last of Slack's three steps nobody sees anything, so what breaks before it may be tried again. That step is
answered before the file is in the chat, and sometimes it never comes there
(https://docs.slack.dev/messaging/working-with-files, https://github.com/slackapi/python-slack-sdk/issues/1277).
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from typing import Any

import httpx
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from connectors.base import OutboundFile, Rejected, RetryAfter, SendResult, Sent, Unknown
from connectors.slack import outcomes
from connectors.slack.places import Place

NO_SCOPE = "the app has not the scope files:write"
# within the time that a lane gives one send
UPLOAD_SECONDS = 18.0
LOOKED_FOR_SECONDS = 10.0
LOOK_AGAIN_SECONDS = 0.4  # and then twice as long each time
AGAIN_SECONDS = 1.0


class Uploads:
    """Shares files by its client's token-bearing calls.

    Args:
        client: for the bytes.
        is_slack: whether an address is Slack's: what goes to a customer goes to nobody else.
    """

    def __init__(self, web: AsyncWebClient, client: httpx.AsyncClient, is_slack: Callable[[str], bool]) -> None:
        self._web = web
        self._client = client
        self._is_slack = is_slack

    async def share(self, token: str, place: Place, file: OutboundFile, comment: str) -> SendResult:
        """The file in the place, with these words above it, if any. It is there when this says so, and what is said
        next comes after it."""
        uploaded = await self._upload(token, file)
        if not isinstance(uploaded, str):
            return uploaded
        shared = {
            "files": json.dumps([{"id": uploaded, "title": file.name}]),
            "channel_id": place.channel,
            "thread_ts": place.thread,
            "initial_comment": comment or None,
        }
        try:
            await self._call("files.completeUploadExternal", token, shared)
        except Exception as error:
            return _refused(error)
        return await self._look_for(token, uploaded, place)

    async def _upload(self, token: str, file: OutboundFile) -> str | SendResult:
        """Slack's id of it, which nobody sees as yet; or why it has none."""
        try:
            async with asyncio.timeout(UPLOAD_SECONDS):
                asked = {"filename": file.name, "length": len(file.content)}
                given = await self._call("files.getUploadURLExternal", token, asked)
                url = str(given["upload_url"])
                if not self._is_slack(url):
                    return Rejected("the upload does not go to Slack")
                # not on to where an answer points
                answer = await self._client.post(
                    url, content=file.content, timeout=UPLOAD_SECONDS, follow_redirects=False
                )
        except httpx.HTTPError:
            return RetryAfter(AGAIN_SECONDS)
        except Exception as error:
            result = _refused(error)
            return RetryAfter(AGAIN_SECONDS) if isinstance(result, Unknown) else result
        if answer.status_code == 200:
            return str(given["file_id"])
        if answer.is_client_error and answer.status_code not in (408, 429):
            return Rejected(f"HTTP {answer.status_code} for the upload")
        return RetryAfter(AGAIN_SECONDS)

    async def _look_for(self, token: str, file_id: str, place: Place) -> SendResult:
        end, pause = time.monotonic() + LOOKED_FOR_SECONDS, LOOK_AGAIN_SECONDS
        while time.monotonic() < end:
            wait = pause
            try:
                told = await self._web.files_info(token=token, file=file_id)
            except SlackApiError as error:
                result = outcomes.of_error(error)
                wait = max(wait, result.seconds) if isinstance(result, RetryAfter) else wait
                later = isinstance(result, RetryAfter) and time.monotonic() + wait > end
                if later or not isinstance(result, RetryAfter | Unknown):
                    return Sent()  # it was taken, and cannot be looked for
            except Exception as error:
                outcomes.of_error(error)  # what says nothing of the call is no answer
            else:
                ts = _shown_at(told["file"], place)
                if ts is not None:
                    return Sent(ts)
            await asyncio.sleep(wait)
            pause *= 2
        return Unknown("Slack took the file and has not shown it yet")

    async def _call(self, method: str, token: str, given: dict[str, Any]) -> Any:
        """As a form: the client's own methods put words and names into the address."""
        told = {name: value for name, value in given.items() if value is not None}
        return await self._web.api_call(method, data={"token": token, **told})


def _refused(error: Exception) -> SendResult:
    if isinstance(error, SlackApiError) and outcomes.code_of(error) == "missing_scope":
        return Rejected(NO_SCOPE)
    return outcomes.of_error(error)


def _shown_at(file: Any, place: Place) -> str | None:
    """The moment of the message that has it; https://docs.slack.dev/reference/objects/file-object"""
    for shares in (file.get("shares") or {}).values():
        for share in shares.get(place.channel) or ():
            return str(share["ts"])
    return None
