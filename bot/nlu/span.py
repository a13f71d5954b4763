"""A stretch of a message and what it means."""

from __future__ import annotations

from typing import NamedTuple


class Span(NamedTuple):
    """Characters `start` to `end` of the text, and the value in its one written form."""

    start: int
    end: int
    value: str
