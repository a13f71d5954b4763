"""The intent classifier learns a few examples, is stored, judges the same after loading, and says when it is unsure."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import joblib
import numpy as np
import pytest
import yaml
from nlu_testing import CONTEXT, examples, message, stored_in, trained
from rasa.engine.storage.resource import Resource
from rasa.nlu.featurizers.sparse_featurizer.count_vectors_featurizer import CountVectorsFeaturizer
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.features import Features
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from actions import understanding
from bot.nlu.decision import Thresholds
from bot.nlu.intent import CLOSE, FOREIGN, LinearIntentClassifier
from bot.nlu.tokenizer import SpacyBlankTokenizer

ROOT = Path(__file__).parents[3]
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
    """The features that config.yml gives the classifier, sparse; `dense` adds unit vectors by the text's length."""

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
                angle = len(one.get(TEXT)) / 10
                vector = np.tile(np.array([np.cos(angle), np.sin(angle)]), (rows, 1))
                one.add_features(Features(vector, kind, TEXT, "test"))


def judged(classifier: LinearIntentClassifier, one: Message) -> dict[str, Any]:
    return classifier.process([one])[0].get("intent")


def likeliest(classifier: LinearIntentClassifier, one: Message) -> str:
    """The best of the ranking, whatever is done about it."""
    name: str = classifier.process([one])[0].get("intent_ranking")[0]["name"]
    return name


@pytest.mark.parametrize("dense", [False, True])
def test_what_was_learnt_is_known_after_loading(tmp_path: Path, dense: bool) -> None:
    pipeline = Pipeline(tmp_path / "features", dense)
    classifier = trained(LinearIntentClassifier, pipeline.learn(examples(ROWS)), tmp_path / "model")
    for text, intent, _ in [*ROWS, ("where is the parcel", "order_status", "en"), ("ধন্যবাদ", "thank", "bn")]:
        assert likeliest(classifier, pipeline.see(text)) == intent


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
        assert ranking[0]["confidence"] == done.get("intent")["confidence"]
        confidences = [one["confidence"] for one in ranking]
        assert confidences == sorted(confidences, reverse=True)
    assert sum(confidences) == pytest.approx(1.0)


def test_an_empty_message_is_asked_about(tmp_path: Path) -> None:
    pipeline = Pipeline(tmp_path / "features")
    classifier = trained(LinearIntentClassifier, pipeline.learn(examples(ROWS)), tmp_path / "model")
    assert judged(classifier, message("")) == {"name": "nlu_fallback", "confidence": 0.0}


@pytest.mark.parametrize("rows", [[], ROWS[:2]])
def test_with_fewer_than_two_intents_nothing_is_fitted_and_nothing_is_judged(
    tmp_path: Path, rows: list[tuple[str, str, str]]
) -> None:
    classifier = trained(LinearIntentClassifier, examples(rows), tmp_path / "model")
    done = classifier.process([message("where is my order")])[0]
    assert done.get("intent") == {"name": "nlu_fallback", "confidence": 0.0}
    assert done.get("intent_ranking") == []


class Saying:
    """A classifier whose ranking is what a test says, to see what it makes of it."""

    def __init__(self, folder: Path, thresholds: Thresholds) -> None:
        self._storage, self._resource = stored_in(folder), Resource("intent")
        self._trained: Any = SimpleNamespace(thresholds=thresholds)

    def about(self, chances: dict[str, float], **language: object) -> Message:
        config = LinearIntentClassifier.get_default_config()
        classifier = LinearIntentClassifier(config, self._storage, self._resource, self._trained)
        ranking = sorted(chances.items(), key=lambda one: -one[1])
        classifier._ranking = lambda _: ranking  # type: ignore[method-assign]
        one = message("some words")
        one.set("language", {"name": "es", "confidence": 0.5, "foreign": None, **language})
        return classifier.process([one])[0]


@pytest.fixture
def saying(tmp_path: Path) -> Saying:
    return Saying(tmp_path / "saying", Thresholds(certain=0.5, pair=0.6, outside=0.4))


SURE = {"order_status": 0.9, "thank": 0.1}
TWO = {"order_status": 0.45, "return_policy": 0.35, "thank": 0.2}
UNSURE = {"order_status": 0.3, "return_policy": 0.25, "thank": 0.23, "out_of_scope": 0.22}
OUTSIDE = {"order_status": 0.55, "out_of_scope": 0.45}


@pytest.mark.parametrize(
    ("chances", "decided", "name"),
    [
        (SURE, "answer", "order_status"),
        (TWO, "choose", "nlu_choice"),
        (UNSURE, "ask_again", "nlu_fallback"),
        (OUTSIDE, "out_of_scope", "out_of_scope"),
    ],
)
def test_what_is_decided_is_told_and_names_the_intent(
    saying: Saying, chances: dict[str, float], decided: str, name: str
) -> None:
    done = saying.about(chances)
    best = max(chances, key=lambda intent: chances[intent])
    assert done.get("decision") == decided
    assert done.get("intent")["name"] == name
    assert done.get("intent")["confidence"] == pytest.approx(chances[best], abs=1e-3)
    assert done.get("intent_ranking")[0]["name"] == best


@pytest.mark.parametrize("chances", [TWO, UNSURE, OUTSIDE])
def test_what_is_not_clear_in_a_language_that_we_do_not_serve_is_told_so(
    saying: Saying, chances: dict[str, float]
) -> None:
    done = saying.about(chances, foreign="pt")
    assert done.get("intent")["name"] == "foreign_language"
    assert done.get("decision") != "answer"


def test_what_is_clear_is_answered_in_whatever_language(saying: Saying) -> None:
    assert saying.about(SURE, foreign="pt").get("intent")["name"] == "order_status"


def test_probabilities_are_softer_by_the_temperature_and_add_up_to_one(tmp_path: Path) -> None:
    pipeline = Pipeline(tmp_path / "features")
    data = pipeline.learn(examples(ROWS))
    classifier = trained(LinearIntentClassifier, data, tmp_path / "model", ranking_length=10)
    assert classifier._trained is not None
    confidences = []
    for temperature in (0.5, 1.0, 4.0):
        mix = replace(classifier._trained.taught, temperature=temperature)
        classifier._trained = replace(classifier._trained, taught=mix)
        ranking = classifier.process([pipeline.see("where is my order")])[0].get("intent_ranking")
        assert sum(one["confidence"] for one in ranking) == pytest.approx(1.0)
        confidences.append(ranking[0]["confidence"])
    assert confidences == sorted(confidences, reverse=True)


def test_the_same_examples_give_the_same_model(tmp_path: Path) -> None:
    pipeline = Pipeline(tmp_path / "features", dense=True)
    data = pipeline.learn(examples(ROWS))
    first, second = (trained(LinearIntentClassifier, data, tmp_path / name)._trained for name in ("1", "2"))
    assert joblib.hash(first) == joblib.hash(second)


def test_intents_with_too_few_examples_to_hold_any_out_keep_the_default_thresholds(tmp_path: Path) -> None:
    pipeline = Pipeline(tmp_path / "features")
    few = [row for row in ROWS if row[2] == "en" and row[1] != "return_policy"][:4]
    classifier = trained(LinearIntentClassifier, pipeline.learn(examples(few)), tmp_path / "model")
    assert classifier._trained.thresholds == Thresholds()
    assert likeliest(classifier, pipeline.see("where is my order")) == "order_status"


def test_the_names_of_what_is_not_clear_are_the_same_everywhere() -> None:
    assert (understanding.CLOSE, understanding.FOREIGN) == (CLOSE, FOREIGN)
    domain = yaml.safe_load((ROOT / "domain.yml").read_text(encoding="utf-8"))
    rules = yaml.safe_load((ROOT / "data" / "rules.yml").read_text(encoding="utf-8"))["rules"]
    answered = {rule["steps"][0].get("intent"): rule["steps"][1].get("action") for rule in rules}
    assert {understanding.CLOSE, understanding.FOREIGN} <= set(domain["intents"])
    assert answered[understanding.CLOSE] == understanding.ActionOfferTwo().name()
    assert answered[understanding.FOREIGN] == understanding.ActionForeignLanguage().name()
