"""Where we are installed: one for each workspace and channel, the newest, until it is removed."""

from __future__ import annotations

from datetime import timedelta

from handoff.clock import now as clock_now
from handoff.database import Database
from handoff.installations import Installations


async def test_the_newest_installation_of_a_workspace_is_what_lets_us_in(database: Database) -> None:
    kept = Installations(database, "slack")
    assert await kept.find("T1") is None
    await kept.save("T1", {"bot_token": "old"})
    await kept.save("T2", {"bot_token": "other"})
    await kept.save("T1", {"bot_token": "new"})
    assert await kept.find("T1") == {"bot_token": "new"}
    assert await kept.find("T2") == {"bot_token": "other"}
    assert await Installations(database, "elsewhere").find("T1") is None


async def test_one_that_was_removed_is_forgotten_and_one_made_since_stays(database: Database) -> None:
    kept = Installations(database, "slack")
    before = clock_now()
    await kept.save("T1", {"bot_token": "x"})
    assert not await kept.forget("T1", until=before - timedelta(seconds=1))
    assert await kept.find("T1") == {"bot_token": "x"}
    assert not await kept.forget("T2")
    assert await kept.forget("T1", until=clock_now())
    assert await kept.find("T1") is None and not await kept.forget("T1")
