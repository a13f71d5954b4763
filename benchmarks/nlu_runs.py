"""Arms run one after the other, each in a process of its own on the same two cores, and what they add up to."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.nlu_arms import ROOT, Found
from benchmarks.nlu_scores import Prediction, Scores, mean, score
from benchmarks.rows import Row, write
from benchmarks.splits import Split

CORES = 2
Tell = Callable[[str], None]


class ArmFailed(Exception):
    """An arm's process ended badly; the message carries the end of its log."""


@dataclass(frozen=True)
class Result:
    """One arm on all splits of a case: the predictions of all test parts together, the mean seconds of training, the
    largest memory. `languages` are the scores by the rows' language."""

    scores: Scores
    languages: Mapping[str, Scores]
    training_rows: int
    training_seconds: float
    peak_megabytes: float

    def as_dict(self) -> dict[str, Any]:
        """For JSON: numbers only, none of the rows."""
        return asdict(self)

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any]) -> Result:
        """What `as_dict` gave."""
        languages = {code: Scores(**one) for code, one in raw["languages"].items()}
        return cls(**{**raw, "scores": Scores(**raw["scores"]), "languages": languages})


def run(arm: str, splits: Sequence[Split], told: bool = False, tell: Tell = lambda line: None) -> Result:
    """Trains and asks one arm on every split; `told` says whether messages come with their language.

    Raises:
        ArmFailed: a process ended badly.
    """
    rows: list[Row] = []
    predictions: list[Prediction] = []
    found = []
    for number, (train, test) in enumerate(splits, start=1):
        tell(f"  {arm} {number}/{len(splits)}: {len(train)} rows to learn, {len(test)} to ask")
        one = _in_a_process(arm, train, test, told)
        rows.extend(test)
        predictions.extend(one.predictions)
        found.append(one)
    return Result(
        scores=score(rows, predictions),
        languages=by_language(rows, predictions),
        training_rows=round(mean([len(train) for train, _ in splits]) or 0),
        training_seconds=mean([one.training_seconds for one in found]) or 0.0,
        peak_megabytes=max(one.peak_megabytes for one in found),
    )


def by_language(rows: Sequence[Row], predictions: Sequence[Prediction]) -> dict[str, Scores]:
    """The scores of every language that rows carry."""
    codes = sorted({row.language for row in rows if row.language})
    pairs = list(zip(rows, predictions, strict=True))
    return {
        code: score(
            [row for row, _ in pairs if row.language == code], [one for row, one in pairs if row.language == code]
        )
        for code in codes
    }


def _in_a_process(arm: str, train: Sequence[Row], test: Sequence[Row], told: bool) -> Found:
    with tempfile.TemporaryDirectory(prefix="nlu-") as name:
        folder = Path(name)
        write(folder / "train.jsonl", train)
        write(folder / "test.jsonl", test)
        log = folder / "log"
        with log.open("wb") as out:
            command = [*_pinned(), sys.executable, "-m", "benchmarks.nlu_arms", arm, name, *(["told"] if told else [])]
            done = subprocess.run(command, cwd=ROOT, env=_environment(folder), stdout=out, stderr=out)
        if done.returncode != 0:
            end = log.read_text(encoding="utf-8", errors="replace")[-20_000:]
            raise ArmFailed(f"The arm {arm} ended with {done.returncode}:\n{end}")
        raw = json.loads((folder / "found.json").read_text(encoding="utf-8"))
    predictions = [Prediction(**{**one, "ranking": [tuple(pair) for pair in one["ranking"]]}) for one in
                   raw["predictions"]]  # fmt: skip
    return Found(raw["training_seconds"], raw["peak_megabytes"], predictions)


def _pinned() -> list[str]:
    """The first two cores that we may use, where the system can pin a process."""
    if not hasattr(os, "sched_getaffinity") or shutil.which("taskset") is None:
        return []
    return ["taskset", "-c", ",".join(map(str, sorted(os.sched_getaffinity(0))[:CORES]))]


def _environment(folder: Path) -> dict[str, str]:
    ours = {name: value for name, value in os.environ.items() if not name.startswith("SHOHAY_")}
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), str(CORES))
    return {
        **ours,
        **threads,
        "PYTHONPATH": os.pathsep.join(filter(None, [str(ROOT), ours.get("PYTHONPATH")])),
        "RASA_TELEMETRY_ENABLED": "false",
        "RASA_CACHE_DIRECTORY": str(folder / "cache"),  # or a training would take over what an earlier one made
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "LOG_LEVEL": "WARNING",
    }
