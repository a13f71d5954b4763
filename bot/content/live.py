"""The content in use, read anew when its files change; a mistake in them leaves the old content in use."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import structlog

from bot.content.check import facts
from bot.content.errors import ContentError
from bot.content.library import read
from bot.content.stamp import content_files, stamp
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
        self._seen = stamp(content_files(folder))
        self.current = self._read()

    def say(self, key: str, language: str, **values: Any) -> Said:
        return self.current.say(key, language, **values)

    def refresh(self) -> bool:
        """Reads the folder again if a file changed; True when the words are new."""
        now = stamp(content_files(self._folder))
        if now == self._seen:
            return False
        self._seen = now
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
