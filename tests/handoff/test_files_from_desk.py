"""Files that agents send: who may, to whom, once, and what is left of them."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from file_samples import REFUSED, SECRET, TAKEN, jpeg, pdf
from handoff_testing import (
    NASREEN,
    RAHIM,
    SADIA,
    arrive,
    change,
    count,
    phrase,
    rows,
    said,
    state,
)

from handoff import brief, erasure, files, housekeeping, inbox, ownership, store, uploads
from handoff.clock import new_id, now
from handoff.conversations import Refused
from handoff.files import Kept
from handoff.incoming import Incoming
from handoff.messages import File, Message
from handoff.people import Person
from handoff.services import Services

HOUR = timedelta(hours=1)


@pytest.fixture
async def talk(services: Services) -> str:
    """Amina's conversation on the website, which Rahim has."""
    return await begin(services, "amina", RAHIM)


async def begin(services: Services, address: str, person: Person) -> str:
    await arrive(services.database, RAHIM, SADIA, NASREEN)
    await inbox.open_session(services, "website", address, "en")
    incoming = Incoming("website", new_id(), address, "which one is mine?", opens=False)
    conversation_id = (await inbox.receive(services, incoming))[0].conversation_id
    await ownership.take_over(services, conversation_id, person)
    return conversation_id


async def upload(
    services: Services, talk: str, content: bytes | None = None, name: str = "a.jpg", person: Person = RAHIM
) -> File:
    return await uploads.take_from_desk(services, talk, person, name, jpeg() if content is None else content)


async def send(services: Services, talk: str, file: File | str, text: str = "", **more: Any) -> Message:
    details = {"person": RAHIM, "private": False, **more}
    id_ = file if isinstance(file, str) else file.id
    return (await ownership.reply(services, talk, text=text, file=id_, **details))[0]


async def refused(step: Any) -> str:
    with pytest.raises(Refused) as error:
        await step
    assert error.value.message.endswith(".")
    return error.value.code


async def given(services: Services, file: File, address: str = "amina") -> Kept | None:
    """The file as this customer gets it."""
    async with services.database.read() as tx:
        return await files.for_customer(tx, file.id, "website", address)


@pytest.mark.parametrize("kind", TAKEN)
async def test_what_an_agent_uploads_is_kept_as_what_a_customer_does(services: Services, talk: str, kind: str) -> None:
    file = await upload(services, talk, TAKEN[kind], "../4111 1111 1111 1111.html")
    (row,) = await rows(services.database, "files")
    assert (file.type, file.status, file.size) == (kind, "here", len(row["content"]))
    assert SECRET.encode() not in row["content"]
    assert "html" not in file.name and "4111" not in file.name
    assert (row["person_id"], row["message_id"]) == (RAHIM.id, None)


async def test_what_is_not_taken_leaves_nothing(services: Services, talk: str) -> None:
    for content in REFUSED.values():
        assert await refused(upload(services, talk, content)) == "wrong_type"
    assert await refused(upload(services, talk, b"")) == "empty_file"
    assert await refused(upload(services, talk, pdf("x" * files.MOST_BYTES))) == "too_large"
    assert await refused(upload(services, new_id())) == "not_found"
    assert await count(services.database, "files") == 0


@pytest.mark.parametrize("text", ["", "it is the left one"])
async def test_a_reply_takes_its_file_along_with_words_or_without_and_is_an_answer(
    services: Services, talk: str, text: str
) -> None:
    file = await upload(services, talk, pdf(), "bill.pdf")
    message = await send(services, talk, file, text)
    assert (message.files, message.text, message.author) == ((file,), text, "agent")
    (row,) = await rows(services.database, "files")
    assert row["message_id"] == message.id
    assert (await said(services, talk))[-1] == ("agent", text)
    assert (await state(services, talk)).deadline is None


async def test_the_same_reply_again_is_the_same_reply_with_its_file(services: Services, talk: str) -> None:
    file = await upload(services, talk)
    both = await asyncio.gather(*(send(services, talk, file, "here", key="k") for _ in range(3)))
    assert len({one.id for one in both}) == 1 and both[2].files == (file,)
    assert await refused(send(services, talk, file, "here", key="another")) == "file_sent"
    assert [text for author, text in await said(services, talk) if author == "agent"] == ["here"]


async def test_a_file_goes_with_one_reply_however_many_name_it_at_once(services: Services, talk: str) -> None:
    file = await upload(services, talk)
    ended = await asyncio.gather(*(send(services, talk, file) for _ in range(4)), return_exceptions=True)
    assert sum(isinstance(one, Message) for one in ended) == 1


async def test_only_whoever_has_the_conversation_uploads_and_sends(services: Services, talk: str) -> None:
    assert await refused(upload(services, talk, person=SADIA)) == "not_yours"
    file = await upload(services, talk)
    assert await refused(send(services, talk, file, person=SADIA)) == "not_yours"
    await ownership.transfer(services, talk, RAHIM, SADIA)
    assert await refused(upload(services, talk)) == "not_yours"
    assert await refused(send(services, talk, file)) == "not_yours"
    # nor may she send what he had uploaded: she has not seen it
    assert await refused(send(services, talk, file, person=SADIA)) == "unknown_file"
    await ownership.return_to_bot(services, talk, SADIA)
    assert await refused(upload(services, talk, person=SADIA)) == "not_yours"
    assert await count(services.database, "messages") == len(await said(services, talk))
    assert (await rows(services.database, "files"))[0]["message_id"] is None


async def test_nobody_sends_what_was_uploaded_for_another_or_by_the_customer(services: Services, talk: str) -> None:
    other = await begin(services, "jonas", RAHIM)
    file = await upload(services, talk)
    theirs = await uploads.take(services, "website", "amina", "mine.jpg", jpeg())
    for talk_, unknown in ((other, file), (talk, theirs), (talk, new_id()), (talk, "x")):
        assert await refused(send(services, talk_, unknown)) == "unknown_file"
    incoming = Incoming("website", new_id(), "amina", uploads=(file.id,), opens=False)
    assert await refused(inbox.receive(services, incoming)) == "unknown_file"
    assert {row["message_id"] for row in await rows(services.database, "files")} == {None}


async def test_the_customer_gets_it_once_it_is_sent_and_nobody_else_does(services: Services, talk: str) -> None:
    await begin(services, "jonas", RAHIM)
    file = await upload(services, talk, pdf("for amina"), "bill.pdf")
    async with services.database.read() as tx:
        assert await files.for_desk(tx, file.id) is None
    assert await given(services, file) is None
    await send(services, talk, file)
    found = await given(services, file)
    assert found is not None and found == Kept(file, pdf("for amina"))
    assert await given(services, file, "jonas") is None
    async with services.database.read() as tx:
        assert await files.for_desk(tx, file.id) == found


async def test_a_note_takes_no_file(services: Services, talk: str) -> None:
    file = await upload(services, talk)
    assert await refused(send(services, talk, file, "look", private=True)) == "no_files"
    assert "look" not in str(await said(services, talk, private=True))
    await send(services, talk, file)


async def test_where_the_channel_takes_none_nothing_is_uploaded_or_sent(services: Services, talk: str) -> None:
    file = await upload(services, talk)
    without = replace(services, file_channels=frozenset({"fake"}))
    for step in (
        upload(without, talk),
        send(without, talk, file, "look"),
        uploads.may_send(without, talk, RAHIM),
    ):
        assert await refused(step) == "no_files"
    assert await count(services.database, "files") == 1
    assert "look" not in str(await said(services, talk))


async def test_uploads_are_limited_for_each_who_uploads_and_in_an_hour_for_the_desk(
    services: Services, talk: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = await asyncio.gather(*(upload(services, talk) for _ in range(files.MOST_FILES + 3)), return_exceptions=True)
    assert sum(isinstance(one, File) for one in ended) == files.MOST_FILES
    # none of it counts for the customer, whose own are as many
    for _ in range(files.MOST_FILES):
        await uploads.take(services, "website", "amina", "mine.jpg", jpeg())
    assert await refused(uploads.take(services, "website", "amina", "mine.jpg", jpeg())) == "too_many_uploads"
    await ownership.transfer(services, talk, RAHIM, SADIA)
    await upload(services, talk, person=SADIA)
    monkeypatch.setattr(files, "MOST_AN_HOUR", files.MOST_FILES + 1)
    assert await refused(upload(services, talk, person=SADIA)) == "too_many_uploads"
    await change(services.database, "files", created_at=now() - HOUR)
    await upload(services, talk, person=SADIA)


async def test_what_was_not_sent_is_gone_after_an_hour_or_when_its_uploader_takes_it_back(
    services: Services, talk: str
) -> None:
    sent, left, unwanted = [await upload(services, talk) for _ in range(3)]
    await send(services, talk, sent)
    for person, file, kept in ((SADIA, unwanted, 3), (RAHIM, sent, 3), (RAHIM, unwanted, 2), (RAHIM, unwanted, 2)):
        await uploads.take_back(services, person, file.id)
        assert await count(services.database, "files") == kept
    assert {row["id"] for row in await rows(services.database, "files")} == {sent.id, left.id}
    await change(services.database, "files", created_at=now() - HOUR)
    assert await housekeeping.clear(services.database) == 1
    assert [row["id"] for row in await rows(services.database, "files")] == [sent.id]
    assert await refused(send(services, talk, left)) == "unknown_file"


async def test_erasing_the_customer_erases_what_they_were_sent_and_their_copy_holds_it(
    services: Services, talk: str
) -> None:
    sent, waiting = await upload(services, talk, pdf("zq-bill"), "bill.pdf"), await upload(services, talk)
    await send(services, talk, sent, "your bill")
    contact_id = (await state(services, talk)).contact_id
    found = await erasure.export(services.database, contact_id)
    assert found is not None
    (message,) = [one for one in found["conversations"][0]["messages"] if one["text"] == "your bill"]
    assert [one["id"] for one in message["files"]] == [sent.id]
    async with services.database.read() as tx:
        # a file that its agent has not sent is nothing that was said
        assert [one.file.id async for one in files.of_contact(tx, contact_id)] == [sent.id]
    assert waiting.id not in str(found)
    await erasure.erase(services.database, contact_id)
    assert await count(services.database, "files") == 0


async def test_the_brief_counts_what_the_customer_sent(services: Services, talk: str) -> None:
    await send(services, talk, await upload(services, talk))
    theirs = await uploads.take(services, "website", "amina", "mine.jpg", jpeg())
    incoming = Incoming("website", new_id(), "amina", uploads=(theirs.id,), opens=False)
    await inbox.receive(services, incoming)
    async with services.database.read() as tx:
        everything = await store.transcript(tx, talk, private=True)
        assert (await brief.brief(tx, await ownership.locked(tx, talk), everything, now()))["files"] == 1


async def test_the_content_of_a_file_stands_in_no_log(services: Services, talk: str) -> None:
    file = await upload(services, talk, pdf("zq-secret"), "bill.pdf")
    await send(services, talk, file)
    kept = await given(services, file)
    assert kept is not None and b"zq-secret" in kept.content and "zq-secret" not in repr(kept)


async def test_the_customers_own_files_are_thanked_for_and_an_agents_are_not(services: Services, talk: str) -> None:
    await send(services, talk, await upload(services, talk))
    assert phrase(services, "file_received") not in str(await said(services, talk))
