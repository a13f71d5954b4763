"""Rows as Rasa's training data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rasa.shared.core.domain import Domain
from rasa.shared.core.training_data.structures import StoryGraph
from rasa.shared.importers.rasa import RasaFileImporter
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from benchmarks.rows import Row, read


class RowsImporter(RasaFileImporter):  # type: ignore[misc]
    """Reads the rows in the training file; each carries its language as our content's examples do, if it has one."""

    def __init__(
        self,
        config_file: str | None = None,
        domain_path: str | None = None,
        training_data_paths: list[str] | str | None = None,
        **_: Any,
    ) -> None:
        super().__init__(config_file, None, [])
        paths = [training_data_paths] if isinstance(training_data_paths, str) else list(training_data_paths or [])
        self._files = [Path(path) for path in paths]

    def get_domain(self) -> Domain:
        return Domain.empty()

    def get_stories(self, exclusion_percentage: int | None = None) -> StoryGraph:
        return StoryGraph([])

    def get_nlu_data(self, language: str | None = "en") -> TrainingData:
        return TrainingData([_message(row) for file in self._files for row in read(file)])


def _message(row: Row) -> Message:
    data: dict[str, Any] = {TEXT: row.text, INTENT: row.intent}
    if row.language:
        data["language"] = {"name": row.language, "confidence": 1.0}
    return Message(data=data)
