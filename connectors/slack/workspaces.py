"""Where we are installed, and what lets us in there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from connectors.slack.outcomes import code_of

log = structlog.get_logger(__name__)


class Kept(Protocol):
    """Where installations are kept; `handoff.installations` is it."""

    async def save(self, workspace: str, body: Mapping[str, Any]) -> None: ...

    async def find(self, workspace: str) -> dict[str, Any] | None: ...

    async def forget(self, workspace: str, until: datetime | None = None) -> bool: ...


@dataclass(frozen=True)
class Bot:
    """Who we are in a workspace.

    Attributes:
        token: lets us in; not shown, since values find their way into logs.
        user_id: our user there, U…; empty while it is not known.
        bot_id: B…, the same.
    """

    token: str
    user_id: str = ""
    bot_id: str = ""

    def __repr__(self) -> str:
        return f"Bot(user_id={self.user_id!r})"


class Workspaces:
    """One workspace by a token of its own, others by having installed us."""

    def __init__(self, token: str = "", kept: Kept | None = None) -> None:
        self._own = Bot(token) if token else None
        # of which workspace the token is, once Slack has said so
        self._own_team: str | None = None
        self.kept = kept

    async def bot(self, team: str) -> Bot | None:
        """Who we are there; None when we are not installed there.

        Raises:
            DatabaseAway: it could not be looked up.
        """
        body = await self.kept.find(team) if self.kept is not None else None
        if body is not None:
            return Bot(body["bot_token"], body.get("bot_user_id") or "", body.get("bot_id") or "")
        return self._own if self._own_team in (None, team) else None

    async def introduce(self, client: AsyncWebClient) -> None:
        """Asks Slack whose the token is, and says in the log when it is worth nothing; without an answer all goes on as
        it is."""
        if self._own is None:
            return
        try:
            told = await client.auth_test(token=self._own.token)
        except SlackApiError as error:
            log.error("slack_token_refused", error=code_of(error), mend="check the bot token")
            return
        except Exception as error:  # Slack cannot be reached now; sending tries again
            log.warning("slack_not_reached", error=type(error).__name__)
            return
        self._own = Bot(self._own.token, told.get("user_id") or "", told.get("bot_id") or "")
        self._own_team = told.get("team_id")
