"""How a workspace installs us: by OAuth, its token kept in our database.

https://docs.slack.dev/authentication/installing-with-oauth
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

import structlog
from itsdangerous import BadSignature, URLSafeTimedSerializer
from slack_bolt.error import BoltError
from slack_bolt.oauth.async_callback_options import AsyncCallbackOptions, AsyncFailureArgs, AsyncSuccessArgs
from slack_bolt.oauth.async_oauth_flow import AsyncOAuthFlow
from slack_bolt.oauth.async_oauth_settings import AsyncOAuthSettings
from slack_bolt.response import BoltResponse
from slack_sdk.oauth.installation_store.async_installation_store import AsyncInstallationStore
from slack_sdk.oauth.installation_store.models.bot import Bot
from slack_sdk.oauth.installation_store.models.installation import Installation
from slack_sdk.oauth.state_store.async_state_store import AsyncOAuthStateStore
from slack_sdk.web.async_client import AsyncWebClient

from connectors.slack.workspaces import Kept

log = structlog.get_logger(__name__)

INSTALL, REDIRECT = "/slack/install", "/slack/oauth_redirect"
# what each is for stands in docs/slack.md
SCOPES: Sequence[str] = (
    "app_mentions:read",
    "channels:history",
    "chat:write",
    "files:read",
    "files:write",
    "groups:history",
    "im:history",
    "mpim:history",
    "users:read",
)
STATE_SECONDS = 600

_FAILED = {
    "access_denied": "Nothing was installed.",
    "invalid_browser": "Please begin again, in this browser.",
    "invalid_state": "That took too long; please begin again.",
    "storage_error": "Please install the app in one workspace, not in a whole organisation.",
}


class Store(AsyncInstallationStore):
    """Bolt's way to our table: one installation for each workspace."""

    def __init__(self, kept: Kept) -> None:
        self._kept = kept

    @property
    def logger(self) -> logging.Logger:
        return logging.getLogger("slack_bolt")

    async def async_save(self, installation: Installation) -> None:
        """
        Raises:
            BoltError: of a whole organisation, or without a token.
            DatabaseAway: nothing was kept.
        """
        if installation.is_enterprise_install or not installation.team_id or not installation.bot_token:
            raise BoltError("one workspace, with a bot")
        body = {
            "bot_token": installation.bot_token,
            "bot_user_id": installation.bot_user_id,
            "bot_id": installation.bot_id,
            "name": installation.team_name,
            "scopes": list(installation.bot_scopes or ()),
            "installer": installation.user_id,
        }
        await self._kept.save(installation.team_id, body)
        log.info("slack_installed", workspace=installation.team_id)

    async def async_find_bot(
        self, *, enterprise_id: str | None, team_id: str | None, is_enterprise_install: bool | None = False
    ) -> Bot | None:
        body = await self._kept.find(team_id) if team_id else None
        if body is None:
            return None
        told = {name: body[name] for name in ("bot_token", "bot_user_id", "bot_id")}
        return Bot(team_id=team_id, bot_scopes=body["scopes"], installed_at=0.0, **told)

    async def async_delete_bot(self, *, enterprise_id: str | None, team_id: str | None) -> None:
        if team_id:
            await self._kept.forget(team_id)

    async def async_delete_installation(
        self, *, enterprise_id: str | None, team_id: str | None, user_id: str | None = None
    ) -> None:
        """Nobody's own token is kept."""


class States(AsyncOAuthStateStore):
    """What ties the way back to the way there: signed, ten minutes, and in the browser's cookie too."""

    def __init__(self, secret: str) -> None:
        self._signer = URLSafeTimedSerializer(secret, salt="slack installation")

    @property
    def logger(self) -> logging.Logger:
        return logging.getLogger("slack_bolt")

    async def async_issue(self, *args: Any, **kwargs: Any) -> str:
        return self._signer.dumps("install")

    async def async_consume(self, state: str) -> bool:
        try:
            return bool(self._signer.loads(state, max_age=STATE_SECONDS) == "install")
        except BadSignature:
            return False


def flow(
    client: AsyncWebClient, kept: Kept, client_id: str, client_secret: str, secret: str, public_url: str
) -> AsyncOAuthFlow:
    """The way of an installation.

    Args:
        client: asks Slack for the token.
        secret: signs the state.
        public_url: where the world reaches us, `https://…`.
    """
    logger = logging.getLogger("slack_bolt")
    settings = AsyncOAuthSettings(
        client_id=client_id,
        client_secret=client_secret,
        scopes=SCOPES,
        user_scopes=(),
        redirect_uri=f"{public_url.rstrip('/')}{REDIRECT}",
        install_path=INSTALL,
        redirect_uri_path=REDIRECT,
        install_page_rendering_enabled=False,
        callback_options=AsyncCallbackOptions(success=_installed, failure=_not_installed),
        installation_store=Store(kept),
        state_store=States(secret),
        state_expiration_seconds=STATE_SECONDS,
        logger=logger,
    )
    return AsyncOAuthFlow(client=client, logger=logger, settings=settings)


async def _installed(told: AsyncSuccessArgs) -> BoltResponse:
    name = told.installation.team_name or "the workspace"
    return _page(200, f"Shohay is installed in {name}. You may close this page.", told.settings)


async def _not_installed(told: AsyncFailureArgs) -> BoltResponse:
    log.warning("slack_not_installed_by_oauth", reason=told.reason if told.reason in _FAILED else "other")
    sentence = _FAILED.get(told.reason, "Slack did not let us in; please begin again.")
    # so that no browser takes a refusal for a page that worked
    status = told.suggested_status_code if told.suggested_status_code >= 400 else 400
    return _page(status, sentence, told.settings)


def _page(status: int, sentence: str, settings: AsyncOAuthSettings) -> BoltResponse:
    headers = {
        "Content-Type": "text/plain; charset=utf-8",
        "Set-Cookie": [settings.state_utils.build_set_cookie_for_deletion()],
    }
    return BoltResponse(status=status, body=sentence, headers=headers)
