"""Taking in: nothing lost, nothing twice, and nothing stored that may not be."""

from __future__ import annotations

import asyncio
import re
import unicodedata
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from handoff_testing import RAHIM, answer, ask_for_person, change, count, dump, rows, said, state, write

from handoff import events, inbox, ownership
from handoff.clock import new_id
from handoff.clock import now as clock_now
from handoff.conversations import Refused
from handoff.database import Database, DatabaseAway
from handoff.inbox import TooMany
from handoff.incoming import Incoming
from handoff.messages import Button, Said
from handoff.schema import metadata
from handoff.services import Services

STORED = ("contacts", "identities", "conversations", "messages", "receipts", "turns", "events", "deliveries")


async def assert_nothing_stored(services: Services) -> None:
    assert {name: await count(services.database, name) for name in STORED} == dict.fromkeys(STORED, 0)


async def test_eleven_parallel_copies_of_a_delivery_are_one_message_and_one_turn(services: Services) -> None:
    incoming = Incoming("fake", "update-1", "amina", "where is my order?")
    took = await asyncio.gather(*(inbox.receive(services, incoming) for _ in range(11)))
    assert sorted(new for _, new in took) == [False] * 10 + [True]
    assert len({message.id for message, _ in took}) == 1
    later, new = await inbox.receive(services, incoming)
    assert (later.id, new) == (took[0][0].id, False)
    for table in ("messages", "turns", "receipts", "events"):
        assert await count(services.database, table) == 1


async def test_fifty_parallel_first_messages_open_one_conversation(services: Services) -> None:
    took = await asyncio.gather(
        *(inbox.receive(services, Incoming("fake", f"k{n}", "amina", f"message {n}")) for n in range(50))
    )
    assert len({message.conversation_id for message, _ in took}) == 1
    for table in ("contacts", "identities", "conversations"):
        assert await count(services.database, table) == 1
    stored = await rows(services.database, "messages", "seq")
    assert [row["seq"] for row in stored] == list(range(1, 51))
    assert {row["text"] for row in stored} == {f"message {n}" for n in range(50)}
    assert [row["status"] for row in await rows(services.database, "turns")] == ["waiting"] * 50
    assert (await state(services, stored[0]["conversation_id"])).last_seq == 50


async def test_one_delivery_under_two_addresses_at_once_is_stored_once(services: Services) -> None:
    took = await asyncio.gather(
        *(inbox.receive(services, Incoming("fake", "same", f"visitor-{n}", "hello")) for n in range(8))
    )
    assert sum(new for _, new in took) == 1
    assert len({message.id for message, _ in took}) == 1
    assert await count(services.database, "messages") == 1
    assert await count(services.database, "conversations") == 1


async def test_the_same_key_on_another_channel_is_another_message(services: Services) -> None:
    await inbox.receive(services, Incoming("fake", "1", "amina", "one"))
    _, new = await inbox.receive(services, Incoming("website", "1", "amina", "two"))
    assert new
    assert await count(services.database, "conversations") == 2


async def test_empty_and_overlong_messages_are_refused_and_leave_nothing(services: Services) -> None:
    for text in ("", "  \n\t", "\u200b\u200d\ufeff", "\u3000"):
        with pytest.raises(Refused) as refused:
            await inbox.receive(services, Incoming("fake", "k", "amina", text))
        assert refused.value.code == "empty"
    with pytest.raises(Refused) as refused:
        await inbox.receive(services, Incoming("fake", "k", "amina", "ক" * 4001))
    assert refused.value.code == "too_long"
    with pytest.raises(Refused) as refused:
        await inbox.receive(services, Incoming("fake", "k", "amina", payload="/human_agent"))
    assert refused.value.code == "unknown_button"
    await assert_nothing_stored(services)

    await inbox.receive(services, Incoming("fake", "k", "amina", "  " + "ক" * 4000 + "\n"))
    assert (await rows(services.database, "messages"))[0]["text"] == "ক" * 4000


async def test_over_the_limit_a_visitor_is_told_so_and_others_are_not(services: Services) -> None:
    strict = replace(services, messages_per_minute=3)
    for _ in range(3):
        await write(strict)
    with pytest.raises(TooMany):
        await inbox.receive(strict, Incoming("fake", "fourth", "amina", "more"))
    await write(strict, address="jonas")
    assert await count(services.database, "messages") == 4

    await change(services.database, "messages", created_at=clock_now() - timedelta(seconds=61))
    _, new = await inbox.receive(strict, Incoming("fake", "fourth", "amina", "more"))
    assert new


async def test_a_repeated_delivery_is_answered_even_over_the_limit(services: Services) -> None:
    strict = replace(services, messages_per_minute=1)
    incoming = Incoming("fake", "first", "amina", "hello")
    first, _ = await inbox.receive(strict, incoming)
    assert await inbox.receive(strict, incoming) == (first, False)


async def test_only_a_button_offered_in_this_conversation_may_be_pressed(services: Services) -> None:
    offered = Button("মানুষের সঙ্গে কথা বলব", "/human_agent")
    message = await write(services, "hello", "amina")
    await answer(services, said=[Said("Hello!", (offered,))])
    await write(services, "hello", "jonas")

    pressed = await write(services, "ignored", "amina", payload=offered.payload)
    assert (pressed.text, pressed.payload) == (offered.title, offered.payload)
    assert (await said(services, message.conversation_id))[-1] == ("customer", offered.title)
    for address, payload in [("amina", "/refund"), ("amina", "/human_agent "), ("jonas", offered.payload)]:
        with pytest.raises(Refused) as refused:
            await inbox.receive(services, Incoming("fake", new_id(), address, payload=payload))
        assert refused.value.code == "unknown_button"
    assert await count(services.database, "messages") == 4


async def test_typing_a_buttons_title_presses_it_as_long_as_it_is_the_newest_thing_said(services: Services) -> None:
    small, other = Button("ছোট হয়েছে", "/choose small"), Button("Too big", "/choose big")
    await write(services, "hello", "amina")
    await answer(services, said=[Said("Why?", (small, other, Button("TOO BIG", "/choose twin")))])
    ambiguous = await write(services, "too big", "amina")
    assert ambiguous.payload is None
    await answer(services, said=[Said("Why?", (small, other))])
    typed = await write(services, "too big!", "amina")
    assert (typed.text, typed.payload) == ("too big!", "/choose big")
    assert (await write(services, "ছোট হয়েছে।", "amina")).payload is None, "the question was answered meanwhile"


CARDS = [
    "4111 1111 1111 1111",
    "5500-0055-5555-5559",
    "378282246310005",
    "৪১১১ ১১১১ ১১১১ ১১১১",
    "५५००००५५५५५५५५५९",
    "４１１１１１１１１１１１１１１１",
]


async def test_card_numbers_of_any_script_are_nowhere_in_the_database(services: Services) -> None:
    for card in CARDS:
        await write(services, f"my card is {card} and the order 10001")
    stored = await dump(services.database)
    plain = "".join(str(unicodedata.digit(one)) if one.isdigit() else one for one in stored)
    joined = re.sub(r"[ \-]", "", plain)
    for number in ("4111111111111111", "5500005555555559", "378282246310005"):
        assert number not in joined
    assert joined.count("10001") == len(CARDS)


async def test_a_message_to_a_resolved_conversation_reopens_it_with_the_bot(services: Services) -> None:
    conversation = await ask_for_person(services)
    await ownership.claim(services, conversation.id, RAHIM)
    resolved = await ownership.resolve(services, conversation.id, RAHIM)
    async with services.database.read() as tx:
        last = await events.latest_id(tx)

    message = await write(services, "one more thing")
    reopened = await state(services, conversation.id)
    assert (reopened.status, reopened.epoch) == ("bot", resolved.epoch + 1)
    assert (await answer(services, "Yes?")).message.id == message.id
    async with services.database.read() as tx:
        kinds = [event.kind for event in await events.after(tx, last, conversation.id)]
    assert kinds[:2] == ["message", "status"]


async def test_while_a_person_is_due_or_there_nothing_goes_to_the_bot(services: Services) -> None:
    conversation = await ask_for_person(services)
    for _ in range(2):  # queued, then assigned
        before = await state(services, conversation.id)
        await write(services, "are you there?")
        after = await state(services, conversation.id)
        assert (after.status, after.epoch, after.turn_waiting_since) == (before.status, before.epoch, None)
        if before.status == "queued":
            await ownership.claim(services, conversation.id, RAHIM)
    assert [row["status"] for row in await rows(services.database, "turns")] == ["done"]
    assert [author for author, _ in await said(services, conversation.id)].count("customer") == 3


async def test_a_new_conversation_speaks_the_nearest_language_that_we_serve(services: Services) -> None:
    for number, (asked, given) in enumerate(
        [("bn", "bn"), ("bn-BD", "bn"), ("en-GB", "en"), ("fr", "fr"), ("ja", "en"), (None, "en")]
    ):
        message = await write(services, address=f"v{number}", language=asked)
        assert message.language == given
        assert (await state(services, message.conversation_id)).language == given


async def test_the_customers_own_choice_of_language_wins_over_every_guess(services: Services) -> None:
    message = await write(services, "hello", language="en")
    chosen = await inbox.choose_language(services, "fake", "amina", "bn")
    assert (chosen.language, chosen.language_chosen) == ("bn", True)
    await answer(services, "…", language="en")
    assert (await state(services, message.conversation_id)).language == "bn"
    # asking for another language in so many words is a choice as well
    await write(services, "in English please")
    await answer(services, "Of course", language="en", language_chosen=True)
    assert (await state(services, message.conversation_id)).language == "en"


async def test_a_language_or_a_visitor_that_we_do_not_know_cannot_be_chosen(services: Services) -> None:
    await write(services)
    with pytest.raises(Refused) as refused:
        await inbox.choose_language(services, "fake", "amina", "xx")
    assert refused.value.code == "unknown_language"
    with pytest.raises(Refused) as refused:
        await inbox.choose_language(services, "fake", "nobody", "bn")
    assert refused.value.code == "unknown_session"
    assert await count(services.database, "conversations") == 1


async def test_a_session_opened_twice_is_one_conversation_and_says_nothing(services: Services) -> None:
    first = await inbox.open_session(services, "website", "visitor", "bn")
    again = await inbox.open_session(services, "website", "visitor", "en")
    assert (again.id, again.language) == (first.id, "bn")
    assert await count(services.database, "messages") == 0
    message = await write(replace(services), "hi", "visitor")  # the same name on another channel is somebody else
    assert message.conversation_id != first.id


async def test_with_the_database_away_the_sender_hears_so(services: Services) -> None:
    away = replace(services, database=Database("postgresql+asyncpg://postgres@127.0.0.1:1/nowhere"))
    with pytest.raises(DatabaseAway):
        await inbox.receive(away, Incoming("fake", "k", "amina", "hello"))
    await away.database.close()
    _, new = await inbox.receive(services, Incoming("fake", "k", "amina", "hello"))
    assert new


@pytest.mark.parametrize("opens", [True, False])
async def test_a_late_copy_of_an_erased_message_brings_nothing_back(services: Services, opens: bool) -> None:
    await inbox.open_session(services, "fake", "amina", None)
    incoming = Incoming("fake", "update-1", "amina", "my secret", opens=opens)
    message, _ = await inbox.receive(services, incoming)
    async with services.database.write() as tx:
        for name in ("turns", "deliveries", "messages", "conversations", "identities", "contacts"):
            if name == "messages":
                await tx.execute(sa.update(metadata.tables["receipts"]).values(message_id=None))
            await tx.execute(sa.delete(metadata.tables[name]))
    with pytest.raises(inbox.Erased):
        await inbox.receive(services, incoming)
    assert await count(services.database, "conversations") == 0
    fresh = await write(services, "hello again")
    assert fresh.conversation_id != message.conversation_id


async def test_a_channels_own_name_for_a_delivery_is_kept_only_as_a_hash(services: Services) -> None:
    await inbox.receive(services, Incoming("fake", "amina@example.com:17", "amina", "hello"))
    assert "amina@example.com" not in await dump(services.database)
