"""Training beside a running program: progress is told, mistakes are told, and nothing is tried twice in vain."""

import asyncio
from io import StringIO
from pathlib import Path
from shutil import copytree

import pytest
import structlog
from rich.console import Console
from structlog.testing import capture_logs

from app import training
from app.settings import ROOT, Settings
from bot import models


@pytest.fixture(autouse=True)
def every_line_is_logged(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever an earlier test has made of the logs."""
    monkeypatch.setattr(
        training, "log", structlog.wrap_logger(None, wrapper_class=structlog.make_filtering_bound_logger(0))
    )


POLICY = Path("data/faq/returns/return_policy.yml")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the content, which a training of this program reads, with a mistake in it."""
    copytree(ROOT / "data", tmp_path / "data")
    monkeypatch.setattr(training, "LOOK_SECONDS", 0.01)
    change(tmp_path, "{return_window}", "{return_wimdow}")
    return tmp_path


def change(project: Path, old: str, new: str) -> None:
    path = project / POLICY
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def publish(project: Path) -> None:
    """Puts a model of the present content into use."""
    folder = project / "models"
    folder.mkdir()
    (folder / "m.tar.gz").write_bytes(b"model")
    models.publish(folder, models.Manifest("m", models.fingerprint(project), "", 1.0, 1, 1, ("en",), ""))


def settings(project: Path) -> Settings:
    return Settings(_env_file=None, project_dir=project, models_dir=project / "models")


async def test_a_training_on_broken_content_tells_every_mistake(project: Path) -> None:
    stages: list[tuple[str, int, int]] = []
    with pytest.raises(training.TrainingFailed) as raised:
        await training.train(project, project / "models", lambda *stage: stages.append(stage))
    told = str(raised.value).splitlines()
    assert len(told) >= 2
    assert all(line.startswith(f"{POLICY}:") and "{return_wimdow}" in line for line in told)
    assert models.current(project / "models") is None


async def test_in_the_terminal_the_mistakes_end_the_progress_bar(project: Path) -> None:
    shown = StringIO()
    with pytest.raises(training.TrainingFailed, match="return_wimdow"):
        terminal = Console(file=shown, force_terminal=True, width=120)
        await training.train_in_terminal(project, project / "models", terminal)
    assert "Training" in shown.getvalue()


async def test_a_fresh_model_is_named_when_only_a_stale_one_is_to_be_replaced(project: Path) -> None:
    publish(project)
    assert await training.train(project, project / "models", lambda *_: None, if_stale=True) == "m"


async def test_a_training_that_dies_tells_its_last_words(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training.sys, "executable", "/bin/false")
    with pytest.raises(training.TrainingFailed, match="ended early"):
        await training.train(project, project / "models", lambda *_: None)


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Grows with each look that the watcher takes at the content."""
    taken: list[Path] = []
    look = models.fingerprint

    def noted(root: Path) -> str:
        taken.append(root)
        return look(root)

    monkeypatch.setattr(models, "fingerprint", noted)
    return taken


async def watched(project: Path, looks: list[Path], enough: int) -> list:
    """What the watcher logs of trainings while it takes that many looks."""
    with capture_logs() as logs:
        watching = asyncio.create_task(training.keep_fresh(settings(project)))
        while len(looks) < enough:
            assert not watching.done(), watching.exception()
            await asyncio.sleep(0.01)
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
    return [line for line in logs if line["event"].startswith("training")]


async def test_broken_content_is_tried_once_and_its_mistakes_are_logged(project: Path, looks: list[Path]) -> None:
    logs = await watched(project, looks, 4)
    assert [line["event"] for line in logs] == ["training", "training_failed"]
    assert logs[0]["because"] == "no model"
    assert all(line.startswith(str(POLICY)) for line in logs[1]["problems"])


async def test_content_that_cannot_be_read_is_left_to_its_own_watcher(project: Path, looks: list[Path]) -> None:
    (project / POLICY).write_text("title: [unclosed\n", encoding="utf-8")
    assert await watched(project, looks, 3) == []


async def test_a_fresh_model_is_not_trained_again(project: Path, looks: list[Path]) -> None:
    publish(project)
    looks.clear()
    assert await watched(project, looks, 3) == []
