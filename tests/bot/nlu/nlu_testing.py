"""Components made, trained and loaded the way Rasa does it, through its own model storage."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphSchema
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

CONTEXT = ExecutionContext(GraphSchema({}))


def trained(component: type, data: TrainingData, folder: Path, **config: Any) -> Any:
    """A component trained on `data`, stored, and loaded again from what was stored."""
    storage = stored_in(folder)
    resource = Resource(component.__name__)
    config = {**component.get_default_config(), **config}
    component.create(config, storage, resource, CONTEXT).train(data)
    return component.load(config, storage, resource, CONTEXT)


def stored_in(folder: Path) -> LocalModelStorage:
    """Rasa's own model storage in a folder, which is made."""
    folder.mkdir(parents=True, exist_ok=True)
    return LocalModelStorage.create(folder)


def examples(rows: Iterable[tuple[str, str, str]], **more: Any) -> TrainingData:
    """Training data of (text, intent, language) rows."""
    messages = [
        Message(data={TEXT: text, INTENT: intent, "language": {"name": language, "confidence": 1.0}})
        for text, intent, language in rows
    ]
    return TrainingData(training_examples=messages, **more)


def message(text: str, **metadata: Any) -> Message:
    """A customer's message as it enters the pipeline."""
    return Message(data={TEXT: text, "metadata": metadata})


def student_weights(seed: int, width: int = 8, out: int = 6, buckets: int = 64) -> dict[str, np.ndarray[Any, Any]]:
    """A student that has learnt nothing, as `bot.nlu.student.Student` takes it."""
    chance = np.random.default_rng(seed)

    def layer(*shape: int) -> np.ndarray[Any, Any]:
        return chance.normal(size=shape).astype(np.float16)

    return {
        "table": chance.integers(-127, 128, size=(buckets, width), dtype=np.int8),
        "scale": chance.uniform(0.001, 0.01, size=buckets).astype(np.float32),
        "norm_gain": layer(width),
        "norm_shift": layer(width),
        "hidden": layer(width, 12),
        "hidden_bias": layer(12),
        "out": layer(12, out),
        "out_bias": layer(out),
        "skip": layer(width, out),
    }
