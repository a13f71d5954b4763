"""TF-IDF without scikit-learn's checks, which cost a waiting customer more than the sum itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import numpy.typing as npt
import scipy.sparse


def counted(pieces: Iterable[str], vocabulary: Mapping[str, int]) -> scipy.sparse.csr_matrix:
    """How often each known piece occurs: one row."""
    found = [place for piece in pieces if (place := vocabulary.get(piece)) is not None]
    places, counts = np.unique(np.array(found, dtype=np.int32), return_counts=True)
    bounds = np.array([0, len(places)], dtype=np.int32)
    return scipy.sparse.csr_matrix((counts.astype(np.float32), places, bounds), shape=(1, len(vocabulary)))


def rarity(counts: scipy.sparse.csr_matrix) -> npt.NDArray[np.float32]:
    """What each column weighs, by the number of rows that have it: log((1 + rows) / (1 + those)) + 1."""
    having = np.bincount(counts.indices, minlength=counts.shape[1])
    return np.asarray(np.log((1 + counts.shape[0]) / (1 + having)) + 1.0, dtype=np.float32)


def weighed(counts: scipy.sparse.csr_matrix, rarities: npt.NDArray[np.float32]) -> scipy.sparse.csr_matrix:
    """(1 + log count) × rarity, each row of length one."""
    weights = (1.0 + np.log(counts.data)) * rarities[counts.indices]
    rows = np.repeat(np.arange(counts.shape[0]), np.diff(counts.indptr))
    lengths = np.sqrt(np.bincount(rows, weights=weights**2, minlength=counts.shape[0])).clip(min=1e-9)
    weights = np.asarray(weights / lengths[rows], dtype=np.float32)
    return scipy.sparse.csr_matrix((weights, counts.indices, counts.indptr), shape=counts.shape)
