"""What `make bench-nlu` measures: public data sets from a folder, and our own content."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.nlu_arms import ROOT
from benchmarks.rows import BadRows, Row, read
from benchmarks.splits import Split, few, folds, held_out
from bot.content.library import Library
from bot.content.library import read as read_content

EACH = 10
LOCALES = ("en-US", "bn-BD", "hi-IN", "es-ES", "fr-FR", "de-DE")
DEV_QUESTIONS = ROOT / "tests" / "nlu" / "dev"
# the page that has the table may not be written yet
GET_THEM = "docs/benchmarks-nlu.md (or SOURCES in benchmarks/nlu_page.py) says where they come from."
BASE = "en"  # the variant that is there alone in the zero-shot case


@dataclass(frozen=True)
class Case:
    """One measurement: `how` says what is asked of what, `splits` reads the rows when its turn comes; `told` that the
    messages come with their language."""

    name: str
    title: str
    how: str
    splits: Callable[[], list[Split]]
    told: bool = False


def public(folder: Path, fold_count: int | None = None) -> list[Case]:
    """The data sets under `folder`. Where a set has a test file that is asked, else its dev file, else part of train:
    `fold_count` folds, by default a fifth of banking77 and five folds of the small HINT3 sets.

    Raises:
        BadRows: a training file is missing.
    """
    cases = [_set("banking77", "banking77", folder / "banking77", "", fold_count)]
    cases.append(_set("clinc150", "clinc150", folder / "clinc150", "", fold_count))
    cases.append(_set("hwu64-10", "HWU64, 10 examples", folder / "hwu64-10", "", fold_count))
    for name in ("sofmattress", "curekart", "powerplay11"):
        cases.append(_set(f"hint3-{name}", f"HINT3 {name}", folder / "hint3", f"{name}.", fold_count or 5))
    for locale in LOCALES:
        one = _set(f"massive-{locale}", locale, folder / "massive", f"{locale}.", fold_count)
        cases += [one, _with_few(one)]
    return cases


def ours(fold_count: int = 5, root: Path = ROOT, questions: Path = DEV_QUESTIONS) -> list[Case]:
    """Our own content in all its variants; the development questions only where they are there."""
    asked = sorted(questions.glob("*.jsonl"))

    def test() -> list[Row]:
        return [row for path in asked for row in read(path)]

    def content() -> list[Row]:
        return content_rows(read_content(root / "data"))

    cases = [
        Case(
            "content-folds",
            "our content, folds",
            f"{fold_count} folds, parallel lines in one fold, trained on all variants together",
            lambda: folds(content(), fold_count),
        ),
        Case(
            "content-plain-folds",
            "our content, plain folds",
            f"{fold_count} folds, every line by itself, trained on all variants together",
            lambda: folds([replace(row, id=None) for row in content()], fold_count),
        ),
    ]
    if asked:
        cases.append(
            Case(
                "content-dev",
                "our content, development questions",
                "trained on all examples of all variants; questions of tests/nlu/dev asked",
                lambda: [(content(), test())],
            )
        )
        cases.append(
            Case(
                "content-zero-shot",
                "our content, English alone",
                "trained on the English examples alone; questions of tests/nlu/dev asked, their language told",
                lambda: [([row for row in content() if row.language == BASE], test())],
                told=True,  # nothing is learnt about languages here; a shop's other content would tell them
            )
        )
    return cases


def content_rows(library: Library) -> list[Row]:
    """Every example of every question and variant; lines that say the same carry the same id."""
    return [
        Row(one.text, question.intent, code, one.id)
        for question in library.questions.values()
        for code, examples in question.examples.items()
        for one in examples
    ]


def given(train: Path, dev: Path | None, test: Path | None, fold_count: int) -> Case:
    """Files that somebody gave: the test file is asked, else the dev file, else folds of the training file."""
    learnt, asked = read(train), test or dev
    if asked:
        pair = (learnt, read(asked))
        return Case(train.stem, train.name, f"{asked.name} asked", lambda: [pair])
    return Case(train.stem, train.name, f"{fold_count} folds", lambda: folds(learnt, fold_count))


def _set(name: str, title: str, folder: Path, prefix: str, fold_count: int | None) -> Case:
    train = folder / f"{prefix}train.jsonl"
    if not train.is_file():
        raise BadRows(f"{train}: there is no such file of the data sets. {GET_THEM}")
    kinds = (kind for kind in ("test", "dev") if (folder / f"{prefix}{kind}.jsonl").is_file())
    kind = next(kinds, None)
    if kind:
        asked = folder / f"{prefix}{kind}.jsonl"
        return Case(name, title, f"{kind} asked", lambda: [(read(train), read(asked))])
    if fold_count:
        return Case(name, title, f"{fold_count} folds of train", lambda: folds(read(train), fold_count))
    return Case(name, title, "a fifth of train asked", lambda: [held_out(read(train))])


def _with_few(case: Case) -> Case:
    def splits() -> list[Split]:
        return [(few(train, EACH), test) for train, test in case.splits()]

    name = case.name.replace("massive-", f"massive-{EACH}-")
    return replace(case, name=name, how=f"{EACH} examples an intent, {case.how}", splits=splits)


def chosen(cases: Sequence[Case], only: Sequence[str]) -> list[Case]:
    """Those whose name begins with one of `only`; all when it is empty.

    Raises:
        BadRows: one of `only` begins no name.
    """
    for start in only:
        if not any(case.name.startswith(start) for case in cases):
            raise BadRows(f"--only {start}: nothing is called so. There are {', '.join(case.name for case in cases)}.")
    return [case for case in cases if not only or case.name.startswith(tuple(only))]
