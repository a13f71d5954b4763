"""Tests of the tests: with a promise's mechanism taken out of a copy of the product, its guard goes red."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from running import ROOT

COPIED = ("app", "actions", "bot", "connectors", "data", "handoff", "tests")
FILES = ("pyproject.toml", "config.yml", "domain.yml")


@dataclass(frozen=True)
class Control:
    """What is taken out, and the test that must notice.

    Attributes:
        old: stands in the file exactly `times` times and is replaced by `new`.
    """

    what: str
    file: str
    old: str
    new: str
    test: str
    times: int = 1


CONTROLS = [
    Control(
        "the unique index on a conversation's identity",
        "app/migrations/versions/0001_the_first_schema.py",
        '        sa.UniqueConstraint("identity_id", name=op.f("uq_conversations_identity_id")),\n',
        "",
        "tests/handoff/test_inbox.py::test_fifty_parallel_first_messages_open_one_conversation[postgresql]",
    ),
    Control(
        "the unique key of a delivery",
        "app/migrations/versions/0001_the_first_schema.py",
        '        sa.PrimaryKeyConstraint("channel", "key", name=op.f("pk_receipts")),\n',
        "",
        "tests/handoff/test_inbox.py::test_one_delivery_under_two_addresses_at_once_is_stored_once[postgresql]",
    ),
    Control(
        "the epoch check of a finished turn",
        "handoff/turns.py",
        "conversation.epoch != turn.conversation.epoch or ",
        "",
        "tests/handoff/test_handoff_turns.py::"
        "test_a_turn_from_before_a_change_of_owner_is_dropped_with_its_events[sqlite-written to again]",
        times=2,
    ),
    Control(
        "the commit before the acknowledgement",
        "handoff/sqlite_writer.py",
        "        self._pass_on(group)\n        await asyncio.shield(group.kept)\n",
        "        self._pass_on(group)\n",
        "tests/connectors/test_commit_first.py::"
        "test_what_could_not_be_committed_is_not_acknowledged_and_its_repetition_is_stored_once[sqlite]",
    ),
]


@pytest.fixture
def copy(tmp_path: Path) -> Iterator[Path]:
    """The product and its tests in a folder of their own."""
    for name in COPIED:
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in FILES:
        shutil.copy(ROOT / name, tmp_path / name)
    yield tmp_path


def run(folder: Path, test: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "--no-header", test]
    environment = {**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=100)


@pytest.mark.postgres
@pytest.mark.parametrize("control", CONTROLS, ids=lambda control: control.what.replace(" ", "-"))
def test_without_it_the_test_goes_red(control: Control, copy: Path) -> None:
    path = copy / control.file
    source = path.read_text(encoding="utf-8")
    assert source.count(control.old) == control.times, f"{control.file} has changed; mend this control"
    path.write_text(source.replace(control.old, control.new), encoding="utf-8")
    result = run(copy, control.test)
    assert result.returncode == 1, result.stdout[-2000:] + result.stderr[-500:]
    assert f"FAILED {control.test}" in result.stdout, result.stdout[-2000:]
