"""What the program calls things, as people at the desk read it."""

from __future__ import annotations


def words(name: str) -> str:
    """The name of an intent, a reason or a channel as words: `order_status` is Order status."""
    said = name.replace("_", " ").strip()
    return said[:1].upper() + said[1:]
