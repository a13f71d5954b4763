"""What the customer wants: a linear classifier over grams, one by nearness in meaning, and what to do about it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import numpy.typing as npt
import scipy.sparse
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.constants import DEFAULT_NLU_FALLBACK_INTENT_NAME
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.nlu import decision, kernel, linear, trying, weighing
from bot.nlu.decision import OUT_OF_SCOPE, Thresholds
from bot.nlu.encoder import ADDRESS, UNSEEN, is_english
from bot.nlu.kernel import Kernel
from bot.nlu.language import LANGUAGE
from bot.nlu.linear import Labels, Linear

DECISION = "decision"
CLOSE = "nlu_choice"
FOREIGN = "foreign_language"
RANKING = "intent_ranking"
# what is done with it, by decision; an answer keeps its intent
_ASKED = {"ask_again": DEFAULT_NLU_FALLBACK_INTENT_NAME, "choose": CLOSE, "out_of_scope": OUT_OF_SCOPE}

# an order's number, an e-mail address, a date or nothing at all: what is meant is not in it
_MUTE = re.compile(rf"(?:{ADDRESS}|[\d\s#№.,:;/+()?!-])*")

Dense = npt.NDArray[np.float32]


# how much the meaning may count beside the grams
_SHARES = (0.0, 0.15, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0)
_ENOUGH_NEW = 5  # messages for each intent
# so large a share of messages more must be understood for a student's vectors to count more
_NEARLY = 0.004
# enough messages to learn from their encoder's vectors alone, and leave the student's, which only come near them
_ENOUGH_TAUGHT = 0.05


@dataclass(frozen=True)
class Mix:
    """What the second classifier counts beside the first, and by what their sum is divided to make probabilities."""

    share: float = 1.0
    temperature: float = 0.3


@dataclass(frozen=True)
class Trained:
    """All that is learnt: both classifiers, how they are added up for a message in English (`taught`) and in another
    language (`told`), and the thresholds."""

    rarities: npt.NDArray[np.float32] | None
    grams: Linear | None
    meaning: Kernel | None
    taught: Mix
    told: Mix
    thresholds: Thresholds

    @property
    def classes(self) -> Labels:
        found = self.grams or self.meaning
        assert found is not None
        return found.classes

    def logits(self, sparse: scipy.sparse.csr_matrix, dense: Dense, english: npt.NDArray[np.bool_]) -> Dense:
        """Of both, added up; shape (messages, classes)."""
        return _together(self, _of(self.grams, sparse), _of(self.meaning, dense), english)


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class LinearIntentClassifier(GraphComponent, IntentClassifier):
    """Margins over TF-IDF weighted grams, and nearness in meaning by sentence vectors, added up.

    The second classifier learns from the encoder's own vectors where there are any (English), since a student's come
    only near them. What it counts is found on messages held out, and so are the temperature that makes probabilities of
    scores and the thresholds of the decision.

    Sets `intent_ranking` by calibrated probability, `decision`, and `intent`: the best one; or `out_of_scope`;
    `nlu_choice` when two are close; `nlu_fallback` when none is likely; `foreign_language` when the message is in one
    that we do not serve.
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {"C": 0.5, "ranking_length": 5, "seed": 0}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> LinearIntentClassifier:
        return cls(config, model_storage, resource)

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        """The code that it stands on: Rasa looks at this class alone when it takes over what was trained before."""
        parts = (Path(module.__file__ or "") for module in (decision, kernel, linear, trying, weighing))
        code = b"".join(path.read_bytes() for path in (Path(__file__), *parts))
        return hashlib.sha256(code).hexdigest()

    def __init__(
        self,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        trained: Trained | None = None,
    ) -> None:
        self._config = config
        self._storage = model_storage
        self._resource = resource
        self._trained = trained

    def train(self, training_data: TrainingData) -> Resource:
        """Fits on all intent examples; with fewer than two intents there is nothing to choose and nothing is fitted."""
        messages = [message for message in training_data.intent_examples if message.get(INTENT)]
        intents = np.array([message.get(INTENT) for message in messages], dtype=np.str_)
        if len(set(intents)) > 1:
            sparse, dense = _features(messages)
            rarities = weighing.rarity(sparse) if sparse.shape[1] else None
            counted = weighing.weighed(sparse, rarities) if rarities is not None else sparse
            english = np.array([is_english(message) for message in messages])
            met = np.array([message.get(UNSEEN) is not None for message in messages])
            tried = self._tried(counted, dense, _unseen(messages, dense), english, intents, met)
            whole = self._fit(counted, dense, english, intents)
            self._trained = replace(tried, rarities=rarities, grams=whole.grams, meaning=whole.meaning)
        with self._storage.write_to(self._resource) as folder:
            joblib.dump(self._trained, folder / "intent.joblib")
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
            says = self._trained and not _MUTE.fullmatch(message.get(TEXT) or "")
            ranking = self._ranking(message) if says else []
            decided = decision.decide(ranking, self._trained.thresholds if self._trained else Thresholds())
            name, chance = ranking[0] if ranking else (None, 0.0)
            name = _ASKED.get(decided, name)
            if decided != "answer" and (message.get(LANGUAGE) or {}).get("foreign"):
                name = FOREIGN
            best = [{"name": one, "confidence": sure} for one, sure in ranking[: self._config["ranking_length"]]]
            message.set(INTENT, {"name": name, "confidence": chance}, add_to_output=True)
            message.set(RANKING, best, add_to_output=True)
            message.set(DECISION, decided, add_to_output=True)
        return messages

    def _ranking(self, message: Message) -> list[tuple[str, float]]:
        assert self._trained is not None
        sparse, dense = _features([message])
        rarities = self._trained.rarities
        counted = weighing.weighed(sparse, rarities) if rarities is not None else sparse
        chances = decision.softmax(self._trained.logits(counted, dense, np.array([is_english(message)])))[0]
        return [(str(self._trained.classes[place]), float(chances[place])) for place in np.argsort(-chances)]

    def _fit(
        self, sparse: scipy.sparse.csr_matrix, dense: Dense, english: npt.NDArray[np.bool_], intents: Labels
    ) -> Trained:
        """Both classifiers, yet without what is found on messages held out."""
        grams = linear.fit(sparse, intents, self._config["C"]) if sparse.shape[1] else None
        meaning = None
        if dense.shape[1]:
            enough = english.mean() >= _ENOUGH_TAUGHT and len(set(intents[english])) > 1
            rows = english if enough else np.ones(len(intents), dtype=bool)
            meaning = kernel.fit(dense[rows], intents[rows], self._config["seed"]).over(np.unique(intents))
        return Trained(None, grams, meaning, Mix(), Mix(), Thresholds())

    def _tried(
        self,
        sparse: scipy.sparse.csr_matrix,
        dense: Dense,
        unseen: Dense,
        english: npt.NDArray[np.bool_],
        intents: Labels,
        met: npt.NDArray[np.bool_],
    ) -> Trained:
        """What the meaning counts, temperature and thresholds, by what is predicted for messages that were held out."""
        trials = trying.trials(intents, self._config["seed"])
        usual = Trained(None, None, None, Mix(), Mix(), Thresholds())
        if not any(trial.known.any() for trial in trials):
            return usual  # too few to hold any out
        classes = np.unique(intents)
        by_grams: list[Dense | None] = []
        by_meaning: list[Dense | None] = []
        for trial in trials:
            fitted = self._fit(sparse[trial.seen], dense[trial.seen], english[trial.seen], intents[trial.seen])
            by_grams.append(_of(fitted.grams and fitted.grams.over(classes), sparse[trial.held]))
            by_meaning.append(_of(fitted.meaning and fitted.meaning.over(classes), unseen[trial.held]))
        held = np.concatenate([trial.held for trial in trials])
        known = np.concatenate([trial.known for trial in trials])
        grams, meaning = _stacked(by_grams), _stacked(by_meaning)
        numbers, taught = np.searchsorted(classes, intents[held]), english[held]
        told = known & ~taught
        new = told & ~met[held]  # where there are enough, only what the student has never met says what it is worth
        told = new if new.sum() >= _ENOUGH_NEW * len(classes) else told
        tried = replace(
            usual,
            taught=_mixed(grams, meaning, numbers, known & taught, known & taught, trusted=True),
            told=_mixed(grams, meaning, numbers, told, known & ~taught, trusted=False),
        )
        chances = decision.softmax(_together(tried, grams, meaning, taught))
        truth = np.where(known, intents[held], OUT_OF_SCOPE)
        return replace(tried, thresholds=decision.choose(chances, classes, truth))


def _stacked(parts: Sequence[Dense | None]) -> Dense | None:
    there = [part for part in parts if part is not None]
    return np.vstack(there) if there else None


def _of(part: Linear | Kernel | None, rows: Any) -> Dense | None:
    return part.scores(rows) if part is not None else None


def _together(
    trained: Trained, by_grams: Dense | None, by_meaning: Dense | None, english: npt.NDArray[np.bool_]
) -> Dense:
    heat = np.where(english, trained.taught.temperature, trained.told.temperature).astype(np.float32)[:, None]
    share = np.where(english, trained.taught.share, trained.told.share).astype(np.float32)[:, None]
    return np.asarray(_summed(by_grams, by_meaning, share) / heat, dtype=np.float32)


def _summed(by_grams: Dense | None, by_meaning: Dense | None, share: float | Dense) -> Dense:
    if by_grams is None or by_meaning is None:
        only = by_meaning if by_grams is None else by_grams
        assert only is not None
        return only
    return np.asarray(by_grams + share * by_meaning, dtype=np.float32)


def _mixed(
    by_grams: Dense | None,
    by_meaning: Dense | None,
    numbers: npt.NDArray[np.int64],
    rows: npt.NDArray[np.bool_],
    calibrated: npt.NDArray[np.bool_],
    trusted: bool,
) -> Mix:
    """How both are added up: the share by the messages `rows`, the temperature by those of `calibrated`."""
    share = _share(by_grams, by_meaning, numbers, rows, trusted)
    if not calibrated.any():
        return Mix(share)
    return Mix(share, decision.temperature(_summed(by_grams, by_meaning, share)[calibrated], numbers[calibrated]))


def _share(
    by_grams: Dense | None,
    by_meaning: Dense | None,
    numbers: npt.NDArray[np.int64],
    rows: npt.NDArray[np.bool_],
    trusted: bool,
) -> float:
    """What the meaning is to count. Of vectors that are `trusted`, as good for any message as for those learnt, the
    most that is wrong no more often than the best share, but for the standard error of that difference; of others the
    least with which nearly as many are right (`_NEARLY`)."""
    if by_grams is None or by_meaning is None or not rows.any():
        return Mix.share
    right = np.array([(by_grams[rows] + share * by_meaning[rows]).argmax(axis=1) == numbers[rows] for share in _SHARES])
    best = right[right.sum(axis=1).argmax()]
    lost = best.sum() - right.sum(axis=1)
    error = np.sqrt((right != best).sum(axis=1)) if trusted else np.full(len(_SHARES), _NEARLY * len(best))
    good = [share for share, one, slack in zip(_SHARES, lost, error, strict=True) if one <= slack]
    return max(good) if trusted else min(good)


def _unseen(messages: list[Message], dense: Dense) -> Dense:
    """The vectors as they would be had the student never met the messages."""
    found = [message.get(UNSEEN) for message in messages]
    return np.vstack([own if other is None else other for own, other in zip(dense, found, strict=True)])


def _features(messages: list[Message]) -> tuple[scipy.sparse.csr_matrix, Dense]:
    """All messages' sentence features, one row each; without columns for a kind that the pipeline does not make."""
    sparse = [message.get_sparse_features(TEXT)[1] for message in messages]
    dense = [message.get_dense_features(TEXT)[1] for message in messages]
    rows = len(messages)
    return (
        (
            scipy.sparse.csr_matrix(sparse[0].features)
            if rows == 1
            else scipy.sparse.vstack([one.features for one in sparse], format="csr")
        )
        if all(sparse)
        else scipy.sparse.csr_matrix((rows, 0), dtype=np.float32),
        np.vstack([one.features for one in dense]) if all(dense) else np.empty((rows, 0), dtype=np.float32),
    )
