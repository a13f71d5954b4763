"""What became of a call of Slack's Web API: taken, refused for good, refused for now, or nobody knows.

The errors are those of https://docs.slack.dev/reference/methods/chat.postMessage.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError

from connectors.base import Rejected, RetryAfter, SendResult, Unknown

log = structlog.get_logger(__name__)

# nothing more can be said in this chat
GONE = frozenset(
    {
        "account_inactive",
        "channel_not_found",
        "is_archived",
        "is_inactive",
        "messages_tab_disabled",
        "not_in_channel",
        "org_login_required",
        "team_access_not_granted",
        "team_not_found",
        "token_revoked",
        "user_not_found",
    }
)
# what lets us in is wrong; whoever runs the shop may be mending that just now
LOCKED_OUT = frozenset({"invalid_auth", "not_authed", "token_expired"})
LOCKED_OUT_SECONDS = 60.0
THROTTLED = frozenset({"ratelimited", "rate_limited", "message_limit_exceeded"})
THROTTLED_SECONDS = 5.0
# Slack itself does not know how far it got
DOUBTFUL = frozenset({"fatal_error", "internal_error", "service_unavailable"})
# what was sent did not arrive whole
CUT_SHORT = frozenset({"request_timeout"})


def of_error(error: Exception) -> SendResult:
    """What an exception of Slack's client says about the call.

    Raises:
        Exception: the same, when it says nothing.
    """
    # neither a name that is not known, nor a refused connection, nor a certificate that does not fit let anything out
    if isinstance(error, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError):
        return RetryAfter(1.0)
    if isinstance(error, aiohttp.ClientError | TimeoutError | json.JSONDecodeError | UnicodeDecodeError):
        return Unknown(type(error).__name__)
    if not isinstance(error, SlackApiError):
        raise error
    return _of_answer(error)


def _of_answer(error: SlackApiError) -> SendResult:
    status, headers, code = _answer(error)
    if status == 429 or code in THROTTLED:
        return RetryAfter(_seconds(headers))
    if status >= 500 or code in DOUBTFUL or not code:
        return Unknown(code or f"HTTP {status}")
    if code in CUT_SHORT:
        return RetryAfter(1.0)
    if code in LOCKED_OUT:
        log.error("slack_locked_out", error=code)
        return RetryAfter(LOCKED_OUT_SECONDS)
    return Rejected(code, gone=code in GONE)


def code_of(error: SlackApiError) -> str:
    """Slack's own word for what is wrong; empty when it answered something else."""
    return _answer(error)[2]


def _answer(error: SlackApiError) -> tuple[int, Mapping[str, str], str]:
    answer = error.response
    # of an answer that was no JSON the client hands on the bare response
    status = getattr(answer, "status_code", 0) or getattr(answer, "status", 0)
    data = getattr(answer, "data", None)
    code = data.get("error") if isinstance(data, dict) else None
    return status, getattr(answer, "headers", {}) or {}, str(code or "")


def _seconds(headers: Mapping[str, str]) -> float:
    asked = {name.lower(): value for name, value in headers.items()}.get("retry-after", "")
    return float(asked) if asked.isascii() and asked.isdigit() else THROTTLED_SECONDS
