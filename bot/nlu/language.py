"""Which language a message is written in, kept steady through a conversation."""

from __future__ import annotations

import re
from typing import Any

import joblib
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline

from bot.nlu.normalise import normalise

LANGUAGE = "language"
_ADDRESS = re.compile(r"\S*(?:@|://)\S*")
_WORD = re.compile(r"[^\W\d_]+(?:[\u0900-\u09ff]+)*")


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_TOKENIZER, is_trainable=True)
class LanguageIdentifier(GraphComponent):
    """Sets `language` of each message: {"name", "confidence", "chosen"}.

    A character n-gram model over the content's own examples. The message's metadata may carry the conversation's
    `language`, which stays unless this message says clearly otherwise (`keep_below`, and at least `min_letters`
    letters), and `language_chosen`, when the customer picked it and nothing overrules it.
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {"keep_below": 0.8, "min_letters": 5}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> LanguageIdentifier:
        return cls(config, model_storage, resource)

    def __init__(
        self, config: dict[str, Any], model_storage: ModelStorage, resource: Resource, model: Pipeline | None = None
    ) -> None:
        self._config = config
        self._storage = model_storage
        self._resource = resource
        self._model = model

    def train(self, training_data: TrainingData) -> Resource:
        """Fits on every example that carries its language."""
        examples = [(message.get(TEXT), message.get(LANGUAGE)) for message in training_data.intent_examples]
        texts = [_prepared(text) for text, language in examples if language]
        languages = [language["name"] for _, language in examples if language]
        if len(set(languages)) > 1:
            self._model = Pipeline(
                [
                    ("grams", TfidfVectorizer(analyzer="char_wb", ngram_range=(1, 4), min_df=2, sublinear_tf=True)),
                    ("choice", LogisticRegression(C=10, max_iter=200, class_weight="balanced")),
                ]
            ).fit(texts, languages)
        with self._storage.write_to(self._resource) as folder:
            joblib.dump((self._model, languages[0] if languages else "en"), folder / "language.joblib")
        return self._resource

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> LanguageIdentifier:
        with model_storage.read_from(resource) as folder:
            model, _default = joblib.load(folder / "language.joblib")
        return cls(config, model_storage, resource, model)

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Training examples carry their language already."""
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            metadata = message.get("metadata") or {}
            message.set(LANGUAGE, self._identify(message.get(TEXT) or "", metadata), add_to_output=True)
        return messages

    def _identify(self, text: str, metadata: dict[str, Any]) -> dict[str, Any]:
        current = metadata.get("language")
        if current and (metadata.get("language_chosen") or text.startswith("/")):
            return {"name": current, "confidence": 1.0}
        prepared = _prepared(text)
        if self._model is None or not prepared.strip():
            return {"name": current or "en", "confidence": 0.0}
        chances = self._model.predict_proba([prepared])[0]
        best = int(chances.argmax())
        name, confidence = str(self._model.classes_[best]), float(chances[best])
        words = prepared.split()
        # "ok", "thanks", a name or a product: one Latin word is typed in any language
        loan = len(words) < 2 and prepared.isascii()
        unclear = confidence < self._config["keep_below"] or sum(map(len, words)) < self._config["min_letters"]
        if current and name != current and (loan or unclear):
            return {"name": current, "confidence": confidence}
        return {"name": name, "confidence": confidence}


def _prepared(text: str) -> str:
    """Only the words: numbers, punctuation and addresses say nothing about the language."""
    return " ".join(_WORD.findall(_ADDRESS.sub(" ", normalise(text).lower())))
