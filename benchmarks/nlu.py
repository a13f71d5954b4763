"""Understanding measured: our pipeline, stock Rasa and TF-IDF side by side on any labelled messages.

    python -m benchmarks.nlu --train a.jsonl [--dev b.jsonl] [--test c.jsonl] [--json found.json]
    python -m benchmarks.nlu --all FOLDER [--only NAME …]

`--all` takes the public data sets under FOLDER and our own content, and writes docs/benchmarks-nlu.md. With `--only`,
the cases whose names begin so are measured anew and the others kept from results/nlu.json.
"""

from __future__ import annotations

import argparse
import json
import platform
import shlex
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path

import psutil

from benchmarks.nlu_arms import ARMS, ROOT
from benchmarks.nlu_cases import DEV_QUESTIONS, GET_THEM, Case, chosen, given, ours, public
from benchmarks.nlu_page import Measured, page
from benchmarks.nlu_runs import CORES, ArmFailed, Result, run
from benchmarks.nlu_tables import full, variants
from benchmarks.rows import BadRows

KEPT = ROOT / "results" / "nlu.json"
PAGE = ROOT / "docs" / "benchmarks-nlu.md"


def measure(case: Case, arms: Sequence[str], command: str) -> Measured:
    """One case through the arms; an arm that fails is told and left out."""
    _tell(f"{case.name}: {case.how}")
    splits = case.splits()
    found: dict[str, Result] = {}
    for arm in arms:
        try:
            found[arm] = run(arm, splits, case.told, _tell)
        except ArmFailed as error:
            _tell(str(error))
    return Measured(case.title, case.how, date.today().isoformat(), machine(), command, found)


def machine() -> str:
    """What it ran on."""
    memory = psutil.virtual_memory().total / 2**30
    cores = psutil.cpu_count() or CORES
    used = f", {CORES} used" if cores > CORES else ""
    return f"{cores} cores ({platform.machine()}){used}, {memory:.0f} GiB, Python {platform.python_version()}"


def told(one: Measured) -> str:
    """A case for the terminal."""
    title = f"{one.title} ({one.how})"
    parts = [full([(title, one.arms)])]
    for heading, table in (
        ("in-scope accuracy by language", variants([(one.title, one.arms)], lambda scores: scores.accuracy)),
        ("language told", variants([(one.title, one.arms)], lambda scores: scores.language)),
    ):
        parts += [f"{heading}:\n\n{table}"] if table else []
    return "\n\n".join(parts) + "\n"


def save(path: Path, measured: Mapping[str, Measured]) -> None:
    """All cases as JSON: figures, none of the rows."""
    path.parent.mkdir(parents=True, exist_ok=True)
    raw = {"cases": {name: one.as_dict() for name, one in measured.items()}}
    path.write_text(json.dumps(raw, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def load(path: Path) -> dict[str, Measured]:
    """What `save` wrote, nothing where there is no file."""
    if not path.exists():
        return {}
    raw = json.loads(path.read_text(encoding="utf-8"))
    return {name: Measured.from_dict(one) for name, one in raw["cases"].items()}


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    arms = [arm for arm in ARMS if arm not in options.skip]
    try:
        cases = _cases(options)
    except BadRows as error:
        print(error, file=sys.stderr)
        return 2
    measured = load(KEPT) if options.all and options.only else {}
    order = [case.name for case in _all(options)] if options.all else []
    whole = True
    for case in cases:
        try:
            one = measure(case, arms, _command(options))
        except BadRows as error:
            print(error, file=sys.stderr)
            return 2
        whole = whole and len(one.arms) == len(arms)
        print(told(one), flush=True)
        measured[case.name] = one
        measured = {name: measured[name] for name in sorted(measured, key=_place(order))}
        # after each case: hours of measuring are not lost with the last one
        for path in [*([KEPT] if options.all else []), *([options.json] if options.json else [])]:
            save(path, measured)
        if options.all:
            PAGE.write_text(page(measured), encoding="utf-8")
    return 0 if whole else 1


def _cases(options: argparse.Namespace) -> list[Case]:
    if not options.all:
        return [given(options.train, options.dev, options.test, options.folds or 5)]
    if not DEV_QUESTIONS.is_dir():
        _tell(f"{DEV_QUESTIONS} is not there: our content is measured in folds only.")
    return chosen(_all(options), options.only)


def _all(options: argparse.Namespace) -> list[Case]:
    """Without the folder, our own content can still be asked for."""
    mine = ours(options.folds or 5)
    if options.only and all(any(case.name.startswith(start) for case in mine) for start in options.only):
        return mine
    if not options.all.is_dir():
        raise BadRows(
            f"{options.all}: there is no such folder of data sets. {GET_THEM} "
            "Give yours with make bench-nlu NLU_SETS=folder, or measure our own content alone with --only content."
        )
    return [*public(options.all, options.folds), *mine]


def _place(order: Sequence[str]) -> Callable[[str], int]:
    places = {name: place for place, name in enumerate(order)}
    return lambda name: places.get(name, -1)


def _command(options: argparse.Namespace) -> str:
    """What was typed, the names of folders and files left out."""
    parts = ["python", "-m", "benchmarks.nlu"]
    parts += ["--all", "FOLDER"] if options.all else ["--train", options.train.name]
    for name in ("dev", "test"):
        path = getattr(options, name)
        parts += [f"--{name}", path.name] if path else []
    for name in ("skip", "only"):
        parts += [f"--{name}", *getattr(options, name)] if getattr(options, name) else []
    return shlex.join([*parts, *(["--folds", str(options.folds)] if options.folds else [])])


def _folds(text: str) -> int:
    count = int(text)
    if count < 2:
        raise argparse.ArgumentTypeError("at least 2")
    return count


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--train", type=Path, metavar="FILE", help="rows to learn")
    source.add_argument("--all", type=Path, metavar="FOLDER", help="every public data set there, and our content")
    parser.add_argument("--dev", type=Path, metavar="FILE", help="rows to ask when there is no --test")
    parser.add_argument("--test", type=Path, metavar="FILE", help="rows to ask")
    parser.add_argument("--folds", type=_folds, help="for what has nothing else to ask (5)")
    parser.add_argument("--skip", nargs="+", choices=ARMS, default=[], help="arms to leave out; stock takes minutes")
    parser.add_argument("--only", nargs="+", metavar="NAME", default=[], help="with --all: beginnings of cases' names")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    return parser


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
