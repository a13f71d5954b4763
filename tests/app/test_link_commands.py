"""`shohay user link | unlink`: who of the desk's people writes in Slack under which id."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from app import cli
from handoff import addresses, people
from handoff.database import Database

MEMBER = "T0NODI:U0RAHIM"


@pytest.fixture
def url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A database with one account."""
    found = f"sqlite+aiosqlite:///{tmp_path / 'shohay.db'}"
    monkeypatch.setenv("SHOHAY_DATABASE_URL", found)
    assert call("add", "rahim", "--password", "only-for-tests").exit_code == 0
    return found


def call(*arguments: str) -> Result:
    return CliRunner().invoke(cli.cli, ["user", *arguments])


def linked(url: str) -> list[str]:
    async def look() -> list[str]:
        database = Database(url)
        async with database.read() as tx:
            person = await people.by_name(tx, "rahim")
            assert person is not None
            found = await addresses.of_person(tx, "slack", person.id)
        await database.close()
        return list(found)

    return asyncio.run(look())


def test_an_account_is_linked_to_a_member_of_slack_and_unlinked_again(url: str) -> None:
    done = call("link", "rahim", "--slack", MEMBER)
    assert done.exit_code == 0 and f"{MEMBER} in Slack is rahim." in done.output
    assert call("link", "rahim", "--slack", MEMBER).exit_code == 0
    assert linked(url) == [MEMBER]
    gone = call("unlink", "--slack", MEMBER)
    assert gone.exit_code == 0 and "nobody's account any more" in gone.output
    assert "nobody's account anyway" in call("unlink", "--slack", MEMBER).output
    assert linked(url) == []


@pytest.mark.parametrize("member", ["U0RAHIM", "T0NODI", "rahim", "T0NODI:rahim", "T0NODI:C0DESK", ""])
def test_what_is_no_member_of_slack_is_refused_with_an_example(url: str, member: str) -> None:
    done = call("link", "rahim", "--slack", member)
    assert done.exit_code == 1 and "T012AB3C4:U012AB3C4" in done.output
    assert linked(url) == []


def test_an_account_that_is_not_there_is_named(url: str) -> None:
    done = call("link", "nobody", "--slack", MEMBER)
    assert done.exit_code == 1 and "There is no account nobody" in done.output
