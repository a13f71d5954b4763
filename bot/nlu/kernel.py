"""A classifier by nearness in meaning: kernel ridge regression with a Gaussian kernel over unit vectors.

With few examples of many intents it tells more of them apart than a linear one (benchmarks/nlu.py). Where examples are
many, some of them stand for all (the Nyström method, Williams and Seeger 2001), and all are compared along their
principal axes only: a customer waits for every one compared.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.linalg import solve

from bot.nlu.linear import Labels, Scores

MOST = 8000
AXES = 256  # which most of what tells vectors apart lies along
WIDTH = 1.5  # of the kernel: exp(-WIDTH × distance²)
RIDGE = 0.1
_BLOCK = 4096  # rows compared at once


@dataclass(frozen=True)
class Kernel:
    """`axes` of shape (features, axes), `examples` as unit vectors along them (examples, axes), and their `weights`
    (examples, classes)."""

    classes: Labels
    axes: Scores
    examples: Scores
    weights: Scores

    def scores(self, rows: Scores) -> Scores:
        """About 1 for the right class and -1 for others; shape (rows, classes)."""
        blocks = [rows[start : start + _BLOCK] for start in range(0, len(rows), _BLOCK)]
        found = [_nearness(_unit(block @ self.axes), self.examples) @ self.weights for block in blocks]
        return np.asarray(np.vstack(found) if found else np.empty((0, len(self.classes))), dtype=np.float32)

    def over(self, classes: Labels) -> Kernel:
        """The same for more classes; those it has never seen score as what it is surest to be none of."""
        weights = np.zeros((len(self.weights), len(classes)), dtype=np.float32)
        weights[:, np.searchsorted(classes, self.classes)] = self.weights
        missing = ~np.isin(classes, self.classes)
        weights[:, missing] = self.weights.min(axis=1, keepdims=True)
        return Kernel(classes, self.axes, self.examples, weights)


def fit(rows: Scores, labels: Labels, seed: int = 0) -> Kernel:
    """One class against the rest, each.

    Args:
        rows: unit vectors, shape (examples, features).
        seed: chooses which examples stand for all where there are more than `MOST`.
    """
    classes = np.unique(labels)
    chance = np.random.default_rng(seed)
    axes = _axes(rows)
    rows = _unit(rows @ axes)
    chosen = rows[np.sort(chance.choice(len(rows), MOST, replace=False))] if len(rows) > MOST else rows
    wanted = np.where(labels[:, None] == classes, 1.0, -1.0)
    among = _nearness(chosen, chosen).astype(np.float64)
    squared, meant = RIDGE * among, np.zeros((len(chosen), len(classes)))
    for start in range(0, len(rows), _BLOCK):
        near = _nearness(rows[start : start + _BLOCK], chosen).astype(np.float64)
        squared += near.T @ near
        meant += near.T @ wanted[start : start + _BLOCK]
    squared[np.diag_indices_from(squared)] += 1e-6 * len(rows)  # two equal examples
    weights = solve(squared, meant, assume_a="pos", overwrite_a=True, check_finite=False)
    return Kernel(classes, axes, chosen, np.asarray(weights, dtype=np.float32))


def _axes(rows: Scores) -> Scores:
    """The eigenvectors of the largest eigenvalues, shape (features, axes)."""
    _, vectors = np.linalg.eigh((rows.T @ rows).astype(np.float64))
    return np.ascontiguousarray(vectors[:, ::-1][:, :AXES], dtype=np.float32)


def _unit(rows: Scores) -> Scores:
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True).clip(min=1e-9), dtype=np.float32)


def _nearness(rows: npt.NDArray[np.float32], others: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    return np.asarray(np.exp((2.0 * WIDTH) * (rows @ others.T - 1.0)), dtype=np.float32)
