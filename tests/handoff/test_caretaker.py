"""What must happen without anybody asking for it happens, whatever else breaks."""

from __future__ import annotations

import asyncio

import pytest
from handoff_testing import RAHIM, arrive, ask_for_person, notices, overdue, phrase, rows, state

from handoff import absence, caretaker, presence, store, walking
from handoff.conversations import Refused
from handoff.database import DatabaseAway
from handoff.services import Services


async def test_a_step_that_breaks_keeps_none_of_the_others_from_being_taken(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def breaks(_: Services) -> int:
        raise KeyError("a bug")

    conversation = await ask_for_person(services)
    await overdue(services, conversation.id)
    monkeypatch.setattr(caretaker, "ROUND", (breaks, *caretaker.ROUND))
    with pytest.raises(ExceptionGroup) as group:
        await caretaker.look(services)
    assert [type(error) for error in group.value.exceptions] == [KeyError]
    assert (await state(services, conversation.id)).status == "bot"


async def test_with_the_database_away_the_rest_of_the_round_waits(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = []

    async def away(_: Services) -> int:
        raise DatabaseAway("gone")

    async def later(_: Services) -> int:
        taken.append("later")
        return 1

    monkeypatch.setattr(caretaker, "ROUND", (away, later))
    with pytest.raises(DatabaseAway):
        await caretaker.look(services)
    assert taken == []


async def test_many_processes_looking_after_the_same_house_do_each_thing_once(services: Services) -> None:
    await arrive(services.database, RAHIM)
    waiting = [await ask_for_person(services, f"v{number}") for number in range(3)]
    await presence.set_available(services.database, RAHIM.id, False)
    await asyncio.gather(*(caretaker.look(services) for _ in range(4)))
    for place, conversation in enumerate(waiting, start=1):
        assert (await notices(services, conversation.id))[1:] == [phrase(services, "left_nobody", position=place)]
    assert await caretaker.look(services) == 0


async def test_a_step_over_many_passes_over_who_is_gone_or_does_not_fit_any_more(services: Services) -> None:
    one, other = await ask_for_person(services, "one"), await ask_for_person(services, "two")

    async def step(tx, conversation, now):
        if conversation.id == other.id:
            raise Refused("not_due", "Somebody was faster.")
        return conversation

    assert await walking.each(services, ["never-was", other.id, one.id], step) == 1


async def test_a_step_that_is_refused_leaves_nothing_behind(services: Services) -> None:
    conversation = await ask_for_person(services)
    before = await rows(services.database, "messages")

    async def step(tx, found, now):
        await absence.welcome(tx, services, found, now)
        await store.close_handoff(tx, found.id, "chose_bot", now)
        raise Refused("not_due", "Too late.")

    assert await walking.each(services, [conversation.id], step) == 0
    assert await rows(services.database, "messages") == before
    assert (await rows(services.database, "handoffs"))[0]["closed_at"] is None
