"""A policy that cannot be used is told as a mistake of the content is, before anything starts."""

from pathlib import Path

from content_testing import make_content, replace

from app import policies
from app.program import open_house
from app.settings import Settings
from bot.content.errors import ContentError

SHOP = "data/shop.yml"


def test_what_can_be_used_is_no_problem(tmp_path: Path) -> None:
    make_content(tmp_path)
    assert policies.problems(tmp_path / SHOP) == []


def test_what_cannot_be_used_is_told_with_what_to_write(tmp_path: Path) -> None:
    make_content(tmp_path)
    replace(tmp_path, SHOP, "cancel_while: [placed, processing]", "cancel_while: [someday]")
    (problem,) = policies.problems(tmp_path / SHOP)
    assert problem.file == SHOP
    assert "cancel_while" in problem.what and "placed" in problem.what


async def test_nothing_starts_on_a_policy_that_cannot_be_used(tmp_path: Path) -> None:
    make_content(tmp_path)
    replace(tmp_path, SHOP, "code_valid: {minutes: 10}", "code_valid: {minutes: soon}")
    (tmp_path / "data" / "handoff.yml").write_text(
        (Path(__file__).parents[2] / "data" / "handoff.yml").read_text(encoding="utf-8"), encoding="utf-8"
    )
    settings = Settings(project_dir=tmp_path, database_url=f"sqlite+aiosqlite:///{tmp_path / 'shohay.db'}")
    try:
        await open_house(settings)
    except ContentError as error:
        assert "code_valid" in str(error)
    else:
        raise AssertionError("it started")
