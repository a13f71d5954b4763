"""What Slack sends to an app, signed as it signs: events, interactions, and both again.

The bodies follow docs.slack.dev/reference/events and docs.slack.dev/interactivity/handling-user-interaction, the
signature docs.slack.dev/authentication/verifying-requests-from-slack.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import httpx
from slack_server import Message, SlackServer, Workspace

Raw = dict[str, Any]

SIGNING_SECRET = "signing-secret-only-for-tests"
CUSTOMER = "U0AMINA"


@dataclass(frozen=True)
class Signed:
    """A request as it comes to our hook; header names are lower-case."""

    body: bytes
    headers: dict[str, str]

    def again(self, number: int = 1, reason: str = "http_timeout") -> Signed:
        """The same body delivered once more, as Slack does when it heard no 2xx within three seconds."""
        return Signed(self.body, {**self.headers, "x-slack-retry-num": str(number), "x-slack-retry-reason": reason})

    def post(self, url: str, timeout: float = 15.0) -> httpx.Response:
        return httpx.post(url, content=self.body, headers=self.headers, timeout=timeout)


def sign(body: bytes, content_type: str, secret: str = SIGNING_SECRET, at: float | None = None) -> Signed:
    """The request with its signature.

    Args:
        at: when it was signed, in seconds since 1970; now when it is not said.
    """
    timestamp = str(int(time.time() if at is None else at))
    made = hmac.new(secret.encode(), f"v0:{timestamp}:".encode() + body, hashlib.sha256).hexdigest()
    headers = {"content-type": content_type, "x-slack-request-timestamp": timestamp, "x-slack-signature": f"v0={made}"}
    return Signed(body, headers)


def as_json(payload: Any, secret: str = SIGNING_SECRET, at: float | None = None) -> Signed:
    """An event's request."""
    return sign(json.dumps(payload).encode(), "application/json", secret, at)


def as_form(payload: Any, secret: str = SIGNING_SECRET, at: float | None = None) -> Signed:
    """An interaction's request: `payload=` and JSON."""
    body = urlencode({"payload": json.dumps(payload)}).encode()
    return sign(body, "application/x-www-form-urlencoded", secret, at)


@dataclass
class Sender:
    """A workspace's people and what Slack tells the app of them; the payloads are what `as_json` and `as_form` sign."""

    slack: SlackServer
    workspace: Workspace = field(default_factory=Workspace)
    user: str = CUSTOMER
    channel: str = "D0AMINA"

    def event(self, event: Raw, event_id: str | None = None) -> Raw:
        """The envelope around an event; each has an id of its own unless one is given."""
        return {
            "token": "deprecated",
            "team_id": self.workspace.team,
            "context_team_id": self.workspace.team,
            "context_enterprise_id": None,
            "api_app_id": "A0SHOHAY",
            "event": event,
            "type": "event_callback",
            "event_id": event_id or f"Ev{uuid4().hex[:10].upper()}",
            "event_time": 1700000000,
            "authorizations": [
                {
                    "enterprise_id": None,
                    "team_id": self.workspace.team,
                    "user_id": self.workspace.bot_user,
                    "is_bot": True,
                    "is_enterprise_install": False,
                }
            ],
            "is_ext_shared_channel": False,
        }

    def message(self, text: str, ts: str | None = None, thread_ts: str | None = None, **more: Any) -> Raw:
        """Somebody writes."""
        kind = "im" if self.channel.startswith("D") else "channel"
        event = {
            "type": "message",
            "user": self.user,
            "ts": ts or self.slack.new_ts(),
            "client_msg_id": str(uuid4()),
            "text": text,
            "team": self.workspace.team,
            "channel": self.channel,
            "channel_type": kind,
        }
        event["event_ts"] = event["ts"]
        if thread_ts is not None:
            event |= {"thread_ts": thread_ts, "parent_user_id": self.user}
        return self.event(event | more)

    def mention(self, text: str, ts: str | None = None, thread_ts: str | None = None) -> Raw:
        """Somebody writes to the app in a channel; `{me}` in the text becomes the mention."""
        words = text.replace("{me}", f"<@{self.workspace.bot_user}>")
        made = self.message(words, ts, thread_ts)
        event = {name: value for name, value in made["event"].items() if name != "channel_type"}
        return self.event({**event, "type": "app_mention"})

    def changed(self, ts: str, text: str, before: str = "", thread_ts: str | None = None, **more: Any) -> Raw:
        """Somebody edits what they wrote."""
        thread = {"thread_ts": thread_ts} if thread_ts else {}
        edited = {"user": self.user, "ts": self.slack.new_ts()}
        now = {"type": "message", "user": self.user, "text": text, "ts": ts, "edited": edited}
        return self._about(
            "message_changed",
            message={**now, **thread, **more},
            previous_message={"type": "message", "user": self.user, "text": before, "ts": ts, **thread},
        )

    def deleted(self, ts: str, text: str = "", thread_ts: str | None = None) -> Raw:
        """Somebody takes back what they wrote."""
        thread = {"thread_ts": thread_ts} if thread_ts else {}
        before = {"type": "message", "user": self.user, "text": text, "ts": ts, **thread}
        return self._about("message_deleted", deleted_ts=ts, previous_message=before)

    def shared(self, text: str, *files: tuple[str, str, bytes], ts: str | None = None) -> Raw:
        """Somebody sends files: id, name and content of each, which the server then has."""
        shown = []
        for name, title, content in files:
            self.slack.files[name] = content
            where = self.slack.file_url(name)
            shown.append(
                {
                    "id": name,
                    "name": title,
                    "title": title,
                    "mimetype": "image/png",
                    "filetype": "png",
                    "size": len(content),
                    "mode": "hosted",
                    "url_private": where,
                    "url_private_download": where,
                }
            )
        return self.message(text, ts, subtype="file_share", files=shown, upload=False)

    def said_by_a_bot(self, text: str, own: bool = False) -> Raw:
        """A message of another app, or of this very one."""
        if own:
            made = self.message(text, bot_id=self.workspace.bot_id, app_id="A0SHOHAY")
            made["event"]["user"] = self.workspace.bot_user
            return made
        made = self.message(text, subtype="bot_message", bot_id="B0OTHER", username="Weather")
        del made["event"]["user"]
        return made

    def pressed(self, message: Message, button: Raw) -> Raw:
        """Somebody presses a button of a message that the app posted."""
        rows = [block for block in message.blocks if button in block.get("elements", ())]
        return {
            "type": "block_actions",
            "user": {"id": self.user, "username": "amina", "name": "amina", "team_id": self.workspace.team},
            "api_app_id": "A0SHOHAY",
            "token": "deprecated",
            "container": {
                "type": "message",
                "message_ts": message.ts,
                "channel_id": message.channel,
                "is_ephemeral": message.user is not None,
                **({"thread_ts": message.thread_ts} if message.thread_ts else {}),
            },
            "trigger_id": f"{uuid4().hex}",
            "team": {"id": self.workspace.team, "domain": "nodi"},
            "enterprise": None,
            "is_enterprise_install": False,
            "channel": {"id": message.channel, "name": "directmessage"},
            "message": {
                "type": "message",
                "user": self.workspace.bot_user,
                "bot_id": self.workspace.bot_id,
                "ts": message.ts,
                "text": message.text,
                "blocks": message.blocks,
                "team": self.workspace.team,
                **({"thread_ts": message.thread_ts} if message.thread_ts else {}),
            },
            "state": {"values": {}},
            "response_url": f"{self.slack.url}/response/{message.channel}/{message.ts}",
            "actions": [
                {
                    "action_id": button.get("action_id", "x"),
                    "block_id": rows[0].get("block_id", "b") if rows else "b",
                    "text": button["text"],
                    "value": button.get("value"),
                    "type": "button",
                    "action_ts": f"{time.time():.6f}",
                }
            ],
        }

    def verification(self, challenge: str = "3eZbrw1aB") -> Raw:
        """What Slack asks when the address of the hook is entered."""
        return {"token": "deprecated", "challenge": challenge, "type": "url_verification"}

    def removed(self) -> Raw:
        """The app is taken out of the workspace."""
        return self.event({"type": "app_uninstalled"})

    def revoked(self) -> Raw:
        """The app's token there is worth nothing any more."""
        return self.event({"type": "tokens_revoked", "tokens": {"oauth": [], "bot": [self.workspace.bot_user]}})

    def _about(self, subtype: str, **more: Any) -> Raw:
        kind = "im" if self.channel.startswith("D") else "channel"
        moment = self.slack.new_ts()
        event = {"type": "message", "subtype": subtype, "hidden": True, "channel": self.channel, "channel_type": kind}
        return self.event({**event, "ts": moment, "event_ts": moment, **more})


def deliver(url: str, requests: Sequence[Signed]) -> list[int]:
    """Posts them one after the other in this order; returns the statuses."""
    return [one.post(url).status_code for one in requests]
