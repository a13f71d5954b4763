"""A team that works outside the desk's pages alone: when it is there for customers, and when it is not."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from handoff_testing import (
    RAHIM,
    SADIA,
    ask_for_person,
    grow_older,
    hire,
    notices,
    overdue,
    phrase,
    rows,
    state,
    vanish,
    write,
)
from relay_testing import CHANNEL, OUTSIDE, address, linked, posted, press, write_there

from handoff import addresses, assignment, caretaker, comebacks, presence, relay
from handoff.clock import new_id, now
from handoff.models import people
from handoff.people import Person
from handoff.presence import Agent
from handoff.relay import Word
from handoff.services import Services

EDITOR = Person(new_id(), "tapan", "Tapan", "editor")


@pytest.fixture(autouse=True)
async def crew(services: Services) -> None:
    """Two agents who have never opened the desk, and a relay that has begun."""
    for person in (RAHIM, SADIA):
        await hire(services.database, person)
    await linked(services.database, RAHIM, SADIA)
    assert await posted(services) == []


async def say(services: Services, person: Person, text: str, at: datetime | None = None) -> Word | None:
    """They write it in the place itself; what they are told."""
    place = OUTSIDE.places["*"]
    deed = relay.Wrote(address(person), person.display_name, place, "", new_id(), text, at or now())
    return await relay.take(services, OUTSIDE, deed)


async def agent(services: Services, person: Person) -> Agent:
    async with services.database.read() as tx:
        found = await presence.agent(tx, person.id, now())
    assert found is not None
    return found


async def thread_of(services: Services, conversation_id: str) -> str:
    await posted(services)
    threads = await rows(services.database, "desk_threads", "id")
    return str([row["id"] for row in threads if row["conversation_id"] == conversation_id][-1])


async def test_who_says_that_they_are_there_is_there_for_customers_until_they_say_otherwise(services: Services) -> None:
    word = await say(services, RAHIM, "!here")
    assert word is not None and "8 hours" in word.text
    await grow_older(services.database, timedelta(hours=7))
    first = await ask_for_person(services, "one")
    assert await notices(services, first.id) == [phrase(services, "queue_first", position=1, wait={"minutes": 2})]
    word = await say(services, RAHIM, "  !Away. ")
    assert word is not None and "You are away" in word.text
    await caretaker.look(services)
    assert (await notices(services, first.id))[-1] == phrase(services, "left_nobody", position=1)
    await say(services, RAHIM, "!here")
    await caretaker.look(services)
    assert not (await state(services, first.id)).absence_told


async def test_nobody_is_there_for_longer_than_a_days_work(services: Services) -> None:
    await say(services, RAHIM, "!here")
    assert (await agent(services, RAHIM)).here
    await grow_older(services.database, presence.SHIFT)
    assert not (await agent(services, RAHIM)).here
    assert (await ask_for_person(services)).absence_told


async def test_whatever_somebody_does_outside_makes_them_there_for_half_an_hour(services: Services) -> None:
    first = await ask_for_person(services, "one")
    assert first.absence_told
    await press(services, RAHIM, await thread_of(services, first.id), "claim")
    await grow_older(services.database, presence.OUTSIDE - timedelta(minutes=1))
    assert not (await ask_for_person(services, "two")).absence_told
    await write_there(services, RAHIM, await thread_of(services, first.id), "One moment.")
    await grow_older(services.database, presence.OUTSIDE - timedelta(minutes=1))
    assert not (await ask_for_person(services, "three")).absence_told
    await grow_older(services.database, timedelta(minutes=2))
    assert (await ask_for_person(services, "four")).absence_told


async def test_who_acts_while_they_say_that_they_are_there_stays_so_for_the_longer_time(services: Services) -> None:
    await say(services, RAHIM, "!here")
    conversation = await ask_for_person(services)
    await press(services, RAHIM, await thread_of(services, conversation.id), "claim")
    await grow_older(services.database, timedelta(hours=2))
    assert (await agent(services, RAHIM)).here


async def test_who_comes_outside_calls_back_who_waits_for_somebody(services: Services) -> None:
    conversation = await ask_for_person(services)
    assert conversation.absence_told
    await say(services, SADIA, "!here")
    await caretaker.look(services)
    told = (await notices(services, conversation.id))[-1]
    assert told == phrase(services, "called_back_first", position=1, wait={"minutes": 2})


def assigning(services: Services) -> Services:
    """The same services, with conversations given to who is there."""
    rules = services.queue_rules
    teams = {**rules.teams, "support": replace(rules.teams["support"], assign="auto")}
    return replace(services, queue_rules=replace(rules, teams=teams))


async def test_what_is_given_to_them_stays_theirs_until_they_are_late(services: Services) -> None:
    auto = assigning(services)
    await say(auto, RAHIM, "!here")
    conversation = await ask_for_person(auto)
    assert await assignment.assign_waiting(auto) == 1
    await vanish(auto.database, RAHIM)
    assert await comebacks.requeue_vanished(auto) == 0
    await grow_older(auto.database, timedelta(hours=1))
    await write(auto, "hello?")
    await overdue(auto, conversation.id)
    for _ in range(2):
        await caretaker.look(auto)
    after = await state(auto, conversation.id)
    # and nobody is given to one who answers nobody
    assert after.status == "queued" and not (await agent(auto, RAHIM)).here


async def test_what_was_taken_from_who_is_silent_is_not_given_to_them_again_before_they_do_something(
    services: Services,
) -> None:
    auto = assigning(services)
    await say(auto, RAHIM, "!here")
    conversation = await ask_for_person(auto)
    assert await assignment.assign_waiting(auto) == 1
    await grow_older(auto.database, timedelta(minutes=6))
    await overdue(auto, conversation.id)
    told = len(await notices(auto, conversation.id))
    for _ in range(3):
        await caretaker.look(auto)
    assert (await state(auto, conversation.id)).status == "queued"
    *_, gone, alone = (await notices(auto, conversation.id))[told:]
    assert gone == phrase(auto, "agent_gone", agent="Rahim")
    assert alone == phrase(auto, "left_nobody", position=1)
    await press(auto, RAHIM, await thread_of(auto, conversation.id), "claim")
    assert (await agent(auto, RAHIM)).here and (await state(auto, conversation.id)).agent_id == RAHIM.id


async def test_who_was_late_with_one_keeps_what_they_work_on_and_is_there_again_by_what_they_do(
    services: Services,
) -> None:
    late = await ask_for_person(services, "one")
    await press(services, RAHIM, await thread_of(services, late.id), "claim")
    await grow_older(services.database, timedelta(hours=1))
    other = await ask_for_person(services, "two")
    await press(services, RAHIM, await thread_of(services, other.id), "claim")
    await vanish(services.database, RAHIM)
    await overdue(services, late.id)
    for _ in range(2):
        await caretaker.look(services)
    assert (await state(services, late.id)).status == "queued"
    assert (await state(services, other.id)).agent_id == RAHIM.id
    assert not (await agent(services, RAHIM)).here
    await write_there(services, RAHIM, await thread_of(services, other.id), "One moment.")
    assert (await agent(services, RAHIM)).here


async def test_a_word_that_comes_late_or_again_changes_nothing_and_is_not_answered(services: Services) -> None:
    earlier, later = now() - timedelta(seconds=20), now() - timedelta(seconds=10)
    assert await say(services, RAHIM, "!here", earlier) is not None
    assert await say(services, RAHIM, "!away", later) is not None
    for _ in range(2):
        assert await say(services, RAHIM, "!here", earlier) is None
    assert await say(services, RAHIM, "!away", later) is None
    assert not (await agent(services, RAHIM)).available
    assert await say(services, SADIA, "!here", earlier) is not None  # what one says is nothing to another
    assert await say(services, RAHIM, "!here") is not None
    assert (await agent(services, RAHIM)).here


async def test_who_acts_just_when_they_say_that_they_stay_is_there_for_the_longer_time(services: Services) -> None:
    async with services.database.write() as tx:
        shift = {"outside_until": now() + presence.SHIFT}
        await tx.execute(sa.update(people).where(people.c.id == RAHIM.id).values(**shift))
        acting = asyncio.create_task(presence.acted_outside(services.database, RAHIM.id))
        await asyncio.sleep(0.3)  # it has come as far as it comes
    await acting
    await grow_older(services.database, timedelta(hours=2))
    assert (await agent(services, RAHIM)).outside


async def test_who_is_away_or_unlinked_or_no_agent_is_not_there(services: Services) -> None:
    await hire(services.database, EDITOR)
    await linked(services.database, EDITOR)
    word = await say(services, EDITOR, "!here")
    assert word is not None and "does not work at the desk" in word.text
    stranger = await say(services, Person("x", "karim", "Karim", "agent"), "!here")
    assert stranger is not None and stranger.link is not None
    await say(services, RAHIM, "!here")
    await say(services, RAHIM, "!away")
    conversation = await ask_for_person(services)
    await press(services, RAHIM, await thread_of(services, conversation.id), "claim")
    assert not (await agent(services, RAHIM)).here  # what they do there does not take back what they said
    assert (await state(services, conversation.id)).agent_id == RAHIM.id
    await say(services, SADIA, "!here")
    assert await addresses.unlink(services.database, CHANNEL, address(SADIA))
    assert not (await agent(services, SADIA)).outside


async def test_other_talk_in_the_place_is_nobodys(services: Services) -> None:
    for text in ("lunch?", "!hereabouts", "!note buy milk", "is anybody !here", ""):
        assert await say(services, RAHIM, text) is None
    assert not (await agent(services, RAHIM)).there


async def test_coming_and_going_in_a_ticket_s_thread_is_not_said_to_its_customer(services: Services) -> None:
    conversation = await ask_for_person(services)
    thread = await thread_of(services, conversation.id)
    await press(services, RAHIM, thread, "claim")
    told = await write_there(services, RAHIM, thread, "!away")
    assert told is not None and "You are away" in told
    assert not [row for row in await rows(services.database, "messages") if "!away" in row["text"]]
