"""Logs as JSON lines on standard error: ids, names and numbers, never what anybody wrote (promise 26).

Our own lines are written so. What others say cannot be trusted with that: libraries put requests, parameters and
whatever else into their messages, and an exception's message quotes what it stumbled over. So of a library's line only
the constant part is shown, and of an exception its kind and the way it came.
"""

from __future__ import annotations

import logging
import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

OURS = ("app", "bot", "actions", "handoff", "connectors")
# whose messages are whole sentences, with nothing of a request put into them
PLAIN_SPOKEN = ("uvicorn.error",)

log = structlog.get_logger(__name__)


def configure(level: str) -> None:
    """Sends our own and every library's logs, and what ends the program, through one format."""
    shared: list[Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[
            # by logger name, so that Rasa's own lines, which carry customers' text at debug, obey the levels below
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            use_get_message=False,
            pass_foreign_args=True,
            processors=[
                _without_words,
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _exception_without_words,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    for ours in OURS:
        logging.getLogger(ours).setLevel(level.upper())
    # Rasa logs and swallows what breaks inside a turn, with whatever the error quotes; the turn loop logs its kind
    logging.getLogger("rasa").setLevel(logging.CRITICAL)
    logging.captureWarnings(True)
    logging.getLogger("py.warnings").setLevel(logging.CRITICAL)
    # a line that cannot be put together would be shown with all its arguments
    logging.raiseExceptions = False
    # and these would print an exception as it is, message and all
    sys.excepthook = lambda _, error, __: log.critical("stopped_by_an_error", exc_info=error)
    threading.excepthook = lambda told: log.error("thread_failed", exc_info=told.exc_value)
    sys.unraisablehook = lambda told: log.error("error_ignored", exc_info=told.exc_value)


def _without_words(_: WrappedLogger, __: str, line: EventDict) -> EventDict:
    """Of a library's line, where it was written and its message before anything was put into it; ours as they are."""
    record: logging.LogRecord = line["_record"]
    values = line.pop("positional_args", ())
    if record.name.partition(".")[0] in OURS:
        if values:
            with suppress(TypeError, ValueError):  # that do not fit: the line as it is tells more than none
                line["event"] %= values
        return line
    kept = {"at": f"{record.pathname}:{record.lineno}", "event": "a library's own words"}
    if isinstance(record.msg, str) and (values or record.name in PLAIN_SPOKEN):
        kept["event"] = record.msg.strip()
    same = ("_record", "_from_structlog", "level", "logger", "timestamp", "exc_info")
    return {**kept, **{name: line[name] for name in same if name in line}}


def _exception_without_words(_: WrappedLogger, __: str, line: EventDict) -> EventDict:
    given = line.pop("exc_info", None)
    error = given[1] if isinstance(given, tuple) else given
    if error is True:
        error = sys.exception()
    if isinstance(error, BaseException):
        line["exception"] = "\n".join(_way(error, set()))
    return line


def _way(error: BaseException, seen: set[int]) -> Iterator[str]:
    """The frames that an exception came through and its kind, after those of what led to it."""
    seen.add(id(error))
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if before is not None and id(before) not in seen:
        yield from _way(before, seen)
        yield "which led to"
    for frame, number in traceback.walk_tb(error.__traceback__):
        yield f"  {frame.f_code.co_filename}:{number} in {frame.f_code.co_name}"
    yield _kind(error)
    if isinstance(error, BaseExceptionGroup):
        for one in error.exceptions:
            yield from (f"  | {line}" for line in _way(one, seen))


def _kind(error: BaseException) -> str:
    """The exception's class, and the code that its database or system gives it."""
    kind = type(error)
    name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
    driver: Any = getattr(error, "orig", error)  # SQLAlchemy's own name for what the driver raised
    for attribute in ("sqlstate", "sqlite_errorname", "errno"):
        code = getattr(driver, attribute, None)
        if code is not None:
            return f"{name} ({code})"
    return name
