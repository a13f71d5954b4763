"""What a message means as a vector: the English encoder for English, its student for everything else."""

from __future__ import annotations

import logging
import re
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.featurizers.dense_featurizer.dense_featurizer import DenseFeaturizer
from rasa.shared.nlu.constants import FEATURE_TYPE_SENTENCE, TEXT
from rasa.shared.nlu.training_data.features import Features
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.nlu import student, teacher
from bot.nlu.language import LANGUAGE
from bot.nlu.normalise import normalise, unnumbered
from bot.nlu.vector_file import VectorFile

logger = logging.getLogger(__name__)

TAUGHT = "en"
UNSEEN = "unseen_vector"
FORM = 6  # of the vectors kept; another one when they are made otherwise
# the share of a sentence's grams without which it is as hard for the student as one it has not met; on MASSIVE
LEARNT = 0.45
ADDRESS = r"\S+@\S+"  # of e-mail: whose it is says nothing about what is meant


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=False)
class SentenceEncoder(DenseFeaturizer, GraphComponent):
    """Adds one sentence vector: the `model`'s for English, the `student`'s for the rest, both in the same space.

    A training example that the student has learnt from also has the vector `UNSEEN`, for which the student was shown
    only a part of the grams (`LEARNT`): what asks how far vectors can be trusted asks those.

    `model` is a sentence-transformers model by name or folder; `student` a file of weights, empty for none (then the
    model encodes every language, as a multilingual one can). The latest `cache` texts are kept.
    """

    @classmethod
    def required_packages(cls) -> list[str]:
        return ["sentence_transformers"]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {
            **DenseFeaturizer.get_default_config(),
            "model": teacher.PACKAGED,
            "student": str(student.SHIPPED),
            "int8": True,
            "cache": 2048,
            "vectors": ".rasa/vectors",
        }

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> SentenceEncoder:
        return cls(config, execution_context.node_name or cls.__name__)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> SentenceEncoder:
        made = cls.create(config, model_storage, resource, execution_context)
        made._teacher()  # the first customer is not to wait for it
        return made

    @classmethod
    def validate_config(cls, config: dict[str, Any]) -> None:
        """Nothing can be told wrong before the encoder is loaded."""

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        return _made_by({**cls.get_default_config(), **config})

    def __init__(self, config: dict[str, Any], name: str) -> None:
        super().__init__(name, config)
        self._config = config
        path = Path(config["student"]) if config["student"] else None
        self._student = student.Student.load(path) if path else None
        self._loaded: teacher.Teacher | None = None
        self._known: OrderedDict[tuple[str, bool], np.ndarray[Any, Any]] = OrderedDict()

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            text = _said(message)
            if text:
                self._add(message, self._remembered(text, is_english(message)))
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Encodes all at once; what an earlier training has encoded is taken from a file."""
        messages = [message for message in training_data.training_examples if message.get(TEXT)]
        texts = [_said(message) for message in messages]
        file = VectorFile(Path(self._config["vectors"]), _made_by(self._config))
        for english in (True, False):
            places = [place for place, message in enumerate(messages) if is_english(message) is english]
            kind = "english" if english else "others"

            def encode(new: Sequence[str], english: bool = english) -> np.ndarray[Any, Any]:
                logger.info("Encoding %d texts", len(new))
                return self._encode(new, english)

            vectors = file.through(kind, [texts[place] for place in places], encode)
            for place, vector in zip(places, vectors, strict=True):
                self._add(messages[place], vector)
        if self._student is not None:
            self._mark_the_met(messages, texts, self._student, file)
        return training_data

    def _mark_the_met(
        self, messages: Sequence[Message], texts: Sequence[str], student: student.Student, file: VectorFile
    ) -> None:
        met = [
            place
            for place, message in enumerate(messages)
            if not is_english(message) and student.has_met(message.get(TEXT))
        ]

        def unseen(new: Sequence[str]) -> np.ndarray[Any, Any]:
            return student.encode(new, LEARNT)

        for place, vector in zip(met, file.through("unseen", [texts[place] for place in met], unseen), strict=True):
            messages[place].set(UNSEEN, vector)

    def _remembered(self, text: str, english: bool) -> np.ndarray[Any, Any]:
        key = (text, english)
        if key in self._known:
            self._known.move_to_end(key)
            return self._known[key]
        vector = self._encode([text], english)[0]
        self._known[key] = vector
        if len(self._known) > self._config["cache"]:
            self._known.popitem(last=False)
        return vector

    def _encode(self, texts: Sequence[str], english: bool) -> np.ndarray[Any, Any]:
        if english or self._student is None:
            return self._teacher().encode(texts)
        return self._student.encode(texts)

    def _teacher(self) -> teacher.Teacher:
        if self._loaded is None:
            self._loaded = teacher.Teacher.load(self._config["model"], self._config["int8"])
        return self._loaded

    def _add(self, message: Message, vector: np.ndarray[Any, Any]) -> None:
        message.add_features(Features(vector[None, :], FEATURE_TYPE_SENTENCE, TEXT, self._identifier))


def _said(message: Message) -> str:
    """The text without e-mail addresses, unless it has nothing else, and with one number for all long ones."""
    text = unnumbered(normalise(message.get(TEXT) or ""))
    return re.sub(ADDRESS, "", text).strip() or text


def is_english(message: Message) -> bool:
    """Whether a message is told to be in the encoder's own language; one of which nothing is told is."""
    return bool((message.get(LANGUAGE) or {}).get("name", TAUGHT) == TAUGHT)


def _made_by(config: dict[str, Any]) -> str:
    taught = student.fingerprint(Path(config["student"])) if config["student"] else ""
    return f"{FORM} {teacher.fingerprint(config['model'])} {config['int8']} {taught} {LEARNT}"
