"""A whole Shohay in a process of its own, and the people who use it over HTTP."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import weakref
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import httpx
import pytest

ROOT = Path(__file__).resolve().parent.parent
POSTGRES = os.environ.get("SHOHAY_TEST_POSTGRES_URL", "postgresql+asyncpg://postgres@127.0.0.1:5432/test")
IN_CI = bool(os.environ.get("SHOHAY_CI"))
PASSWORD = "only-for-tests"
FAKE_SECRET = "fake-secret-for-tests"


def missing(what: str) -> None:
    """Skips, and says so; in CI it fails, since there nothing may be missing."""
    if IN_CI:
        pytest.fail(f"{what}, and CI must have it")
    pytest.skip(what)


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def eventually(look: Callable[[], Any], seconds: float = 20.0) -> Any:
    """What `look` gives as soon as it is true; fails with its last answer when it never is."""
    end = time.monotonic() + seconds
    while not (found := look()):
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds} s; the last look gave {found!r}")
        time.sleep(0.05)
    return found


@dataclass
class Shohay:
    """`shohay run` (or another role) with settings of its own; `kill` is kill -9, `stop` an orderly end."""

    settings: dict[str, str]
    log: Path
    role: str = "run"
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> Shohay:
        """Starts it without waiting."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("SHOHAY_")}
        environment |= {f"SHOHAY_{name}": value for name, value in self.settings.items()}
        environment["SHOHAY_PORT"] = str(self.port)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [str(Path(sys.executable).with_name("shohay")), self.role],
                cwd=ROOT,
                env=environment,
                stdout=log,
                stderr=log,
            )
        return self

    def ready(self, seconds: float = 90.0, path: str = "/readyz") -> Shohay:
        """Waits until the bot can answer."""
        try:
            eventually(lambda: self._answers(path), seconds)
        except AssertionError:
            self.stop()  # whoever waits here has not got hold of it yet, so nobody else would end it
            raise
        return self

    def kill(self) -> None:
        """Kill -9, in the middle of whatever it does."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        assert self.process is not None
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Another command of the program, with the same settings, to its end."""
        clean = {name: value for name, value in os.environ.items() if not name.startswith("SHOHAY_")}
        return subprocess.run(
            [str(Path(sys.executable).with_name("shohay")), *arguments],
            cwd=ROOT,
            env=clean | {f"SHOHAY_{name}": value for name, value in self.settings.items()},
            capture_output=True,
            text=True,
            timeout=100,
        )

    def _answers(self, path: str) -> bool:
        assert self.process is not None
        if self.process.poll() is not None:
            raise AssertionError(f"shohay ended by itself:\n{self.log.read_text()[-3000:]}")
        try:
            return httpx.get(self.url + path, timeout=2).status_code == 200
        except httpx.HTTPError:
            return False


class Customer:
    """A visitor of the website, as the widget speaks for them."""

    def __init__(self, url: str, language: str | None = None) -> None:
        self._http = httpx.Client(base_url=url, timeout=15)
        weakref.finalize(self, self._http.close)
        answer = self._http.post("/api/website/sessions", json={"language": language} if language else {})
        assert answer.status_code == 201, answer.text
        self.conversation_id: str = answer.json()["conversation_id"]
        self.headers = {"Authorization": f"Bearer {answer.json()['token']}"}

    def post(self, body: dict[str, Any]) -> httpx.Response:
        return self._http.post("/api/website/messages", json=body, headers=self.headers)

    def write(self, text: str) -> int:
        """Sends a message; returns its seq."""
        answer = self.post({"client_id": str(uuid4()), "text": text})
        assert answer.status_code == 201, answer.text
        return int(answer.json()["seq"])

    def press(self, payload: str) -> int:
        answer = self.post({"client_id": str(uuid4()), "payload": payload})
        assert answer.status_code == 201, answer.text
        return int(answer.json()["seq"])

    def page(self, after: int = 0) -> dict[str, Any]:
        """What the widget fetches: messages, status, place in the queue."""
        answer = self._http.get("/api/website/messages", params={"after": after}, headers=self.headers)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def heard(self, after: int, author: str | None = None, count: int = 1) -> list[dict[str, Any]]:
        """Waits for `count` messages of others after a seq."""

        def look() -> list[dict[str, Any]]:
            said = [one for one in self.page(after)["messages"] if one["author"] != "customer"]
            said = [one for one in said if author in (None, one["author"])]
            return said if len(said) >= count else []

        return list(eventually(look))

    def ask(self, text: str, count: int = 1) -> str:
        """Writes and returns the words that answer."""
        return "\n".join(one["text"] for one in self.heard(self.write(text), count=count))

    def choose(self, language: str) -> None:
        answer = self._http.post("/api/website/language", json={"language": language}, headers=self.headers)
        assert answer.status_code == 200, answer.text


class Agent:
    """Somebody at the desk, by the desk's API."""

    def __init__(self, url: str, name: str = "agent", password: str = PASSWORD) -> None:
        self._http = httpx.Client(base_url=url, timeout=15)
        weakref.finalize(self, self._http.close)
        answer = self._http.post("/api/desk/login", json={"name": name, "password": password})
        assert answer.status_code == 200, answer.text
        self._http.cookies.clear()
        self._http.headers["Authorization"] = f"Bearer {answer.json()['token']}"

    def get(self, path: str, **params: str) -> httpx.Response:
        return self._http.get(f"/api/desk{path}", params=params)

    def post(self, path: str, body: dict[str, Any] | None = None) -> httpx.Response:
        return self._http.post(f"/api/desk{path}", json=body)

    def conversation(self, conversation_id: str) -> dict[str, Any]:
        answer = self.get(f"/conversations/{conversation_id}")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def do(self, conversation_id: str, step: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        answer = self.post(f"/conversations/{conversation_id}/{step}", body)
        assert answer.status_code in (200, 201), answer.text
        return dict(answer.json())

    def send_file(self, conversation_id: str, name: str, content: bytes, text: str) -> None:
        """Uploads it and sends it with these words."""
        params, headers = {"conversation": conversation_id}, {"X-File-Name": quote(name)}
        answer = self._http.post("/api/desk/files", params=params, content=content, headers=headers)
        assert answer.status_code == 201, answer.text
        self.do(conversation_id, "messages", {"text": text, "file": answer.json()["id"]})

    def queue(self) -> list[str]:
        answer = self.get("/conversations", status="queued")
        return [one["id"] for one in answer.json()["conversations"]]


def demo_settings(folder: Path, models_dir: Path) -> dict[str, str]:
    """The settings of a demo whose database lies in `folder`."""
    return {
        "DATABASE_URL": f"sqlite+aiosqlite:///{folder / 'shohay.db'}",
        "MODELS_DIR": str(models_dir),
        "SECRET_KEY": "only-for-tests",
        "DEMO": "1",
        "DEMO_PASSWORD": PASSWORD,
        "MESSAGES_PER_MINUTE": "1000",
        "FAKE_SECRET": FAKE_SECRET,
        "FAKE_SEND_URL": "http://127.0.0.1:9/",
    }
