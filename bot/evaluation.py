"""Understanding measured on labelled messages: accuracy by language, confusions and the worst examples."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Judged:
    """One labelled message and what the model made of it."""

    text: str
    wanted: str
    got: str | None
    confidence: float
    language: str


def report(judged: Iterable[Judged], worst: int = 10) -> dict[str, Any]:
    """Accuracy over all and by language, the most frequent confusions, and the most confident mistakes."""
    judged = list(judged)
    by_language: Mapping[str, list[Judged]] = defaultdict(list)
    for one in judged:
        by_language[one.language].append(one)
    return {
        "messages": len(judged),
        "accuracy": _accuracy(judged),
        "languages": {
            language: {
                "messages": len(ones),
                "accuracy": _accuracy(ones),
                "worst": [
                    {"text": one.text, "wanted": one.wanted, "got": one.got, "confidence": round(one.confidence, 3)}
                    for one in sorted(_wrong(ones), key=lambda one: -one.confidence)[:worst]
                ],
            }
            for language, ones in sorted(by_language.items())
        },
        "confusions": [
            {"wanted": wanted, "got": got, "times": times}
            for (wanted, got), times in Counter((one.wanted, one.got) for one in _wrong(judged)).most_common(2 * worst)
        ],
    }


def _accuracy(judged: list[Judged]) -> float | None:
    return round(1 - len(_wrong(judged)) / len(judged), 4) if judged else None


def _wrong(judged: list[Judged]) -> list[Judged]:
    return [one for one in judged if one.got != one.wanted]
