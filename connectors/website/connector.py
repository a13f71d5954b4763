"""The website channel: visitors of the widget, known by a token that we signed."""

from __future__ import annotations

import json
from collections.abc import Sequence

from itsdangerous import BadSignature, URLSafeSerializer

from connectors.base import BadRequest, Capabilities, Forged, OutboundMessage, Request, SendResult, Sent, is_text
from handoff.clock import new_id
from handoff.files import MOST_FILES
from handoff.incoming import Incoming

CHANNEL = "website"
MAX_CLIENT_ID = 100
MAX_FILE_ID = 36


class Website:
    """Reads what the widget sends. Nothing is pushed: the widget fetches its messages and watches for events."""

    name = CHANNEL
    capabilities = Capabilities(push=False, buttons=True, typing=True, max_length=4000, files=True, files_out=True)

    def __init__(self, secret_key: str) -> None:
        if not secret_key:
            raise ValueError("The website needs a secret key; without one anybody could write as anybody.")
        self._tokens = URLSafeSerializer(secret_key, salt="website-visitor")

    def new_visitor(self) -> tuple[str, str]:
        """A fresh visitor's address and the token that proves it."""
        address = new_id()
        return address, self.token(address)

    def token(self, address: str) -> str:
        """The token that proves an address of ours."""
        token = self._tokens.dumps({"visitor": address})
        return token if isinstance(token, str) else token.decode()

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
        """`{"client_id", "text", "files"}`, either of the last two at least, or `{"client_id", "payload"}`; the files
        are ids of uploads.

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
        uploads = _uploads(raw.get("files"))
        if not isinstance(client_id, str) or not 1 <= len(client_id) <= MAX_CLIENT_ID:
            raise BadRequest(f"client_id must be text of 1 to {MAX_CLIENT_ID} characters.")
        if (text is None and not uploads) == (payload is None):
            raise BadRequest("Send either payload, or text, files or both.")
        if not all(said is None or isinstance(said, str) for said in (text, payload)):
            raise BadRequest("text and payload must be text.")
        if not is_text(client_id + (text or payload or "")):
            raise BadRequest("The message has characters that are not valid text.")
        return [
            Incoming(
                CHANNEL,
                f"{sender}:{client_id}",
                sender,
                text=text or "",
                payload=payload,
                uploads=uploads,
                opens=False,
            )
        ]

    async def send(self, message: OutboundMessage) -> SendResult:
        """The stored message is the delivery: the widget fetches it."""
        return Sent()


def _uploads(raw: object) -> tuple[str, ...]:
    """Raises:
    BadRequest: not a list of ids, or too many of them.
    """
    if raw is None:
        return ()
    if not isinstance(raw, list) or not all(isinstance(one, str) and 1 <= len(one) <= MAX_FILE_ID for one in raw):
        raise BadRequest("files must be a list of the ids of uploaded files.")
    if len(raw) > MOST_FILES:
        raise BadRequest(f"A message can bring at most {MOST_FILES} files.")
    if not all(map(is_text, raw)):
        raise BadRequest("The message has characters that are not valid text.")
    return tuple(dict.fromkeys(raw))
