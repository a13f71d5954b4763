"""What runs beside the web goes on, whatever breaks in it, and says what broke without anybody's words."""

from __future__ import annotations

import asyncio

import pytest
from structlog.testing import capture_logs

from app import program
from handoff import caretaker
from handoff.database import Database, DatabaseAway
from handoff.services import Services


@pytest.fixture
def database(quick_database: Database) -> Database:
    return quick_database


def raised(error: Exception) -> Exception:
    """With a traceback, as what breaks has one."""
    try:
        raise error
    except Exception as caught:
        return caught


AWAY = {"event": "database_away", "error": "no connection", "log_level": "warning"}
BROKE = {"event": "caretaker_failed", "log_level": "error"}
WITHIN = ExceptionGroup("a step", [raised(ValueError("amina@example.com"))])


@pytest.mark.parametrize(
    ("broken", "told"),
    [
        (DatabaseAway("no connection"), [AWAY]),
        (
            ExceptionGroup("a round", [raised(KeyError("my secret")), WITHIN]),
            [{**BROKE, "error": "KeyError"}, {**BROKE, "error": "ValueError"}],
        ),
    ],
)
async def test_a_round_that_breaks_is_told_by_its_kind_and_followed_by_the_next(
    services: Services, monkeypatch: pytest.MonkeyPatch, broken: Exception, told: list[dict[str, str]]
) -> None:
    rounds = 0
    enough = asyncio.Event()

    async def look(_: Services) -> int:
        nonlocal rounds
        rounds += 1
        if rounds == 1:
            raise broken
        enough.set()
        return 0

    monkeypatch.setattr(caretaker, "look", look)
    monkeypatch.setattr(program, "DEADLINE_SECONDS", 0.01)
    with capture_logs() as logs:
        running = asyncio.create_task(program._deadlines(services))
        async with asyncio.timeout(10):
            await enough.wait()
        running.cancel()
    assert [{name: line[name] for name in one} for line, one in zip(logs, told, strict=True)] == told
    assert "secret" not in str(logs) and "amina" not in str(logs)
