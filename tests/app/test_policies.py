"""A policy that cannot be used is told as a mistake of the content is, before anything starts."""

from pathlib import Path
from shutil import copytree

import pytest
from running import ROOT

from app import policies
from app.program import open_house
from app.settings import Settings
from bot.content.errors import ContentError

SHOP = "data/shop.yml"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the shop's folder."""
    copytree(ROOT / "data", tmp_path / "data")
    return tmp_path


def change(project: Path, old: str, new: str) -> None:
    text = (project / SHOP).read_text(encoding="utf-8")
    assert text.count(old) == 1
    (project / SHOP).write_text(text.replace(old, new), encoding="utf-8")


def test_the_shops_own_policies_are_no_problem(project: Path) -> None:
    assert policies.problems(project / SHOP) == []


def test_what_cannot_be_used_is_told_with_what_to_write(project: Path) -> None:
    change(project, "cancel_while: [placed,", "cancel_while: [someday,")
    (problem,) = policies.problems(project / SHOP)
    assert problem.file == SHOP
    assert "cancel_while" in problem.what and "placed" in problem.what


async def test_nothing_starts_on_a_policy_that_cannot_be_used(project: Path) -> None:
    change(project, "code_valid: {minutes: 10}", "code_valid: {hours: 1}")
    settings = Settings(project_dir=project, database_url=f"sqlite+aiosqlite:///{project / 'shohay.db'}")
    with pytest.raises(ContentError, match="code_valid"):
        await open_house(settings)
