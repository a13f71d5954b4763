"""When nobody is there: told at once, in their language, with what they can do; and told when somebody is."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from handoff_testing import (
    RAHIM,
    SADIA,
    arrive,
    ask_for_person,
    closed,
    never_open,
    notices,
    offered,
    phrase,
    press,
    state,
    update,
    vanish,
)

from handoff import absence, assignment, deadlines, ownership, presence
from handoff.clock import now
from handoff.services import Services

ALL = [absence.WAIT, absence.CONTACT, absence.BOT]
LANGUAGES = pytest.mark.parametrize("language", ["en", "bn"])


@LANGUAGES
async def test_with_somebody_there_the_customer_hears_place_and_wait(services: Services, language: str) -> None:
    await arrive(services.database, RAHIM)
    conversation = await ask_for_person(services, language=language)
    assert await notices(services, conversation.id) == [
        phrase(services, "queue_first", language, wait={"minutes": 2}, position=1)
    ]
    assert await offered(services, conversation.id) == []
    assert not conversation.absence_told


@LANGUAGES
async def test_with_nobody_there_the_customer_hears_so_and_how_to_go_on(services: Services, language: str) -> None:
    conversation = await ask_for_person(services, language=language)
    assert await notices(services, conversation.id) == [phrase(services, "queue_nobody", language, position=1)]
    assert await offered(services, conversation.id) == ALL
    assert conversation.absence_told
    assert conversation.deadline is not None and conversation.deadline > now()


@LANGUAGES
async def test_outside_of_the_hours_the_customer_hears_when_people_are_back(services: Services, language: str) -> None:
    """Even with somebody at the desk: a page left open over night is nobody."""
    await arrive(services.database, RAHIM)
    night = closed(services)
    opens = night.hours.opens("support", now())
    assert opens is not None
    conversation = await ask_for_person(night, language=language)
    told = phrase(night, "queue_closed", language, position=1, opens=absence.moment(night, "support", opens))
    assert await notices(night, conversation.id) == [told]
    assert await offered(night, conversation.id) == ALL


async def test_with_no_hours_to_come_the_customer_hears_that_nobody_is_there(services: Services) -> None:
    await arrive(services.database, RAHIM)
    conversation = await ask_for_person(never_open(services))
    assert await notices(services, conversation.id) == [phrase(services, "queue_nobody", position=1)]


async def test_another_teams_people_are_nobody_for_this_one(services: Services) -> None:
    await arrive(services.database, RAHIM, teams=["payments"])
    support = await ask_for_person(services, "one")
    payments = await ask_for_person(services, "two", reason="double_charged")
    assert (support.absence_told, payments.absence_told) == (True, False)


@LANGUAGES
async def test_when_everybody_has_left_each_who_waits_hears_it_once(services: Services, language: str) -> None:
    await arrive(services.database, RAHIM)
    waiting = [await ask_for_person(services, f"v{number}", language=language) for number in range(3)]
    assert await absence.tell_left_alone(services) == 0
    await presence.set_available(services.database, RAHIM.id, False)
    told = await asyncio.gather(*(absence.tell_left_alone(services) for _ in range(3)))
    assert sum(told) == 3
    for place, conversation in enumerate(waiting, start=1):
        assert (await notices(services, conversation.id))[1:] == [
            phrase(services, "left_nobody", language, position=place)
        ]
        assert await offered(services, conversation.id) == ALL
    assert await absence.tell_left_alone(services) == 0


async def test_at_the_end_of_the_hours_who_waits_hears_when_they_begin_again(services: Services) -> None:
    await arrive(services.database, RAHIM)
    conversation = await ask_for_person(services)
    night = closed(services)
    opens = night.hours.opens("support", now())
    assert opens is not None
    assert await absence.tell_left_alone(night) == 1
    told = phrase(night, "left_closed", position=1, opens=absence.moment(night, "support", opens))
    assert (await notices(services, conversation.id))[-1] == told


async def test_who_has_just_been_asked_how_to_go_on_has_time_to_choose(services: Services) -> None:
    await arrive(services.database, RAHIM)
    conversation = await ask_for_person(services)
    await update(services.database, "conversations", conversation.id, deadline=now() + timedelta(seconds=1))
    await vanish(services.database, RAHIM)
    await absence.tell_left_alone(services)
    deadline = (await state(services, conversation.id)).deadline
    assert deadline is not None and deadline > now() + timedelta(minutes=1)
    assert await deadlines.deal_with_passed(services) == 0


async def test_who_was_late_already_is_not_left_with_a_far_deadline_when_everybody_goes(services: Services) -> None:
    await arrive(services.database, RAHIM)
    conversation = await ask_for_person(services)
    far = now() + timedelta(hours=5)
    await update(services.database, "conversations", conversation.id, deadline=far, deadline_state="breached")
    await vanish(services.database, RAHIM)
    await absence.tell_left_alone(services)
    deadline = (await state(services, conversation.id)).deadline
    assert deadline is not None and deadline < now() + timedelta(minutes=16)


async def test_who_chose_to_wait_has_a_deadline_after_the_next_opening(services: Services) -> None:
    conversation = await ask_for_person(services)
    await press(services, absence.WAIT)
    await arrive(services.database, RAHIM)
    assert await absence.tell_back(services) == 1
    night = closed(services, timedelta(hours=8))
    assert await absence.tell_left_alone(night) == 1
    deadline = (await state(services, conversation.id)).deadline
    opens = night.hours.opens("support", now())
    assert opens is not None and deadline is not None and deadline > opens


@LANGUAGES
async def test_as_soon_as_somebody_comes_who_was_told_that_nobody_is_there_hears_it_once(
    services: Services, language: str
) -> None:
    waiting = [await ask_for_person(services, f"v{number}", language=language) for number in range(2)]
    assert await absence.tell_back(services) == 0
    await arrive(services.database, RAHIM)
    told = await asyncio.gather(*(absence.tell_back(services) for _ in range(3)))
    assert sum(told) == 2
    wait = {"minutes": 2}
    assert (await notices(services, waiting[0].id))[1:] == [
        phrase(services, "called_back_first", language, position=1, wait=wait)
    ]
    assert (await notices(services, waiting[1].id))[1:] == [
        phrase(services, "called_back_position", language, position=2, wait=wait)
    ]
    assert await absence.tell_left_alone(services) == 0


async def test_somebody_who_comes_has_a_while_before_the_customer_is_told_that_it_is_late(services: Services) -> None:
    conversation = await ask_for_person(services)
    await update(services.database, "conversations", conversation.id, deadline=now())
    await arrive(services.database, RAHIM)
    await absence.tell_back(services)
    assert await deadlines.deal_with_passed(services) == 0


async def test_coming_and_going_tells_nothing_to_who_is_with_an_agent_or_the_bot(services: Services) -> None:
    conversation = await ask_for_person(services)
    await arrive(services.database, RAHIM, SADIA)
    await ownership.claim(services, conversation.id, RAHIM)
    before = await notices(services, conversation.id)
    assert await absence.tell_back(services) == 0
    await presence.set_available(services.database, RAHIM.id, False)
    await presence.set_available(services.database, SADIA.id, False)
    assert await absence.tell_left_alone(services) == 0
    assert await notices(services, conversation.id) == before


async def test_leaving_and_taking_at_once_tell_one_thing(services: Services) -> None:
    await arrive(services.database, RAHIM)
    conversation = await ask_for_person(services)
    await presence.set_available(services.database, RAHIM.id, False)
    await asyncio.gather(
        absence.tell_left_alone(services), assignment.take_next(services, RAHIM), absence.tell_left_alone(services)
    )
    after = await state(services, conversation.id)
    assert after.agent_id == RAHIM.id
    assert (await notices(services, conversation.id))[-1] == phrase(services, "agent_joined", agent="Rahim")
    assert len(await notices(services, conversation.id)) in (2, 3)
