"""The servers that are measured: ours, and stock Rasa as `rasa init` makes it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import httpx
import psutil

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
START_LIMIT_SECONDS = 240


@dataclass(frozen=True)
class Server:
    """A running server; `started` is the seconds from its start to its first answer."""

    process: subprocess.Popen[bytes]
    port: int
    started: float

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def resident_megabytes(self) -> float:
        """Resident memory of the process and its children."""
        whole = psutil.Process(self.process.pid)
        return sum(one.memory_info().rss for one in [whole, *whole.children(recursive=True)]) / 2**20


@contextmanager
def shohay(folder: Path, database_url: str) -> Iterator[Server]:
    """`shohay run` on the project's own content, trained beforehand into `folder`."""
    models = folder / "models"
    _run([sys.executable, "-m", "bot.training", str(models)], ROOT)
    environment = {
        "SHOHAY_DATABASE_URL": database_url,
        "SHOHAY_MODELS_DIR": str(models),
        "SHOHAY_SECRET_KEY": "benchmark",
        "SHOHAY_MESSAGES_PER_MINUTE": "1000000",
        "SHOHAY_DEMO": "1",
        "SHOHAY_DEMO_PASSWORD": "benchmark",
        "SHOHAY_LOG_LEVEL": "WARNING",
    }
    port = _free_port()
    with _server([str(BIN / "shohay"), "run"], ROOT, environment | {"SHOHAY_PORT": str(port)}, folder) as process:
        yield Server(process, port, _seconds_to_answer(process, lambda: _shohay_answers(port)))


@contextmanager
def shohay_web(folder: Path, database_url: str, fake_secret: str) -> Iterator[Server]:
    """`shohay web` alone, with the `fake` channel on; no model is needed."""
    environment = {
        "SHOHAY_DATABASE_URL": database_url,
        "SHOHAY_SECRET_KEY": "benchmark",
        "SHOHAY_MESSAGES_PER_MINUTE": "1000000",
        "SHOHAY_FAKE_SECRET": fake_secret,
        "SHOHAY_LOG_LEVEL": "WARNING",
    }
    port = _free_port()
    with _server([str(BIN / "shohay"), "web"], ROOT, environment | {"SHOHAY_PORT": str(port)}, folder) as process:
        yield Server(process, port, _seconds_to_answer(process, lambda: _alive(port)))


@contextmanager
def stock_rasa(folder: Path) -> Iterator[Server]:
    """Rasa's default project with its default pipeline (DIET, TED), served over its REST channel."""
    project = folder / "stock"
    project.mkdir()
    _run([str(BIN / "rasa"), "init", "--no-prompt", "--init-dir", str(project)], folder)
    port = _free_port()
    command = [str(BIN / "rasa"), "run", "--port", str(port), "--interface", "127.0.0.1", "--enable-api"]
    with _server(command, project, {}, folder) as process:
        yield Server(process, port, _seconds_to_answer(process, lambda: _stock_answers(port)))


def _shohay_answers(port: int) -> bool:
    base = f"http://127.0.0.1:{port}"
    with httpx.Client(base_url=base, timeout=30) as client:
        token = client.post("/api/website/sessions", json={}).json()["token"]
        headers = {"Authorization": f"Bearer {token}"}
        client.post("/api/website/messages", json={"client_id": "1", "text": "How much is delivery?"}, headers=headers)
        while True:
            said = client.get("/api/website/messages", headers=headers).json()["messages"]
            if len(said) > 1:
                return True
            time.sleep(0.05)


def _alive(port: int) -> bool:
    return httpx.get(f"http://127.0.0.1:{port}/healthz", timeout=5).status_code == 200


def _stock_answers(port: int) -> bool:
    body = {"sender": "starting", "message": "hello"}
    answer = httpx.post(f"http://127.0.0.1:{port}/webhooks/rest/webhook", json=body, timeout=30)
    return answer.status_code == 200 and bool(answer.json())


def _seconds_to_answer(process: subprocess.Popen[bytes], answers: Any) -> float:
    began = time.monotonic()
    while time.monotonic() - began < START_LIMIT_SECONDS:
        if process.poll() is not None:
            raise RuntimeError("the server ended while starting; see its log beside the results")
        try:
            if answers():
                return time.monotonic() - began
        except (httpx.HTTPError, json.JSONDecodeError, KeyError):
            time.sleep(0.1)
    raise RuntimeError(f"no answer within {START_LIMIT_SECONDS} s")


@contextmanager
def _server(
    command: list[str], cwd: Path, environment: dict[str, str], folder: Path
) -> Iterator[subprocess.Popen[bytes]]:
    log: IO[bytes]
    with (folder / f"{Path(command[0]).name}.log").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=cwd, env=_environment() | environment, stdout=log, stderr=log, start_new_session=True
        )
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _run(command: list[str], cwd: Path) -> None:
    done = subprocess.run(command, cwd=cwd, env=_environment(), capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")


def _environment() -> dict[str, str]:
    ours = {name: value for name, value in os.environ.items() if not name.startswith("SHOHAY_")}
    return ours | {"RASA_TELEMETRY_ENABLED": "false", "TF_CPP_MIN_LOG_LEVEL": "3"}


def _free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
