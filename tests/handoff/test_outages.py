"""When no bot answers, the customer is told and queued; the bot takes back what nobody has claimed, and answers it."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from handoff_testing import (
    RAHIM,
    SADIA,
    WORKER,
    answer,
    arrive,
    ask_for_person,
    end_leases,
    grow_older,
    hire,
    lease,
    notices,
    offered,
    overdue,
    phrase,
    press,
    rows,
    state,
    ticket,
    vanish,
    write,
)

from handoff import caretaker, comebacks, deadlines, outages, ownership, ratings, tickets, turns, workers
from handoff.absence import BOT, CONTACT, WAIT
from handoff.clock import new_id
from handoff.services import Services

LANGUAGES = pytest.mark.parametrize("language", ["en", "bn"])
A_WHILE = outages.STRANDED + timedelta(seconds=1)


async def bot_is_there(services: Services) -> None:
    await workers.beat(services.database, WORKER, "model")


async def strand(services: Services, *texts: str, language: str = "en") -> str:
    """Messages that no bot answers; the conversation is in the queue then."""
    for text in texts or ("hello?",):
        message = await write(services, text, language=language)
    await grow_older(services.database, A_WHILE)
    assert await outages.queue_stranded(services) == 1
    return message.conversation_id


async def answered(services: Services) -> list[str]:
    """What the bot is given to answer, one after the other."""
    texts = []
    while (turn := await turns.lease_next(services, WORKER)) is not None:
        texts += [message.text for message in turn.messages]
        assert await turns.finish(services, turn, turns.Outcome([], "en"), WORKER, None)
    return texts


@LANGUAGES
async def test_a_customer_whom_no_bot_answers_is_told_and_queued_and_the_bot_takes_it_back_and_answers(
    services: Services, language: str
) -> None:
    first = await write(services, "hello?", language=language)
    assert await outages.queue_stranded(services) == 0  # not yet
    await grow_older(services.database, A_WHILE)
    assert await outages.queue_stranded(services) == 1
    queued = await state(services, first.conversation_id)
    assert (queued.status, queued.reason) == ("queued", "bot_unavailable")
    assert await notices(services, queued.id) == [
        phrase(services, "bot_unavailable", language),
        phrase(services, "queue_nobody", language, position=1),
    ]
    await write(services, "is anybody there?")

    assert await outages.take_back(services) == 0  # no worker yet
    await bot_is_there(services)
    assert sum(await asyncio.gather(*(outages.take_back(services) for _ in range(3)))) == 1
    after = await state(services, queued.id)
    assert (after.status, after.reason, after.deadline) == ("bot", None, None)
    assert (await notices(services, queued.id))[2:] == [phrase(services, "bot_recovered", language)]
    assert (await ticket(services, queued.id))["outcome"] == "bot_recovered"
    assert await answered(services) == ["hello?", "is anybody there?"]


async def test_taken_back_it_is_not_stranded_again_in_the_same_breath(services: Services) -> None:
    """The message is old; what counts is since when the bot could have answered it."""
    conversation_id = await strand(services, "one", "two")
    await bot_is_there(services)
    for _ in range(3):
        await caretaker.look(services)
    assert (await state(services, conversation_id)).status == "bot"
    assert (await notices(services, conversation_id)).count(phrase(services, "bot_unavailable")) == 1
    await workers.gone(services.database, WORKER)
    assert await outages.queue_stranded(services) == 0
    await grow_older(services.database, A_WHILE)
    assert await outages.queue_stranded(services) == 1  # gone again, and for long


async def test_while_a_worker_is_alive_a_message_that_waits_is_late_and_not_stranded(services: Services) -> None:
    await write(services)
    await grow_older(services.database, A_WHILE)
    await bot_is_there(services)
    assert await outages.queue_stranded(services) == 0


async def test_what_came_while_an_earlier_message_was_being_answered_is_not_forgotten(services: Services) -> None:
    await write(services, "first")
    turn = await lease(services)
    await write(services, "second")
    await turns.finish(services, turn, turns.Outcome([], "en"), WORKER, None)
    await write(services, "third")
    await grow_older(services.database, A_WHILE)
    assert await outages.queue_stranded(services) == 1
    await bot_is_there(services)
    await outages.take_back(services)
    assert await answered(services) == ["second", "third"]


async def test_what_a_person_or_the_house_has_answered_before_is_not_asked_of_the_bot(services: Services) -> None:
    conversation = await ask_for_person(services)
    await write(services, "for a person")
    await ownership.claim(services, conversation.id, RAHIM)
    await write(services, "for Rahim")
    await ownership.resolve(services, conversation.id, RAHIM)
    await press(services, "rating:5")
    await press(services, ratings.COMMENT)
    await write(services, "a comment")
    await write(services, "a question")
    await grow_older(services.database, A_WHILE)
    assert await outages.queue_stranded(services) == 1
    await press(services, "rating:5")
    await bot_is_there(services)
    await outages.take_back(services)
    assert await answered(services) == ["a question"]


@LANGUAGES
async def test_to_whom_no_bot_answers_the_bot_is_no_choice(services: Services, language: str) -> None:
    await ask_for_person(services, language=language)  # whose buttons are still there
    await press(services, BOT)
    conversation_id = await strand(services, "hello?", language=language)
    assert await offered(services, conversation_id) == [WAIT, CONTACT]
    await press(services, BOT)
    assert (await notices(services, conversation_id))[-1] == phrase(services, "bot_unavailable", language)
    assert (await state(services, conversation_id)).status == "queued"
    await bot_is_there(services)
    await outages.take_back(services)
    assert await answered(services) == ["hello?"]


async def test_with_nobody_there_and_no_bot_the_customer_is_not_told_that_the_bot_is_back(services: Services) -> None:
    conversation_id = await strand(services, language="bn")
    await overdue(services, conversation_id)
    assert await deadlines.deal_with_passed(services) == 1
    after = await state(services, conversation_id)
    assert (after.status, after.reason) == ("queued", "bot_unavailable")
    assert after.deadline is not None
    assert phrase(services, "nobody_came", "bn") not in await notices(services, conversation_id)
    await bot_is_there(services)
    assert await outages.take_back(services) == 1
    assert await answered(services) == ["hello?"]


@pytest.mark.parametrize("choice", [WAIT, CONTACT])
async def test_who_chose_a_person_in_the_outage_waits_for_one_also_when_the_bot_is_back(
    services: Services, choice: str
) -> None:
    conversation_id = await strand(services)
    await press(services, choice)
    if choice == CONTACT:
        await write(services, "amina@example.com")
        assert await offered(services, conversation_id) == [BOT]
    await bot_is_there(services)
    assert await outages.take_back(services) == 0
    after = await state(services, conversation_id)
    assert (after.status, after.reason) == ("queued", tickets.ASKED)
    assert await answered(services) == []


async def test_with_an_address_left_the_request_stays_when_the_customer_goes_on_with_the_bot(
    services: Services,
) -> None:
    conversation_id = await strand(services)
    await press(services, CONTACT)
    await write(services, "amina@example.com")
    await press(services, BOT)
    await bot_is_there(services)
    await arrive(services.database, RAHIM)
    for _ in range(3):
        await caretaker.look(services)
    after = await state(services, conversation_id)
    assert (after.status, after.reason) == ("queued", tickets.ASKED), "called back, and not taken back"
    assert (await ticket(services, conversation_id))["contact"] == "amina@example.com"


@LANGUAGES
async def test_a_wish_for_a_person_outlives_the_outage(services: Services, language: str) -> None:
    conversation = await ask_for_person(services, reason="double_charged", language=language)
    await overdue(services, conversation.id)
    await deadlines.deal_with_passed(services)
    before = await ticket(services, conversation.id)
    await strand(services, "hello?")
    queued = await state(services, conversation.id)
    assert (queued.reason, queued.team) == ("bot_unavailable", "payments")
    await bot_is_there(services)
    assert await outages.take_back(services) == 1
    after = await ticket(services, conversation.id)
    assert (after["id"], after["closed_at"], after["reason"]) == (before["id"], None, "double_charged")
    assert after["parked_at"] is not None
    assert (await notices(services, conversation.id))[-1] == phrase(services, "bot_recovered_meanwhile", language)
    assert await answered(services) == ["hello?"]

    await arrive(services.database, RAHIM)
    assert await comebacks.call_back(services) == 1
    back = await state(services, conversation.id)
    assert (back.reason, back.team) == ("double_charged", "payments")
    assert await outages.take_back(services) == 0


async def test_who_waits_for_a_person_in_the_outage_waits_for_what_they_asked_before(services: Services) -> None:
    conversation = await ask_for_person(services, reason="double_charged")
    await overdue(services, conversation.id)
    await deadlines.deal_with_passed(services)
    await strand(services, "hello?")
    await press(services, WAIT)
    after = await state(services, conversation.id)
    assert (after.reason, after.team) == ("double_charged", "payments")
    assert (await ticket(services, conversation.id))["reason"] == "double_charged"


async def test_what_a_person_claimed_in_the_outage_stays_theirs(services: Services) -> None:
    conversation_id = await strand(services)
    await arrive(services.database, RAHIM)
    await ownership.claim(services, conversation_id, RAHIM)
    await bot_is_there(services)
    assert await outages.take_back(services) == 0
    assert (await state(services, conversation_id)).agent_id == RAHIM.id


@pytest.mark.parametrize("how", ["put back", "vanished"])
async def test_what_a_person_has_had_is_not_the_bots_to_take_back(services: Services, how: str) -> None:
    conversation_id = await strand(services)
    await arrive(services.database, RAHIM, SADIA)
    await ownership.claim(services, conversation_id, RAHIM)
    if how == "put back":
        await ownership.transfer(services, conversation_id, RAHIM)
    else:
        await vanish(services.database, RAHIM)
        assert await comebacks.requeue_vanished(services) == 1
    await bot_is_there(services)
    assert await outages.take_back(services) == 0
    assert (await state(services, conversation_id)).status == "queued"


async def test_a_claim_and_the_bot_at_once_have_one_outcome(services: Services) -> None:
    conversation_id = await strand(services)
    await bot_is_there(services)
    results = await asyncio.gather(
        ownership.claim(services, conversation_id, RAHIM), outages.take_back(services), return_exceptions=True
    )
    after = await state(services, conversation_id)
    claimed = not isinstance(results[0], Exception)
    assert (after.status, results[1]) == (("assigned", 0) if claimed else ("bot", 1))
    assert await answered(services) == ([] if claimed else ["hello?"])


async def test_what_a_worker_is_answering_is_not_stranded(services: Services) -> None:
    await write(services)
    await grow_older(services.database, A_WHILE)
    await lease(services)
    assert await outages.queue_stranded(services) == 0


async def test_a_turn_that_took_too_long_is_not_tried_again(services: Services) -> None:
    message = await write(services)
    await turns.fail(services, await lease(services), new_id(), "TimeoutError", final=True)
    assert (await state(services, message.conversation_id)).status == "bot"  # not that worker's to give up
    await end_leases(services.database)
    await turns.fail(services, await lease(services), WORKER, "TimeoutError", final=True)
    queued = await state(services, message.conversation_id)
    assert (queued.status, queued.reason) == ("queued", "bot_failed")


async def test_the_bot_answers_all_it_left_even_what_came_before_its_last_answer(services: Services) -> None:
    await write(services, "one")
    for text in ("two", "three"):  # while the first is being answered
        await write(services, text)
    await answer(services, "re: one")
    worker = new_id()
    for _ in range(2):  # a second outage before anything was answered forgets nothing either
        await grow_older(services.database, A_WHILE)
        assert await outages.queue_stranded(services) == 1
        await workers.beat(services.database, worker, "model")
        assert await outages.take_back(services) == 1
        await workers.gone(services.database, worker)
    assert [(await answer(services, "re")).message.text for _ in range(2)] == ["two", "three"]
    assert await turns.lease_next(services, "w") is None


async def test_what_a_person_has_dealt_with_is_not_answered_again_after_an_outage(services: Services) -> None:
    first = await write(services, "one")
    await grow_older(services.database, A_WHILE)
    await outages.queue_stranded(services)
    rahim = await hire(services.database, RAHIM)
    await ownership.claim(services, first.conversation_id, rahim)
    await ownership.return_to_bot(services, first.conversation_id, rahim)
    await write(services, "two")
    await grow_older(services.database, A_WHILE)
    assert await outages.queue_stranded(services) == 1
    await workers.beat(services.database, new_id(), "model")
    assert await outages.take_back(services) == 1
    assert (await answer(services, "re")).message.text == "two"
    assert await turns.lease_next(services, "w") is None


async def test_several_conversations_are_taken_back_each_once(services: Services) -> None:
    for address in ("one", "two", "three"):
        await write(services, f"hello from {address}", address)
    await grow_older(services.database, A_WHILE)
    assert sum(await asyncio.gather(*(outages.queue_stranded(services) for _ in range(3)))) == 3
    await bot_is_there(services)
    assert sum(await asyncio.gather(*(outages.take_back(services) for _ in range(3)))) == 3
    assert sorted(await answered(services)) == ["hello from one", "hello from three", "hello from two"]
    assert {row["status"] for row in await rows(services.database, "turns")} == {"done"}
