"""The product's own services over a database, as `app.program` puts them together."""

from __future__ import annotations

from benchmarks.servers import ROOT
from bot.content.live import LiveWords
from handoff.database import Database
from handoff.hours import Hours
from handoff.queue_rules import QueueRules
from handoff.services import Services


def services_on(database: Database) -> Services:
    """With the project's words and rules, always open, and no limit for a visitor."""
    words = LiveWords(ROOT / "data")
    return Services(
        database=database,
        phrases=words,
        queue_rules=QueueRules.load(ROOT / "data" / "handoff.yml"),
        hours=Hours.always(),
        push_channels=frozenset({"fake"}),
        languages=tuple(words.current.library.languages),
        messages_per_minute=1_000_000,
        find_contact=lambda _: None,
    )
