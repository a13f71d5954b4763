"""Messages that did not arrive, or perhaps not: found, told, and sent again when an agent says so."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from handoff_testing import answer, ask_for_person, rows, write

from handoff import dead_letters, outbox
from handoff.clock import new_id
from handoff.clock import now as clock_now
from handoff.conversations import Refused
from handoff.models import deliveries
from handoff.outbox import Due
from handoff.ownership import NotFound
from handoff.services import Services


async def take(services: Services, limit: int = 1) -> Sequence[Due]:
    return (await outbox.take_due(services.database, "fake", limit)).due


async def lose(services: Services, status: str = "failed") -> Due:
    """The message that is due is lost."""
    (due,) = await take(services)
    await outbox.settle(services.database, due, status, "why")
    return due


async def resend(services: Services, due: Due) -> None:
    await dead_letters.resend(services.database, due.message.conversation_id, due.message.id)


async def delivery(services: Services, due: Due) -> dict[str, Any]:
    return next(row for row in await rows(services.database, "deliveries") if row["message_id"] == due.message.id)


async def told(services: Services) -> list[tuple[str, str]]:
    """What the desk was told about deliveries: message and status."""
    found = [row for row in await rows(services.database, "events", "id") if row["kind"] == "delivery"]
    assert not any(row["public"] for row in found)
    return [(row["payload"]["message_id"], row["payload"]["status"]) for row in found]


@pytest.mark.parametrize("status", ["failed", "unknown"])
async def test_what_was_lost_is_sent_again_at_once_and_the_desk_sees_it(services: Services, status: str) -> None:
    await write(services)
    await answer(services, "one")
    lost = await lose(services, status)
    await resend(services, lost)
    row = await delivery(services, lost)
    assert (row["status"], row["attempts"], row["error"]) == ("pending", 0, None)
    (again,) = await take(services)
    assert (again.message.id, again.attempts) == (lost.message.id, 1)
    assert await told(services) == [(lost.message.id, status), (lost.message.id, "pending")]


async def test_what_is_on_its_way_or_arrived_is_not_sent_again(services: Services) -> None:
    await write(services)
    await answer(services, "one")
    for status in ("pending", "sending", "sent"):
        if status == "sending":
            (due,) = await take(services)
        if status == "sent":
            await outbox.settle(services.database, due, "sent")
        (row,) = await rows(services.database, "deliveries")
        assert row["status"] == status
        with pytest.raises(Refused) as refused:
            await dead_letters.resend(services.database, row["conversation_id"], row["message_id"])
        assert refused.value.code == "not_undelivered"
    assert await told(services) == []


async def test_pressed_twice_it_is_sent_once(services: Services) -> None:
    await write(services)
    await answer(services, "one")
    lost = await lose(services)
    await resend(services, lost)
    with pytest.raises(Refused):
        await resend(services, lost)
    assert len(await take(services, 10)) == 1


async def test_only_a_message_of_this_conversation_can_be_sent_again(services: Services) -> None:
    other = await ask_for_person(services, "jonas")
    await write(services)
    await answer(services, "one")
    due = next(one for one in await take(services, 10) if one.address == "amina")
    await outbox.settle(services.database, due, "failed", "why")
    for conversation_id, message_id in (
        (other.id, due.message.id),
        (due.message.conversation_id, new_id()),
        (new_id(), due.message.id),
    ):
        with pytest.raises(NotFound):
            await dead_letters.resend(services.database, conversation_id, message_id)
    assert (await delivery(services, due))["status"] == "failed"


async def test_a_message_that_was_never_to_be_sent_cannot_be_sent_again(services: Services) -> None:
    message = await write(services)
    with pytest.raises(Refused) as refused:
        await dead_letters.resend(services.database, message.conversation_id, message.id)
    assert refused.value.code == "not_undelivered"


async def test_sent_again_it_goes_before_what_still_waits_but_not_beside_what_is_being_sent(services: Services) -> None:
    await write(services)
    await answer(services, "one", "two", "three")
    one = await lose(services)
    (two,) = await take(services)
    await resend(services, one)
    assert not await take(services)
    await outbox.settle(services.database, two, "sent")
    (again,) = await take(services)
    assert again.message.text == "one"
    assert not await take(services)
    await outbox.settle(services.database, again, "sent")
    assert [due.message.text for due in await take(services)] == ["three"]


async def test_sending_again_does_not_take_the_turn_from_a_message_that_is_being_taken(services: Services) -> None:
    await write(services)
    await answer(services, "one", "two")
    one = await lose(services)
    two = deliveries.c.message_id != one.message.id
    async with services.database.write() as tx:
        await tx.execute(sa.update(deliveries).where(two).values(status="sending"))
        resending = asyncio.create_task(resend(services, one))
        await asyncio.sleep(0.3)  # it finds the other one's row in a worker's hand
        assert not resending.done()
    await resending
    found = {row["status"]: row["next_at"] is not None for row in await rows(services.database, "deliveries")}
    assert found == {"sending": True, "pending": False}


async def test_a_chat_that_was_told_to_wait_is_not_disturbed_by_sending_again(services: Services) -> None:
    await write(services)
    await answer(services, "one", "two")
    one = await lose(services)
    (two,) = await take(services)
    await outbox.retry(services.database, two, clock_now() + timedelta(hours=1))
    await resend(services, one)
    assert not await take(services)
    assert (await delivery(services, one))["next_at"] > clock_now() + timedelta(minutes=59)


def too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every attempt under way has taken too long by now."""
    monkeypatch.setattr(dead_letters, "STALE", timedelta(0))


async def test_an_attempt_whose_process_died_is_unknown_and_the_next_message_goes(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    await write(services)
    await answer(services, "one", "two")
    (one,) = await take(services)
    await dead_letters.give_up_stopped(services.database)
    assert (await delivery(services, one))["status"] == "sending"
    too_long(monkeypatch)
    await dead_letters.give_up_stopped(services.database)
    row = await delivery(services, one)
    assert (row["status"], row["error"]) == ("unknown", "stopped while sending")
    assert await told(services) == [(one.message.id, "unknown")]
    assert [due.message.text for due in await take(services, 10)] == ["two"]


async def test_a_worker_that_was_alive_after_all_may_still_say_what_happened(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    await write(services)
    await answer(services, "one", "two")
    (one,) = await take(services)
    too_long(monkeypatch)
    await dead_letters.give_up_stopped(services.database)
    assert await outbox.settle(services.database, one, "sent")
    assert (await delivery(services, one))["status"] == "sent"
    assert await told(services) == [(one.message.id, "unknown"), (one.message.id, "sent")]
    assert not await outbox.settle(services.database, one, "failed")


async def test_a_late_result_says_nothing_about_a_new_attempt(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    await write(services)
    await answer(services, "one")
    (one,) = await take(services)
    too_long(monkeypatch)
    await dead_letters.give_up_stopped(services.database)
    await resend(services, one)
    assert not await outbox.settle(services.database, one, "failed", "too late")
    (again,) = await take(services)
    assert not await outbox.settle(services.database, one, "failed", "too late")
    assert await outbox.settle(services.database, again, "sent")
    assert (await delivery(services, one))["status"] == "sent"


async def test_channels_that_are_off_are_named_while_something_is_to_be_sent_on_them(services: Services) -> None:
    await write(services)
    await answer(services, "one")
    assert await dead_letters.channels_off(services.database, {"fake", "telegram"}) == []
    assert await dead_letters.channels_off(services.database, {"telegram"}) == ["fake"]
    await lose(services)
    assert await dead_letters.channels_off(services.database, {"telegram"}) == []
