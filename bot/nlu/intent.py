"""What the customer wants: a linear classifier over sparse and dense sentence features."""

from __future__ import annotations

from typing import Any

import joblib
import numpy as np
import scipy.sparse
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import normalize


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class LinearIntentClassifier(GraphComponent, IntentClassifier):
    """One logistic regression for each intent on the message's sentence features: counts weighted by TF-IDF, dense
    vectors by `dense_weight`, each block of length one.

    One for each (liblinear) rather than one for all: it trains in seconds instead of minutes.
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {"C": 20.0, "dense_weight": 1.5, "ranking_length": 5, "max_iter": 300}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> LinearIntentClassifier:
        return cls(config, model_storage, resource)

    def __init__(
        self,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        model: tuple[TfidfTransformer | None, LogisticRegression] | None = None,
    ) -> None:
        self._config = config
        self._storage = model_storage
        self._resource = resource
        self._model = model

    def train(self, training_data: TrainingData) -> Resource:
        """Fits on all intent examples; with fewer than two intents there is nothing to choose and nothing is fitted."""
        messages = [message for message in training_data.intent_examples if message.get(INTENT)]
        intents = [message.get(INTENT) for message in messages]
        if len(set(intents)) > 1:
            sparse, dense = _features(messages)
            weights = TfidfTransformer(sublinear_tf=True).fit(sparse) if sparse is not None else None
            matrix = self._matrix(weights, sparse, dense)
            choice = LogisticRegression(C=self._config["C"], max_iter=self._config["max_iter"], solver="liblinear")
            self._model = (weights, choice.fit(matrix, intents))
        with self._storage.write_to(self._resource) as folder:
            joblib.dump(self._model, folder / "intent.joblib")
        return self._resource

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> LinearIntentClassifier:
        with model_storage.read_from(resource) as folder:
            return cls(config, model_storage, resource, joblib.load(folder / "intent.joblib"))

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            ranking = self._ranking(message) if self._model and message.get(TEXT) else []
            message.set("intent", ranking[0] if ranking else {"name": None, "confidence": 0.0}, add_to_output=True)
            message.set("intent_ranking", ranking, add_to_output=True)
        return messages

    def _ranking(self, message: Message) -> list[dict[str, Any]]:
        assert self._model is not None
        weights, choice = self._model
        sparse, dense = _features([message])
        chances = choice.predict_proba(self._matrix(weights, sparse, dense))[0]
        best = np.argsort(chances)[::-1][: self._config["ranking_length"]]
        return [{"name": str(choice.classes_[place]), "confidence": float(chances[place])} for place in best]

    def _matrix(
        self,
        weights: TfidfTransformer | None,
        sparse: scipy.sparse.csr_matrix | None,
        dense: np.ndarray[Any, Any] | None,
    ) -> scipy.sparse.csr_matrix:
        blocks = []
        if weights is not None and sparse is not None:
            blocks.append(weights.transform(sparse))
        if dense is not None:
            blocks.append(scipy.sparse.csr_matrix(normalize(dense) * self._config["dense_weight"]))
        return scipy.sparse.hstack(blocks, format="csr") if len(blocks) > 1 else blocks[0]


def _features(messages: list[Message]) -> tuple[scipy.sparse.csr_matrix | None, np.ndarray[Any, Any] | None]:
    """All messages' sentence features, one row each: sparse and dense, None for a kind the pipeline does not make."""
    sparse = [message.get_sparse_features(TEXT)[1] for message in messages]
    dense = [message.get_dense_features(TEXT)[1] for message in messages]
    return (
        scipy.sparse.vstack([one.features for one in sparse], format="csr").astype(np.float64) if all(sparse) else None,
        np.vstack([one.features for one in dense]) if all(dense) else None,
    )
