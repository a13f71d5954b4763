"""What members of a workspace are called, asked of Slack: https://docs.slack.dev/reference/methods/users.info"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import structlog
from slack_sdk.web.async_client import AsyncWebClient

from connectors.base import Named, Rejected, RetryAfter, Unknown, is_text
from connectors.slack import outcomes

log = structlog.get_logger(__name__)

# of nobody else does Slack say that there is nothing to be told
NOBODY = frozenset({"user_not_found", "user_not_visible"})
# the app may not ask: it was installed before it asked for names, say, or was removed. It may be installed again
CLOSED_SECONDS = 86_400.0


class People:
    """Members, asked for one by one."""

    def __init__(self, web: AsyncWebClient) -> None:
        self._web = web
        # workspaces of which it was said that we may not ask there
        self._closed: set[str] = set()

    async def name_of(self, team: str, token: str, user: str) -> Named | Rejected | RetryAfter | Unknown:
        """What this member goes by; also one who has left, whom Slack goes on showing under their name."""
        try:
            answer = await self._web.users_info(token=token, user=user)
        except Exception as error:
            return self._refused(team, error)
        self._closed.discard(team)
        found = _name(answer.get("user"))
        return Named(found) if found else Rejected("Slack tells no name")

    def _refused(self, team: str, error: Exception) -> Rejected | RetryAfter | Unknown:
        result = outcomes.of_error(error)
        if isinstance(result, RetryAfter):
            return replace(result, everyone=True)
        if not isinstance(result, Rejected):
            return Unknown("Slack does not answer now")
        if result.why in NOBODY:
            return result
        if team not in self._closed:
            log.warning("slack_names_not_allowed", workspace=team, error=result.why, mend="see Names in docs/slack.md")
        self._closed.add(team)
        return RetryAfter(CLOSED_SECONDS)


def _name(user: Any) -> str:
    """The name they chose to be shown by, else their own, else that of their account."""
    user = user if isinstance(user, Mapping) else {}
    profile = user.get("profile")
    profile = profile if isinstance(profile, Mapping) else {}
    for name in (profile.get("display_name"), profile.get("real_name"), user.get("real_name"), user.get("name")):
        if isinstance(name, str) and is_text(name) and name.strip():
            return name
    return ""
