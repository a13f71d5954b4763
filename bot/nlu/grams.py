"""Pieces of a text that languages without a model of their own share: words, pairs of words, character n-grams."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import scipy.sparse
from sklearn.feature_extraction.text import HashingVectorizer

from bot.nlu.normalise import normalise

SHORTEST, LONGEST = 2, 5


def grams(words: Sequence[str]) -> list[str]:
    """Every word, every pair of neighbours, and each word's n-grams of 2 to 5 characters, with a space around it."""
    found = [f"w:{word}" for word in words]
    found += [f"p:{first} {second}" for first, second in itertools.pairwise(words)]
    for word in words:
        padded = f" {word} "
        for size in range(SHORTEST, LONGEST + 1):
            if len(padded) <= size:
                found.append(padded)
                break
            found.extend(padded[start : start + size] for start in range(len(padded) - size + 1))
    return found


class HashedGrams:
    """Texts as rows of `buckets` weights: 1 + log of each gram's count, of length one."""

    def __init__(self, buckets: int) -> None:
        self.buckets = buckets
        self._hasher = HashingVectorizer(
            analyzer=_of_text, n_features=buckets, alternate_sign=False, norm=None, dtype=np.float32
        )

    def rows(self, texts: Sequence[str]) -> scipy.sparse.csr_matrix:
        """A matrix of shape (texts, buckets), float32."""
        matrix = self._hasher.transform(texts)
        matrix.data = 1.0 + np.log(matrix.data)
        lengths = np.sqrt(matrix.multiply(matrix).sum(axis=1).A.ravel())
        lengths[lengths == 0.0] = 1.0
        return scipy.sparse.csr_matrix(scipy.sparse.diags(1.0 / lengths).dot(matrix), dtype=np.float32)


def _of_text(text: str) -> list[str]:
    return grams(normalise(text).lower().split())
