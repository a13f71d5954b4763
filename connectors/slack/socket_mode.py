"""Socket Mode: Slack's requests over a connection that we open, for who has no public address.

https://docs.slack.dev/apis/events-api/using-socket-mode
"""

from __future__ import annotations

import asyncio
import logging

import structlog
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_sdk.errors import SlackApiError

from connectors.slack.connector import Slack
from connectors.slack.listening import Listening
from connectors.slack.outcomes import code_of

log = structlog.get_logger(__name__)

PING_SECONDS = 5.0


async def run(slack: Slack, listening: Listening, app_token: str) -> None:
    """Takes requests until cancelled. A connection that is lost is opened again; what was not acknowledged on it comes
    again by itself. Any number of processes may do so side by side: each request goes to one of them.

    Args:
        app_token: `xapp-…`, with the scope `connections:write`.
    """
    try:
        await slack.web.apps_connections_open(app_token=app_token)
    except SlackApiError as error:
        log.error("slack_app_token_refused", error=code_of(error), mend="check the app-level token")
    except Exception as error:  # Slack cannot be reached now; connecting goes on until it can
        log.warning("slack_not_reached", error=type(error).__name__)
    logger = logging.getLogger("slack_sdk")
    logger.setLevel(logging.WARNING)  # below that it prints what comes in
    handler = AsyncSocketModeHandler(
        listening.app, app_token, logger=logger, web_client=slack.web, ping_interval=PING_SECONDS
    )
    try:
        await handler.connect_async()  # type: ignore[no-untyped-call]
        await asyncio.Event().wait()
    finally:
        await handler.close_async()  # type: ignore[no-untyped-call]
