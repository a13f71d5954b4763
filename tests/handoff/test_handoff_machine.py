"""Anything in any order, by customers, workers, agents and crashes, on real stores: the promises hold after each step.

Promises 2 (one delivery, one message), 4 (one conversation), 5 (order), 12 (never two voices) and 13 (never in limbo).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from handoff_testing import rows
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from oracle import violations
from world import ADDRESSES, AGENTS, WORKERS, Action, World

from handoff import absence, assignment, erasure, ownership, ratings
from handoff.clock import new_id, now
from handoff.database import Database
from handoff.services import Services

NAMES = st.sampled_from(sorted(AGENTS))
ADDRESS = st.sampled_from(ADDRESSES)
KEYS = st.integers(0, 12).map(str)
WORKER = st.sampled_from(WORKERS)
NUMBER = st.integers(0, 50)
REASONS = st.sampled_from([None, "human_agent", "complaint", "double_charged", "bot_unavailable"])
PRESSED = st.sampled_from([absence.WAIT, absence.CONTACT, absence.BOT, "rating:4", ratings.COMMENT])


class HandoffMachine(RuleBasedStateMachine):
    """Made by `machine`, which gives it an empty world."""

    world: World
    runner: asyncio.Runner

    @initialize()
    def open(self) -> None:
        self.runner.run(self.world.open())

    def one(self, number: int, status: str = "") -> str | None:
        """A conversation; mostly one in this status, so that most steps are such as may succeed."""
        found = self.runner.run(rows(self.world.database, "conversations", "id"))
        fitting = [row for row in found if row["status"] == status] if number % 5 else found
        chosen = fitting or found
        return chosen[number % len(chosen)]["id"] if chosen else None

    @rule(address=ADDRESS, text=st.sampled_from(["where is it", "a person please"]), reason=REASONS, worker=WORKER)
    def ask_and_be_answered(self, address: str, text: str, reason: str | None, worker: str) -> None:
        self.runner.run(self.world.receive(address, new_id(), text))
        self.runner.run(self.world.lease(worker))
        self.runner.run(self.world.finish(-1, reason, "en"))

    @rule(address=ADDRESS, key=KEYS, text=st.sampled_from(["where is it", "a person please", "amina@example.com"]))
    def receive(self, address: str, key: str, text: str) -> None:
        self.runner.run(self.world.receive(address, key, text))

    @rule(address=ADDRESS, key=KEYS, payload=PRESSED)
    def press(self, address: str, key: str, payload: str) -> None:
        if f"{address}/{key}" not in self.world.message_of:
            self.runner.run(self.world.receive(address, key, "", payload))

    @rule(worker=WORKER)
    def lease(self, worker: str) -> None:
        self.runner.run(self.world.lease(worker))

    @rule(number=NUMBER, reason=REASONS, language=st.sampled_from(["en", "bn"]))
    def finish(self, number: int, reason: str | None, language: str) -> None:
        self.runner.run(self.world.finish(number, reason, language))

    @rule(number=NUMBER)
    def turn_breaks(self, number: int) -> None:
        self.runner.run(self.world.fail(number))

    @rule(worker=WORKER)
    def crash(self, worker: str) -> None:
        self.runner.run(self.world.crash(worker))

    @rule(
        number=NUMBER, name=NAMES, what=st.sampled_from(["claim", "return", "resolve", "take_over", "queue", "snooze"])
    )
    def at_the_desk(self, number: int, name: str, what: str) -> None:
        self.runner.run(self.world.step(self.action(number, name, what)))

    @rule(number=NUMBER, name=NAMES, address=ADDRESS, worker=WORKER)
    def step_in_during_a_turn(self, number: int, name: str, address: str, worker: str) -> None:
        self.runner.run(self.world.receive(address, new_id(), "where is it"))
        self.runner.run(self.world.lease(worker))
        if self.world.turns:
            one = self.world.turns[number % len(self.world.turns)][1].conversation.id
            self.runner.run(self.world.step(lambda: ownership.take_over(self.world.services, one, AGENTS[name])))

    @rule(number=NUMBER, name=NAMES, what=st.sampled_from(["claim", "return", "resolve", "take_over", "queue"]))
    def dies_at_the_desk(self, number: int, name: str, what: str) -> None:
        self.runner.run(self.world.die_during(self.action(number, name, what)))

    @rule(number=NUMBER, name=NAMES, to=NAMES)
    def transfer(self, number: int, name: str, to: str) -> None:
        if (one := self.one(number, "assigned")) is not None:
            move = ownership.transfer
            services = self.world.services
            self.runner.run(self.world.step(lambda: move(services, one, AGENTS[name], AGENTS[to], note="see above")))

    @rule(number=NUMBER, name=NAMES, private=st.booleans())
    def reply(self, number: int, name: str, private: bool) -> None:
        if (one := self.one(number, "assigned")) is not None:
            self.runner.run(self.world.reply(one, AGENTS[name], private))

    @rule(name=NAMES)
    def take_next(self, name: str) -> None:
        self.runner.run(assignment.take_next(self.world.services, AGENTS[name]))

    @rule(name=NAMES)
    def come(self, name: str) -> None:
        self.runner.run(self.world.come(AGENTS[name]))

    @rule(name=NAMES)
    def leave(self, name: str) -> None:
        self.runner.run(self.world.leave(AGENTS[name]))

    @rule(seconds=st.sampled_from([1, 20, 55, 400, 1000, 90_000]))
    def time_passes(self, seconds: int) -> None:
        self.runner.run(self.world.pass_time(seconds))

    @rule()
    def look_after(self) -> None:
        self.runner.run(self.world.look_after())

    @rule(status=st.sampled_from(["sent", "failed", "unknown"]))
    def deliver(self, status: str) -> None:
        self.runner.run(self.world.deliver(status))

    @rule(address=ADDRESS)
    def erase(self, address: str) -> None:
        self.runner.run(self.erased(address))

    async def erased(self, address: str) -> None:
        identities = [row for row in await rows(self.world.database, "identities") if row["address"] == address]
        for identity in identities:
            theirs = [
                row["id"]
                for row in await rows(self.world.database, "conversations")
                if row["contact_id"] == identity["contact_id"]
            ]
            await erasure.erase(self.world.database, identity["contact_id"])
            self.world.erase(address, set(theirs))

    def action(self, number: int, name: str, what: str) -> Action:
        one = self.one(number, "queued" if what == "claim" else "assigned") or "nobody"
        person, services = AGENTS[name], self.world.services
        return {
            "claim": lambda: ownership.claim(services, one, person),
            "return": lambda: ownership.return_to_bot(services, one, person),
            "resolve": lambda: ownership.resolve(services, one, person),
            "take_over": lambda: ownership.take_over(services, one, person),
            "queue": lambda: ownership.transfer(services, one, person),
            "snooze": lambda: ownership.snooze(services, one, person, now() + timedelta(minutes=5)),
        }[what]

    @invariant()
    def the_promises_hold(self) -> None:
        self.runner.run(self.world.watch_owners())
        assert self.runner.run(violations(self.world)) == []

    def teardown(self) -> None:
        if hasattr(self, "world"):
            self.runner.run(self.all_comes_to_an_end())
            self.runner.run(self.world.database.close())

    async def all_comes_to_an_end(self) -> None:
        """When workers and agents are there and nobody writes any more, nothing waits for the bot, nobody is parked,
        and whoever waits can be taken by somebody."""
        for worker in WORKERS:
            await self.world.crash(worker)
        for _ in range(200):
            await self.world.crash(WORKERS[0])
            await self.world.lease(WORKERS[0])
            if not self.world.turns:
                break
            await self.world.finish(0, None, "en")
        for person in AGENTS.values():
            await self.world.come(person)
        for _ in range(3):
            await self.world.look_after()
        while await assignment.take_next(self.world.services, AGENTS["rahim"]):
            pass
        left = [row for row in await rows(self.world.database, "turns") if row["status"] == "waiting"]
        assert not left, "a message that no bot will ever answer"
        assert all(
            row["parked_at"] is None for row in await rows(self.world.database, "handoffs") if not row["closed_at"]
        )
        assert "queued" not in {row["status"] for row in await rows(self.world.database, "conversations")}
        await self.world.watch_owners()
        assert await violations(self.world) == []


@pytest.mark.timeout(180)
@pytest.mark.parametrize("engine", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def test_whatever_happens_in_whatever_order_the_promises_hold(
    engine: str, databases: Any, services_over: Callable[[Database], Services]
) -> None:
    with asyncio.Runner() as runner:

        class Machine(HandoffMachine):
            def __init__(self) -> None:
                super().__init__()
                self.runner = runner
                self.world = World(services_over(runner.run(databases.empty(engine))))

        run_state_machine_as_test(
            Machine,
            settings=settings(
                max_examples=30 if engine == "sqlite" else 8,
                stateful_step_count=40,
                deadline=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
