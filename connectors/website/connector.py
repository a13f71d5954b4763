"""The website channel: visitors of the widget, known by a token that we signed."""

from __future__ import annotations

import json
from collections.abc import Sequence

from itsdangerous import BadSignature, URLSafeSerializer

from connectors.base import BadRequest, Capabilities, Forged, OutboundMessage, Request, SendResult, Sent, is_text
from handoff.clock import new_id
from handoff.inbox import Incoming

CHANNEL = "website"
MAX_CLIENT_ID = 100


class Website:
    """Reads what the widget sends. Nothing is pushed: the widget fetches its messages and watches for events."""

    name = CHANNEL
    capabilities = Capabilities(push=False, buttons=True, typing=True, max_length=4000)

    def __init__(self, secret_key: str) -> None:
        self._tokens = URLSafeSerializer(secret_key, salt="website-visitor")

    def new_visitor(self) -> tuple[str, str]:
        """A fresh visitor's address and the token that proves it."""
        address = new_id()
        token = self._tokens.dumps({"visitor": address})
        return address, token if isinstance(token, str) else token.decode()

    def verify(self, request: Request) -> str:
        """The visitor's address, from `Authorization: Bearer <token>`.

        Raises:
            Forged: no token, or not one of ours.
        """
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Forged("This chat is unknown; please start a new one.")
        try:
            return str(self._tokens.loads(token)["visitor"])
        except (BadSignature, KeyError, TypeError) as error:
            raise Forged("This chat is unknown; please start a new one.") from error

    def parse(self, request: Request, sender: str) -> Sequence[Incoming]:
        """`{"client_id", "text"}` or `{"client_id", "payload"}`.

        Raises:
            BadRequest: not JSON, or not of this form.
        """
        if "application/json" not in request.headers.get("content-type", ""):
            raise BadRequest("Send the message as application/json.")
        try:
            raw = json.loads(request.body)
        except (ValueError, RecursionError) as error:
            raise BadRequest("The message is not valid JSON.") from error
        if not isinstance(raw, dict):
            raise BadRequest("The message must be a JSON object.")
        client_id, text, payload = raw.get("client_id"), raw.get("text"), raw.get("payload")
        if not isinstance(client_id, str) or not 1 <= len(client_id) <= MAX_CLIENT_ID:
            raise BadRequest(f"client_id must be text of 1 to {MAX_CLIENT_ID} characters.")
        if (text is None) == (payload is None):
            raise BadRequest("Send either text or payload.")
        if not isinstance(payload if text is None else text, str):
            raise BadRequest("text and payload must be text.")
        if not is_text(client_id + (text or payload or "")):
            raise BadRequest("The message has characters that are not valid text.")
        return [Incoming(CHANNEL, f"{sender}:{client_id}", sender, text=text or "", payload=payload, opens=False)]

    async def send(self, message: OutboundMessage) -> SendResult:
        """The stored message is the delivery: the widget fetches it."""
        return Sent()
