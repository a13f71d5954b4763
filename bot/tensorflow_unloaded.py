"""Rasa without TensorFlow, which only its own classifiers and policies (DIET, TED) use: some 370 MB of memory, and
seconds of every start.

A pipeline in `config.yml` that names one of those still gets it: what Rasa imports them through runs when it is first
used.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any

# what every component of Rasa's imports, for functions that ours have no use for; and it imports TensorFlow
_THROUGH = "rasa.utils.train_utils"


class _Later(Loader):
    """Runs a module when somebody asks for a name of its. The standard library's `LazyLoader` does so for names that
    every module has too, and `inspect` looks at those of all modules."""

    def __init__(self, loader: Loader) -> None:
        self._loader = loader

    def exec_module(self, module: ModuleType) -> None:
        def run(name: str) -> Any:
            if name.startswith("__"):
                raise AttributeError(name)
            vars(module).pop("__getattr__", None)
            try:
                self._loader.exec_module(module)
            except BaseException:
                vars(module)["__getattr__"] = run  # whoever asks next hears the reason too
                raise
            return getattr(module, name)

        vars(module)["__getattr__"] = run


class _Finder(MetaPathFinder):
    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        if name != _THROUGH:
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = _Later(spec.loader)
        return spec


def install() -> None:
    """To be called before Rasa is imported; calling it again does nothing."""
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())
