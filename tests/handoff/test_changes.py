"""A customer changes, or takes back, what they wrote: the desk sees both, and the bot does not answer it again."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

from handoff_testing import RAHIM, answer, ask_for_person, count, dump, hire, lease, rows, state, write

from handoff import changes, erasure, events, ownership, store, turns
from handoff.clock import now
from handoff.inbox import MAX_TEXT
from handoff.incoming import Changed, Offered
from handoff.messages import Message
from handoff.privacy import REDACTED
from handoff.services import Services


async def edit(services: Services, text: str | None, provider_id: str = "7", **details: Any) -> Message | None:
    """Amina changes the message that her channel's provider calls 7."""
    change = Changed("fake", details.pop("address", "amina"), provider_id, text, **details)
    return await changes.take(services, change)


async def earlier(services: Services) -> list[str]:
    """What messages said before, oldest first."""
    return [row["text"] for row in await rows(services.database, "message_edits", "message_id", "position")]


async def test_an_edit_is_written_over_the_message_and_what_it_said_is_kept(services: Services) -> None:
    written = await write(services, "wher is my order", provider_id="7")
    await answer(services, "Which one?")
    for text in ("where is my order", "where is my order 10001"):
        changed = await edit(services, text)
        assert changed is not None
        assert (changed.id, changed.seq, changed.text) == (written.id, 1, text)
        assert changed.edited_at is not None and not changed.deleted
    assert await earlier(services) == ["wher is my order", "where is my order"]
    async with services.database.read() as tx:
        last = await store.transcript(tx, written.conversation_id)
    assert [one.text for one in last] == ["where is my order 10001", "Which one?"]


async def test_an_edited_message_is_not_answered_again(services: Services) -> None:
    written = await write(services, "hello", provider_id="7")
    await answer(services, "Hello!")
    await edit(services, "hello?")
    assert await turns.lease_next(services, "w") is None
    assert (await state(services, written.conversation_id)).turn_waiting_since is None


async def test_what_is_edited_before_the_bot_reads_it_is_answered_as_it_then_is(services: Services) -> None:
    await write(services, "10002", provider_id="7")
    await edit(services, "10001")
    assert (await lease(services)).message.text == "10001"


async def test_what_is_taken_back_before_the_bot_reads_it_is_not_answered(services: Services) -> None:
    for text in (None, "\u200b"):
        written = await write(services, "never mind", provider_id=f"of {text}")
        await edit(services, text, f"of {text}")
        assert (await state(services, written.conversation_id)).turn_waiting_since is None
        assert await turns.lease_next(services, "w") is None
    await write(services, "hello", provider_id="1")
    await write(services, "my secret", provider_id="2")
    await edit(services, None, "2")
    assert [one.text for one in (await lease(services)).messages] == ["hello"]


async def test_every_change_is_an_event_of_the_same_message_for_who_watches(services: Services) -> None:
    written = await write(services, "hello", provider_id="7")
    async with services.database.read() as tx:
        last = await events.latest_id(tx)
    await edit(services, "hello!")
    await edit(services, None)
    async with services.database.read() as tx:
        found = await events.after(tx, last, written.conversation_id)
    assert [(one.kind, one.payload) for one in found] == [("message", {"message_id": written.id})] * 2


async def test_of_a_message_that_was_taken_back_nothing_is_left(services: Services) -> None:
    photo = Offered("reference", "my-secret-photo.jpg", 10)
    written = await write(services, "my secret", provider_id="7", files=(photo,))
    await answer(services, "Thank you")
    await edit(services, "my secret again")
    taken_back = await edit(services, None)
    assert taken_back is not None
    assert (taken_back.id, taken_back.text, taken_back.files, taken_back.deleted) == (written.id, "", (), True)
    assert "secret" not in await dump(services.database)
    assert await edit(services, "back again") is None
    assert "back again" not in await dump(services.database)


async def test_a_card_number_is_not_stored_by_an_edit_either(services: Services) -> None:
    await write(services, "my card is", provider_id="7")
    await edit(services, "my card is 4111\u202e 1111 1111 1111")
    changed = await edit(services, "my card is ৪১১১ ১১১১ ১১১১ ১১১১")
    assert changed is None  # redacted it says the same
    assert [row["text"] for row in await rows(services.database, "messages")] == [f"my card is {REDACTED}"]


async def test_an_edit_has_the_limits_of_a_message(services: Services) -> None:
    await write(services, "short", provider_id="7")
    changed = await edit(services, "ক" * (MAX_TEXT + 1))
    assert changed is not None and changed.text == "ক" * MAX_TEXT
    changed = await edit(services, "a\u202eb\x00c\ud800")
    assert changed is not None and changed.text == "abc"


async def test_what_is_not_theirs_or_not_known_changes_nothing(services: Services) -> None:
    await write(services, "amina's", provider_id="7")
    await write(services, "jonas's", "jonas", provider_id="8")
    before = await dump(services.database)
    for change in (
        Changed("fake", "amina", "8", "changed"),
        Changed("fake", "jonas", "7", None),
        Changed("fake", "lucia", "7", "changed"),
        Changed("website", "amina", "7", None),
        Changed("fake", "amina", "9", "changed"),
        Changed("fake", "amina", "", None),
    ):
        assert await changes.take(services, change) is None
        assert await dump(services.database) == before


async def test_only_a_customers_own_words_are_changed_by_the_channel(services: Services) -> None:
    message = await write(services, "hello", provider_id="7")
    await answer(services, "Hello!")
    async with services.database.write() as tx:
        reply = (await store.transcript(tx, message.conversation_id))[-1]
        await store.add_provider_id(tx, "fake", "amina", "8", reply)
    assert await edit(services, "You have won", "8") is None
    assert await edit(services, None, "8") is None


async def test_a_change_that_comes_again_is_the_same(services: Services) -> None:
    await write(services, "one", provider_id="7")
    took = await asyncio.gather(*(edit(services, "two") for _ in range(11)))
    assert sum(one is not None for one in took) == 1
    took = await asyncio.gather(*(edit(services, None) for _ in range(11)))
    assert sum(one is not None for one in took) == 1
    assert await earlier(services) == []


async def test_a_late_copy_of_an_edit_does_not_undo_a_later_one(services: Services) -> None:
    await write(services, "one", provider_id="7")
    await edit(services, "two", key="update-2")
    await edit(services, "three", key="update-3")
    before = await dump(services.database)
    assert await edit(services, "two", key="update-2") is None
    assert await dump(services.database) == before
    assert await edit(services, "two", key="update-4") is not None  # they have thought again
    assert await earlier(services) == ["one", "two", "three"]


async def test_of_two_edits_that_arrive_swapped_the_later_one_holds(services: Services) -> None:
    written = await write(services, "10001", provider_id="7")
    first, second = written.created_at - timedelta(seconds=2), written.created_at - timedelta(seconds=1)
    assert await edit(services, "10003", key="b", at=second) is not None
    assert await edit(services, "10002", key="a", at=first) is None
    assert (await lease(services)).message.text == "10003"
    assert await edit(services, "10004", key="c", at=second) is not None  # within one second, as Telegram tells it
    # a provider whose clock is ahead does not keep out what comes later from one whose clock is right
    await edit(services, "10005", key="d", at=now() + timedelta(hours=1))
    assert await edit(services, "10006", key="e") is not None


async def test_an_agent_who_has_the_conversation_keeps_it_and_nothing_goes_to_the_bot(services: Services) -> None:
    await hire(services.database, RAHIM)
    conversation = await ask_for_person(services)
    await ownership.claim(services, conversation.id, RAHIM)
    await write(services, "ordr 10001", provider_id="7")
    before = await state(services, conversation.id)
    await edit(services, "order 10001")
    await edit(services, None)
    assert await state(services, conversation.id) == before
    assert [row["status"] for row in await rows(services.database, "turns")] == ["done"]


async def test_earlier_texts_go_with_their_customer(services: Services) -> None:
    await write(services, "my first secret", provider_id="7")
    await edit(services, "my second secret", key="update-2")
    async with services.database.read() as tx:
        contact_id = await erasure.find(tx, "fake:amina")
    assert contact_id is not None
    await erasure.erase(services.database, contact_id)
    assert "secret" not in await dump(services.database)
    for table in ("message_edits", "provider_messages", "messages"):
        assert await count(services.database, table) == 0
    assert await edit(services, "my third secret", key="update-2") is None
    assert await count(services.database, "conversations") == 0


async def test_whoever_changes_a_message_on_and_on_leaves_no_more_behind(services: Services) -> None:
    await write(services, "text 0", provider_id="7")
    for number in range(1, changes.MOST_KEPT + 6):
        changed = await edit(services, f"text {number}")
        assert changed is not None and changed.text == f"text {number}"
    assert await earlier(services) == [f"text {number}" for number in range(changes.MOST_KEPT)]
