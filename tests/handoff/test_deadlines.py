"""By when somebody must have answered: warned before, acted on when it passes, and never the end of waiting."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from handoff_testing import (
    NASREEN,
    RAHIM,
    SADIA,
    arrive,
    ask_for_person,
    closed,
    dump,
    notices,
    offered,
    overdue,
    phrase,
    press,
    rows,
    state,
    ticket,
    update,
    vanish,
    write,
)

from handoff import absence, assignment, comebacks, deadlines, events, ownership, presence, tickets
from handoff.absence import BOT, CONTACT, WAIT
from handoff.clock import now
from handoff.conversations import Conversation, Refused
from handoff.services import Services

LANGUAGES = pytest.mark.parametrize("language", ["en", "bn"])


async def told_the_desk(services: Services) -> list[str]:
    async with services.database.read() as tx:
        found = [event for event in await events.after(tx, 0) if event.kind == "deadline"]
    assert not any(event.public for event in found)
    return [event.payload["state"] for event in found]


async def breach(services: Services, conversation: Conversation) -> Conversation:
    await overdue(services, conversation.id)
    assert await deadlines.deal_with_passed(services) == 1
    return await state(services, conversation.id)


async def test_the_desk_is_warned_once_when_most_of_the_time_has_gone(services: Services) -> None:
    await arrive(services.database, RAHIM)
    conversation = await ask_for_person(services)
    assert await deadlines.warn_near(services) == 0
    soon = now() + timedelta(minutes=15) * 0.3
    await update(services.database, "conversations", conversation.id, deadline=soon + timedelta(seconds=5))
    assert await deadlines.warn_near(services) == 0
    await update(services.database, "conversations", conversation.id, deadline=soon - timedelta(seconds=5))
    told = await asyncio.gather(*(deadlines.warn_near(services) for _ in range(3)))
    assert sum(told) == 1
    assert await told_the_desk(services) == ["warned"]
    assert (await state(services, conversation.id)).deadline_state == "warned"
    assert len(await notices(services, conversation.id)) == 1  # nothing of it to the customer


async def test_what_is_answered_is_neither_warned_of_nor_late(services: Services) -> None:
    conversation = await ask_for_person(services)
    await ownership.claim(services, conversation.id, RAHIM)
    await overdue(services, conversation.id)
    await ownership.reply(services, conversation.id, RAHIM, "here", private=False)
    assert await deadlines.warn_near(services) + await deadlines.deal_with_passed(services) == 0


@LANGUAGES
async def test_with_nobody_there_and_no_choice_made_the_bot_is_back_and_the_request_stays(
    services: Services, language: str
) -> None:
    conversation = await ask_for_person(services, language=language)
    after = await breach(services, conversation)
    assert (after.status, after.epoch, after.deadline) == ("bot", conversation.epoch + 1, None)
    assert (await notices(services, conversation.id))[-1] == phrase(services, "nobody_came", language)
    request = await ticket(services, conversation.id)
    assert (request["closed_at"], request["breaches"]) == (None, 1)
    assert request["parked_at"] is not None
    assert await deadlines.deal_with_passed(services) == 0
    assert await told_the_desk(services) == ["breached"]


@LANGUAGES
async def test_with_somebody_there_it_becomes_more_urgent_and_the_customer_may_choose(
    services: Services, language: str
) -> None:
    await arrive(services.database, RAHIM)
    ahead = await ask_for_person(services, "jonas")
    conversation = await ask_for_person(services, language=language)
    after = await breach(services, conversation)
    assert (after.status, after.priority, after.epoch) == ("queued", 2, conversation.epoch)
    assert ahead.rank is not None and after.rank is not None and after.rank < ahead.rank
    assert (await notices(services, conversation.id))[-1] == phrase(services, "still_waiting", language, position=1)
    assert await offered(services, conversation.id) == [WAIT, CONTACT, BOT]


async def test_who_goes_on_waiting_always_has_a_deadline_each_later_than_the_one_before(services: Services) -> None:
    await arrive(services.database, RAHIM)
    conversation = await ask_for_person(services)
    pauses = []
    for times in range(1, 9):
        conversation = await breach(services, conversation)
        assert (conversation.status, conversation.deadline_state) == ("queued", "breached")
        assert conversation.deadline is not None
        pauses.append(conversation.deadline - now())
        assert (await ticket(services, conversation.id))["breaches"] == times
    minutes = [round(pause / timedelta(minutes=1)) for pause in pauses]
    assert minutes == [10, 10, 20, 40, 80, 80, 80, 80]


async def test_late_and_left_alone_the_bot_is_back_soon(services: Services) -> None:
    """Nobody answered while somebody was there; then everybody goes home."""
    await arrive(services.database, RAHIM)
    conversation = await breach(services, await ask_for_person(services))
    await vanish(services.database, RAHIM)
    assert await absence.tell_left_alone(services) == 1
    conversation = await breach(services, conversation)
    assert conversation.status == "bot"
    assert (await ticket(services, conversation.id))["parked_at"] is not None


async def test_who_chose_to_wait_is_not_sent_back_to_the_bot(services: Services) -> None:
    conversation = await ask_for_person(services, language="bn")
    await press(services, WAIT)
    after = await breach(services, await state(services, conversation.id))
    assert (after.status, after.choice, after.priority) == ("queued", "wait", 2)
    assert after.deadline is not None and after.deadline > now()
    assert (await notices(services, conversation.id))[-1] == phrase(services, "still_waiting", "bn", position=1)


async def test_over_night_the_next_deadline_is_after_the_opening(services: Services) -> None:
    conversation = await ask_for_person(services)
    await press(services, WAIT)
    night = closed(services)
    after = await breach(night, await state(services, conversation.id))
    opens = night.hours.opens("support", now())
    assert opens is not None and after.deadline is not None and after.deadline > opens


@LANGUAGES
async def test_an_agent_who_is_late_is_excused_once_and_keeps_it(services: Services, language: str) -> None:
    await arrive(services.database, RAHIM)
    conversation = await ask_for_person(services, language=language)
    await ownership.claim(services, conversation.id, RAHIM)
    after = await breach(services, conversation)
    assert (after.status, after.agent_id, after.deadline_state) == ("assigned", RAHIM.id, "breached")
    late = phrase(services, "answer_late", language, agent="Rahim")
    assert (await notices(services, conversation.id))[-1] == late
    assert await deadlines.deal_with_passed(services) == 0
    await write(services, "?")
    assert await deadlines.deal_with_passed(services) == 0
    assert (await notices(services, conversation.id)).count(late) == 1

    await ownership.reply(services, conversation.id, RAHIM, "sorry", private=False)
    assert (await state(services, conversation.id)).deadline is None
    await write(services, "and then?")
    again = await state(services, conversation.id)
    assert (again.deadline_kind, again.deadline_state) == ("next", None)
    await breach(services, again)
    assert (await notices(services, conversation.id)).count(late) == 2


@LANGUAGES
async def test_over_night_who_waits_for_an_agents_answer_hears_when_people_are_back(
    services: Services, language: str
) -> None:
    """The agent's page is still open; nobody is before it."""
    await arrive(services.database, RAHIM)
    conversation = await ask_for_person(services, language=language)
    await ownership.claim(services, conversation.id, RAHIM)
    night = closed(services)
    opens = night.hours.opens("support", now())
    assert opens is not None
    await breach(night, conversation)
    told = phrase(services, "answer_closed", language, opens=absence.moment(night, "support", opens))
    assert (await notices(services, conversation.id))[-1] == told


async def test_after_a_claim_the_first_deadline_still_runs(services: Services) -> None:
    conversation = await ask_for_person(services)
    claimed = await ownership.claim(services, conversation.id, RAHIM)
    assert (claimed.deadline, claimed.deadline_kind) == (conversation.deadline, "first")
    await ownership.reply(services, conversation.id, RAHIM, "a note", private=True)
    assert (await state(services, conversation.id)).deadline == conversation.deadline


async def test_a_deadline_that_passed_while_nobody_looked_is_acted_on_when_somebody_does(services: Services) -> None:
    """It stands in the database: no restart forgets it."""
    conversation = await ask_for_person(services)
    await update(services.database, "conversations", conversation.id, deadline=now() - timedelta(days=3))
    assert await deadlines.deal_with_passed(services) == 1


async def test_several_processes_act_on_a_deadline_once(services: Services) -> None:
    await arrive(services.database, RAHIM)
    conversation = await ask_for_person(services)
    await overdue(services, conversation.id)
    acted = await asyncio.gather(*(deadlines.deal_with_passed(services) for _ in range(4)))
    assert sum(acted) == 1
    assert len(await notices(services, conversation.id)) == 2


async def test_one_that_breaks_does_not_hold_up_the_others(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    broken, fine = await ask_for_person(services, "one"), await ask_for_person(services, "two")
    await overdue(services, broken.id, fine.id)
    real = tickets.park

    async def park(tx, conversation, at):
        if conversation.id == broken.id:
            raise KeyError("a bug")
        return await real(tx, conversation, at)

    monkeypatch.setattr(tickets, "park", park)
    before = await state(services, broken.id)
    with pytest.raises(ExceptionGroup):
        await deadlines.deal_with_passed(services)
    assert (await state(services, fine.id)).status == "bot"
    assert await state(services, broken.id) == before


async def test_a_claim_and_the_deadline_at_once_have_one_outcome(services: Services) -> None:
    waiting = await ask_for_person(services)
    await overdue(services, waiting.id)
    results = await asyncio.gather(
        ownership.claim(services, waiting.id, RAHIM),
        *(deadlines.deal_with_passed(services) for _ in range(3)),
        return_exceptions=True,
    )
    after = await state(services, waiting.id)
    assert after.epoch == waiting.epoch + 1
    if isinstance(results[0], Conversation):
        assert (after.status, after.agent_id) == ("assigned", RAHIM.id)
        assert after.deadline is not None
    else:
        assert isinstance(results[0], Refused)
        assert after.status == "bot"
        assert (await ticket(services, waiting.id))["parked_at"] is not None


async def test_taken_claimed_late_and_left_at_once_leave_everybody_with_one_owner_or_a_deadline(
    services: Services,
) -> None:
    people = (RAHIM, SADIA, NASREEN)
    await arrive(services.database, *people)
    waiting = [await ask_for_person(services, f"v{number}") for number in range(6)]
    mine = [await ask_for_person(services, f"mine{number}") for number in range(3)]
    for conversation in mine:
        await ownership.claim(services, conversation.id, SADIA)
    await vanish(services.database, SADIA)
    await overdue(services, *(one.id for one in (*waiting[:3], *mine)))
    results = await asyncio.gather(
        *(assignment.take_next(services, RAHIM) for _ in range(3)),
        *(ownership.claim(services, one.id, NASREEN) for one in (*waiting, *mine)),
        *(deadlines.deal_with_passed(services) for _ in range(2)),
        *(comebacks.requeue_vanished(services) for _ in range(2)),
        return_exceptions=True,
    )
    assert not [result for result in results if isinstance(result, Exception) and not isinstance(result, Refused)]
    requests = await rows(services.database, "handoffs")
    for conversation in (*waiting, *mine):
        after = await state(services, conversation.id)
        open_ones = [row for row in requests if row["conversation_id"] == after.id and row["closed_at"] is None]
        assert len(open_ones) == 1
        assert (open_ones[0]["parked_at"] is not None) == (after.status == "bot")
        assert after.status in ("queued", "assigned", "bot")
        assert after.status == "bot" or after.deadline is not None
        assert after.agent_id in (RAHIM.id, NASREEN.id, SADIA.id, None)
        joined = [text for text in await notices(services, after.id) if "has joined" in text]
        assert len(joined) == len(set(joined)), "somebody joined twice"
    await comebacks.requeue_vanished(services)
    assert SADIA.id not in {row["agent_id"] for row in await rows(services.database, "conversations")}


async def test_nothing_is_done_while_nothing_is_due(services: Services) -> None:
    await arrive(services.database, RAHIM)
    conversation = await ask_for_person(services)
    await ownership.claim(services, conversation.id, RAHIM)
    await ask_for_person(services, "jonas")
    before = await dump(services.database)
    await deadlines.warn_near(services)
    await deadlines.deal_with_passed(services)
    assert await dump(services.database) == before
    assert await presence.set_available(services.database, RAHIM.id, True) is None
