"""Who is at the desk, what they have in hand and what they take."""

from __future__ import annotations

from datetime import timedelta

from handoff_testing import (
    NASREEN,
    PASSWORD,
    RAHIM,
    SADIA,
    arrive,
    ask_for_person,
    hire,
    rows,
    update,
)

from handoff import ownership, people, presence
from handoff.clock import new_id, now
from handoff.database import Database
from handoff.people import Person
from handoff.presence import Agent
from handoff.services import Services

EDITOR = Person(new_id(), "tapan", "Tapan", "editor")


async def agent(database: Database, person: Person) -> Agent:
    async with database.read() as tx:
        found = await presence.agent(tx, person.id, now())
    assert found is not None
    return found


async def test_who_was_heard_of_just_now_is_online_and_nobody_else(database: Database) -> None:
    await hire(database, RAHIM)
    assert not (await agent(database, RAHIM)).online
    await presence.seen(database, RAHIM.id)
    assert (await agent(database, RAHIM)).online
    nearly = now() - presence.VANISHED + timedelta(seconds=5)
    await update(database, "people", RAHIM.id, seen_at=nearly)
    assert (await agent(database, RAHIM)).online
    await update(database, "people", RAHIM.id, seen_at=now() - presence.VANISHED - timedelta(seconds=1))
    assert not (await agent(database, RAHIM)).online


async def test_somebody_new_takes_everything_five_at_a_time(database: Database) -> None:
    await hire(database, RAHIM)
    found = await agent(database, RAHIM)
    assert (found.languages, found.skills, found.teams) == (frozenset(), frozenset(), frozenset())
    assert (found.capacity, found.load, found.room, found.available) == (5, 0, 5, True)
    assert found.on_team("support") and found.on_team("payments")


async def test_only_who_works_at_the_desk_is_counted(database: Database) -> None:
    await arrive(database, RAHIM, NASREEN, EDITOR)
    async with database.read() as tx:
        everyone = await presence.agents(tx, now())
        assert await presence.agent(tx, EDITOR.id, now()) is None
    assert [one.person.name for one in everyone] == ["nasreen", "rahim"]


async def test_the_load_is_what_is_theirs_and_not_put_aside(services: Services) -> None:
    await arrive(services.database, RAHIM, SADIA, capacity=2)
    for number in range(3):
        conversation = await ask_for_person(services, f"v{number}")
        await ownership.claim(services, conversation.id, RAHIM)
    await ownership.snooze(services, conversation.id, RAHIM, now() + timedelta(hours=1))
    found = await agent(services.database, RAHIM)
    assert (found.load, found.room) == (2, 0)
    await ownership.snooze(services, conversation.id, RAHIM, None)
    found = await agent(services.database, RAHIM)
    assert (found.load, found.room) == (3, 0)  # by themselves they may take more than they are given
    assert (await agent(services.database, SADIA)).load == 0


async def test_who_is_away_or_of_another_team_is_not_here_for_it(database: Database) -> None:
    await arrive(database, RAHIM, teams=["payments"])
    await arrive(database, SADIA)
    await arrive(database, NASREEN)
    await presence.set_available(database, NASREEN.id, False)
    async with database.read() as tx:
        everyone = await presence.agents(tx, now())
    names = {team: [one.person.name for one in presence.of_team(everyone, team)] for team in ("support", "payments")}
    assert names == {"support": ["sadia"], "payments": ["rahim", "sadia"]}
    assert (await agent(database, NASREEN)).online
    await presence.set_available(database, NASREEN.id, True)
    assert (await agent(database, NASREEN)).here


async def test_who_signs_out_is_gone_at_once_unless_they_are_signed_in_elsewhere(database: Database) -> None:
    await hire(database, RAHIM)
    phone, desk = [await people.sign_in(database, "rahim", PASSWORD) for _ in range(2)]
    assert phone is not None and desk is not None
    await presence.seen(database, RAHIM.id)
    for (token, _), online in ((phone, True), (desk, False)):
        async with database.write() as tx:
            await people.sign_out(tx, token)
            await presence.left(tx, RAHIM.id)
        assert (await agent(database, RAHIM)).online is online
    assert (await rows(database, "people"))[0]["seen_at"] is None


async def test_coming_and_going_wake_whoever_looks_after_the_queue(database: Database) -> None:
    await hire(database, RAHIM)
    signals = database.signals.subscribe("queue")
    await presence.seen(database, RAHIM.id)
    assert await signals.wait(0.1)
    await presence.seen(database, RAHIM.id)
    assert not await signals.wait(0.1)  # known already
    await presence.set_available(database, RAHIM.id, False)
    assert await signals.wait(0.1)
    async with database.write() as tx:
        await presence.left(tx, RAHIM.id)
    assert await signals.wait(0.1)
    signals.close()
