"""Training in its own process: what it tells, and what it leaves when the content is broken."""

import json
import logging
import subprocess
import sys
from pathlib import Path

import pytest
from content_testing import replace, write

from bot import models, training
from bot.content.check import check
from bot.content.errors import ContentError
from bot.content.library import read

ROOT = Path(__file__).parents[2]


def train(project: Path, folder: Path, *options: str) -> tuple[int, list[dict]]:
    """Runs a training in a project; returns its exit code and the lines it told."""
    command = [sys.executable, "-m", "bot.training", str(folder), *options]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, timeout=60)
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A models folder with an older model in use."""
    found = tmp_path / "models"
    found.mkdir()
    (found / "old.tar.gz").write_bytes(b"model")
    (found / models.CURRENT).write_text("old", encoding="utf-8")
    return found


def test_broken_content_is_told_as_json_and_leaves_the_model_in_use(project: Path, folder: Path) -> None:
    replace(project, "data/faq/returns/return_policy.yml", "title:", "titel:")
    replace(project, "data/phrases/orders.yml", "  bn: পাঠান\n", "  bn: [unclosed\n")
    code, lines = train(project, folder)
    assert code == 2
    (errors,) = (line["error"] for line in lines)
    assert errors[0].startswith("data/faq/returns/return_policy.yml:1: 'titel' is not known here.")
    assert any(line.startswith("data/phrases/orders.yml:") for line in errors)
    assert models.current(folder) == folder / "old.tar.gz"
    assert sorted(path.name for path in folder.glob("[!.]*")) == ["current", "old.tar.gz"]


def test_content_that_reads_well_but_cannot_work_is_told_too(project: Path, folder: Path) -> None:
    replace(project, "data/faq/returns/return_policy.yml", "{return_window} to", "{no_fact} to")
    write(project, "domain.yml", "version: [unclosed\n")
    code, lines = train(project, folder)
    assert code == 2
    assert [error.split(":")[0] for error in lines[0]["error"]] == [
        "data/faq/returns/return_policy.yml",
        "domain.yml",
    ]
    assert models.current(folder) == folder / "old.tar.gz"


class Reached(Exception):
    """The training of the model itself has begun."""


@pytest.fixture
def rasa_begins(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Instead of training for a minute, says that it came so far."""

    def begin(**_: object) -> None:
        raise Reached

    write(project, "config.yml", "pipeline: []\npolicies: []\n")
    monkeypatch.setattr("rasa.model_training.train", begin)
    for name in ("rasa.engine.training.hooks", "bot.nlu.encoder"):
        logger = logging.getLogger(name)
        for attribute in ("level", "propagate"):
            monkeypatch.setattr(logger, attribute, getattr(logger, attribute))
        monkeypatch.setattr(logger, "handlers", [*logger.handlers])


@pytest.mark.usefixtures("rasa_begins")
def test_what_is_not_written_yet_in_some_language_stops_no_training(project: Path, folder: Path) -> None:
    replace(project, "data/shop.yml", "phone_regions", "typings: [bn-Latn]\nphone_regions")
    assert any(problem.gap for problem in check(read(project / "data"), project))
    with pytest.raises(Reached):
        training.train(project, folder)


@pytest.mark.usefixtures("rasa_begins")
def test_beside_gaps_a_mistake_is_told_alone_and_stops_the_training(project: Path, folder: Path) -> None:
    replace(project, "data/faq/returns/return_policy.yml", "{return_window} to", "{no_fact} to")
    with pytest.raises(ContentError) as raised:
        training.train(project, folder)
    assert [(one.file, one.gap) for one in raised.value.problems] == [("data/faq/returns/return_policy.yml", False)]


def test_asked_only_if_stale_a_fresh_model_is_left_in_use(project: Path, folder: Path) -> None:
    models.publish(folder, models.Manifest("old", models.fingerprint(project), "", 1.0, 1, 1, ("en",), ""))
    assert train(project, folder, "--if-stale") == (0, [{"model": "old"}])
    assert models.current(folder) == folder / "old.tar.gz"


@pytest.mark.model
def test_a_trained_model_is_in_use_with_all_that_is_told_of_it(models_dir: Path) -> None:
    archive = models.current(models_dir)
    assert archive is not None
    manifest = models.manifest(archive)
    assert manifest is not None
    assert manifest.name == archive.name.removesuffix(".tar.gz")
    assert manifest.fingerprint == models.fingerprint(ROOT)
    assert {"en", "bn"} <= set(manifest.languages)
    assert manifest.intents >= 25
    assert manifest.examples >= 25 * 15 * 2
    assert {"LinearIntentClassifier", "LanguageIdentifier", "RulePolicy"} <= set(manifest.stages)
