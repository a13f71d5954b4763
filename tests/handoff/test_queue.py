"""Who is next, which place a customer has, and how long it will take."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from handoff_testing import NASREEN, RAHIM, SADIA, arrive, ask_for_person, change, state, update
from hypothesis import given
from hypothesis import strategies as st

from handoff import assignment, deadlines, ownership, presence, queue, store
from handoff.clock import new_id, now
from handoff.conversations import Conversation
from handoff.database import Transaction
from handoff.models import conversations as table
from handoff.models import handoffs
from handoff.people import Person
from handoff.presence import Agent
from handoff.services import Services


async def places(tx: Transaction, *ids: str) -> list[int]:
    found = [await store.get(tx, one) for one in ids]
    return [await queue.position(tx, one) for one in found if one is not None]


async def agent(tx: Transaction, person: Person) -> Agent:
    found = await presence.agent(tx, person.id, now())
    assert found is not None
    return found


async def test_the_queue_goes_by_urgency_and_age_together_then_by_id(services: Services) -> None:
    plain = await ask_for_person(services, "plain")
    urgent = await ask_for_person(services, "urgent", reason="complaint")
    later = await ask_for_person(services, "later")
    middle = await ask_for_person(services, "middle", reason="bot_failed")
    ids = (urgent.id, middle.id, plain.id, later.id)
    async with services.database.read() as tx:
        assert await places(tx, *ids) == [1, 2, 3, 4]

    long_ago = now() - timedelta(minutes=25)
    rank = services.queue_rules.rank(1, long_ago)
    await update(services.database, "conversations", later.id, waiting_since=long_ago, rank=rank)
    async with services.database.read() as tx:
        assert await places(tx, *ids) == [2, 3, 4, 1]

    await change(services.database, "conversations", rank=rank)
    async with services.database.read() as tx:
        assert await places(tx, *sorted(ids)) == [1, 2, 3, 4]


async def test_each_team_has_a_queue_of_its_own(services: Services) -> None:
    support = await ask_for_person(services, "one")
    payments = await ask_for_person(services, "two", reason="double_charged")
    behind = await ask_for_person(services, "three", reason="payment_failed")
    async with services.database.read() as tx:
        assert await places(tx, support.id, payments.id, behind.id) == [1, 1, 2]


async def test_who_leaves_the_queue_moves_the_others_up_and_back_in_it_is_where_it_was(services: Services) -> None:
    waiting = [await ask_for_person(services, f"v{number}") for number in range(3)]
    await ownership.claim(services, waiting[0].id, RAHIM)
    async with services.database.read() as tx:
        assert await places(tx, waiting[1].id, waiting[2].id) == [1, 2]
    await ownership.transfer(services, waiting[0].id, RAHIM, None)
    async with services.database.read() as tx:
        assert await places(tx, *(one.id for one in waiting)) == [1, 2, 3]


async def test_parallel_takers_get_one_each_and_no_two_the_same(services: Services) -> None:
    agents = [Person(new_id(), f"agent{number}", f"Agent {number}", "agent") for number in range(12)]
    await arrive(services.database, *agents)
    waiting = [await ask_for_person(services, f"v{number}") for number in range(9)]
    took = await asyncio.gather(*(assignment.take_next(services, person) for person in agents))
    given = [one.id for one in took if one is not None]
    assert sorted(given) == sorted(one.id for one in waiting)
    assert took.count(None) == 3
    for conversation in waiting:
        assert (await state(services, conversation.id)).status == "assigned"


async def test_who_takes_next_alone_takes_the_first(services: Services) -> None:
    await arrive(services.database, RAHIM)
    await ask_for_person(services, "plain")
    urgent = await ask_for_person(services, "urgent", reason="complaint")
    async with services.database.write() as tx:
        found = await queue.next_for(tx, await agent(tx, RAHIM), services.queue_rules, now())
    assert found is not None and found.id == urgent.id


LANGUAGES = st.sampled_from(["en", "bn", "bn-Latn", "hi"])
SOME = st.frozensets(st.sampled_from(["en", "bn"]), max_size=2)


async def test_what_suits_an_agent_is_the_same_for_one_conversation_and_for_the_table(services: Services) -> None:
    """Over every mix of language, reason, age and lateness, and every kind of agent."""
    at = now()
    reasons = ("human_agent", "double_charged")
    for number, (language, reason, age, late) in enumerate(
        (language, reason, age, late)
        for language in ("en", "bn", "bn-Latn", "hi")
        for reason in reasons
        for age in (10, 90)
        for late in (None, "breached")
    ):
        one = await ask_for_person(services, f"v{number}", reason=reason)
        since = at - timedelta(seconds=age)
        values = {"language": language, "waiting_since": since, "deadline_state": late}
        await update(services.database, "conversations", one.id, **values)
    async with services.database.read() as tx:
        stored = [Conversation(**row) for row in await tx.rows(sa.select(table))]
        for agent in kinds():
            suiting = sa.select(table.c.id).where(queue.suiting(agent, services.queue_rules, at))
            found = {row["id"] for row in await tx.rows(suiting)}
            assert found == {one.id for one in stored if queue.suits(agent, one, services.queue_rules, at)}


def kinds() -> list[Agent]:
    everybody = Agent(RAHIM, frozenset(), frozenset(), frozenset(), 5, 0, True, True)
    return [
        replace(everybody, languages=frozenset(languages), skills=frozenset(skills), teams=frozenset(teams))
        for languages in ((), ("bn",), ("en", "bn"))
        for skills in ((), ("payments",), ("returns",))
        for teams in ((), ("support",), ("payments",))
    ]


@given(LANGUAGES, SOME)
def test_who_knows_a_language_knows_it_in_latin_letters_too(language: str, known: frozenset[str]) -> None:
    agent = Agent(RAHIM, known, frozenset(), frozenset(), 5, 0, True, True)
    at = now()
    waiting = Conversation("c", "p", "i", "fake", "queued", 0, language, at, at, reason="human_agent", waiting_since=at)
    rules: Any = type("Rules", (), {"skills": {}})()
    assert queue.matches(agent, waiting, rules) == (not known or language.split("-")[0] in known)


async def test_what_waits_long_or_is_late_is_for_anybody_of_the_team(services: Services) -> None:
    await arrive(services.database, RAHIM, languages=["en"])
    await arrive(services.database, SADIA, teams=["payments"])
    bengali = await ask_for_person(services, "bengali", language="bn")
    english = await ask_for_person(services, "english")

    async def first(person: Person) -> str | None:
        async with services.database.write() as tx:
            found = await queue.next_for(tx, await agent(tx, person), services.queue_rules, now())
        return found.id if found else None

    assert await first(RAHIM) == english.id
    since = now() - services.queue_rules.any_agent_after - timedelta(seconds=1)
    await update(services.database, "conversations", bengali.id, waiting_since=since)
    assert await first(RAHIM) == bengali.id
    assert await first(SADIA) is None  # of another team, at no time


async def test_what_is_late_is_for_anybody_at_once(services: Services) -> None:
    await arrive(services.database, RAHIM, languages=["en"])
    bengali = await ask_for_person(services, "bengali", language="bn")
    assert await assignment.take_next(services, RAHIM) is None
    await update(services.database, "conversations", bengali.id, deadline=now() - timedelta(seconds=1))
    assert await deadlines.deal_with_passed(services) == 1
    taken = await assignment.take_next(services, RAHIM)
    assert taken is not None and taken.id == bengali.id


async def minutes(services: Services, place: int, conversation: Conversation) -> int:
    async with services.database.read() as tx:
        return await queue.expected_wait(tx, conversation, place, now())


async def past(services: Services, pickups: list[float], handled: float | None = 10) -> None:
    """Requests of the past that were picked up after so many minutes, and done after so many more."""
    of = await ask_for_person(services, new_id())
    at = now() - timedelta(days=1)
    async with services.database.write() as tx:
        await tx.execute(sa.delete(handoffs))
        for number, pickup in enumerate(pickups):
            asked = at + timedelta(minutes=number)
            claimed = asked + timedelta(minutes=pickup)
            await tx.execute(
                sa.insert(handoffs).values(
                    id=new_id(),
                    conversation_id=of.id,
                    reason="human_agent",
                    brief={},
                    requested_at=asked,
                    deadline=asked,
                    claimed_at=claimed,
                    closed_at=claimed + timedelta(minutes=handled) if handled is not None else None,
                )
            )


async def test_the_expected_wait_is_what_it_took_lately(services: Services) -> None:
    await arrive(services.database, RAHIM)
    waiting = await ask_for_person(services)
    assert await minutes(services, 1, waiting) == 2  # before there is anything to go by
    await past(services, [3, 4, 30])
    assert await minutes(services, 1, waiting) == 4
    await past(services, [0.1])
    assert await minutes(services, 1, waiting) == 1


async def test_who_is_behind_those_who_fit_in_waits_a_round_for_each_that_is_full(services: Services) -> None:
    await arrive(services.database, RAHIM, SADIA, capacity=2)
    await arrive(services.database, NASREEN, teams=["payments"], capacity=50)
    waiting = await ask_for_person(services)
    await past(services, [2], handled=20)
    assert [await minutes(services, place, waiting) for place in (1, 4, 5, 8, 9)] == [2, 2, 22, 22, 42]
    assert await minutes(services, 9, replace(waiting, team="payments")) == 2


async def test_nights_and_long_pauses_do_not_make_the_days_wait_longer(services: Services) -> None:
    """Most of the past waited for the morning, and was put aside for days."""
    await arrive(services.database, RAHIM, capacity=1)
    waiting = await ask_for_person(services)
    await past(services, [600.0] * 30 + [5.0] * 3, handled=3 * 24 * 60)
    assert await minutes(services, 1, waiting) == 5
    assert await minutes(services, 2, waiting) == 15


@pytest.mark.parametrize("capacity", [0, 1])
async def test_the_expected_wait_is_a_number_even_when_nobody_can_take_anything(
    services: Services, capacity: int
) -> None:
    waiting = await ask_for_person(services)
    assert await minutes(services, 3, waiting) >= 1
    await arrive(services.database, RAHIM, capacity=capacity)
    assert await minutes(services, 3, waiting) >= 1
