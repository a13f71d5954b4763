"""One chaos run: a house under load and under faults, until all is quiet again; and what there is to be judged."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from customers import Chat
from desk import NAMES, Agent, Handover, unseen
from house import House, house
from monkey import Restart
from provider import DROPPED, Provider
from server import Server
from stored import Stored, hashed

from handoff.database import Database
from handoff.models import tracker_events

POISON, BUSY, DROP, LATE = "poison", "busy", "drop", "late"
BUSY_SECONDS = 8


@dataclass(frozen=True)
class Plan:
    """How much of everything.

    Attributes:
        chatters, visitors: plain customers on the fake channel and on the website.
        messages: that each of them writes, at most `window` of them unanswered, `pause` seconds apart on average.
        cycles: how often one customer more asks for a person, and gets one out of `claims` who try at once.
        deeds: what the monkey does, about every `every` seconds.
        seconds: that the customers write for at most, once the bot answers.
        patient: what the dead held is waited for; otherwise its time is moved on.
    """

    webs: int
    workers: int
    chatters: int
    visitors: int
    messages: int
    window: int
    pause: float
    cycles: int
    claims: int
    deeds: tuple[str, ...]
    every: float
    seconds: float
    patient: bool


@dataclass(frozen=True)
class Judged:
    """What a run left.

    Attributes:
        violations: the ledger's, by what was looked at; more are added under further names.
        handovers: how often a person was asked for, claimed the conversation and handed it back.
        restarts: of the database; see `Restart`.
        resumed: by what interrupted them, seconds until each turn that was being worked on was over.
    """

    plan: Plan
    stored: Stored
    provider: Provider
    violations: dict[str, list[str]]
    handovers: int
    restarts: list[Restart]
    resumed: dict[str, list[float]]
    summary: str

    def conversation(self, writer: str) -> list[sa.RowMapping]:
        """What was said with this customer, by the marker of their messages."""
        return next(said for said in self.stored.said.values() if said[0]["text"].endswith(f"[{writer}m0]"))

    def answered_after(self, restart: Restart) -> float:
        """Seconds from the beginning of a restart until the bot spoke again."""
        spoken = (row["created_at"] for row in self.stored.messages.values() if row["author"] == "bot")
        return min((at - restart.began).total_seconds() for at in spoken if at > restart.back)


async def run(plan: Plan, seed: int, server: Server, folder: Path, models_dir: Path) -> Judged:
    """The whole ordeal."""
    began = time.monotonic()
    async with house(seed, server, folder, models_dir, plan.webs, plan.workers) as ours:
        async with asyncio.TaskGroup() as load:
            asking = await _customers(ours, plan, load)
        await _without_database(ours)
        ours.provider.troubles = {}
        await ours.backlog.quiet(240, hurried=not plan.patient)
        quiet = time.monotonic() - began
        stored = await Stored.read(server.url)
        violations = ours.ledger.check(stored, ours.provider)
        violations["unseen"] = await unseen(await Agent.sign_in(ours.line, NAMES[0]), stored)
        violations["processes"] = ours.crew.faults
        violations["server"] = [line for line in server.log.splitlines() if "deadlock detected" in line]
        summary = _summary(ours, stored, quiet)
        return Judged(
            plan,
            stored,
            ours.provider,
            violations,
            asking.done,
            ours.monkey.restarts,
            ours.backlog.resumed,
            summary,
        )


async def _customers(ours: House, plan: Plan, load: asyncio.TaskGroup) -> Handover:
    """Everybody begins to write; the faults begin when the bot does. Returns the one who asks for a person."""
    plain = [ours.chatter(f"c{number}") for number in range(plan.chatters)]
    plain += [await ours.visitor(f"v{number}") for number in range(plan.visitors)]
    poisoned = await ours.visitor(POISON, plain=False)
    await _poison(ours, poisoned)
    await poisoned.say()
    ours.provider.planned[DROP] = [DROPPED]
    for chat in [*plain, ours.chatter(DROP)]:
        load.create_task(chat.talk(plan.messages, ours.backlog, plan.window, plan.pause))
    agents = [await Agent.sign_in(ours.line, name) for name in NAMES]
    asking = Handover(ours.chatter("asking", plain=False), agents, ours.backlog, plan.claims)
    await ours.workers_answer()
    ours.backlog.ends_at = time.monotonic() + plan.seconds
    ours.provider.busy(BUSY, BUSY_SECONDS)
    load.create_task(ours.chatter(BUSY).talk(2, ours.backlog, plan.window, plan.pause))
    load.create_task(asking.cycles(plan.cycles))
    load.create_task(ours.monkey.rage(plan.deeds, plan.every))
    return asking


async def _poison(ours: House, chat: Chat) -> None:
    """The conversation's memory is unreadable, so each of its turns breaks."""
    ours.backlog.poisoned = chat.customer.seen_as
    database = Database(ours.server.url)
    async with database.write() as tx:
        row = {"conversation_id": chat.customer.seen_as, "generation": 0, "position": 0, "events": "no events"}
        await tx.execute(sa.insert(tracker_events).values(row))
    await database.close()


async def _without_database(ours: House) -> None:
    """While the server is down every web says 503, and nothing of what it was sent is ever stored; sent again when the
    server is back, it is stored once."""
    await ours.line.all_serve()
    chat = ours.chatter(LATE)
    key, text = f"{LATE}-0", f"How much is delivery? [{LATE}m0]"
    await asyncio.to_thread(ours.server.stop_immediately)
    for url in ours.crew.urls:
        before = ours.line.away
        if await chat.customer.deliver(key, text, url) is not None or ours.line.away != before + 1:
            ours.ledger.wrong.append(f"without a database {url} did not say 503")
    await asyncio.to_thread(ours.server.start)
    if ("fake", hashed(key)) in (await Stored.read(ours.server.url)).receipts:
        ours.ledger.wrong.append("a message that was answered with 503 was stored")
    await chat.say()


def _summary(ours: House, stored: Stored, seconds: float) -> str:
    turns = Counter(turn["status"] for turn in stored.turns.values())
    statuses = Counter(row["status"] for row in stored.deliveries.values())
    return "\n".join(
        [
            f"{len(ours.ledger.acknowledged)} messages acknowledged, in {seconds:.0f} s; turns: {dict(turns)}",
            f"kills: {ours.crew.kills}, {dict(ours.monkey.deeds)}",
            f"answers without 2xx: {ours.line.away} of 503, {ours.line.cut} cut off or refused",
            f"deliveries: {dict(statuses)}; the provider had {len(ours.provider.attempts)} requests",
            *(
                f"turns interrupted by '{cause}': {len(took)}, over after {statistics.median(took):.1f} s,"
                f" the slowest after {max(took):.1f} s"
                for cause, took in ours.backlog.resumed.items()
            ),
        ]
    )
