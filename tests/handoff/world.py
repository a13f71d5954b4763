"""A small world of customers, workers and agents over real stores, and what must be true of it at any moment."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from handoff_testing import PASSWORD_HASH, dump, end_leases, rows

from handoff import caretaker, inbox, outbox, ownership, presence, turns
from handoff.clock import new_id, now
from handoff.conversations import Refused
from handoff.database import Database, Transaction, UtcDateTime
from handoff.incoming import Incoming
from handoff.messages import Said
from handoff.models import people
from handoff.people import Person
from handoff.schema import metadata
from handoff.services import Services
from handoff.turns import Outcome, Turn

AGENTS = {name: Person(new_id(), name, name.title(), "agent") for name in ("rahim", "sadia")}
AGENTS["nasreen"] = Person(new_id(), "nasreen", "Nasreen", "supervisor")
WORKERS = ("worker-one", "worker-two")
ADDRESSES = ("amina", "jonas", "lucia")

Action = Callable[[], Awaitable[Any]]


class Died(Exception):
    """The process ended before its transaction was committed."""


@dataclass
class World:
    """What the world did, beside what the database says.

    Attributes:
        sent: for each customer, the delivery keys that were acknowledged, in order.
        turns: turns that a worker has in hand.
        spoken_for: for each conversation, the seqs at which a person's ownership began and ended.
    """

    services: Services
    sent: dict[str, list[str]] = field(default_factory=lambda: {address: [] for address in ADDRESSES})
    message_of: dict[str, str] = field(default_factory=dict)
    turns: list[tuple[str, Turn]] = field(default_factory=list)
    begun: dict[str, int] = field(default_factory=dict)
    owned: list[tuple[str, int, int]] = field(default_factory=list)
    erased: set[str] = field(default_factory=set)

    @property
    def database(self) -> Database:
        return self.services.database

    async def open(self) -> None:
        async with self.database.write() as tx:
            for person in AGENTS.values():
                values = {"id": person.id, "name": person.name, "display_name": person.display_name}
                await tx.execute(
                    sa.insert(people).values(
                        **values, role=person.role, password_hash=PASSWORD_HASH, demo=False, created_at=now()
                    )
                )

    async def receive(self, address: str, key: str, text: str, payload: str | None = None) -> None:
        name = f"{address}/{key}"
        try:
            message, new = await inbox.receive(
                self.services, Incoming("fake", name, address, "" if payload else text, payload=payload)
            )
        except inbox.Erased:
            assert name in self.erased
            return
        except Refused as refused:
            assert refused.code == "unknown_button" and payload is not None
            return
        assert name not in self.erased, "an erased message came back"
        assert new == (name not in self.message_of), "a delivery counted twice, or not at all"
        if new:
            self.sent[address].append(name)
            self.message_of[name] = message.id
        assert self.message_of[name] == message.id

    async def lease(self, worker: str) -> None:
        turn = await turns.lease_next(self.services, worker)
        if turn is not None:
            others = [held for _, held in self.turns if held.conversation.id == turn.conversation.id]
            fresh = [one for one in await self.leased() if one == turn.conversation.id]
            assert fresh, "a turn without a lease"
            self.turns = [one for one in self.turns if one[1] not in others] + [(worker, turn)]

    async def leased(self) -> list[str]:
        return [row["id"] for row in await rows(self.database, "conversations") if row["lease_owner"] is not None]

    async def finish(self, number: int, reason: str | None, language: str) -> None:
        if not self.turns:
            return
        worker, turn = self.turns.pop(number % len(self.turns))
        outcome = Outcome([Said(f"re:{turn.message.id}")], language, handoff_reason=reason, intent="greet")
        await turns.finish(self.services, turn, outcome, worker, None)

    async def fail(self, number: int) -> None:
        if self.turns:
            worker, turn = self.turns.pop(number % len(self.turns))
            await turns.fail(self.services, turn, worker, "broken")

    async def crash(self, worker: str) -> None:
        """Kill -9 of a worker: what it had in hand is gone, its leases run out."""
        self.turns = [(owner, turn) for owner, turn in self.turns if owner != worker]
        await end_leases(self.database)

    async def step(self, action: Action) -> None:
        """Somebody at the desk does something; what the present state forbids is refused and changes nothing."""
        before = await dump(self.database)
        try:
            await action()
        except Refused:
            assert await dump(self.database) == before

    async def die_during(self, action: Action) -> None:
        """The same, but the process ends just before the commit: nothing of it may be there."""
        before = await dump(self.database)
        write = self.database.write
        self.database.write = lambda: _dying(write())  # type: ignore[method-assign]
        try:
            await action()
        except (Died, Refused):
            pass
        finally:
            del self.database.write  # type: ignore[method-assign]
        assert await dump(self.database) == before

    async def reply(self, conversation_id: str, person: Person, private: bool) -> None:
        found = await self.conversation(conversation_id)
        allowed = private or (found["status"] == "assigned" and found["agent_id"] == person.id)
        try:
            await ownership.reply(self.services, conversation_id, person, "an agent writes", private)
            assert allowed, "somebody wrote who does not own it"
        except Refused:
            assert not allowed

    async def pass_time(self, seconds: int) -> None:
        """Everything that is stored becomes older."""
        async with self.database.write() as tx:
            for table in metadata.sorted_tables:
                columns = [column for column in table.columns if isinstance(column.type, UtcDateTime)]
                for row in await tx.rows(sa.select(table)):
                    older = {c.name: row[c.name] - timedelta(seconds=seconds) for c in columns if row[c.name]}
                    if older:
                        where = [column == row[column.name] for column in table.primary_key.columns]
                        await tx.execute(sa.update(table).where(*where).values(**older))

    async def look_after(self) -> None:
        await caretaker.look(self.services)

    async def come(self, person: Person) -> None:
        await presence.set_available(self.database, person.id, True)

    async def leave(self, person: Person) -> None:
        async with self.database.write() as tx:
            await presence.left(tx, person.id)

    async def deliver(self, status: str) -> None:
        for due in (await outbox.take_due(self.database, "fake")).due:
            await outbox.settle(self.database, due, status)

    async def conversation(self, conversation_id: str) -> dict[str, Any]:
        return next(row for row in await rows(self.database, "conversations") if row["id"] == conversation_id)

    async def watch_owners(self) -> None:
        """Notes from where to where a person owned each conversation."""
        for row in await rows(self.database, "conversations"):
            begun = self.begun.get(row["id"])
            if row["status"] == "assigned" and begun is None:
                self.begun[row["id"]] = row["last_seq"]
            elif row["status"] != "assigned" and begun is not None:
                self.owned.append((row["id"], begun, row["last_seq"]))
                del self.begun[row["id"]]

    def erase(self, address: str, conversation_ids: set[str]) -> None:
        """The customer's data are gone: late copies of what they sent must bring nothing back."""
        self.erased |= set(self.sent[address])
        self.sent[address] = []
        self.turns = [one for one in self.turns if one[1].conversation.id not in conversation_ids]
        self.begun = {key: value for key, value in self.begun.items() if key not in conversation_ids}
        self.owned = [one for one in self.owned if one[0] not in conversation_ids]


@asynccontextmanager
async def _dying(opened: Any) -> AsyncIterator[Transaction]:
    async with opened as transaction:
        yield transaction
        raise Died
