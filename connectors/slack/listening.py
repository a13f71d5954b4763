"""What comes from Slack on its way through Bolt: genuine, of a workspace where we are, not our own, stored, and only
then acknowledged."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import structlog
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltContext
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.authorization.async_authorize import AsyncAuthorize
from slack_bolt.response import BoltResponse

from connectors.base import BadRequest, Inbound
from connectors.slack import payloads, presses
from connectors.slack.connector import Slack
from connectors.slack.payloads import Raw
from connectors.slack.workspaces import Workspaces

log = structlog.get_logger(__name__)

COURTESY_SECONDS = 10.0

# stores what came in; what it raises keeps the request from being acknowledged
Keep = Callable[[Sequence[Inbound]], Awaitable[object]]
# registers listeners of its own, which are asked before those for customers
Join = Callable[[AsyncApp], None]


class NotInstalled(Exception):
    """The request is of a workspace where we are not, any more: nobody could be answered there."""


class _Authorizing(AsyncAuthorize):
    """Bolt's question who we are there, answered without asking Slack, whose silence must not cost a message."""

    def __init__(self, workspaces: Workspaces) -> None:
        self._workspaces = workspaces

    async def __call__(
        self,
        *,
        context: AsyncBoltContext,
        enterprise_id: str | None,
        team_id: str | None,
        user_id: str | None,
        actor_enterprise_id: str | None = None,
        actor_team_id: str | None = None,
        actor_user_id: str | None = None,
    ) -> AuthorizeResult:
        bot = await self._workspaces.bot(team_id or "")
        if bot is None:
            raise NotInstalled
        return AuthorizeResult(
            enterprise_id=enterprise_id,
            team_id=team_id,
            bot_token=bot.token,
            bot_user_id=bot.user_id or None,
            bot_id=bot.bot_id or None,
        )


class Listening:
    """Slack's requests, over HTTP or Socket Mode, as one Bolt app.

    Attributes:
        app: takes the requests. Of one that was not stored `context["failure"]` is why, and it is not acknowledged.
    """

    def __init__(self, slack: Slack, keep: Keep, signing_secret: str, before: Sequence[Join] = ()) -> None:
        """
        Args:
            signing_secret: empty in Socket Mode, where nothing is signed.
            before: who else listens, such as for agents' own threads.
        """
        self._slack = slack
        self._keep = keep
        self._courtesies: set[asyncio.Task[None]] = set()
        logger = logging.getLogger("slack_bolt")
        logger.setLevel(logging.WARNING)  # below that it prints requests
        self.app = AsyncApp(
            name=slack.name,
            logger=logger,
            client=slack.web,
            signing_secret=signing_secret,
            authorize=_Authorizing(slack.workspaces),
            process_before_response=True,  # acknowledged once it is stored, not before
            ssl_check_enabled=False,
        )
        self.app.error(self._failed)
        for join in before:
            join(self.app)
        self.app.event("message")(self._take)
        self.app.event("app_mention")(self._take)
        self.app.action(presses.ACTION_ID)(self._take_press)
        self.app.event("app_uninstalled")(self._removed)
        self.app.event("tokens_revoked")(self._revoked)
        # what else is subscribed to says nothing to us
        self.app.event(re.compile(""))(self._pass_over)
        self.app.action(re.compile(""))(self._acknowledge)

    async def close(self) -> None:
        """Ends what is still being done as a courtesy."""
        for task in list(self._courtesies):
            task.cancel()
        await asyncio.gather(*self._courtesies, return_exceptions=True)

    async def _take(self, body: dict[str, Any]) -> None:
        brought = self._slack.read(body)
        if brought:
            await self._keep(brought)

    async def _take_press(self, body: dict[str, Any], ack: AsyncAck) -> None:
        await self._take(body)
        await ack()
        task = asyncio.create_task(self._settle(body))
        self._courtesies.add(task)
        task.add_done_callback(self._courtesies.discard)

    async def _settle(self, body: Raw) -> None:
        try:
            async with asyncio.timeout(COURTESY_SECONDS):
                await self._slack.settle(body)
        except Exception as error:  # a courtesy; neither its words nor its traceback, which may quote the message
            log.warning("courtesy_failed", channel=self._slack.name, error=type(error).__name__)

    async def _removed(self, body: dict[str, Any]) -> None:
        await self._forget(body)

    async def _revoked(self, body: dict[str, Any]) -> None:
        """Ours is a bot's token; users' ones are none of our business."""
        tokens = payloads.part(payloads.part(body, "event"), "tokens")
        if tokens.get("bot"):
            await self._forget(body)

    async def _forget(self, body: Raw) -> None:
        kept, moment = self._slack.workspaces.kept, body.get("event_time")
        if kept is None or not isinstance(moment, int):
            return
        team = payloads.team_of(body)
        # an event that comes late says nothing about an installation made since
        if await kept.forget(team, datetime.fromtimestamp(moment + 1, UTC)):
            log.info("slack_uninstalled", workspace=team)

    async def _pass_over(self, event: dict[str, Any]) -> None:
        """Stored is what there is of it for us: nothing."""

    async def _acknowledge(self, ack: AsyncAck) -> None:
        await ack()

    async def _failed(self, error: Exception, context: AsyncBoltContext) -> BoltResponse | None:
        if isinstance(error, NotInstalled):
            log.warning("slack_not_installed", workspace=context.team_id)
            return BoltResponse(status=200)
        context["failure"] = error
        if not isinstance(error, BadRequest):
            log.error("slack_not_taken", error=type(error).__name__)
        return None
