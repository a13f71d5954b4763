"""What broke inside Rasa during a turn: it logs and swallows errors of actions and words, so they are kept here."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_failures: ContextVar[list[Exception] | None] = ContextVar("failures", default=None)


@contextmanager
def collected() -> Iterator[None]:
    """Raises the first failure that was noted inside the block when it ends."""
    failures: list[Exception] = []
    token = _failures.set(failures)
    try:
        yield
    finally:
        _failures.reset(token)
    if failures:
        raise failures[0]


def note(error: Exception) -> None:
    """Keeps `error` for the turn that runs now."""
    failures = _failures.get()
    if failures is not None:
        failures.append(error)
