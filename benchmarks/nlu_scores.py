"""How well an arm understood: the usual measures, in and out of scope."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.metrics import (
    accuracy_score,
    f1_score,
    matthews_corrcoef,
    precision_score,
    recall_score,
    roc_auc_score,
)

from benchmarks.rows import OUT_OF_SCOPE, Row

# what stands in place of an intent when a message gets no answer of its own
ASKED_AGAIN = "nlu_fallback"
REJECTED = frozenset({OUT_OF_SCOPE, ASKED_AGAIN, "foreign_language", None})
CHOICE = "nlu_choice"  # two are offered, the best first
LONG_ENOUGH = 3  # words of a message whose language can be told


@dataclass(frozen=True)
class Prediction:
    """What an arm made of one message. `ranking` holds intents with their confidence; `decision` is our pipeline's:
    answer, choose, ask_again or out_of_scope."""

    intent: str | None
    ranking: Sequence[tuple[str, float]]
    milliseconds: float
    language: str | None = None
    decision: str | None = None

    @property
    def label(self) -> str:
        """The intent; the best one in scope where two were offered or the customer was asked again; `out_of_scope` when
        that was said, or nothing."""
        name = self.inside[0][0] if self.intent in (CHOICE, ASKED_AGAIN) else self.intent
        return OUT_OF_SCOPE if name is None or name in REJECTED else name

    @property
    def rejected(self) -> bool:
        """Whether no intent was taken for meant: out of scope, foreign or asked again."""
        return self.intent in REJECTED or self.label == OUT_OF_SCOPE

    @property
    def inside(self) -> list[tuple[str | None, float]]:
        """The two best intents that are in scope, with their confidence; where there is none, no intent and 0."""
        found = [one for one in self.ranking if one[0] not in REJECTED and one[0] != CHOICE]
        best: list[tuple[str | None, float]] = [*sorted(found, key=lambda one: -one[1])[:2]]
        return best or [(None, 0.0)]


@dataclass(frozen=True)
class Scores:
    """None where the rows do not say: no row in scope, none out of scope, no language, no decision.

    `accuracy` is over the rows in scope, by the best intent, one called out of scope being wrong; `answered` the same
    where being asked again is wrong too, `at_once` where two being offered is wrong as well, and `unrejected` by the
    best intent in scope in any case. `pair` is the share of the offers made in scope that had
    the right one among the two.
    `macro_f1` is over the intents in scope that the rows have. Of rejecting: `recall`, `precision`, `mcc`, and `auroc`
    with 1 - the best confidence in scope as the score. `offered` and `asked` are shares of all rows, `language` the
    share of messages of three words or more whose language was told, times milliseconds.
    """

    rows: int
    outside: int
    accuracy: float | None
    answered: float | None
    unrejected: float | None
    at_once: float | None
    pair: float | None
    macro_f1: float | None
    recall: float | None
    precision: float | None
    auroc: float | None
    mcc: float | None
    offered: float | None
    asked: float | None
    language: float | None
    p50: float | None
    p95: float | None


def score(rows: Sequence[Row], predictions: Sequence[Prediction]) -> Scores:
    """Of predictions in the order of their rows."""
    pairs = list(zip(rows, predictions, strict=True))
    inside = [(row, one) for row, one in pairs if row.intent != OUT_OF_SCOPE]
    wanted = [row.intent for row, _ in inside]
    recall, precision, auroc, mcc = _rejecting(rows, predictions)
    times = [one.milliseconds for one in predictions]
    return Scores(
        rows=len(pairs),
        outside=len(pairs) - len(inside),
        accuracy=float(accuracy_score(wanted, [one.label for _, one in inside])) if inside else None,
        answered=_share([one.label == row.intent and not one.rejected for row, one in inside]),
        unrejected=float(accuracy_score(wanted, [one.inside[0][0] or "" for _, one in inside])) if inside else None,
        at_once=_share(
            [one.label == row.intent and not one.rejected and one.decision != "choose" for row, one in inside]
        ),
        pair=_share([row.intent in dict(one.inside) for row, one in inside if one.decision == "choose"]),
        macro_f1=_macro_f1(rows, predictions, sorted(set(wanted))),
        recall=recall,
        precision=precision,
        auroc=auroc,
        mcc=mcc,
        offered=_decided("choose", predictions),
        asked=_decided("ask_again", predictions),
        language=_languages(pairs),
        p50=float(np.percentile(times, 50)) if times else None,
        p95=float(np.percentile(times, 95)) if times else None,
    )


def mean(values: Sequence[float | None]) -> float | None:
    """Of those that are known."""
    known = [value for value in values if value is not None]
    return math.fsum(known) / len(known) if known else None


def _macro_f1(rows: Sequence[Row], predictions: Sequence[Prediction], intents: list[str]) -> float | None:
    if not intents:
        return None
    wanted, got = [row.intent for row in rows], [one.label for one in predictions]
    return float(f1_score(wanted, got, labels=intents, average="macro", zero_division=0))


def _rejecting(
    rows: Sequence[Row], predictions: Sequence[Prediction]
) -> tuple[float | None, float | None, float | None, float | None]:
    """Recall, precision, AUROC and Matthews correlation of telling what is out of scope."""
    outside = [row.intent == OUT_OF_SCOPE for row in rows]
    rejected = [one.rejected for one in predictions]
    if not any(outside):
        return None, None, None, None
    recall = float(recall_score(outside, rejected))
    precision = float(precision_score(outside, rejected)) if any(rejected) else None
    if all(outside):
        return recall, precision, None, None
    doubts = [1.0 - one.inside[0][1] for one in predictions]
    return recall, precision, float(roc_auc_score(outside, doubts)), float(matthews_corrcoef(outside, rejected))


def _decided(decision: str, predictions: Sequence[Prediction]) -> float | None:
    decisions = [one.decision for one in predictions]
    return _share([one == decision for one in decisions]) if any(decisions) else None


def _languages(pairs: Sequence[tuple[Row, Prediction]]) -> float | None:
    told = [
        row.language == one.language
        for row, one in pairs
        if row.language and one.language and len(row.text.split()) >= LONG_ENOUGH
    ]
    return _share(told)


def _share(right: Sequence[bool]) -> float | None:
    return sum(right) / len(right) if right else None
