"""What comes back by itself: parked requests, and what somebody had who has vanished."""

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
    lease,
    notices,
    overdue,
    phrase,
    press,
    rows,
    said,
    state,
    ticket,
    update,
    vanish,
    write,
)

from handoff import absence, caretaker, comebacks, deadlines, ownership, presence, turns
from handoff.clock import now
from handoff.conversations import Conversation, Refused
from handoff.messages import Said
from handoff.services import Services
from handoff.turns import Outcome

LANGUAGES = pytest.mark.parametrize("language", ["en", "bn"])


async def parked(services: Services, address: str = "amina", **request: str) -> Conversation:
    conversation = await ask_for_person(services, address, **request)
    await overdue(services, conversation.id)
    assert await deadlines.deal_with_passed(services) == 1
    return conversation


@LANGUAGES
async def test_a_parked_request_is_first_again_as_soon_as_somebody_is_there(services: Services, language: str) -> None:
    conversation = await parked(services, language=language)
    assert await comebacks.call_back(services) == 0
    await arrive(services.database, RAHIM)
    await ask_for_person(services, "later")
    back = await asyncio.gather(*(comebacks.call_back(services) for _ in range(3)))
    assert sum(back) == 1
    after = await state(services, conversation.id)
    assert (after.status, after.waiting_since, after.rank) == ("queued", conversation.waiting_since, conversation.rank)
    assert after.deadline is not None and after.deadline > now() + timedelta(minutes=14)
    told = phrase(services, "called_back_first", language, position=1, wait={"minutes": 2})
    assert (await notices(services, conversation.id))[-1] == told
    request = await ticket(services, conversation.id)
    assert (request["parked_at"], request["requested_at"]) == (None, conversation.waiting_since)


async def test_called_back_the_bot_says_nothing_more(services: Services) -> None:
    conversation = await parked(services)
    message = await write(services, "how long do refunds take?")
    turn = await lease(services)
    assert turn.message.id == message.id
    await arrive(services.database, RAHIM)
    assert await comebacks.call_back(services) == 1
    worker = turn.conversation.lease_owner
    assert worker is not None
    assert not await turns.finish(services, turn, Outcome([Said("5 days")], "en"), worker, None)
    assert "bot" not in [author for author, _ in await said(services, conversation.id)]
    assert await turns.lease_next(services, worker) is None


async def test_a_page_left_open_over_night_calls_nobody_back_and_nobody_goes_to_and_fro(services: Services) -> None:
    await arrive(services.database, RAHIM)
    night = closed(services)
    conversation = await ask_for_person(night)
    await overdue(services, conversation.id)
    for _ in range(5):
        await caretaker.look(night)
        await update(services.database, "people", RAHIM.id, seen_at=now())
    assert (await state(services, conversation.id)).status == "bot"
    assert (await notices(services, conversation.id))[1:] == [phrase(services, "nobody_came")]
    assert await caretaker.look(services) >= 1  # in the morning
    assert (await state(services, conversation.id)).status == "queued"


async def test_another_teams_people_call_nobody_back(services: Services) -> None:
    conversation = await parked(services, reason="double_charged")
    await arrive(services.database, RAHIM, teams=["support"])
    assert await comebacks.call_back(services) == 0
    await arrive(services.database, SADIA, teams=["payments"])
    assert await comebacks.call_back(services) == 1
    assert (await state(services, conversation.id)).team == "payments"


async def test_many_that_wait_for_one_team_do_not_keep_anothers_from_coming_back(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comebacks, "AT_ONCE", 2)
    for number in range(3):
        await parked(services, f"v{number}", reason="double_charged")
    mine = await parked(services, "mine")
    await arrive(services.database, RAHIM, teams=["support"])
    assert await comebacks.call_back(services) == 1
    assert (await state(services, mine.id)).status == "queued"


async def test_a_request_of_a_team_that_is_no_more_comes_back_to_whose_it_is_now(services: Services) -> None:
    conversation = await parked(services)
    await update(services.database, "handoffs", (await ticket(services, conversation.id))["id"], team="cooks")
    assert await comebacks.call_back(services) == 0
    await arrive(services.database, RAHIM, teams=["support"])
    assert await comebacks.call_back(services) == 1
    assert (await state(services, conversation.id)).team == "support"


async def test_called_back_and_taken_over_at_once_there_is_one_owner(services: Services) -> None:
    conversation = await parked(services)
    await arrive(services.database, RAHIM)
    results = await asyncio.gather(
        comebacks.call_back(services),
        ownership.take_over(services, conversation.id, NASREEN),
        comebacks.call_back(services),
        return_exceptions=True,
    )
    assert not [result for result in results if isinstance(result, Exception)]
    after = await state(services, conversation.id)
    assert (after.status, after.agent_id) == ("assigned", NASREEN.id)
    assert len(await rows(services.database, "handoffs")) == 1


@LANGUAGES
async def test_what_somebody_had_who_vanished_is_queued_with_its_age_and_the_customer_told(
    services: Services, language: str
) -> None:
    await arrive(services.database, RAHIM, SADIA)
    conversation = await ask_for_person(services, language=language)
    await ask_for_person(services, "later")
    await ownership.claim(services, conversation.id, RAHIM)
    assert await comebacks.requeue_vanished(services) == 0
    await vanish(services.database, RAHIM)
    back = await asyncio.gather(*(comebacks.requeue_vanished(services) for _ in range(3)))
    assert sum(back) == 1
    after = await state(services, conversation.id)
    assert (after.status, after.waiting_since, after.rank) == ("queued", conversation.waiting_since, conversation.rank)
    assert after.deadline is not None and after.deadline > now()
    assert (await notices(services, conversation.id))[-2:] == [
        phrase(services, "agent_gone", language, agent="Rahim"),
        phrase(services, "requeued_first", language, position=1, wait={"minutes": 1}),
    ]
    with pytest.raises(Refused):
        await ownership.reply(services, conversation.id, RAHIM, "I am back", private=False)


async def test_with_nobody_else_there_the_customer_hears_that_too(services: Services) -> None:
    await arrive(services.database, RAHIM)
    conversation = await ask_for_person(services, language="bn")
    await ownership.claim(services, conversation.id, RAHIM)
    await vanish(services.database, RAHIM)
    await comebacks.requeue_vanished(services)
    assert (await notices(services, conversation.id))[-2:] == [
        phrase(services, "agent_gone", "bn", agent="Rahim"),
        phrase(services, "left_nobody", "bn", position=1),
    ]
    assert (await state(services, conversation.id)).absence_told


async def test_what_was_given_to_somebody_just_now_waits_for_them_to_come(services: Services) -> None:
    await arrive(services.database, RAHIM)
    conversation = await ask_for_person(services)
    await ownership.claim(services, conversation.id, RAHIM)
    await arrive(services.database, SADIA)
    await vanish(services.database, SADIA)
    await ownership.transfer(services, conversation.id, RAHIM, SADIA)
    assert await comebacks.requeue_vanished(services) == 0
    await vanish(services.database, SADIA)
    assert await comebacks.requeue_vanished(services) == 1


async def test_who_signs_out_leaves_what_they_had_to_the_others(services: Services) -> None:
    await arrive(services.database, RAHIM)
    conversation = await ask_for_person(services)
    await ownership.claim(services, conversation.id, RAHIM)
    before = now() - timedelta(minutes=1)
    await update(services.database, "conversations", conversation.id, agent_since=before)
    async with services.database.write() as tx:
        await presence.left(tx, RAHIM.id)
    assert await comebacks.requeue_vanished(services) == 1


async def test_what_is_put_aside_stays_until_it_is_due_or_the_customer_writes(services: Services) -> None:
    await arrive(services.database, RAHIM)
    conversation = await ask_for_person(services)
    await ownership.claim(services, conversation.id, RAHIM)
    await ownership.snooze(services, conversation.id, RAHIM, now() + timedelta(days=1))
    await vanish(services.database, RAHIM)
    assert await comebacks.requeue_vanished(services) == 0
    await write(services, "hello?")
    assert await comebacks.requeue_vanished(services) == 1


async def test_what_somebody_has_who_works_at_the_desk_no_more_comes_back(services: Services) -> None:
    await arrive(services.database, RAHIM)
    conversation = await ask_for_person(services)
    await ownership.claim(services, conversation.id, RAHIM)
    await update(services.database, "people", RAHIM.id, role="editor")
    long_ago = now() - timedelta(hours=1)
    await update(services.database, "conversations", conversation.id, agent_since=long_ago)
    assert await comebacks.requeue_vanished(services) == 1
    assert (await state(services, conversation.id)).status == "queued"


async def test_who_comes_back_in_time_keeps_what_is_theirs(services: Services) -> None:
    await arrive(services.database, RAHIM)
    conversation = await ask_for_person(services)
    await ownership.claim(services, conversation.id, RAHIM)
    await vanish(services.database, RAHIM)
    await asyncio.gather(presence.seen(services.database, RAHIM.id), comebacks.requeue_vanished(services))
    after = await state(services, conversation.id)
    assert after.status in ("assigned", "queued")
    assert after.status == "queued" or await comebacks.requeue_vanished(services) == 0


async def test_a_request_that_was_parked_again_and_again_is_one_request_with_its_age(services: Services) -> None:
    conversation = await parked(services)
    for _ in range(3):
        await arrive(services.database, RAHIM)
        assert await comebacks.call_back(services) == 1
        await vanish(services.database, RAHIM)
        await absence.tell_left_alone(services)
        await overdue(services, conversation.id)
        assert await deadlines.deal_with_passed(services) == 1
    request = await ticket(services, conversation.id)
    assert request["requested_at"] == conversation.waiting_since
    assert (request["breaches"], request["closed_at"]) == (4, None)
    assert len(await rows(services.database, "handoffs")) == 1


async def test_one_round_tells_nobody_twice(services: Services) -> None:
    """Whatever is due at once: left alone and late, back and late, vanished and nobody else there."""
    await arrive(services.database, RAHIM)
    mine = await ask_for_person(services, "mine")
    await ownership.claim(services, mine.id, RAHIM)
    waiting = await ask_for_person(services, "waiting")
    await press_nothing(services, waiting)
    await vanish(services.database, RAHIM)
    await overdue(services, waiting.id)
    before = {one.id: len(await notices(services, one.id)) for one in (mine, waiting)}
    await caretaker.look(services)
    await caretaker.look(services)
    assert len(await notices(services, waiting.id)) == before[waiting.id] + 1
    assert len(await notices(services, mine.id)) == before[mine.id] + 2  # who has gone, and that nobody is there

    await arrive(services.database, RAHIM)
    await overdue(services, waiting.id)
    before = {one.id: len(await notices(services, one.id)) for one in (mine, waiting)}
    await caretaker.look(services)
    await caretaker.look(services)
    for one in (mine, waiting):
        assert len(await notices(services, one.id)) == before[one.id] + 1


async def press_nothing(services: Services, conversation: Conversation) -> None:
    with pytest.raises(Refused):
        await press(services, absence.WAIT, "waiting")
    assert (await state(services, conversation.id)).choice is None
