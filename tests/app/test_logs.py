"""Logs are JSON lines on standard error, with ids, names and numbers."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

PROGRAM = """
import logging, sys, warnings
from app import logs
logs.configure(sys.argv[1])
import structlog
log = structlog.get_logger("handoff.test")
log.debug("fine")
log.info("turn", conversation="c1", ms=1.5, name="আমিনা")
logging.getLogger("bot.plain").warning("plain")
logging.getLogger("sqlalchemy.engine").info("select a secret")
logging.getLogger("rasa.core").error("a customer's words")
structlog.get_logger("rasa.structured").error("event", text="a customer's words")
warnings.warn("a library's words")
try:
    raise ValueError("broken")
except ValueError as error:
    log.error("failed", exc_info=error)
"""


def lines(level: str) -> list[dict]:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, level], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout == ""
    return [json.loads(line) for line in done.stderr.splitlines()]


@pytest.mark.parametrize(
    ("level", "events"),
    [("debug", ["fine", "turn", "plain", "failed"]), ("INFO", ["turn", "plain", "failed"]), ("ERROR", ["failed"])],
)
def test_only_our_own_lines_of_the_level_are_written_and_nothing_of_a_customers(level: str, events: list[str]) -> None:
    found = lines(level)
    assert [line["event"] for line in found] == events
    assert all({"level", "logger", "timestamp"} <= set(line) for line in found)
    turn = next((line for line in found if line["event"] == "turn"), None)
    if turn is not None:
        assert (turn["conversation"], turn["ms"], turn["name"], turn["level"]) == ("c1", 1.5, "আমিনা", "info")
    assert "ValueError: broken" in found[-1]["exception"]
