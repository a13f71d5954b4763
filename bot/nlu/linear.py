"""A linear classifier: one margin for each class, by scikit-learn's LinearSVC (liblinear)."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse
from sklearn.exceptions import ConvergenceWarning
from sklearn.svm import LinearSVC

Labels = npt.NDArray[np.str_]
Scores = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Linear:
    """Weights of shape (features, classes) and a bias for each class."""

    classes: Labels
    weights: Scores
    bias: Scores

    @classmethod
    def of(cls, choice: Any) -> Linear:
        """What a scikit-learn classifier has learnt. Of two classes it keeps one row, the second's, which stands for
        both."""
        weights, bias = choice.coef_, choice.intercept_
        if len(choice.classes_) == 2:
            weights, bias = np.vstack([-weights, weights]), np.concatenate([-bias, bias])
        return cls(
            np.asarray(choice.classes_, dtype=np.str_),
            np.ascontiguousarray(weights.T, dtype=np.float32),
            np.asarray(bias, dtype=np.float32),
        )

    def scores(self, rows: scipy.sparse.csr_matrix | Scores) -> Scores:
        """Margins of shape (rows, classes)."""
        if isinstance(rows, scipy.sparse.csr_matrix) and rows.shape[0] == 1:
            made = rows.data @ self.weights[rows.indices]
            return np.asarray(made[None, :] + self.bias, dtype=np.float32)
        return np.asarray(rows @ self.weights + self.bias, dtype=np.float32)

    def over(self, classes: Labels) -> Linear:
        """The same for more classes; those it has never seen score as what it is surest to be none of."""
        weights = np.zeros((len(self.weights), len(classes)), dtype=np.float32)
        bias = np.full(len(classes), -1.0, dtype=np.float32)
        places = np.searchsorted(classes, self.classes)
        weights[:, places], bias[places] = self.weights, self.bias
        return Linear(classes, weights, bias)


def fit(rows: scipy.sparse.csr_matrix | Scores, labels: Labels, C: float) -> Linear:
    """One class against the rest, each.

    Trained to a tolerance at which accuracy has long stopped to change: seventy classes and thirty thousand messages
    take seconds.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        choice = LinearSVC(C=C, tol=0.02, max_iter=100, random_state=0).fit(rows, labels)
    return Linear.of(choice)
