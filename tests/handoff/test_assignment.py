"""Which agent gets what waits: by pulling, or by being given it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from handoff_testing import (
    NASREEN,
    RAHIM,
    SADIA,
    arrive,
    ask_for_person,
    closed,
    hire,
    notices,
    phrase,
    rows,
    state,
    ticket,
    update,
    vanish,
)

from handoff import assignment, ownership, presence
from handoff.clock import new_id, now
from handoff.conversations import Conversation
from handoff.people import Person
from handoff.presence import Agent
from handoff.services import Services


@pytest.fixture
def auto(services: Services) -> Services:
    """The shop's rules, but support assigns by itself."""
    rules = services.queue_rules
    teams = {**rules.teams, "support": replace(rules.teams["support"], assign="auto")}
    return replace(services, queue_rules=replace(rules, teams=teams))


async def test_next_gives_the_first_that_suits_and_says_who_came(services: Services) -> None:
    await arrive(services.database, RAHIM, languages=["bn"])
    await ask_for_person(services, "english")
    bengali = await ask_for_person(services, "bengali", language="bn")
    taken = await assignment.take_next(services, RAHIM)
    assert taken is not None
    assert (taken.id, taken.status, taken.agent_id) == (bengali.id, "assigned", RAHIM.id)
    assert (await notices(services, taken.id))[-1] == phrase(services, "agent_joined", "bn", agent="Rahim")
    assert (await ticket(services, taken.id))["agent_id"] == RAHIM.id
    assert await assignment.take_next(services, RAHIM) is None


async def test_next_is_for_who_works_at_the_desk_also_when_full_or_away(services: Services) -> None:
    await ask_for_person(services)
    stranger = Person(new_id(), "tapan", "Tapan", "editor")
    await hire(services.database, stranger)
    assert await assignment.take_next(services, stranger) is None
    await arrive(services.database, RAHIM, capacity=0, available=False)
    assert await assignment.take_next(services, RAHIM) is not None


async def test_a_pull_team_gives_nothing_by_itself(services: Services) -> None:
    await arrive(services.database, RAHIM)
    await ask_for_person(services)
    assert await assignment.assign_waiting(services) == 0


async def test_a_team_that_assigns_gives_to_whoever_is_here_and_has_room(auto: Services) -> None:
    await arrive(auto.database, RAHIM, capacity=1)
    await arrive(auto.database, SADIA, capacity=2)
    await arrive(auto.database, NASREEN, available=False)
    waiting = [await ask_for_person(auto, f"v{number}") for number in range(4)]
    assert await assignment.assign_waiting(auto) == 3
    owners = [(await state(auto, one.id)).agent_id for one in waiting]
    assert owners[3] is None, "nobody had room"
    assert sorted(str(owner) for owner in owners[:3]) == sorted([RAHIM.id, SADIA.id, SADIA.id])
    assert await assignment.assign_waiting(auto) == 0

    await ownership.resolve(auto, waiting[0].id, {RAHIM.id: RAHIM, SADIA.id: SADIA}[str(owners[0])])
    assert await assignment.assign_waiting(auto) == 1
    assert (await state(auto, waiting[3].id)).status == "assigned"


async def test_nothing_is_given_to_who_has_gone(auto: Services) -> None:
    await arrive(auto.database, RAHIM)
    await ask_for_person(auto)
    await vanish(auto.database, RAHIM)
    assert await assignment.assign_waiting(auto) == 0


async def test_nothing_is_given_at_night_to_a_page_left_open(auto: Services) -> None:
    await arrive(auto.database, RAHIM)
    conversation = await ask_for_person(auto)
    night = closed(auto)
    assert await assignment.assign_waiting(night) == 0
    taken = await assignment.take_next(night, RAHIM)  # who is there can take it
    assert taken is not None and taken.id == conversation.id


async def test_a_team_that_nobody_serves_does_not_keep_the_others_waiting(
    auto: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(assignment, "AT_ONCE", 2)
    rules = auto.queue_rules
    both = {name: replace(team, assign="auto") for name, team in rules.teams.items()}
    services = replace(auto, queue_rules=replace(rules, teams=both))
    await arrive(auto.database, RAHIM, teams=["support"])
    for number in range(3):
        await ask_for_person(services, f"v{number}", reason="double_charged")
    mine = await ask_for_person(services, "mine")
    assert await assignment.assign_waiting(services) == 1
    assert (await state(services, mine.id)).agent_id == RAHIM.id


async def test_several_processes_at_once_fill_nobody_twice(auto: Services) -> None:
    await arrive(auto.database, RAHIM, SADIA, capacity=2)
    for number in range(8):
        await ask_for_person(auto, f"v{number}")
    given = await asyncio.gather(*(assignment.assign_waiting(auto) for _ in range(4)))
    assert sum(given) == 4
    owners = [row["agent_id"] for row in await rows(auto.database, "conversations") if row["agent_id"]]
    assert sorted(owners) == sorted([RAHIM.id, RAHIM.id, SADIA.id, SADIA.id])


async def test_given_claimed_and_taken_at_once_each_has_one_owner(auto: Services) -> None:
    await arrive(auto.database, RAHIM, SADIA)
    waiting = [await ask_for_person(auto, f"v{number}") for number in range(4)]
    await asyncio.gather(
        assignment.assign_waiting(auto),
        *(ownership.claim(auto, one.id, NASREEN) for one in waiting),
        *(assignment.take_next(auto, SADIA) for _ in range(4)),
        return_exceptions=True,
    )
    for one in waiting:
        after = await state(auto, one.id)
        assert (after.status, after.epoch) == ("assigned", one.epoch + 1)
        assert len(await notices(auto, one.id)) == 2  # the queue, and who joined


def waits(language: str = "en", reason: str = "human_agent", seconds: float = 0) -> Conversation:
    since = now() - timedelta(seconds=seconds)
    return Conversation(
        "c", "p", "i", "fake", "queued", 1, language, since, since, reason=reason, waiting_since=since, rank=since
    )


def one(person: Person, languages: Sequence[str] = (), skills: Sequence[str] = (), load: int = 0) -> Agent:
    return Agent(person, frozenset(languages), frozenset(skills), frozenset(), 4, load, True, True)


def test_who_knows_the_language_and_has_the_skill_comes_first_then_who_has_least_in_hand(services: Services) -> None:
    rules = services.queue_rules
    english, bengali, free = one(RAHIM, ["en"], load=1), one(SADIA, ["bn"], load=3), one(NASREEN, load=2)

    def chosen(agents: list[Agent], conversation: Conversation) -> Person | None:
        found = assignment.choose(agents, conversation, rules, now())
        return found.person if found else None

    everybody = [english, bengali, free]
    assert chosen(everybody, waits("bn")) == NASREEN
    assert chosen(everybody, waits("en")) == RAHIM
    assert chosen([bengali], waits("en")) is None
    assert chosen([bengali], waits("en", seconds=61)) == SADIA
    # who has waited long goes to somebody who suits all the same, if there is one
    assert chosen([one(RAHIM, ["en"]), bengali], waits("bn", seconds=61)) == SADIA
    assert (
        chosen([one(RAHIM, skills=["returns"]), one(SADIA, skills=["payments"])], waits(reason="double_charged"))
        == SADIA
    )
    full = replace(free, load=4)
    assert chosen([full], waits()) is None
    assert chosen([replace(free, available=False)], waits()) is None
    assert chosen([replace(free, capacity=0, load=0)], waits()) is None


async def test_taken_next_what_was_late_has_time_to_be_answered(services: Services) -> None:
    await arrive(services.database, RAHIM)
    waiting = await ask_for_person(services)
    late = now() - timedelta(hours=1)
    await update(services.database, "conversations", waiting.id, deadline=late, deadline_state="breached")
    taken = await assignment.take_next(services, RAHIM)
    assert taken is not None and taken.deadline is not None
    assert (taken.deadline > now(), taken.deadline_state) == (True, None)
    async with services.database.read() as tx:
        agent = await presence.agent(tx, RAHIM.id, now())
    assert agent is not None and agent.load == 1
