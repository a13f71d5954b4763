"""Logs are JSON lines on standard error, with ids, names and numbers, and nothing that anybody wrote (promise 26)."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SECRET = "zq-silver-kettle"

PROGRAM = """
import logging, sys, warnings
from app import logs
logs.configure(sys.argv[1])
import structlog
log = structlog.get_logger("handoff.test")
log.debug("fine")
log.info("turn", conversation="c1", ms=1.5, name="আমিনা")
logging.getLogger("bot.plain").warning("plain")
logging.getLogger("actions.lookup").error("%s: no answer from the shop: %s", "action_order_status", "TimeoutError")
logging.getLogger("sqlalchemy.engine").info("select a secret")
logging.getLogger("rasa.core").error("a customer's words")
structlog.get_logger("rasa.structured").error("event", text="a customer's words")
warnings.warn("a library's words")
try:
    raise ValueError("broken")
except ValueError as error:
    log.error("failed", exc_info=error)
"""

LIBRARIES = """
import asyncio, gc, logging, sys, threading
from app import logs
logs.configure("DEBUG")
import structlog
SECRET = sys.argv[1]

def broken():
    try:
        int(SECRET)
    except ValueError as error:
        raise LookupError(f"nothing like {SECRET}") from error

NAMES = ("uvicorn.access", "httpx", "httpcore.http11", "asyncpg", "sqlalchemy.engine.Engine", "sqlalchemy.pool",
         "alembic", "rasa.core.processor", "rasa_sdk.executor", "asyncio", "telegram.ext", "slack_sdk.web",
         "slack_bolt.App", "aiohttp.client", "urllib3.connectionpool", "sanic.root", "sse_starlette", "nobody.knows")
for name in NAMES:
    logger, structured = logging.getLogger(name), structlog.get_logger(name)
    for level in ("debug", "info", "warning", "error", "critical"):
        getattr(logger, level)(f"sent {SECRET}")
        getattr(logger, level)("sent %s with %d", SECRET, 5)
        getattr(logger, level)("sent %(what)s", {"what": SECRET})
        getattr(logger, level)("sent %d", SECRET)
        getattr(logger, level)(LookupError(SECRET))
        getattr(structured, level)(SECRET, url=SECRET)
        try:
            broken()
        except LookupError as error:
            getattr(logger, level)("failed", exc_info=True, stack_info=True)
            getattr(logger, level)("failed with %s", error, exc_info=error)
            getattr(structured, level)("failed", error=error, exc_info=True)
logging.getLogger("uvicorn.error").warning("Invalid HTTP request received.")
logging.getLogger("handoff.plain").error("broken %d", SECRET)

log = structlog.get_logger("handoff.test")
for shape in (True, None):
    try:
        broken()
    except LookupError as error:
        log.error("failed", exc_info=shape or error)
try:
    raise ExceptionGroup(SECRET, [OSError(28, SECRET), KeyError(SECRET)])
except ExceptionGroup as error:
    log.error("several", exc_info=error)

async def unheard():
    task = asyncio.create_task(asyncio.to_thread(broken))
    await asyncio.sleep(0.2)
    del task
    gc.collect()
asyncio.run(unheard())
thread = threading.Thread(target=broken)
thread.start()
thread.join()

class Stubborn:
    def __del__(self):
        broken()
Stubborn()
broken()
"""


def lines(program: str, argument: str, code: int = 0) -> list[dict]:
    done = subprocess.run(
        [sys.executable, "-c", program, argument], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert (done.stdout, done.returncode) == ("", code)
    return [json.loads(line) for line in done.stderr.splitlines()]


PLAIN = ["plain", "action_order_status: no answer from the shop: TimeoutError", "failed"]


@pytest.mark.parametrize(
    ("level", "events"), [("debug", ["fine", "turn", *PLAIN]), ("INFO", ["turn", *PLAIN]), ("ERROR", PLAIN[1:])]
)
def test_only_our_own_lines_of_the_level_are_written_and_nothing_of_a_customers(level: str, events: list[str]) -> None:
    found = lines(PROGRAM, level)
    assert [line["event"] for line in found] == events
    assert all({"level", "logger", "timestamp"} <= set(line) for line in found)
    turn = next((line for line in found if line["event"] == "turn"), None)
    if turn is not None:
        assert (turn["conversation"], turn["ms"], turn["name"], turn["level"]) == ("c1", 1.5, "আমিনা", "info")
    assert found[-1]["exception"] == "  <string>:16 in <module>\nValueError"


def test_whatever_libraries_and_errors_say_their_words_are_in_no_line() -> None:
    found = lines(LIBRARIES, SECRET, code=1)
    assert SECRET not in json.dumps(found, ensure_ascii=False)
    libraries = [line for line in found if line["logger"] == "nobody.knows"]
    # who said it and where is there all the same, from warnings on
    assert {line["level"] for line in libraries} == {"warning", "error", "critical"}
    assert {line["event"] for line in libraries} >= {"sent %s with %d", "failed with %s", "a library's own words"}
    assert all(line["at"].startswith("<string>:") for line in libraries)
    assert not [line for line in found if line["logger"].startswith("rasa.") and line["level"] != "critical"]
    assert [line["event"] for line in found if line["logger"] == "handoff.plain"] == ["broken %d"]
    assert [line["event"] for line in found if line["logger"] == "uvicorn.error"] == ["Invalid HTTP request received."]


def test_an_error_is_told_by_its_kind_and_the_way_it_came() -> None:
    found = lines(LIBRARIES, SECRET, code=1)
    way = "ValueError\nwhich led to\n"
    ours = [line for line in found if line["logger"] == "handoff.test"]
    assert [line["event"] for line in ours] == ["failed", "failed", "several"]
    for line in ours[:2]:
        assert way in line["exception"]
        assert line["exception"].endswith(" in broken\nLookupError")
    assert ours[2]["exception"].endswith("ExceptionGroup\n  | OSError (28)\n  | KeyError")
    ended = {line["event"]: line for line in found if line["logger"] == "app.logs"}
    assert set(ended) == {"thread_failed", "error_ignored", "stopped_by_an_error"}
    assert all(way in line["exception"] for line in ended.values())
    unheard = [line for line in found if line["logger"] == "asyncio" and way in line.get("exception", "")]
    assert unheard
