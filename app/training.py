"""Training in a process of its own, with its progress shown; the program answers on with the old model meanwhile."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import structlog
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from app.settings import Settings
from bot import models
from bot.content.errors import ContentError

log = structlog.get_logger(__name__)

LOOK_SECONDS = 3.0
# Seconds of each stage on two cores with the demo content, until a training here has told its own.
USUAL_SECONDS = {"Reading the content": 13.0, "CountVectorsFeaturizer": 10.0, "LinearIntentClassifier": 8.0}
OTHER_SECONDS = 1.5


class TrainingFailed(Exception):
    """No new model; the one in use stays. The message tells why, a line for each mistake."""


Show = Callable[[str, int, int], None]


async def train(project: Path, folder: Path, show: Show, if_stale: bool = False) -> str:
    """Trains on a project's content and puts the new model into use in `folder`; returns its name.

    Args:
        if_stale: leave a model that fits the content as it is.
        show: called with stage, number of stages done, and of how many, as each begins.

    Raises:
        TrainingFailed: with the content's mistakes, or what Rasa said last.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bot.training",
        str(folder),
        *(["--if-stale"] if if_stale else []),
        cwd=project,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None and process.stderr is not None
    last_words = asyncio.create_task(_tail(process.stderr))
    result: dict[str, object] = {}
    try:
        async for line in process.stdout:
            told = json.loads(line)
            if "stage" in told:
                show(told["stage"], told["done"], told["of"])
            result.update(told)
        await process.wait()
    except asyncio.CancelledError:
        process.terminate()
        await process.wait()
        raise
    said = await last_words
    if process.returncode != 0 or "model" not in result:
        errors = result.get("error")
        raise TrainingFailed("\n".join(errors) if isinstance(errors, list) else said or "The training ended early.")
    return str(result["model"])


async def train_in_terminal(project: Path, folder: Path, console: Console) -> str:
    """Trains with a progress bar: stage, bar and the seconds left by what the last training took.

    Raises:
        TrainingFailed: see `train`.
    """
    archive = models.current(folder)
    last = models.manifest(archive) if archive else None
    expected = last.stages if last else USUAL_SECONDS
    total = sum(expected.values())
    began = time.monotonic()
    with Progress(
        SpinnerColumn(),
        TextColumn("{task.description:<28}"),
        BarColumn(),
        TextColumn("{task.fields[left]}"),
        TimeElapsedColumn(),
        console=console,
    ) as progress:
        bar = progress.add_task("Training", total=total, left="")
        done = 0.0
        stage, stage_began = "", began

        def show(name: str, _: int, __: int) -> None:
            nonlocal done, stage, stage_began
            if stage:
                done += expected.get(stage, OTHER_SECONDS)
            stage, stage_began = name, time.monotonic()
            progress.update(bar, description=name)

        async def tick() -> None:
            while True:
                here = min(time.monotonic() - stage_began, expected.get(stage, OTHER_SECONDS))
                left = max(total - done - here, 1)
                progress.update(bar, completed=min(done + here, total), left=f"about {left:.0f} s left")
                await asyncio.sleep(0.2)

        ticking = asyncio.create_task(tick())
        try:
            name = await train(project, folder, show)
        finally:
            ticking.cancel()
        progress.update(bar, completed=total, description="Trained", left="")
    return name


async def keep_fresh(settings: Settings) -> None:
    """Trains again, in the background, whenever the content is another than the model's; until cancelled.

    Content with mistakes, or one that failed to train, is tried again only when it changes.
    """
    tried = ""
    while True:
        try:
            wanted = await asyncio.to_thread(models.fingerprint, settings.project_dir)
        except ContentError:
            wanted = tried  # the content's own watcher tells what is wrong
        archive = models.current(settings.models_dir)
        found = models.manifest(archive) if archive else None
        if wanted != tried and (found is None or found.fingerprint != wanted):
            tried = wanted
            log.info("training", because="no model" if found is None else "the content changed")
            try:
                await train(settings.project_dir, settings.models_dir, lambda *_: None, if_stale=True)
            except TrainingFailed as error:
                log.error("training_failed", problems=str(error).splitlines()[:20])
        await asyncio.sleep(LOOK_SECONDS)


async def _tail(stream: asyncio.StreamReader, lines: int = 5) -> str:
    """The last lines of what a process says, read to the end so that it is never held up."""
    last: list[str] = []
    async for line in stream:
        text = line.decode(errors="replace").rstrip()
        if text:
            last = [*last[-lines + 1 :], text]
    return "\n".join(last)
