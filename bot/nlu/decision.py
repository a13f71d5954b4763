"""What follows from how sure the classifier is: answer, offer two, ask again, or say that it is nothing of ours.

The thresholds come from predictions on training messages that were held out, by what each outcome is worth to a
customer; nobody sets them by hand.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

Decision = Literal["answer", "choose", "ask_again", "out_of_scope"]
Chances = npt.NDArray[np.float64]
OUT_OF_SCOPE = "out_of_scope"

# What an outcome is worth: a right answer 1, a wrong one as much lost; two offered with the right one among them half
# an answer; being asked again a small loss. Of what is nothing of ours, saying so is right.
RIGHT, WRONG, OFFERED, OFFERED_WRONG, ASKED = 1.0, -1.0, 0.4, -0.3, -0.1
# Of real messages at least this share is nothing of ours, however few of the examples are.
OUTSIDE_SHARE = 0.1
_CERTAIN = (0.0, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.7, 0.8, 0.9)
_PAIR = (0.3, 0.4, 0.5, 0.6, 0.7, 1.1)
_OUTSIDE = (0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 1.1)


@dataclass(frozen=True)
class Thresholds:
    """On probabilities. `certain`: from here on the best is answered; below it, two are offered if together they reach
    `pair`; otherwise the customer is asked again. `outside`: from here on it is nothing of ours, whatever is best."""

    certain: float = 0.3
    pair: float = 0.5
    outside: float = 0.5


def decide(ranking: Sequence[tuple[str, float]], thresholds: Thresholds) -> Decision:
    """Of intents by falling probability."""
    if not ranking:
        return "ask_again"
    (best, chance), *others = ranking
    if best == OUT_OF_SCOPE or dict(ranking).get(OUT_OF_SCOPE, 0.0) >= thresholds.outside:
        return "out_of_scope"
    if chance >= thresholds.certain:
        return "answer"
    second = next((other for name, other in others if name != OUT_OF_SCOPE), 0.0)
    return "choose" if second and chance + second >= thresholds.pair else "ask_again"


def choose(chances: Chances, classes: npt.NDArray[np.str_], truth: npt.NDArray[np.str_]) -> Thresholds:
    """The thresholds worth most on messages that the classifier had not seen.

    Args:
        chances: (messages, classes), each row a probability distribution.
    """
    outside = classes == OUT_OF_SCOPE
    foreign = chances[:, outside].sum(axis=1)
    ours = np.where(outside, -1.0, chances)
    order = np.argsort(-ours, axis=1)[:, :2]
    first, second = np.take_along_axis(ours, order, axis=1).T if order.shape[1] > 1 else (ours.max(axis=1), 0.0)
    named = classes[order]
    right = named[:, 0] == truth
    among = (named == truth[:, None]).any(axis=1)
    nothing = truth == OUT_OF_SCOPE
    weights = np.where(nothing, _weight(int(nothing.sum()), len(truth)), 1.0)

    def worth(certain: float, pair: float, limit: float) -> float:
        said = (foreign >= limit) | (foreign > first)
        answered = ~said & (first >= certain)
        offered = ~said & ~answered & (first + second >= pair)
        asked = ~said & ~answered & ~offered
        total = np.where(said, np.where(nothing, RIGHT, WRONG), 0.0)
        total += np.where(answered, np.where(right, RIGHT, WRONG), 0.0)
        total += np.where(offered, np.where(among, OFFERED, OFFERED_WRONG), 0.0)
        return float(np.average(total + asked * ASKED, weights=weights))

    usual = Thresholds()
    # of equals the ones nearest to the usual: where few are held out, nothing extreme follows from a single one
    grid = sorted(
        itertools.product(_CERTAIN, _PAIR, _OUTSIDE),
        key=lambda one: abs(one[0] - usual.certain) + abs(one[1] - usual.pair) + abs(one[2] - usual.outside),
    )
    return Thresholds(*max(grid, key=lambda one: round(worth(*one), 3)))


def _weight(outside: int, count: int) -> float:
    """What each message that is nothing of ours counts for, so that together they have their share."""
    if not 0 < outside < count:
        return 1.0
    return max(1.0, OUTSIDE_SHARE / (1.0 - OUTSIDE_SHARE) * (count - outside) / outside)


def temperature(logits: npt.NDArray[np.float32], truth: npt.NDArray[np.int64]) -> float:
    """By which logits are divided so that probabilities say how often they are right (Guo et al. 2017, "On Calibration
    of Modern Neural Networks"): the least log loss on messages that were held out."""
    rows = np.arange(len(truth))

    def loss(divisor: float) -> float:
        scaled = logits / divisor
        scaled -= scaled.max(axis=1, keepdims=True)
        return float((np.log(np.exp(scaled).sum(axis=1)) - scaled[rows, truth]).mean())

    return float(min(np.geomspace(0.2, 5.0, 65), key=loss))


def softmax(logits: npt.NDArray[np.float32]) -> Chances:
    """Probabilities by row."""
    scaled = np.asarray(logits, dtype=np.float64)
    scaled = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    return np.asarray(scaled / scaled.sum(axis=1, keepdims=True))
