"""A message's words, pairs of words and character n-grams as sparse counts."""

from __future__ import annotations

from typing import Any

import joblib
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.featurizers.sparse_featurizer.sparse_featurizer import SparseFeaturizer
from rasa.shared.nlu.constants import FEATURE_TYPE_SENTENCE, TEXT, TEXT_TOKENS
from rasa.shared.nlu.training_data.features import Features
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from sklearn.feature_extraction.text import CountVectorizer

from bot.nlu.grams import grams
from bot.nlu.normalise import unnumbered
from bot.nlu.weighing import counted


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=True)
class GramFeaturizer(SparseFeaturizer, GraphComponent):
    """Counts of those grams that at least `min_df` training messages have.

    In place of Rasa's CountVectorsFeaturizer, whose default pattern splits Bengali and Hindi words at vowel signs, and
    which also makes features of each token, which nothing here reads.
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {**SparseFeaturizer.get_default_config(), "min_df": 2}

    @classmethod
    def validate_config(cls, config: dict[str, Any]) -> None:
        """Every number is usable."""

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> GramFeaturizer:
        return cls(config, model_storage, resource, execution_context.node_name)

    def __init__(
        self,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        name: str,
        vocabulary: dict[str, int] | None = None,
    ) -> None:
        super().__init__(name or type(self).__name__, config)
        self._min_df = config["min_df"]
        self._storage = model_storage
        self._resource = resource
        self._vocabulary = vocabulary

    def train(self, training_data: TrainingData) -> Resource:
        """Learns which grams there are; of few messages, all."""
        words = [_words(message) for message in training_data.training_examples if message.get(TEXT_TOKENS)]
        if words:
            least = self._min_df if len(words) > 100 else 1
            learnt = CountVectorizer(analyzer=grams, min_df=least).fit(words).vocabulary_
            self._vocabulary = {gram: int(place) for gram, place in learnt.items()}
        with self._storage.write_to(self._resource) as folder:
            joblib.dump(self._vocabulary, folder / "grams.joblib")
        return self._resource

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> GramFeaturizer:
        with model_storage.read_from(resource) as folder:
            vocabulary = joblib.load(folder / "grams.joblib")
        return cls(config, model_storage, resource, execution_context.node_name, vocabulary)

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        self.process(training_data.training_examples)
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            if self._vocabulary is not None and message.get(TEXT_TOKENS):
                row = counted(grams(_words(message)), self._vocabulary)
                message.add_features(Features(row, FEATURE_TYPE_SENTENCE, TEXT, self._identifier))
        return messages


def _words(message: Message) -> list[str]:
    """Its tokens, without e-mail addresses and with one number for all long ones: whose and which they are says nothing
    about what is meant."""
    return [unnumbered(token.text) for token in message.get(TEXT_TOKENS) if "@" not in token.text]
