"""Logs as JSON lines on standard error: ids, names and numbers, never what anybody wrote (promise 26)."""

from __future__ import annotations

import logging
import sys

import structlog


def configure(level: str) -> None:
    """Sends our own and every library's logs through one format."""
    shared: list[structlog.typing.Processor] = [
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
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    for ours in ("app", "bot", "actions", "handoff", "connectors"):
        logging.getLogger(ours).setLevel(level.upper())
    # Rasa logs and swallows what breaks inside a turn, with whatever the error quotes; the turn loop logs its kind
    logging.getLogger("rasa").setLevel(logging.CRITICAL)
    logging.captureWarnings(True)
    logging.getLogger("py.warnings").setLevel(logging.CRITICAL)
