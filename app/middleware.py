"""What holds for every request: the body's limit and the headers that keep foreign script out."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.errors import answer

MAX_BODY = 64 * 1024

SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class BodyLimit:
    """Refuses bodies over MAX_BODY with 413, by their declared length or as soon as they pass it.

    Args:
        larger: paths at which a provider's requests may be larger, and how large, in bytes.
        streamed: paths whose routes read their bodies piece by piece and limit them themselves.
    """

    def __init__(self, app: ASGIApp, larger: Mapping[str, int] | None = None, streamed: Collection[str] = ()) -> None:
        self._app = app
        self._larger = larger or {}
        self._streamed = streamed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in self._streamed:
            await self._app(scope, receive, send)
            return
        most = self._larger.get(scope["path"], MAX_BODY)
        too_large = answer(413, "too_large", f"The request is larger than {most // 1024} KB.")
        declared = Headers(scope=scope).get("content-length", "0")
        if declared.isdecimal() and int(declared) > most:
            await too_large(scope, receive, send)
            return
        body = b""
        more = scope["method"] not in ("GET", "HEAD")
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False) and message["type"] == "http.request"
            if len(body) > most:
                await too_large(scope, receive, send)
                return
        handed_on = scope["method"] in ("GET", "HEAD")

        async def replay() -> Message:
            nonlocal handed_on
            if handed_on:
                return await receive()
            handed_on = True
            return {"type": "http.request", "body": body, "more_body": False}

        await self._app(scope, replay, send)


class PlainAddress:
    """Refuses addresses with a NUL in them, which PostgreSQL takes nowhere and nobody means."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and ("\x00" in scope["path"] or b"%00" in scope["query_string"]):
            await answer(400, "invalid", "The address has characters that are not valid text.")(scope, receive, send)
            return
        await self._app(scope, receive, send)


class SecurityHeaders:
    """Adds SECURITY_HEADERS to every response."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, with_headers)
