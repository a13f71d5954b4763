"""The intent classifier learns a few examples, is stored, and judges the same after loading."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from nlu_testing import CONTEXT, examples, message, stored_in, trained
from rasa.engine.storage.resource import Resource
from rasa.nlu.featurizers.sparse_featurizer.count_vectors_featurizer import CountVectorsFeaturizer
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.features import Features
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.nlu.intent import LinearIntentClassifier
from bot.nlu.tokenizer import SpacyBlankTokenizer

ROWS = [
    ("where is my order", "order_status", "en"),
    ("track my parcel", "order_status", "en"),
    ("has my order been shipped", "order_status", "en"),
    ("আমার অর্ডার কোথায়", "order_status", "bn"),
    ("পার্সেল কবে পাব", "order_status", "bn"),
    ("what is your return policy", "return_policy", "en"),
    ("can I send this back", "return_policy", "en"),
    ("how long can I return things", "return_policy", "en"),
    ("জিনিস ফেরত দেওয়া যায়", "return_policy", "bn"),
    ("ফেরত দিতে কত দিন সময় পাব", "return_policy", "bn"),
    ("thanks a lot", "thank", "en"),
    ("thank you so much", "thank", "en"),
    ("অনেক ধন্যবাদ", "thank", "bn"),
    ("ধন্যবাদ ভাই", "thank", "bn"),
]


class Pipeline:
    """The features that config.yml gives the classifier, sparse; `dense` adds vectors that hold the text's length."""

    def __init__(self, folder: Path, dense: bool = False) -> None:
        self._tokenizer = SpacyBlankTokenizer(SpacyBlankTokenizer.get_default_config())
        config = {**CountVectorsFeaturizer.get_default_config(), "analyzer": "char_wb", "min_ngram": 1, "max_ngram": 4}
        storage = stored_in(folder)
        self._counts = CountVectorsFeaturizer.create(config, storage, Resource("counts"), CONTEXT)
        self._dense = dense

    def learn(self, data: TrainingData) -> TrainingData:
        self._tokenizer.process_training_data(data)
        self._counts.train(data)
        self._counts.process_training_data(data)
        for one in data.training_examples:
            self._add_dense(one)
        return data

    def see(self, text: str) -> Message:
        one = message(text)
        one.set("language", {"name": "bn" if text[:1] > "\u0980" else "en"})
        self._tokenizer.process([one])
        self._counts.process([one])
        self._add_dense(one)
        return one

    def _add_dense(self, one: Message) -> None:
        if self._dense:
            for kind, rows in (("sequence", len(one.get("text_tokens"))), ("sentence", 1)):
                vector = np.full((rows, 3), float(len(one.get(TEXT))))
                one.add_features(Features(vector, kind, TEXT, "test"))


def judged(classifier: LinearIntentClassifier, one: Message) -> dict[str, Any]:
    return classifier.process([one])[0].get("intent")


@pytest.mark.parametrize("dense", [False, True])
def test_what_was_learnt_is_known_after_loading(tmp_path: Path, dense: bool) -> None:
    pipeline = Pipeline(tmp_path / "features", dense)
    classifier = trained(LinearIntentClassifier, pipeline.learn(examples(ROWS)), tmp_path / "model")
    for text, intent, _ in ROWS:
        assert judged(classifier, pipeline.see(text))["name"] == intent
    assert judged(classifier, pipeline.see("where is the parcel"))["name"] == "order_status"
    assert judged(classifier, pipeline.see("ধন্যবাদ"))["name"] == "thank"


def test_the_stored_model_judges_exactly_as_the_trained_one(tmp_path: Path) -> None:
    pipeline = Pipeline(tmp_path / "features")
    data = pipeline.learn(examples(ROWS))
    storage, resource = stored_in(tmp_path / "model"), Resource("intent")
    config = LinearIntentClassifier.get_default_config()
    fitted = LinearIntentClassifier.create(config, storage, resource, CONTEXT)
    assert fitted.train(data) == resource
    loaded = LinearIntentClassifier.load(config, storage, resource, CONTEXT)
    for text in ("where is it", "ফেরত", "xyz"):
        rankings = [one.process([pipeline.see(text)])[0].get("intent_ranking") for one in (fitted, loaded)]
        assert rankings[0] == rankings[1]


def test_the_ranking_begins_with_the_intent_and_is_as_long_as_configured(tmp_path: Path) -> None:
    pipeline = Pipeline(tmp_path / "features")
    data = pipeline.learn(examples(ROWS))
    for length in (1, 2, 10):
        classifier = trained(LinearIntentClassifier, data, tmp_path / str(length), ranking_length=length)
        done = classifier.process([pipeline.see("track it")])[0]
        ranking = done.get("intent_ranking")
        assert len(ranking) == min(length, 3)
        assert ranking[0] == done.get("intent")
        confidences = [one["confidence"] for one in ranking]
        assert confidences == sorted(confidences, reverse=True)
    assert sum(confidences) == pytest.approx(1.0)


def test_an_empty_message_has_no_intent(tmp_path: Path) -> None:
    pipeline = Pipeline(tmp_path / "features")
    classifier = trained(LinearIntentClassifier, pipeline.learn(examples(ROWS)), tmp_path / "model")
    assert judged(classifier, message("")) == {"name": None, "confidence": 0.0}


@pytest.mark.parametrize("rows", [[], ROWS[:2]])
def test_with_fewer_than_two_intents_nothing_is_fitted_and_nothing_is_judged(
    tmp_path: Path, rows: list[tuple[str, str, str]]
) -> None:
    classifier = trained(LinearIntentClassifier, examples(rows), tmp_path / "model")
    done = classifier.process([message("where is my order")])[0]
    assert done.get("intent") == {"name": None, "confidence": 0.0}
    assert done.get("intent_ranking") == []
