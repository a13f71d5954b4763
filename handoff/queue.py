"""Which conversation is next, how urgent it is and by when somebody must have come."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import yaml

from handoff.conversations import Conversation
from handoff.database import Transaction
from handoff.models import conversations


@dataclass(frozen=True)
class QueueRules:
    """`data/handoff.yml`: the priority of each reason, and the minutes each priority may wait."""

    priorities: Mapping[str, int]
    default_priority: int
    deadline_minutes: Mapping[int, float]

    @classmethod
    def load(cls, path: Path) -> QueueRules:
        """Reads the file.

        Raises:
            ValueError: a priority has no deadline.
        """
        raw: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
        rules = cls(
            priorities=dict(raw["priorities"]),
            default_priority=int(raw["default_priority"]),
            deadline_minutes={int(priority): float(minutes) for priority, minutes in raw["deadline_minutes"].items()},
        )
        for priority in {*rules.priorities.values(), rules.default_priority}:
            if priority not in rules.deadline_minutes:
                raise ValueError(f"{path}: deadline_minutes has no line for priority {priority}; add one.")
        return rules

    def priority(self, reason: str) -> int:
        """Higher is more urgent."""
        return self.priorities.get(reason, self.default_priority)

    def deadline(self, priority: int, now: datetime) -> datetime:
        return now + timedelta(minutes=self.deadline_minutes[priority])


async def position(tx: Transaction, conversation: Conversation) -> int:
    """The conversation's place in the queue, from 1: urgent before less urgent, then who waits longer."""
    c = conversations.c
    ahead = sa.or_(
        c.priority > conversation.priority,
        sa.and_(c.priority == conversation.priority, c.waiting_since < conversation.waiting_since),
        sa.and_(
            c.priority == conversation.priority,
            c.waiting_since == conversation.waiting_since,
            c.id < conversation.id,
        ),
    )
    query = sa.select(sa.func.count()).where(c.status == "queued", ahead)
    return int(await tx.scalar(query) or 0) + 1


async def overdue(tx: Transaction, now: datetime, limit: int = 50) -> list[str]:
    """Ids of queued conversations whose deadline has passed."""
    query = (
        sa.select(conversations.c.id)
        .where(conversations.c.status == "queued", conversations.c.deadline <= now)
        .order_by(conversations.c.deadline)
        .limit(limit)
    )
    return [row["id"] for row in await tx.rows(query)]
