from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa
from handoff_testing import RAHIM, answer, hire, lease, state, write

from handoff import outages, ownership, store, turns, workers
from handoff.clock import new_id, now
from handoff.models import conversations


async def long_ago(services, conversation_id: str) -> None:
    async with services.database.write() as tx:
        await tx.execute(
            sa.update(conversations)
            .where(conversations.c.id == conversation_id)
            .values(turn_waiting_since=now() - outages.STRANDED - timedelta(seconds=1))
        )


async def said(services, conversation_id: str) -> list[tuple[str, str]]:
    async with services.database.read() as tx:
        return [(one.author, one.text) for one in await store.transcript(tx, conversation_id)]


async def test_a_customer_whom_no_bot_answers_is_told_and_queued_and_the_bot_takes_it_back_and_answers(
    services,
) -> None:
    first = await write(services, "hello?")
    assert await outages.queue_stranded(services) == 0  # not yet
    await long_ago(services, first.conversation_id)
    assert await outages.queue_stranded(services) == 1
    queued = await state(services, first.conversation_id)
    assert (queued.status, queued.reason) == ("queued", "bot_unavailable")
    second = await write(services, "is anybody there?")

    assert await outages.take_back(services) == 0  # no worker yet
    await workers.beat(services.database, new_id(), "model")
    assert await outages.take_back(services) == 1
    assert (await state(services, first.conversation_id)).status == "bot"
    for message in (first, second):
        assert (await answer(services, f"re: {message.text}")).message.id == message.id
    assert [text for author, text in await said(services, first.conversation_id) if author == "bot"] == [
        "re: hello?",
        "re: is anybody there?",
    ]


async def test_what_a_person_claimed_in_the_outage_stays_theirs(services) -> None:
    message = await write(services)
    await long_ago(services, message.conversation_id)
    await outages.queue_stranded(services)
    await ownership.claim(services, message.conversation_id, await hire(services.database, RAHIM))
    await workers.beat(services.database, new_id(), "model")
    assert await outages.take_back(services) == 0
    assert (await state(services, message.conversation_id)).agent_id == RAHIM.id


async def test_what_a_worker_is_answering_is_not_stranded(services) -> None:
    message = await write(services)
    await lease(services)
    await long_ago(services, message.conversation_id)
    assert await outages.queue_stranded(services) == 0


async def test_a_turn_that_took_too_long_is_not_tried_again(services) -> None:
    message = await write(services)
    await turns.fail(services, await lease(services), "somebody else", "TimeoutError", final=True)
    assert (await state(services, message.conversation_id)).status == "bot"  # not that worker's to give up
    from handoff_testing import WORKER

    async with services.database.write() as tx:
        await tx.execute(sa.update(conversations).values(lease_owner=None, lease_until=None))
    await turns.fail(services, await lease(services), WORKER, "TimeoutError", final=True)
    queued = await state(services, message.conversation_id)
    assert (queued.status, queued.reason) == ("queued", "bot_failed")
