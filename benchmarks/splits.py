"""Rows parted into what is learnt from and what is asked: by intent, the same at every run."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence

from benchmarks.rows import Row

SEED = 20261122
Split = tuple[list[Row], list[Row]]


def folds(rows: Sequence[Row], count: int = 5, seed: int = SEED) -> list[Split]:
    """`count` pairs of (training rows, test rows); every row is in one test part. Each intent is spread evenly over the
    parts, and rows with the same intent and id stay together.

    Raises:
        ValueError: fewer than two folds.
    """
    if count < 2:
        raise ValueError(f"{count} folds leave nothing to learn from; use at least 2.")
    numbers = _numbers(rows, count, seed)
    return [
        (
            [row for row, number in zip(rows, numbers, strict=True) if number != fold],
            [row for row, number in zip(rows, numbers, strict=True) if number == fold],
        )
        for fold in range(count)
    ]


def held_out(rows: Sequence[Row], part: int = 5, seed: int = SEED) -> Split:
    """One `part`-th of the rows to ask, the rest to learn from: the first of that many folds."""
    return folds(rows, part, seed)[0]


def few(rows: Sequence[Row], each: int, seed: int = SEED) -> list[Row]:
    """At most `each` rows of every intent, drawn at random; files parallel line by line give the same lines."""
    chosen: set[int] = set()
    for intent, places in _by_intent(rows).items():
        chosen.update(random.Random(f"{seed} {intent}").sample(places, min(each, len(places))))
    return [row for place, row in enumerate(rows) if place in chosen]


def _numbers(rows: Sequence[Row], count: int, seed: int) -> list[int]:
    """The fold of every row."""
    numbers = [0] * len(rows)
    whole = [0] * count
    for intent, places in sorted(_by_intent(rows).items()):
        groups: dict[object, list[int]] = defaultdict(list)
        for place in places:
            name = rows[place].id
            groups[place if name is None else name].append(place)
        dealt = list(groups.values())
        random.Random(f"{seed} {intent}").shuffle(dealt)
        dealt.sort(key=len, reverse=True)  # large groups first, so that small ones even the parts out
        mine = [0] * count
        for group in dealt:
            fold = min(range(count), key=lambda number: (mine[number], whole[number], number))
            mine[fold] += len(group)
            whole[fold] += len(group)
            for place in group:
                numbers[place] = fold
    return numbers


def _by_intent(rows: Sequence[Row]) -> dict[str, list[int]]:
    places: dict[str, list[int]] = defaultdict(list)
    for place, row in enumerate(rows):
        places[row.intent].append(place)
    return places
