"""Training in a process of its own: `python -m bot.training MODELS_DIR [--if-stale]` writes its progress as JSON lines.

A line is {"stage", "done", "of"} when a stage begins, {"model"} at the end, or {"error": [lines]}.
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
import sys
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import yaml

from bot import models
from bot.content.check import check
from bot.content.errors import ContentError
from bot.content.library import Library, read

# before TensorFlow is imported: it is chatty on standard error
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# Rasa would report each training to its makers
os.environ["RASA_TELEMETRY_ENABLED"] = "false"

PREPARING = "Reading the content"
PACKING = "Packing the model"
ENCODING = "Encoding"  # as bot.nlu.encoder begins its line


class _Stages(logging.Handler):
    """Turns Rasa's own log of its components into stages with seconds."""

    def __init__(self, of: int) -> None:
        super().__init__()
        self._of = of
        self._done = 0
        self._name = PREPARING
        self._began = time.monotonic()
        self.seconds: dict[str, float] = {}
        _tell(stage=PREPARING, done=0, of=of)

    def emit(self, record: logging.LogRecord) -> None:
        message = record.getMessage()
        if message.startswith(ENCODING):
            self.begin(ENCODING)
        elif "'" in message and ("Starting to train" in message or "Restored component" in message):
            self.begin(message.split("'")[1])

    def begin(self, name: str) -> None:
        now = time.monotonic()
        self.seconds[self._name] = round(self.seconds.get(self._name, 0.0) + now - self._began, 2)
        self._name, self._began = name, now
        self._done += 1
        _tell(stage=name, done=min(self._done, self._of), of=self._of)


def train(root: Path, folder: Path) -> str:
    """Trains on the content under `root` and puts the model into use; returns its name.

    Raises:
        ContentError: the content has mistakes; the model in use stays.
    """
    began = time.monotonic()
    library = read(root / "data")
    problems = [problem for problem in check(library, root) if not problem.gap]
    if problems:
        raise ContentError(problems)
    fingerprint = models.fingerprint(root)
    stages = _Stages(of=_count(root / "config.yml") + 2)

    import rasa
    from rasa.model_training import train as rasa_train

    from bot import training_speed

    training_speed.install()
    for name in ("rasa.engine.training.hooks", "bot.nlu.encoder"):
        logger = logging.getLogger(name)
        logger.setLevel(logging.INFO)
        logger.addHandler(stages)
        logger.propagate = False
    name = datetime.now(UTC).strftime("%Y%m%d-%H%M%S") + f"-{os.getpid()}"
    result = rasa_train(
        domain=str(root / "domain.yml"),
        config=str(root / "config.yml"),
        training_files=[str(root / "data")],
        output=str(folder),
        fixed_model_name=name,
    )
    if result.code != 0 or result.model is None:
        raise RuntimeError("Rasa did not finish the training; see the lines above.")
    stages.begin(PACKING)
    _publish(folder, name, fingerprint, library, time.monotonic() - began, stages.seconds, rasa.__version__)
    return name


def _publish(
    folder: Path, name: str, fingerprint: str, library: Library, seconds: float, stages: dict[str, float], version: str
) -> None:
    models.publish(
        folder,
        models.Manifest(
            name=name,
            fingerprint=fingerprint,
            trained_at=datetime.now(UTC).isoformat(timespec="seconds"),
            seconds=round(seconds, 1),
            examples=sum(len(lines) for one in library.questions.values() for lines in one.examples.values()),
            intents=len(library.questions),
            languages=tuple(library.languages),
            rasa=version,
            stages=stages,
        ),
    )


def _count(config: Path) -> int:
    raw = yaml.safe_load(config.read_text(encoding="utf-8"))
    untrained = {"bot.nlu.tokenizer.SpacyBlankTokenizer"}
    return sum(component["name"] not in untrained for component in [*raw["pipeline"], *raw["policies"]])


def _tell(**fields: object) -> None:
    print(json.dumps(fields, ensure_ascii=False), file=sys.__stdout__, flush=True)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One training at a time on a folder; workers that see the same change wait and then find it done."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".training").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def main() -> int:
    # Rasa prints; our lines alone may reach standard output
    sys.stdout = sys.stderr
    warnings.simplefilter("ignore")
    folder = Path(sys.argv[1])
    try:
        with _alone(folder):
            if "--if-stale" in sys.argv and models.fresh(Path.cwd(), folder):
                name = (folder / models.CURRENT).read_text(encoding="utf-8")
            else:
                name = train(Path.cwd(), folder)
    except ContentError as error:
        _tell(error=[str(problem) for problem in error.problems])
        return 2
    except Exception as error:
        _tell(error=[f"{type(error).__name__}: {error}"])
        raise
    _tell(model=name)
    return 0


if __name__ == "__main__":
    sys.exit(main())
