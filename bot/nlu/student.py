"""The student: texts of all our languages placed where the English encoder would place their English meaning.

Knowledge distillation over parallel sentences (Reimers and Gurevych 2020, "Making Monolingual Sentence Embeddings
Multilingual Using Knowledge Distillation"), into a network small enough to ship: hashed n-grams, their mean, one hidden
layer. `bot/nlu/distil.py` trains it; here it is only used, with numpy alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.special import erf

from bot.nlu.grams import HashedGrams
from bot.nlu.normalise import normalise

Vectors = npt.NDArray[np.float32]
SHIPPED = Path(__file__).parent / "weights" / "student.npz"


class Student:
    """Weights by name: `table` (buckets, width) int8 and `scale` (buckets,) its steps; `norm_gain`, `norm_shift`;
    `hidden`, `hidden_bias`, `out`, `skip`, `out_bias`, float16. `met`, where it is known, holds the marks
    (`mark`) of all texts that it has learnt from."""

    def __init__(self, weights: Mapping[str, npt.NDArray[np.generic]]) -> None:
        self._table = weights["table"]
        self._scale = weights["scale"].astype(np.float32)
        self._met = set(weights["met"].tolist()) if "met" in weights else set()
        others = ("table", "scale", "met")
        self._layers = {name: weights[name].astype(np.float32) for name in weights if name not in others}
        self._grams = HashedGrams(len(self._table))

    @classmethod
    def load(cls, path: Path = SHIPPED) -> Student:
        """Reads weights that `bot/nlu/distil.py` wrote.

        Raises:
            FileNotFoundError: there are none.
        """
        with np.load(path) as stored:
            return cls({name: stored[name] for name in stored.files})

    def has_met(self, text: str) -> bool:
        """Whether it has learnt from this very text."""
        return mark(text) in self._met

    def encode(self, texts: Sequence[str], dropped: float = 0.0) -> Vectors:
        """Vectors of length one in the encoder's space, shape (texts, encoder's width).

        Args:
            dropped: the share of grams to leave out, by chance but always the same. A sentence that the student has
                learnt from is then about as hard for it as one that it has never seen.
        """
        rows = self._grams.rows(texts)
        for start, end in pairwise(rows.indptr) if dropped else ():
            chance = np.random.default_rng(int(rows.indices[start:end].sum()))  # the text's own, whatever is beside it
            rows.data[start:end] *= chance.random(end - start) >= dropped
        mean = np.zeros((len(texts), self._table.shape[1]), dtype=np.float32)
        for place in range(len(texts)):
            start, end = rows.indptr[place], rows.indptr[place + 1]
            used = rows.indices[start:end]
            weight = rows.data[start:end] * self._scale[used]
            mean[place] = weight @ self._table[used].astype(np.float32)
        layer = self._layers
        mean -= mean.mean(axis=1, keepdims=True)
        mean /= np.sqrt(mean.var(axis=1, keepdims=True) + 1e-5)
        mean = mean * layer["norm_gain"] + layer["norm_shift"]
        hidden = mean @ layer["hidden"] + layer["hidden_bias"]
        hidden *= 0.5 * (1.0 + erf(hidden / np.sqrt(2.0).astype(np.float32)))  # GELU
        out = hidden @ layer["out"] + mean @ layer["skip"] + layer["out_bias"]
        return np.asarray(out / np.linalg.norm(out, axis=1, keepdims=True).clip(min=1e-9), dtype=np.float32)


def mark(text: str) -> int:
    """What tells a text from nearly all others: 32 bits."""
    return int.from_bytes(hashlib.blake2b(normalise(text).lower().encode(), digest_size=4).digest())


@cache
def fingerprint(path: Path = SHIPPED) -> str:
    """SHA-256 of the weights file, empty when there is none."""
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else ""
