"""A channel for development and tests, a real connector over HTTP: it posts what it sends to an address of yours.

`POST /hooks/fake` takes `{"key", "from", "text"|"payload", "language"?, "files"?: [{"url", "name", "size"?}]}` with the
header `X-Fake-Secret`. Files are fetched from where it posts to, and from nowhere else; those that go out are in the
posted JSON, as `{"name", "type", "content"}` with the bytes in base64.
"""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Sequence

import httpx

from connectors.base import (
    BadRequest,
    Capabilities,
    Fetched,
    Forged,
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
from handoff.incoming import Incoming, Offered
from handoff.pace import Rate
from handoff.streams import up_to

CHANNEL = "fake"
MAX_KEY = 200
_FORM = "Send key, from and text, payload or files as a JSON object."


class Fake:
    """Takes and sends plain JSON. What the receiving end answers decides the result as with any provider: 2xx sent,
    429 and 503 not taken (with `X-RateLimit-Global: true` for any chat), other 4xx rejected, anything else unknown."""

    name = CHANNEL

    def __init__(self, secret: str, send_url: str, client: httpx.AsyncClient, rate: Rate | None = None) -> None:
        if not secret:
            raise ValueError("The fake channel needs a secret; without one anybody could write as anybody.")
        self.capabilities = Capabilities(
            push=True, buttons=True, typing=False, max_length=4000, files=True, files_out=True, rate=rate
        )
        self._secret = secret
        self._send_url = send_url
        self._client = client

    def verify(self, request: Request) -> str:
        """Raises:
        Forged: the secret is wrong or missing.
        """
        if not hmac.compare_digest(request.headers.get("x-fake-secret", "").encode(), self._secret.encode()):
            raise Forged("The secret is wrong.")
        return CHANNEL

    def parse(self, request: Request, sender: str) -> Sequence[Incoming]:
        """Raises:
        BadRequest: not of the form above.
        """
        try:
            raw = json.loads(request.body)
            key, address = raw["key"], raw["from"]
            text, payload, language = raw.get("text") or "", raw.get("payload"), raw.get("language")
            files = tuple(Offered(one["url"], one["name"], one.get("size", 0)) for one in raw.get("files") or ())
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise BadRequest(_FORM) from error
        given = [key, address, text, *(value for value in (payload, language) if value is not None)]
        given += [said for one in files for said in (one.reference, one.name)]
        if not all(isinstance(one.size, int) for one in files):
            raise BadRequest(_FORM)
        if not all(isinstance(value, str) and is_text(value) for value in given):
            raise BadRequest(_FORM)
        if not (1 <= len(key) <= MAX_KEY and 1 <= len(address) <= MAX_KEY):
            raise BadRequest(f"key and from must have 1 to {MAX_KEY} characters.")
        return [Incoming(CHANNEL, key, address, text=text, payload=payload, language=language, files=files)]

    async def send(self, message: OutboundMessage) -> SendResult:
        body: dict[str, object] = {
            "id": message.id,
            "to": message.address,
            "seq": message.seq,
            "author": message.author,
            "text": message.text,
            "buttons": [button.as_json() for button in message.buttons],
        }
        if message.files:
            body["files"] = [
                {"name": one.name, "type": one.type, "content": base64.b64encode(one.content).decode()}
                for one in message.files
            ]
        try:
            response = await self._client.post(self._send_url, json=body)
        except (httpx.ConnectError, httpx.ConnectTimeout):
            return RetryAfter(1.0)  # no connection, so provably not taken
        except httpx.HTTPError as error:
            return Unknown(type(error).__name__)
        if response.is_success:
            return Sent()
        if response.status_code in (429, 503):
            everyone = response.headers.get("x-ratelimit-global", "").lower() == "true"
            return RetryAfter(_seconds(response.headers.get("retry-after", "")), everyone)
        if response.is_client_error:
            return Rejected(f"HTTP {response.status_code}")
        return Unknown(f"HTTP {response.status_code}")

    async def fetch(self, reference: str, most: int) -> Fetched | NotFetched:
        """See `connectors.base.FileSource`."""
        if _place(reference) != _place(self._send_url):
            return NotFetched("not at this channel's place", final=True)
        try:
            async with self._client.stream("GET", reference) as response:
                if not response.is_success:
                    return NotFetched(f"HTTP {response.status_code}", final=response.status_code in (404, 410))
                return Fetched(await up_to(response.aiter_bytes(), most))
        except httpx.HTTPError as error:
            return NotFetched(type(error).__name__, final=False)


def _place(url: str) -> tuple[str, str, int | None] | None:
    """Scheme, host and port; None for what is no address."""
    try:
        parsed = httpx.URL(url)
        return parsed.scheme, parsed.host, parsed.port
    except (httpx.InvalidURL, ValueError):
        return None


def _seconds(retry_after: str) -> float:
    """The header's seconds; a second when it names a date or nothing."""
    return float(retry_after) if retry_after.isascii() and retry_after.isdigit() else 1.0
