"""A request for a person keeps its age, its reason and its team wherever the conversation goes meanwhile."""

from __future__ import annotations

from datetime import timedelta

from handoff_testing import (
    RAHIM,
    answer,
    ask_for_person,
    count,
    notices,
    overdue,
    phrase,
    press,
    said,
    state,
    ticket,
    write,
)

from handoff import absence, comebacks, deadlines, ownership, store, tickets
from handoff.clock import now
from handoff.services import Services


async def parked(services: Services, **request: str) -> str:
    conversation = await ask_for_person(services, **request)
    await overdue(services, conversation.id)
    assert await deadlines.deal_with_passed(services) == 1
    assert (await ticket(services, conversation.id))["parked_at"] is not None
    return conversation.id


async def test_asked_for_again_while_parked_it_is_the_same_request_with_its_age_and_the_new_reason(
    services: Services,
) -> None:
    conversation_id = await parked(services)
    before = await ticket(services, conversation_id)
    await write(services, "I was charged twice")
    known = {"order_number": "10001"}
    await answer(services, handoff_reason="double_charged", known=known)
    after = await ticket(services, conversation_id)
    assert (after["id"], after["requested_at"], after["parked_at"]) == (before["id"], before["requested_at"], None)
    assert (after["reason"], after["team"], after["brief"]["known"]) == ("double_charged", "payments", known)
    conversation = await state(services, conversation_id)
    assert (conversation.status, conversation.team) == ("queued", "payments")
    assert conversation.waiting_since == before["requested_at"]
    assert conversation.rank == services.queue_rules.rank(3, before["requested_at"])
    assert await count(services.database, "handoffs") == 1


async def test_a_fault_of_the_bot_does_not_take_the_place_of_the_customers_wish(services: Services) -> None:
    conversation_id = await parked(services, reason="double_charged")
    before = await ticket(services, conversation_id)
    await write(services, "hello?")
    await answer(services, handoff_reason="bot_failed")
    after = await ticket(services, conversation_id)
    assert (after["reason"], after["team"], after["brief"]) == ("double_charged", "payments", before["brief"])
    conversation = await state(services, conversation_id)
    assert (conversation.reason, conversation.team, conversation.priority) == ("double_charged", "payments", 3)


async def test_another_team_that_it_was_passed_to_keeps_it_through_being_parked(services: Services) -> None:
    conversation = await ask_for_person(services)
    await ownership.claim(services, conversation.id, RAHIM)
    await ownership.transfer(services, conversation.id, RAHIM, team="payments")
    await overdue(services, conversation.id)
    await deadlines.deal_with_passed(services)
    async with services.database.read() as tx:
        assert await tickets.parked_teams(tx) == ["payments"]
        assert await tickets.all_parked(tx, ["payments"], 10) == [conversation.id]
        assert await tickets.all_parked(tx, ["support"], 10) == []


async def test_a_new_request_after_the_old_one_was_closed_waits_anew(services: Services) -> None:
    conversation = await ask_for_person(services)
    await press(services, absence.BOT)
    again = await ask_for_person(services)
    assert again.id == conversation.id
    assert conversation.waiting_since is not None and again.waiting_since is not None
    assert again.waiting_since > conversation.waiting_since
    assert await count(services.database, "handoffs") == 2
    async with services.database.read() as tx:
        assert await store.brief(tx, again.id) == {"reason": "human_agent", "known": {}}


async def test_the_first_claim_and_the_first_answer_count(services: Services) -> None:
    conversation = await ask_for_person(services)
    await ownership.claim(services, conversation.id, RAHIM)
    await ownership.reply(services, conversation.id, RAHIM, "note", private=True)
    assert (await ticket(services, conversation.id))["replied_at"] is None
    await ownership.reply(services, conversation.id, RAHIM, "hello", private=False)
    first = await ticket(services, conversation.id)
    assert first["replied_at"] >= first["claimed_at"] >= first["requested_at"]
    await ownership.transfer(services, conversation.id, RAHIM)
    await ownership.claim(services, conversation.id, RAHIM)
    await ownership.reply(services, conversation.id, RAHIM, "hello again", private=False)
    after = await ticket(services, conversation.id)
    assert (after["claimed_at"], after["replied_at"]) == (first["claimed_at"], first["replied_at"])


async def test_who_is_parked_hears_it_in_their_language_and_can_ask_the_bot(services: Services) -> None:
    conversation_id = await parked(services, language="bn")
    assert (await notices(services, conversation_id))[-1] == phrase(services, "nobody_came", "bn")
    message = await write(services, "ডেলিভারি কত?")
    turn = await answer(services, "৭০ টাকা", language="bn")
    assert turn.message.id == message.id
    assert (await said(services, conversation_id))[-1] == ("bot", "৭০ টাকা")
    assert await comebacks.call_back(services) == 0  # still nobody there


def test_a_ticket_of_a_team_that_is_no_more_is_its_reasons_teams(services: Services) -> None:
    at = now() - timedelta(hours=1)
    for team, whose in ((None, "payments"), ("support", "support"), ("cooks", "payments")):
        found = tickets.ticket(services.queue_rules, "double_charged", at, now(), team)
        assert (found.team, found.since, found.priority) == (whose, at, 3)
