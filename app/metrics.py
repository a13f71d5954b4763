"""Prometheus metrics, read from the database, so that every process shows the same."""

from __future__ import annotations

import sqlalchemy as sa
from prometheus_client import CollectorRegistry, Gauge, generate_latest

from handoff.clock import now as clock_now
from handoff.database import Database
from handoff.models import conversations, deliveries, turns


async def collect(database: Database) -> bytes:
    """The metrics in Prometheus' text format: conversations by status, age of the queue, turns and deliveries."""
    registry = CollectorRegistry()
    by_status = Gauge("shohay_conversations", "conversations by status", ["status"], registry=registry)
    oldest = Gauge("shohay_queue_oldest_seconds", "how long the first in the queue has waited", registry=registry)
    of_turns = Gauge("shohay_turns", "turns of the bot by status", ["status"], registry=registry)
    of_deliveries = Gauge("shohay_deliveries", "messages to send by status", ["channel", "status"], registry=registry)
    count = sa.func.count().label("n")
    async with database.read() as tx:
        for row in await tx.rows(sa.select(conversations.c.status, count).group_by(conversations.c.status)):
            by_status.labels(row["status"]).set(row["n"])
        for row in await tx.rows(sa.select(turns.c.status, count).group_by(turns.c.status)):
            of_turns.labels(row["status"]).set(row["n"])
        grouped = sa.select(deliveries.c.channel, deliveries.c.status, count)
        for row in await tx.rows(grouped.group_by(deliveries.c.channel, deliveries.c.status)):
            of_deliveries.labels(row["channel"], row["status"]).set(row["n"])
        since = await tx.scalar(
            sa.select(conversations.c.waiting_since)
            .where(conversations.c.status == "queued")
            .order_by(conversations.c.waiting_since)
            .limit(1)
        )
    oldest.set((clock_now() - since).total_seconds() if since else 0.0)
    return generate_latest(registry)
