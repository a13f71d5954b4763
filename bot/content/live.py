"""The content in use, read anew when its files change; a mistake in them leaves the old content in use."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import structlog

from bot.content.check import facts
from bot.content.errors import ContentError
from bot.content.library import read
from bot.content.words import Words
from handoff.messages import Said

log = structlog.get_logger(__name__)


class LiveWords:
    """What is said now: implements `handoff.messages.Phrases` over the words last read without a mistake."""

    def __init__(self, folder: Path, zone: str = "UTC") -> None:
        """Reads the folder.

        Raises:
            ContentError: it has a mistake; at the first reading there is nothing older to use.
        """
        self._folder = folder
        self._zone = zone
        self._seen = _stamp(folder)
        self.current = self._read()

    def say(self, key: str, language: str, **values: Any) -> Said:
        return self.current.say(key, language, **values)

    def refresh(self) -> bool:
        """Reads the folder again if a file changed; True when the words are new."""
        stamp = _stamp(self._folder)
        if stamp == self._seen:
            return False
        self._seen = stamp
        try:
            self.current = self._read()
        except ContentError as error:
            log.error("content_not_taken", problems=[str(problem) for problem in error.problems])
            return False
        log.info("content_reloaded")
        return True

    def _read(self) -> Words:
        library = read(self._folder)
        problems = facts(library)
        if problems:
            raise ContentError(problems)
        return Words(library, self._zone)

    async def watch(self, seconds: float = 1.0) -> None:
        """Keeps the words fresh until cancelled."""
        while True:
            await asyncio.sleep(seconds)
            await asyncio.to_thread(self.refresh)


def _stamp(folder: Path) -> frozenset[tuple[str, int, int]]:
    """Which content files there are, with their times (ns) and sizes (bytes)."""
    found = []
    for path in (*folder.glob("faq/*/*.yml"), *folder.glob("phrases/*.yml"), folder / "shop.yml"):
        try:
            status = path.stat()
        except FileNotFoundError:
            continue
        found.append((str(path), status.st_mtime_ns, status.st_size))
    return frozenset(found)
