"""Pigeon, an imaginary messenger, as docs/connectors.md builds it: a whole channel in one file."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import httpx

from connectors.base import (
    BadRequest,
    Capabilities,
    Fetched,
    Forged,
    Inbound,
    NotFetched,
    OutboundMessage,
    Rejected,
    Request,
    RetryAfter,
    SendResult,
    Sent,
    Unknown,
    is_text,
)
from handoff.clock import now
from handoff.incoming import Changed, Incoming, Offered
from handoff.pace import Rate

CHANNEL = "pigeon"
MAX_LENGTH = 500
TOLERANCE_SECONDS = 300
COMMANDS = {"/start": "start", "/help": "help", "/language": "language", "/human": "human"}


class Pigeon:
    """Speaks with Pigeon's API at `base_url`; `token` opens it, and with `secret` Pigeon signs what it delivers."""

    name = CHANNEL
    capabilities = Capabilities(
        push=True,
        buttons=True,
        typing=True,
        files=True,
        files_out=True,
        edit=True,
        max_length=MAX_LENGTH,
        rate=Rate(per_second=20, burst=5, seconds_between=1.0),
    )

    def __init__(self, token: str, secret: str, base_url: str, client: httpx.AsyncClient) -> None:
        if not secret:
            raise ValueError("Pigeon needs its signing secret; without it anybody could write as anybody.")
        self._secret = secret.encode()
        self._base_url = base_url
        self._client = client
        self._headers = {"Authorization": f"Bearer {token}"}

    def verify(self, request: Request) -> str:
        """Raises:
        Forged: not signed with the secret, or not within five minutes.
        """
        at, given = request.headers.get("x-pigeon-time", ""), request.headers.get("x-pigeon-signature", "")
        wanted = hmac.new(self._secret, at.encode() + b"." + request.body, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(wanted.encode(), given.encode()):
            raise Forged("The signature does not fit.")
        # signed, so these are digits that Pigeon wrote
        if abs(now().timestamp() - int(at)) > TOLERANCE_SECONDS:
            raise Forged("This was signed too long ago.")
        return CHANNEL

    def parse(self, request: Request, sender: str) -> Sequence[Inbound]:
        """Raises:
        BadRequest: not what Pigeon documents.
        """
        try:
            event = json.loads(request.body)
            kind, chat, writer = event["kind"], _text(event["chat"]), event["from"]
            if kind not in ("message", "edit", "delete", "press") or writer.get("bot"):
                return []
            return [self._read(event, kind, chat, writer)]
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
            raise BadRequest("This is no event as Pigeon documents them.") from error

    def _read(self, event: dict[str, Any], kind: str, chat: str, writer: dict[str, Any]) -> Inbound:
        if kind in ("edit", "delete"):
            text = _words(event["text"]) if kind == "edit" else None
            return Changed(CHANNEL, chat, str(int(event["id"])), text, key=f"event:{_text(event['event'])}")
        who = {"name": _words(writer.get("name")), "language": _words(writer.get("language"))}
        if kind == "press":
            seq, place = event["value"].split(":")
            button = (int(seq), int(place))
            return Incoming(CHANNEL, f"event:{_text(event['event'])}", chat, button=button, **who)
        number, text = int(event["id"]), _words(event.get("text"))
        photo = event.get("photo")
        return Incoming(
            CHANNEL,
            f"message:{chat}:{number}",
            chat,
            text=text,
            command=COMMANDS.get(text),
            files=(Offered(_text(photo["id"]), _text(photo["name"]), int(photo["size"])),) if photo else (),
            unsupported="sticker" if "sticker" in event else None if text or photo else "other",
            person=_text(writer["id"], longest=100),
            provider_id=str(number),
            **who,
        )

    async def send(self, message: OutboundMessage) -> SendResult:
        parts = split(message.text, MAX_LENGTH)
        result: SendResult = Sent()
        for number, part in enumerate(parts[message.parts :], message.parts):
            last = number == len(parts) - 1
            buttons = [
                {"title": button.title, "value": f"{message.seq}:{place}"}
                for place, button in enumerate(message.buttons if last else ())
            ]
            files = [
                {"name": one.name, "content": base64.b64encode(one.content).decode()}
                for one in (message.files if last else ())
            ]
            body = {"chat": message.address, "text": part, "buttons": buttons, "files": files}
            result = await self._post(body)
            if not isinstance(result, Sent):
                return replace(result, parts=number)
        return result

    async def _post(self, body: dict[str, Any]) -> SendResult:
        try:
            response = await self._client.post(f"{self._base_url}/messages", json=body, headers=self._headers)
        except (httpx.ConnectError, httpx.ConnectTimeout):
            return RetryAfter(1.0)  # no connection, so provably not taken
        except httpx.HTTPError as error:
            return Unknown(type(error).__name__)
        if response.is_success:
            return Sent(provider_id=str(response.json()["id"]))
        if response.status_code == 429:
            return RetryAfter(_seconds(response.headers.get("retry-after", "")))
        if response.status_code == 403:
            return Rejected("the customer has blocked us", gone=True)
        if response.is_client_error:
            return Rejected(f"HTTP {response.status_code}")
        return Unknown(f"HTTP {response.status_code}")

    async def received(self, request: Request) -> None:
        """Ends the pressed button's waiting sign."""
        event = json.loads(request.body)
        if event["kind"] == "press":
            url = f"{self._base_url}/presses/{event['event']}"
            await self._client.post(url, headers=self._headers)

    async def typing(self, address: str) -> None:
        await self._client.post(f"{self._base_url}/typing", json={"chat": address}, headers=self._headers)

    async def fetch(self, reference: str, most: int) -> Fetched | NotFetched:
        content = b""
        try:
            async with self._client.stream(
                "GET", f"{self._base_url}/photos/{reference}", headers=self._headers
            ) as response:
                if not response.is_success:
                    return NotFetched(f"HTTP {response.status_code}", final=response.is_client_error)
                async for piece in response.aiter_bytes():
                    content += piece
                    if len(content) > most:
                        return NotFetched("too big", final=True)
        except httpx.HTTPError as error:
            return NotFetched(type(error).__name__, final=False)
        return Fetched(content)


def split(text: str, longest: int) -> list[str]:
    """The text in parts of at most `longest` characters, at the end of a line or a word where there is one."""
    parts = []
    while len(text) > longest:
        end = max(text.rfind("\n", 0, longest), text.rfind(" ", 0, longest)) + 1 or longest
        parts.append(text[:end])
        text = text[end:]
    return [*parts, text]


def _text(value: object, longest: int = 200) -> str:
    """The value, which must be text that can be stored.

    Raises:
        ValueError: it is not.
    """
    if not isinstance(value, str) or not is_text(value) or not 1 <= len(value) <= longest:
        raise ValueError
    return value


def _words(value: object) -> str:
    """What somebody wrote, which may be nothing."""
    return _text(value, longest=100_000) if value else ""


def _seconds(retry_after: str) -> float:
    return float(retry_after) if retry_after.isascii() and retry_after.isdigit() else 1.0
