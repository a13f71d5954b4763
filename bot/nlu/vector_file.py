"""Vectors of texts kept between trainings, so that only new examples are encoded."""

from __future__ import annotations

import hashlib
import os
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

Encode = Callable[[Sequence[str]], np.ndarray[Any, Any]]


class VectorFile:
    """A folder of one file for each kind of vector and maker; another maker (other weights) begins a new one."""

    def __init__(self, folder: Path, maker: str) -> None:
        self._folder = folder
        self._maker = hashlib.sha256(maker.encode()).hexdigest()[:16]

    def through(self, kind: str, texts: Sequence[str], encode: Encode) -> np.ndarray[Any, Any]:
        """The vectors of `texts`, those not kept yet made by `encode`. What is no longer asked for is let go."""
        if not texts:
            return np.empty((0, 0), dtype=np.float32)
        kept = self._read(kind)
        keys = [hashlib.sha256(text.encode()).digest()[:16].hex() for text in texts]
        new = {key: text for key, text in zip(keys, texts, strict=True) if key not in kept}
        if new:
            kept |= dict(zip(new, encode(list(new.values())).astype(np.float16), strict=True))
        found = np.vstack([kept[key] for key in keys]).astype(np.float32)
        if new or len(kept) > len(set(keys)):
            self._write(kind, dict.fromkeys(keys), kept)
        return found

    def _path(self, kind: str) -> Path:
        return self._folder / f"{kind}-{self._maker}.npz"

    def _read(self, kind: str) -> dict[str, np.ndarray[Any, Any]]:
        try:
            with np.load(self._path(kind)) as stored:
                return dict(zip(stored["keys"].tolist(), stored["vectors"], strict=True))
        except (FileNotFoundError, KeyError, ValueError, OSError, zipfile.BadZipFile):
            return {}  # it saves time and holds nothing that cannot be made again

    def _write(self, kind: str, keys: dict[str, None], kept: dict[str, np.ndarray[Any, Any]]) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        for old in self._folder.glob(f"{kind}-*.npz"):
            if old != self._path(kind):
                old.unlink(missing_ok=True)
        draft = self._folder / f".{kind}-{os.getpid()}.npz"
        np.savez(draft, keys=np.array(list(keys)), vectors=np.vstack([kept[key] for key in keys]))
        draft.replace(self._path(kind))
