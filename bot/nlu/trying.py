"""Which training messages are held out to see how well the rest is understood, and which intents are taken away whole:
without examples of what is nothing of ours, what nobody taught stands for it."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.model_selection import StratifiedKFold

from bot.nlu.decision import OUT_OF_SCOPE
from bot.nlu.linear import Labels

FOLDS = 5
FEW = 2000  # so many messages are each held out once, of more only a fifth
_ENOUGH_INTENTS = 10  # to take some of them away

Places = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Trial:
    """Places of the messages to learn from and of those to ask; `known` tells which of the latter have an intent that
    is learnt."""

    seen: Places
    held: Places
    known: npt.NDArray[np.bool_]


def trials(intents: Labels, seed: int) -> list[Trial]:
    """None where no intent has two messages."""
    classes, sizes = np.unique(intents, return_counts=True)
    folds = min(FOLDS, int(sizes.max(initial=0)))
    if folds < 2 or len(classes) < 2:
        return []
    away = _taken_away(classes, folds, seed)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The least populated class", UserWarning)
        halves = list(StratifiedKFold(folds, shuffle=True, random_state=seed).split(intents, intents))
    found = []
    for (seen, held), gone in zip(halves[: 1 if len(intents) > FEW else folds], away, strict=False):
        seen = seen[~np.isin(intents[seen], gone)]
        if len(np.unique(intents[seen])) > 1:
            found.append(Trial(seen, held, np.isin(intents[held], intents[seen])))
    return found


def _taken_away(classes: Labels, folds: int, seed: int) -> list[Labels]:
    if OUT_OF_SCOPE in classes or len(classes) < _ENOUGH_INTENTS:
        return [classes[:0]] * folds
    mixed = np.random.default_rng(seed).permutation(classes)
    return [mixed[start::FOLDS] for start in range(folds)]
