"""The bot's turns: one worker at a time, in order, wholly or not at all, and never over a person."""

from __future__ import annotations

import asyncio
import random
from collections import defaultdict
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from handoff_testing import (
    RAHIM,
    WORKER,
    answer,
    ask_for_person,
    change,
    count,
    dump,
    end_leases,
    lease,
    press,
    rows,
    said,
    state,
    tracked,
    write,
    write_burst,
)

from handoff import absence, ownership, store, turn_store, turns
from handoff.clock import new_id
from handoff.clock import now as clock_now
from handoff.messages import Button, Said
from handoff.models import conversations
from handoff.services import Services
from handoff.turns import Outcome

OTHER = new_id()


async def turn_rows(services: Services) -> list[tuple[str, int]]:
    return [(row["status"], row["attempts"]) for row in await rows(services.database, "turns", "created_at", "seq")]


async def test_a_waiting_conversation_is_leased_to_one_worker(services: Services) -> None:
    assert await turns.lease_next(services, WORKER) is None
    message = await write(services)
    took = await asyncio.gather(*(turns.lease_next(services, new_id()) for _ in range(8)))
    leased = [turn for turn in took if turn is not None]
    assert [turn.message.id for turn in leased] == [message.id]
    assert leased[0].attempts == 1
    assert leased[0].events_at is None
    assert await turns.lease_next(services, WORKER) is None


async def test_who_waits_longest_is_answered_first_and_a_leased_one_holds_up_nobody(services: Services) -> None:
    waiting = [await write(services, address=f"v{n}") for n in range(3)]
    await write(services, "more", address="v0")
    assert [(await lease(services)).message.id for _ in range(3)] == [message.id for message in waiting]


async def test_a_killed_workers_message_is_taken_up_by_another(services: Services) -> None:
    message = await write(services)
    await lease(services, WORKER)
    assert await turns.lease_next(services, OTHER) is None
    await end_leases(services.database)
    again = await lease(services, OTHER)
    assert (again.message.id, again.attempts) == (message.id, 2)
    assert await turns.finish(services, again, Outcome([Said("here I am")], "en"), OTHER, None)
    assert await said(services, message.conversation_id) == [("customer", "hello"), ("bot", "here I am")]
    assert await turn_rows(services) == [("done", 2)]


async def test_a_worker_that_lost_its_lease_says_nothing_and_leaves_the_message_to_the_next(services: Services) -> None:
    message = await write(services)
    late = await lease(services, WORKER)
    await end_leases(services.database)
    await lease(services, OTHER)
    assert not await turns.finish(services, late, Outcome([Said("late")], "en"), WORKER, tracked(1, 0))
    assert await said(services, message.conversation_id) == [("customer", "hello")]
    assert await count(services.database, "tracker_events") == 0
    # the next one dies as well; the message is not lost with it
    await end_leases(services.database)
    await answer(services, "on time")
    assert (await said(services, message.conversation_id))[-1] == ("bot", "on time")


async def test_a_late_worker_does_not_undo_what_the_next_one_did(services: Services) -> None:
    await write(services)
    late = await lease(services, WORKER)
    await end_leases(services.database)
    await answer(services, "on time", worker=OTHER)
    before = await dump(services.database)
    assert not await turns.finish(services, late, Outcome([Said("late")], "en"), WORKER, tracked(1, 0))
    await turns.fail(services, late, WORKER, "TimeoutError")
    assert await dump(services.database) == before


@pytest.mark.parametrize("since", ["claimed", "returned", "written to again"])
async def test_a_turn_from_before_a_change_of_owner_is_dropped_with_its_events(services: Services, since: str) -> None:
    message = await write(services)
    stale = await lease(services, WORKER)
    await end_leases(services.database)
    await answer(services, worker=OTHER, handoff_reason="human_agent", events=tracked(1, 0, "[1]"))
    await ownership.claim(services, message.conversation_id, RAHIM)
    if since != "claimed":
        await ownership.return_to_bot(services, message.conversation_id, RAHIM)
    if since == "written to again":  # and the late worker itself has that next turn
        await write(services)
        await lease(services, WORKER)
    before = await dump(services.database)
    outcome = Outcome([Said("over a person")], "bn", handoff_reason="complaint")
    assert not await turns.finish(services, stale, outcome, WORKER, tracked(1, 1, "[2]"))
    assert not await turns.finish(services, stale, outcome, OTHER, tracked(1, 1, "[2]"))
    await turns.fail(services, stale, WORKER, "TimeoutError")
    assert await dump(services.database) == before


async def test_a_finished_turn_leaves_replies_intent_language_and_events(services: Services) -> None:
    message = await write(services, "ফেরত দেব", language="en")
    button = Button("মানুষের সঙ্গে কথা বলব", "/human_agent")
    turn = await answer(
        services,
        said=[Said("এক"), Said("দুই", (button,))],
        language="bn",
        intent="return_policy",
        confidence=0.93,
        milliseconds=12.5,
        events=tracked(1, 0, '["a"]'),
    )
    async with services.database.read() as tx:
        asked, one, two = await store.transcript(tx, message.conversation_id)
        assert await turn_store.newest_events(tx, message.conversation_id) == (1, 0)
    assert (asked.intent, asked.confidence, asked.language) == ("return_policy", 0.93, "bn")
    assert [(reply.seq, reply.text, reply.author_name) for reply in (one, two)] == [(2, "এক", "সহায়"), (3, "দুই", "সহায়")]
    assert two.buttons == (button,)
    assert {(reply.author, reply.intent, reply.language) for reply in (one, two)} == {("bot", "return_policy", "bn")}
    conversation = await state(services, message.conversation_id)
    assert (conversation.language, conversation.language_chosen, conversation.last_seq) == ("bn", False, 3)
    assert (conversation.turn_waiting_since, conversation.lease_owner, conversation.epoch) == (
        None,
        None,
        turn.conversation.epoch,
    )
    assert [(row["status"], row["milliseconds"]) for row in await rows(services.database, "turns")] == [("done", 12.5)]
    assert [row["message_id"] for row in await rows(services.database, "deliveries", "seq")] == [one.id, two.id]


async def test_the_next_turn_knows_how_far_the_stored_events_go(services: Services) -> None:
    await write(services)
    await answer(services, events=tracked(1, 0))
    await write(services)
    assert (await lease(services)).events_at == (1, 0)


async def test_a_turn_that_cannot_be_stored_leaves_nothing_and_is_tried_again(services: Services) -> None:
    message = await write(services, "first")
    await answer(services, "fine", events=tracked(1, 0))
    await write(services, "second")
    turn = await lease(services)
    before = await dump(services.database)

    outcome = Outcome([Said("half a turn")], "bn", language_chosen=True, handoff_reason="human_agent")
    with pytest.raises(sa.exc.IntegrityError):  # these events are there already
        await turns.finish(services, turn, outcome, WORKER, tracked(1, 0))
    no_targets = replace(services, queue_rules=replace(services.queue_rules, targets={}))
    with pytest.raises(ValueError):  # breaks after events and replies were written
        await turns.finish(no_targets, turn, outcome, WORKER, tracked(1, 1))
    assert await dump(services.database) == before

    await turns.fail(services, turn, WORKER, "KeyError")
    await end_leases(services.database)
    await answer(services, "whole", events=tracked(1, 1))
    replies = [text for author, text in await said(services, message.conversation_id) if author == "bot"]
    assert replies == ["fine", "whole"]


async def test_messages_of_a_conversation_are_answered_in_order(services: Services) -> None:
    waiting = [await write(services, f"message {n}") for n in range(3)]
    for number, message in enumerate(waiting):
        assert (await answer(services, f"reply {number}")).message.id == message.id
    replies = [text for author, text in await said(services, waiting[0].conversation_id) if author == "bot"]
    assert replies == ["reply 0", "reply 1", "reply 2"]
    assert await turns.lease_next(services, WORKER) is None


async def test_what_came_in_one_burst_is_leased_together_and_done_together(services: Services) -> None:
    burst = await write_burst(services, "where", "is my order", "10001")
    turn = await answer(services, "on its way", together=3, intent="order_status", confidence=0.6, milliseconds=9.0)
    assert turn.message.id == burst[0].id
    assert [message.id for message in turn.messages] == [message.id for message in burst]
    assert await said(services, burst[0].conversation_id) == [
        ("customer", "where"),
        ("customer", "is my order"),
        ("customer", "10001"),
        ("bot", "on its way"),
    ]
    async with services.database.read() as tx:
        asked = (await store.transcript(tx, burst[0].conversation_id))[:3]
    assert {(one.intent, one.confidence, one.language) for one in asked} == {("order_status", 0.6, "en")}
    stored = await rows(services.database, "turns")
    assert [(row["status"], row["attempts"], row["milliseconds"]) for row in stored] == [("done", 1, 9.0)] * 3
    assert (await state(services, burst[0].conversation_id)).turn_waiting_since is None
    assert await turns.lease_next(services, WORKER) is None


async def test_what_came_later_or_by_a_button_is_a_turn_of_its_own(services: Services) -> None:
    burst = await write_burst(services, "hello", "hello?", apart=2.5)
    assert [message.id for message in (await answer(services, "hi", together=5)).messages] == [burst[0].id]
    button = Button("A person", "/human_agent")
    await answer(services, said=[Said("yes?", (button,))])
    await write_burst(services, "hm")
    await write(services, "", payload="/human_agent")
    await write(services, "please")
    assert [(await answer(services, "so", together=5)).messages[0].text for _ in range(3)] == [
        "hm",
        "A person",
        "please",
    ]


async def test_what_a_turn_leaves_of_a_burst_waits_on_untried_and_together(services: Services) -> None:
    burst = await write_burst(services, "hi", "where", "is my order")
    await answer(services, "hello", together=1)
    assert await turn_rows(services) == [("done", 1), ("waiting", 0), ("waiting", 0)]
    assert (await state(services, burst[0].conversation_id)).turn_waiting_since is not None
    turn = await answer(services, "your number?", together=2)
    assert [message.id for message in turn.messages] == [burst[1].id, burst[2].id]
    assert await turn_rows(services) == [("done", 1)] * 3


@pytest.mark.parametrize("how", ["failed", "was killed"])
async def test_after_a_turn_broke_its_messages_are_tried_one_by_one_in_order(services: Services, how: str) -> None:
    burst = await write_burst(services, "one", "two", "three")
    broken = await lease(services)
    assert len(broken.messages) == 3
    if how == "failed":
        await turns.fail(services, broken, WORKER, "ValueError")
    await write(services, "four, meanwhile")
    await end_leases(services.database)
    for message in burst:
        turn = await answer(services, f"re: {message.text}", worker=OTHER, together=5)
        assert ([one.id for one in turn.messages], turn.attempts) == ([message.id], 2)
    assert [message.text for message in (await answer(services, "re: four", together=5)).messages] == [
        "four, meanwhile"
    ]
    assert not await turns.finish(services, broken, Outcome([Said("late")], "en"), WORKER, None)
    spoken = await said(services, burst[0].conversation_id)
    assert [text for author, text in spoken if author == "bot"] == ["re: one", "re: two", "re: three", "re: four"]
    assert await turn_rows(services) == [("done", 2)] * 3 + [("done", 1)]


async def test_what_a_broken_turn_had_left_of_its_burst_was_not_tried(services: Services) -> None:
    await write_burst(services, "poison", "fine", "and well")
    await turns.fail(services, (await lease(services)).only(1), WORKER, "ValueError")
    assert await turn_rows(services) == [("waiting", 1), ("waiting", 0), ("waiting", 0)]
    await end_leases(services.database)
    assert (await answer(services, "at last", together=5)).more == ()
    assert [message.text for message in (await lease(services)).messages] == ["fine", "and well"]


async def test_a_poison_message_in_a_burst_is_set_aside_after_five_tries_and_those_before_it_are_answered(
    services: Services,
) -> None:
    burst = await write_burst(services, "before", "poison", "behind", language="bn")
    tries = 0
    for _ in range(6):
        turn = await lease(services)
        if "poison" in [message.text for message in turn.messages]:
            tries += 1
            await turns.fail(services, turn, WORKER, "ValueError")
        else:
            assert await turns.finish(services, turn, Outcome([Said("answered")], "bn"), WORKER, None)
        await end_leases(services.database)
    assert tries == turns.MAX_ATTEMPTS
    await assert_with_a_person(services, burst[0].conversation_id)
    assert [text for author, text in await said(services, burst[0].conversation_id) if author == "bot"] == ["answered"]
    assert [status for status, _ in await turn_rows(services)] == ["done", "failed", "dropped"]


async def test_a_burst_that_takes_too_long_goes_to_a_person_with_all_its_messages(services: Services) -> None:
    burst = await write_burst(services, "one", "two", "three", language="bn")
    await turns.fail(services, (await lease(services)).only(2), WORKER, "TimeoutError", final=True)
    await assert_with_a_person(services, burst[0].conversation_id)
    stored = await rows(services.database, "turns", "seq")
    assert [(row["status"], row["error"]) for row in stored] == [
        ("failed", "TimeoutError"),
        ("failed", "TimeoutError"),
        ("dropped", None),
    ]


async def test_a_lease_is_as_long_for_a_worker_that_had_to_wait_for_its_place(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = await write(services)
    asked = clock_now()
    given = asked + timedelta(seconds=9)
    times = iter([asked, given])
    monkeypatch.setattr(turns, "clock_now", lambda: next(times))
    await lease(services)
    assert (await state(services, message.conversation_id)).lease_until == given + turns.LEASE


async def test_four_workers_with_deaths_and_failures_answer_everything_once_and_in_order(services: Services) -> None:
    people, each = 4, 5
    await asyncio.gather(*(talk(services, f"v{n}", each) for n in range(people)))
    chance = random.Random(20261120)
    left = people * each

    async def work(worker: str) -> None:
        nonlocal left
        while left:
            turn = await turns.lease_next(services, worker)
            if turn is None:
                await asyncio.sleep(0.005)
                continue
            turn = turn.only(chance.randint(1, 3))
            trouble = chance.random() if turn.attempts < 3 else 1.0
            if trouble < 0.3:
                if trouble < 0.15:  # otherwise it was killed
                    await turns.fail(services, turn, worker, "ValueError")
                await end_leases(services.database, turn.conversation.id)
                continue
            replies = [Said(f"re: {message.text}") for message in turn.messages]
            if await turns.finish(services, turn, Outcome(replies, "en"), worker, None):
                left -= len(turn.messages)

    await asyncio.gather(*(work(new_id()) for _ in range(4)))
    for conversation in await rows(services.database, "conversations"):
        spoken = await said(services, conversation["id"])
        asked = [text for author, text in spoken if author == "customer"]
        assert len(asked) == each
        assert [text for author, text in spoken if author == "bot"] == [f"re: {text}" for text in asked]
    assert {status for status, _ in await turn_rows(services)} == {"done"}


async def talk(services: Services, address: str, times: int) -> None:
    for number in range(times):
        await write(services, f"{address} {number}", address)


async def test_a_broken_turn_pauses_its_conversation_only(services: Services) -> None:
    message = await write(services)
    await turns.fail(services, await lease(services), WORKER, "ValueError")
    assert await turns.lease_next(services, WORKER) is None
    neighbour = await write(services, address="jonas")
    assert (await answer(services, "hello")).message.id == neighbour.id
    await end_leases(services.database)
    assert (await answer(services, "hello")).message.id == message.id
    assert sorted(await turn_rows(services)) == [("done", 1), ("done", 2)]


async def assert_with_a_person(services: Services, conversation_id: str) -> None:
    conversation = await state(services, conversation_id)
    assert (conversation.status, conversation.reason, conversation.epoch) == ("queued", "bot_failed", 1)
    told = [text for author, text in await said(services, conversation_id) if author == "system"]
    assert told == [
        services.phrases.say("bot_failed", "bn").text,
        services.phrases.say("queue_nobody", "bn", position=1).text,
    ]
    async with services.database.read() as tx:
        assert await store.brief(tx, conversation_id) == {"reason": "bot_failed", "known": {}}
    assert await turns.lease_next(services, WORKER) is None


async def test_after_five_failures_the_message_is_set_aside_and_the_customer_goes_to_a_person(
    services: Services,
) -> None:
    message = await write(services, "poison", language="bn")
    await write(services, "and another", language="bn")
    for attempt in range(1, 6):
        turn = await lease(services)
        assert (turn.message.id, turn.attempts) == (message.id, attempt)
        await turns.fail(services, turn, WORKER, "ValueError")
        await end_leases(services.database)
    await assert_with_a_person(services, message.conversation_id)
    stored = await rows(services.database, "turns", "seq")
    assert [(row["status"], row["error"]) for row in stored] == [("failed", "ValueError"), ("dropped", None)]


async def test_a_message_that_kills_its_worker_every_time_is_set_aside_as_well(services: Services) -> None:
    message = await write(services, "poison", language="bn")
    for _ in range(5):
        assert (await lease(services)).message.id == message.id
        await end_leases(services.database)
    neighbour = await write(services, address="jonas")
    assert await turns.lease_next(services, WORKER) is None
    assert (await lease(services)).message.id == neighbour.id
    await assert_with_a_person(services, message.conversation_id)
    assert [status for status, _ in await turn_rows(services)] == ["failed", "waiting"]


async def test_a_handoff_drops_what_the_bot_had_not_answered_yet(services: Services) -> None:
    first = await write(services, "a person")
    await write(services, "now!")
    known = {"order_number": "10001", "order_contact": "amina@example.com"}
    await answer(services, "of course", handoff_reason="complaint", known=known)
    assert [status for status, _ in await turn_rows(services)] == ["done", "dropped"]
    conversation = await state(services, first.conversation_id)
    assert (conversation.status, conversation.reason, conversation.priority) == ("queued", "complaint", 3)
    async with services.database.read() as tx:
        assert await store.brief(tx, conversation.id) == {"reason": "complaint", "known": known}
    assert [author for author, _ in await said(services, conversation.id)] == ["customer", "customer", "bot", "system"]
    assert await turns.lease_next(services, WORKER) is None


async def test_a_worker_that_stops_in_order_gives_its_work_back_at_once(services: Services) -> None:
    message = await write(services)
    other = await write(services, address="jonas")
    await lease(services, WORKER)
    await lease(services, OTHER)
    await turns.release(services, WORKER)
    assert (await lease(services)).message.id == message.id
    await turns.release(services, WORKER)
    leased = {row["id"]: row["lease_owner"] for row in await rows(services.database, "conversations")}
    assert leased == {message.conversation_id: None, other.conversation_id: OTHER}


async def test_a_conversation_marked_waiting_with_nothing_to_answer_is_let_go(services: Services) -> None:
    conversation = await ask_for_person(services)
    await change(services.database, "conversations", turn_waiting_since=clock_now() - timedelta(seconds=1))
    assert await turns.lease_next(services, WORKER) is None
    assert (await state(services, conversation.id)).turn_waiting_since is None


async def test_a_new_generation_of_events_replaces_the_old_ones(services: Services) -> None:
    stored: dict[str, list[Any]] = defaultdict(list)
    for address in ("amina", "jonas"):
        for generation, position in [(1, 0), (1, 1), (2, 0), (2, 1)]:
            message = await write(services, address=address)
            await answer(services, events=tracked(generation, position, f'["{address}"]'))
            async with services.database.read() as tx:
                found = await turn_store.load_events(tx, message.conversation_id)
            assert {one.events for one in found} == {f'["{address}"]'}
            stored[address].append([(one.generation, one.position) for one in found])
    expected = [[(1, 0)], [(1, 0), (1, 1)], [(2, 0)], [(2, 0), (2, 1)]]
    assert stored == {"amina": expected, "jonas": expected}
    assert await count(services.database, "tracker_events") == 4
    async with services.database.read() as tx:
        assert await turn_store.load_events(tx, new_id()) == []
        assert await turn_store.newest_events(tx, new_id()) is None
        leases = sa.select(sa.func.count()).where(conversations.c.lease_until.is_not(None))
        assert await tx.scalar(leases) == 0


async def person_since_last(services: Services, conversation_id: str) -> bool:
    async with services.database.read() as tx:
        return await turn_store.person_since_last(tx, conversation_id)


@pytest.mark.parametrize("left", [ownership.return_to_bot, ownership.resolve])
@pytest.mark.parametrize("came", [ownership.take_over, ownership.claim])
async def test_that_a_person_had_it_is_known_until_the_bot_has_answered(
    services: Services, came: Any, left: Any
) -> None:
    message = await write(services)
    asked = {"handoff_reason": "human_agent"} if came is ownership.claim else {}
    await answer(services, "hello", **asked)
    assert not await person_since_last(services, message.conversation_id)
    await came(services, message.conversation_id, RAHIM)
    await left(services, message.conversation_id, RAHIM)
    await write(services)
    for _ in range(2):  # a try that broke has answered nothing
        assert await person_since_last(services, message.conversation_id)
        await turns.fail(services, await lease(services), WORKER, "ValueError")
        await end_leases(services.database)
    await answer(services, "here again")
    assert not await person_since_last(services, message.conversation_id)
    await write(services)
    assert not await person_since_last(services, message.conversation_id)


async def test_who_waited_for_a_person_and_chose_the_bot_had_none(services: Services) -> None:
    conversation = await ask_for_person(services)
    await press(services, absence.BOT)
    assert (await state(services, conversation.id)).status == "bot"
    assert not await person_since_last(services, conversation.id)
