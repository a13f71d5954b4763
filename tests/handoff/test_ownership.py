"""From the bot to the queue, to an agent and back: one winner, and the customer always knows."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from handoff_testing import (
    NASREEN,
    RAHIM,
    SADIA,
    answer,
    arrive,
    ask_for_person,
    count,
    dump,
    hire,
    lease,
    notices,
    overdue,
    phrase,
    rows,
    said,
    state,
    ticket,
    tracked,
    update,
    vanish,
    write,
)

from handoff import absence, comebacks, deadlines, events, ownership, store, tickets, turn_store, turns
from handoff.clock import new_id
from handoff.clock import now as clock_now
from handoff.conversations import Conversation, Refused
from handoff.messages import Said
from handoff.ownership import NotFound
from handoff.people import Person
from handoff.services import Services


async def last_notice(services: Services, conversation: Conversation) -> str:
    spoken = await said(services, conversation.id)
    assert spoken[-1][0] == "system"
    return spoken[-1][1]


async def test_of_a_hundred_claims_one_wins(services: Services) -> None:
    waiting = await ask_for_person(services)
    agents = [Person(new_id(), f"agent{n}", f"Agent {n}", "agent") for n in range(100)]
    took = await asyncio.gather(
        *(ownership.claim(services, waiting.id, agent) for agent in agents), return_exceptions=True
    )
    won = [number for number, result in enumerate(took) if isinstance(result, Conversation)]
    refused = [result.code for result in took if isinstance(result, Refused)]
    assert len(won) == 1
    assert refused == ["not_queued"] * 99
    winner = agents[won[0]]
    conversation = await state(services, waiting.id)
    assert (conversation.status, conversation.agent_id, conversation.epoch) == (
        "assigned",
        winner.id,
        waiting.epoch + 1,
    )
    joined = [text for author, text in await said(services, waiting.id) if author == "system"][1:]
    assert joined == [phrase(services, "agent_joined", "en", agent=winner.display_name)]
    handoff = (await rows(services.database, "handoffs"))[0]
    assert handoff["agent_id"] == winner.id


async def test_nobody_but_its_agent_can_reply_or_pass_it_on(services: Services) -> None:
    conversation = await ask_for_person(services)
    for agent in (RAHIM, SADIA):  # queued: nobody's; then Rahim's: not Sadia's
        before = await dump(services.database)
        for act in (
            ownership.reply(services, conversation.id, agent, "hello", private=False),
            ownership.transfer(services, conversation.id, agent, None),
            ownership.transfer(services, conversation.id, agent, SADIA),
            ownership.return_to_bot(services, conversation.id, agent),
            ownership.resolve(services, conversation.id, agent),
        ):
            with pytest.raises(Refused) as refused:
                await act
            assert refused.value.code == "not_yours"
        assert await dump(services.database) == before
        if agent is RAHIM:
            await ownership.claim(services, conversation.id, RAHIM)


async def test_an_unknown_conversation_is_not_found(services: Services) -> None:
    for act in (
        ownership.claim(services, new_id(), RAHIM),
        ownership.reply(services, new_id(), RAHIM, "hello", private=True),
        ownership.resolve(services, new_id(), RAHIM),
    ):
        with pytest.raises(NotFound):
            await act


async def test_the_agents_reply_reaches_the_customer_once_under_its_key(services: Services) -> None:
    conversation = await ask_for_person(services)
    await ownership.claim(services, conversation.id, RAHIM)
    took = await asyncio.gather(
        *(ownership.reply(services, conversation.id, RAHIM, "I am on it.", False, "key-1") for _ in range(5))
    )
    assert sorted(new for _, new in took) == [False] * 4 + [True]
    assert {message.id for message, _ in took} == {took[0][0].id}
    message = took[0][0]
    assert (message.author, message.author_id, message.author_name) == ("agent", RAHIM.id, "Rahim")
    assert (await said(services, conversation.id))[-1] == ("agent", "I am on it.")
    assert [row["message_id"] for row in await rows(services.database, "deliveries", "seq")][-1] == message.id
    _, new = await ownership.reply(services, conversation.id, RAHIM, "Done.", False)
    assert new


async def test_anybody_at_the_desk_may_leave_a_note_and_the_customer_never_sees_it(services: Services) -> None:
    conversation = await ask_for_person(services)
    deliveries = await count(services.database, "deliveries")
    before = await state(services, conversation.id)
    for agent in (RAHIM, SADIA):
        note, new = await ownership.reply(services, conversation.id, agent, f"note of {agent.name}", private=True)
        assert new and note.private
    after = await state(services, conversation.id)
    assert (after.status, after.epoch, after.agent_id) == (before.status, before.epoch, None)
    assert "note of" not in str(await said(services, conversation.id))
    assert [text for author, text in await said(services, conversation.id, private=True) if author == "agent"] == [
        "note of rahim",
        "note of sadia",
    ]
    assert await count(services.database, "deliveries") == deliveries
    async with services.database.read() as tx:
        desk = await events.after(tx, 0)
        customer = await events.after(tx, 0, conversation.id)
    assert [event for event in desk if event.public] == customer
    assert [event.kind for event in desk if not event.public] == ["message", "message"]


async def test_the_bot_comes_back_with_events_language_and_all_it_knew(services: Services) -> None:
    message = await write(services, "অর্ডার ১০০০১")
    await answer(services, "খুঁজছি", language="bn", events=tracked(1, 0, '["order 10001"]'))
    await write(services, "মানুষ চাই")
    await answer(services, language="bn", handoff_reason="human_agent", events=tracked(1, 1, '["asked"]'))
    conversation = await ownership.claim(services, message.conversation_id, RAHIM)
    await write(services, "said to Rahim only")
    returned = await ownership.return_to_bot(services, message.conversation_id, RAHIM)

    assert (returned.status, returned.agent_id, returned.language) == ("bot", None, "bn")
    assert returned.epoch == conversation.epoch + 1
    assert (returned.reason, returned.priority, returned.deadline, returned.waiting_since) == (None, 0, None, None)
    assert await last_notice(services, returned) == phrase(services, "returned_to_bot", "bn", agent="Rahim")
    async with services.database.read() as tx:
        stored = await turn_store.load_events(tx, message.conversation_id)
    assert [one.events for one in stored] == ['["order 10001"]', '["asked"]']
    handoff = (await rows(services.database, "handoffs"))[0]
    assert (handoff["outcome"], handoff["agent_id"]) == ("returned", RAHIM.id)

    later = await write(services, "আবার আপনি")
    turn = await lease(services)  # what was said to Rahim is not answered by the bot
    assert (turn.message.id, turn.events_at) == (later.id, (1, 1))


async def test_a_transfer_names_the_new_colleague_and_only_they_may_go_on(services: Services) -> None:
    conversation = await ask_for_person(services, language="bn")
    await ownership.claim(services, conversation.id, RAHIM)
    passed = await ownership.transfer(services, conversation.id, RAHIM, SADIA)
    assert (passed.status, passed.agent_id, passed.epoch) == ("assigned", SADIA.id, conversation.epoch + 2)
    assert await last_notice(services, passed) == phrase(services, "agent_joined", "bn", agent="Sadia")
    with pytest.raises(Refused):
        await ownership.reply(services, conversation.id, RAHIM, "still me", private=False)
    await ownership.reply(services, conversation.id, SADIA, "now me", private=False)
    handoff = (await rows(services.database, "handoffs"))[0]
    assert (handoff["agent_id"], handoff["closed_at"]) == (SADIA.id, None)
    with pytest.raises(Refused) as refused:
        await ownership.transfer(services, conversation.id, SADIA, SADIA)
    assert refused.value.code == "already_yours"


async def test_put_back_into_the_queue_the_customer_keeps_their_place_and_hears_it(services: Services) -> None:
    await arrive(services.database, RAHIM)
    mine = await ask_for_person(services, "amina", language="bn")
    await ownership.claim(services, mine.id, RAHIM)
    for address in ("jonas", "lena"):
        await ask_for_person(services, address)
    back = await ownership.transfer(services, mine.id, RAHIM, None)
    assert (back.status, back.agent_id, back.reason, back.priority) == ("queued", None, "human_agent", 1)
    assert (back.waiting_since, back.rank) == (mine.waiting_since, mine.rank)
    assert back.deadline is not None and back.deadline > clock_now()
    notice = await last_notice(services, back)
    assert "সারিতে আপনি সবার আগে" in notice
    again = await ownership.claim(services, mine.id, SADIA)
    assert again.agent_id == SADIA.id
    assert await count(services.database, "handoffs") == 3


async def test_put_into_another_teams_queue_it_stands_there_by_its_age_with_a_note_for_them(services: Services) -> None:
    await arrive(services.database, RAHIM)
    waiting = await ask_for_person(services, "jonas", reason="double_charged")
    conversation = await ask_for_person(services)
    await ownership.claim(services, conversation.id, RAHIM)
    note = "card 4111 1111 1111 1111, see above"
    moved = await ownership.transfer(services, conversation.id, RAHIM, team="payments", note=note)
    assert (moved.team, moved.status, (await ticket(services, moved.id))["team"]) == ("payments", "queued", "payments")
    assert await last_notice(services, moved) == phrase(services, "requeued_position", position=2, wait={"minutes": 1})
    assert waiting.rank is not None and moved.rank is not None and waiting.rank < moved.rank
    private = [text for author, text in await said(services, moved.id, private=True) if author == "agent"]
    assert private == ["card [•••• card number removed], see above"]
    assert "see above" not in str(await said(services, moved.id))
    with pytest.raises(Refused) as refused:
        await ownership.transfer(services, conversation.id, RAHIM, team="cooks")
    assert refused.value.code == "unknown_team"


async def test_on_queueing_the_customer_hears_their_place_in_their_language_and_digits(services: Services) -> None:
    await arrive(services.database, RAHIM)
    told = []
    for number, language in enumerate(["en", "bn", "bn", "en"]):
        conversation = await ask_for_person(services, f"v{number}", language=language)
        told.append(await last_notice(services, conversation))
    assert told[0] == phrase(services, "queue_first", "en", wait={"minutes": 2})
    assert "২" in told[1] and "2" not in told[1]
    assert "৩" in told[2] and "3" not in told[2]
    assert "4" in told[3]
    urgent = await ask_for_person(services, "urgent", reason="complaint", language="bn")
    assert await last_notice(services, urgent) == phrase(services, "queue_first", "bn", wait={"minutes": 2})


async def test_a_resolved_conversation_is_closed_with_a_word_and_stays_closed(services: Services) -> None:
    conversation = await ask_for_person(services, language="bn")
    await ownership.claim(services, conversation.id, RAHIM)
    resolved = await ownership.resolve(services, conversation.id, RAHIM)
    assert (resolved.status, resolved.agent_id) == ("resolved", None)
    assert (await notices(services, resolved.id))[-2:] == [
        phrase(services, "conversation_resolved", "bn"),
        phrase(services, "rating_ask", "bn"),
    ]
    assert (await rows(services.database, "handoffs"))[0]["outcome"] == "resolved"
    for act in (
        ownership.claim(services, conversation.id, RAHIM),
        ownership.reply(services, conversation.id, RAHIM, "p.s.", private=False),
        ownership.resolve(services, conversation.id, RAHIM),
        ownership.take_over(services, conversation.id, NASREEN),
    ):
        with pytest.raises(Refused):
            await act


async def test_a_supervisor_takes_it_from_the_bot_in_the_middle_of_a_turn(services: Services) -> None:
    message = await write(services, "ফেরত চাই", language="bn")
    turn = await lease(services)
    taken = await ownership.take_over(services, message.conversation_id, NASREEN)
    assert (taken.status, taken.agent_id, taken.deadline_kind) == ("assigned", NASREEN.id, "next")
    assert not await turns.finish(services, turn, turns.Outcome([Said("over a person")], "bn"), turn_worker(turn), None)
    assert await said(services, taken.id) == [
        ("customer", "ফেরত চাই"),
        ("system", phrase(services, "agent_joined", "bn", agent="Nasreen")),
    ]
    assert (await ticket(services, taken.id))["reason"] == tickets.TAKEN_OVER
    assert (await ticket(services, taken.id))["agent_id"] == NASREEN.id
    assert [row["status"] for row in await rows(services.database, "turns")] == ["dropped"]
    assert taken.deadline is not None
    assert timedelta(minutes=14) < taken.deadline - clock_now() <= timedelta(minutes=15)  # the plainest request's


def turn_worker(turn: turns.Turn) -> str:
    assert turn.conversation.lease_owner is not None
    return turn.conversation.lease_owner


async def test_a_supervisor_takes_it_from_the_queue_and_from_an_agent(services: Services) -> None:
    conversation = await ask_for_person(services)
    await ownership.take_over(services, conversation.id, NASREEN)
    with pytest.raises(Refused) as refused:
        await ownership.take_over(services, conversation.id, NASREEN)
    assert refused.value.code == "already_yours"
    await ownership.transfer(services, conversation.id, NASREEN, RAHIM)
    taken = await ownership.take_over(services, conversation.id, NASREEN)
    assert (taken.agent_id, taken.waiting_since) == (NASREEN.id, conversation.waiting_since)
    with pytest.raises(Refused):
        await ownership.reply(services, conversation.id, RAHIM, "still me", private=False)
    assert await count(services.database, "handoffs") == 1


async def test_what_was_parked_is_taken_over_with_its_age_and_is_parked_no_more(services: Services) -> None:
    conversation = await ask_for_person(services, reason="double_charged")
    await overdue(services, conversation.id)
    assert await deadlines.deal_with_passed(services) == 1
    taken = await ownership.take_over(services, conversation.id, NASREEN)
    assert (taken.reason, taken.team, taken.waiting_since) == (
        "double_charged",
        "payments",
        conversation.waiting_since,
    )
    assert (await ticket(services, taken.id))["parked_at"] is None
    await arrive(services.database, RAHIM)
    assert await comebacks.call_back(services) == 0
    assert await count(services.database, "handoffs") == 1


async def test_put_aside_with_no_answer_given_the_customer_hears_until_when(services: Services) -> None:
    conversation = await ask_for_person(services, language="bn")
    await ownership.claim(services, conversation.id, RAHIM)
    until = clock_now() + timedelta(hours=3)
    aside = await ownership.snooze(services, conversation.id, RAHIM, until)
    assert (aside.snoozed_until, aside.deadline) == (until, None)
    at = absence.moment(services, aside.team, until)
    assert await last_notice(services, aside) == phrase(services, "put_aside", "bn", agent="Rahim", moment=at)
    await write(services, "এখনও আছেন?")
    up = await state(services, conversation.id)
    assert (up.snoozed_until, up.deadline_kind) == (None, "next")

    await ownership.reply(services, conversation.id, RAHIM, "আছি", private=False)
    before = await notices(services, conversation.id)
    await ownership.snooze(services, conversation.id, RAHIM, until)
    assert await notices(services, conversation.id) == before  # has an answer, waits for none


async def test_what_is_put_aside_comes_back_at_its_time_or_when_its_agent_wants(services: Services) -> None:
    conversation = await ask_for_person(services)
    await ownership.claim(services, conversation.id, RAHIM)
    await ownership.reply(services, conversation.id, RAHIM, "I shall ask the courier.", private=False)
    assert (await state(services, conversation.id)).deadline is None
    for until in (clock_now() - timedelta(seconds=1), clock_now() + timedelta(days=31)):
        with pytest.raises(Refused) as refused:
            await ownership.snooze(services, conversation.id, RAHIM, until)
        assert refused.value.code == "bad_time"
    await ownership.snooze(services, conversation.id, RAHIM, clock_now() + timedelta(days=1))
    assert await comebacks.wake(services) == 0
    up = await ownership.snooze(services, conversation.id, RAHIM, None)
    assert (up.snoozed_until, up.deadline_kind) == (None, "next")
    await ownership.snooze(services, conversation.id, RAHIM, clock_now() + timedelta(days=1))
    await update(services.database, "conversations", conversation.id, snoozed_until=clock_now())
    assert await comebacks.wake(services) == 1
    assert await comebacks.wake(services) == 0
    awake = await state(services, conversation.id)
    assert (awake.snoozed_until, awake.deadline_kind, awake.agent_id) == (None, "next", RAHIM.id)
    await vanish(services.database, RAHIM)
    assert await comebacks.requeue_vanished(services) == 1


async def test_each_change_of_owner_is_seen_by_the_desk_and_the_customer(services: Services) -> None:
    conversation = await ask_for_person(services)
    await ownership.claim(services, conversation.id, RAHIM)
    await ownership.transfer(services, conversation.id, RAHIM, SADIA)
    await ownership.return_to_bot(services, conversation.id, SADIA)
    async with services.database.read() as tx:
        for seen in (await events.after(tx, 0), await events.after(tx, 0, conversation.id)):
            statuses = [event.payload["status"] for event in seen if event.kind == "status"]
            assert statuses == ["queued", "assigned", "assigned", "bot"]


async def test_the_agents_name_is_known_while_they_own_it(services: Services) -> None:
    conversation = await ask_for_person(services)
    await hire(services.database, RAHIM)
    claimed = await ownership.claim(services, conversation.id, RAHIM)
    async with services.database.read() as tx:
        assert await store.agent_name(tx, conversation) is None
        assert await store.agent_name(tx, claimed) == "Rahim"


async def test_a_card_number_that_an_agent_types_is_not_stored_either(services: Services) -> None:
    conversation = await ask_for_person(services)
    await ownership.claim(services, conversation.id, RAHIM)
    for private in (False, True):
        text = "you gave me 4111 1111 1111 1111"
        message, _ = await ownership.reply(services, conversation.id, RAHIM, text, private)
        assert "1111" not in message.text
