"""The models folder: which models there are, which one is in use, and whether the content has moved on since."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from pathlib import Path

from bot.content.library import read
from bot.content.stamp import Stamp, content_files, stamp

CURRENT = "current"
COMPONENTS = Path(__file__).parent
KEPT = 5  # trained models, the newest; going back to one is writing its name into the pointer


@dataclass(frozen=True)
class Manifest:
    """What stands beside a model's archive.

    Attributes:
        fingerprint: of all that was trained on; see `fingerprint`.
        trained_at: ISO 8601, UTC.
        seconds: the whole training's.
        stages: seconds of each stage, the next training's estimate.
    """

    name: str
    fingerprint: str
    trained_at: str
    seconds: float
    examples: int
    intents: int
    languages: tuple[str, ...]
    rasa: str
    stages: dict[str, float] = field(default_factory=dict)


def fingerprint(root: Path) -> str:
    """A hash over everything a model is made from: questions, rules, stories, domain, configuration, our components.

    Answers and phrases are not in it: they are read live, so changing one needs no training.
    """
    return _fingerprint(root, stamp([*content_files(root / "data"), *_files(root)]))


@lru_cache(maxsize=4)
def _fingerprint(root: Path, _stamp: Stamp) -> str:
    """Looked for every few seconds, so files that have not changed are not read again."""
    library = read(root / "data")
    digest = hashlib.sha256()
    for intent, question in sorted(library.questions.items()):
        digest.update(f"{intent}:{question.handoff}:{bool(question.answers)}\n".encode())
        for code, examples in sorted(question.examples.items()):
            digest.update("\n".join([code, *(example.text for example in examples)]).encode())
    for language in library.languages.values():
        digest.update(f"{language.code}:{language.name}:{language.aliases}\n".encode())
    digest.update("\n".join(sorted(library.phrases)).encode())
    for path in _files(root):
        if path.exists():
            digest.update(path.read_bytes())
    return digest.hexdigest()


def _files(root: Path) -> list[Path]:
    """What a model is made from beside the content."""
    files = [root / name for name in ("config.yml", "domain.yml", "data/rules.yml", "data/stories.yml")]
    files += [*sorted((COMPONENTS / "nlu").glob("*.py")), COMPONENTS / "importer.py"]
    files += [COMPONENTS / "nlu" / "weights" / "student.json"]
    return files


def current(folder: Path) -> Path | None:
    """The archive of the model in use, None when there is none."""
    try:
        name = (folder / CURRENT).read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return None
    archive = folder / f"{name}.tar.gz"
    return archive if archive.exists() else None


def publish(folder: Path, manifest: Manifest) -> None:
    """Puts a trained model into use: the manifest first, then the pointer, each replaced in one step."""
    _write(folder / f"{manifest.name}.json", json.dumps(asdict(manifest), indent=2, ensure_ascii=False))
    _write(folder / CURRENT, manifest.name)
    for old in sorted(folder.glob("*.json"))[:-KEPT]:
        if old.stem != manifest.name:
            old.with_suffix(".tar.gz").unlink(missing_ok=True)
            old.unlink()


def manifest(archive: Path) -> Manifest | None:
    """The manifest beside an archive, None when it has none (a model made by `rasa train`)."""
    path = archive.with_name(archive.name.removesuffix(".tar.gz") + ".json")
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return Manifest(**{**raw, "languages": tuple(raw["languages"])})


def fresh(root: Path, folder: Path) -> bool:
    """Whether the model in use was trained on the present content."""
    archive = current(folder)
    found = manifest(archive) if archive else None
    return found is not None and found.fingerprint == fingerprint(root)


def _write(path: Path, text: str) -> None:
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)
