"""Results in Markdown."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from benchmarks.nlu_runs import Result
from benchmarks.nlu_scores import Scores, mean

ARM_NAMES = {"ours": "ours", "stock": "stock Rasa", "tfidf": "TF-IDF"}
COLUMNS = (
    "rows learnt / asked",
    "in scope",
    "answered",
    "at once",
    "without rejecting",
    "macro-F1",
    "out of scope: recall",
    "precision",
    "AUROC",
    "MCC",
    "offered two",
    "right among them",
    "asked again",
    "ms p50 / p95",
    "training, s",
    "memory, MB",
)
Arms = Mapping[str, Result]


def full(cases: Sequence[tuple[str, Arms]]) -> str:
    """Every measure; a row for each case and arm."""
    rows = [
        (title if first else "", ARM_NAMES[arm], *_cells(result))
        for title, arms in cases
        for first, (arm, result) in _marked(arms)
    ]
    return table(("", "", *COLUMNS), rows)


def by_column(
    rows: Sequence[tuple[str, Mapping[str, float | None]]], columns: Sequence[str], average: bool = True
) -> str:
    """One figure for each row and column, with their mean."""
    head = ("", *columns, *(("mean",) if average else ()))
    return table(
        head,
        [
            (name, *(share(found.get(column)) for column in columns))
            + ((share(mean([found.get(column) for column in columns])),) if average else ())
            for name, found in rows
        ],
    )


def variants(cases: Sequence[tuple[str, Arms]], measure: Callable[[Scores], float | None]) -> str:
    """One measure by the rows' language, for each case and arm that has it."""
    rows: list[tuple[str, Mapping[str, float | None]]] = []
    for title, arms in cases:
        for arm, result in arms.items():
            found = {code: measure(one) for code, one in result.languages.items()}
            if any(value is not None for value in found.values()):
                rows.append((f"{title}: {ARM_NAMES[arm]}", found))
    columns = list(dict.fromkeys(code for _, found in rows for code in found))
    return by_column(rows, columns) if rows else ""


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def share(value: float | None) -> str:
    """.941, and – where there is nothing to say."""
    if value is None:
        return "–"
    return f"{value:.3f}".replace("0.", ".", 1)


def _cells(result: Result) -> list[str]:
    one = result.scores
    inside = (one.accuracy, one.answered, one.at_once, one.unrejected, one.macro_f1)
    outside = (one.recall, one.precision, one.auroc, one.mcc)
    times = "–" if one.p50 is None or one.p95 is None else f"{one.p50:.1f} / {one.p95:.1f}"
    return [
        f"{result.training_rows} / {one.rows}",
        *map(share, (*inside, *outside, one.offered, one.pair, one.asked)),
        times,
        f"{result.training_seconds:.1f}",
        f"{result.peak_megabytes:.0f}",
    ]


def _marked(arms: Arms) -> list[tuple[bool, tuple[str, Result]]]:
    return [(place == 0, one) for place, one in enumerate(arms.items())]
