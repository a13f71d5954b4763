"""What channels bring besides words: commands, buttons by place, files, things that nobody reads, and who wrote."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import get_args

import pytest
from handoff_testing import (
    RAHIM,
    answer,
    arrive,
    ask_for_person,
    closed,
    count,
    hire,
    lease,
    notices,
    offered,
    phrase,
    press,
    rows,
    said,
    state,
    ticket,
    write,
)

from handoff import absence, inbox, ownership, ratings, turns
from handoff.clock import new_id
from handoff.conversations import Refused
from handoff.files import MOST_BYTES, MOST_FILES
from handoff.incoming import COMMANDS, Command, Incoming, Offered, Unsupported
from handoff.messages import Button, Message, Said
from handoff.services import Services

PHOTO = Offered("photo-1", "parcel.jpg", 1000)


async def refusal(services: Services, **details: object) -> str:
    """Why this message of Amina's is not taken; nothing of it is stored."""
    before = await count(services.database, "messages")
    with pytest.raises(Refused) as refused:
        await inbox.receive(services, Incoming("fake", new_id(), "amina", **details))  # type: ignore[arg-type]
    assert await count(services.database, "messages") == before
    return refused.value.code


@pytest.mark.parametrize("command", get_args(Command))
async def test_a_command_asks_the_bot_for_what_it_stands_for(services: Services, command: Command) -> None:
    await write(services, f"/{command}", command=command)
    leased = (await lease(services)).message
    assert (leased.text, leased.payload) == (f"/{command}", COMMANDS[command])


async def test_while_an_agent_has_the_conversation_a_command_starts_no_turn(services: Services) -> None:
    await hire(services.database, RAHIM)
    conversation = await ask_for_person(services)
    for step in ("queued", "assigned"):
        assert (await state(services, conversation.id)).status == step
        told = await notices(services, conversation.id)
        await write(services, "/start", command="start")
        await write(services, "/human", command="human")
        assert await turns.lease_next(services, "w") is None
        assert await notices(services, conversation.id) == told
        if step == "queued":
            await ownership.claim(services, conversation.id, RAHIM)
    assert [row["status"] for row in await rows(services.database, "turns")] == ["done"]
    assert (await said(services, conversation.id))[-1] == ("customer", "/human")


async def test_a_button_is_pressed_by_the_place_that_it_has(services: Services) -> None:
    buttons = (Button("Track", "/track"), Button("Return", "/return"))
    await write(services, "hello")
    await answer(services, said=[Said("What is it?", buttons)])
    pressed = await write(services, "", button=(2, 1))
    assert (pressed.text, pressed.payload) == ("Return", "/return")
    assert (await lease(services)).message.payload == "/return"


@pytest.mark.parametrize(
    "place", [(2, 2), (2, -1), (1, 0), (3, 0), (0, 0), (-2, 0), (2**31, 0), (2, 2**31), (2**80, 2**80), (-(2**80), 0)]
)
async def test_a_button_that_is_not_there_is_refused_whatever_its_numbers(
    services: Services, place: tuple[int, int]
) -> None:
    await write(services, "hello")
    await answer(services, said=[Said("What is it?", (Button("Track", "/track"), Button("Return", "/return")))])
    assert await refusal(services, button=place) == "unknown_button"


async def test_a_button_of_somebody_elses_conversation_is_not_pressed(services: Services) -> None:
    await write(services, "hello", "jonas")
    await answer(services, said=[Said("What is it?", (Button("Track", "/track"),))])
    await write(services, "hello")
    assert await refusal(services, button=(2, 0)) == "unknown_button"


async def test_a_button_of_the_house_is_the_houses_by_its_place_too(services: Services) -> None:
    services = closed(services)
    conversation = await ask_for_person(services)
    place = (await offered(services, conversation.id)).index(absence.WAIT)
    await write(services, "", button=((await state(services, conversation.id)).last_seq, place))
    assert (await state(services, conversation.id)).choice == "wait"


@pytest.mark.parametrize("kind", get_args(Unsupported))
async def test_what_nobody_reads_is_answered_by_asking_for_words(services: Services, kind: Unsupported) -> None:
    message = await write(services, "", unsupported=kind, language="de")
    instead = phrase(services, f"sent_{kind}", "de")
    assert await said(services, message.conversation_id) == [
        ("customer", instead),
        ("system", phrase(services, "words_only", "de")),
    ]
    assert instead.startswith("[") and instead.endswith("]")
    assert await turns.lease_next(services, "w") is None


async def test_an_agent_sees_that_it_was_a_sticker_and_the_house_says_nothing(services: Services) -> None:
    await hire(services.database, RAHIM)
    conversation = await ask_for_person(services)
    await ownership.claim(services, conversation.id, RAHIM)
    told = await notices(services, conversation.id)
    await write(services, "\u200b", unsupported="sticker")
    assert (await said(services, conversation.id))[-1] == ("customer", phrase(services, "sent_sticker"))
    assert await notices(services, conversation.id) == told


async def test_a_stickers_own_emoji_are_words_as_good_as_any(services: Services) -> None:
    await write(services, "👍", unsupported="sticker")
    assert (await lease(services)).message.text == "👍"


async def test_a_file_without_words_is_kept_and_asked_about(services: Services) -> None:
    message = await write(services, "", files=(PHOTO,))
    assert [(one.name, one.status) for one in message.files] == [("parcel.jpg", "waiting")]
    assert await notices(services, message.conversation_id) == [phrase(services, "file_received")]
    assert await turns.lease_next(services, "w") is None
    (kept,) = await rows(services.database, "files")
    assert (kept["message_id"], kept["reference"]) == (message.id, "photo-1")


async def test_a_file_with_words_goes_to_the_bot_with_them(services: Services) -> None:
    message = await write(services, "it came broken", files=(PHOTO,))
    leased = (await lease(services)).message
    assert (leased.id, leased.files) == (message.id, message.files)
    assert await notices(services, message.conversation_id) == []


async def test_what_is_too_big_is_not_even_fetched(services: Services) -> None:
    message = await write(services, "", files=(replace(PHOTO, size=MOST_BYTES + 1), PHOTO))
    assert [one.status for one in message.files] == ["refused", "waiting"]


async def test_too_many_files_are_refused_with_their_message(services: Services) -> None:
    assert await refusal(services, text="look", files=(PHOTO,) * (MOST_FILES + 1)) == "too_many_files"
    assert await refusal(services, text="look", uploads=(new_id(),)) == "unknown_file"
    assert await count(services.database, "files") == 0
    assert await count(services.database, "conversations") == 0


@pytest.mark.parametrize("sent", [{"files": (PHOTO,)}, {"unsupported": "sticker"}], ids=["a file", "a sticker"])
async def test_what_has_no_words_is_not_taken_for_the_contact_that_was_asked_for(
    services: Services, sent: dict[str, object]
) -> None:
    services = closed(services)
    conversation = await ask_for_person(services)
    await press(services, absence.CONTACT)
    told = await notices(services, conversation.id)
    await write(services, "", **sent)
    now = await state(services, conversation.id)
    assert (now.status, now.expects) == ("queued", "contact")
    assert await notices(services, conversation.id) == told
    await write(services, "amina@example.com")
    assert (await ticket(services, conversation.id))["contact"] == "amina@example.com"


async def test_nor_is_a_command(services: Services) -> None:
    services = closed(services)
    conversation = await ask_for_person(services)
    await press(services, absence.CONTACT)
    await write(services, "/help", command="help")
    assert (await state(services, conversation.id)).expects == "contact"
    assert (await ticket(services, conversation.id))["contact"] is None


async def test_a_file_after_the_end_is_no_comment_on_it_and_reopens_the_conversation(services: Services) -> None:
    await arrive(services.database, RAHIM)
    conversation = await ask_for_person(services)
    await ownership.claim(services, conversation.id, RAHIM)
    await ownership.resolve(services, conversation.id, RAHIM)
    await press(services, "rating:4")
    await press(services, ratings.COMMENT)
    assert (await state(services, conversation.id)).expects == "comment"
    await write(services, "", files=(PHOTO,))
    assert (await state(services, conversation.id)).status == "bot"
    assert (await notices(services, conversation.id))[-1] == phrase(services, "file_received")


async def test_a_persons_addresses_are_one_contact_also_when_all_are_new_at_once(services: Services) -> None:
    first: list[Message] = await asyncio.gather(
        *(write(services, "hello", f"T1:D{number}", person="T1:U1", name="Amina") for number in range(8))
    )
    assert len({one.conversation_id for one in first}) == await count(services.database, "conversations") == 8
    (contact,) = await rows(services.database, "contacts")
    assert {row["contact_id"] for row in await rows(services.database, "identities")} == {contact["id"]}
    assert {row["contact_id"] for row in await rows(services.database, "conversations")} == {contact["id"]}
    await write(services, "hello", "T1:thread", person="T1:U1")
    assert await count(services.database, "contacts") == 1


async def test_the_same_number_of_a_person_on_another_channel_is_somebody_else(services: Services) -> None:
    await write(services, "hello", "one", person="7")
    await write(services, "hello", "two", person="8")
    await write(services, "hello", "three")
    await inbox.receive(services, Incoming("website", "1", "one", "hello", person="7"))
    assert await count(services.database, "contacts") == 4


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  Amina\u202e\n Begum ", "Amina Begum"),
        ("4111 1111 1111 1111", "[•••• card number removed]"),
        ("\u200b\u202e", None),
        ("", None),
        ("আমিনা", "আমিনা"),
        ("x" * 300, "x" * 200),
    ],
)
async def test_a_name_is_one_line_that_disguises_nothing(services: Services, typed: str, kept: str | None) -> None:
    await write(services, "hello", name=typed)
    (contact,) = await rows(services.database, "contacts")
    assert contact["name"] == kept


async def test_what_no_column_holds_of_a_providers_name_for_a_message_is_let_go(services: Services) -> None:
    for provider_id in ("x" * 101, "a\x00b"):
        await write(services, "hello", provider_id=provider_id)
    await write(services, "hello", provider_id="x" * 100)
    assert [row["provider_id"] for row in await rows(services.database, "provider_messages")] == ["x" * 100]


async def test_an_emoji_presses_the_button_that_is_that_emoji_and_no_other(services: Services) -> None:
    buttons = (Button("👍", "/thumbs_up"), Button("No", "/deny"))
    for typed, payload in (("😡", None), ("???", None), ("👍", "/thumbs_up"), ("NO!", "/deny")):
        await write(services, "hello", typed)
        await answer(services, said=[Said("Was that right?", buttons)])
        pressed = await write(services, typed, typed)
        assert (pressed.text, pressed.payload) == (typed, payload)
        await answer(services, "Thank you")


async def test_an_album_is_thanked_for_once(services: Services) -> None:
    for number in range(5):
        message = await write(services, "", files=(replace(PHOTO, reference=f"photo-{number}"),))
    assert await notices(services, message.conversation_id) == [phrase(services, "file_received")]
    await write(services, "", unsupported="sticker")
    await write(services, "", unsupported="sticker")
    told = [phrase(services, key) for key in ("file_received", "words_only")]
    assert await notices(services, message.conversation_id) == told
