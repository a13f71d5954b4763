"""The far end of the fake channel, and a customer who writes over it."""

from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from uuid import uuid4

import httpx
from running import FAKE_SECRET, Shohay, eventually

REFUSED = "at the gate"
DROPPED = "send it back"


class Provider:
    """Takes what is sent, but refuses messages with REFUSED in them and hangs up without an answer on DROPPED; `calm`
    lets everything through."""

    def __init__(self) -> None:
        self.calm = False
        self.got: list[str] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/send"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                text = json.loads(self.rfile.read(int(self.headers["content-length"])))["text"]
                if DROPPED in text and not provider.calm:
                    self.close_connection = True
                    return
                refused = REFUSED in text and not provider.calm
                if not refused:
                    provider.got.append(text)
                self.send_response(403 if refused else 200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        return Handler


class FakeCustomer:
    """Somebody who writes over the fake channel."""

    def __init__(self, shohay: Shohay) -> None:
        self._shohay = shohay
        self.address = f"somebody-{uuid4()}"
        self.conversation_id = ""

    def write(self, text: str, language: str = "en") -> None:
        body = {"key": str(uuid4()), "from": self.address, "text": text, "language": language}
        answer = httpx.post(f"{self._shohay.url}/hooks/fake", json=body, headers={"X-Fake-Secret": FAKE_SECRET})
        assert answer.status_code == 200, answer.text

    def wants_a_person(self, agent: object) -> str:
        """Asks for one and waits until the conversation is in the queue; returns its id."""
        before = set(agent.queue())  # type: ignore[attr-defined]
        self.write("I want to talk to a human please")
        found = eventually(lambda: set(agent.queue()) - before)  # type: ignore[attr-defined]
        self.conversation_id = str(found.pop())
        return self.conversation_id
