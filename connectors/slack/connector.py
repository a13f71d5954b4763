"""Slack: requests that it signed, messages by its Web API, files with the workspace's token."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import urlsplit

import httpx
from slack_sdk.errors import SlackApiError
from slack_sdk.signature import SignatureVerifier
from slack_sdk.web.async_client import AsyncWebClient

from connectors.base import (
    Capabilities,
    Fetched,
    Forged,
    Inbound,
    Named,
    NotFetched,
    OutboundMessage,
    Rejected,
    Request,
    RetryAfter,
    SendResult,
    Sent,
    Unknown,
)
from connectors.slack import events, outcomes, payloads, presses
from connectors.slack.payloads import Raw
from connectors.slack.people import CLOSED_SECONDS, People
from connectors.slack.places import Place
from connectors.slack.posts import Post, posts
from connectors.slack.uploads import Uploads
from connectors.slack.workspaces import Workspaces
from handoff.pace import Rate
from handoff.streams import up_to

CHANNEL = events.CHANNEL
API = "https://slack.com/api/"
NOT_INSTALLED = "the app is not installed in this workspace"
# about one a second to a channel, a few hundred a minute to a workspace: docs.slack.dev/apis/web-api/rate-limits
RATE = Rate(per_second=5.0, burst=5, seconds_between=1.0)


class Slack:
    """Direct messages, mentions and their threads. In Socket Mode no request comes over HTTP, and none is believed."""

    name = CHANNEL
    capabilities = Capabilities(
        push=True, buttons=True, typing=False, max_length=40_000, files=True, files_out=True, edit=True, rate=RATE
    )

    def __init__(
        self, signing_secret: str, workspaces: Workspaces, client: httpx.AsyncClient, base_url: str = API
    ) -> None:
        """
        Args:
            signing_secret: what Slack signs its requests with; without one every request is forged.
            client: for files.
            base_url: where the Web API is.
        """
        self.workspaces = workspaces
        # Slack's client would otherwise repeat a message of which it does not know whether it was taken
        self.web = AsyncWebClient(base_url=base_url, timeout=20, retry_handlers=[])
        self._people = People(self.web)
        self._verifier = SignatureVerifier(signing_secret) if signing_secret.strip() else None
        self._client = client
        self._base_url = base_url
        self._uploads = Uploads(self.web, client, self._is_slack)

    def verify(self, request: Request) -> str:
        """https://docs.slack.dev/authentication/verifying-requests-from-slack

        Raises:
            Forged: not signed with our secret, or more than five minutes ago.
        """
        timestamp = request.headers.get("x-slack-request-timestamp", "")
        signature = request.headers.get("x-slack-signature", "")
        if self._verifier is None or not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) < 20):
            raise Forged("The signature is missing.")
        if abs(self._verifier.clock.now() - int(timestamp)) > 300:
            raise Forged("The signature is too old.")
        right = self._verifier.generate_signature(timestamp=timestamp, body=request.body)
        if right is None or not hmac.compare_digest(right.encode(), signature.encode(errors="replace")):
            raise Forged("The signature is wrong.")
        return CHANNEL

    def parse(self, request: Request, sender: str) -> Sequence[Inbound]:
        """
        Raises:
            BadRequest: not of a form that Slack documents.
        """
        return self.read(payloads.body_of(request))

    def read(self, body: Raw) -> Sequence[Inbound]:
        """What an event or an interaction says to us, over whichever way it came.

        Raises:
            BadRequest: not of a form that Slack documents.
        """
        kind = payloads.needed(body, "type", payloads.KIND)
        if kind == "event_callback":
            return events.read(body)
        return presses.read(body) if kind == "block_actions" else []

    async def received(self, request: Request) -> None:
        """A pressed button gives way to what was chosen."""
        await self.settle(payloads.body_of(request))

    async def settle(self, body: Raw) -> None:
        """A pressed button gives way to what was chosen; other requests ask for no such thing."""
        if payloads.word(body, "type") != "block_actions":
            return
        done = presses.settled(body)
        bot = await self.workspaces.bot(done.team) if done is not None else None
        if done is not None and bot is not None:
            await self.web.chat_update(
                token=bot.token, channel=done.channel, ts=done.ts, text=done.text, blocks=done.blocks
            )

    async def send(self, message: OutboundMessage) -> SendResult:
        place = Place.read(message.address)
        bot = await self.workspaces.bot(place.team)
        if bot is None:
            return Rejected(NOT_INSTALLED, gone=True)
        made = posts(message, place)
        if not made:
            return Rejected("there is nothing to be seen in it")
        result: SendResult = Sent()
        for number in range(message.parts, len(made)):
            result = await self._post(bot.token, place, made[number])
            if not isinstance(result, Sent):
                return replace(result, parts=number)
        return result

    async def _post(self, token: str, place: Place, post: Post) -> SendResult:
        if post.file is not None:
            return await self._uploads.share(token, place, post.file, post.text)
        try:
            answer = await self.web.chat_postMessage(
                token=token,
                channel=place.channel,
                thread_ts=place.thread,
                text=post.text,
                blocks=post.blocks,
                unfurl_links=False,
                unfurl_media=False,
            )
        except Exception as error:
            return outcomes.of_error(error)
        return Sent(answer.get("ts"))

    async def fetch(self, reference: str, most: int) -> Fetched | NotFetched:
        team, file_id, url = (*reference.split(" "), "")[:3]
        bot = await self.workspaces.bot(team)
        if bot is None:
            return NotFetched(NOT_INSTALLED, final=True)
        try:
            # of a file from another workspace the event tells only the id
            url = url or str((await self.web.files_info(token=bot.token, file=file_id))["file"]["url_private"])
        except SlackApiError as error:
            return NotFetched(outcomes.code_of(error) or "no answer", final=outcomes.code_of(error) == "file_not_found")
        if not self._is_slack(url):
            return NotFetched("it does not lie at Slack", final=True)
        headers = {"Authorization": f"Bearer {bot.token}"}
        # not on to where an answer points: the token is for nobody else
        async with self._client.stream("GET", url, headers=headers, follow_redirects=False) as answer:
            if answer.status_code != 200:
                return NotFetched(f"HTTP {answer.status_code}", final=answer.status_code in (404, 410))
            if answer.headers.get("content-type", "").startswith("text/html"):
                return NotFetched("Slack asked to sign in; has the app the scope files:read?", final=False)
            return Fetched(await up_to(answer.aiter_bytes(), most))

    async def name_of(self, person: str) -> Named | Rejected | RetryAfter | Unknown:
        """By `users.info`, of which nothing else is kept."""
        team, _, user = person.partition(":")
        bot = await self.workspaces.bot(team)
        if bot is None:
            return RetryAfter(CLOSED_SECONDS)
        return await self._people.name_of(team, bot.token, user)

    def _is_slack(self, url: str) -> bool:
        try:
            there, here = urlsplit(url), urlsplit(self._base_url)
        except ValueError:
            return False
        if self._base_url != API:
            return (there.scheme, there.netloc) == (here.scheme, here.netloc)
        host = there.netloc
        return there.scheme == "https" and (host == "slack.com" or host.endswith(".slack.com")) and "@" not in host
