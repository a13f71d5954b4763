"""Prometheus metrics, read from the database, so that every process shows the same."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from prometheus_client import CollectorRegistry, Gauge, generate_latest

from handoff import presence
from handoff.clock import now as clock_now
from handoff.database import Database, Transaction
from handoff.models import conversations, deliveries, handoffs, turns

RECENT = timedelta(minutes=5)
QUANTILES = (0.5, 0.95)


async def collect(database: Database) -> bytes:
    """The metrics in Prometheus' text format: conversations by status, the queue, the desk, turns and deliveries."""
    registry = CollectorRegistry()
    now = clock_now()
    async with database.read() as tx:
        await _counts(tx, registry)
        await _queue(tx, registry, now)
        await _desk(tx, registry, now)
        await _turn_seconds(tx, registry, now)
    return generate_latest(registry)


async def _counts(tx: Transaction, registry: CollectorRegistry) -> None:
    by_status = Gauge("shohay_conversations", "conversations by status", ["status"], registry=registry)
    of_turns = Gauge("shohay_turns", "turns of the bot by status", ["status"], registry=registry)
    of_deliveries = Gauge("shohay_deliveries", "messages to send by status", ["channel", "status"], registry=registry)
    count = sa.func.count().label("n")
    for row in await tx.rows(sa.select(conversations.c.status, count).group_by(conversations.c.status)):
        by_status.labels(row["status"]).set(row["n"])
    for row in await tx.rows(sa.select(turns.c.status, count).group_by(turns.c.status)):
        of_turns.labels(row["status"]).set(row["n"])
    grouped = sa.select(deliveries.c.channel, deliveries.c.status, count)
    for row in await tx.rows(grouped.group_by(deliveries.c.channel, deliveries.c.status)):
        of_deliveries.labels(row["channel"], row["status"]).set(row["n"])


async def _queue(tx: Transaction, registry: CollectorRegistry, now: datetime) -> None:
    depth = Gauge("shohay_queue_depth", "conversations that wait for a person", ["team"], registry=registry)
    oldest = Gauge("shohay_queue_oldest_seconds", "how long the first in the queue has waited", registry=registry)
    age = Gauge("shohay_queue_oldest_by_team_seconds", "the same for each team", ["team"], registry=registry)
    parked = Gauge("shohay_tickets_parked", "requests that wait for somebody to be there", ["team"], registry=registry)
    breaches = Gauge("shohay_deadline_breaches", "deadlines that passed, of all requests kept", registry=registry)
    c, h = conversations.c, handoffs.c
    waiting = sa.select(c.team, sa.func.count().label("n"), sa.func.min(c.waiting_since).label("since"))
    longest = 0.0
    for row in await tx.rows(waiting.where(c.status == "queued").group_by(c.team)):
        waited = (now - row["since"]).total_seconds()
        depth.labels(row["team"]).set(row["n"])
        age.labels(row["team"]).set(waited)
        longest = max(longest, waited)
    oldest.set(longest)
    open_ones = sa.and_(h.parked_at.is_not(None), h.closed_at.is_(None))
    for row in await tx.rows(sa.select(h.team, sa.func.count().label("n")).where(open_ones).group_by(h.team)):
        parked.labels(row["team"]).set(row["n"])
    breaches.set(int(await tx.scalar(sa.select(sa.func.sum(h.breaches))) or 0))


async def _desk(tx: Transaction, registry: CollectorRegistry, now: datetime) -> None:
    agents = Gauge(
        "shohay_agents_online", "people at the desk or at work outside of it", ["available"], registry=registry
    )
    there = [agent for agent in await presence.agents(tx, now) if agent.there]
    here = sum(agent.available for agent in there)
    agents.labels("yes").set(here)
    agents.labels("no").set(len(there) - here)


async def _turn_seconds(tx: Transaction, registry: CollectorRegistry, now: datetime) -> None:
    """None while no turn was done lately: an absent value is not a quick bot."""
    seconds = Gauge(
        "shohay_turn_seconds", "how long turns of the last five minutes took", ["quantile"], registry=registry
    )
    t = turns.c
    took = sa.select(t.milliseconds).where(t.created_at > now - RECENT, t.milliseconds.is_not(None))
    found = [float(row["milliseconds"]) for row in await tx.rows(took.order_by(t.milliseconds))]
    for quantile in QUANTILES if found else ():
        seconds.labels(str(quantile)).set(_quantile(found, quantile) / 1000)


def _quantile(ordered: Sequence[float], share: float) -> float:
    """The smallest value that this share of them does not exceed."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]
