"""The model in use, replaced while messages are answered."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable, Sequence
from pathlib import Path

import structlog
from rasa_sdk import Action

from bot import models
from bot.dialogue.dialogue import Dialogue
from handoff import workers
from handoff.clock import new_id
from handoff.database import Database, DatabaseAway
from handoff.messages import Phrases

log = structlog.get_logger(__name__)

LOOK_SECONDS = 1.0


class ModelInUse:
    """Follows the models folder's pointer: a new model is loaded in a thread, with its own tracker store, and takes
    over between two turns. One that cannot be loaded leaves the old one in use."""

    def __init__(
        self, folder: Path, actions: Callable[[], Sequence[Action]], words: Phrases, database: Database
    ) -> None:
        self._folder = folder
        self._actions = actions
        self._words = words
        self._database = database
        self._refused: Path | None = None
        self._worker = new_id()
        self.current: Dialogue | None = None

    async def watch(self) -> None:
        """Keeps the model fresh, and this worker's heartbeat going, until cancelled."""
        beaten = 0.0
        try:
            while True:
                changed = await self.refresh()
                clock = asyncio.get_running_loop().time()
                if self.current is not None and (changed or clock - beaten >= workers.BEAT_SECONDS):
                    beaten = clock
                    await self._beat(self.current)
                await asyncio.sleep(LOOK_SECONDS)
        finally:
            await asyncio.shield(self._gone())

    async def refresh(self) -> bool:
        """Loads the current model if it is another than the one in use; True when it was replaced."""
        archive = models.current(self._folder)
        if archive is None or archive == self._refused:
            return False
        if self.current is not None and self.current.model == archive.name:
            return False
        try:
            self.current = await asyncio.to_thread(Dialogue.load, archive, self._actions(), self._words)
        except Exception as error:
            self._refused = archive
            log.error("model_not_taken", model=archive.name, error=f"{type(error).__name__}: {error}")
            return False
        # what was just loaded stays; without this the collector walks its millions of objects during turns
        gc.collect()
        gc.freeze()
        log.info("model_in_use", model=archive.name)
        self._database.signals.notify("turns")
        return True

    async def _beat(self, dialogue: Dialogue) -> None:
        try:
            await workers.beat(self._database, self._worker, dialogue.model)
        except DatabaseAway:
            log.warning("heartbeat_missed")

    async def _gone(self) -> None:
        try:
            await workers.gone(self._database, self._worker)
        except DatabaseAway:
            log.warning("farewell_missed")
